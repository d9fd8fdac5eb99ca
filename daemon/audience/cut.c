#include "audience/cut.h"

#include <stdlib.h>

#include "base/mem.h"

void cut_fini(struct cut *cut)
{
	free(cut->phones);
	free(cut->states);
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
		.room = count,
	};
}

void cut_people(struct cut *cut, const struct people *people, const struct barred *barred, const uint32_t *ids,
	uint32_t count)
{
	make_room(cut, count);
	barred_states(barred, ids, count, cut->states);
	if (people_phones(people, ids, count, cut->phones) > 0) {
		for (uint32_t i = 0; i < count; i++) {
			if (cut->phones[i] == 0)
				cut->states[i] = STATE_GONE;
		}
	}
}
