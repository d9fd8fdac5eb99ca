#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"

struct map_entry {
	char *name; /* NULL: never used; REMOVED: was used */
	uint64_t value;
};

static char removed_mark;
#define REMOVED (&removed_mark)

void map_init(struct map *map)
{
	*map = (struct map){0};
	digest_random(&map->key, sizeof(map->key));
}

void map_fini(struct map *map)
{
	for (size_t i = 0; i < map->room; i++)
		if (map->entries[i].name != REMOVED)
			free(map->entries[i].name);
	free(map->entries);
	map->entries = NULL;
	map->room = map->count = map->used = 0;
}

/* FNV-1a over a random start: enough against chance and against names made to collide by somebody who cannot see it. */
static uint64_t hash(const struct map *map, const char *name)
{
	uint64_t h = 14695981039346656037u ^ map->key;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211u;
	return h ^ h >> 32;
}

static struct map_entry *find(const struct map *map, const char *name)
{
	if (map->room == 0)
		return NULL;
	for (size_t at = hash(map, name) & (map->room - 1);; at = (at + 1) & (map->room - 1)) {
		struct map_entry *entry = &map->entries[at];
		if (entry->name == NULL)
			return NULL;
		if (entry->name != REMOVED && strcmp(entry->name, name) == 0)
			return entry;
	}
}

static void insert(struct map *map, char *name, uint64_t value)
{
	size_t at = hash(map, name) & (map->room - 1);

	while (map->entries[at].name != NULL)
		at = (at + 1) & (map->room - 1);
	map->entries[at] = (struct map_entry){name, value};
	map->count++;
	map->used++;
}

static void grow(struct map *map)
{
	struct map old = *map;

	map->room = 64;
	while (map->room < old.count * 4)
		map->room *= 2;
	map->entries = mem_calloc(map->room, sizeof(*map->entries));
	map->count = map->used = 0;
	for (size_t i = 0; i < old.room; i++)
		if (old.entries[i].name != NULL && old.entries[i].name != REMOVED)
			insert(map, old.entries[i].name, old.entries[i].value);
	free(old.entries);
}

void map_put(struct map *map, const char *name, uint64_t value)
{
	struct map_entry *entry = find(map, name);

	if (entry != NULL) {
		entry->value = value;
		return;
	}
	if ((map->used + 1) * 2 > map->room)
		grow(map);
	insert(map, mem_strdup(name), value);
}

int map_get(const struct map *map, const char *name, uint64_t *value)
{
	const struct map_entry *entry = find(map, name);

	if (entry == NULL)
		return 0;
	*value = entry->value;
	return 1;
}

static void remove_entry(struct map *map, struct map_entry *entry)
{
	free(entry->name);
	entry->name = REMOVED;
	map->count--;
}

void map_remove(struct map *map, const char *name)
{
	struct map_entry *entry = find(map, name);

	if (entry == NULL)
		return;
	remove_entry(map, entry);
}

void map_sweep(struct map *map, int (*over)(void *arg, uint64_t value), void *arg)
{
	for (size_t i = 0; i < map->room; i++) {
		struct map_entry *entry = &map->entries[i];
		if (entry->name != NULL && entry->name != REMOVED && over(arg, entry->value))
			remove_entry(map, entry);
	}
}
