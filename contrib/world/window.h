#ifndef WORLD_WINDOW_H
#define WORLD_WINDOW_H

#include <stddef.h>
#include <stdint.h>

/*
 * When how many units came, kept so that a limit can be checked in every sliding window afterwards. One
 * record a millisecond; past four million the older half is forgotten. A window of T ms that ends at t holds
 * what came after t − T. Internal.
 */
struct world_arrival {
	uint64_t ms;
	uint64_t units;
};

struct world_window {
	struct world_arrival *list;
	size_t count, room;
	size_t tail; /* first record inside the running window */
	uint64_t sum; /* of the running window */
	uint32_t largest; /* of one request */
};

void world_window_init(struct world_window *window);
void world_window_fini(struct world_window *window);

/* What a running window of `length_ms` would hold if `units` came now; nothing is recorded. */
uint64_t world_window_would(struct world_window *window, uint64_t now_ms, uint32_t length_ms, uint32_t units);

/* Records. Requires: now_ms not before the last; the length is the same in every call on one window. */
void world_window_add(struct world_window *window, uint64_t now_ms, uint32_t length_ms, uint32_t units);

/* The most units in any window of this length. */
uint64_t world_window_most(const struct world_window *window, uint32_t length_ms);

#endif
