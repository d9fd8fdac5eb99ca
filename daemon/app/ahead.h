#ifndef APP_AHEAD_H
#define APP_AHEAD_H

#include <stdint.h>

#include "audience/set.h"

/*
 * Who stands at which places of a lane, read some way ahead: finding a place in a set means counting through it, so one
 * count serves several batches. Only ids are kept, as a lane's order never changes; whether they are still to be sent to is
 * asked when a batch is cut.
 */
struct ahead;

struct ahead *ahead_new(void);
void ahead_free(struct ahead **ahead);

/*
 * The ids at the places [first, first + count) of lane `lane` of alert `alert`, whose recipients are `set`; *got is fewer
 * past the end. Valid until the next call. The pair of numbers never means another lane while the process lives.
 */
const uint32_t *ahead_ids(struct ahead *ahead, uint32_t alert, uint16_t lane, const struct set *set, uint32_t first,
	uint32_t count, uint32_t *got);

#endif
