#ifndef TESTS_CHANNEL_GATEWAY_H
#define TESTS_CHANNEL_GATEWAY_H

/*
 * A pretend HTTP gateway on 127.0.0.1 that answers every request with the bytes it was given, or misbehaves.
 * It knows no dialect and shares no code with the drivers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "loop/sock.h"
#include "testing/turns.h"

enum manner {
	MANNER_ANSWER, /* with `says` */
	MANNER_SILENT, /* never */
	MANNER_CUT, /* announces more than it sends, and hangs up */
	MANNER_HUGE, /* half a megabyte */
	MANNER_RESET, /* hangs up without a word */
};

struct gateway {
	struct loop *loop;
	struct sock_server *server;
	enum manner manner;
	int status;
	const char *header; /* a further header line with its end, or "" */
	const char *says;
	unsigned int requests;
	struct buf last; /* the last request, whole */
	unsigned int open;
	bool closed;
};

struct visitor {
	struct gateway *gateway;
	struct sock *sock;
	struct buf bytes;
};

static inline void visitor_answer(struct visitor *visitor)
{
	struct gateway *gateway = visitor->gateway;
	struct buf out;

	if (gateway->manner == MANNER_SILENT)
		return;
	if (gateway->manner == MANNER_RESET) {
		sock_close(visitor->sock, false);
		return;
	}
	buf_init(&out, 4 << 20);
	size_t size = gateway->manner == MANNER_HUGE ? 512 << 10 : strlen(gateway->says);
	size_t told = gateway->manner == MANNER_CUT ? size + 100 : size;
	buf_printf(&out, "HTTP/1.1 %d Whatever\r\nContent-Length: %zu\r\n%s\r\n", gateway->status, told,
		gateway->header);
	if (gateway->manner == MANNER_HUGE)
		for (size_t i = 0; i < size; i++)
			buf_add_byte(&out, ' ');
	else
		buf_add_text(&out, gateway->says);
	sock_send(visitor->sock, out.data, out.size);
	buf_fini(&out);
	if (gateway->manner == MANNER_CUT)
		sock_close(visitor->sock, true);
}

static inline void visitor_received(void *arg, const char *bytes, size_t size)
{
	struct visitor *visitor = arg;

	buf_add(&visitor->bytes, bytes, size);
	const char *end = strstr(buf_text(&visitor->bytes), "\r\n\r\n");
	if (end == NULL)
		return;
	const char *length = strcasestr(visitor->bytes.data, "\r\nContent-Length:");
	size_t body = length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0;
	size_t whole = (size_t)(end + 4 - visitor->bytes.data) + body;
	if (visitor->bytes.size < whole)
		return;
	buf_clear(&visitor->gateway->last);
	buf_add(&visitor->gateway->last, visitor->bytes.data, whole);
	buf_drop(&visitor->bytes, whole);
	visitor->gateway->requests++;
	visitor_answer(visitor);
}

static inline void visitor_closed(void *arg, int error)
{
	struct visitor *visitor = arg;

	visitor->gateway->open--;
	buf_fini(&visitor->bytes);
	free(visitor);
}

static inline void gateway_accepted(void *arg, struct sock *sock)
{
	static const struct sock_events events = {.received = visitor_received, .closed = visitor_closed};
	struct visitor *visitor = calloc(1, sizeof(*visitor));

	visitor->gateway = arg;
	visitor->gateway->open++;
	visitor->sock = sock;
	buf_init(&visitor->bytes, 1 << 20);
	sock_adopt(sock, &events, visitor);
}

static inline void gateway_open(struct gateway *gateway, struct loop *loop)
{
	*gateway = (struct gateway){.loop = loop, .status = 200, .header = "", .says = ""};
	buf_init(&gateway->last, 1 << 20);
	gateway->server = sock_listen(loop, "127.0.0.1", 0, gateway_accepted, gateway);
	assert_non_null(gateway->server);
}

static inline void gateway_on_closed(void *arg)
{
	bool *closed = arg;

	*closed = true;
}

static inline bool gateway_is_empty(void *arg)
{
	const struct gateway *gateway = arg;

	return gateway->closed && gateway->open == 0;
}

/* The clients must have closed their connections. */
static inline void gateway_close(struct gateway *gateway)
{
	sock_server_close(gateway->server, gateway_on_closed, &gateway->closed);
	assert_true(turns_until(gateway->loop, gateway_is_empty, gateway));
	buf_fini(&gateway->last);
}

#endif
