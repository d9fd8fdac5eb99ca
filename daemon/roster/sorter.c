#include "roster/sorter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/require.h"
#include "loop/file.h"

enum {
	DIGIT_BITS = 12, /* three passes order the 35 bits of a phone number */
	DIGITS = 1 << DIGIT_BITS,
	PASSES = 3,
	RUN_BUFFER = 16 * 1024, /* records read at once from a file */
};

/* A sorted piece: in memory (fd -1) or in a file. */
struct run {
	int fd;
	struct record *records;
	size_t at, count;
};

struct sorter {
	int folder;
	size_t piece;
	struct record *records;
	size_t count, room;
	struct run *runs;
	size_t run_count;
};

struct sorter *sorter_new(int folder, size_t piece)
{
	struct sorter *sorter = mem_zalloc(sizeof(*sorter));

	REQUIRE(piece > 0);
	sorter->folder = folder;
	sorter->piece = piece;
	return sorter;
}

void sorter_free(struct sorter **sorter)
{
	if (*sorter == NULL)
		return;
	for (size_t i = 0; i < (*sorter)->run_count; i++) {
		if ((*sorter)->runs[i].fd >= 0)
			file->close((*sorter)->runs[i].fd);
		free((*sorter)->runs[i].records);
	}
	free((*sorter)->runs);
	free((*sorter)->records);
	free(*sorter);
	*sorter = NULL;
}

static size_t digit(const struct record *record, int pass)
{
	return record->phone >> pass * DIGIT_BITS & (DIGITS - 1);
}

/* One pass from low to high digits; keeps the order of equals. */
static void pass(const struct record *from, struct record *to, size_t count, int number)
{
	size_t *starts = mem_calloc(DIGITS, sizeof(*starts)), next = 0;

	for (size_t i = 0; i < count; i++)
		starts[digit(&from[i], number)]++;
	for (size_t d = 0; d < DIGITS; d++) {
		size_t here = starts[d];
		starts[d] = next;
		next += here;
	}
	for (size_t i = 0; i < count; i++)
		to[starts[digit(&from[i], number)]++] = from[i];
	free(starts);
}

/* Sorts what is in memory. */
static void sort(struct sorter *sorter)
{
	struct record *other = mem_calloc(sorter->count + 1, sizeof(*other));

	for (int number = 0; number < PASSES; number++) {
		struct record *from = sorter->records;
		pass(from, other, sorter->count, number);
		sorter->records = other;
		other = from;
	}
	sorter->room = sorter->count + 1;
	free(other);
}

static struct run *add_run(struct sorter *sorter)
{
	sorter->runs = mem_resize(sorter->runs, sorter->run_count + 1, sizeof(*sorter->runs));
	struct run *run = &sorter->runs[sorter->run_count++];
	*run = (struct run){.fd = -1};
	return run;
}

/* A file without a name: what it holds is gone with the process. */
static int open_nameless(int folder)
{
	static const char name[] = "roster.sort";
	int fd;

	file->unlink(folder, name);
	fd = file->open(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd >= 0)
		file->unlink(folder, name);
	return fd;
}

/* Moves what is in memory, sorted, to a file. */
static enum result spill(struct sorter *sorter)
{
	int fd = open_nameless(sorter->folder);

	if (fd < 0)
		return result_of_errno(errno);
	add_run(sorter)->fd = fd;
	sort(sorter);
	if (file_write_all(fd, sorter->records, sorter->count * sizeof(*sorter->records)) != 0)
		return result_of_errno(errno);
	if (lseek(fd, 0, SEEK_SET) != 0)
		return RESULT_IO;
	sorter->count = 0;
	return RESULT_OK;
}

enum result sorter_add(struct sorter *sorter, const struct record *record)
{
	if (sorter->count == sorter->piece) {
		enum result result = spill(sorter);
		if (result != RESULT_OK)
			return result;
	}
	if (sorter->count == sorter->room) {
		sorter->room = sorter->room < 1024 ? 1024 : sorter->room * 2;
		sorter->room = sorter->room > sorter->piece ? sorter->piece : sorter->room;
		sorter->records = mem_resize(sorter->records, sorter->room, sizeof(*sorter->records));
	}
	sorter->records[sorter->count++] = *record;
	return RESULT_OK;
}

/* Reads the next records of a run's file, so that its first is in memory; none are left when count is 0 afterwards. */
static enum result refill(struct run *run)
{
	size_t size = 0, most = RUN_BUFFER * sizeof(*run->records);

	run->at = run->count = 0;
	while (size < most) {
		ssize_t got = file->read(run->fd, (char *)run->records + size, most - size);
		if (got < 0)
			return result_of_errno(errno);
		if (got == 0)
			break;
		size += (size_t)got;
	}
	run->count = size / sizeof(*run->records);
	return RESULT_OK;
}

enum result sorter_end(struct sorter *sorter)
{
	sort(sorter);
	struct run *last = add_run(sorter);
	last->records = sorter->records;
	last->count = sorter->count;
	sorter->records = NULL;
	sorter->count = sorter->room = 0;
	for (size_t i = 0; i + 1 < sorter->run_count; i++) {
		sorter->runs[i].records = mem_calloc(RUN_BUFFER, sizeof(struct record));
		enum result result = refill(&sorter->runs[i]);
		if (result != RESULT_OK)
			return result;
	}
	return RESULT_OK;
}

enum result sorter_next(struct sorter *sorter, struct record *record)
{
	struct run *least = NULL;

	/* Runs were filled in order, so of equals the one in front is older. */
	for (size_t i = 0; i < sorter->run_count; i++) {
		struct run *run = &sorter->runs[i];
		if (run->at < run->count &&
			(least == NULL || run->records[run->at].phone < least->records[least->at].phone))
			least = run;
	}
	if (least == NULL)
		return RESULT_NOT_FOUND;
	*record = least->records[least->at++];
	return least->at == least->count && least->fd >= 0 ? refill(least) : RESULT_OK;
}
