#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "loop/file.h"
#include "spool/state.h"

/* What one job waits for. The thread owns it while the run goes on; the job itself stays the loop's. */
struct item {
	struct job *job;
	char *path; /* the claimed file, or the reason as it was written */
	char *to; /* the reason's name; NULL: a claimed file */
	int reason; /* its descriptor */
	int error;
};

struct run {
	struct spool *spool;
	int root_fd;
	unsigned int folders;
	struct item *items;
	size_t count;
	int error; /* of the folders */
};

/*
 * Somebody who copied a file in place did not sync it. Were its bytes lost after its acceptance is in the ledger, the
 * next start would find another document under its name. What is no file, or may not be read, is refused anyway.
 *
 * The claim itself lasts with the folder that the file has left: a file system that moves files as one takes the new name
 * along, and one that does not never drops the only name of a file. `crier submit` has synced the bytes, so that there is
 * nothing to do for them but to look.
 */
static int sync_claimed(int root_fd, const char *path)
{
	struct stat st;

	if (file->fstatat(root_fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
		return 0;
	int fd = file->open(root_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return 0;
	int error = file->fdatasync(fd) == 0 ? 0 : errno;
	file->close(fd);
	return error;
}

/* Its bytes, then its name: a reason is whole or not there. */
static int publish_reason(int root_fd, struct item *item)
{
	int error = file->fsync(item->reason) == 0 ? 0 : errno;

	if (file->close(item->reason) != 0 && error == 0)
		error = errno;
	if (error == 0 && file->rename(root_fd, item->path, root_fd, item->to) != 0)
		error = errno;
	if (error != 0)
		file->unlink(root_fd, item->path);
	return error;
}

static int sync_folder(int root_fd, const char *name)
{
	int fd = file->open(root_fd, name, O_RDONLY | O_DIRECTORY, 0);

	/* Removed by somebody: there is nothing to sync, and the next scan makes it again. */
	if (fd < 0)
		return errno == ENOENT ? 0 : errno;
	int error = file_sync_folder(fd) == 0 ? 0 : errno;
	file->close(fd);
	return error;
}

static void on_run(void *arg)
{
	struct run *run = arg;

	for (size_t i = 0; i < run->count; i++) {
		struct item *item = &run->items[i];
		item->error = item->to != NULL ? publish_reason(run->root_fd, item)
					       : sync_claimed(run->root_fd, item->path);
	}
	for (unsigned int i = 0; i < FOLDERS; i++) {
		int error = (run->folders & 1u << i) != 0 ? sync_folder(run->root_fd, folder_name((enum folder)i)) : 0;
		if (error != 0)
			run->error = error;
	}
}

static void settle(struct spool *spool, struct item *item, int error)
{
	struct job *job = item->job;

	if (item->to != NULL) {
		/* A reason that cannot be written is logged: the file itself still goes where it belongs. */
		if (error != 0)
			log_event(LOG_ERR, "spool", "file=%s error=%s", log_quote(item->to),
				log_quote(strerror(error)));
		job_finish(job);
	} else if (error != 0) {
		log_event(LOG_ERR, "spool", "file=%s call=fsync error=%s", log_quote(item->path),
			log_quote(strerror(error)));
		spool_delayed(spool, job->file.name, error);
		--*(job->put_off ? &spool->later_count : &spool->claimed);
		spool_put_off(spool, job);
		spool_pump(spool);
	} else {
		list_push_back(job->put_off ? &spool->once_more : &spool->again, &job->link);
		spool_pump(spool);
	}
	free(item->path);
	free(item->to);
}

static void on_over(void *arg)
{
	struct run *run = arg;
	struct spool *spool = run->spool;

	file->close(run->root_fd);
	if (run->error != 0)
		log_event(LOG_ERR, "spool", "call=fsync error=%s", log_quote(strerror(run->error)));
	for (size_t i = 0; i < run->count; i++) {
		struct item *item = &run->items[i];
		settle(spool, item, item->error != 0 ? item->error : run->error);
	}
	free(run->items);
	free(run);
	spool->sync.running = false;
	if (spool->sync.folders != 0)
		sync_soon(spool, 0);
	else if (spool->closing)
		spool_maybe_gone(spool);
}

static struct item item_of(struct job *job)
{
	struct item item = {.job = job, .reason = job->reason_fd};

	if (job->reason_fd >= 0) {
		item.path = job_reason_path(job, true);
		item.to = job_reason_path(job, false);
		job->reason_fd = -1;
	} else {
		item.path = mem_printf("work/%s", job->work_name);
	}
	return item;
}

static void on_start(void *arg)
{
	struct spool *spool = arg;
	struct sync *sync = &spool->sync;
	struct link *link;

	if (sync->running)
		return;
	struct run *run = mem_zalloc(sizeof(*run));
	run->spool = spool;
	run->root_fd = fcntl(spool->root_fd, F_DUPFD_CLOEXEC, 0);
	run->folders = sync->folders;
	while ((link = list_first(&sync->jobs)) != NULL) {
		list_remove(link);
		run->items = mem_resize(run->items, run->count + 1, sizeof(*run->items));
		run->items[run->count++] = item_of(list_object(link, struct job, link));
	}
	sync->folders = 0;
	sync->running = true;
	loop_work(spool->loop, on_run, on_over, run);
}

/* Put off to the next turn, so that what is claimed or finished in one turn goes in one run. */
void sync_soon(struct spool *spool, unsigned int folders)
{
	spool->sync.folders |= folders;
	if (!spool->sync.running)
		loop_defer(spool->loop, &spool->sync.start, on_start, spool);
}

void sync_job(struct spool *spool, struct job *job, unsigned int folders)
{
	list_push_back(&spool->sync.jobs, &job->link);
	sync_soon(spool, folders);
}

bool sync_busy(const struct spool *spool)
{
	return spool->sync.running || spool->sync.start.pending;
}
