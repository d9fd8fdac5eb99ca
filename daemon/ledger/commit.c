#include "ledger/commit.h"

#include <stdio.h>
#include <sys/stat.h>

#include "ledger/store.h"
#include "loop/file.h"

static void tell_steps(const struct ledger *ledger, const char *when)
{
	char step[32];

	if (ledger->hook == NULL)
		return;
	for (int kind = 0; kind < RECORD_COUNT; kind++) {
		if ((ledger->job.group->kinds & 1u << kind) == 0)
			continue;
		snprintf(step, sizeof(step), "%s %s", when, record_name((enum record_kind)kind));
		ledger->hook(step, ledger->hook_arg);
	}
}

static void before_commit(void *arg)
{
	tell_steps(arg, "before");
}

/* A file that was deleted or replaced under us takes our writes and loses them when we end. */
static bool still_ours(const struct ledger *ledger)
{
	struct stat st;

	return file->fstatat(ledger->folder, "ledger.db", &st, 0) == 0 && st.st_ino == ledger->inode &&
		st.st_dev == ledger->device;
}

static enum result commit_once(struct ledger *ledger)
{
	if (!still_ours(ledger)) {
		snprintf(ledger->job.words, sizeof(ledger->job.words), "ledger.db was moved or deleted");
		return RESULT_NOT_FOUND;
	}
	int code = writer_commit(&ledger->writer, ledger->job.group, before_commit, ledger);

	if (code == SQLITE_OK)
		return RESULT_OK;
	snprintf(ledger->job.words, sizeof(ledger->job.words), "%s", sqlite3_errstr(code));
	return store_result_of(code);
}

static void commit_group(struct ledger *ledger)
{
	enum result result = commit_once(ledger);

	/* What happened outside must be written even on a full disk: that is what the reserve is for. */
	if (result == RESULT_NO_SPACE && reserve_spend(&ledger->reserve))
		result = commit_once(ledger);
	ledger->job.result = result;
	if (result == RESULT_OK)
		tell_steps(ledger, "after");
}

static void measure(struct ledger *ledger)
{
	struct stat st;

	ledger->job.wal_bytes = ledger->job.db_bytes = 0;
	if (file->fstatat(ledger->folder, "ledger.db", &st, 0) == 0)
		ledger->job.db_bytes = (uint64_t)st.st_size;
	if (file->fstatat(ledger->folder, "ledger.db-wal", &st, 0) == 0)
		ledger->job.wal_bytes = (uint64_t)st.st_size;
}

/* Never waits for a reader: what cannot be moved now is moved next time. */
static void checkpoint(struct ledger *ledger)
{
	int in_log = 0, moved = 0;
	int code = sqlite3_wal_checkpoint_v2(ledger->writer.db, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);

	/* A full disk can stop this as well; the log holds everything, so it is only room that is lost. */
	if (code == SQLITE_OK && moved == in_log)
		ledger->writer.wal_pages = 0;
}

void commit_work(void *arg)
{
	struct ledger *ledger = arg;

	switch (ledger->job.task) {
	case TASK_COMMIT:
		commit_group(ledger);
		if (ledger->writer.wal_pages >= COMMIT_MOST_PAGES)
			checkpoint(ledger);
		measure(ledger);
		break;
	case TASK_CHECKPOINT:
		checkpoint(ledger);
		measure(ledger);
		break;
	case TASK_RESERVE:
		ledger->job.result = reserve_make(&ledger->reserve);
		break;
	case TASK_CLOSE:
		writer_fini(&ledger->writer, !ledger->abandoned);
		break;
	}
}
