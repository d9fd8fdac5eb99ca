#include "world/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/require.h"
#include "loop/sock.h"
#include "world/query.h"

#define HEAD_MOST    (32u << 10)
#define REQUEST_MOST (64u << 10)
#define PATIENCE_MS  10000u

/* One connection, or the place for one. */
struct place {
	struct world_client *client;
	struct sock *sock; /* NULL: none */
	bool connected, closing, idle;
	char host[64];
	uint16_t port;
	struct buf request, head;
	size_t body_left;
	bool in_body;
	struct timer patience;
	void (*done)(void *arg, int status); /* NULL: no request */
	void *arg;
	int status;
};

struct world_client {
	struct loop *loop;
	struct place places[WORLD_CLIENT_AT_ONCE];
	unsigned int busy, open;
	bool closing;
	struct deferred gone;
	void (*closed)(void *arg);
	void *closed_arg;
};

static void be_gone(void *arg)
{
	struct world_client *client = arg;
	void (*closed)(void *) = client->closed;
	void *closed_arg = client->closed_arg;

	for (unsigned int i = 0; i < WORLD_CLIENT_AT_ONCE; i++) {
		buf_fini(&client->places[i].request);
		buf_fini(&client->places[i].head);
	}
	free(client);
	closed(closed_arg);
}

static void maybe_gone(struct world_client *client)
{
	if (client->closing && client->open == 0)
		loop_defer(client->loop, &client->gone, be_gone, client);
}

static void finish(struct place *place, int status)
{
	void (*done)(void *, int) = place->done;

	if (done == NULL)
		return;
	timer_disarm(&place->patience);
	place->done = NULL;
	place->client->busy--;
	buf_clear(&place->request);
	buf_clear(&place->head);
	place->in_body = false;
	done(place->arg, status);
}

static void hang_up(struct place *place)
{
	place->closing = true;
	place->idle = false;
	sock_close(place->sock, false);
}

static void on_patience(void *arg)
{
	struct place *place = arg;

	hang_up(place);
	finish(place, 0);
}

static void on_connected(void *arg)
{
	struct place *place = arg;

	place->connected = true;
	if (place->done != NULL)
		sock_send(place->sock, place->request.data, place->request.size);
}

/* The answer is whole. */
static void end_answer(struct place *place, bool keep)
{
	if (!keep)
		hang_up(place);
	else
		place->idle = true;
	finish(place, place->status);
}

static void read_head(struct place *place)
{
	char *end = strstr(place->head.data, "\r\n\r\n");

	if (end == NULL)
		return;
	size_t head_size = (size_t)(end - place->head.data) + 4;
	size_t extra = place->head.size - head_size;
	*end = '\0';
	if (strncmp(place->head.data, "HTTP/1.", 7) == 0 && place->head.size > 12)
		place->status = atoi(place->head.data + 9);
	const char *length = strcasestr(place->head.data, "\r\ncontent-length:");
	bool keep = length != NULL && strcasestr(place->head.data, "\r\nconnection: close") == NULL;
	size_t size = length == NULL ? 0 : strtoul(length + 17, NULL, 10);
	if (!keep || extra >= size) {
		end_answer(place, keep);
		return;
	}
	place->in_body = true;
	place->body_left = size - extra;
}

static void on_received(void *arg, const char *bytes, size_t size)
{
	struct place *place = arg;

	if (place->closing || place->done == NULL)
		return;
	if (place->in_body) {
		place->body_left -= size < place->body_left ? size : place->body_left;
		if (place->body_left == 0)
			end_answer(place, true);
		return;
	}
	if (!buf_add(&place->head, bytes, size)) {
		on_patience(place);
		return;
	}
	read_head(place);
}

static void on_writable(void *arg)
{
}

static void on_closed(void *arg, int error)
{
	struct place *place = arg;

	place->sock = NULL;
	place->connected = place->closing = place->idle = false;
	place->client->open--;
	finish(place, 0);
	maybe_gone(place->client);
}

