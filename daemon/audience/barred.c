#include "audience/barred.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

enum { OUT, GONE, WHYS };

/* Bit id % 64 of word id / 64; both reasons beside each other, in one line of the cache. */
struct word {
	uint64_t why[WHYS];
};

struct barred {
	struct set *opted_out;
	uint32_t top;
	struct word words[];
};

static void put_bit(struct barred *barred, uint32_t id, int why, bool on)
{
	if (id > barred->top)
		return;
	uint64_t bit = (uint64_t)1 << id % 64, *word = &barred->words[id / 64].why[why];
	*word = on ? *word | bit : *word & ~bit;
}

static void put_all(struct barred *barred, const struct set *set, int why)
{
	struct set_cursor *cursor = set_cursor_new(set);
	uint32_t ids[1024], got;

	while ((got = set_cursor_read(cursor, ids, sizeof(ids) / sizeof(ids[0]))) > 0) {
		for (uint32_t i = 0; i < got; i++)
			put_bit(barred, ids[i], why, true);
	}
	set_cursor_free(&cursor);
}

struct barred *barred_new(uint32_t top, struct set *opted_out, const struct set *gone)
{
	struct barred *barred = mem_zalloc(sizeof(*barred) + ((size_t)top / 64 + 1) * sizeof(barred->words[0]));

	barred->opted_out = opted_out;
	barred->top = top;
	put_all(barred, opted_out, OUT);
	put_all(barred, gone, GONE);
	return barred;
}

void barred_free(struct barred **barred)
{
	if (*barred == NULL)
		return;
	set_free(&(*barred)->opted_out);
	free(*barred);
	*barred = NULL;
}

void barred_add(struct barred *barred, uint32_t id)
{
	set_add(barred->opted_out, id);
	put_bit(barred, id, OUT, true);
}

void barred_remove(struct barred *barred, uint32_t id)
{
	set_remove(barred->opted_out, id);
	put_bit(barred, id, OUT, false);
}

const struct set *barred_optouts(const struct barred *barred)
{
	return barred->opted_out;
}

static enum state state_of(const struct word *word, uint32_t id)
{
	if ((word->why[GONE] >> id % 64 & 1) != 0)
		return STATE_GONE;
	return (word->why[OUT] >> id % 64 & 1) != 0 ? STATE_OPTED_OUT : STATE_WAITING;
}

void barred_states(const struct barred *barred, const uint32_t *ids, uint32_t count, uint8_t *states)
{
	for (uint32_t i = 0; i < count; i++)
		states[i] = ids[i] <= barred->top ? state_of(&barred->words[ids[i] / 64], ids[i]) : STATE_WAITING;
}
