#ifndef PLAN_BUCKET_H
#define PLAN_BUCKET_H

#include <stdint.h>

/*
 * A rate limit as the generic cell rate algorithm has it (ITU-T I.371, Annex A): one number, the time at which a whole
 * burst may go at once. Between two units lies an interval; in every window of length T at most T / interval units and one
 * burst are sent. The burst is one batch, and is told with every question, as batches are billed differently.
 *
 * Whoever sends less than a burst may send it before the bucket is full again. So a caller whose clock ticks, and who comes
 * late, loses nothing of the rate as long as he aims at somewhat less than a burst and then takes whatever there is.
 */
struct bucket {
	uint64_t interval_ns; /* between two units; 0: unlimited */
	uint64_t full_at_ns; /* monotonic time from which a whole burst may go */
};

/* `count` units in `per_ms`; count 0 is unlimited. Keeps what is owed from before. */
void bucket_set_rate(struct bucket *bucket, uint32_t count, uint64_t per_ms);

/* Milliseconds, rounded up, until `units` may go; 0: now. Requires: units ≤ burst. */
uint64_t bucket_wait_ms(const struct bucket *bucket, uint64_t now_ms, uint64_t units, uint64_t burst);

/* How many units may go now, 0 to burst. */
uint64_t bucket_room(const struct bucket *bucket, uint64_t now_ms, uint64_t burst);

/* Units that come together in `ns`, rounded up; UINT64_MAX when unlimited. */
uint64_t bucket_units_in(const struct bucket *bucket, uint64_t ns);

/* Books `units` that go now. Requires: bucket_wait_ms() for them is 0. */
void bucket_take(struct bucket *bucket, uint64_t now_ms, uint64_t units);

/* Gives back what was booked and never sent. */
void bucket_return(struct bucket *bucket, uint64_t units);

/* Until it is full, in milliseconds from now, rounded up; and its reverse, for the ledger and a restart. */
uint64_t bucket_owed_ms(const struct bucket *bucket, uint64_t now_ms);
void bucket_owe(struct bucket *bucket, uint64_t now_ms, uint64_t owed_ms);

#endif
