#include "plan/again.h"

#include <stdlib.h>

#include "base/mem.h"

struct plan_batch *batch_new(struct plan_lane *lane, uint32_t first, uint32_t count, unsigned int attempt)
{
	struct plan_batch *batch = mem_zalloc(sizeof(*batch));

	batch->lane = lane;
	batch->number = lane->number++;
	batch->first = first;
	batch->count = count;
	batch->attempt = attempt;
	return batch;
}

void again_put(struct plan *plan, struct plan_batch *batch)
{
	struct channel_state *channel = channel_of(plan, batch->lane);
	struct again *again = &channel->again[urgency_of(batch->lane)];
	struct plan_batch **at = &again->first;

	/* Most come in order: what a restart puts back is all due at once. */
	if (again->last != NULL && again->last->due_ms <= batch->due_ms)
		at = &again->last->next;
	while (*at != NULL && (*at)->due_ms <= batch->due_ms)
		at = &(*at)->next;
	batch->next = *at;
	*at = batch;
	if (batch->next == NULL)
		again->last = batch;
	channel->again_count++;
	channel->uncut[urgency_of(batch->lane)] += units(batch);
	plan_wake(plan, channel);
}

struct plan_batch *again_take(struct channel_state *channel, struct again *again, struct plan_batch *before)
{
	struct plan_batch **at = before != NULL ? &before->next : &again->first, *batch = *at;

	*at = batch->next;
	if (again->last == batch)
		again->last = before;
	batch->next = NULL;
	channel->again_count--;
	channel->uncut[urgency_of(batch->lane)] -= units(batch);
	return batch;
}

void again_forget(struct plan *plan, const struct plan_lane *lane)
{
	struct channel_state *channel = channel_of(plan, lane);
	struct again *again = &channel->again[urgency_of(lane)];
	struct plan_batch *before = NULL, *batch = again->first;

	while (batch != NULL) {
		struct plan_batch *next = batch->next;
		if (batch->lane == lane)
			free(again_take(channel, again, before));
		else
			before = batch;
		batch = next;
	}
}

void again_free(struct again *again)
{
	while (again->first != NULL) {
		struct plan_batch *batch = again->first;
		again->first = batch->next;
		free(batch);
	}
	again->last = NULL;
}
