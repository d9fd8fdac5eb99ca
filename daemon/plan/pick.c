#include "plan/pick.h"

#include "plan/again.h"

enum {
	TICK_NS = 1000000, /* of the plan's clock */
	LATE_NS = 2 * TICK_NS, /* what a tick and a busy loop may cost */
};

/* What a lane's batch may be at most, in units: the burst of the rate. */
static uint64_t burst_of(const struct channel_state *channel, const struct plan_lane *lane, uint32_t count)
{
	return (uint64_t)(count > channel->batch ? count : channel->batch) * lane->cost;
}

/* A run of `count` has to wait for the rate: no later than then it is looked at again. */
static bool must_wait(const struct channel_state *channel, const struct plan_lane *lane, uint32_t count,
	struct moment *moment)
{
	uint64_t wait = bucket_wait_ms(&channel->bucket, moment->now_ms, (uint64_t)count * lane->cost,
		burst_of(channel, lane, count));

	if (wait > 0 && moment->now_ms + wait < moment->again_ms)
		moment->again_ms = moment->now_ms + wait;
	return wait > 0;
}

/* True when a batch that waits until it is whole would lose more than a hundredth of the rate by ticks and late wake-ups. */
static bool late_matters(const struct bucket *bucket, uint64_t burst)
{
	uint64_t whole = burst * bucket->interval_ns, into_tick = whole % TICK_NS;
	uint64_t lost = TICK_NS + (into_tick > 0 ? TICK_NS - into_tick : 0);

	return bucket->interval_ns > 0 && lost * 100 > whole;
}

/*
 * How many of the `most` that the lane could send go now; 0: none yet. Where a batch is a matter of milliseconds, one
 * somewhat smaller goes early enough that being woken late costs nothing of the rate: what came meanwhile goes with it.
 */
static uint32_t cut_size(const struct channel_state *channel, const struct plan_lane *lane, uint32_t most,
	struct moment *moment)
{
	uint64_t burst = burst_of(channel, lane, 0);
	uint32_t spare = 0;

	if (late_matters(&channel->bucket, burst))
		spare = (uint32_t)((bucket_units_in(&channel->bucket, LATE_NS) + lane->cost - 1) / lane->cost);
	uint32_t least = spare < channel->batch ? channel->batch - spare : 1;
	if (must_wait(channel, lane, least < most ? least : most, moment))
		return 0;
	uint64_t room = bucket_room(&channel->bucket, moment->now_ms, burst) / lane->cost;
	return room < most ? (uint32_t)room : most;
}

/* What one send may carry now: while a lost answer is not made good, a probe of one, whoever it is. */
static uint32_t batch_most(const struct channel_state *channel, uint32_t count)
{
	uint32_t most = channel->window.probing ? 1 : channel->batch;

	return count < most ? count : most;
}

/*
 * The run as it stands, or its beginning under a number of its own: where it was never cut, and where only a probe may go.
 * What is left of it waits on in its place. NULL: not yet.
 */
static struct plan_batch *pick_run(struct channel_state *channel, struct again *again, struct plan_batch *before,
	struct moment *moment)
{
	struct plan_batch *run = before != NULL ? before->next : again->first;
	uint32_t count = channel->window.probing ? 1 : run->count;

	if (run->uncut)
		count = cut_size(channel, run->lane, batch_most(channel, run->count), moment);
	else if (must_wait(channel, run->lane, count, moment))
		return NULL;
	if (count == 0)
		return NULL;
	if (count == run->count) {
		run->uncut = false;
		return again_take(channel, again, before);
	}
	struct plan_batch *batch = batch_new(run->lane, run->first, count, run->attempt);
	batch->split = run->split;
	run->first += count;
	run->count -= count;
	channel->uncut[urgency_of(run->lane)] -= units(batch);
	return batch;
}

/* A further attempt that is due and whose lane may send. Sets *blocked where it has to wait for the rate. */
static struct plan_batch *pick_again(struct plan *plan, struct channel_state *channel, int urgency,
	struct moment *moment, bool *blocked)
{
	struct again *again = &channel->again[urgency];

	for (struct plan_batch *batch = again->first, *before = NULL; batch != NULL;
		before = batch, batch = batch->next) {
		if (batch->lane->held || (is_quiet(batch->lane) && plan->quiet))
			continue;
		if (batch->due_ms > moment->now_ms) {
			if (batch->due_ms < moment->again_ms)
				moment->again_ms = batch->due_ms;
			return NULL;
		}
		struct plan_batch *picked = pick_run(channel, again, before, moment);
		*blocked = picked == NULL;
		return picked;
	}
	return NULL;
}

/* The next run of the alert whose turn it is; the alert then goes to the end of the ring. */
static struct plan_batch *pick_fresh(struct plan *plan, struct channel_state *channel, int urgency,
	struct moment *moment, bool *blocked)
{
	for (unsigned int quiet = 0; quiet <= !plan->quiet; quiet++) {
		uint32_t ring = channel->rings + (uint32_t)urgency * 2 + quiet;
		struct ring_node *first = ring_first(&plan->rings, ring);
		if (first == NULL)
			continue;
		struct plan_lane *lane = list_object(first, struct plan_lane, turn);
		uint32_t count = cut_size(channel, lane, batch_most(channel, lane->size - lane->next), moment);
		*blocked = count == 0;
		if (count == 0)
			return NULL;
		ring_turn(&plan->rings, ring);
		struct plan_batch *batch = batch_new(lane, lane->next, count, 1);
		lane->next += count;
		channel->uncut[urgency] -= units(batch);
		plan_place(plan, lane);
		return batch;
	}
	return NULL;
}

struct plan_batch *pick(struct plan *plan, struct channel_state *channel, struct moment *moment)
{
	struct plan_batch *batch = NULL;
	bool blocked = false;

	for (int urgency = 0; urgency < URGENCY_COUNT && batch == NULL && !blocked; urgency++) {
		batch = pick_again(plan, channel, urgency, moment, &blocked);
		if (batch == NULL && !blocked)
			batch = pick_fresh(plan, channel, urgency, moment, &blocked);
	}
	return batch;
}
