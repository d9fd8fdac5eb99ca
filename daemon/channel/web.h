#ifndef CHANNEL_WEB_H
#define CHANNEL_WEB_H

#include <stdbool.h>

#include "base/list.h"
#include "channel/channel.h"

/*
 * What all kinds share that talk over HTTP: the route of an account, the calls under way and their end when
 * the channel closes, whether the peer is there, and what an answer means that is in nobody's dialect.
 */
struct web {
	struct channel *channel;
	struct http_route route;
	struct list calls;
	struct timer deadline;
	void (*released)(struct channel *channel); /* frees the kind's state, then calls channel_closed() */
	bool closing;
	bool unwell; /* the owner was told that the peer is away */
};

/* `batch` is NULL for a call that carries none. */
typedef void web_done(struct channel *channel, const struct batch *batch, const struct http_reply *reply);

/* Afterwards: no call is under way. Proxy, addresses and patience come from the channel's configuration. */
void web_init(struct web *web, struct channel *channel, void (*released)(struct channel *channel));

/* Sends; `done` is called once, later. `request` needs no route. */
void web_send(struct web *web, struct http_request request, const struct batch *batch, web_done *done);

/* POSTs a body. */
void web_post(struct web *web, const char *url, const char *content_type, const struct buf *body,
	const struct batch *batch, web_done *done);

/* Settles, and tells the owner when the peer came or went by it. */
void web_settle(struct web *web, const struct batch *batch, const struct outcome *outcome);

/* Lets calls end until the deadline, cuts off the rest, then `released` is called. */
void web_close(struct web *web, uint64_t deadline_ms);

/*
 * What an answer means when there is no whole one, or when it is not in the dialect of the provider: a
 * proxy's page, a status alone. A provider may have taken what it then failed to answer for, so only what
 * cannot have been acted on is tried again; the rest is in doubt.
 */
struct outcome web_judge(const struct http_reply *reply);

/* True when the whole reply is there and its dialect can be read. */
bool web_replied(const struct http_reply *reply);

#endif
