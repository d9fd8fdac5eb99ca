#ifndef APP_RECEIPTS_H
#define APP_RECEIPTS_H

#include "app/state.h"

/*
 * Facts that come after an outcome: receipts and read-backs. A receipt settles who is accepted, held or unknown, and never
 * reopens another verdict. Residents' replies that ask to be left alone become opt-outs.
 */

/* The provider calls this batch `provider_id`: receipts under that name belong to it. */
void receipts_expect(struct app *app, const struct outlet *outlet, const char *provider_id, struct batch_name name);

/* A campaign is over: nothing more is expected for it. */
void receipts_forget(struct app *app, uint32_t alert);

/* As struct channel_host says. */
void receipts_come(struct app *app, struct outlet *outlet, const struct receipt *receipts, unsigned int count);
void receipts_reply(struct app *app, struct outlet *outlet, phone_t phone, const char *text);

/* Before the first reply, and for the end: opt-outs that could not be written yet are given a last try. */
void receipts_init(struct app *app);
void receipts_fini(struct app *app);

#endif
