#include "plan/bucket.h"

#include "base/require.h"

static const uint64_t ns_per_ms = 1000000;

void bucket_set_rate(struct bucket *bucket, uint32_t count, uint64_t per_ms)
{
	/* Rounded up: never faster than what was agreed. */
	bucket->interval_ns = count == 0 ? 0 : (per_ms * ns_per_ms + count - 1) / count;
}

/* How long it is not full yet. */
static uint64_t owed_ns(const struct bucket *bucket, uint64_t now_ms)
{
	uint64_t now_ns = now_ms * ns_per_ms;

	return bucket->interval_ns == 0 || bucket->full_at_ns <= now_ns ? 0 : bucket->full_at_ns - now_ns;
}

static uint64_t round_up_ms(uint64_t ns)
{
	return (ns + ns_per_ms - 1) / ns_per_ms;
}

uint64_t bucket_wait_ms(const struct bucket *bucket, uint64_t now_ms, uint64_t units, uint64_t burst)
{
	REQUIRE(units <= burst);
	uint64_t owed = owed_ns(bucket, now_ms), spared = (burst - units) * bucket->interval_ns;

	return owed > spared ? round_up_ms(owed - spared) : 0;
}

uint64_t bucket_room(const struct bucket *bucket, uint64_t now_ms, uint64_t burst)
{
	uint64_t owed = owed_ns(bucket, now_ms);

	if (owed == 0)
		return burst;
	uint64_t missing = (owed + bucket->interval_ns - 1) / bucket->interval_ns;
	return missing < burst ? burst - missing : 0;
}

uint64_t bucket_units_in(const struct bucket *bucket, uint64_t ns)
{
	if (bucket->interval_ns == 0)
		return UINT64_MAX;
	return (ns + bucket->interval_ns - 1) / bucket->interval_ns;
}

void bucket_take(struct bucket *bucket, uint64_t now_ms, uint64_t units)
{
	uint64_t now_ns = now_ms * ns_per_ms;

	if (bucket->full_at_ns < now_ns)
		bucket->full_at_ns = now_ns;
	bucket->full_at_ns += units * bucket->interval_ns;
}

void bucket_return(struct bucket *bucket, uint64_t units)
{
	uint64_t booked = units * bucket->interval_ns;

	bucket->full_at_ns = bucket->full_at_ns > booked ? bucket->full_at_ns - booked : 0;
}

uint64_t bucket_owed_ms(const struct bucket *bucket, uint64_t now_ms)
{
	return round_up_ms(owed_ns(bucket, now_ms));
}

void bucket_owe(struct bucket *bucket, uint64_t now_ms, uint64_t owed_ms)
{
	bucket->full_at_ns = (now_ms + owed_ms) * ns_per_ms;
}
