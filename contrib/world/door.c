#include "world/hole.h"
#include "world/httpd.h"
#include "world/peer.h"
#include "world/sign.h"

/* The doors of peers that have a port of their own: who listens, who swallows, who is not there. */

static void on_http_closed(void *arg)
{
	struct world_peer *peer = arg;
	struct world *world = peer->world;

	peer->http_ends = false;
	if (!world->closing)
		world_peer_mind_door(peer);
	world_part_closed(world);
}

static void mind_http(struct world_peer *peer, bool open)
{
	if (peer->http_ends || !peer->options.own_port)
		return;
	if (!open && peer->http != NULL) {
		peer->http_ends = true;
		world_httpd_close(peer->http, on_http_closed, peer);
		peer->http = NULL;
	} else if (open && peer->http == NULL && !world_peer_open_http(peer)) {
		world_violate(peer, "port %u was taken while nobody listened", peer->port);
	}
}

void world_peer_mind_door(struct world_peer *peer)
{
	bool open = peer->chance.switches[WORLD_FAULT_CONNECT_REFUSED].next == 0;
	bool hole = peer->chance.switches[WORLD_FAULT_CONNECT_HANG].next > 0;

	if (peer->sign != NULL)
		world_sign_set_door(peer->sign, open);
	else
		mind_http(peer, open);
	if (open && (peer->sign != NULL || peer->http != NULL))
		world_hole(peer->port, hole);
}

void world_peer_shut(struct world_peer *peer)
{
	if (peer->http == NULL)
		return;
	peer->http_ends = true;
	world_httpd_close(peer->http, on_http_closed, peer);
	peer->http = NULL;
}
