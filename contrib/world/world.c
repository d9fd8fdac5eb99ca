#include "world/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"
#include "world/page.h"
#include "world/peer.h"
#include "world/sign.h"

#define PEERS_MOST 10000

static const char *const kind_names[] = {
	[WORLD_KANNEL] = "kannel",
	[WORLD_YUNMAS] = "yunmas",
	[WORLD_WECOM] = "wecom",
	[WORLD_ONBON] = "onbon",
};
static const char *const paths[] = {
	[WORLD_KANNEL] = "/cgi-bin/sendsms",
	[WORLD_YUNMAS] = "/sms/norsubmit",
	[WORLD_WECOM] = "/cgi-bin/webhook/send",
};

const char *world_kind_name(enum world_kind kind)
{
	return kind_names[kind];
}

/* ---- requests of all gateways and robots on their one port ---- */

static bool resets(struct world_peer *peer)
{
	if (peer == NULL || !world_chance_fires(&peer->chance, WORLD_FAULT_RESET_BEFORE))
		return false;
	peer->totals.requests++;
	peer->totals.faulted++;
	world_peer_touch(peer);
	return true;
}

/* 云MAS names its account in the body, which is not there yet: any account with the fault on resets. */
static bool any_yunmas_resets(struct world *world)
{
	for (size_t i = 0; i < world->peer_count; i++)
		if (world->peers[i]->options.kind == WORLD_YUNMAS && resets(world->peers[i]))
			return true;
	return false;
}

static bool on_begun(void *arg, struct world_call *call)
{
	struct world *world = arg;
	const char *path = world_call_path(call);

	if (strcmp(path, paths[WORLD_KANNEL]) == 0)
		return !resets(world_kannel_peer(world, call));
	if (strcmp(path, paths[WORLD_WECOM]) == 0)
		return !resets(world_wecom_peer(world, call));
	return strncmp(path, "/sms/", 5) != 0 || !any_yunmas_resets(world);
}

static void on_asked(void *arg, struct world_call *call)
{
	static const struct world_say not_found = {404, "text/plain", "no such service"};
	struct world *world = arg;
	const char *path = world_call_path(call);

	if (strcmp(path, paths[WORLD_KANNEL]) == 0)
		world_kannel_asked(world, call);
	else if (strcmp(path, paths[WORLD_WECOM]) == 0)
		world_wecom_asked(world, call);
	else if (strncmp(path, "/sms/", 5) == 0)
		world_yunmas_asked(world, call);
	else
		world_say(NULL, call, &not_found, NULL);
}

static const struct world_httpd_events http_events = {.begun = on_begun, .asked = on_asked};

/* ---- birth ---- */

static void close_part(void *arg);

void world_part_closed(struct world *world)
{
	close_part(world);
}

/* Frees what has no handles. */
static void free_world(struct world *world)
{
	world_reset(world);
	for (size_t i = 0; i < world->peer_count; i++)
		world_peer_free(world->peers[i]);
	free(world->peers);
	world_phones_free(world->phones);
	world_texts_free(world->texts);
	free(world->address);
	free(world);
}

static bool open_http(struct world *world, const struct world_options *options)
{
	world->http = world_httpd_new(world->loop, world->address, options->http_port, &http_events, world);
	if (world->http == NULL)
		return false;
	world->open++;
	if (options->no_page)
		return true;
	world->page = world_page_new(world, options->page_port);
	world->open += world->page != NULL;
	return world->page != NULL;
}

struct world *world_new(struct loop *loop, const struct world_options *options)
{
	struct world *world = mem_zalloc(sizeof(*world));

	world->loop = loop;
	world->address = mem_strdup(options->address == NULL ? "127.0.0.1" : options->address);
	world->seed = options->seed;
	world->changes = 1; /* a new reader of the page has seen 0 */
	world->texts = world_texts_new();
	world->phones = world_phones_new();
	world->receipts = world_receipts_new(world);
	world->open = 1;
	if (open_http(world, options))
		return world;
	int error = errno;
	world_free(&world);
	errno = error;
	return NULL;
}

uint16_t world_http_port(const struct world *world)
{
	return world_httpd_port(world->http);
}

uint16_t world_page_port(const struct world *world)
{
	return world->page == NULL ? 0 : world_page_own_port(world->page);
}

/* ---- peers ---- */

