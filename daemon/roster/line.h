#ifndef ROSTER_LINE_H
#define ROSTER_LINE_H

#include <stdbool.h>

#include "roster/header.h"
#include "roster/import.h"
#include "roster/names.h"
#include "roster/reader.h"
#include "roster/sorter.h"

/*
 * One line of a roster file → one record, or the reason why not. Words become numbers of `names`; what was written for an
 * area or a set of roles is remembered, so that the same words are worked out once.
 */
enum {
	LINE_AREAS_MOST = 200000, /* more than the villages of any province */
	LINE_ROLE_SETS_MOST = 20000,
	LINE_ROLES_MOST = 512,
	LINE_LANGUAGES_MOST = 200,
};

struct line_reader {
	const struct roster_import *order;
	const struct header *header;
	struct reader *reader;
	int this_year;
	struct names areas, role_sets, roles, languages;
	struct names written_areas, written_roles; /* as they stand in the file */
	uint32_t *area_of, *role_set_of; /* by their numbers */
	uint32_t default_area;
	char last_language[16]; /* what stood in the last cell, and its number */
	size_t last_size;
	uint8_t last_number;
};

void line_init(struct line_reader *line, const struct roster_import *order, const struct header *header,
	struct reader *reader, int this_year);
void line_fini(struct line_reader *line);

struct line_result {
	bool taken;
	struct record
		record; /* when not taken: `phone` and `opt_out` as far as they could be read, and it is `absent` */
	enum roster_reject reason; /* when not */
	enum column field; /* that it is about */
	char masked[16]; /* the number as it may be shown, "" none */
};

/* Requires: the row is not blank. */
void line_read(struct line_reader *line, const struct reader_row *row, struct line_result *result);

#endif
