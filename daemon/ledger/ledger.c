#include "ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/require.h"
#include "ledger/commit.h"
#include "ledger/health.h"
#include "ledger/inside.h"
#include "ledger/query.h"
#include "ledger/store.h"
#include "loop/file.h"

#define RETRY_FIRST_MS 250
#define RETRY_MOST_MS  5000
#define CLOSE_TRIES    4
#define CLOSE_RETRY_MS 500
#define IDLE_MS        200
#define SCRATCH_MOST   ((size_t)1 << 30) /* states of a lane never fill it */

static void next(struct ledger *ledger);

/* Groups. */

struct group *ledger_filling(struct ledger *ledger)
{
	REQUIRE(!ledger->closing);
	if (ledger->filling != NULL && !group_full(ledger->filling))
		return ledger->filling;
	struct group *fresh = group_new();

	if (ledger->filling == NULL)
		ledger->groups = fresh;
	else
		ledger->filling->next = fresh;
	ledger->filling = fresh;
	ledger->counted = 0;
	return fresh;
}

static void on_start(void *arg)
{
	next(arg);
}

void ledger_appended(struct ledger *ledger, struct group *group, ledger_durable *durable, void *arg)
{
	if (group->oldest_us == 0)
		group->oldest_us = clock_mono_us();
	group_wait(group, durable, arg);
	ledger->backlog += group->bytes - ledger->counted;
	ledger->counted = group->bytes;
	if (!ledger->running)
		loop_defer(ledger->loop, &ledger->start, on_start, ledger);
}

size_t ledger_backlog(const struct ledger *ledger)
{
	return ledger->backlog;
}

/* Afterwards the first group is no longer on the list. */
static struct group *take_group(struct ledger *ledger)
{
	struct group *group = ledger->groups;

	ledger->groups = group->next;
	group->next = NULL;
	if (ledger->filling == group)
		ledger->filling = NULL;
	return group;
}

enum result ledger_known(struct ledger *ledger, const char *id, uint32_t *number, char digest[65])
{
	const struct group *group = ledger->job.group != NULL ? ledger->job.group : ledger->groups;

	while (group != NULL) {
		for (const struct record_accept *accept = group->accepts; accept != NULL; accept = accept->before) {
			const struct ledger_alert *alert = &accept->content.alert;

			if (strcmp(alert->id, id) != 0)
				continue;
			*number = alert->number;
			if (digest != NULL)
				snprintf(digest, 65, "%s", alert->digest == NULL ? "" : alert->digest);
			return RESULT_OK;
		}
		group = group == ledger->job.group ? ledger->groups : group->next;
	}
	return query_known(ledger, id, number, digest);
}

/* A pruning goes on step by step, each in a commit of its own turn. */
static void prune_on(struct ledger *ledger, struct group *group, enum result result)
{
	for (struct record *record = group->first; record != NULL; record = record->next) {
		if (record->kind != RECORD_PRUNE)
			continue;
		if (result == RESULT_OK && record->as.prune.more && !ledger->closing)
			ledger_prune(ledger, record->as.prune.before_ms, record->as.prune.now_ms,
				record->as.prune.durable, record->as.prune.arg);
		else if (record->as.prune.durable != NULL)
			record->as.prune.durable(record->as.prune.arg, result);
	}
}

static void tell_group(struct ledger *ledger, struct group *group, enum result result)
{
	for (size_t i = 0; i < group->waiter_count && !ledger->abandoned; i++)
		group->waiters[i].durable(group->waiters[i].arg, result);
	if ((group->kinds & 1u << RECORD_PRUNE) != 0 && !ledger->abandoned)
		prune_on(ledger, group, result);
	ledger->backlog -= group->bytes;
	group_free(&group);
}

static void count_commit(struct ledger *ledger, const struct group *group)
{
	struct ledger_stats *stats = &ledger->stats;

	stats->commits++;
	stats->records += group->records;
	stats->receipts += group->receipt_count;
	stats->latency_last_us = clock_mono_us() - group->oldest_us;
	if (stats->latency_last_us > stats->latency_most_us)
		stats->latency_most_us = stats->latency_last_us;
}

void ledger_stats(const struct ledger *ledger, struct ledger_stats *stats)
{
	*stats = ledger->stats;
}

/* Closing cannot wait for somebody to make room: those who wait are told. */
static void give_up(struct ledger *ledger)
{
	struct group *group = ledger->job.group;

	log_event(LOG_CRIT, "ledger-lost", "reason=%s bytes=%zu", log_quote(ledger->job.words), ledger->backlog);
	ledger->job.group = NULL;
	while (group != NULL) {
		tell_group(ledger, group, ledger->trouble);
		group = ledger->groups == NULL ? NULL : take_group(ledger);
	}
}

