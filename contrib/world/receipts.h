#ifndef WORLD_RECEIPTS_H
#define WORLD_RECEIPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"

/*
 * Receipts on their way back: one group per request and type in a heap by due time, handed over by a small
 * HTTP client of the world's own that keeps its connections. What is not answered with 2xx is tried five
 * times, 2 s apart. Internal.
 */
struct world;
struct world_peer;
struct world_receipts;

/* Texts that a peer took and what was asked for them. Valid during the call. */
struct world_order {
	const uint64_t *phones;
	uint32_t count;
	const char *url; /* Kannel's dlr-url, 云MAS's report address; NULL: none, or to be pulled */
	const char *from; /* our number, or NULL */
	const char *group; /* the provider's id of the request */
	unsigned int mask; /* Kannel's bits; 1 | 2 for a final receipt; 0: none */
};

/* One receipt when it is written. */
struct world_receipt {
	const char *url, *from, *group;
	uint64_t phone;
	unsigned int type; /* 8 accepted by the carrier, 1 delivered, 2 not delivered */
	int64_t taken_ms; /* wall */
	uint64_t id;
	const char *strange; /* a code that no book lists, instead of the type; or NULL */
};

struct world_receipts *world_receipts_new(struct world *world);

/* Orders what belongs to texts just taken; draws the receipt faults of the peer. */
void world_receipts_order(struct world_receipts *receipts, struct world_peer *peer, const struct world_order *order);

/* Pushes one resident's answer. */
void world_receipts_reply(struct world_receipts *receipts, struct world_peer *peer, uint64_t phone, const char *text);

/* Receipts not yet handed over. */
uint64_t world_receipts_waiting(const struct world_receipts *receipts);

/* Forgets what waits; what is on the wire finishes unheard. */
void world_receipts_clear(struct world_receipts *receipts);

void world_receipts_close(struct world_receipts *receipts, void (*closed)(void *arg), void *arg);

#endif
