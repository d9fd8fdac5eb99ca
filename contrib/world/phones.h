#ifndef WORLD_PHONES_H
#define WORLD_PHONES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "world/world.h"

/*
 * Which phone got which text how often and when: an open-addressed map of 16 bytes a slot, and 20 bytes for
 * each (phone, text). A million phones with one text each take about 50 MB at the worst moment of growth.
 * Internal.
 */
struct world_phones;

struct world_phones *world_phones_new(void);
void world_phones_free(struct world_phones *phones);
void world_phones_clear(struct world_phones *phones);

/* Requires: phone not 0, below 2^40. `text` is a row of world/texts.h. */
void world_phones_add(struct world_phones *phones, uint64_t phone, uint32_t text, int64_t wall_ms);

/* How many texts a phone got; of them those of row `text`. */
uint32_t world_phones_count(const struct world_phones *phones, uint64_t phone);
uint32_t world_phones_count_text(const struct world_phones *phones, uint64_t phone, uint32_t text);

/* First and last time, 0 for a phone that got nothing. */
void world_phones_times(const struct world_phones *phones, uint64_t phone, int64_t *first_ms, int64_t *last_ms);

/* Sums over all phones, of the texts for which wanted[row] is set (NULL: all). */
void world_phones_reach(const struct world_phones *phones, const bool *wanted, size_t rows, struct world_reach *reach);

void world_phones_each(const struct world_phones *phones, bool (*each)(void *arg, uint64_t phone, uint32_t count),
	void *arg);

/* Phones that got anything. */
uint64_t world_phones_size(const struct world_phones *phones);

#endif
