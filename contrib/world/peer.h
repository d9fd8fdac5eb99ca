#ifndef WORLD_PEER_H
#define WORLD_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "world/chance.h"
#include "world/httpd.h"
#include "world/phones.h"
#include "world/receipts.h"
#include "world/texts.h"
#include "world/window.h"
#include "world/world.h"

/*
 * What the files of the world know of each other: the world, one peer, and the booking that all protocols
 * share. Internal.
 */
#define WORLD_RECENT     64
#define WORLD_VIOLATIONS 1000

struct world_sign;
struct world_page;

/* One text as it came to one phone, for the page. */
struct world_recent {
	uint64_t number; /* counts up over all */
	uint64_t phone;
	uint32_t text;
	const struct world_peer *peer;
	int64_t wall_ms;
};

/* What waits to be pulled from 云MAS, as JSON objects in a list. */
struct world_pull {
	struct link on_list;
	char *json;
};

struct world_peer {
	struct world *world;
	struct world_peer_options options; /* all strings are copies */
	char *url;
	uint16_t port;
	struct world_httpd *http; /* its own, or NULL: that of all */
	uint16_t http_port; /* its port, also while nobody listens */
	bool http_ends; /* it is being closed */
	char *last_url, *last_group; /* what the request before was named by */
	bool answers_late; /* this answer comes after its receipts */
	struct world_chance chance;
	struct world_window window;
	struct world_totals totals;
	uint64_t changed; /* world->changes when it last changed */
	/* robots: a ring of the last messages */
	struct world_message *messages;
	size_t message_count;
	struct world_window taken; /* a robot refuses by what it took */
	/* 云MAS */
	struct list reports, replies;
	struct world_sign *sign;
};

struct world {
	struct loop *loop;
	char *address;
	uint64_t seed;
	struct world_httpd *http;
	struct world_page *page;
	struct world_peer **peers;
	size_t peer_count;
	struct world_texts *texts;
	struct world_phones *phones;
	struct world_receipts *receipts;
	struct world_recent recent[WORLD_RECENT];
	uint64_t recent_count;
	char *violations[WORLD_VIOLATIONS];
	size_t violation_count;
	uint64_t strangers; /* requests that belong to no peer */
	uint64_t changes;
	uint64_t ids; /* of message groups and receipts */
	unsigned int open;
	bool closing;
	struct deferred gone;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* Notes that something of this peer changed, for the page. */
void world_peer_touch(struct world_peer *peer);

/* Writes down a breach: "city-sms: …". */
void world_violate(struct world_peer *peer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The numbers that WORLD_FAULT_REFUSE_SOME refuses; true when it does so now. */
bool world_peer_refuses_some(struct world_peer *peer, const uint64_t *phones, uint32_t count);

/* Opens and shuts the peer's door as its switches say; shuts it for good. Defined in door.c. */
void world_peer_mind_door(struct world_peer *peer);
void world_peer_shut(struct world_peer *peer);

/* Begins to listen for a gateway or robot with a port of its own. False with errno when the port is refused. */
bool world_peer_open_http(struct world_peer *peer);

/* One of the parts that world->open counts is gone. */
void world_part_closed(struct world *world);

/* Books a request of so many units. Returns true when that is more than the peer permits in its window. */
bool world_peer_arrived(struct world_peer *peer, uint32_t units);

/* Books texts as having reached these phones, and orders the receipts asked for. */
void world_peer_took(struct world_peer *peer, const struct world_order *order, const char *text, uint32_t parts);

/* One answer of a protocol. */
struct world_say {
	int status;
	const char *type;
	const char *body;
};

/* A protocol's answers, by what is to be said. */
struct world_says {
	const char *server;
	struct world_say ok, auth, throttle, error, lie, refused, garbage, wrong, unknown;
};

/*
 * The fault of this request (counted), with `over` the limit on top. True in *taken when the peer takes it
 * all the same.
 */
enum world_fault world_peer_judge(struct world_peer *peer, bool over, bool *taken);

/*
 * Answers a request as the fault wants it; `recipients` are those that the answer claims if it is a success.
 */
void world_peer_answer(struct world_peer *peer, struct world_call *call, enum world_fault fault,
	const struct world_says *says, uint32_t recipients);

/* Answers without any fault. */
void world_say(struct world_peer *peer, struct world_call *call, const struct world_say *say, const char *server);

/* The HTTP protocols. `peer` may be NULL where nobody answers to the credentials. */
void world_kannel_asked(struct world *world, struct world_call *call);
void world_yunmas_asked(struct world *world, struct world_call *call);
void world_wecom_asked(struct world *world, struct world_call *call);

/* The peer to which a request belongs by what its first line says, or NULL. */
struct world_peer *world_kannel_peer(struct world *world, const struct world_call *call);
struct world_peer *world_wecom_peer(struct world *world, const struct world_call *call);

/* What a receipt or a reply looks like on the wire: a whole HTTP request, headers and all. */
void world_kannel_receipt(const struct world_peer *peer, const struct world_receipt *receipt, struct buf *url);
void world_kannel_reply(const struct world_peer *peer, uint64_t phone, const char *text, struct buf *url);
void world_yunmas_receipt(const struct world_peer *peer, const struct world_receipt *receipt, bool pulled,
	struct buf *body);
void world_yunmas_reply(const struct world_peer *peer, uint64_t phone, const char *text, struct buf *body);

/* Forgets messages and what waits to be pulled. */
void world_peer_forget(struct world_peer *peer);
void world_peer_free(struct world_peer *peer);

#endif
