#ifndef FLOW_TALLY_H
#define FLOW_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/medium.h"

/*
 * The states of a lane's recipients, one byte each, with their counts. Each recipient is in exactly one state; the one
 * door that changes it refuses what design.md 2a does not allow. Positions are places in the lane's order, from 0.
 */
enum state {
	STATE_WAITING,
	STATE_IN_FLIGHT,
	STATE_ACCEPTED,
	STATE_HELD,
	STATE_DELIVERED,
	STATE_POSTED, /* a group whose provider took it */
	STATE_SHOWN, /* a sign that was read back */
	STATE_FAILED,
	STATE_REFUSED,
	STATE_UNKNOWN,
	STATE_EXPIRED,
	STATE_CANCELLED,
	STATE_OPTED_OUT, /* excluded, and why */
	STATE_CAPPED,
	STATE_NO_CHANNEL,
	STATE_GONE,
	STATE_COUNT,
};

/* "in-flight", "opted-out" … */
const char *state_name(enum state state);
bool state_find(const char *name, enum state *state);

/* One of the four reasons of `excluded`. */
bool state_excluded(enum state state);

/* Nothing more is expected: not waiting, in flight or unknown, and not accepted or held where receipts come. */
bool state_final(enum state state);

struct tally {
	uint8_t *states;
	uint32_t size;
	uint32_t counts[STATE_COUNT];
};

/* All `size` recipients begin in `state`. */
void tally_init(struct tally *tally, uint32_t size, enum state state);
void tally_fini(struct tally *tally);

/*
 * Moves one recipient. Returns false, and changes nothing, when it is there already or the move is not allowed (a receipt
 * after a refusal, a second outcome). Requires: position < size.
 */
bool tally_move(struct tally *tally, uint32_t position, enum state to);

/* Moves every recipient of positions [first, first + count) that is in `from`. Returns how many were moved. */
uint32_t tally_move_all(struct tally *tally, uint32_t first, uint32_t count, enum state from, enum state to);

/* True when a recipient may go from one to the other. */
bool state_may_follow(enum state from, enum state to);

#endif
