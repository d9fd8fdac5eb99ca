#ifndef WORLD_FAULT_H
#define WORLD_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What can go wrong on purpose. Of the faults of a request at most one is played per request, the first of
 * this list that fires; amounts and receipt faults come on top of it. "Taken" says what is true afterwards.
 */
enum world_fault {
	/* amounts, in `next` */
	WORLD_FAULT_LATENCY, /* every answer comes so many ms later */
	WORLD_FAULT_JITTER, /* and up to so many more */
	WORLD_FAULT_RECEIPT_LATE, /* every receipt comes so many ms later */
	/* a request, best first */
	WORLD_FAULT_RESET_BEFORE, /* reset before the body is read; not taken */
	WORLD_FAULT_AUTH, /* answered as if the account were disabled; not taken */
	WORLD_FAULT_THROTTLE, /* the peer's "slow down"; not taken. Signs: NACK 3 busy */
	WORLD_FAULT_ERROR, /* HTTP 503; not taken. Signs: NACK 7 flash error */
	WORLD_FAULT_ERROR_TAKEN, /* HTTP 503, yet taken */
	WORLD_FAULT_LIE_ERROR, /* HTTP success with an error code in the body; not taken */
	WORLD_FAULT_DROP, /* answered with success, yet not taken */
	WORLD_FAULT_GARBAGE, /* taken, answered with bytes that mean nothing. Signs: a wrong CRC */
	WORLD_FAULT_WRONG_JSON, /* taken, answered with well-formed JSON of another shape */
	WORLD_FAULT_HANG, /* taken, never answered */
	WORLD_FAULT_HANG_BEFORE, /* not taken, never answered */
	WORLD_FAULT_RESET_AFTER, /* taken, then reset without an answer */
	WORLD_FAULT_RESET_MIDDLE, /* taken, reset in the middle of the answer */
	WORLD_FAULT_CUT, /* taken, connection closed in the middle of the answer. Signs: half a frame */
	WORLD_FAULT_WRONG_SIZE, /* signs: the parameter reply tells another panel size */
	/* each receipt */
	WORLD_FAULT_RECEIPT_DOUBLE, /* handed over twice */
	WORLD_FAULT_RECEIPT_MISSING, /* never */
	WORLD_FAULT_RECEIPT_REORDER, /* the final one before the intermediate one, numbers backwards */
	WORLD_FAULT_RECEIPT_WRONG, /* for a number that nobody asked for */
	WORLD_FAULT_UNDELIVERED, /* the handset is gone: the final receipt says so */
	WORLD_FAULTS,
};

/* "reset-before"; and back, WORLD_FAULTS for a name that is none. What it does, in Chinese, for the page. */
const char *world_fault_name(enum world_fault fault);
enum world_fault world_fault_find(const char *name);
const char *world_fault_words(enum world_fault fault);
bool world_fault_is_amount(enum world_fault fault);
bool world_fault_is_receipt(enum world_fault fault);

#endif
