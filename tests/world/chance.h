#ifndef TESTING_CHANCE_H
#define TESTING_CHANCE_H

#include <stdint.h>

/*
 * Numbers drawn by lot, repeatable by their seed, and the environment's wishes about seeds and sizes (CRIER_CRASH_SEED,
 * CRIER_CRASH_KILLS …), by which tests/crash/soak.sh makes the same tests larger.
 */
struct chance {
	uint64_t state;
};

/* The same seed draws the same numbers. */
void chance_begin(struct chance *chance, uint64_t seed);

/* A number from 0 to most - 1. Requires: most > 0. */
uint32_t chance_draw(struct chance *chance, uint32_t most);

/* The number that the environment names, or `otherwise`. */
uint64_t chance_wish(const char *name, uint64_t otherwise);

#endif
