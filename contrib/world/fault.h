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
	WORLD_FAULT_THROTTLE_ODD, /* HTTP 429 with a Retry-After of 0, of years, negative, or of words; not taken */
	WORLD_FAULT_ERROR, /* HTTP 503; not taken. Signs: NACK 7 flash error */
	WORLD_FAULT_ERROR_TAKEN, /* HTTP 503, yet taken */
	WORLD_FAULT_LIE_ERROR, /* HTTP success with an error code in the body; not taken */
	WORLD_FAULT_REFUSE_SOME, /* SMS: a request with a number that ends in 7 is refused for it; not taken */
	WORLD_FAULT_REFUSE_TEXT, /* gateways and robots: the text itself is refused; not taken */
	WORLD_FAULT_REDIRECT, /* HTTP 302 to elsewhere; not taken */
	WORLD_FAULT_DROP, /* answered with success, yet not taken */
	WORLD_FAULT_UNKNOWN_CODE, /* taken (robots: not), answered with a code that no book lists */
	WORLD_FAULT_EMPTY, /* taken, answered with success and an empty body. Signs: a frame without data */
	WORLD_FAULT_GARBAGE, /* taken, answered with bytes that mean nothing. Signs: a wrong CRC */
	WORLD_FAULT_WRONG_JSON, /* taken, answered with well-formed JSON of another shape */
	WORLD_FAULT_HUGE, /* taken, answered with success and 64 MiB of blanks. Signs: a frame that does not end */
	WORLD_FAULT_TOO_LONG, /* taken, more bytes than the announced length. Signs: the answer, twice, and stray bytes */
	WORLD_FAULT_DRIP, /* taken, the answer comes a byte a second */
	WORLD_FAULT_HANG_UP, /* taken, answered, then the connection is closed without a word */
	WORLD_FAULT_HEADERS_ONLY, /* taken, connection closed after the headers. Signs: after the lead-in */
	WORLD_FAULT_STALL, /* taken, half of the answer, then silence */
	WORLD_FAULT_HANG, /* taken, never answered */
	WORLD_FAULT_HANG_BEFORE, /* not taken, never answered */
	WORLD_FAULT_RESET_AFTER, /* taken, then reset without an answer */
	WORLD_FAULT_RESET_MIDDLE, /* taken, reset in the middle of the answer */
	WORLD_FAULT_CUT, /* taken, connection closed in the middle of the answer. Signs: half a frame */
	WORLD_FAULT_WRONG_SIZE, /* signs: the parameter reply tells another panel size */
	WORLD_FAULT_SHOWS_OTHER, /* signs: an update is answered as shown, and something else is */
	/* each receipt */
	WORLD_FAULT_RECEIPT_DOUBLE, /* handed over twice */
	WORLD_FAULT_RECEIPT_MISSING, /* never */
	WORLD_FAULT_RECEIPT_REORDER, /* the final one before the intermediate one, numbers backwards */
	WORLD_FAULT_RECEIPT_WRONG, /* for a number that nobody asked for */
	WORLD_FAULT_RECEIPT_FOREIGN, /* under the name of the request before */
	WORLD_FAULT_RECEIPT_EARLY, /* before the answer to the request, which comes 2 s late */
	WORLD_FAULT_RECEIPT_STRANGE, /* with a code that no book lists */
	WORLD_FAULT_UNDELIVERED, /* the handset is gone: the final receipt says so */
	/* the door: on or off. Signs, and gateways and robots with a port of their own */
	WORLD_FAULT_CONNECT_HANG, /* new connections are neither taken nor refused; those that stand go on */
	WORLD_FAULT_CONNECT_REFUSED, /* nobody listens, and all connections are reset. A sign keeps what it shows */
	WORLD_FAULTS,
};

/* "reset-before"; and back, WORLD_FAULTS for a name that is none. What it does, in Chinese, for the page. */
const char *world_fault_name(enum world_fault fault);
enum world_fault world_fault_find(const char *name);
const char *world_fault_words(enum world_fault fault);
bool world_fault_is_amount(enum world_fault fault);
bool world_fault_is_receipt(enum world_fault fault);
bool world_fault_is_door(enum world_fault fault);

#endif
