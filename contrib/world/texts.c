#include "world/texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MOST    65536
#define BUCKETS 16384
#define NONE    UINT32_MAX

struct world_texts {
	struct world_text_row *rows;
	size_t count, room;
	uint32_t buckets[BUCKETS];
};

struct world_texts *world_texts_new(void)
{
	struct world_texts *texts = mem_zalloc(sizeof(*texts));

	memset(texts->buckets, 0xff, sizeof(texts->buckets));
	return texts;
}

void world_texts_clear(struct world_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->rows[i].text);
	free(texts->rows);
	memset(texts, 0, sizeof(*texts));
	memset(texts->buckets, 0xff, sizeof(texts->buckets));
}

void world_texts_free(struct world_texts *texts)
{
	if (texts == NULL)
		return;
	world_texts_clear(texts);
	free(texts);
}

uint64_t world_text_hash(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	hash ^= hash >> 32;
	hash *= 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

static uint32_t find(const struct world_texts *texts, const char *text, uint64_t hash)
{
	uint32_t at = texts->buckets[hash % BUCKETS];

	while (at != NONE && (texts->rows[at].hash != hash || strcmp(texts->rows[at].text, text) != 0))
		at = texts->rows[at].next;
	return at;
}

uint32_t world_texts_find(const struct world_texts *texts, const char *text)
{
	return find(texts, text, world_text_hash(text));
}

uint32_t world_texts_put(struct world_texts *texts, const char *text, uint32_t parts)
{
	uint64_t hash = world_text_hash(text);
	uint32_t at = find(texts, text, hash);

	if (at != NONE)
		return at;
	if (texts->count == MOST)
		return MOST - 1;
	if (texts->count == texts->room) {
		texts->room = texts->room == 0 ? 64 : texts->room * 2;
		texts->rows = mem_resize(texts->rows, texts->room, sizeof(*texts->rows));
	}
	at = (uint32_t)texts->count++;
	texts->rows[at] = (struct world_text_row){.text = mem_strdup(text),
		.parts = parts,
		.hash = hash,
		.next = texts->buckets[hash % BUCKETS]};
	texts->buckets[hash % BUCKETS] = at;
	return at;
}

struct world_text_row *world_texts_row(const struct world_texts *texts, size_t row)
{
	return row < texts->count ? &texts->rows[row] : NULL;
}

size_t world_texts_count(const struct world_texts *texts)
{
	return texts->count;
}
