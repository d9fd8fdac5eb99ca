#ifndef WORLD_CHANCE_H
#define WORLD_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "world/fault.h"

/*
 * The fault switches of one peer and its pretended chance: the same seed and the same requests give the same
 * faults. Defined in fault.c. Internal.
 */
struct world_switch {
	uint32_t next; /* so many further requests, UINT32_MAX: all; for amounts the amount */
	uint32_t permille;
};

struct world_chance {
	uint64_t state; /* set to the seed */
	struct world_switch switches[WORLD_FAULTS];
	uint32_t odd; /* counts up where a fault has many faces */
};

uint64_t world_chance_draw(struct world_chance *chance);

/* True when this fault is to be played now; uses up one of `next`. */
bool world_chance_fires(struct world_chance *chance, enum world_fault fault);

/*
 * The fault of this request, or WORLD_FAULTS for none. Drawn apart: WORLD_FAULT_RESET_BEFORE before the body,
 * WORLD_FAULT_REFUSE_SOME where the numbers are known, those of signs where the command is.
 */
enum world_fault world_chance_request(struct world_chance *chance);

/* How long this answer waits. */
uint32_t world_chance_latency(struct world_chance *chance);

#endif
