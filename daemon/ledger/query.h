#ifndef LEDGER_QUERY_H
#define LEDGER_QUERY_H

#include "ledger/append.h"
#include "ledger/replay.h"

/*
 * Questions about what is durable, answered at once on the loop, bounded by what the caller asks for. A `visit` returns false
 * to end early; what it is given is valid during the call; it must not append or ask in turn with the same function.
 * RESULT_OK also when nothing was found in a list; RESULT_NOT_FOUND for one thing; RESULT_IO or RESULT_CORRUPT when
 * the file cannot be read.
 */
typedef bool ledger_visit_alert(void *arg, const struct ledger_alert *alert);

enum result ledger_find_alert(struct ledger *ledger, const char *id, ledger_visit_alert *visit, void *arg);
enum result ledger_get_alert(struct ledger *ledger, uint32_t number, ledger_visit_alert *visit, void *arg);

/* Newest first. */
struct ledger_filter {
	bool open, closed, stored; /* which states; none set: all */
	int64_t from_ms, to_ms; /* accepted in [from, to); 0: unbounded */
	uint32_t before; /* only numbers below, for the next page; 0: from the newest */
	unsigned int most; /* at most so many */
};
enum result ledger_list_alerts(struct ledger *ledger, const struct ledger_filter *filter, ledger_visit_alert *visit,
	void *arg);

/* The alerts that took `number`'s place or withdrew it, and theirs: the newest of its chain, or NOT_FOUND. */
enum result ledger_newest_of_chain(struct ledger *ledger, uint32_t number, ledger_visit_alert *visit, void *arg);

/* The unexpired tombstones of an id: at most one real and one of drills from each sender. */
enum result ledger_find_tombstone(struct ledger *ledger, const char *id, int64_t now_ms,
	bool (*visit)(void *arg, const struct ledger_tombstone *tombstone), void *arg);

/*
 * Lanes of an alert in order, without their sets. `counts` are the final ones by enum state, NULL while the alert is open.
 */
typedef bool ledger_visit_lane(void *arg, uint32_t alert, uint16_t lane, const struct ledger_lane *content,
	const uint32_t *counts);
enum result ledger_list_lanes(struct ledger *ledger, uint32_t alert, ledger_visit_lane *visit, void *arg);

/* The final states of a lane of a closed alert, one byte each; NOT_FOUND while it is open. Requires: `size` is the lane's. */
enum result ledger_lane_states(struct ledger *ledger, uint32_t alert, uint16_t lane, uint8_t *states, uint32_t size);

/* Batches in order of lane and number, after `after` (number 0 of lane 0: from the first). */
typedef bool ledger_visit_batch(void *arg, const struct ledger_batch *batch);
enum result ledger_list_batches(struct ledger *ledger, struct batch_name after, unsigned int most,
	ledger_visit_batch *visit, void *arg);

/* The batches of a lane that covered a position, in the order they were cut. */
enum result ledger_covering_batches(struct ledger *ledger, uint32_t alert, uint16_t lane, uint32_t position,
	ledger_visit_batch *visit, void *arg);

/* Batches of open alerts whose outcome is unknown and unresolved, after `after` (all 0: from the first). */
enum result ledger_list_unknown(struct ledger *ledger, struct batch_name after, unsigned int most,
	ledger_visit_batch *visit, void *arg);

/* The latest alerts that a schedule made, newest occurrence first. Their texts: ledger_list_lanes. */
enum result ledger_list_occurrences(struct ledger *ledger, const char *schedule, unsigned int most,
	ledger_visit_alert *visit, void *arg);

/* The latest lanes on a channel of alerts that schedules made, newest alert first: what a group was reminded of last. */
enum result ledger_list_reminders(struct ledger *ledger, const char *channel, unsigned int most,
	ledger_visit_lane *visit, void *arg);

/* ledger_known among what is durable. */
enum result query_known(struct ledger *ledger, const char *id, uint32_t *number, char digest[65]);

#endif
