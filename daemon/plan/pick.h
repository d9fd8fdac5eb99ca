#ifndef PLAN_PICK_H
#define PLAN_PICK_H

#include "plan/state.h"

/* When a channel is looked at, and when it should be again; UINT64_MAX: after an event. */
struct moment {
	uint64_t now_ms, again_ms;
};

/*
 * What this channel has to send at moment->now_ms, taken from where it waited and cut to what its rate has room for, or NULL;
 * then moment->again_ms says when to look again. Order: urgency; inside an urgency further attempts that are due, then one
 * batch from each alert in turn. What waits for the rate lets nothing less urgent pass. Books nothing.
 */
struct plan_batch *pick(struct plan *plan, struct channel_state *channel, struct moment *moment);

#endif
