#ifndef WORLD_HTTPD_H
#define WORLD_HTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"

/*
 * An HTTP server on the loop that can answer late, lie about its length, cut and reset. libmicrohttpd runs
 * inside, driven by its epoll descriptor; waiting requests and event streams are suspended, so nothing spins.
 * The only file of the world that knows uv.h or microhttpd.h. Internal.
 */
struct world_httpd;
struct world_call;
struct world_stream;

struct world_httpd_events {
	/* The headers are known. False: the connection is reset and nothing is read. May be NULL. */
	bool (*begun)(void *arg, struct world_call *call);
	/*
	 * The whole request is there. It must be answered once with one of the functions below, now or later.
	 */
	void (*asked)(void *arg, struct world_call *call);
};

/* NULL with errno when the address is refused. Port 0 chooses a free one. */
struct world_httpd *world_httpd_new(struct loop *loop, const char *address, uint16_t port,
	const struct world_httpd_events *events, void *arg);
uint16_t world_httpd_port(const struct world_httpd *httpd);

/* Resets what waits, ends the streams, stops; `closed` comes on a later turn. */
void world_httpd_close(struct world_httpd *httpd, void (*closed)(void *arg), void *arg);

const char *world_call_method(const struct world_call *call);
const char *world_call_path(const struct world_call *call);
const char *world_call_query(const struct world_call *call); /* not decoded, "" if none */
const char *world_call_body(const struct world_call *call); /* ends in a zero, "" if none */
size_t world_call_body_size(const struct world_call *call);

/* A value that the owner hangs on a call between `begun` and `asked`. */
void world_call_set_tag(struct world_call *call, int tag);
int world_call_tag(const struct world_call *call);

enum world_ending {
	WORLD_WHOLE,
	WORLD_CUT, /* half of the body, then closed */
	WORLD_RESET_MIDDLE, /* half of the body, then reset */
	WORLD_RESET, /* no answer, reset */
	WORLD_HANG, /* no answer for ten minutes, then reset */
	WORLD_HEADERS, /* the headers, then closed */
	WORLD_STALL, /* half of the body, then silence for ten minutes, then closed */
	WORLD_DRIP, /* the body comes a byte a second */
	WORLD_HANG_UP, /* whole, then closed unannounced */
	WORLD_TOO_LONG, /* more bytes than the header says */
	WORLD_HUGE, /* the body and 64 MiB of blanks, duly announced */
};

struct world_answer {
	int status;
	const char *type; /* Content-Type */
	const char *server; /* Server header, or NULL */
	const char *header, *value; /* one more header, or NULL */
	const char *body; /* copied */
	size_t size;
	enum world_ending ending;
};

/* Answers after `delay_ms` (0: at once). The call is gone afterwards. */
void world_call_answer(struct world_call *call, const struct world_answer *answer, uint32_t delay_ms);

/*
 * Answers with an event stream that stays open. `ended` is called once when it is over; the stream is gone
 * then.
 */
struct world_stream *world_call_stream(struct world_call *call, void (*ended)(void *arg, struct world_stream *stream),
	void *arg);

/* Adds bytes. False when the reader is so slow that 1 MiB waits already; nothing was added. */
bool world_stream_send(struct world_stream *stream, const char *bytes, size_t size);

#endif
