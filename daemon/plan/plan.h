#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/alert.h"
#include "flow/outcome.h"

/*
 * What to send next, and when: a function of what happened and of the time that it is given. No input or output, no
 * clock, no recipients: a lane is a number of positions, a batch a run of them. The plan never holds more than what is in
 * flight or waits for another attempt, however large an audience is.
 *
 * Order on a channel: urgency first; inside an urgency what was due for another attempt, then one batch from each alert
 * in turn. Channels are served in turn, so a slow one delays no other.
 */
struct plan;
struct plan_lane;

struct plan_channel {
	uint32_t rate_count; /* units in rate_per_ms; 0: unlimited */
	uint64_t rate_per_ms;
	unsigned int window; /* batches in flight, at least 1 */
	uint32_t batch; /* recipients in one send, at least 1 */
	bool absolute; /* a send sets absolute state: after a lost answer it is simply repeated */
};

struct plan_retry {
	uint64_t base_ms, most_ms; /* full jitter between 1 and min(most, base × 2^(attempt − 1)) */
};

/* A batch from plan_next() until plan_settle() forgets it. Fields are for reading only. */
struct plan_batch {
	struct plan_lane *lane;
	uint32_t number; /* within the lane */
	uint32_t first, count;
	unsigned int attempt;
	bool split; /* came from a batch that was refused whole: refused again, it stays refused */
	/* the plan's own */
	bool uncut; /* still to be cut into batches */
	struct plan_batch *next;
	uint64_t due_ms;
};

enum plan_step {
	PLAN_SEND, /* *batch is to be sent now */
	PLAN_WAIT, /* ask again in *wait_ms */
	PLAN_IDLE, /* ask again after the next event */
};

/* What became of a settled batch's recipients, for the tally and the ledger. */
enum plan_end {
	PLAN_DONE, /* accepted, less the refused ones */
	PLAN_AGAIN, /* waiting for another attempt under the same number, less whom probes take from its beginning */
	PLAN_SPLIT, /* waiting in smaller batches with numbers of their own */
	PLAN_REFUSED,
	PLAN_IN_DOUBT,
	PLAN_GONE, /* not taken by the provider, and the lane was stopped meanwhile: nobody will try again */
};

struct plan *plan_new(struct plan_retry retry, uint64_t seed);

/* Requires: its lanes were freed. */
void plan_free(struct plan **plan);

/* Channels are numbered from 0 in the order in which they are added. */
unsigned int plan_channel_add(struct plan *plan, const struct plan_channel *channel);

/* Takes over new limits, as after a reload; what is in flight stays. */
void plan_channel_change(struct plan *plan, unsigned int channel, const struct plan_channel *limits);

/*
 * Nothing new goes to a suspended channel. What was learnt of it stays: a channel that is opened again has the same provider,
 * who may have asked to wait, or given no answer. An operator who resumes it may have it forgiven.
 */
void plan_channel_suspend(struct plan *plan, unsigned int channel, bool suspended);
void plan_channel_forgive(struct plan *plan, unsigned int channel);

/* What its rate limit still owes, in milliseconds from now; for the ledger, and to set it after a restart. */
uint64_t plan_channel_owed_ms(const struct plan *plan, unsigned int channel, uint64_t now_ms);
void plan_channel_owe(struct plan *plan, unsigned int channel, uint64_t now_ms, uint64_t owed_ms);

/* How it stands, for people. */
struct plan_channel_view {
	bool suspended, probing;
	unsigned int in_flight, window;
	uint64_t wait_ms; /* until it may send again: rate, throttling or back-off */
	uint64_t waiting; /* recipients on its lanes, other attempts included */
	unsigned int failures;
};
void plan_channel_look(const struct plan *plan, unsigned int channel, uint64_t now_ms, struct plan_channel_view *view);

/* The red switch, and the hours in which lanes with `quiet` wait. */
void plan_stop(struct plan *plan, bool stopped);
void plan_quiet(struct plan *plan, bool quiet);

struct plan_lane_spec {
	unsigned int channel;
	uint32_t alert; /* lanes of one alert share its turn */
	enum urgency urgency;
	uint32_t size; /* positions */
	uint32_t first; /* from which nothing was cut yet: 0, or further after a restart */
	uint32_t number; /* of the next batch: 1, or further after a restart */
	uint32_t cost; /* units a recipient: parts of an SMS, else 1 */
	bool quiet; /* waits in quiet hours */
	void *owner;
};

/* The lane belongs to the plan until plan_lane_free(). */
struct plan_lane *plan_lane_add(struct plan *plan, const struct plan_lane_spec *spec);
void *plan_lane_owner(const struct plan_lane *lane);

/* Positions from here on were never cut into a batch. */
uint32_t plan_lane_next(const struct plan_lane *lane);

/* Positions that another attempt or resend is to send, however many: cut into runs under new numbers. Due at once. */
void plan_lane_resend(struct plan *plan, struct plan_lane *lane, uint32_t first, uint32_t count, unsigned int attempt);

/*
 * Nothing more is cut from it, and what waits for another attempt is forgotten: cancelled, superseded, expired. What is
 * in flight is still settled.
 */
void plan_lane_stop(struct plan *plan, struct plan_lane *lane);

/* Held: the provider refused the text itself. Nothing more is sent until it is released. */
void plan_lane_hold(struct plan *plan, struct plan_lane *lane, bool held);
bool plan_lane_held(const struct plan_lane *lane);

/* Requires: nothing of it is in flight. Afterwards *lane is NULL. */
void plan_lane_free(struct plan *plan, struct plan_lane **lane);

/* The next thing to do at now_ms (monotonic). On PLAN_SEND the batch counts as in flight from now on. */
enum plan_step plan_next(struct plan *plan, uint64_t now_ms, struct plan_batch **batch, uint64_t *wait_ms);

/*
 * How a batch ended. Applies the rules of design.md 2a: later waits (counting an attempt only for RETRY), throttling and
 * deferral hold the channel, PERM_MSG refuses the batch and holds the lane (or splits once), PERM_CHANNEL suspends the
 * channel (plan_channel_look tells). Unless the answer is PLAN_AGAIN the batch is gone.
 */
enum plan_end plan_settle(struct plan *plan, uint64_t now_ms, struct plan_batch *batch, const struct outcome *outcome);

/* A batch that turned out to have nobody in it: gives its rate back. Afterwards it is gone. */
void plan_void(struct plan *plan, struct plan_batch *batch);

/*
 * A batch of which not a byte left: it waits again as if it had never been handed out, with its attempt, its rate and the
 * channel's window untouched. PLAN_AGAIN, or PLAN_GONE where its lane was stopped meanwhile.
 */
enum plan_end plan_unsend(struct plan *plan, uint64_t now_ms, struct plan_batch *batch);

/* When `units` more on this channel, in this urgency, would begin and end leaving: milliseconds from now. */
void plan_estimate(const struct plan *plan, unsigned int channel, enum urgency urgency, uint64_t now_ms, uint64_t units,
	uint64_t *first_ms, uint64_t *last_ms);

#endif
