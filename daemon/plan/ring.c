#include "plan/ring.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/require.h"

enum { ROOM_FIRST = 64 };

void rings_init(struct rings *rings)
{
	*rings = (struct rings){0};
}

void rings_fini(struct rings *rings)
{
	free(rings->first);
	free(rings->table);
	rings_init(rings);
}

uint32_t rings_add(struct rings *rings, unsigned int count)
{
	uint32_t from = (uint32_t)rings->ring_count;

	rings->first = mem_resize(rings->first, rings->ring_count + count, sizeof(struct ring_node *));
	for (unsigned int i = 0; i < count; i++)
		rings->first[rings->ring_count++] = NULL;
	return from;
}

/* Both numbers are ours and small: they need spreading, no secret. */
static struct ring_node **bucket_of(const struct rings *rings, uint32_t ring, uint32_t alert)
{
	uint64_t key = ((uint64_t)ring << 32 | alert) * 0x9e3779b97f4a7c15u;

	return &rings->table[(key >> 32) & (rings->room - 1)];
}

static void table_put(struct rings *rings, struct ring_node *node)
{
	struct ring_node **bucket = bucket_of(rings, node->ring, node->alert);

	node->chain = *bucket;
	*bucket = node;
}

static void table_grow(struct rings *rings)
{
	struct ring_node **old = rings->table;
	size_t room = rings->room;

	rings->room = room > 0 ? room * 2 : ROOM_FIRST;
	rings->table = mem_calloc(rings->room, sizeof(struct ring_node *));
	for (size_t i = 0; i < room; i++) {
		for (struct ring_node *node = old[i], *next; node != NULL; node = next) {
			next = node->chain;
			table_put(rings, node);
		}
	}
	free(old);
}

/* Puts `node` into the table where `old` (or nobody, if NULL) stood for the same alert; NULL takes out. */
static void table_replace(struct rings *rings, struct ring_node *old, struct ring_node *node)
{
	struct ring_node **at = bucket_of(rings, old->ring, old->alert);

	while (*at != old)
		at = &(*at)->chain;
	if (node != NULL) {
		node->chain = old->chain;
		*at = node;
	} else {
		*at = old->chain;
		rings->used--;
	}
	old->chain = NULL;
}

/* The first lane of this alert on this ring, or NULL. */
static struct ring_node *find(const struct rings *rings, uint32_t ring, uint32_t alert)
{
	struct ring_node *node = rings->room > 0 ? *bucket_of(rings, ring, alert) : NULL;

	while (node != NULL && (node->ring != ring || node->alert != alert))
		node = node->chain;
	return node;
}

/* Last in the circle is just before the one whose turn it is. */
static void join_circle(struct rings *rings, struct ring_node *node)
{
	struct ring_node *first = rings->first[node->ring];

	if (first == NULL) {
		node->next = node->prev = node;
		rings->first[node->ring] = node;
		return;
	}
	node->next = first;
	node->prev = first->prev;
	first->prev->next = node;
	first->prev = node;
}

static void leave_circle(struct rings *rings, struct ring_node *node)
{
	struct ring_node **first = &rings->first[node->ring];

	if (*first == node)
		*first = node->next == node ? NULL : node->next;
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->next = node->prev = NULL;
}

/* `heir` stands where `node` stood. */
static void inherit(struct rings *rings, struct ring_node *node, struct ring_node *heir)
{
	bool alone = node->next == node;

	heir->next = alone ? heir : node->next;
	heir->prev = alone ? heir : node->prev;
	heir->prev->next = heir;
	heir->next->prev = heir;
	if (rings->first[node->ring] == node)
		rings->first[node->ring] = heir;
	node->next = node->prev = NULL;
}

void ring_put(struct rings *rings, struct ring_node *node)
{
	struct ring_node *first = find(rings, node->ring, node->alert);

	REQUIRE(node->ring < rings->ring_count);
	node->next = node->prev = node->behind = node->chain = NULL;
	if (first != NULL) {
		while (first->behind != NULL)
			first = first->behind;
		first->behind = node;
		return;
	}
	if (rings->used == rings->room)
		table_grow(rings);
	table_put(rings, node);
	rings->used++;
	join_circle(rings, node);
}

void ring_take(struct rings *rings, struct ring_node *node)
{
	struct ring_node *first = find(rings, node->ring, node->alert);

	REQUIRE(first != NULL);
	if (first != node) {
		while (first->behind != node)
			first = first->behind;
		first->behind = node->behind;
	} else if (node->behind != NULL) {
		table_replace(rings, node, node->behind);
		inherit(rings, node, node->behind);
	} else {
		table_replace(rings, node, NULL);
		leave_circle(rings, node);
	}
	node->behind = NULL;
}

struct ring_node *ring_first(const struct rings *rings, uint32_t ring)
{
	return rings->first[ring];
}

void ring_turn(struct rings *rings, uint32_t ring)
{
	rings->first[ring] = rings->first[ring]->next;
}
