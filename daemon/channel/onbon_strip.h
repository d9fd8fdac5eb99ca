#ifndef CHANNEL_ONBON_STRIP_H
#define CHANNEL_ONBON_STRIP_H

#include "base/buf.h"
#include "channel/channel.h"
#include "channel/onbon_card.h"

/*
 * A strip of text on one BX-K card (led-signs.md 3.9): one dynamic area, in RAM, which the card loops by
 * itself. sign.h says what to do next, onbon_card.h how it is said, onbon_link.h carries it; here they meet
 * the batches.
 */
struct onbon_strip;

/*
 * Not connected yet. `released` is called at the end of closing, when the strip is gone. `options` stay the
 * caller's.
 */
struct onbon_strip *onbon_strip_new(struct channel *channel, const struct onbon_options *options,
	void (*released)(struct channel *channel));

/* Takes a batch, to be settled when the card has acknowledged what it changes. */
void onbon_strip_take(struct onbon_strip *strip, const struct batch *batch);

/* Leaves on the sign what is there: slogans go on without us, a takeover ends with its lease. */
void onbon_strip_close(struct onbon_strip *strip, uint64_t deadline_ms);

/* One line on what shows. */
void onbon_strip_text(const struct onbon_strip *strip, struct buf *out);

#endif
