#include "loop/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/mem.h"

#define READ_SIZE (64u << 10)

struct watch {
	struct watch_events events;
	void *arg;
	char *path;
	dev_t dev;
	ino_t ino;
	int fd;
	bool closing;
	bool gone; /* the folder was removed, though another may bear its name and even its inode */
	uv_poll_t poll;
	void (*closed)(void *arg);
	void *closed_arg;
};

static void on_event(struct watch *watch, const struct inotify_event *event)
{
	if ((event->mask & (IN_IGNORED | IN_UNMOUNT | IN_DELETE_SELF)) != 0)
		watch->gone = true;
	if ((event->mask & (IN_Q_OVERFLOW | IN_IGNORED | IN_UNMOUNT | IN_DELETE_SELF | IN_MOVE_SELF)) != 0)
		watch->events.lost(watch->arg);
	else if ((event->mask & IN_ISDIR) != 0 || event->len == 0)
		watch->events.lost(watch->arg); /* a folder was dropped in: a scan says what to do about it */
	else if ((event->mask & IN_MOVED_TO) != 0)
		watch->events.moved_in(watch->arg, event->name);
	else if ((event->mask & (IN_CLOSE_WRITE | IN_CREATE)) != 0)
		watch->events.written(watch->arg, event->name);
}

/* One read of many events a turn; what is left wakes us again. */
static void on_poll(uv_poll_t *poll, int status, int unused)
{
	struct watch *watch = poll->data;
	char bytes[READ_SIZE] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t got = read(watch->fd, bytes, sizeof(bytes));

	for (ssize_t at = 0; at < got && !watch->closing;) {
		const struct inotify_event *event = (const struct inotify_event *)(const void *)(bytes + at);
		at += (ssize_t)(sizeof(*event) + event->len);
		on_event(watch, event);
	}
}

static void watch_free(struct watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch->path);
	free(watch);
}

/* The watch first, then the identity: a folder exchanged in between shows as a difference at the next look. */
static bool begin(struct watch *watch, struct loop *loop)
{
	struct stat st;

	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0)
		return false;
	if (stat(watch->path, &st) != 0)
		return false;
	/* IN_CREATE, because a link made in the folder is never written to. */
	if (inotify_add_watch(watch->fd, watch->path,
		    IN_MOVED_TO | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) < 0)
		return false;
	watch->dev = st.st_dev;
	watch->ino = st.st_ino;
	int status = uv_poll_init(loop_uv(loop), &watch->poll, watch->fd);
	if (status != 0) {
		errno = -status;
		return false;
	}
	watch->poll.data = watch;
	uv_poll_start(&watch->poll, UV_READABLE, on_poll);
	return true;
}

struct watch *watch_open(struct loop *loop, const char *path, const struct watch_events *events, void *arg)
{
	struct watch *watch = mem_zalloc(sizeof(*watch));

	watch->events = *events;
	watch->arg = arg;
	watch->path = mem_strdup(path);
	watch->fd = -1;
	if (begin(watch, loop))
		return watch;
	int error = errno;
	watch_free(watch);
	errno = error;
	return NULL;
}

bool watch_stands(const struct watch *watch)
{
	struct stat st;

	return !watch->gone && stat(watch->path, &st) == 0 && st.st_dev == watch->dev && st.st_ino == watch->ino;
}

static void on_closed(uv_handle_t *handle)
{
	struct watch *watch = handle->data;
	void (*closed)(void *arg) = watch->closed;
	void *arg = watch->closed_arg;

	watch_free(watch);
	if (closed != NULL)
		closed(arg);
}

void watch_close(struct watch *watch, void (*closed)(void *arg), void *arg)
{
	if (watch->closing)
		return;
	watch->closing = true;
	watch->closed = closed;
	watch->closed_arg = arg;
	uv_poll_stop(&watch->poll);
	uv_close((uv_handle_t *)&watch->poll, on_closed);
}
