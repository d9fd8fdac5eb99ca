#ifndef AUDIENCE_COMBINE_H
#define AUDIENCE_COMBINE_H

#include <stdint.h>

#include "audience/set.h"

/*
 * The algebra of sets behind audience/set.h, container by container. Debian's CRoaring is built for any x86-64 and counts the
 * bits of each result without the processor's own instruction for it, which is most of what it does with large sets. Bitsets
 * are combined here, and what of a list is in a bitset found; everything else is CRoaring's work.
 */
enum combine { COMBINE_AND, COMBINE_AND_NOT, COMBINE_OR };

/* A new set. */
struct set *combine_new(const struct set *a, const struct set *b, enum combine how);

/* Changes `set`, which must not be a view. */
void combine_into(struct set *set, const struct set *other, enum combine how);

/* How many are in both. */
uint32_t combine_count(const struct set *a, const struct set *b);

#endif
