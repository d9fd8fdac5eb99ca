#include "app/ahead.h"

#include <stdlib.h>

#include "base/mem.h"

enum { RUNS = 64, RUN = 256 };

/* One lane's next places. Lanes that share a run push each other out, which costs time and nothing else. */
struct run {
	uint32_t alert; /* 0: none; the ledger counts from 1 */
	uint16_t lane;
	uint32_t first, count;
	uint32_t ids[RUN];
};

struct ahead {
	struct run *runs[RUNS];
	uint32_t *long_ids; /* of a batch that is longer than a run */
	uint32_t long_room;
};

struct ahead *ahead_new(void)
{
	return mem_zalloc(sizeof(struct ahead));
}

void ahead_free(struct ahead **ahead)
{
	if (*ahead == NULL)
		return;
	for (unsigned int i = 0; i < RUNS; i++)
		free((*ahead)->runs[i]);
	free((*ahead)->long_ids);
	free(*ahead);
	*ahead = NULL;
}

static uint32_t read_ids(const struct set *set, uint32_t first, uint32_t most, uint32_t *ids)
{
	struct set_cursor *cursor = set_cursor_new(set);

	set_cursor_seek(cursor, first);
	uint32_t got = set_cursor_read(cursor, ids, most);
	set_cursor_free(&cursor);
	return got;
}

static const uint32_t *read_long(struct ahead *ahead, const struct set *set, uint32_t first, uint32_t count,
	uint32_t *got)
{
	if (count > ahead->long_room) {
		ahead->long_ids = mem_resize(ahead->long_ids, count, sizeof(*ahead->long_ids));
		ahead->long_room = count;
	}
	*got = read_ids(set, first, count, ahead->long_ids);
	return ahead->long_ids;
}

/* Most batches follow the one before: whom a run ends with says where to read on, without counting. */
static void read_run(struct run *run, const struct set *set, uint32_t first)
{
	uint32_t past = first - run->first;
	struct set_cursor *cursor = set_cursor_new(set);

	if (run->count > 0 && past < run->count)
		set_cursor_find(cursor, run->ids[past]);
	else if (run->count > 0 && past == run->count && run->ids[past - 1] < UINT32_MAX)
		set_cursor_find(cursor, run->ids[past - 1] + 1);
	else
		set_cursor_seek(cursor, first);
	run->first = first;
	run->count = set_cursor_read(cursor, run->ids, RUN);
	set_cursor_free(&cursor);
}

const uint32_t *ahead_ids(struct ahead *ahead, uint32_t alert, uint16_t lane, const struct set *set, uint32_t first,
	uint32_t count, uint32_t *got)
{
	if (count > RUN)
		return read_long(ahead, set, first, count, got);
	struct run **place = &ahead->runs[(alert * 31 + lane) % RUNS];
	if (*place == NULL)
		*place = mem_zalloc(sizeof(**place));
	struct run *run = *place;
	if (run->alert != alert || run->lane != lane) {
		run->alert = alert;
		run->lane = lane;
		run->count = 0;
	}
	bool there = first >= run->first && first - run->first < run->count;
	/* Fewer than a run came: behind them is nobody. */
	if (!there || (count > run->count - (first - run->first) && run->count == RUN))
		read_run(run, set, first);
	uint32_t left = run->count - (first - run->first);
	*got = count < left ? count : left;
	return run->ids + (first - run->first);
}
