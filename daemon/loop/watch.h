#ifndef LOOP_WATCH_H
#define LOOP_WATCH_H

#include <stdbool.h>

#include "loop/loop.h"

/*
 * One folder's events, by inotify. A name that was moved in is complete; a name that was made or was closed after
 * writing may not be. `lost` says that events were or may have been missed (the kernel's queue ran over; the folder was deleted, renamed
 * or unmounted; a folder came in): scan it. Events are hints that make things fast; scanning is what makes them right.
 */
struct watch;

struct watch_events {
	void (*moved_in)(void *arg, const char *name);
	void (*written)(void *arg, const char *name);
	void (*lost)(void *arg);
};

/* Begins to watch the folder. NULL with errno when there is no such folder or the system refuses. */
struct watch *watch_open(struct loop *loop, const char *path, const struct watch_events *events, void *arg);

/*
 * True while the path still names the folder being watched: device and inode are the same, and no event said that it was
 * removed (a file system gives a new folder the inode of one just removed). When it does not, close this
 * and open another: inotify stays silent about a folder that was put in another's place.
 */
bool watch_stands(const struct watch *watch);

/* No callback comes after this call, but `closed` (may be NULL), later. */
void watch_close(struct watch *watch, void (*closed)(void *arg), void *arg);

#endif
