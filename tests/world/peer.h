#ifndef TESTING_PEER_H
#define TESTING_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"

/*
 * A small HTTP server that misbehaves as told, on the loop of the test. It notes every request it read whole, then acts.
 */
struct peer;

enum peer_act {
	PEER_REPLY, /* sends `text` and keeps the connection */
	PEER_LAST, /* sends `text`, then closes */
	PEER_CLOSE, /* closes without a byte */
	PEER_SILENT, /* never answers */
	PEER_DRIP, /* sends `text` byte for byte, one each turn, and keeps the connection */
};

/* The act of the n-th request (from 0) of all; the last one given holds from then on. */
struct peer_step {
	enum peer_act act;
	const char *text; /* a whole reply with its head, as bytes of the wire; NULL: peer_ok */
};

/* "HTTP/1.1 200 OK", Content-Length 2, "ok". */
extern const char peer_ok[];

struct peer *peer_open(struct loop *loop, const struct peer_step *steps, size_t count);

/* Closes the server and its connections; free after the loop was settled with peer_free(). */
void peer_close(struct peer *peer);
void peer_free(struct peer **peer);

uint16_t peer_port(const struct peer *peer);
unsigned int peer_requests(const struct peer *peer); /* read whole */
unsigned int peer_connections(const struct peer *peer); /* ever accepted */
unsigned int peer_open_now(const struct peer *peer); /* connections open */

/* The last request as it came, head and body; "" before the first. */
const char *peer_last(const struct peer *peer);

/* Hangs up on every connection that is open now. */
void peer_hang_up(struct peer *peer);

/* Accepts connections and reads nothing of the requests any more (a frozen machine), or again. */
void peer_freeze(struct peer *peer, bool frozen);

#endif
