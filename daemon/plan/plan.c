#include "plan/plan.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/require.h"
#include "plan/again.h"
#include "plan/pick.h"
#include "plan/state.h"

enum { SPLIT_PIECES = 100 };

struct plan *plan_new(struct plan_retry retry, uint64_t seed)
{
	struct plan *plan = mem_zalloc(sizeof(*plan));

	plan->retry = retry;
	plan->random = seed | 1;
	rings_init(&plan->rings);
	list_init(&plan->ready);
	heap_init(&plan->timed);
	return plan;
}

static uint32_t next_random(struct plan *plan)
{
	/* xorshift64*: spread is all that jitter needs. */
	plan->random ^= plan->random >> 12;
	plan->random ^= plan->random << 25;
	plan->random ^= plan->random >> 27;
	return (uint32_t)(plan->random * 2685821657736338717u >> 32);
}

void plan_free(struct plan **plan)
{
	struct plan *p = *plan;

	if (p == NULL)
		return;
	heap_fini(&p->timed);
	rings_fini(&p->rings);
	for (unsigned int i = 0; i < p->channel_count; i++) {
		for (int urgency = 0; urgency < URGENCY_COUNT; urgency++)
			again_free(&p->channels[i]->again[urgency]);
		free(p->channels[i]);
	}
	free(p->channels);
	free(p);
	*plan = NULL;
}

void plan_wake(struct plan *plan, struct channel_state *channel)
{
	if (channel->where == READY)
		return;
	heap_remove(&plan->timed, &channel->timed);
	list_push_back(&plan->ready, &channel->in_ready);
	channel->where = READY;
}

static void wake_all(struct plan *plan)
{
	for (unsigned int i = 0; i < plan->channel_count; i++)
		plan_wake(plan, plan->channels[i]);
}

static void set_limits(struct channel_state *state, const struct plan_channel *channel)
{
	REQUIRE(channel->window > 0 && channel->batch > 0);
	bucket_set_rate(&state->bucket, channel->rate_count, channel->rate_per_ms);
	state->window.most = channel->window;
	if (state->window.size > channel->window)
		state->window.size = channel->window;
	state->batch = channel->batch;
	state->absolute = channel->absolute;
}

unsigned int plan_channel_add(struct plan *plan, const struct plan_channel *channel)
{
	struct channel_state *state = mem_zalloc(sizeof(*state));

	window_init(&state->window, channel->window);
	set_limits(state, channel);
	state->rings = rings_add(&plan->rings, RINGS);
	plan->channels = mem_resize(plan->channels, plan->channel_count + 1, sizeof(*plan->channels));
	plan->channels[plan->channel_count] = state;
	return plan->channel_count++;
}

static struct channel_state *get(const struct plan *plan, unsigned int channel)
{
	REQUIRE(channel < plan->channel_count);
	return plan->channels[channel];
}

void plan_channel_change(struct plan *plan, unsigned int channel, const struct plan_channel *limits)
{
	set_limits(get(plan, channel), limits);
	plan_wake(plan, get(plan, channel));
}

void plan_channel_suspend(struct plan *plan, unsigned int channel, bool suspended)
{
	struct channel_state *state = get(plan, channel);

	state->suspended = suspended;
	plan_wake(plan, state);
}

void plan_channel_forgive(struct plan *plan, unsigned int channel)
{
	struct channel_state *state = get(plan, channel);

	window_reset(&state->window);
	plan_wake(plan, state);
}

uint64_t plan_channel_owed_ms(const struct plan *plan, unsigned int channel, uint64_t now_ms)
{
	return bucket_owed_ms(&get(plan, channel)->bucket, now_ms);
}

void plan_channel_owe(struct plan *plan, unsigned int channel, uint64_t now_ms, uint64_t owed_ms)
{
	bucket_owe(&get(plan, channel)->bucket, now_ms, owed_ms);
	plan_wake(plan, get(plan, channel));
}

/* Until a whole batch may go. */
static uint64_t gate_ms(const struct channel_state *state, uint64_t now_ms)
{
	uint64_t rate = bucket_owed_ms(&state->bucket, now_ms), closed = closed_ms(state, now_ms);

	return rate > closed ? rate : closed;
}

void plan_channel_look(const struct plan *plan, unsigned int channel, uint64_t now_ms, struct plan_channel_view *view)
{
	const struct channel_state *state = get(plan, channel);

	*view = (struct plan_channel_view){
		.suspended = state->suspended,
		.probing = state->window.probing,
		.in_flight = state->in_flight,
		.window = state->window.size,
		.wait_ms = gate_ms(state, now_ms),
		.failures = state->window.failures,
	};
	for (int urgency = 0; urgency < URGENCY_COUNT; urgency++)
		view->waiting += state->uncut[urgency];
}

void plan_stop(struct plan *plan, bool stopped)
{
	plan->stopped = stopped;
	wake_all(plan);
}

