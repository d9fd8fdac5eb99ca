#ifndef APP_LISTEN_H
#define APP_LISTEN_H

#include "app/state.h"

/*
 * Our own HTTP listener: /metrics and /health for machines, /r/<word>/… for providers' receipts. The word of a channel is
 * derived from the site's random token, so a stranger cannot forge receipts.
 */
enum result listen_open(struct app *app, struct problems *problems);

#endif
