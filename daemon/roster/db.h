#ifndef ROSTER_DB_H
#define ROSTER_DB_H

#include <stdbool.h>
#include <stdint.h>
#include <sqlite3.h>

#include "base/problem.h"
#include "base/result.h"

/*
 * The two databases of the roster, opened with the same care everywhere: created with mode 0600, WAL, synced at every
 * commit. Tables of roster.db:
 *
 *   meta        name → number: lineage, generation, next_id, next_edition
 *   list        one row per list; `edition` says which members are its own
 *   member      what a list says of a number: place = edition << 36 | phone, so that a list lies in one piece in the order
 *               of its numbers, and a new edition is written behind all others
 *   resident    phone → id, for ever
 *   role_set, area, language   words by number; a set of roles is "finance;parent"
 *   optout_due  opt-outs of an import that are not yet in optouts.db
 *   membership  a view of all that for people
 *
 * Table of optouts.db: optout.
 */
enum { DB_PHONE_BITS = 36 };

enum db_which { DB_ROSTER, DB_OPTOUTS };

/* Opens or creates. `problems` says what went wrong. Close with sqlite3_close. */
enum result db_open(const char *state, enum db_which which, sqlite3 **db, struct problems *problems);

/* The result that the database's last error stands for. */
enum result db_result(sqlite3 *db);

/* Tells it to people, with the file's name. Returns `result`. */
enum result db_problem(enum db_which which, enum result result, struct problems *problems);

enum result db_run(sqlite3 *db, const char *sql);

/* A prepared statement, or NULL. Requires of `sql`: it is ours, so only the machine can fail. */
sqlite3_stmt *db_prepare(sqlite3 *db, const char *sql);

/* Runs a statement that gives no rows, and resets it. */
enum result db_step(sqlite3 *db, sqlite3_stmt *statement);

/* A number of `meta`; 0 when there is none. */
enum result db_meta(sqlite3 *db, const char *name, uint64_t *value);
enum result db_meta_set(sqlite3 *db, const char *name, uint64_t value);

/* A column's text, "" for NULL. */
const char *db_text(sqlite3_stmt *statement, int column);

/* Where members of an edition lie. */
int64_t db_place(uint64_t edition, uint64_t phone);

#endif
