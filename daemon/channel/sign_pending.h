#ifndef CHANNEL_SIGN_PENDING_H
#define CHANNEL_SIGN_PENDING_H

#include <stdbool.h>

#include "base/list.h"
#include "channel/board.h"
#include "channel/channel.h"

/*
 * The batches of a sign that are not settled yet: their texts are on the board already, and the sign has not
 * acknowledged them. Protocol-free.
 */
struct sign_pending {
	struct channel *channel;
	struct board *board;
	struct list list;
};

void sign_pending_init(struct sign_pending *pending, struct channel *channel, struct board *board);

bool sign_pending_empty(const struct sign_pending *pending);

/* Adds a batch; `checked`: its texts need not be looked at again once the sign is known. */
void sign_pending_add(struct sign_pending *pending, const struct batch *batch, bool checked);

/* All are in the request that leaves now. */
void sign_pending_carry(struct sign_pending *pending);

/*
 * Settles all, or those carried. A text that did not come to show is taken off the board: it must not show
 * later by itself, the plan sends it again if it still wants it. Slogans stay, unless they were refused.
 */
void sign_pending_settle(struct sign_pending *pending, bool only_carried, const struct outcome *outcome);

/* Judges each batch not yet checked; what `judge` finds unfit (false, with *outcome) is settled so. */
void sign_pending_check(struct sign_pending *pending,
	bool (*judge)(void *arg, const struct batch *batch, struct outcome *outcome), void *arg);

#endif
