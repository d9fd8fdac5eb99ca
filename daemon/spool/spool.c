#include "spool/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "loop/file.h"
#include "spool/state.h"

#define AT_ONCE       64u
#define STILL_MS      3000u
#define SCAN_MS       30000u
#define HANDED_A_TURN 64
#define LATER_TIMES   16u /* as many files as are judged at once, this many times, may wait in work/ for another look */

static void on_moved_in(void *arg, const char *name)
{
	struct spool *spool = arg;

	scan_look(spool, name, true);
	if (spool->scanning == NULL)
		spool_pump(spool);
}

static void on_written(void *arg, const char *name)
{
	scan_look(arg, name, false);
}

static void on_lost(void *arg)
{
	struct spool *spool = arg;

	if (!spool->closing)
		scan_begin(spool);
}

static void on_watch_closed(void *arg)
{
	struct spool *spool = arg;

	spool->watches--;
	if (spool->closing)
		spool_maybe_gone(spool);
}

/* Sees to it that we watch the folder that now bears the name. Returns false when that cannot be. */
bool spool_watch_renew(struct spool *spool)
{
	static const struct watch_events events = {on_moved_in, on_written, on_lost};

	/* First of all: a folder that is made anew may have the number of the one we watched. */
	bool stands = spool->watch != NULL && watch_stands(spool->watch);

	if (!folders_stand(spool))
		folders_renew(spool);
	if (stands)
		return true;
	if (spool->watch != NULL)
		watch_close(spool->watch, on_watch_closed, spool);
	folders_renew(spool);
	spool->watch = watch_open(spool->loop, spool->new_path, &events, spool);
	if (spool->watch == NULL) {
		log_event(LOG_ERR, "spool", "call=watch folder=%s error=%s", log_quote(spool->new_path),
			log_quote(strerror(errno)));
		return false;
	}
	spool->watches++;
	return true;
}

/* Hands one over. The callback may settle it at once, pause or close us. */
static void hand_over(struct spool *spool, struct job *job)
{
	list_push_back(&spool->desk, &job->link);
	spool->judging++;
	spool->events.taken(spool->arg, &job->file);
}

static bool hand_over_first(struct spool *spool, struct list *list, unsigned int *count)
{
	struct link *link = list_first(list);

	if (link == NULL)
		return false;
	struct job *job = list_object(link, struct job, link);
	list_remove(link);
	--*count;
	if (claim_read(job))
		hand_over(spool, job);
	return true;
}

static bool claim_next(struct spool *spool)
{
	struct queued queued;

	if (spool->judging + spool->claimed >= spool->at_once || !queue_take(&spool->queue, &queued))
		return false;
	if (scan_unchanged(spool, &queued))
		claim_new(spool, queued.name);
	else
		scan_look(spool, queued.name, false);
	free(queued.name);
	return true;
}

/*
 * What has been in work/ goes first, then the oldest of new/, and only when nobody is new those that were put off: what is
 * urgent must not stand behind what has to wait anyway. Returns false when nothing waits.
 */
static bool hand_over_next(struct spool *spool)
{
	bool claims = spool->later_count < LATER_TIMES * spool->at_once;

	if (hand_over_first(spool, &spool->again, &spool->claimed))
		return true;
	if (spool->scanning != NULL)
		return false;
	if (claims && (spool->queue.count > 0 || spool->queue.cut))
		return claim_next(spool);
	return spool->claimed == 0 && hand_over_first(spool, &spool->once_more, &spool->later_count);
}

static bool has_room(const struct spool *spool)
{
	return !spool->closing && !spool->paused && spool->judging < spool->at_once;
}

void spool_delayed(struct spool *spool, const char *name, int error)
{
	if (spool->events.delayed != NULL && !spool->closing)
		spool->events.delayed(spool->arg, name, error);
}

/* Comes back with the next scan. */
void spool_put_off(struct spool *spool, struct job *job)
{
	job->put_off = true;
	list_push_back(&spool->later, &job->link);
	spool->later_count++;
}

