#ifndef LEDGER_WRITE_H
#define LEDGER_WRITE_H

#include <sqlite3.h>
#include <stdint.h>

#include "ledger/group.h"

/*
 * Records become rows. Used by one thread at a time: the job, and the loop at opening and closing.
 */
enum write_statement {
	WRITE_BEGIN,
	WRITE_COMMIT,
	WRITE_ROLLBACK,
	WRITE_ALERT,
	WRITE_DOCUMENT,
	WRITE_LANE,
	WRITE_LANE_SET,
	WRITE_MARK,
	WRITE_TOMBSTONE,
	WRITE_INTENT,
	WRITE_TAT,
	WRITE_OUTCOME,
	WRITE_RELEASE,
	WRITE_RESOLVE,
	WRITE_RECEIPTS,
	WRITE_END,
	WRITE_FINAL,
	WRITE_CLOSE,
	WRITE_CHANNEL,
	WRITE_SWITCH,
	WRITE_EVENT,
	WRITE_LAST_SEAL,
	WRITE_PRUNE_NEXT,
	WRITE_PRUNE,
	WRITE_PRUNE_TOMBSTONES,
	WRITE_COUNT,
};

struct writer {
	sqlite3 *db;
	sqlite3_stmt *statements[WRITE_COUNT];
	int wal_pages; /* in the log after the last commit */
	uint64_t orphans; /* see ledger_stats */
};

/* Takes over the connection. False when a statement cannot be prepared; close it all the same. */
bool writer_init(struct writer *writer, sqlite3 *db);

/* Closes the connection; `tidy`: the log is moved into the file first, as SQLite does when the last one leaves. */
void writer_fini(struct writer *writer, bool tidy);

/*
 * Runs the statement that was bound, once, and makes it ready again. SQLITE_OK or the error.
 */
int writer_step(struct writer *writer, enum write_statement which);

/* One transaction with everything in the group. `before` is called just before the commit. SQLite's code. */
int writer_commit(struct writer *writer, struct group *group, void (*before)(void *arg), void *arg);

/* The parts of it that have a file of their own (write_alert.c). */
int write_accept(struct writer *writer, const struct record_accept *accept);
int write_close(struct writer *writer, const struct record_close *record);
int write_event(struct writer *writer, const struct ledger_event *event);

#endif
