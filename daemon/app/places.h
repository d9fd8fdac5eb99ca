#ifndef APP_PLACES_H
#define APP_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "audience/set.h"

/*
 * Where somebody stands in a lane's order, asked once for every receipt. In a large set the bitmap library counts
 * through thousands of words for that, so for dense sets a directory is kept beside it: the members of every 512 ids as
 * bits, and how many stand before them. It takes 72 bytes for each 512 ids that the set spans, and is made only where
 * that is about two bytes for each member at most.
 */
struct places;

/* NULL when the set itself is quick enough. The set may be freed afterwards. Walks through all of it. */
struct places *places_new(const struct set *set);
void places_free(struct places **places);

/* As set_rank(), of the set that it was made of. */
bool places_find(const struct places *places, uint32_t id, uint32_t *position);

#endif
