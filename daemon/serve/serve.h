#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "base/result.h"
#include "loop/loop.h"

/*
 * A small HTTP server on the loop (libmicrohttpd by its epoll descriptor): metrics, health, receipts, and the pages of
 * the pretend world. One handler sees every whole request, with its body of at most SERVE_BODY_MOST bytes (a longer one
 * is answered 413 before it gets here). At most SERVE_CONNECTIONS clients at once, each for at most 30 s without
 * a whole request.
 *
 * A handler answers at once, or later by the request's number, or opens a stream of events, or drops the connection.
 */
struct serve;
struct serve_request;

#define SERVE_BODY_MOST   (1u << 20)
#define SERVE_CONNECTIONS 512u
#define SERVE_STREAM_MOST (256u << 10) /* bytes that a slow listener may be behind */

enum serve_verdict {
	SERVE_ANSWER, /* `reply` is filled */
	SERVE_LATER, /* serve_answer() or serve_drop() will follow with serve_id() */
	/* Server-Sent Events: `body`, if any, goes first (copied); serve_push() follows until serve_drop() or the client leaves. */
	SERVE_STREAM,
	SERVE_DROP, /* close the connection without a byte of reply */
};

enum serve_body {
	SERVE_COPY, /* the bytes are copied before the call returns */
	SERVE_TAKE, /* the bytes are from malloc() and now the server's to free, whatever comes */
	SERVE_STATIC, /* the bytes stay as they are as long as the program runs */
};

struct serve_reply {
	unsigned int status; /* 0: 200 */
	const char *type; /* content type; NULL: "text/plain; charset=utf-8" */
	const char *const *headers; /* further NULL-ended lines "Name: value", or NULL; copied */
	const void *body;
	size_t body_size;
	enum serve_body body_kind;
	/* Fault injection for the pretend world: announce the whole body, send `cut_after` bytes of it, break off. */
	bool cut;
	size_t cut_after;
};

/* `reply` comes in zeroed. The request is valid during the call only. */
typedef enum serve_verdict serve_handler(void *arg, const struct serve_request *request, struct serve_reply *reply);

/*
 * Listens on a numeric address and port (0 chooses a free one). RESULT_BUSY with a problem naming `listen.port` when the
 * port is taken; RESULT_INVALID naming `listen.address` when the address is not one of this machine's.
 */
enum result serve_open(struct loop *loop, const char *address, uint16_t port, serve_handler *handler, void *arg,
	struct serve **serve, struct problems *problems);

/*
 * Called, once each, when a stream or a later answer can no longer reach its client; a client that leaves is noticed when
 * something is next sent to it (streams get a comment line every 15 s). Not called for what serve_close() breaks off.
 */
void serve_on_gone(struct serve *serve, void (*gone)(void *arg, uint64_t id));

uint16_t serve_port(const struct serve *serve);

/* Breaks off all connections, then `closed` (may be NULL) comes later and the serve is gone. */
void serve_close(struct serve *serve, void (*closed)(void *arg), void *arg);

/* "GET", and the path without the query, percent-decoded. */
const char *serve_method(const struct serve_request *request);
const char *serve_path(const struct serve_request *request);

/* The decoded value of a query parameter ("" when it has none), a header's value; NULL when absent. */
const char *serve_query(const struct serve_request *request, const char *name);
const char *serve_header(const struct serve_request *request, const char *name);

/* Walks all query parameters in order. */
void serve_each_query(const struct serve_request *request, void (*each)(void *arg, const char *name, const char *value),
	void *arg);

/* The body, ending in a zero that *size leaves out; never NULL. */
const char *serve_body(const struct serve_request *request, size_t *size);

/* The client's numeric address, without the port. */
const char *serve_peer(const struct serve_request *request);

/* Names the request for serve_answer(), serve_push() and serve_drop(); never 0, never used twice. */
uint64_t serve_id(const struct serve_request *request);

/*
 * The late answer. False when the client is known to be gone or the id was answered already; a body of kind SERVE_TAKE
 * is freed then as well.
 */
bool serve_answer(struct serve *serve, uint64_t id, const struct serve_reply *reply);

/*
 * Sends bytes on a stream as they are (the caller writes "event: …\ndata: …\n\n"). False when the client is gone, or so
 * far behind that it was dropped.
 */
bool serve_push(struct serve *serve, uint64_t id, const void *bytes, size_t size);

/* Breaks off a later answer without a byte of reply; ends a stream after what was pushed. */
void serve_drop(struct serve *serve, uint64_t id);

/* Connections now open, for metrics. */
unsigned int serve_connections(const struct serve *serve);

#endif
