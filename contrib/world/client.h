#ifndef WORLD_CLIENT_H
#define WORLD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"

/*
 * A small HTTP/1.1 client on loop/sock.h that keeps its connections: for receipts and replies that a provider
 * pushes. Internal.
 */
#define WORLD_CLIENT_AT_ONCE 64

struct world_client;

struct world_client *world_client_new(struct loop *loop);

/* True when another request may be sent now. */
bool world_client_free_place(const struct world_client *client);

/*
 * Sends a GET (body NULL) or a POST of JSON. `done` comes later, once, with the status, or 0 when no answer
 * came. Requires: a free place. False when the URL is none; `done` is not called then.
 */
bool world_client_send(struct world_client *client, const char *url, const char *body, size_t size,
	void (*done)(void *arg, int status), void *arg);

/* Ends all connections (open requests are done with status 0), then calls `closed`. */
void world_client_close(struct world_client *client, void (*closed)(void *arg), void *arg);

#endif
