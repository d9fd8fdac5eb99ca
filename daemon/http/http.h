#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"

/*
 * A request goes in, one reply comes back. HTTP/1.1 with kept connections, no redirects, TLS verified, plain HTTP only where
 * the caller says so. Drivers never see a CURL *.
 *
 * The work is libcurl's, one multi on our loop, or one in each of a few threads: it is what sending costs most, so that a
 * daemon that has processors leaves it to them. Callers do not see the difference.
 */
struct http;
struct http_call;

/* What a channel's account has in common for all its requests. Strings are the caller's and stay valid until http_free. */
struct http_route {
	const char *proxy; /* or NULL */
	const char *source_address; /* numeric address or interface, or NULL */
	const char *ca_file; /* the only authorities trusted then; NULL: the system's */
	bool allow_plain_http; /* else http:// is refused, except to 127.0.0.0/8, [::1] and localhost */
	uint32_t connect_ms; /* 0: 5000 */
	uint32_t total_ms; /* 0: 30000 */
};

struct http_request {
	const struct http_route *route;
	const char *url;
	const char *method; /* "GET" or "POST" */
	const char *content_type; /* with a body, else NULL */
	const char *const *headers; /* NULL-ended lines "Name: value", or NULL */
	const void *body; /* copied */
	size_t body_size;
	size_t reply_most; /* a longer body ends the call as HTTP_TOO_BIG; 0: 64 KiB */
};

/* What is known of the request when no reply came decides between "try again" and "in doubt". */
enum http_end {
	HTTP_REPLIED, /* `status` and `body` are the server's, whole */
	HTTP_NOT_SENT, /* nothing of the request can have been acted on: not connected, TLS refused, not a byte sent */
	HTTP_IN_DOUBT, /* some of it left and no whole reply came: timeout, reset, cut */
	HTTP_TOO_BIG, /* a reply began and was longer than allowed: in doubt as well */
	HTTP_REFUSED, /* we refuse to send it: plain http, bad URL */
};

struct http_reply {
	enum http_end end;
	long status;
	const char *body; /* ends in a zero that body_size leaves out; valid during the call */
	size_t body_size;
	uint32_t retry_after_ms; /* from the header, 0 none */
	uint32_t took_ms;
	const char *reason; /* libcurl's words where there is no reply; never holds the URL */
};

#define HTTP_APART_MOST 4u

/*
 * At most `connections` at once per host (0: 32), rounded up to a multiple of the threads. `apart` is the number of threads, at
 * most HTTP_APART_MOST; 0: the loop itself sends, which a clock that a test holds needs.
 */
struct http *http_new(struct loop *loop, unsigned int connections, unsigned int apart);

/* How many threads this machine has room for. */
unsigned int http_couriers(void);

/*
 * Ends every call (each gets its `done` with HTTP_IN_DOUBT or HTTP_NOT_SENT), then calls `closed`. Afterwards http is
 * gone.
 */
void http_close(struct http *http, void (*closed)(void *arg), void *arg);

/*
 * Sends, once: a request whose kept connection ends without a reply is reported as HTTP_IN_DOUBT, never sent again behind
 * the caller's back. Connections that waited for more than 4 s are not used again, as servers hang up on them.
 * `done` is called exactly once, never from inside this call. The request's strings and body are copied; the
 * route stays the caller's.
 */
struct http_call *http_send(struct http *http, const struct http_request *request,
	void (*done)(void *arg, const struct http_reply *reply), void *arg);

/* Gives up: `done` follows soon, on a later turn, with what is then known. */
void http_cancel(struct http_call *call);

/* Calls not yet done. */
unsigned int http_pending(const struct http *http);

/* Percent-encodes by RFC 3986's unreserved set, upper-case hex, space as %20. Adds to *out (new string) to free(). */
char *http_escape(const void *bytes, size_t size);

#endif
