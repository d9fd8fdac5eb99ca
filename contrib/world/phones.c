#include "world/phones.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"

#define NONE UINT32_MAX

struct slot {
	uint64_t phone; /* 0: free */
	uint32_t count;
	uint32_t head; /* newest pair */
};

/* Times are in units of 10 ms since the map's first text: 497 days fit. */
struct pair {
	uint32_t text, count, first, last, next;
};

struct world_phones {
	struct slot *slots;
	size_t room; /* a power of two */
	size_t used;
	struct pair *pairs;
	size_t pair_count, pair_room;
	int64_t epoch_ms;
};

struct world_phones *world_phones_new(void)
{
	struct world_phones *phones = mem_zalloc(sizeof(*phones));

	phones->room = 1024;
	phones->slots = mem_calloc(phones->room, sizeof(*phones->slots));
	return phones;
}

void world_phones_free(struct world_phones *phones)
{
	if (phones == NULL)
		return;
	free(phones->slots);
	free(phones->pairs);
	free(phones);
}

void world_phones_clear(struct world_phones *phones)
{
	free(phones->slots);
	free(phones->pairs);
	memset(phones, 0, sizeof(*phones));
	phones->room = 1024;
	phones->slots = mem_calloc(phones->room, sizeof(*phones->slots));
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15u;
	x ^= x >> 29;
	return x;
}

/* The phone's slot, or the free one where it belongs. */
static struct slot *place(const struct world_phones *phones, uint64_t phone)
{
	size_t at = mix(phone) & (phones->room - 1);

	while (phones->slots[at].phone != 0 && phones->slots[at].phone != phone)
		at = (at + 1) & (phones->room - 1);
	return &phones->slots[at];
}

static void grow(struct world_phones *phones)
{
	struct slot *old = phones->slots;
	size_t count = phones->room;

	phones->room *= 2;
	phones->slots = mem_calloc(phones->room, sizeof(*phones->slots));
	for (size_t i = 0; i < count; i++)
		if (old[i].phone != 0)
			*place(phones, old[i].phone) = old[i];
	free(old);
}

static struct pair *find_pair(const struct world_phones *phones, const struct slot *slot, uint32_t text)
{
	for (uint32_t at = slot->head; at != NONE; at = phones->pairs[at].next)
		if (phones->pairs[at].text == text)
			return &phones->pairs[at];
	return NULL;
}

static struct pair *add_pair(struct world_phones *phones, struct slot *slot, uint32_t text, uint32_t now)
{
	if (phones->pair_count == phones->pair_room) {
		phones->pair_room = phones->pair_room == 0 ? 1024 : phones->pair_room + phones->pair_room / 2;
		phones->pairs = mem_resize(phones->pairs, phones->pair_room, sizeof(*phones->pairs));
	}
	REQUIRE(phones->pair_count < NONE);
	struct pair *pair = &phones->pairs[phones->pair_count];
	*pair = (struct pair){.text = text, .first = now, .next = slot->head};
	slot->head = (uint32_t)phones->pair_count++;
	return pair;
}

void world_phones_add(struct world_phones *phones, uint64_t phone, uint32_t text, int64_t wall_ms)
{
	REQUIRE(phone != 0 && phone >> 40 == 0);
	if (phones->used * 4 >= phones->room * 3)
		grow(phones);
	if (phones->epoch_ms == 0)
		phones->epoch_ms = wall_ms;
	/* The wall clock may be set back; such a text is as old as the first. */
	uint32_t now = wall_ms > phones->epoch_ms ? (uint32_t)((wall_ms - phones->epoch_ms) / 10) : 0;
	struct slot *slot = place(phones, phone);
	if (slot->phone == 0) {
		*slot = (struct slot){.phone = phone, .head = NONE};
		phones->used++;
	}
	struct pair *pair = find_pair(phones, slot, text);
	if (pair == NULL)
		pair = add_pair(phones, slot, text, now);
	pair->count++;
	pair->last = now;
	slot->count++;
}

uint32_t world_phones_count(const struct world_phones *phones, uint64_t phone)
{
	return phone == 0 ? 0 : place(phones, phone)->count;
}

uint32_t world_phones_count_text(const struct world_phones *phones, uint64_t phone, uint32_t text)
{
	const struct slot *slot = place(phones, phone);
	if (phone == 0 || slot->phone == 0)
		return 0;
	const struct pair *pair = find_pair(phones, slot, text);
	return pair == NULL ? 0 : pair->count;
}

void world_phones_times(const struct world_phones *phones, uint64_t phone, int64_t *first_ms, int64_t *last_ms)
{
	const struct slot *slot = place(phones, phone);
	uint32_t first = UINT32_MAX, last = 0;

	*first_ms = *last_ms = 0;
	if (phone == 0 || slot->phone == 0)
		return;
	for (uint32_t at = slot->head; at != NONE; at = phones->pairs[at].next) {
		first = phones->pairs[at].first < first ? phones->pairs[at].first : first;
		last = phones->pairs[at].last > last ? phones->pairs[at].last : last;
	}
	*first_ms = phones->epoch_ms + (int64_t)first * 10;
	*last_ms = phones->epoch_ms + (int64_t)last * 10;
}

static uint32_t count_wanted(const struct world_phones *phones, const struct slot *slot, const bool *wanted,
	size_t rows)
{
	uint32_t count = 0;

	if (wanted == NULL)
		return slot->count;
	for (uint32_t at = slot->head; at != NONE; at = phones->pairs[at].next)
		if (phones->pairs[at].text < rows && wanted[phones->pairs[at].text])
			count += phones->pairs[at].count;
	return count;
}

void world_phones_reach(const struct world_phones *phones, const bool *wanted, size_t rows, struct world_reach *reach)
{
	memset(reach, 0, sizeof(*reach));
	for (size_t i = 0; i < phones->room; i++) {
		const struct slot *slot = &phones->slots[i];
		uint32_t count = slot->phone == 0 ? 0 : count_wanted(phones, slot, wanted, rows);
		if (count == 0)
			continue;
		reach->phones++;
		reach->once += count == 1;
		reach->more += count > 1;
		reach->texts += count;
		reach->most = count > reach->most ? count : reach->most;
	}
}

void world_phones_each(const struct world_phones *phones, bool (*each)(void *arg, uint64_t phone, uint32_t count),
	void *arg)
{
	for (size_t i = 0; i < phones->room; i++)
		if (phones->slots[i].phone != 0 && !each(arg, phones->slots[i].phone, phones->slots[i].count))
			return;
}

uint64_t world_phones_size(const struct world_phones *phones)
{
	return phones->used;
}