void plan_quiet(struct plan *plan, bool quiet)
{
	plan->quiet = quiet;
	wake_all(plan);
}

void plan_place(struct plan *plan, struct plan_lane *lane)
{
	bool wanted = !lane->stopped && !lane->held && lane->next < lane->size;

	if (wanted && !lane->placed) {
		ring_put(&plan->rings, &lane->turn);
		plan_wake(plan, channel_of(plan, lane));
	} else if (!wanted && lane->placed) {
		ring_take(&plan->rings, &lane->turn);
	}
	lane->placed = wanted;
}

struct plan_lane *plan_lane_add(struct plan *plan, const struct plan_lane_spec *spec)
{
	struct plan_lane *lane = mem_zalloc(sizeof(*lane));
	struct channel_state *channel = get(plan, spec->channel);

	REQUIRE(spec->first <= spec->size && spec->cost > 0);
	lane->turn.ring = channel->rings + (uint32_t)spec->urgency * 2 + spec->quiet;
	lane->turn.alert = spec->alert;
	lane->size = spec->size;
	lane->next = spec->first;
	lane->number = spec->number;
	lane->cost = spec->cost;
	lane->owner = spec->owner;
	channel->uncut[spec->urgency] += (uint64_t)(lane->size - lane->next) * lane->cost;
	plan_place(plan, lane);
	return lane;
}

void *plan_lane_owner(const struct plan_lane *lane)
{
	return lane->owner;
}

uint32_t plan_lane_next(const struct plan_lane *lane)
{
	return lane->next;
}

void plan_lane_resend(struct plan *plan, struct plan_lane *lane, uint32_t first, uint32_t count, unsigned int attempt)
{
	REQUIRE(first <= lane->size && count <= lane->size - first);
	if (count == 0)
		return;
	struct plan_batch *run = batch_new(lane, first, count, attempt);
	run->uncut = true;
	again_put(plan, run);
}

void plan_lane_stop(struct plan *plan, struct plan_lane *lane)
{
	if (lane->stopped)
		return;
	lane->stopped = true;
	channel_of(plan, lane)->uncut[urgency_of(lane)] -= (uint64_t)(lane->size - lane->next) * lane->cost;
	again_forget(plan, lane);
	plan_place(plan, lane);
}

void plan_lane_hold(struct plan *plan, struct plan_lane *lane, bool held)
{
	lane->held = held;
	plan_place(plan, lane);
	plan_wake(plan, channel_of(plan, lane));
}

bool plan_lane_held(const struct plan_lane *lane)
{
	return lane->held;
}

void plan_lane_free(struct plan *plan, struct plan_lane **lane)
{
	if (*lane == NULL)
		return;
	REQUIRE((*lane)->in_flight == 0);
	plan_lane_stop(plan, *lane);
	free(*lane);
	*lane = NULL;
}

static bool has_work(const struct plan *plan, const struct channel_state *channel)
{
	if (channel->again_count > 0)
		return true;
	for (uint32_t ring = channel->rings; ring < channel->rings + RINGS; ring++)
		if (ring_first(&plan->rings, ring) != NULL)
			return true;
	return false;
}

/* What this channel has to send now, or NULL; then *again_ms is when to look again, UINT64_MAX for after an event. */
static struct plan_batch *look(struct plan *plan, struct channel_state *channel, uint64_t now_ms, uint64_t *again_ms)
{
	struct moment moment = {now_ms, UINT64_MAX};

	*again_ms = UINT64_MAX;
	if (plan->stopped || channel->suspended || channel->in_flight >= channel->window.size ||
		!has_work(plan, channel))
		return NULL;
	uint64_t closed = closed_ms(channel, now_ms);
	if (closed > 0) {
		*again_ms = now_ms + closed;
		return NULL;
	}
	struct plan_batch *batch = pick(plan, channel, &moment);
	*again_ms = moment.again_ms;
	if (batch == NULL)
		return NULL;
	bucket_take(&channel->bucket, now_ms, units(batch));
	channel->in_flight++;
	batch->lane->in_flight++;
	return batch;
}

static void wake_due(struct plan *plan, uint64_t now_ms)
{
	struct heap_node *node;

	while ((node = heap_first(&plan->timed)) != NULL && node->key <= now_ms)
		plan_wake(plan, list_object(node, struct channel_state, timed));
}

enum plan_step plan_next(struct plan *plan, uint64_t now_ms, struct plan_batch **batch, uint64_t *wait_ms)
{
	struct link *link;

	wake_due(plan, now_ms);
	while ((link = list_first(&plan->ready)) != NULL) {
		struct channel_state *channel = list_object(link, struct channel_state, in_ready);
		uint64_t again_ms;

		list_remove(link);
		channel->where = NOWHERE;
		*batch = look(plan, channel, now_ms, &again_ms);
		if (*batch != NULL) {
			plan_wake(plan, channel);
			return PLAN_SEND;
		}
		if (again_ms != UINT64_MAX) {
			heap_put(&plan->timed, &channel->timed, again_ms);
			channel->where = TIMED;
		}
	}
	struct heap_node *first = heap_first(&plan->timed);
	if (first == NULL)
		return PLAN_IDLE;
	*wait_ms = first->key - now_ms;
	return PLAN_WAIT;
}