static const struct sock_events events = {
	.connected = on_connected,
	.received = on_received,
	.writable = on_writable,
	.closed = on_closed,
};

struct world_client *world_client_new(struct loop *loop)
{
	struct world_client *client = mem_zalloc(sizeof(*client));

	client->loop = loop;
	for (unsigned int i = 0; i < WORLD_CLIENT_AT_ONCE; i++) {
		struct place *place = &client->places[i];
		place->client = client;
		buf_init(&place->request, REQUEST_MOST);
		buf_init(&place->head, HEAD_MOST);
		timer_init(&place->patience, loop, on_patience, place);
	}
	return client;
}

static bool same(const struct place *place, const struct world_url *url)
{
	return place->idle && place->port == url->port && strcmp(place->host, url->host) == 0;
}

/* A connection to there that idles, else an empty place, else one whose connection can be given up. */
static struct place *choose(struct world_client *client, const struct world_url *url)
{
	struct place *empty = NULL;

	for (unsigned int i = 0; i < WORLD_CLIENT_AT_ONCE; i++) {
		struct place *place = &client->places[i];
		if (same(place, url))
			return place;
		if (place->sock == NULL && empty == NULL)
			empty = place;
	}
	return empty;
}

/* Places whose connection is ending or idles elsewhere count as taken until they are free again. */
bool world_client_free_place(const struct world_client *client)
{
	unsigned int ready = 0;

	for (unsigned int i = 0; i < WORLD_CLIENT_AT_ONCE; i++)
		ready += client->places[i].idle || client->places[i].sock == NULL;
	return !client->closing && ready > 0;
}

static void write_request(struct place *place, const struct world_url *url, const char *body, size_t size)
{
	buf_printf(&place->request, "%s %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: Kannel/1.4.5\r\n",
		body == NULL ? "GET" : "POST", url->path, url->host, url->port);
	if (body != NULL)
		buf_printf(&place->request, "Content-Type: application/json;charset=UTF-8\r\nContent-Length: %zu\r\n",
			size);
	buf_add_text(&place->request, "\r\n");
	if (body != NULL)
		buf_add(&place->request, body, size);
}

/* Everybody idles at another address: one of them makes room, and this request waits for a later turn. */
static void make_room(struct world_client *client)
{
	for (unsigned int i = 0; i < WORLD_CLIENT_AT_ONCE; i++)
		if (client->places[i].idle) {
			hang_up(&client->places[i]);
			return;
		}
}

bool world_client_send(struct world_client *client, const char *text, const char *body, size_t size,
	void (*done)(void *arg, int status), void *arg)
{
	struct world_url url;

	REQUIRE(world_client_free_place(client));
	if (!world_url_read(&url, text))
		return false;
	struct place *place = choose(client, &url);
	if (place == NULL) {
		make_room(client);
		return false;
	}
	write_request(place, &url, body, size);
	if (place->request.full) {
		buf_clear(&place->request);
		return false;
	}
	place->idle = false;
	place->status = 0;
	place->done = done;
	place->arg = arg;
	client->busy++;
	timer_arm(&place->patience, PATIENCE_MS);
	if (place->sock == NULL) {
		memcpy(place->host, url.host, sizeof(place->host));
		place->port = url.port;
		place->sock = sock_connect(client->loop, url.host, url.port, PATIENCE_MS, &events, place);
		client->open += place->sock != NULL;
	} else {
		sock_send(place->sock, place->request.data, place->request.size);
	}
	return true;
}

void world_client_close(struct world_client *client, void (*closed)(void *arg), void *arg)
{
	client->closing = true;
	client->closed = closed;
	client->closed_arg = arg;
	for (unsigned int i = 0; i < WORLD_CLIENT_AT_ONCE; i++) {
		struct place *place = &client->places[i];
		if (place->sock != NULL && !place->closing)
			hang_up(place);
		timer_disarm(&place->patience);
	}
	maybe_gone(client);
}
