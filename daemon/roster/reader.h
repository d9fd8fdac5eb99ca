#ifndef ROSTER_READER_H
#define ROSTER_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"
#include "base/result.h"
#include "roster/csv.h"

/*
 * A CSV file as rows of UTF-8 cells, read once through to learn its encoding and once for its content. Holds one piece of
 * it in memory.
 */
struct reader;

struct reader_row {
	struct csv_row csv; /* CSV_RECORD: cells in the file's encoding; use reader_cell */
	enum csv_found found; /* CSV_RECORD, CSV_UNCLOSED or CSV_LONG */
	uint64_t line; /* where it begins, from 1 */
};

/*
 * `fd` stays the caller's. RESULT_INVALID (with a problem naming `file`) when it is no regular file, empty, or UTF-16.
 */
enum result reader_open(int fd, const char *file, struct reader **reader, struct problems *problems);
void reader_close(struct reader **reader);

/* The next row; RESULT_NOT_FOUND at the end. Blank rows are given too. The row is good until the next call. */
enum result reader_next(struct reader *reader, struct reader_row *row);

/*
 * A cell as UTF-8. Returns false when it is neither well-formed UTF-8 nor GBK, whichever the file is. *text has no closing
 * zero and is good until the next call of reader_cell or reader_next.
 */
bool reader_cell(struct reader *reader, const struct csv_cell *cell, const char **text, size_t *size);

bool reader_gbk(const struct reader *reader);
uint64_t reader_done(const struct reader *reader);
uint64_t reader_total(const struct reader *reader);

#endif
