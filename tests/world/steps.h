#ifndef TESTING_STEPS_H
#define TESTING_STEPS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Every durable step of the daemon, by name, and the death of the process at any of them.
 *
 * Whatever changes the disk goes through one of two doors: the table of file calls (loop/file.h), or a commit of SQLite.
 * Both are watched here, in every thread. A file call has its name from one table (steps.c); a commit of the ledger has
 * those of the records that it holds ("ledger: intent"), told by ledger_set_step_hook; a commit of any other file is
 * called after that file. A call that has no name is remembered, so that a test can fail for it: there is no durable step
 * without a name. daemon/README.md says for each name what the next start finds.
 *
 * Death comes in two ways. STEPS_KILL is SIGKILL to this very process. STEPS_FREEZE leaves the process alive for a test
 * that has daemon and world in one: from that step on nothing changes the disk any more, in no thread and whatever the
 * daemon still tries; the test sees steps_died(), abandons the daemon and thaws the disk for the next one.
 *
 * Not for use with another replacement of the file table, or of hooks of SQLite's connections.
 */
enum steps_death { STEPS_FREEZE, STEPS_KILL };

/* Before a commit it was not done yet; file calls only have an after: before one is after the one before. */
enum steps_when { STEPS_BEFORE, STEPS_AFTER };

/* Watches all that is opened from now on in this process; once, before anything is. */
void steps_install(void);

/* What is given to ledger_set_step_hook() of every ledger. */
void steps_ledger(const char *step, void *arg);

/* Counts from nothing, and dies at the nth (from 1) step of this name; NULL: only counts. Until steps_end(). */
void steps_begin(const char *name, enum steps_when when, unsigned int nth, enum steps_death death);

/* Dies at the nth step of whatever name. */
void steps_begin_any(unsigned int nth, enum steps_death death);

/* True once the disk is frozen. */
bool steps_died(void);

/* Thaws; nothing counts any more. */
void steps_end(void);

/* What was counted: false past the last. The name stays valid until the process ends. */
struct steps_count {
	const char *name;
	enum steps_when when;
	unsigned int count;
};
bool steps_counted(size_t at, struct steps_count *count);

/* The first durable call since the beginning that has no name, or NULL. */
const char *steps_nameless(void);

/* The names of the table; NULL past the last. Those of the ledger's records are not among them. */
const char *steps_name(size_t at);

/* What SQLite writes to files with `name` in their path finds no room on the disk; false: there is room again. */
void steps_disk_full(const char *name, bool full);

#endif
