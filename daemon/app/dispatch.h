#ifndef APP_DISPATCH_H
#define APP_DISPATCH_H

#include "app/state.h"

/*
 * From the plan to the channels and back: asks what is next, cuts the slice, has the intent made durable, hands the batch
 * over, and books how it ended. The order of facts on disk is the whole promise: intent, bytes, outcome.
 */

/* The plan may have something to send: ask it on the next turn. */
void dispatch_kick(struct app *app);

/* The channel's answer to a batch (struct channel_host). */
void dispatch_settled(struct app *app, struct outlet *outlet, const struct batch *batch, const struct outcome *outcome);

/* Batches handed out by the plan and not yet settled. */
unsigned int dispatch_in_flight(const struct app *app);

/* Forgets all flights without a word, as a killed process does. */
void dispatch_abandon(struct app *app);

void dispatch_init(struct app *app);
void dispatch_fini(struct app *app);

#endif
