#ifndef ROSTER_STATE_H
#define ROSTER_STATE_H

#include <sqlite3.h>

#include "audience/barred.h"
#include "roster/optout.h"
#include "roster/roster.h"
#include "roster/view.h"

/* The inside of an open roster, shared by the files of this room and no others. */
struct roster {
	char *state;
	int folder;
	sqlite3 *db, *optouts;
	struct roster_view *view;
	struct barred *barred; /* the current ones, among known ids */
	uint64_t lineage;
	bool remembering; /* between roster_expect and roster_take: whose opt-out has come or gone */
	phone_t *changed;
	size_t changed_count;
	struct roster_optout *owed; /* in force, but the store would not take them yet */
	size_t owed_count;
	enum result owed_why; /* what it said last */
};

/* Notes that this number's opt-out has changed, while somebody remembers. */
void optout_changed(struct roster *roster, phone_t phone);

/*
 * Moves what an import has left in optout_due over to optouts.db, in small pieces. Requires: the roster's lock is held.
 * Doing it again after a crash is harmless.
 */
enum result optout_drain(sqlite3 *roster, sqlite3 *optouts);

/* Puts those that the store does not hold yet into a set of opt-outs of these people. */
void optout_add_owed(const struct roster *roster, const struct people *people, struct barred *barred);

/* All opt-outs of known numbers as a new set. */
enum result optout_read(sqlite3 *optouts, const struct people *people, struct set **set);

#endif
