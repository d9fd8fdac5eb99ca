#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "base/result.h"
#include "loop/loop.h"

/*
 * What must not be forgotten: alerts, intents before bytes leave, outcomes and receipts after. One SQLite file
 * `ledger.db` in a folder of its own. Everything appended (append.h) is written in that order by one job at a time,
 * which gathers what came meanwhile: order and group commit come from the same rule. Questions (query.h, history.h) and
 * the start (replay.h) read through a second connection, on the loop, and see what is durable, nothing else.
 *
 * Disk trouble loses nothing and refuses nothing: what was appended waits, in order, until it can be written.
 */
struct ledger;

/*
 * Opens or creates the ledger in folder `dir`, which is created when missing. A ledger of a newer crier, a damaged one, a
 * file that is none, and a folder that another crier uses are refused with an error in `problems`.
 * Afterwards: *ledger, to be given back by ledger_close or ledger_abandon. Waits for the disk; meant for the start.
 */
enum result ledger_open(struct loop *loop, const char *dir, struct ledger **ledger, struct problems *problems);

/*
 * Writes what was appended, then closes; `closed` (may be NULL) comes from the loop, after every `durable`. When the disk
 * does not take the rest after a few tries over about two seconds, the callbacks still waiting get the failure. No other
 * call may follow.
 */
void ledger_close(struct ledger *ledger, void (*closed)(void *arg), void *arg);

/*
 * As if the process had died now: a job that runs ends, the rest is dropped, no `durable` is called. For tests that
 * start and kill the daemon within one process. `closed` comes from the loop.
 */
void ledger_abandon(struct ledger *ledger, void (*closed)(void *arg), void *arg);

/* How the ledger is. */
enum ledger_health {
	LEDGER_WELL,
	LEDGER_RESERVE, /* the disk was full; the reserve was given up and facts are recorded: take no new work */
	LEDGER_FAILING, /* nothing can be recorded now; it is tried again by itself */
};

/*
 * `reason` (may be NULL) gets an English text marked N_() for say(), or NULL when all is well; `result` likewise why.
 */
enum ledger_health ledger_health(const struct ledger *ledger, const char **reason, enum result *result);

/* True when LEDGER_WELL. *reason as above. */
bool ledger_healthy(const struct ledger *ledger, const char **reason);

/* `changed` is called from the loop whenever the answer of ledger_health() changed. NULL ends that. */
void ledger_on_health(struct ledger *ledger, void (*changed)(void *arg), void *arg);

/* Bytes appended and not yet durable. The plan hands out nothing new while it is over LEDGER_BACKLOG_MOST. */
size_t ledger_backlog(const struct ledger *ledger);
#define LEDGER_BACKLOG_MOST ((size_t)32 << 20)

/* Since the ledger was opened. `latency` is from append to durable of the oldest record of each group. */
struct ledger_stats {
	uint64_t commits, records, failures;
	uint64_t receipts;
	uint64_t orphans; /* outcomes and resolutions of batches that have no intent: a mistake of the caller */
	uint64_t latency_last_us, latency_most_us;
	uint64_t wal_bytes, db_bytes; /* on disk, as of the last commit */
};
void ledger_stats(const struct ledger *ledger, struct ledger_stats *stats);

/*
 * For crash tests: `hook` is called with "before accept", "after accept", "before intent" … just before and just after the
 * commit that holds such records, in the thread of the job; and with "told" on the loop after the callbacks of a
 * commit. Kinds: accept mark intent outcome resolve receipt end close channel switch event prune. NULL ends it.
 */
void ledger_set_step_hook(struct ledger *ledger, void (*hook)(const char *step, void *arg), void *arg);

#endif
