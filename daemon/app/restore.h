#ifndef APP_RESTORE_H
#define APP_RESTORE_H

#include "app/state.h"

/*
 * After a start: what the ledger knows becomes campaigns again, each recipient in the state in which the process ended. A
 * send whose outcome was never written is in doubt: unknown, or simply repeated where a kind sets absolute state.
 */
enum result restore(struct app *app, struct problems *problems);

/* Puts what still waits back into the plan and starts the clocks of all campaigns; after the channels are open. */
void restore_start(struct app *app);

#endif