static void on_failed(struct ledger *ledger)
{
	uint64_t wait_ms = RETRY_FIRST_MS;

	ledger->trouble = ledger->job.result;
	ledger->stats.failures++;
	if (ledger->failures++ % 10 == 0)
		log_event(LOG_ERR, "ledger-failing", "result=%s tries=%u records=%zu reason=%s",
			result_text(ledger->trouble), ledger->failures, ledger->job.group->records,
			log_quote(ledger->job.words));
	health_tell(ledger);
	if (ledger->closing && ledger->failures >= CLOSE_TRIES) {
		give_up(ledger);
		return;
	}
	for (unsigned int i = 1; i < ledger->failures && wait_ms < RETRY_MOST_MS; i++)
		wait_ms *= 2;
	timer_arm(&ledger->retry, ledger->closing ? CLOSE_RETRY_MS : wait_ms < RETRY_MOST_MS ? wait_ms : RETRY_MOST_MS);
}

static void on_committed(struct ledger *ledger)
{
	struct group *group = ledger->job.group;

	ledger->stats.wal_bytes = ledger->job.wal_bytes;
	ledger->stats.db_bytes = ledger->job.db_bytes;
	ledger->stats.orphans = ledger->writer.orphans;
	ledger->low = !ledger->reserve.held;
	if (ledger->job.result != RESULT_OK) {
		on_failed(ledger);
		return;
	}
	ledger->trouble = RESULT_OK;
	count_commit(ledger, group);
	ledger->job.group = NULL;
	health_tell(ledger);
	ledger->failures = 0;
	tell_group(ledger, group, RESULT_OK);
	if (ledger->hook != NULL && !ledger->abandoned)
		ledger->hook("told", ledger->hook_arg);
}

/* Jobs. */

static void ledger_free(struct ledger *ledger)
{
	struct group *group;

	group_free(&ledger->job.group);
	while (ledger->groups != NULL) {
		group = take_group(ledger);
		group_free(&group);
	}
	if (ledger->lock >= 0)
		file->close(ledger->lock);
	if (ledger->folder >= 0)
		file->close(ledger->folder);
	buf_fini(&ledger->scratch);
	free(ledger->path);
	free(ledger);
}

static void on_closed(struct ledger *ledger)
{
	void (*closed)(void *arg) = ledger->closed;
	void *arg = ledger->closed_arg;

	ledger_free(ledger);
	if (closed != NULL)
		closed(arg);
}

static void on_done(void *arg)
{
	struct ledger *ledger = arg;

	ledger->running = false;
	switch (ledger->job.task) {
	case TASK_COMMIT:
		if (!ledger->abandoned)
			on_committed(ledger);
		break;
	case TASK_CHECKPOINT:
		ledger->stats.wal_bytes = ledger->job.wal_bytes;
		ledger->stats.db_bytes = ledger->job.db_bytes;
		break;
	case TASK_RESERVE:
		ledger->low = !ledger->reserve.held;
		if (ledger->low)
			timer_arm(&ledger->restock, HEALTH_RESTOCK_MS);
		health_tell(ledger);
		break;
	case TASK_CLOSE:
		on_closed(ledger);
		return;
	}
	next(ledger);
}

static void run(struct ledger *ledger, enum ledger_task task)
{
	ledger->running = true;
	ledger->job.task = task;
	loop_work(ledger->loop, commit_work, on_done, ledger);
}

static void run_close(struct ledger *ledger)
{
	timer_disarm(&ledger->retry);
	timer_disarm(&ledger->idle);
	timer_disarm(&ledger->restock);
	loop_defer_cancel(ledger->loop, &ledger->start);
	sqlite3_close(ledger->reader);
	ledger->reader = NULL;
	run(ledger, TASK_CLOSE);
}

/* What the disk should do now. Called whenever that may have changed. */
static void next(struct ledger *ledger)
{
	if (ledger->running)
		return;
	if (ledger->abandoned) {
		run_close(ledger);
	} else if (ledger->job.group != NULL) {
		if (!timer_armed(&ledger->retry))
			run(ledger, TASK_COMMIT);
	} else if (ledger->groups != NULL) {
		ledger->job.group = take_group(ledger);
		run(ledger, TASK_COMMIT);
	} else if (ledger->closing) {
		run_close(ledger);
	} else if (ledger->writer.wal_pages >= COMMIT_IDLE_PAGES) {
		timer_arm(&ledger->idle, IDLE_MS);
	}
}

static void on_retry(void *arg)
{
	next(arg);
}

static void on_idle(void *arg)
{
	struct ledger *ledger = arg;

	if (!ledger->running && ledger->groups == NULL && ledger->job.group == NULL)
		run(ledger, TASK_CHECKPOINT);
}

static void on_restock(void *arg)
{
	struct ledger *ledger = arg;

	if (ledger->running || ledger->groups != NULL || ledger->job.group != NULL)
		timer_arm(&ledger->restock, HEALTH_RESTOCK_MS / 10);
	else
		run(ledger, TASK_RESERVE);
}

void ledger_set_step_hook(struct ledger *ledger, void (*hook)(const char *step, void *arg), void *arg)
{
	ledger->hook = hook;
	ledger->hook_arg = arg;
}