static void on_pump(void *arg)
{
	struct spool *spool = arg;

	for (int i = 0; i < HANDED_A_TURN; i++) {
		if (!has_room(spool))
			return;
		if (hand_over_next(spool))
			continue;
		/* The queue held only the oldest of very many: look again for the next ones. */
		if (spool->queue.cut && spool->queue.count == 0 && spool->scanning == NULL)
			scan_begin(spool);
		return;
	}
	loop_defer(spool->loop, &spool->pump, on_pump, spool);
}

void spool_pump(struct spool *spool)
{
	if (spool->closing)
		return;
	loop_defer(spool->loop, &spool->pump, on_pump, spool);
}

void spool_on_scanned(struct spool *spool)
{
	/* What there was no room to watch stands still by then. */
	bool soon = spool->still_cut && spool->still_ms < spool->scan_ms;
	timer_arm(&spool->scan_timer, soon ? spool->still_ms : spool->scan_ms);
	spool->still_cut = false;
	spool_pump(spool);
	if (spool->scanned)
		return;
	spool->scanned = true;
	if (spool->events.scanned != NULL)
		spool->events.scanned(spool->arg);
}

static void on_scan_timer(void *arg)
{
	spool_scan(arg);
}

void spool_scan(struct spool *spool)
{
	struct list unfinished;
	struct link *link;

	if (spool->closing)
		return;
	/* Each once: what fails again goes back to the spool's list. */
	list_init(&unfinished);
	while ((link = list_first(&spool->unfinished)) != NULL) {
		list_remove(link);
		list_push_back(&unfinished, link);
	}
	while ((link = list_first(&unfinished)) != NULL) {
		list_remove(link);
		job_retry(list_object(link, struct job, link));
	}
	while ((link = list_first(&spool->later)) != NULL) {
		list_remove(link);
		sync_job(spool, list_object(link, struct job, link), 1u << FOLDER_NEW);
	}
	scan_begin(spool);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_leftover(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* What an earlier run had on its desk or had put off. */
static void gather_leftovers(struct spool *spool)
{
	struct dirent **entries = NULL;
	int count = scandirat(spool->root_fd, "work", &entries, is_leftover, by_name);

	for (int i = 0; i < count; i++) {
		struct job *job = job_new(spool, entries[i]->d_name, NULL);
		job->file.leftover = true;
		spool->claimed++;
		sync_job(spool, job, 1u << FOLDER_NEW);
		free(entries[i]);
	}
	free(entries);
}

static struct spool *spool_new(struct loop *loop, const struct spool_settings *settings,
	const struct spool_events *events, void *arg)
{
	struct spool *spool = mem_zalloc(sizeof(*spool));

	spool->loop = loop;
	spool->events = *events;
	spool->arg = arg;
	spool->root = mem_strdup(settings->root);
	spool->new_path = mem_printf("%s/new", settings->root);
	spool->root_fd = -1;
	spool->group = spool->owners.group = settings->group;
	spool->at_once = settings->at_once > 0 ? settings->at_once : AT_ONCE;
	spool->still_ms = settings->still_ms > 0 ? settings->still_ms : STILL_MS;
	spool->scan_ms = settings->scan_ms > 0 ? settings->scan_ms : SCAN_MS;
	timer_init(&spool->scan_timer, loop, on_scan_timer, spool);
	for (unsigned int i = 0; i < STILL_BUCKETS; i++)
		list_init(&spool->stills[i]);
	list_init(&spool->desk);
	list_init(&spool->again);
	list_init(&spool->sync.jobs);
	list_init(&spool->later);
	list_init(&spool->once_more);
	list_init(&spool->unfinished);
	return spool;
}

static void spool_free(struct spool *spool)
{
	if (spool->root_fd >= 0)
		file->close(spool->root_fd);
	queue_fini(&spool->queue);
	free(spool->root);
	free(spool->new_path);
	free(spool);
}

enum result spool_open(struct loop *loop, const struct spool_settings *settings, const struct spool_events *events,
	void *arg, struct spool **out, struct problems *problems)
{
	struct spool *spool = spool_new(loop, settings, events, arg);
	enum result result = folders_open(spool, problems);

	if (result == RESULT_OK && !spool_watch_renew(spool)) {
		int error = errno;
		struct problem *problem = problem_add(problems, PROBLEM_ERROR, NULL, "paths.spool",
			N_("cannot watch the folder %s"), spool->new_path);
		problem_remedy(problem_cause(problem, error),
			N_("raise fs.inotify.max_user_watches and fs.inotify.max_user_instances"));
		result = RESULT_IO;
	}
	if (result != RESULT_OK) {
		spool_free(spool);
		return result;
	}
	gather_leftovers(spool);
	timer_arm(&spool->scan_timer, 1);
	spool_pump(spool);
	*out = spool;
	return RESULT_OK;
}

static void free_jobs(struct list *list)
{
	struct link *link;

	while ((link = list_first(list)) != NULL) {
		list_remove(link);
		job_free(list_object(link, struct job, link));
	}
}

static void on_gone(void *arg)
{
	struct spool *spool = arg;
	void (*closed)(void *arg) = spool->closed;
	void *closed_arg = spool->closed_arg;

	if (spool->watches > 0 || sync_busy(spool))
		return; /* begun since; its end leads here again */
	free_jobs(&spool->desk);
	free_jobs(&spool->again);
	free_jobs(&spool->later);
	free_jobs(&spool->once_more);
	free_jobs(&spool->unfinished);
	spool_free(spool);
	if (closed != NULL)
		closed(closed_arg);
}

void spool_maybe_gone(struct spool *spool)
{
	if (spool->watches > 0 || sync_busy(spool))
		return;
	loop_defer(spool->loop, &spool->pump, on_gone, spool);
}

void spool_close(struct spool *spool, void (*closed)(void *arg), void *arg)
{
	struct link *link;

	if (spool->closing)
		return;
	spool->closing = true;
	spool->closed = closed;
	spool->closed_arg = arg;
	timer_disarm(&spool->scan_timer);
	loop_defer_cancel(spool->loop, &spool->pump);
	scan_stop(spool);
	for (unsigned int i = 0; i < STILL_BUCKETS; i++)
		while ((link = list_first(&spool->stills[i])) != NULL)
			still_forget(list_object(link, struct still, link));
	if (spool->watch != NULL)
		watch_close(spool->watch, on_watch_closed, spool);
	spool->watch = NULL;
	spool_maybe_gone(spool);
}

static struct job *off_the_desk(struct spool *spool, struct spool_file *taken)
{
	struct job *job = (struct job *)(void *)taken;

	list_remove(&job->link);
	spool->judging--;
	spool_pump(spool);
	return job;
}

void spool_done(struct spool *spool, struct spool_file *taken, const struct problems *notes)
{
	job_judged(off_the_desk(spool, taken), true, notes);
}

void spool_failed(struct spool *spool, struct spool_file *taken, const struct problems *problems)
{
	job_judged(off_the_desk(spool, taken), false, problems);
}

void spool_later(struct spool *spool, struct spool_file *taken)
{
	struct job *job = off_the_desk(spool, taken);

	free(job->bytes);
	job->bytes = NULL;
	job->file.leftover = true;
	spool_put_off(spool, job);
}

void spool_pause(struct spool *spool)
{
	spool->paused = true;
}

void spool_resume(struct spool *spool)
{
	spool->paused = false;
	spool_pump(spool);
}

unsigned int spool_judging(const struct spool *spool)
{
	return spool->judging;
}

unsigned int spool_waiting(const struct spool *spool)
{
	return (unsigned int)spool->queue.count + spool->still_count;
}
