#ifndef AUDIENCE_CUT_H
#define AUDIENCE_CUT_H

#include <stdint.h>

#include "audience/barred.h"
#include "audience/people.h"
#include "base/phone.h"

/*
 * The people of a batch at the moment when it is cut out of its lane: their phones, and who of them must not be sent to after
 * all. Opt-outs and the roster may have changed since the alert was expanded, so both are looked at now, for the whole batch
 * at once. All zero before the first batch; what is in it stays for the next.
 */
struct cut {
	phone_t *phones;
	uint8_t *states; /* enum state: STATE_WAITING may be sent; STATE_OPTED_OUT and STATE_GONE are to be excluded */
	uint32_t room; /* of each */
};

void cut_fini(struct cut *cut);

/*
 * Fills phones and states for `count` ids. Who has no number in the roster counts as gone, and who is gone is not said to
 * have opted out.
 */
void cut_people(struct cut *cut, const struct people *people, const struct barred *barred, const uint32_t *ids,
	uint32_t count);

#endif
