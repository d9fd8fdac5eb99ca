#ifndef PLAN_WINDOW_H
#define PLAN_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/outcome.h"

/*
 * How many batches a channel may have in flight, learnt from how they end. It begins small, grows with each success up to
 * the configured maximum, halves on a failure, and after failures in a row closes for a while that doubles, with full
 * jitter. After a lost answer the next sends are probes of one recipient, so that a gateway that hangs puts few people in
 * doubt.
 */
struct window {
	unsigned int most; /* configured */
	unsigned int size; /* at the moment, 1 … most */
	unsigned int failures; /* in a row */
	bool probing; /* the last word was a lost answer */
	uint64_t closed_until_ms; /* monotonic; 0: open */
};

void window_init(struct window *window, unsigned int most);

/*
 * Books how a batch ended. `jitter` is a random number of 32 bits; `base_ms` and `most_ms` bound the closing times, which
 * are never longer than a minute: what recovers must not stay unnoticed while a warning waits.
 */
void window_settled(struct window *window, uint64_t now_ms, const struct outcome *outcome, uint32_t jitter,
	uint64_t base_ms, uint64_t most_ms);

/* Forgets failures, as after a resume by the operator. */
void window_reset(struct window *window);

/* A time between 1 and min(most, base × 2^(attempt − 1)) ms, evenly spread: full jitter. */
uint64_t window_backoff_ms(unsigned int attempt, uint32_t jitter, uint64_t base_ms, uint64_t most_ms);

#endif
