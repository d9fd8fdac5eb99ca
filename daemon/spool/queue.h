#ifndef SPOOL_QUEUE_H
#define SPOOL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/*
 * Names waiting in new/, oldest first, then by name. It holds at most QUEUE_MOST; past that it keeps the oldest and
 * remembers that it was cut, so that a folder of any size costs a bounded amount of memory and one more scan.
 */
#define QUEUE_MOST 4096u

/* What a file was when it was looked at. */
struct look {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

struct queued {
	char *name;
	struct look look;
	bool complete; /* was moved in whole, however young it is */
};

struct queue {
	struct queued *list;
	size_t first; /* the front */
	size_t count; /* from `first` on */
	bool cut;
};

void look_set(struct look *look, const struct stat *st);
bool look_same(const struct look *a, const struct look *b);

void queue_clear(struct queue *queue);

/* Before a new scan: leaves only what is known to be complete, which a scan could not tell. */
void queue_keep_complete(struct queue *queue);
void queue_fini(struct queue *queue);

/* Adds a copy; when it is full, the youngest is left out. A name that is there already with the same look is not added. */
void queue_add(struct queue *queue, const char *name, const struct look *look, bool complete);
bool queue_has(const struct queue *queue, const char *name, const struct look *look);

/* Takes the oldest; false when empty. The caller frees the name. */
bool queue_take(struct queue *queue, struct queued *queued);

#endif
