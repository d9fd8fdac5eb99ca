#ifndef ROSTER_ROWS_H
#define ROSTER_ROWS_H

#include <stdbool.h>
#include <stdint.h>
#include <sqlite3.h>

#include "base/result.h"

/*
 * Puts the people of a new edition into the store. SQLite reads them itself, some thousands by one statement, as rows of a
 * virtual table: binding and starting a statement for each would cost more than the insert. Whole chunks are inserted by a
 * thread of their own, beside whoever works out the next ones; what fits into one chunk is inserted in the caller's.
 */
struct rows;

struct row {
	uint64_t phone;
	uint32_t id;
	uint32_t roles, area, language; /* the store's numbers; 0: none */
	uint16_t birth_year; /* 0: unknown */
	bool fresh; /* the id is new */
	bool opt_out;
	bool absent; /* not on the list: only the opt-out is put in */
};

struct rows_order {
	sqlite3 *db; /* inside a transaction; nobody else uses it until rows_end */
	uint64_t edition, old_edition; /* the old one is taken out at the end; 0: there is none */
	const char *source; /* of opt-outs */
	int64_t at_ms;
};

enum result rows_begin(const struct rows_order *order, struct rows **rows);

/* Adds the next, in ascending order of phones. Returns the first failure of any row before. */
enum result rows_add(struct rows *rows, const struct row *row);

/* Says that no more will come: what is left goes in, and the old edition out, without waiting for it. */
enum result rows_last(struct rows *rows);

/* Waits until all is done. Returns the first failure. Afterwards the connection is the caller's again. */
enum result rows_end(struct rows *rows);

/* Ends it in every case; NULL inside is allowed. */
void rows_free(struct rows **rows);

#endif
