#ifndef TESTING_DISK_H
#define TESTING_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A disk between what is tested and the real one: another file table (loop/file.h) and an SQLite VFS in front of the
 * system's. Every call on something below the disk's folders is shown to `judge` first, which may refuse it or hold it
 * up, and to `witness` when it has happened. Both are called in the thread that calls, several at a time. Nothing is
 * really synced: what a sync makes durable is for the witness to know.
 */
enum disk_act {
	DISK_OPEN, /* of what is there */
	DISK_CREATE,
	DISK_READ,
	DISK_WRITE,
	DISK_TRUNCATE,
	DISK_SYNC, /* of a file, or of a folder */
	DISK_RENAME,
	DISK_UNLINK,
	DISK_MKDIR,
	DISK_ACTS,
};

struct disk_call {
	enum disk_act act;
	const char *path; /* absolute; good during the call */
	const char *to; /* DISK_RENAME: the new name */
	bool folder; /* DISK_SYNC, DISK_MKDIR: of a folder */
	bool sqlite; /* through the VFS, not through the table */
	uint64_t at, size; /* DISK_READ, DISK_WRITE: which bytes; DISK_TRUNCATE: `size` is the new one */
	bool last; /* DISK_UNLINK: no other name of it is left */
};

struct disk_events {
	int (*judge)(void *arg, const struct disk_call *call); /* 0, or the errno with which it fails; may be NULL */
	int (*witness)(void *arg, const struct disk_call *call); /* the same, too late to prevent it; may be NULL */
	void *arg;
};

/*
 * From now on, until disk_remove(): what is opened later goes through it. `folders`: absolute paths, at most 8, ended by
 * NULL. One at a time in a process.
 */
void disk_install(const char *const *folders, const struct disk_events *events);
void disk_remove(void);

/* Whether a path is in one of the folders, or one of them. */
bool disk_has(const char *path);

const char *disk_act_name(enum disk_act act);

#endif
