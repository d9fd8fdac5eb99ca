#ifndef WORLDTEST_ASK_H
#define WORLDTEST_ASK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "loop/sock.h"
#include "testing/clock.h"
#include "testing/turns.h"
#include "world/world.h"

/*
 * A raw client for the tests of the world: bytes go out, whatever comes back is kept until the connection
 * ends.
 */
struct ask {
	struct loop *loop;
	struct sock *sock;
	struct buf request, reply;
	bool connected, closed;
	int error;
};

static inline void ask_connected(void *arg)
{
	struct ask *ask = arg;

	ask->connected = true;
	sock_send(ask->sock, ask->request.data, ask->request.size);
}

static inline void ask_received(void *arg, const char *bytes, size_t size)
{
	struct ask *ask = arg;

	buf_add(&ask->reply, bytes, size);
}

static inline void ask_writable(void *arg)
{
}

static inline void ask_closed(void *arg, int error)
{
	struct ask *ask = arg;

	ask->sock = NULL;
	ask->closed = true;
	ask->error = error;
}

static inline void ask_begin(struct ask *ask, struct loop *loop, uint16_t port, const void *bytes, size_t size)
{
	static const struct sock_events events = {
		.connected = ask_connected,
		.received = ask_received,
		.writable = ask_writable,
		.closed = ask_closed,
	};

	memset(ask, 0, sizeof(*ask));
	ask->loop = loop;
	buf_init(&ask->request, 1u << 20);
	buf_init(&ask->reply, 1u << 20);
	buf_add(&ask->request, bytes, size);
	ask->sock = sock_connect(loop, "127.0.0.1", port, 5000, &events, ask);
}

static inline void ask_text(struct ask *ask, struct loop *loop, uint16_t port, const char *text)
{
	ask_begin(ask, loop, port, text, strlen(text));
}

/* The body of a whole HTTP answer, or NULL while it is not whole. */
static inline const char *ask_body(const struct ask *ask)
{
	const char *text = buf_text(&ask->reply), *end = strstr(text, "\r\n\r\n");
	const char *length = strcasestr(text, "content-length:");

	if (end == NULL || length == NULL || length > end)
		return NULL;
	return strlen(end + 4) < strtoul(length + 15, NULL, 10) ? NULL : end + 4;
}

static inline bool ask_answered(void *arg)
{
	struct ask *ask = arg;

	return ask->closed || ask_body(ask) != NULL;
}

static inline int ask_status(const struct ask *ask)
{
	return ask->reply.size > 12 ? atoi(ask->reply.data + 9) : 0;
}

static inline void ask_end(struct ask *ask)
{
	if (ask->sock != NULL)
		sock_close(ask->sock, false);
	turns_until_set(ask->loop, &ask->closed);
	buf_fini(&ask->request);
	buf_fini(&ask->reply);
}

static inline void ask_get(struct ask *ask, struct loop *loop, uint16_t port, const char *path)
{
	char *text = mem_printf("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);

	ask_text(ask, loop, port, text);
	free(text);
}

static inline void ask_post(struct ask *ask, struct loop *loop, uint16_t port, const char *path, const char *body)
{
	char *text = mem_printf(
		"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", path,
		strlen(body), body);

	ask_text(ask, loop, port, text);
	free(text);
}

/* Asks and waits for the answer: status and a copy of the body to free() (NULL where none came whole). */
static inline int ask_for(struct ask *ask, char **body)
{
	turns_until(ask->loop, ask_answered, ask);
	int status = ask_status(ask);
	const char *text = ask_body(ask);

	*body = text == NULL ? NULL : mem_strdup(text);
	ask_end(ask);
	return *body == NULL ? 0 : status;
}

#endif
