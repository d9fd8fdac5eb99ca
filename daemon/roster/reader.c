#include "roster/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/charset.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "loop/file.h"
#include "roster/encoding.h"

enum { PIECE = 1024 * 1024 };

struct reader {
	int fd;
	uint64_t total, done;
	uint64_t line;
	bool gbk;
	bool end; /* of the file */
	bool skip; /* inside a line that was too long */
	char separator;
	struct encoding *encoding;
	char *bytes; /* room for PIECE */
	size_t at, size; /* what is not yet read of it */
};

/* Fills the room behind what is left. */
static enum result fill(struct reader *reader)
{
	memmove(reader->bytes, reader->bytes + reader->at, reader->size - reader->at);
	reader->size -= reader->at;
	reader->at = 0;
	ssize_t got = file->read(reader->fd, reader->bytes + reader->size, PIECE - reader->size);
	if (got < 0)
		return result_of_errno(errno);
	reader->end = got == 0;
	reader->size += (size_t)got;
	return RESULT_OK;
}

static void rewind_to(struct reader *reader, uint64_t offset)
{
	lseek(reader->fd, (off_t)offset, SEEK_SET);
	reader->at = reader->size = 0;
	reader->end = false;
	reader->done = offset;
}

/* Excel writes tabs when asked for "text"; a header with a tab and no comma says so. */
static void find_separator(struct reader *reader)
{
	const char *newline = memchr(reader->bytes, '\n', reader->size);
	size_t size = newline == NULL ? reader->size : (size_t)(newline - reader->bytes);

	reader->separator = ',';
	if (memchr(reader->bytes, ',', size) == NULL && memchr(reader->bytes, '\t', size) != NULL)
		reader->separator = '\t';
}

static enum result refuse(struct problems *problems, const char *name, const char *reason, const char *remedy)
{
	struct place at = {.file = name};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
	problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL, reason), remedy);
#pragma GCC diagnostic pop
	return RESULT_INVALID;
}

/* The first time through: how long, and in which encoding. */
static enum result scan(struct reader *reader, const char *name, struct problems *problems)
{
	struct charset_scan scan = {0};
	bool first = true, mark = false;

	do {
		enum result result = fill(reader);
		if (result != RESULT_OK)
			return result;
		if (first) {
			mark = reader->size >= 3 && memcmp(reader->bytes, "\xef\xbb\xbf", 3) == 0;
			if (reader->size >= 2 &&
				(memcmp(reader->bytes, "\xff\xfe", 2) == 0 ||
					memcmp(reader->bytes, "\xfe\xff", 2) == 0))
				scan.zeros++;
			find_separator(reader);
			first = false;
		}
		charset_look(&scan, reader->bytes, reader->size);
		reader->total += reader->size;
		reader->at = reader->size;
	} while (!reader->end);
	if (scan.zeros > 0)
		return refuse(problems, name, N_("this is not a CSV text file"),
			N_("open it in the spreadsheet program and save it as \"CSV UTF-8\""));
	if (reader->total == (mark ? 3U : 0U))
		return refuse(problems, name, N_("the file is empty"),
			N_("the first line names the columns: phone,birth_year,roles,area,language,opt_out"));
	reader->gbk = !mark && charset_is_gbk(&scan);
	rewind_to(reader, mark ? 3 : 0);
	return RESULT_OK;
}

enum result reader_open(int fd, const char *name, struct reader **reader, struct problems *problems)
{
	struct stat st;

	if (file->fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return refuse(problems, name, N_("this is not a file"), N_("give the path of a CSV file"));
	struct reader *fresh = mem_zalloc(sizeof(*fresh));
	fresh->fd = fd;
	fresh->bytes = mem_zalloc(PIECE);
	fresh->encoding = encoding_new();
	rewind_to(fresh, 0);
	enum result result = scan(fresh, name, problems);
	if (result == RESULT_OK) {
		*reader = fresh;
		return RESULT_OK;
	}
	reader_close(&fresh);
	if (result != RESULT_INVALID) {
		struct place at = {.file = name};
		problem_add(problems, PROBLEM_ERROR, &at, NULL, N_("the file cannot be read: %s"), result_text(result));
	}
	return result;
}

void reader_close(struct reader **reader)
{
	if (*reader == NULL)
		return;
	encoding_free(&(*reader)->encoding);
	free((*reader)->bytes);
	free(*reader);
	*reader = NULL;
}

/* Passes over the rest of a line that was given up. Returns false when its end is not in memory yet. */
static bool skip_line(struct reader *reader)
{
	char *from = reader->bytes + reader->at;
	char *newline = memchr(from, '\n', reader->size - reader->at);
	size_t used = newline == NULL ? reader->size - reader->at : (size_t)(newline - from) + 1;

	reader->at += used;
	reader->done += used;
	reader->line += newline != NULL;
	reader->skip = newline == NULL;
	return !reader->skip;
}

/* Finds the next row in what is in memory; CSV_MORE when it does not end there. */
static enum csv_found take(struct reader *reader, struct reader_row *row)
{
	char *from = reader->bytes + reader->at;
	size_t size = reader->size - reader->at, used;
	unsigned int lines;

	if (size == 0 || (reader->skip && !skip_line(reader)))
		return CSV_MORE;
	from = reader->bytes + reader->at;
	size = reader->size - reader->at;
	if (size == 0)
		return CSV_MORE;
	row->found = csv_find(from, size, reader->end, reader->separator, &used, &lines);
	if (row->found == CSV_MORE)
		return CSV_MORE;
	row->line = reader->line + 1;
	/* A line given up before its newline was seen goes on. */
	reader->skip = row->found != CSV_RECORD && lines == 0;
	if (row->found == CSV_RECORD)
		csv_cut(from, used - (from[used - 1] == '\n'), reader->separator, &row->csv);
	reader->at += used;
	reader->done += used;
	reader->line += lines;
	return row->found;
}

enum result reader_next(struct reader *reader, struct reader_row *row)
{
	while (take(reader, row) == CSV_MORE) {
		if (reader->end)
			return RESULT_NOT_FOUND;
		enum result result = fill(reader);
		if (result != RESULT_OK)
			return result;
	}
	return RESULT_OK;
}

static bool plain(const char *text, size_t size)
{
	unsigned char all = 0;

	for (size_t i = 0; i < size; i++)
		all |= (unsigned char)text[i];
	return all < 0x80;
}

bool reader_cell(struct reader *reader, const struct csv_cell *cell, const char **text, size_t *size)
{
	*text = cell->text;
	*size = cell->size;
	if (plain(cell->text, cell->size))
		return memchr(cell->text, '\0', cell->size) == NULL;
	if (!reader->gbk)
		return utf8_valid(cell->text, cell->size, NULL);
	*text = encoding_convert(reader->encoding, cell->text, cell->size, size);
	return *text != NULL;
}

bool reader_gbk(const struct reader *reader)
{
	return reader->gbk;
}

uint64_t reader_done(const struct reader *reader)
{
	return reader->done;
}

uint64_t reader_total(const struct reader *reader)
{
	return reader->total;
}
