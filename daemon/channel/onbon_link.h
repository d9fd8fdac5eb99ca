#ifndef CHANNEL_ONBON_LINK_H
#define CHANNEL_ONBON_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "channel/onbon_reply.h"
#include "loop/loop.h"

/*
 * The connection to one BX-K card: comes up when it is wanted, comes back after 1, 2, 4 … 60 s when it fails,
 * carries one request at a time, and gives up a peer that does not answer. What is asked and why is its
 * owner's business.
 */
struct onbon_link;

struct onbon_link_events {
	void (*up)(void *arg);
	/* Could not be made, or is over; `words` say why. While it is wanted it is tried again. */
	void (*down)(void *arg, const char *words);
	void (*reply)(void *arg, const struct onbon_reply *reply);
	/* After onbon_link_close: the link is gone. */
	void (*closed)(void *arg);
};

/* `address` as the configuration has it ("10.0.0.8:5005"), valid during the call. Not connected yet. */
struct onbon_link *onbon_link_new(struct loop *loop, const char *address, uint32_t connect_ms, uint32_t reply_ms,
	const struct onbon_link_events *events, void *arg);

/* Wants the link. At once also during a pause between tries when `now`. */
void onbon_link_want(struct onbon_link *link, bool now);

/* Does not want it any more: ends it when what was sent has left. No `down` follows. */
void onbon_link_rest(struct onbon_link *link);

/* Up, and no request waits for its reply. */
bool onbon_link_free(const struct onbon_link *link);
bool onbon_link_is_up(const struct onbon_link *link);

/* Sends a request (its data field); `reply` or `down` follows. Requires: onbon_link_free. */
void onbon_link_ask(struct onbon_link *link, struct onbon_head head, const struct buf *data);

/* Breaks it off as if it had failed: `down` follows with these words. */
void onbon_link_drop(struct onbon_link *link, const char *words);

/* Ends everything; `closed` follows. */
void onbon_link_close(struct onbon_link *link);

#endif
