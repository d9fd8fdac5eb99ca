#include "audience/cut.h"

#include <stdlib.h>
#include <string.h>

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

static void set_state(struct cut *cut, uint32_t i, enum state state)
{
	cut->sendable -= cut->states[i] == STATE_WAITING;
	cut->states[i] = (uint8_t)state;
}

/* Marks who of the slice is in `set`: both ascend, so one walk beside the other finds them. */
static void mark(struct cut *cut, const struct set *set, enum state state)
{
	enum { SOME = 64 };
	const uint32_t *members = cut->ids, count = cut->count;
	uint32_t ids[SOME], got, i = 0;

	if (set == NULL || cut->count == 0)
		return;
	struct set_cursor *cursor = set_cursor_new(set);
	set_cursor_find(cursor, cut->ids[0]);
	while (i < count && (got = set_cursor_read(cursor, ids, SOME)) > 0) {
		for (uint32_t k = 0; k < got && i < count; k++) {
			while (i < count && members[i] < ids[k])
				i++;
			if (i < count && members[i] == ids[k])
				set_state(cut, i, state);
		}
	}
	set_cursor_free(&cursor);
}

void cut_slice(struct cut *cut, const struct people *people, const struct set *lane, uint32_t first, uint32_t count,
	const struct set *opted_out, const struct set *gone)
{
	struct set_cursor *cursor = set_cursor_new(lane);

	set_cursor_seek(cursor, first);
	cut->first = first;
	cut->count = set_cursor_read(cursor, cut->ids, count < cut->most ? count : cut->most);
	set_cursor_free(&cursor);
	/* Most of most slices is to be sent to: only the others are looked at one by one. */
	memset(cut->states, STATE_WAITING, cut->count);
	cut->sendable = cut->count;
	if (people_phones(people, cut->ids, cut->count, cut->phones) > 0) {
		for (uint32_t i = 0; i < cut->count; i++) {
			if (cut->phones[i] == 0)
				set_state(cut, i, STATE_GONE);
		}
	}
	mark(cut, opted_out, STATE_OPTED_OUT);
	mark(cut, gone, STATE_GONE);
}
