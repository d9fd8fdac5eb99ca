#ifndef LEDGER_READ_H
#define LEDGER_READ_H

#include "ledger/inside.h"

/* Walking through the rows of a question on the reader's connection. */
enum { READ_ON, READ_STOP, READ_BAD /* the row is not one of ours */ };

/*
 * Steps a bound statement through its rows and resets it. RESULT_OK also when `on_row` ended it early; RESULT_CORRUPT for
 * a bad row; else what the file says.
 */
enum result read_rows(sqlite3_stmt *statement, int (*on_row)(void *arg, sqlite3_stmt *row), void *arg);

/* The same for a text with nothing to bind. */
enum result read_sql(struct ledger *ledger, const char *sql, int (*on_row)(void *arg, sqlite3_stmt *row), void *arg);

#define READ_TOMBSTONE "id, sender, drill, alert, until_ms"
struct ledger_tombstone read_tombstone(sqlite3_stmt *row);

#endif
