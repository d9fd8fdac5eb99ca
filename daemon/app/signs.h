#ifndef APP_SIGNS_H
#define APP_SIGNS_H

#include "app/state.h"

/*
 * What signs are told besides alerts: which slogans roll now, and to take an alert down. Both set absolute state, so they
 * need no ledger: after a restart they are simply said again.
 */

/* Until when an alert owns a sign: signs.takeover after its acceptance for an immediate one, never past `until`; else 0. */
int64_t signs_takeover_until(const struct campaign *campaign);

/* Takes the lane's alert down. Does nothing when it was never put up. */
void signs_clear(struct lane *lane);

/* Says what should roll on this sign now, and sets its alarm for the next change. For a channel just opened, too. */
void signs_roll(struct outlet *outlet);

/* After a restart or a reopened channel: puts up again what the sign should be showing. */
void signs_show_again(struct outlet *outlet);

/* True when this batch came from here; then its outcome was handled. */
bool signs_settled(struct outlet *outlet, const struct batch *batch, const struct outcome *outcome);

/* Forgets what was said; for the end. */
void signs_fini(struct outlet *outlet);

#endif
