#ifndef APP_LISTEN_H
#define APP_LISTEN_H

#include "app/state.h"

/*
 * Our own HTTP listener: /metrics and /health for machines, /r/<word>/… for providers' receipts. The word of a channel is
 * derived from the site's random token, so a stranger cannot forge receipts.
 */
enum result listen_open(struct app *app, struct problems *problems);

/*
 * A provider's receipt is answered only when it is durable, because a provider that was told "yes" never says it again;
 * an opt-out that could not be written at once is answered 503 for the same reason.
 * Called whenever app->receipts_durable has moved: answers those whose receipts are all on disk.
 */
void listen_answer_owed(struct app *app);

/* Forgets answers that will never be given; for the end. */
void listen_drop(struct app *app);

#endif
