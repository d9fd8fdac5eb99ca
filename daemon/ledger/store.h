#ifndef LEDGER_STORE_H
#define LEDGER_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"
#include "base/result.h"

/*
 * SQLite as the ledger uses it: two connections to one file in WAL mode with every commit synced, and its errors in our
 * words. Inside this room only.
 */

/*
 * Opens, and creates or checks, the file `path` for writing. Errors go to `problems` in words for people. The
 * connection may be used by any one thread at a time.
 */
enum result store_open_writer(const char *path, sqlite3 **db, struct problems *problems);

/* A second connection that only asks. Requires: a writer is open. */
enum result store_open_reader(const char *path, sqlite3 **db, struct problems *problems);

/* What the last failed call means: NO_SPACE, BUSY, CORRUPT, DENIED, NO_FILES or IO. */
enum result store_result(sqlite3 *db);
enum result store_result_of(int code);

/* Runs statements that return nothing. SQLite's code. */
int store_run(sqlite3 *db, const char *sql);

/* The one number that a statement gives, or `missing`. */
int64_t store_number(sqlite3 *db, const char *sql, int64_t missing);

/* NULL where it cannot be prepared, which store_result() then explains. Statements are kept: prepared as lasting ones. */
sqlite3_stmt *store_prepare(sqlite3 *db, const char *sql);

/* Binding that leaves the bytes where they are; NULL gives SQL's NULL, and 0 of store_bind_some too. */
void store_bind_text(sqlite3_stmt *statement, int place, const char *text);
void store_bind_blob(sqlite3_stmt *statement, int place, const void *bytes, size_t size);
void store_bind_some(sqlite3_stmt *statement, int place, int64_t number);

/* Column text, "" for NULL. Valid until the next step. */
const char *store_text(sqlite3_stmt *statement, int column);

/* SQLite's words on the last failure, for log lines, as a problem's reason. */
void store_problem(sqlite3 *db, const char *path, struct problems *problems);

#endif
