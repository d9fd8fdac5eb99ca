#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * A hash table from short strings to 64-bit values: open addressing, strings copied into it. For names that come from
 * outside (a provider's ids), so the hash is keyed at random.
 */
struct map {
	struct map_entry *entries;
	size_t room, count, used; /* used counts removed places too */
	uint64_t key;
};

void map_init(struct map *map);
void map_fini(struct map *map);

/* Puts or replaces. */
void map_put(struct map *map, const char *name, uint64_t value);

/* Returns 0 when there is none; *value is then unchanged. */
int map_get(const struct map *map, const char *name, uint64_t *value);

/* Removes every entry of which `over` says so. */
void map_sweep(struct map *map, int (*over)(void *arg, uint64_t value), void *arg);

/* Removes; does nothing when there is none. */
void map_remove(struct map *map, const char *name);

#endif
