#include "channel/board.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/require.h"

#define ITEMS_MOST    (BOARD_ALERTS_MOST + BOARD_SLOGANS_MOST)
#define PAGE_LEAST_MS 10000

/* What one rotation goes through: `fixed` texts stand on every page, the others take turns. */
struct items {
	const char *text[ITEMS_MOST];
	size_t size[ITEMS_MOST];
	size_t count, fixed;
	uint32_t alert[ITEMS_MOST]; /* its bit, 0 for slogans */
};

struct page {
	size_t first, count; /* of the items that take turns */
	int64_t pass_ms;
};

void board_init(struct board *board, size_t room, uint32_t pass_base_ms, uint32_t pass_byte_ms)
{
	*board = (struct board){.room = room, .pass_base_ms = pass_base_ms, .pass_byte_ms = pass_byte_ms};
}

void board_fini(struct board *board)
{
	while (board->alert_count > 0)
		free(board->alerts[--board->alert_count].text);
	mem_strings_free(board->slogans);
	board->slogans = NULL;
	board->slogan_count = 0;
}

static void remove_at(struct board *board, size_t place)
{
	free(board->alerts[place].text);
	board->alert_count--;
	memmove(&board->alerts[place], &board->alerts[place + 1],
		(board->alert_count - place) * sizeof(board->alerts[0]));
}

enum result board_show(struct board *board, const struct batch *batch, const char *text, size_t size)
{
	size_t place = 0;

	if (size > board->room)
		return RESULT_TOO_BIG;
	while (place < board->alert_count &&
		(board->alerts[place].batch.alert != batch->name.alert ||
			board->alerts[place].batch.lane != batch->name.lane))
		place++;
	if (place == BOARD_ALERTS_MOST)
		return RESULT_BUSY;
	if (place == board->alert_count)
		board->alert_count++;
	else
		free(board->alerts[place].text);
	board->alerts[place] = (struct board_alert){
		.batch = batch->name,
		.text = mem_strdup(text),
		.size = size,
		.until_ms = batch->until_ms,
		.takeover_until_ms = batch->takeover_until_ms < batch->until_ms ? batch->takeover_until_ms
										: batch->until_ms,
	};
	return RESULT_OK;
}

void board_clear(struct board *board, uint32_t alert)
{
	for (size_t i = board->alert_count; i-- > 0;)
		if (board->alerts[i].batch.alert == alert)
			remove_at(board, i);
}

void board_forget(struct board *board, struct batch_name batch)
{
	for (size_t i = board->alert_count; i-- > 0;)
		if (board->alerts[i].batch.alert == batch.alert && board->alerts[i].batch.lane == batch.lane &&
			board->alerts[i].batch.number == batch.number)
			remove_at(board, i);
}

void board_expire(struct board *board, int64_t wall_ms)
{
	for (size_t i = board->alert_count; i-- > 0;)
		if (board->alerts[i].until_ms <= wall_ms)
			remove_at(board, i);
}

enum result board_playlist(struct board *board, char *const *slogans, const size_t *sizes)
{
	size_t count = mem_strings_count(slogans);

	if (count > BOARD_SLOGANS_MOST)
		return RESULT_TOO_BIG;
	for (size_t i = 0; i < count; i++)
		if (sizes[i] > board->room)
			return RESULT_TOO_BIG;
	mem_strings_free(board->slogans);
	board->slogans = mem_strings_dup(slogans);
	board->slogan_count = count;
	if (count > 0)
		memcpy(board->slogan_sizes, sizes, count * sizeof(*sizes));
	return RESULT_OK;
}

static void add_item(struct items *items, const char *text, size_t size, uint32_t alert)
{
	items->text[items->count] = text;
	items->size[items->count] = size;
	items->alert[items->count] = alert;
	items->count++;
}

static void earlier(int64_t *moment, int64_t other)
{
	if (other < *moment)
		*moment = other;
}

/* The newest alert first: what happened last is what people must see first. */
static void add_alerts(const struct board *board, int64_t wall_ms, bool takeover, struct items *items,
	struct board_face *face)
{
	for (size_t i = board->alert_count; i-- > 0;) {
		const struct board_alert *alert = &board->alerts[i];
		bool owns = alert->takeover_until_ms > wall_ms;

		if (alert->until_ms <= wall_ms)
			continue;
		earlier(&face->holds_until_ms, owns ? alert->takeover_until_ms : alert->until_ms);
		if (owns && face->takeover_end_ms < alert->takeover_until_ms)
			face->takeover_end_ms = alert->takeover_until_ms;
		if (!takeover || owns)
			add_item(items, alert->text, alert->size, (uint32_t)1 << i);
	}
}