static void leave_flight(struct plan *plan, struct plan_batch *batch)
{
	struct channel_state *channel = channel_of(plan, batch->lane);

	REQUIRE(batch->lane->in_flight > 0 && channel->in_flight > 0);
	batch->lane->in_flight--;
	channel->in_flight--;
	plan_wake(plan, channel);
}

void plan_void(struct plan *plan, struct plan_batch *batch)
{
	bucket_return(&channel_of(plan, batch->lane)->bucket, units(batch));
	leave_flight(plan, batch);
	free(batch);
}

static enum plan_end put_back(struct plan *plan, uint64_t due_ms, struct plan_batch *batch)
{
	if (batch->lane->stopped) {
		free(batch);
		return PLAN_GONE;
	}
	batch->due_ms = due_ms;
	again_put(plan, batch);
	return PLAN_AGAIN;
}

enum plan_end plan_unsend(struct plan *plan, uint64_t now_ms, struct plan_batch *batch)
{
	bucket_return(&channel_of(plan, batch->lane)->bucket, units(batch));
	leave_flight(plan, batch);
	return put_back(plan, now_ms, batch);
}

static enum plan_end try_again(struct plan *plan, uint64_t now_ms, struct plan_batch *batch,
	const struct outcome *outcome)
{
	uint64_t due_ms = now_ms;

	if (outcome->class == CLASS_RETRY || outcome->class == CLASS_AMBIGUOUS) {
		due_ms += window_backoff_ms(batch->attempt, next_random(plan), plan->retry.base_ms,
			plan->retry.most_ms);
		batch->attempt++;
	}
	return put_back(plan, due_ms, batch);
}

/* One recipient may be to blame: the batch goes on in pieces, each of which is tried once. */
static enum plan_end split(struct plan *plan, struct plan_batch *batch)
{
	uint32_t piece = (batch->count + SPLIT_PIECES - 1) / SPLIT_PIECES;
	uint32_t end = batch->first + batch->count;

	if (batch->lane->stopped) {
		free(batch);
		return PLAN_GONE;
	}
	for (uint32_t first = batch->first; first < end; first += piece) {
		struct plan_batch *part = batch_new(batch->lane, first, end - first < piece ? end - first : piece, 1);
		part->split = true;
		again_put(plan, part);
	}
	free(batch);
	return PLAN_SPLIT;
}

static enum plan_end refuse(struct plan *plan, struct plan_batch *batch, const struct outcome *outcome)
{
	if (outcome->split && batch->count > 1 && !batch->split)
		return split(plan, batch);
	if (outcome->class == CLASS_PERM_MSG && !outcome->split)
		plan_lane_hold(plan, batch->lane, true);
	free(batch);
	return PLAN_REFUSED;
}

enum plan_end plan_settle(struct plan *plan, uint64_t now_ms, struct plan_batch *batch, const struct outcome *outcome)
{
	struct channel_state *channel = channel_of(plan, batch->lane);

	leave_flight(plan, batch);
	window_settled(&channel->window, now_ms, outcome, next_random(plan), plan->retry.base_ms, plan->retry.most_ms);
	if (outcome->class == CLASS_PERM_CHANNEL)
		channel->suspended = true;
	switch (outcome->verdict) {
	case VERDICT_LATER:
		return try_again(plan, now_ms, batch, outcome);
	case VERDICT_REFUSED:
		return refuse(plan, batch, outcome);
	case VERDICT_UNKNOWN:
		if (channel->absolute)
			return try_again(plan, now_ms, batch, outcome);
		free(batch);
		return PLAN_IN_DOUBT;
	case VERDICT_ACCEPTED:
		break;
	}
	free(batch);
	return PLAN_DONE;
}

void plan_estimate(const struct plan *plan, unsigned int channel, enum urgency urgency, uint64_t now_ms, uint64_t ahead,
	uint64_t *first_ms, uint64_t *last_ms)
{
	const struct channel_state *state = get(plan, channel);
	uint64_t before = 0;

	/* What is more urgent goes first; what is as urgent shares, so the first leaves after one batch of it at most. */
	for (int other = 0; other < (int)urgency; other++)
		before += state->uncut[other];
	uint64_t gate = gate_ms(state, now_ms);
	uint64_t batch = state->batch < ahead ? state->batch : ahead;
	*first_ms = gate + before * state->bucket.interval_ns / 1000000;
	*last_ms = gate + (before + state->uncut[urgency] + ahead - batch) * state->bucket.interval_ns / 1000000;
}
