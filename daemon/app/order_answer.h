#ifndef APP_ORDER_ANSWER_H
#define APP_ORDER_ANSWER_H

#include "app/state.h"

/*
 * What operators did goes into the audit trail, and an order that changes something is answered when it is durable, not
 * before: what an operator was told to be done is done, whatever happens to the process a moment later. Who got no answer
 * asks again.
 *
 * While the ledger cannot be written at all, nobody is left waiting: the order is in force, and the answer says that it is
 * not written down.
 */

/*
 * False, and answered, where a question to the ledger failed: what it cannot tell now is not told as if there were nothing.
 * NOT_FOUND is an answer.
 */
bool order_read(struct control_call *call, enum result result);

/* Writes into the audit trail what an operator did; for what changes nothing that must last. */
void order_note(struct app *app, const struct control_call *call, const char *kind, const char *what, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Writes into the audit trail what an operator did, and answers with `result` (taken over) when that, and all that was
 * written down before it, is durable.
 */
void order_done(struct app *app, struct control_call *call, json_t *result, const char *kind, const char *what, ...)
	__attribute__((format(printf, 5, 6)));

/* The same where the record is another: hand order_durable and what order_owe() returns to a call of ledger/append.h. */
void *order_owe(struct app *app, struct control_call *call, json_t *result);
void order_durable(void *arg, enum result result);

/* The ledger's health has changed: who waits for it while it is failing is told so. */
void order_health(struct app *app);

/* At the very end: nobody is told any more. */
void order_drop(struct app *app);

#endif
