#ifndef PLAN_BUCKET_H
#define PLAN_BUCKET_H

#include <stdint.h>

/*
 * A rate limit as the generic cell rate algorithm has it (ITU-T I.371, Annex A): one number, the theoretical arrival time
 * of the next unit. After a batch of n units the next may go n × interval later, so in every window of length T at most
 * T / interval units and one batch are sent: the burst is one batch.
 */
struct bucket {
	uint64_t interval_ns; /* between two units; 0: unlimited */
	uint64_t free_at_ns; /* monotonic time from which the next batch may go */
};

/* `count` units in `per_ms`; count 0 is unlimited. Keeps what is owed from before. */
void bucket_set_rate(struct bucket *bucket, uint32_t count, uint64_t per_ms);

/* Milliseconds, rounded up, until a batch may go; 0: now. */
uint64_t bucket_wait_ms(const struct bucket *bucket, uint64_t now_ms);

/* Books a batch of `units` that goes now. Requires: bucket_wait_ms() is 0. */
void bucket_take(struct bucket *bucket, uint64_t now_ms, uint64_t units);

/* What is owed, in milliseconds from now; and its reverse, for the ledger and a restart. */
uint64_t bucket_owed_ms(const struct bucket *bucket, uint64_t now_ms);
void bucket_owe(struct bucket *bucket, uint64_t now_ms, uint64_t owed_ms);

#endif
