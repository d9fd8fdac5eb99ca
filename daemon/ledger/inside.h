#ifndef LEDGER_INSIDE_H
#define LEDGER_INSIDE_H

#include <sqlite3.h>
#include <sys/types.h>

#include "base/buf.h"
#include "ledger/group.h"
#include "ledger/ledger.h"
#include "ledger/reserve.h"
#include "ledger/write.h"

/*
 * The ledger's own state, for the files of this room. `writer`, `reserve` and the job's fields belong to the job while one
 * runs; everything else belongs to the loop.
 */
enum ledger_task {
	TASK_COMMIT, /* the first group */
	TASK_CHECKPOINT, /* move the log into the file */
	TASK_RESERVE, /* try to have a reserve again */
	TASK_CLOSE,
};

struct ledger_job {
	enum ledger_task task;
	struct group *group;
	enum result result;
	char words[96]; /* on a failure, for the log */
	uint64_t wal_bytes, db_bytes;
};

struct ledger {
	struct loop *loop;
	char *path; /* of ledger.db */
	int folder; /* descriptor */
	int lock; /* descriptor that holds the folder */
	dev_t device; /* which file ledger.db was when it was opened */
	ino_t inode;
	sqlite3 *reader;
	struct writer writer;
	struct reserve reserve;

	struct group *groups; /* waiting to be committed, oldest first */
	struct group *filling; /* the last of them */
	size_t backlog;
	size_t counted; /* of the bytes of `filling`, in `backlog` */
	bool running; /* a job */
	struct ledger_job job;
	struct deferred start;
	struct timer retry; /* of a commit that failed */
	struct timer idle; /* checkpoint when nothing comes */
	struct timer restock; /* of the reserve */
	uint32_t next_number;

	enum result trouble; /* of the last commit */
	unsigned int failures;
	bool low; /* the reserve was spent */
	enum ledger_health told;
	void (*health)(void *arg);
	void *health_arg;

	bool closing, abandoned;
	void (*closed)(void *arg);
	void *closed_arg;
	void (*hook)(const char *step, void *arg);
	void *hook_arg;
	struct ledger_stats stats;
	struct buf scratch; /* for packing on the loop */
};

/* The group that takes the next record. */
struct group *ledger_filling(struct ledger *ledger);

/* A record was put into `group`: remembers whom to tell and sees to its commit. */
void ledger_appended(struct ledger *ledger, struct group *group, ledger_durable *durable, void *arg);

#endif