void ledger_close(struct ledger *ledger, void (*closed)(void *arg), void *arg)
{
	REQUIRE(!ledger->closing && !ledger->abandoned);
	ledger->closing = true;
	ledger->closed = closed;
	ledger->closed_arg = arg;
	ledger->failures = 0;
	if (timer_armed(&ledger->retry))
		timer_arm(&ledger->retry, 1);
	loop_defer(ledger->loop, &ledger->start, on_start, ledger);
}

void ledger_abandon(struct ledger *ledger, void (*closed)(void *arg), void *arg)
{
	REQUIRE(!ledger->abandoned);
	ledger->closing = ledger->abandoned = true;
	ledger->closed = closed;
	ledger->closed_arg = arg;
	loop_defer(ledger->loop, &ledger->start, on_start, ledger);
}

/* Opening. */

static enum result hold_folder(struct ledger *ledger, const char *dir, struct problems *problems)
{
	struct place at = {.file = dir};

	if (file_make_folders(dir, 0750) == 0)
		ledger->folder = file->open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (ledger->folder >= 0)
		ledger->lock = file->open(ledger->folder, "ledger.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			0640);
	if (ledger->lock < 0) {
		int error = errno;
		enum result result = result_of_errno(error);

		problem_remedy(problem_cause(problem_add(problems, PROBLEM_ERROR, &at, NULL,
						     N_("the ledger's folder cannot be used")),
				       error),
			N_("give the folder to user and group crier and look at the disk's room"));
		return result;
	}
	if (flock(ledger->lock, LOCK_EX | LOCK_NB) == 0)
		return RESULT_OK;
	problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL, N_("another crier is running on this ledger")),
		N_("stop it first, or give each its own paths.state"));
	return RESULT_BUSY;
}

/* A new ledger would begin its numbers anew, and what is on its way would be settled as something else. */
static bool is_lost(const struct ledger *ledger, struct problems *problems)
{
	struct place at = {.file = ledger->path};
	struct stat st;

	if (file->fstatat(ledger->folder, "ledger.db", &st, 0) == 0 || errno != ENOENT ||
		file->fstatat(ledger->folder, RESERVE_NAME, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL,
			       N_("the ledger is missing, but the reserve that was made for it is there")),
		N_("bring ledger.db back from a backup; or, to begin anew and forget every alert, delete ledger.reserve"));
	return true;
}

static enum result open_store(struct ledger *ledger, struct problems *problems)
{
	struct stat st;
	sqlite3 *writer;
	enum result result = is_lost(ledger, problems) ? RESULT_CORRUPT
						       : store_open_writer(ledger->path, &writer, problems);

	if (result != RESULT_OK)
		return result;
	if (!writer_init(&ledger->writer, writer)) {
		store_problem(writer, ledger->path, problems);
		result = RESULT_CORRUPT;
	} else {
		result = store_open_reader(ledger->path, &ledger->reader, problems);
	}
	if (result == RESULT_OK && file->fstatat(ledger->folder, "ledger.db", &st, 0) != 0)
		result = result_of_errno(errno);
	if (result != RESULT_OK) {
		sqlite3_close(ledger->reader);
		writer_fini(&ledger->writer, true);
		return result;
	}
	ledger->device = st.st_dev;
	ledger->inode = st.st_ino;
	return RESULT_OK;
}

static void open_reserve(struct ledger *ledger, struct problems *problems)
{
	struct place at = {.file = ledger->path};

	ledger->reserve.folder = ledger->folder;
	if (reserve_make(&ledger->reserve) == RESULT_OK)
		return;
	ledger->low = true;
	problem_remedy(problem_add(problems, PROBLEM_WARNING, &at, NULL,
			       N_("the disk is nearly full: there is no room for the ledger's reserve of %u MiB"),
			       RESERVE_BYTES >> 20),
		N_("make room on the disk; until then nothing new is taken"));
}

enum result ledger_open(struct loop *loop, const char *dir, struct ledger **out, struct problems *problems)
{
	struct ledger *ledger = mem_zalloc(sizeof(*ledger));

	ledger->loop = loop;
	ledger->folder = ledger->lock = -1;
	ledger->path = mem_printf("%s/ledger.db", dir);
	buf_init(&ledger->scratch, SCRATCH_MOST);
	enum result result = hold_folder(ledger, dir, problems);

	if (result == RESULT_OK)
		result = open_store(ledger, problems);
	if (result != RESULT_OK) {
		ledger_free(ledger);
		return result;
	}
	open_reserve(ledger, problems);
	timer_init(&ledger->retry, loop, on_retry, ledger);
	timer_init(&ledger->idle, loop, on_idle, ledger);
	timer_init(&ledger->restock, loop, on_restock, ledger);
	ledger->next_number = (uint32_t)store_number(ledger->reader, "SELECT max(number) FROM alert", 0) + 1;
	health_tell(ledger);
	*out = ledger;
	return RESULT_OK;
}
