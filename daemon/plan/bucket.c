#include "plan/bucket.h"

#include "base/require.h"

static const uint64_t ns_per_ms = 1000000;

void bucket_set_rate(struct bucket *bucket, uint32_t count, uint64_t per_ms)
{
	/* Rounded up: never faster than what was agreed. */
	bucket->interval_ns = count == 0 ? 0 : (per_ms * ns_per_ms + count - 1) / count;
}

uint64_t bucket_wait_ms(const struct bucket *bucket, uint64_t now_ms)
{
	uint64_t now_ns = now_ms * ns_per_ms;

	if (bucket->interval_ns == 0 || bucket->free_at_ns <= now_ns)
		return 0;
	return (bucket->free_at_ns - now_ns + ns_per_ms - 1) / ns_per_ms;
}

void bucket_take(struct bucket *bucket, uint64_t now_ms, uint64_t units)
{
	REQUIRE(bucket_wait_ms(bucket, now_ms) == 0);
	bucket->free_at_ns = now_ms * ns_per_ms + units * bucket->interval_ns;
}

uint64_t bucket_owed_ms(const struct bucket *bucket, uint64_t now_ms)
{
	return bucket_wait_ms(bucket, now_ms);
}

void bucket_owe(struct bucket *bucket, uint64_t now_ms, uint64_t owed_ms)
{
	bucket->free_at_ns = (now_ms + owed_ms) * ns_per_ms;
}
