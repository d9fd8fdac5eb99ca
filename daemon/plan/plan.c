#include "plan/plan.h"

#include <stdlib.h>

#include "base/heap.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/require.h"
#include "plan/bucket.h"
#include "plan/window.h"

enum { SPLIT_PIECES = 100 };

/* One alert's turn on one channel: its lanes are emptied one after another. */
struct turn {
	struct link in_ring;
	struct list lanes;
	uint32_t alert;
};

struct plan_lane {
	struct link in_turn; /* linked while there is something to cut and it is neither stopped nor held */
	struct turn *turn;
	struct channel_state *channel;
	uint32_t alert_of_turn;
	enum urgency urgency;
	uint32_t size, next, number, cost;
	unsigned int in_flight;
	bool quiet, stopped, held;
	void *owner;
};

enum where { NOWHERE, READY, TIMED };

struct channel_state {
	struct link in_ready;
	struct heap_node timed;
	enum where where;
	struct bucket bucket;
	struct window window;
	uint32_t batch;
	bool absolute, suspended;
	unsigned int in_flight;
	uint64_t uncut[URGENCY_COUNT]; /* units on its lanes, cut or not, that have not left */
	struct list rings[URGENCY_COUNT][2]; /* by `quiet` */
	struct plan_batch *again[URGENCY_COUNT]; /* by due time */
	uint64_t again_count;
};

struct plan {
	struct plan_retry retry;
	uint64_t random;
	bool stopped, quiet;
	struct channel_state **channels;
	unsigned int channel_count;
	struct list ready; /* may be able to send: look again, in turn */
	struct heap timed; /* by the monotonic time at which to look again */
};

struct plan *plan_new(struct plan_retry retry, uint64_t seed)
{
	struct plan *plan = mem_zalloc(sizeof(*plan));

	plan->retry = retry;
	plan->random = seed | 1;
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

static void free_again(struct plan_batch *batch)
{
	while (batch != NULL) {
		struct plan_batch *next = batch->next;
		free(batch);
		batch = next;
	}
}

void plan_free(struct plan **plan)
{
	struct plan *p = *plan;

	if (p == NULL)
		return;
	heap_fini(&p->timed);
	for (unsigned int i = 0; i < p->channel_count; i++) {
		for (int urgency = 0; urgency < URGENCY_COUNT; urgency++)
			free_again(p->channels[i]->again[urgency]);
		free(p->channels[i]);
	}
	free(p->channels);
	free(p);
	*plan = NULL;
}

/* Something about this channel changed: it is to be looked at, after those that are waiting for their turn already. */
static void wake(struct plan *plan, struct channel_state *channel)
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
		wake(plan, plan->channels[i]);
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
	for (int urgency = 0; urgency < URGENCY_COUNT; urgency++)
		for (int quiet = 0; quiet < 2; quiet++)
			list_init(&state->rings[urgency][quiet]);
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
	wake(plan, get(plan, channel));
}

void plan_channel_suspend(struct plan *plan, unsigned int channel, bool suspended)
{
	struct channel_state *state = get(plan, channel);

	if (state->suspended && !suspended)
		window_reset(&state->window);
	state->suspended = suspended;
	wake(plan, state);
}

uint64_t plan_channel_owed_ms(const struct plan *plan, unsigned int channel, uint64_t now_ms)
{
	return bucket_owed_ms(&get(plan, channel)->bucket, now_ms);
}

void plan_channel_owe(struct plan *plan, unsigned int channel, uint64_t now_ms, uint64_t owed_ms)
{
	bucket_owe(&get(plan, channel)->bucket, now_ms, owed_ms);
	wake(plan, get(plan, channel));
}

