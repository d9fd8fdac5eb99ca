#ifndef PLAN_STATE_H
#define PLAN_STATE_H

#include "base/heap.h"
#include "base/list.h"
#include "plan/bucket.h"
#include "plan/plan.h"
#include "plan/ring.h"
#include "plan/window.h"

/* The plan's own state, for the files of this room: plan.c keeps it, again.c further attempts, pick.c chooses what goes. */

/* What one channel may go on to send is looked up by urgency, and by whether it waits in quiet hours. */
enum { RINGS = URGENCY_COUNT * 2 };

struct plan_lane {
	struct ring_node turn; /* says its channel, urgency and quiet by the ring's number */
	void *owner;
	uint32_t size, next, number, cost;
	unsigned int in_flight;
	bool stopped : 1, held : 1;
	bool placed : 1; /* in its ring: there is something to cut and it is neither stopped nor held */
};

/* Batches of one urgency that wait for another attempt, by due time. */
struct again {
	struct plan_batch *first, *last;
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
	uint32_t rings; /* number of the first of its RINGS */
	struct again again[URGENCY_COUNT];
	uint64_t again_count;
};

struct plan {
	struct plan_retry retry;
	uint64_t random;
	bool stopped, quiet;
	struct channel_state **channels;
	unsigned int channel_count;
	struct rings rings;
	struct list ready; /* may be able to send: look again, in turn */
	struct heap timed; /* by the monotonic time at which to look again */
};

/* From the lane's ring to what it belongs to. */
static inline struct channel_state *channel_of(const struct plan *plan, const struct plan_lane *lane)
{
	return plan->channels[lane->turn.ring / RINGS];
}

static inline enum urgency urgency_of(const struct plan_lane *lane)
{
	return (enum urgency)(lane->turn.ring % RINGS / 2);
}

static inline bool is_quiet(const struct plan_lane *lane)
{
	return lane->turn.ring % 2 != 0;
}

static inline uint64_t units(const struct plan_batch *batch)
{
	return (uint64_t)batch->count * batch->lane->cost;
}

static inline uint64_t closed_ms(const struct channel_state *state, uint64_t now_ms)
{
	return state->window.closed_until_ms > now_ms ? state->window.closed_until_ms - now_ms : 0;
}

/* Puts the lane in its alert's turn, or takes it out, as its state asks. */
void plan_place(struct plan *plan, struct plan_lane *lane);

/* Something about this channel changed: it is to be looked at, after those that are waiting for their turn already. */
void plan_wake(struct plan *plan, struct channel_state *channel);

#endif
