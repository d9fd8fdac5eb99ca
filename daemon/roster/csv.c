#include "roster/csv.h"

#include <string.h>

/* The place behind a quoted cell whose opening quote stands at `at`; NULL when it is not closed before `end`. */
static const char *skip_quoted(const char *at, const char *end)
{
	at++;
	while (at < end && (at = memchr(at, '"', (size_t)(end - at))) != NULL) {
		if (at + 1 == end || at[1] != '"')
			return at + 1;
		at += 2;
	}
	return NULL;
}

static bool at_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The newline that ends the record, or NULL. *open: a quote is open at the end; *spoiled: as in struct csv_row. */
static const char *find_end(const char *text, const char *end, char separator, bool *open, bool *spoiled)
{
	bool begins = true, closed = false;

	for (const char *at = text; at < end; at++) {
		if (*at == '\n')
			return at;
		if (*at == separator) {
			begins = true;
			closed = false;
		} else if (*at == '"' && begins) {
			at = skip_quoted(at, end);
			if (at == NULL) {
				*open = true;
				return NULL;
			}
			at--;
			begins = false;
			closed = true;
		} else if (!at_blank(*at)) {
			begins = false;
			*spoiled = *spoiled || (closed && *at != '\r');
		}
	}
	return NULL;
}

static unsigned int count_lines(const char *text, size_t size)
{
	unsigned int lines = 0;
	const char *end = text + size;

	for (const char *at = text; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
		lines++;
	return lines;
}

/* One physical line only. */
static enum csv_found give_up(const char *text, const char *newline, size_t size, enum csv_found why, size_t *used,
	unsigned int *lines)
{
	*used = newline == NULL ? size : (size_t)(newline - text) + 1;
	*lines = newline != NULL;
	return why;
}

enum csv_found csv_find(const char *text, size_t size, bool end, char separator, size_t *used, unsigned int *lines)
{
	size_t seen = size < CSV_RECORD_MOST ? size : CSV_RECORD_MOST;
	const char *newline = memchr(text, '\n', seen);
	const char *quote = memchr(text, '"', newline == NULL ? seen : (size_t)(newline - text));
	const char *last = newline;
	bool open = false, spoiled = false;

	if (quote != NULL)
		last = find_end(text, text + seen, separator, &open, &spoiled);
	/* A stray quote went on to the next one, some lines below: those are people of their own. */
	if (spoiled && newline != NULL && last != newline && (last != NULL || end))
		return give_up(text, newline, seen, CSV_UNCLOSED, used, lines);
	if (last != NULL) {
		*used = (size_t)(last - text) + 1;
		*lines = quote == NULL ? 1 : count_lines(text, *used);
		return CSV_RECORD;
	}
	if (seen == CSV_RECORD_MOST)
		return give_up(text, newline, seen, open ? CSV_UNCLOSED : CSV_LONG, used, lines);
	if (!end)
		return CSV_MORE;
	if (open)
		return give_up(text, newline, size, CSV_UNCLOSED, used, lines);
	*used = size;
	*lines = count_lines(text, size);
	return CSV_RECORD;
}

static void trim(struct csv_cell *cell)
{
	while (cell->size > 0 && (at_blank(cell->text[0]) || cell->text[0] == '\r' || cell->text[0] == '\n')) {
		cell->text++;
		cell->size--;
	}
	while (cell->size > 0) {
		char c = cell->text[cell->size - 1];
		if (!at_blank(c) && c != '\r' && c != '\n')
			break;
		cell->size--;
	}
}

/* Resolves a quoted cell whose opening quote is at `at`. Returns the place behind it. */
static char *cut_quoted(char *at, char *end, struct csv_cell *cell)
{
	char *to = ++at;

	cell->text = at;
	while (at < end) {
		if (*at == '"') {
			at++;
			if (at == end || *at != '"')
				break;
		}
		*to++ = *at++;
	}
	cell->size = (size_t)(to - cell->text);
	return at;
}

/* One cell from `at` on. Returns the separator behind it, or `end`. */
static char *cut_cell(char *at, char *end, char separator, struct csv_cell *cell, bool *spoiled)
{
	char *from = at;

	while (at < end && at_blank(*at) && *at != separator)
		at++;
	if (at < end && *at == '"') {
		at = cut_quoted(at, end, cell);
		for (; at < end && *at != separator; at++)
			*spoiled = *spoiled || (!at_blank(*at) && *at != '\r' && *at != '\n');
	} else {
		char *next = memchr(at, separator, (size_t)(end - at));
		at = next == NULL ? end : next;
		*cell = (struct csv_cell){from, (size_t)(at - from)};
	}
	trim(cell);
	return at;
}

void csv_cut(char *text, size_t size, char separator, struct csv_row *row)
{
	char *end = text + size;

	row->count = 0;
	row->spoiled = false;
	for (;;) {
		struct csv_cell cell;
		text = cut_cell(text, end, separator, &cell, &row->spoiled);
		if (row->count < CSV_CELLS_MOST)
			row->cells[row->count] = cell;
		row->count++;
		if (text == end)
			return;
		text++;
	}
}

bool csv_blank(const struct csv_row *row)
{
	for (size_t i = 0; i < row->count && i < CSV_CELLS_MOST; i++) {
		if (row->cells[i].size > 0)
			return false;
	}
	return row->count <= CSV_CELLS_MOST;
}
