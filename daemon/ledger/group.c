#include "ledger/group.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define GROUP_RECORDS 16384
#define GROUP_BYTES   ((size_t)8 << 20)
#define CHUNK_SIZE    ((size_t)64 << 10)

struct group_chunk {
	struct group_chunk *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

const char *record_name(enum record_kind kind)
{
	static const char *const names[RECORD_COUNT] = {"accept", "mark", "intent", "outcome", "release", "resolve",
		"receipt", "end", "close", "channel", "switch", "event", "prune"};

	return names[kind];
}

struct group *group_new(void)
{
	struct group *group = mem_zalloc(sizeof(*group));

	group->last = &group->first;
	return group;
}

void group_free(struct group **group)
{
	struct group_chunk *chunk;

	if (*group == NULL)
		return;
	for (struct record *record = (*group)->first; record != NULL; record = record->next) {
		if (record->kind == RECORD_RECEIPT)
			pack_receipts_fini(&record->as.receipts->block);
	}
	while ((chunk = (*group)->chunks) != NULL) {
		(*group)->chunks = chunk->next;
		free(chunk);
	}
	free((*group)->waiters);
	free((*group)->tats);
	free(*group);
	*group = NULL;
}

void *group_alloc(struct group *group, size_t size)
{
	struct group_chunk *chunk = group->chunks;

	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (chunk == NULL || chunk->size - chunk->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		chunk = mem_resize(NULL, 1, sizeof(*chunk) + room);
		*chunk = (struct group_chunk){.next = group->chunks, .size = room};
		group->chunks = chunk;
	}
	void *bytes = chunk->bytes + chunk->used;

	chunk->used += size;
	group->bytes += size;
	return memset(bytes, 0, size);
}

void *group_copy(struct group *group, const void *bytes, size_t size)
{
	if (bytes == NULL)
		return NULL;
	void *copy = group_alloc(group, size);

	if (size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

char *group_text(struct group *group, const char *text)
{
	return text == NULL ? NULL : group_copy(group, text, strlen(text) + 1);
}

struct record *group_add(struct group *group, enum record_kind kind)
{
	struct record *record = group_alloc(group, sizeof(*record));

	record->kind = kind;
	*group->last = record;
	group->last = &record->next;
	group->records++;
	group->kinds |= 1u << kind;
	return record;
}

void group_wait(struct group *group, ledger_durable *durable, void *arg)
{
	if (durable == NULL)
		return;
	if (group->waiter_count == group->waiter_room) {
		group->waiter_room = group->waiter_room == 0 ? 64 : group->waiter_room * 2;
		group->waiters = mem_resize(group->waiters, group->waiter_room, sizeof(*group->waiters));
	}
	group->waiters[group->waiter_count++] = (struct group_waiter){durable, arg};
}

void group_note_tat(struct group *group, struct batch_name name, int64_t tat_ms)
{
	uint32_t *seen = &group->tat_seen[(name.alert * 2654435761u ^ name.lane) % 256];
	struct group_tat *tat = *seen == 0 ? NULL : &group->tats[*seen - 1];

	if (tat == NULL || tat->alert != name.alert || tat->lane != name.lane) {
		if (group->tat_count == group->tat_room) {
			group->tat_room = group->tat_room == 0 ? 16 : group->tat_room * 2;
			group->tats = mem_resize(group->tats, group->tat_room, sizeof(*group->tats));
		}
		tat = &group->tats[group->tat_count++];
		*seen = (uint32_t)group->tat_count;
	}
	*tat = (struct group_tat){name.alert, name.lane, tat_ms, group->tat_order++};
}

static int by_order(const void *a, const void *b)
{
	const struct group_tat *left = a, *right = b;

	return left->order < right->order ? -1 : left->order > right->order;
}

void group_sort_tats(struct group *group)
{
	if (group->tat_count > 1)
		qsort(group->tats, group->tat_count, sizeof(*group->tats), by_order);
}

bool group_full(const struct group *group)
{
	return group->records >= GROUP_RECORDS || group->bytes >= GROUP_BYTES;
}
