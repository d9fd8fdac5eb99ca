#include "audience/cut.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "flow/tally.h"

void cut_fini(struct cut *cut)
{
	free(cut->phones);
	free(cut->states);
	free(cut->found);
	*cut = (struct cut){0};
}

static void make_room(struct cut *cut, uint32_t count)
{
	if (count <= cut->room)
		return;
	cut_fini(cut);
	*cut = (struct cut){
		.phones = mem_calloc(count, sizeof(*cut->phones)),
		.states = mem_calloc(count, sizeof(*cut->states)),
		.found = mem_calloc(count, sizeof(*cut->found)),
		.room = count,
	};
}

static void mark(struct cut *cut, const uint32_t *ids, uint32_t count, const struct set *set, enum state state)
{
	uint32_t found = set == NULL ? 0 : set_among(set, ids, count, cut->found);

	for (uint32_t i = 0; i < found; i++)
		cut->states[cut->found[i]] = (uint8_t)state;
}

void cut_people(struct cut *cut, const struct people *people, const uint32_t *ids, uint32_t count,
	const struct set *opted_out, const struct set *gone)
{
	make_room(cut, count);
	/* Most of most batches are to be sent to: only the others are looked at one by one. */
	memset(cut->states, STATE_WAITING, count);
	mark(cut, ids, count, opted_out, STATE_OPTED_OUT);
	mark(cut, ids, count, gone, STATE_GONE);
	if (people_phones(people, ids, count, cut->phones) > 0) {
		for (uint32_t i = 0; i < count; i++) {
			if (cut->phones[i] == 0)
				cut->states[i] = STATE_GONE;
		}
	}
}
