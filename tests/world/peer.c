#include "testing/peer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/require.h"
#include "loop/sock.h"

const char peer_ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

struct talk {
	struct peer *peer;
	struct link link;
	struct sock *sock;
	struct buf in;
	const char *drip;
	struct timer next_drop;
};

struct peer {
	struct loop *loop;
	struct sock_server *server;
	struct peer_step *steps;
	size_t count;
	struct list talks;
	unsigned int requests;
	unsigned int connections;
	unsigned int open;
	bool frozen;
	char *last;
};

static void drop(void *arg)
{
	struct talk *talk = arg;

	if (*talk->drip == '\0')
		return;
	sock_send(talk->sock, talk->drip++, 1);
	timer_arm(&talk->next_drop, 1);
}

static void act(struct talk *talk)
{
	struct peer *peer = talk->peer;
	size_t number = peer->requests - 1;
	const struct peer_step *step = &peer->steps[number < peer->count ? number : peer->count - 1];
	const char *text = step->text != NULL ? step->text : peer_ok;

	switch (step->act) {
	case PEER_REPLY:
		sock_send(talk->sock, text, strlen(text));
		break;
	case PEER_LAST:
		sock_send(talk->sock, text, strlen(text));
		sock_close(talk->sock, true);
		break;
	case PEER_CLOSE:
		sock_close(talk->sock, false);
		break;
	case PEER_SILENT:
		break;
	case PEER_DRIP:
		talk->drip = text;
		timer_arm(&talk->next_drop, 1);
		break;
	}
}

/* The size of the request at the front, 0 while it is not whole. Only what libcurl sends: Content-Length, no chunks. */
static size_t whole_request(const struct buf *in)
{
	const char *end = strstr(buf_text(in), "\r\n\r\n");
	const char *length = strcasestr(buf_text(in), "\r\nContent-Length:");

	if (end == NULL)
		return 0;
	size_t size = (size_t)(end + 4 - in->data);
	if (length != NULL && length < end)
		size += strtoul(length + 17, NULL, 10);
	return in->size >= size ? size : 0;
}

static void on_received(void *arg, const char *bytes, size_t size)
{
	struct talk *talk = arg;
	struct peer *peer = talk->peer;
	size_t whole;

	if (peer->frozen)
		return;
	REQUIRE(buf_add(&talk->in, bytes, size));
	while ((whole = whole_request(&talk->in)) > 0) {
		free(peer->last);
		peer->last = mem_strndup(talk->in.data, whole);
		buf_drop(&talk->in, whole);
		peer->requests++;
		act(talk);
	}
}

static void on_closed(void *arg, int error)
{
	struct talk *talk = arg;

	talk->peer->open--;
	timer_disarm(&talk->next_drop);
	list_remove(&talk->link);
	buf_fini(&talk->in);
	free(talk);
}

static void on_accepted(void *arg, struct sock *sock)
{
	static const struct sock_events events = {.received = on_received, .closed = on_closed};
	struct peer *peer = arg;
	struct talk *talk = mem_zalloc(sizeof(*talk));

	talk->peer = peer;
	talk->sock = sock;
	buf_init(&talk->in, 8u << 20);
	timer_init(&talk->next_drop, peer->loop, drop, talk);
	list_push_back(&peer->talks, &talk->link);
	peer->connections++;
	peer->open++;
	sock_adopt(sock, &events, talk);
}

struct peer *peer_open(struct loop *loop, const struct peer_step *steps, size_t count)
{
	struct peer *peer = mem_zalloc(sizeof(*peer));

	REQUIRE(count > 0);
	peer->loop = loop;
	list_init(&peer->talks);
	peer->steps = mem_calloc(count, sizeof(*steps));
	memcpy(peer->steps, steps, count * sizeof(*steps));
	peer->count = count;
	peer->server = sock_listen(loop, "127.0.0.1", 0, on_accepted, peer);
	REQUIRE(peer->server != NULL);
	return peer;
}

void peer_hang_up(struct peer *peer)
{
	for (struct link *l = list_first(&peer->talks); l != NULL; l = list_next(&peer->talks, l))
		sock_close(list_object(l, struct talk, link)->sock, false);
}

void peer_close(struct peer *peer)
{
	peer_hang_up(peer);
	sock_server_close(peer->server, NULL, NULL);
}

void peer_free(struct peer **peer)
{
	REQUIRE((*peer)->open == 0);
	free((*peer)->steps);
	free((*peer)->last);
	free(*peer);
	*peer = NULL;
}

uint16_t peer_port(const struct peer *peer)
{
	return sock_server_port(peer->server);
}

unsigned int peer_requests(const struct peer *peer)
{
	return peer->requests;
}

unsigned int peer_connections(const struct peer *peer)
{
	return peer->connections;
}

unsigned int peer_open_now(const struct peer *peer)
{
	return peer->open;
}

const char *peer_last(const struct peer *peer)
{
	return peer->last != NULL ? peer->last : "";
}

void peer_freeze(struct peer *peer, bool frozen)
{
	peer->frozen = frozen;
}
