#ifndef ROSTER_HEADER_H
#define ROSTER_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"
#include "base/result.h"
#include "roster/reader.h"

/*
 * The first line of a roster file: which column is what. Chinese and English names, in any order (design.md section 5). A
 * column that is not known is refused, or passed over when the officer says so; an identity number and a date of birth
 * count as unknown too, but when they are passed over the birth year is taken from them first.
 */
enum column {
	COLUMN_PHONE,
	COLUMN_YEAR,
	COLUMN_ROLES,
	COLUMN_AREA,
	COLUMN_LANGUAGE,
	COLUMN_OPT_OUT,
	COLUMN_IDENTITY,
	COLUMN_BIRTH_DATE,
	COLUMN_COUNT,
};

struct header {
	int place[COLUMN_COUNT]; /* of the cell; -1: there is no such column */
	size_t columns; /* cells of the line */
	/* A bit for each cell without a name, in which lines may have nothing either; CSV_CELLS_MOST fit. */
	uint64_t nameless;
	char **discarded; /* names of the columns passed over, NULL-ended, or NULL */
};

/*
 * Reads the header from the reader's first row that is not blank. RESULT_INVALID with a problem for every column that is
 * wrong. Free with header_fini in every case.
 */
enum result header_read(struct header *header, struct reader *reader, const char *file, bool discard_extra,
	struct problems *problems);
void header_fini(struct header *header);

/* "phone", "birth_year": what people call the column. */
const char *column_name(enum column column);

#endif
