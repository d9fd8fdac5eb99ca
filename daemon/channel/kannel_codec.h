#ifndef CHANNEL_KANNEL_CODEC_H
#define CHANNEL_KANNEL_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "flow/batch.h"
#include "flow/outcome.h"

/*
 * Kannel's sendsms as bytes (http-apis.md 9): the request's URL, the answer's class, and delivery reports as
 * they come back through our own dlr-url. No loop, no socket. The URL holds the password: it never reaches a
 * log.
 */
struct kannel_account {
	const char *url, *user, *password;
	const char *from, *smsc; /* or NULL */
	int64_t validity_min; /* 0: the gateway's */
	const char *receipt_url; /* where reports come to; NULL: none are asked for */
};

/*
 * What is the same in the URLs of an account, escaped once: all that says who asks, and the text of the last
 * batch, which is mostly that of the next one too.
 */
struct kannel_url {
	struct buf account; /* address and account */
	struct buf report, report_end; /* where reports go, before and after the batch's name; empty: none */
	struct buf text, escaped; /* of the last batch */
};

void kannel_url_init(struct kannel_url *url, const struct kannel_account *account);
void kannel_url_fini(struct kannel_url *url);

/* Appends the URL that sends a batch. False when *out is full. */
bool kannel_url_add(struct buf *out, struct kannel_url *url, const struct batch *batch);

/*
 * Reads the answer to a request for `count` numbers. False when it is not in this dialect. It tells what became of the first
 * number; the others were tried all the same, so that a "no" to several leaves them in doubt.
 */
bool kannel_judge(long status, const char *body, size_t size, uint32_t count, struct outcome *outcome);

/* True when it says that no link of the gateway carries the number. */
bool kannel_unroutable(long status, const char *body, size_t size);

/*
 * Reads a delivery report from the query that our dlr-url came back with (`query` as in struct push).
 * `now_ms` dates it where it has no time. False when it is not one of ours; *final is false for one that
 * changes nothing.
 */
bool kannel_receipt(const char *(*query)(void *arg, const char *name), void *arg, int64_t now_ms,
	struct receipt *receipt, bool *final);

#endif
