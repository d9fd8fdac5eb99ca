#ifndef AUDIENCE_CUT_H
#define AUDIENCE_CUT_H

#include <stdint.h>

#include "audience/people.h"
#include "audience/set.h"
#include "base/phone.h"

/*
 * Cuts a slice out of a lane, for a batch: positions [first, first + count) as ids and phones, and what must not be sent
 * after all. Opt-outs and the roster may have changed since the alert was expanded, so both are looked at now.
 */
struct cut {
	uint32_t most; /* room */
	uint32_t count; /* filled */
	uint32_t first; /* position of the first */
	uint32_t *ids;
	phone_t *phones;
	uint8_t *states; /* enum state: STATE_WAITING may be sent; STATE_OPTED_OUT and STATE_GONE are to be excluded */
	uint32_t sendable; /* how many are STATE_WAITING */
};

/* Room for slices of at most `most`. */
void cut_init(struct cut *cut, uint32_t most);
void cut_fini(struct cut *cut);

/*
 * Fills `cut` with at most `count` (and at most its room) from position `first` of `lane`. `opted_out` and `gone` are
 * the current sets; either may be NULL. An id that the roster does not know counts as gone.
 */
void cut_slice(struct cut *cut, const struct people *people, const struct set *lane, uint32_t first, uint32_t count,
	const struct set *opted_out, const struct set *gone);

#endif
