#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config/read.h"

/*
 * One value into its place in a struct, by the type of its row.
 */

/*
 * Stores what `node` says at row->offset of `into`, or adds a problem and leaves the place as value_default made it.
 * Requires: value_default came first.
 */
void value_take(const struct reader *reader, const struct setting *row, const struct node *node, void *into);

/* Stores the row's fallback; without one: NULL, an empty list, false, 0, -1 for a time. Requires: zeroed. */
void value_default(const struct setting *row, void *into);

#endif
