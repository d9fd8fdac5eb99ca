#include "flow/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"

static const char *const names[STATE_COUNT] = {"waiting", "in-flight", "accepted", "held", "delivered", "posted",
	"shown", "failed", "refused", "unknown", "expired", "cancelled", "opted-out", "capped", "no-channel", "gone"};

#define TO(state) (1u << STATE_##state)

/*
 * What may follow what. A late receipt settles an unknown and nothing else that is settled; `resend` puts an unknown
 * back in the queue and `drop` makes it failed. A sign that shows may be taken down and shown again.
 */
static const uint32_t next[STATE_COUNT] = {
	[STATE_WAITING] = TO(IN_FLIGHT) | TO(EXPIRED) | TO(CANCELLED) | TO(REFUSED) | TO(OPTED_OUT) | TO(CAPPED) |
		TO(NO_CHANNEL) | TO(GONE),
	[STATE_IN_FLIGHT] = TO(WAITING) | TO(ACCEPTED) | TO(HELD) | TO(POSTED) | TO(SHOWN) | TO(REFUSED) | TO(UNKNOWN) |
		TO(DELIVERED) | TO(FAILED) | TO(OPTED_OUT) | TO(GONE) | TO(EXPIRED) | TO(CANCELLED),
	[STATE_ACCEPTED] = TO(HELD) | TO(DELIVERED) | TO(FAILED) | TO(SHOWN),
	[STATE_HELD] = TO(DELIVERED) | TO(FAILED) | TO(ACCEPTED),
	[STATE_UNKNOWN] = TO(WAITING) | TO(ACCEPTED) | TO(HELD) | TO(DELIVERED) | TO(POSTED) | TO(SHOWN) | TO(FAILED),
};

const char *state_name(enum state state)
{
	return names[state];
}

bool state_find(const char *name, enum state *state)
{
	for (int i = 0; i < STATE_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*state = (enum state)i;
			return true;
		}
	}
	return false;
}

bool state_excluded(enum state state)
{
	return state == STATE_OPTED_OUT || state == STATE_CAPPED || state == STATE_NO_CHANNEL || state == STATE_GONE;
}

bool state_final(enum state state)
{
	return next[state] == 0;
}

bool state_may_follow(enum state from, enum state to)
{
	return (next[from] & 1u << to) != 0;
}

void tally_init(struct tally *tally, uint32_t size, enum state state)
{
	*tally = (struct tally){.size = size, .states = mem_zalloc(size)};
	/* Fresh memory is zero without being touched: a new lane of millions costs nothing until it is sent to. */
	if (state != 0)
		memset(tally->states, (int)state, size);
	tally->counts[state] = size;
}

void tally_fini(struct tally *tally)
{
	free(tally->states);
	*tally = (struct tally){0};
}

bool tally_move(struct tally *tally, uint32_t position, enum state to)
{
	REQUIRE(position < tally->size);
	enum state from = (enum state)tally->states[position];

	if (!state_may_follow(from, to))
		return false;
	tally->states[position] = (uint8_t)to;
	tally->counts[from]--;
	tally->counts[to]++;
	return true;
}

/* 0xff in every byte of `word` that is `byte`, 0 in the others. */
static uint64_t bytes_equal(uint64_t word, uint64_t byte)
{
	const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
	uint64_t differs = word ^ byte * UINT64_C(0x0101010101010101);
	uint64_t high = ~(((differs & low) + low) | differs | low); /* 0x80 where it does not differ */

	return (high >> 7) * 0xff;
}

/* Eight at a time: an alert to a city is cancelled in a millisecond or two, not in ten. */
static uint32_t move_words(uint8_t *states, uint32_t words, enum state from, enum state to)
{
	uint32_t moved = 0;

	for (uint32_t i = 0; i < words; i++, states += sizeof(uint64_t)) {
		uint64_t word;
		memcpy(&word, states, sizeof(word));
		uint64_t mask = bytes_equal(word, from);
		word ^= mask & ((uint64_t)(from ^ to) * UINT64_C(0x0101010101010101));
		memcpy(states, &word, sizeof(word));
		moved += (uint32_t)__builtin_popcountll(mask) / 8;
	}
	return moved;
}

uint32_t tally_move_all(struct tally *tally, uint32_t first, uint32_t count, enum state from, enum state to)
{
	uint32_t words = count / sizeof(uint64_t);

	REQUIRE(first <= tally->size && count <= tally->size - first);
	if (!state_may_follow(from, to))
		return 0;
	uint32_t moved = move_words(tally->states + first, words, from, to);
	for (uint32_t i = first + words * (uint32_t)sizeof(uint64_t); i < first + count; i++) {
		if (tally->states[i] == from) {
			tally->states[i] = (uint8_t)to;
			moved++;
		}
	}
	tally->counts[from] -= moved;
	tally->counts[to] += moved;
	return moved;
}