static void copy_options(struct world_peer_options *to, const struct world_peer_options *from)
{
	*to = *from;
	to->name = mem_strdup(from->name);
	to->user = mem_strdup(from->user == NULL ? "crier" : from->user);
	to->secret = mem_strdup(from->secret != NULL ? from->secret
			: from->kind == WORLD_WECOM  ? from->name
						     : "secret");
	to->ec_name = mem_strdup(from->ec_name);
	to->sign_code = mem_strdup(from->sign_code);
	to->signature = mem_strdup(from->signature);
	to->report_url = mem_strdup(from->report_url);
	to->reply_url = mem_strdup(from->reply_url);
	to->program = mem_strdup(from->program == NULL ? "欢迎光临" : from->program);
	to->ack_ms = from->ack_ms == 0 ? 20 : from->ack_ms;
	to->delivery_ms = from->delivery_ms == 0 ? 200 : from->delivery_ms;
	to->width = from->width == 0 ? 128 : from->width;
	to->height = from->height == 0 ? 32 : from->height;
	to->device = from->device == 0 ? 0x61 : from->device;
	if (from->kind == WORLD_WECOM && from->limit == 0) {
		to->limit = 20;
		to->limit_ms = 60000;
	}
	if (to->limit_ms == 0)
		to->limit_ms = 1000;
}

bool world_peer_open_http(struct world_peer *peer)
{
	struct world *world = peer->world;
	/* The port that it once had is kept. */
	uint16_t port = peer->http_port != 0 ? peer->http_port : peer->options.port;

	peer->http = world_httpd_new(world->loop, world->address, port, &http_events, world);
	if (peer->http == NULL)
		return false;
	peer->port = peer->http_port = world_httpd_port(peer->http);
	world->open++;
	return true;
}

static bool open_peer(struct world_peer *peer)
{
	const struct world *world = peer->world;

	if (peer->options.kind != WORLD_ONBON) {
		bool robot = peer->options.kind == WORLD_WECOM;
		peer->port = world_http_port(world);
		if (peer->options.own_port && !world_peer_open_http(peer))
			return false;
		peer->url = mem_printf("http://%s:%u%s%s%s", world->address, peer->port, paths[peer->options.kind],
			robot ? "?key=" : "", robot ? peer->options.secret : "");
		return true;
	}
	peer->sign = world_sign_new(peer);
	if (peer->sign == NULL)
		return false;
	peer->port = world_sign_port(peer->sign);
	peer->url = mem_printf("%s:%u", world->address, peer->port);
	return true;
}

struct world_peer *world_peer_add(struct world *world, const struct world_peer_options *options)
{
	REQUIRE(options->name != NULL && !world->closing);
	if (world_peer_find(world, options->name) != NULL || world->peer_count == PEERS_MOST) {
		errno = EEXIST;
		return NULL;
	}
	struct world_peer *peer = mem_zalloc(sizeof(*peer));
	peer->world = world;
	copy_options(&peer->options, options);
	peer->chance.state = world->seed ^ world_text_hash(options->name);
	list_init(&peer->reports);
	list_init(&peer->replies);
	if (!open_peer(peer)) {
		int error = errno;
		world_peer_free(peer);
		errno = error;
		return NULL;
	}
	world->open += peer->sign != NULL;
	world->peers = mem_resize(world->peers, world->peer_count + 1, sizeof(struct world_peer *));
	world->peers[world->peer_count++] = peer;
	world_peer_touch(peer);
	return peer;
}

struct world_peer *world_peer_find(struct world *world, const char *name)
{
	for (size_t i = 0; i < world->peer_count; i++)
		if (strcmp(world->peers[i]->options.name, name) == 0)
			return world->peers[i];
	return NULL;
}

/* ---- the end: every part is closed at once, the last one frees ---- */

static void be_gone(void *arg)
{
	struct world *world = arg;
	void (*closed)(void *) = world->closed;
	void *closed_arg = world->closed_arg;

	world->receipts = NULL;
	free_world(world);
	closed(closed_arg);
}

static void close_part(void *arg)
{
	struct world *world = arg;

	if (--world->open == 0)
		loop_defer(world->loop, &world->gone, be_gone, world);
}

void world_close(struct world *world, void (*closed)(void *arg), void *arg)
{
	if (world->closing)
		return;
	world->closing = true;
	world->closed = closed;
	world->closed_arg = arg;
	world_receipts_close(world->receipts, close_part, world);
	if (world->http != NULL)
		world_httpd_close(world->http, close_part, world);
	if (world->page != NULL)
		world_page_close(world->page, close_part, world);
	for (size_t i = 0; i < world->peer_count; i++) {
		world_peer_shut(world->peers[i]);
		if (world->peers[i]->sign != NULL)
			world_sign_close(world->peers[i]->sign, close_part, world);
	}
}

static void on_freed(void *arg)
{
	*(bool *)arg = true;
}

void world_free(struct world **world)
{
	bool gone = false;

	if (*world == NULL)
		return;
	struct loop *loop = (*world)->loop;
	world_close(*world, on_freed, &gone);
	while (!gone)
		REQUIRE(loop_turn(loop) || gone);
	*world = NULL;
}
