#ifndef HTTP_COURIER_H
#define HTTP_COURIER_H

#include "base/buf.h"
#include "base/list.h"
#include "http/easy.h"
#include "http/http.h"

/*
 * Carries requests out: a libcurl multi with its easy handles, on the caller's loop or in a thread of its own with a loop of
 * its own. Which request goes when, and how many at once to a server, is decided before (http.c).
 *
 * A transfer is handed over whole and handed back whole, so nobody needs a lock for what it holds.
 */
struct courier;

struct transfer {
	/* What is to be sent. `request` points into the texts below. */
	struct http_request request;
	struct buf url, body, lines; /* of the headers, content type included, each ends in a line feed */

	/* What became of it. */
	enum http_end end;
	long status;
	uint32_t retry_after_ms, took_ms;
	struct buf reply;
	const char *reason; /* or NULL */

	/* The courier's own. */
	struct link link;
	struct easy *easy;
	uint64_t began_ms;
	bool given_up;
	char words[CURL_ERROR_SIZE];
};

/*
 * `loop` is where `done` is called: once for each transfer, never from inside courier_send() or courier_give_up(). With `apart`
 * the work is done in a thread of its own. `trust` stays the caller's. Requires:
 * curl_global_init() was called.
 */
struct courier *courier_new(struct loop *loop, bool apart, const struct easy_trust *trust,
	void (*done)(void *arg, struct transfer *transfer), void *arg);

/* Until `done` the transfer is the courier's: nobody else looks at it. Requires: the request was checked. */
void courier_send(struct courier *courier, struct transfer *transfer);

/* Ends it with what is then known, unless it has ended meanwhile; `done` follows. `reason` is a constant. */
void courier_give_up(struct courier *courier, struct transfer *transfer);

/* Requires: every transfer is done. The courier is gone when `closed` is called, on the loop. */
void courier_close(struct courier *courier, void (*closed)(void *arg), void *arg);

#endif
