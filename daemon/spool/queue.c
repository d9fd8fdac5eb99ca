#include "spool/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void look_set(struct look *look, const struct stat *st)
{
	*look = (struct look){.dev = st->st_dev, .ino = st->st_ino, .size = st->st_size, .mtime = st->st_mtim};
}

bool look_same(const struct look *a, const struct look *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->mtime.tv_sec == b->mtime.tv_sec &&
		a->mtime.tv_nsec == b->mtime.tv_nsec;
}

static int compare(const struct queued *a, const char *name, const struct look *look)
{
	if (a->look.mtime.tv_sec != look->mtime.tv_sec)
		return a->look.mtime.tv_sec < look->mtime.tv_sec ? -1 : 1;
	if (a->look.mtime.tv_nsec != look->mtime.tv_nsec)
		return a->look.mtime.tv_nsec < look->mtime.tv_nsec ? -1 : 1;
	return strcmp(a->name, name);
}

void queue_clear(struct queue *queue)
{
	for (size_t i = 0; i < queue->count; i++)
		free(queue->list[queue->first + i].name);
	queue->first = queue->count = 0;
	queue->cut = false;
}

void queue_fini(struct queue *queue)
{
	queue_clear(queue);
	free(queue->list);
	queue->list = NULL;
}

/* The first place whose element is not before (name, look). */
static size_t place_of(const struct queue *queue, const char *name, const struct look *look)
{
	size_t low = queue->first, high = queue->first + queue->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(&queue->list[middle], name, look) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void make_room(struct queue *queue)
{
	if (queue->list == NULL)
		queue->list = mem_calloc(QUEUE_MOST, sizeof(*queue->list));
	if (queue->first > 0 && queue->first + queue->count == QUEUE_MOST) {
		memmove(queue->list, queue->list + queue->first, queue->count * sizeof(*queue->list));
		queue->first = 0;
	}
}

void queue_keep_complete(struct queue *queue)
{
	size_t kept = 0;

	for (size_t i = queue->first; i < queue->first + queue->count; i++) {
		if (queue->list[i].complete)
			queue->list[kept++] = queue->list[i];
		else
			free(queue->list[i].name);
	}
	queue->first = 0;
	queue->count = kept;
	queue->cut = false;
}

bool queue_has(const struct queue *queue, const char *name, const struct look *look)
{
	size_t at = place_of(queue, name, look);

	return at < queue->first + queue->count && compare(&queue->list[at], name, look) == 0;
}

void queue_add(struct queue *queue, const char *name, const struct look *look, bool complete)
{
	make_room(queue);
	size_t at = place_of(queue, name, look);
	size_t end = queue->first + queue->count;
	if (at < end && compare(&queue->list[at], name, look) == 0)
		return;
	if (queue->count == QUEUE_MOST) {
		queue->cut = true;
		if (at == end)
			return;
		free(queue->list[--end].name);
		queue->count--;
	}
	memmove(queue->list + at + 1, queue->list + at, (end - at) * sizeof(*queue->list));
	queue->list[at].name = mem_strdup(name);
	queue->list[at].look = *look;
	queue->list[at].complete = complete;
	queue->count++;
}

bool queue_take(struct queue *queue, struct queued *queued)
{
	if (queue->count == 0)
		return false;
	*queued = queue->list[queue->first++];
	if (--queue->count == 0)
		queue->first = 0;
	return true;
}
