#ifndef ROSTER_WALK_H
#define ROSTER_WALK_H

#include <stdbool.h>
#include <stdint.h>
#include <sqlite3.h>

#include "base/result.h"

/*
 * Rows of the store in the order of phones, one at a time, so that several of them can be walked side by side. The first
 * column of the question is a phone or a member's place (roster/db.h).
 */
struct walk {
	sqlite3_stmt *statement; /* stands at the row; NULL: there is nothing to walk */
	uint64_t phone; /* of the row; UINT64_MAX behind the last */
	enum result *result; /* where the first failure is told; the walk is then over */
};

/*
 * Stands at the first row. `edition` > 0: the question has two places for where the edition's members begin and end. Requires:
 * *result outlives the walk.
 */
void walk_begin(struct walk *walk, sqlite3 *db, const char *sql, uint64_t edition, enum result *result);

/* A walk that is over before it began. */
void walk_nothing(struct walk *walk);

void walk_next(struct walk *walk);

/* Goes on to `phone` if it is in front; true when a row has exactly it. */
bool walk_to(struct walk *walk, uint64_t phone);

void walk_end(struct walk *walk);

#endif