static uint64_t gate_ms(const struct channel_state *state, uint64_t now_ms)
{
	uint64_t rate = bucket_wait_ms(&state->bucket, now_ms);
	uint64_t closed = state->window.closed_until_ms > now_ms ? state->window.closed_until_ms - now_ms : 0;

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

/* The turn of this alert on this ring, made where it has none. */
static struct turn *find_turn(struct list *ring, uint32_t alert)
{
	for (struct link *link = list_first(ring); link != NULL; link = list_next(ring, link)) {
		struct turn *turn = list_object(link, struct turn, in_ring);
		if (turn->alert == alert)
			return turn;
	}
	struct turn *turn = mem_zalloc(sizeof(*turn));
	turn->alert = alert;
	list_init(&turn->lanes);
	list_push_back(ring, &turn->in_ring);
	return turn;
}

/* Puts the lane in its alert's turn, or takes it out, as its state asks. A turn without lanes ends. */
static void place_lane(struct plan *plan, struct plan_lane *lane)
{
	bool wanted = !lane->stopped && !lane->held && lane->next < lane->size;

	if (wanted && lane->turn == NULL) {
		lane->turn = find_turn(&lane->channel->rings[lane->urgency][lane->quiet], lane->alert_of_turn);
		list_push_back(&lane->turn->lanes, &lane->in_turn);
		wake(plan, lane->channel);
	} else if (!wanted && lane->turn != NULL) {
		list_remove(&lane->in_turn);
		if (list_empty(&lane->turn->lanes)) {
			list_remove(&lane->turn->in_ring);
			free(lane->turn);
		}
		lane->turn = NULL;
	}
}

struct plan_lane *plan_lane_add(struct plan *plan, const struct plan_lane_spec *spec)
{
	struct plan_lane *lane = mem_zalloc(sizeof(*lane));

	REQUIRE(spec->first <= spec->size && spec->cost > 0);
	lane->channel = get(plan, spec->channel);
	lane->alert_of_turn = spec->alert;
	lane->urgency = spec->urgency;
	lane->size = spec->size;
	lane->next = spec->first;
	lane->number = spec->number;
	lane->cost = spec->cost;
	lane->quiet = spec->quiet;
	lane->owner = spec->owner;
	lane->channel->uncut[lane->urgency] += (uint64_t)(lane->size - lane->next) * lane->cost;
	place_lane(plan, lane);
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

static uint64_t units(const struct plan_batch *batch)
{
	return (uint64_t)batch->count * batch->lane->cost;
}

/* Into the channel's list of further attempts, kept by due time. Late comers stand behind equals. */
static void put_again(struct plan *plan, struct plan_batch *batch)
{
	struct channel_state *channel = batch->lane->channel;
	struct plan_batch **at = &channel->again[batch->lane->urgency];

	while (*at != NULL && (*at)->due_ms <= batch->due_ms)
		at = &(*at)->next;
	batch->next = *at;
	*at = batch;
	channel->again_count++;
	channel->uncut[batch->lane->urgency] += units(batch);
	wake(plan, channel);
}

static struct plan_batch *take_again(struct channel_state *channel, struct plan_batch **at)
{
	struct plan_batch *batch = *at;

	*at = batch->next;
	batch->next = NULL;
	channel->again_count--;
	channel->uncut[batch->lane->urgency] -= units(batch);
	return batch;
}

static void add_run(struct plan *plan, struct plan_lane *lane, uint32_t first, uint32_t count, unsigned int attempt,
	bool split)
{
	struct plan_batch *batch = mem_zalloc(sizeof(*batch));

	*batch = (struct plan_batch){.lane = lane,
		.number = lane->number++,
		.first = first,
		.count = count,
		.attempt = attempt,
		.split = split};
	put_again(plan, batch);
}

void plan_lane_resend(struct plan *plan, struct plan_lane *lane, uint32_t first, uint32_t count, unsigned int attempt)
{
	uint32_t end = first + count;

	REQUIRE(first <= lane->size && count <= lane->size - first);
	while (first < end) {
		uint32_t run = end - first < lane->channel->batch ? end - first : lane->channel->batch;
		add_run(plan, lane, first, run, attempt, false);
		first += run;
	}
}

void plan_lane_stop(struct plan *plan, struct plan_lane *lane)
{
	struct plan_batch **at = &lane->channel->again[lane->urgency];

	if (lane->stopped)
		return;
	lane->stopped = true;
	lane->channel->uncut[lane->urgency] -= (uint64_t)(lane->size - lane->next) * lane->cost;
	while (*at != NULL) {
		if ((*at)->lane == lane)
			free(take_again(lane->channel, at));
		else
			at = &(*at)->next;
	}
	place_lane(plan, lane);
}

void plan_lane_hold(struct plan *plan, struct plan_lane *lane, bool held)
{
	lane->held = held;
	place_lane(plan, lane);
	wake(plan, lane->channel);
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

/* A further attempt of this urgency that is due and whose lane may send, or NULL; *due_ms learns of the next one. */
static struct plan_batch *pick_again(struct plan *plan, struct channel_state *channel, int urgency, uint64_t now_ms,
	uint64_t *due_ms)
{
	struct plan_batch **at = &channel->again[urgency];

	for (; *at != NULL; at = &(*at)->next) {
		const struct plan_lane *lane = (*at)->lane;
		if (lane->held || (lane->quiet && plan->quiet))
			continue;
		if ((*at)->due_ms > now_ms) {
			if ((*at)->due_ms < *due_ms)
				*due_ms = (*at)->due_ms;
			return NULL;
		}
		return take_again(channel, at);
	}
	return NULL;
}

/* The next run of the alert whose turn it is; the alert then goes to the end of the ring. */
static struct plan_batch *pick_fresh(struct plan *plan, struct channel_state *channel, int urgency)
{
	for (int quiet = 0; quiet <= !plan->quiet; quiet++) {
		struct list *ring = &channel->rings[urgency][quiet];
		if (list_empty(ring))
			continue;
		struct turn *turn = list_object(list_first(ring), struct turn, in_ring);
		struct plan_lane *lane = list_object(list_first(&turn->lanes), struct plan_lane, in_turn);
		list_remove(&turn->in_ring);
		list_push_back(ring, &turn->in_ring);

		uint32_t most = channel->window.probing ? 1 : channel->batch;
		struct plan_batch *batch = mem_zalloc(sizeof(*batch));
		batch->lane = lane;
		batch->number = lane->number++;
		batch->first = lane->next;
		batch->count = lane->size - lane->next < most ? lane->size - lane->next : most;
		batch->attempt = 1;
		lane->next += batch->count;
		channel->uncut[urgency] -= units(batch);
		place_lane(plan, lane);
		return batch;
	}
	return NULL;
}

static struct plan_batch *pick(struct plan *plan, struct channel_state *channel, uint64_t now_ms, uint64_t *due_ms)
{
	for (int urgency = 0; urgency < URGENCY_COUNT; urgency++) {
		struct plan_batch *batch = pick_again(plan, channel, urgency, now_ms, due_ms);
		if (batch == NULL)
			batch = pick_fresh(plan, channel, urgency);
		if (batch != NULL)
			return batch;
	}
	return NULL;
}

static bool has_work(const struct channel_state *channel)
{
	if (channel->again_count > 0)
		return true;
	for (int urgency = 0; urgency < URGENCY_COUNT; urgency++)
		for (int quiet = 0; quiet < 2; quiet++)
			if (!list_empty(&channel->rings[urgency][quiet]))
				return true;
	return false;
}

/* What this channel has to send now, or NULL; then *again_ms is when to look again, UINT64_MAX for after an event. */
static struct plan_batch *look(struct plan *plan, struct channel_state *channel, uint64_t now_ms, uint64_t *again_ms)
{
	*again_ms = UINT64_MAX;
	if (plan->stopped || channel->suspended || channel->in_flight >= channel->window.size || !has_work(channel))
		return NULL;
	uint64_t gate = gate_ms(channel, now_ms);
	if (gate > 0) {
		*again_ms = now_ms + gate;
		return NULL;
	}
	struct plan_batch *batch = pick(plan, channel, now_ms, again_ms);
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
		wake(plan, list_object(node, struct channel_state, timed));
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
			wake(plan, channel);
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
	REQUIRE(batch->lane->in_flight > 0 && batch->lane->channel->in_flight > 0);
	batch->lane->in_flight--;
	batch->lane->channel->in_flight--;
	wake(plan, batch->lane->channel);
}

void plan_void(struct plan *plan, struct plan_batch *batch)
{
	struct bucket *bucket = &batch->lane->channel->bucket;
	uint64_t booked = units(batch) * bucket->interval_ns;

	bucket->free_at_ns = bucket->free_at_ns > booked ? bucket->free_at_ns - booked : 0;
	leave_flight(plan, batch);
	free(batch);
}

static enum plan_end try_again(struct plan *plan, uint64_t now_ms, struct plan_batch *batch,
	const struct outcome *outcome)
{
	if (batch->lane->stopped) {
		free(batch);
		return PLAN_GONE;
	}
	batch->due_ms = now_ms;
	if (outcome->class == CLASS_RETRY || outcome->class == CLASS_AMBIGUOUS) {
		batch->due_ms += window_backoff_ms(batch->attempt, next_random(plan), plan->retry.base_ms,
			plan->retry.most_ms);
		batch->attempt++;
	}
	put_again(plan, batch);
	return PLAN_AGAIN;
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
	for (uint32_t first = batch->first; first < end; first += piece)
		add_run(plan, batch->lane, first, end - first < piece ? end - first : piece, 1, true);
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
	struct channel_state *channel = batch->lane->channel;

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
