#ifndef ROSTER_WRITE_H
#define ROSTER_WRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <sqlite3.h>

#include "base/result.h"
#include "roster/import.h"
#include "roster/line.h"
#include "roster/sorter.h"

/*
 * Puts a sorted list into the store as a new edition, takes the old one away, and builds the snapshot, in one pass over the
 * list and the store side by side; all inside the caller's transaction. In a dry run nothing is written and the same is
 * counted.
 */
struct write_order {
	const struct roster_import *import;
	sqlite3 *db; /* written to; NULL in a dry run */
	sqlite3 *before, *optouts; /* read from, as they were before; `before` is another connection */
	int folder; /* a descriptor of the roster's folder */
	struct line_reader *names; /* what the records' numbers mean */
	struct sorter *sorter;
	struct roster_totals *totals;
	bool (*going_on)(void *arg, uint64_t written); /* false: cancelled */
	void *going_on_arg;
};

/* RESULT_CLOSED when cancelled. Afterwards roster.snapshot.tmp is there, unless it failed or was a dry run. */
enum result write_list(const struct write_order *order);

#endif
