#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/file.h"
#include "spool/name.h"
#include "spool/state.h"

/* Entries looked at in one turn: a folder of any size must not hold up the loop. */
#define ENTRIES_A_TURN 256

static unsigned int bucket_of(const char *name)
{
	unsigned int hash = 5381;

	for (const char *c = name; *c != '\0'; c++)
		hash = hash * 33 + (unsigned char)*c;
	return hash % STILL_BUCKETS;
}

static struct still *still_find(struct spool *spool, const char *name)
{
	struct list *bucket = &spool->stills[bucket_of(name)];

	for (struct link *l = list_first(bucket); l != NULL; l = list_next(bucket, l)) {
		struct still *still = list_object(l, struct still, link);
		if (strcmp(still->name, name) == 0)
			return still;
	}
	return NULL;
}

void still_forget(struct still *still)
{
	timer_disarm(&still->timer);
	list_remove(&still->link);
	still->spool->still_count--;
	free(still->name);
	free(still);
}

static bool stat_new(const struct spool *spool, const char *name, struct stat *st)
{
	char path[600];

	snprintf(path, sizeof(path), "new/%s", name);
	return file->fstatat(spool->root_fd, path, st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void on_still(void *arg);

/* Begins to wait; past the bound the next scan finds the file, by then old enough. */
static struct still *still_add(struct spool *spool, const char *name)
{
	if (spool->still_count == STILL_MOST)
		return NULL;
	struct still *still = mem_zalloc(sizeof(*still));
	still->spool = spool;
	still->name = mem_strdup(name);
	timer_init(&still->timer, spool->loop, on_still, still);
	list_push_back(&spool->stills[bucket_of(name)], &still->link);
	spool->still_count++;
	return still;
}

/* How long the file has stood by its own time; 0 where that time lies ahead of our clock. */
static uint64_t age_ms(const struct stat *st)
{
	int64_t mtime = (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
	int64_t age = clock_wall_ms() - mtime;

	return age > 0 ? (uint64_t)age : 0;
}

/* A file copied in place: taken when it has stood long enough, by its own time or before our eyes. */
static void look_at_copied(struct spool *spool, const char *name, const struct stat *st, bool waited)
{
	struct still *still = still_find(spool, name);
	uint64_t age = age_ms(st);
	struct look look;

	look_set(&look, st);
	if (queue_has(&spool->queue, name, &look))
		return;
	if (age >= spool->still_ms || (waited && still != NULL && look_same(&still->look, &look))) {
		if (still != NULL)
			still_forget(still);
		queue_add(&spool->queue, name, &look, false);
		spool_pump(spool);
		return;
	}
	if (still != NULL && look_same(&still->look, &look))
		return; /* waiting already */
	if (still == NULL)
		still = still_add(spool, name);
	if (still == NULL) {
		spool->still_cut = true;
		return;
	}
	still->look = look;
	timer_arm(&still->timer, spool->still_ms - age);
}

static void on_still(void *arg)
{
	struct still *still = arg;
	struct spool *spool = still->spool;
	char *name = mem_strdup(still->name);
	struct stat st;

	if (stat_new(spool, name, &st))
		look_at_copied(spool, name, &st, true);
	else
		still_forget(still);
	free(name);
}

void scan_look(struct spool *spool, const char *name, bool complete)
{
	struct stat st;
	struct look look;

	if (name_passed_over(name) || !stat_new(spool, name, &st))
		return;
	if (!complete) {
		look_at_copied(spool, name, &st, false);
		return;
	}
	struct still *still = still_find(spool, name);
	if (still != NULL)
		still_forget(still); /* something whole took its place */
	look_set(&look, &st);
	queue_add(&spool->queue, name, &look, true);
}

/* What was queued a while ago may have been written to, or exchanged, since. */
bool scan_unchanged(const struct spool *spool, const struct queued *queued)
{
	struct stat st;
	struct look look;

	if (!stat_new(spool, queued->name, &st))
		return false;
	look_set(&look, &st);
	return look_same(&look, &queued->look);
}

void scan_stop(struct spool *spool)
{
	if (spool->scanning != NULL)
		closedir(spool->scanning);
	spool->scanning = NULL;
	loop_defer_cancel(spool->loop, &spool->step);
}

static void on_step(void *arg)
{
	struct spool *spool = arg;
	struct dirent *entry = NULL;

	for (int i = 0; i < ENTRIES_A_TURN; i++) {
		entry = readdir(spool->scanning);
		if (entry == NULL)
			break;
		scan_look(spool, entry->d_name, false);
	}
	if (entry != NULL) {
		loop_defer(spool->loop, &spool->step, on_step, spool);
		return;
	}
	scan_stop(spool);
	if (spool->scan_again)
		scan_begin(spool);
	else
		spool_on_scanned(spool);
}

/* The watch is renewed before the folder is read, so that what comes in between shows in one or the other. */
void scan_begin(struct spool *spool)
{
	if (spool->scanning != NULL) {
		spool->scan_again = true;
		return;
	}
	spool->scan_again = false;
	owners_forget(&spool->owners);
	spool_watch_renew(spool);
	queue_keep_complete(&spool->queue);
	int fd = file->open(spool->root_fd, "new", O_RDONLY | O_DIRECTORY, 0);
	if (fd >= 0)
		spool->scanning = fdopendir(fd);
	if (spool->scanning == NULL) {
		log_event(LOG_ERR, "spool", "call=scan error=%s", log_quote(strerror(errno)));
		if (fd >= 0)
			file->close(fd);
		spool_on_scanned(spool);
		return;
	}
	on_step(spool);
}
