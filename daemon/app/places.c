#include "app/places.h"

#include <stdlib.h>

#include "base/mem.h"

enum { BLOCK_IDS = 512, BLOCK_WORDS = BLOCK_IDS / 64, SMALL = 4096, READ_MOST = 4096 };

/* A span of the ids has this many for each member at most; about where the library goes over to lists, which are quick. */
enum { SPARSE = 15 };

struct block {
	uint64_t words[BLOCK_WORDS];
	uint32_t before; /* members in front of the block */
};

struct places {
	uint32_t first; /* block number */
	uint32_t count;
	struct block blocks[];
};

static struct places *make(uint32_t low, uint32_t high)
{
	uint32_t first = low / BLOCK_IDS, count = high / BLOCK_IDS - first + 1;
	struct places *places = mem_zalloc(sizeof(*places) + (size_t)count * sizeof(places->blocks[0]));

	places->first = first;
	places->count = count;
	return places;
}

static void fill(struct places *places, const struct set *set)
{
	uint32_t *ids = mem_calloc(READ_MOST, sizeof(*ids));
	struct set_cursor *cursor = set_cursor_new(set);
	uint32_t got;

	while ((got = set_cursor_read(cursor, ids, READ_MOST)) > 0)
		for (uint32_t i = 0; i < got; i++)
			places->blocks[ids[i] / BLOCK_IDS - places->first].words[ids[i] % BLOCK_IDS / 64] |= UINT64_C(1)
				<< ids[i] % 64;
	set_cursor_free(&cursor);
	free(ids);
}

static uint32_t bits_in(const struct block *block)
{
	uint32_t bits = 0;

	for (int i = 0; i < BLOCK_WORDS; i++)
		bits += (uint32_t)__builtin_popcountll(block->words[i]);
	return bits;
}

struct places *places_new(const struct set *set)
{
	uint32_t size = set_count(set), low, high;

	if (size < SMALL || !set_select(set, 0, &low) || !set_select(set, size - 1, &high) ||
		(high - low) / SPARSE > size)
		return NULL;
	struct places *places = make(low, high);

	fill(places, set);
	for (uint32_t i = 1; i < places->count; i++)
		places->blocks[i].before = places->blocks[i - 1].before + bits_in(&places->blocks[i - 1]);
	return places;
}

void places_free(struct places **places)
{
	free(*places);
	*places = NULL;
}

bool places_find(const struct places *places, uint32_t id, uint32_t *position)
{
	if (id / BLOCK_IDS < places->first || id / BLOCK_IDS - places->first >= places->count)
		return false;
	const struct block *block = &places->blocks[id / BLOCK_IDS - places->first];
	unsigned int word = id % BLOCK_IDS / 64;
	uint64_t bit = UINT64_C(1) << id % 64;

	if ((block->words[word] & bit) == 0)
		return false;
	*position = block->before;
	for (unsigned int i = 0; i < word; i++)
		*position += (uint32_t)__builtin_popcountll(block->words[i]);
	*position += (uint32_t)__builtin_popcountll(block->words[word] & (bit - 1));
	return true;
}
