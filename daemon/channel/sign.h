#ifndef CHANNEL_SIGN_H
#define CHANNEL_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "channel/board.h"

/*
 * What any sign's driver does next, from what should show (board.h) and from what the sign is known to have:
 * write, look, erase, or wait. Leases, polls and gaps are reckoned here; pure in time, and free of any
 * protocol.
 *
 * A driver calls sign_next() whenever it is free, does that one thing, and reports how it went. Polls and
 * renewals fall on whole multiples of their periods, so that hundreds of signs are served by one waking of
 * the daemon.
 */
struct sign_now {
	int64_t wall_ms;
	uint64_t mono_ms;
};

struct sign {
	struct board board;
	uint32_t poll_ms, lease_ms;
	bool known; /* looked at since the link came up */
	bool stale; /* what it has must be written again, whatever it says */
	bool maybe; /* our area may be there */
	bool look_soon;
	unsigned int misses; /* looks in a row that did not find what was written */
	enum board_mode told_mode;
	char *told_text; /* NULL: nothing */
	uint64_t renew_ms, poll_due_ms;
	bool lit; /* believed to show what it was told */
	bool off; /* switched off: what it has is seen by nobody */
	bool was_off; /* since it was last confirmed */
	struct sign_now since; /* this text, first confirmed */
	struct sign_now seen; /* last confirmed; mono 0: never, or nothing was to show */
	uint64_t longest_gap_ms;
};

/* 0 for either: 20 s between looks, leases of 90 s. */
void sign_init(struct sign *sign, uint32_t poll_ms, uint32_t lease_ms);
void sign_fini(struct sign *sign);

enum sign_step {
	SIGN_WAIT, /* nothing to do for *wait_ms (UINT64_MAX: until something is added or removed) */
	SIGN_LOOK, /* read the status, then sign_seen() */
	SIGN_WRITE, /* write *face, then sign_told() */
	SIGN_ERASE, /* take our area down, then sign_told() */
};

/* The next thing to do with a reachable sign. *face is always filled; free it with board_face_fini. */
enum sign_step sign_next(struct sign *sign, struct sign_now now, struct board_face *face, uint64_t *wait_ms);

/*
 * Whole seconds that a takeover's area may live unless it is renewed; never past the takeover's end. At least
 * 1.
 */
uint16_t sign_lease_s(const struct sign *sign, const struct board_face *face, int64_t wall_ms);

/* The face leaves for the sign: from here on our area may be there. */
void sign_sending(struct sign *sign, const struct board_face *face);

/* The sign acknowledged it. Returns the gap that this ended, in ms, 0 for none. */
uint64_t sign_told(struct sign *sign, const struct board_face *face, struct sign_now now);

/*
 * The status was read. Names the alerts that were seen for the first time to `shown` and returns how many;
 * *gap_ms as for sign_told.
 */
unsigned int sign_seen(struct sign *sign, bool present, struct sign_now now, struct batch_name shown[BOARD_ALERTS_MOST],
	uint64_t *gap_ms);

/*
 * What the status says of its switch, before sign_seen(). Until it is on again nothing counts as shown; that time is no gap, as
 * a sign is meant to be off at night. True when it changed.
 */
bool sign_switched(struct sign *sign, bool off);

/* The link is gone: nothing is known any more. */
void sign_lost(struct sign *sign);

/* True when a link is needed: something should show, or something of ours may still stand there. */
bool sign_wants(const struct sign *sign, int64_t wall_ms);

/*
 * One line for people: text, mode, since when, last confirmed, longest gap. `basis`: "estimated" or "acked".
 */
void sign_text(const struct sign *sign, const char *basis, struct buf *out);

#endif