static size_t joined(size_t have, size_t size)
{
	return have > 0 ? have + BOARD_SEPARATOR_SIZE + size : size;
}

/* Fills pages with the items behind the fixed ones, in order. `pages` has a place for every item. */
static size_t make_pages(const struct board *board, const struct items *items, size_t fixed_size, struct page *pages)
{
	size_t count = 0, at = items->fixed;

	do {
		struct page *page = &pages[count++];
		size_t size = fixed_size;

		*page = (struct page){.first = at};
		while (at < items->count && joined(size, items->size[at]) <= board->room) {
			size = joined(size, items->size[at++]);
			page->count++;
		}
		page->pass_ms = board->pass_base_ms + (int64_t)size * board->pass_byte_ms;
		if (page->pass_ms < PAGE_LEAST_MS)
			page->pass_ms = PAGE_LEAST_MS;
	} while (at < items->count);
	return count;
}

/* Which page it is at this moment: pages follow the wall clock, so that nothing needs to be remembered. */
static const struct page *turn_page(const struct page *pages, size_t count, int64_t wall_ms, struct board_face *face)
{
	int64_t cycle = 0;

	if (count == 1)
		return pages;
	for (size_t i = 0; i < count; i++)
		cycle += pages[i].pass_ms;
	int64_t into = wall_ms % cycle;
	size_t at = 0;
	while (into >= pages[at].pass_ms)
		into -= pages[at++].pass_ms;
	earlier(&face->holds_until_ms, wall_ms + pages[at].pass_ms - into);
	return &pages[at];
}

static void add_text(struct buf *text, const struct items *items, size_t first, size_t count, struct board_face *face)
{
	for (size_t i = first; i < first + count; i++) {
		if (text->size > 0)
			buf_add_text(text, BOARD_SEPARATOR);
		buf_add_text(text, items->text[i]);
		face->alerts |= items->alert[i];
	}
}

/*
 * All alerts stand on every page where they leave room for the longest slogan; else they take turns, and
 * alone.
 */
static size_t fix_alerts(const struct board *board, struct items *items, size_t alerts)
{
	size_t fixed_size = 0, longest = 0;

	for (size_t i = 0; i < items->count; i++) {
		if (i < alerts)
			fixed_size = joined(fixed_size, items->size[i]);
		else if (items->size[i] > longest)
			longest = items->size[i];
	}
	if (alerts < items->count && alerts > 0 && joined(fixed_size, longest) > board->room) {
		items->count = alerts;
		items->fixed = 0;
		return 0;
	}
	items->fixed = alerts < items->count ? alerts : 0;
	return items->fixed > 0 ? fixed_size : 0;
}

void board_face(const struct board *board, int64_t wall_ms, struct board_face *face)
{
	struct items items = {.count = 0};
	struct page pages[ITEMS_MOST];
	struct buf text;

	*face = (struct board_face){.holds_until_ms = INT64_MAX};
	add_alerts(board, wall_ms, true, &items, face);
	face->mode = BOARD_TAKEOVER;
	if (items.count == 0) {
		face->mode = BOARD_STRIP;
		add_alerts(board, wall_ms, false, &items, face);
	}
	size_t alerts = items.count;
	for (size_t i = 0; face->mode == BOARD_STRIP && i < board->slogan_count; i++)
		add_item(&items, board->slogans[i], board->slogan_sizes[i], 0);
	if (items.count == 0) {
		face->mode = BOARD_NOTHING;
		return;
	}
	size_t fixed_size = fix_alerts(board, &items, alerts);
	const struct page *page = turn_page(pages, make_pages(board, &items, fixed_size, pages), wall_ms, face);
	buf_init(&text, 1 << 20);
	add_text(&text, &items, 0, items.fixed, face);
	add_text(&text, &items, page->first, page->count, face);
	face->text = buf_take(&text);
}

void board_face_fini(struct board_face *face)
{
	free(face->text);
	face->text = NULL;
}

const char *board_mode_name(enum board_mode mode)
{
	static const char *const names[] = {"nothing", "strip", "takeover"};

	return names[mode];
}
