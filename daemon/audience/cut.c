#include "audience/cut.h"

#include <stdlib.h>

#include "base/mem.h"
#include "flow/tally.h"

void cut_init(struct cut *cut, uint32_t most)
{
	*cut = (struct cut){
		.most = most,
		.ids = mem_calloc(most, sizeof(*cut->ids)),
		.phones = mem_calloc(most, sizeof(*cut->phones)),
		.states = mem_calloc(most, sizeof(*cut->states)),
	};
}

void cut_fini(struct cut *cut)
{
	free(cut->ids);
	free(cut->phones);
	free(cut->states);
	*cut = (struct cut){0};
}

static enum state judge(uint32_t id, phone_t phone, const struct set *opted_out, const struct set *gone)
{
	if (phone == 0 || (gone != NULL && set_contains(gone, id)))
		return STATE_GONE;
	if (opted_out != NULL && set_contains(opted_out, id))
		return STATE_OPTED_OUT;
	return STATE_WAITING;
}

void cut_slice(struct cut *cut, const struct people *people, const struct set *lane, uint32_t first, uint32_t count,
	const struct set *opted_out, const struct set *gone)
{
	struct set_cursor *cursor = set_cursor_new(lane);

	set_cursor_seek(cursor, first);
	cut->first = first;
	cut->sendable = 0;
	cut->count = set_cursor_read(cursor, cut->ids, count < cut->most ? count : cut->most);
	set_cursor_free(&cursor);
	people_phones(people, cut->ids, cut->count, cut->phones);
	for (uint32_t i = 0; i < cut->count; i++) {
		cut->states[i] = (uint8_t)judge(cut->ids[i], cut->phones[i], opted_out, gone);
		cut->sendable += cut->states[i] == STATE_WAITING;
	}
}
