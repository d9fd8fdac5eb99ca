#ifndef PLAN_AGAIN_H
#define PLAN_AGAIN_H

#include "plan/state.h"

/*
 * What waits for another attempt on a channel, by urgency, kept by due time. A run that was never cut under its number is one
 * entry however long it is.
 */

/* A batch under the lane's next number. */
struct plan_batch *batch_new(struct plan_lane *lane, uint32_t first, uint32_t count, unsigned int attempt);

/* Puts it where its lane and its due time say; late comers stand behind equals. */
void again_put(struct plan *plan, struct plan_batch *batch);

/* Takes out what stands behind `before`, or the first where that is NULL. Requires: there is one. */
struct plan_batch *again_take(struct channel_state *channel, struct again *again, struct plan_batch *before);

/* Forgets and frees what this lane has there; or all of a list, at the end. */
void again_forget(struct plan *plan, const struct plan_lane *lane);
void again_free(struct again *again);

#endif
