#include "world/card.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/require.h"

#define HISTORY_MOST 10000
#define SHOWING_MOST 65536

/* ---- what is seen ---- */

static bool any_area(const struct world_card *card)
{
	for (unsigned int i = 0; i < WORLD_AREAS; i++)
		if (card->areas[i].used)
			return true;
	return false;
}

static void add_seen(struct buf *out, const char *text)
{
	if (out->size > 0)
		buf_add_text(out, " | ");
	buf_add_text(out, text);
}

/* DisplayMode 1: while an area exists only areas show; 0: areas and the owner's programme together. */
static char *look(const struct world_card *card)
{
	struct buf out;

	buf_init(&out, SHOWING_MOST);
	if (card->mains && card->on) {
		for (unsigned int i = 0; i < WORLD_AREAS; i++)
			if (card->areas[i].used)
				add_seen(&out, card->areas[i].area.text);
		if (!any_area(card) || card->display_mode != 1)
			add_seen(&out, card->program);
	}
	return out.size == 0 ? mem_strdup("") : buf_take(&out);
}

/* What lasted no time at all was not seen: a command that deletes and puts shows no programme in between. */
static void forget_unseen(struct world_card *card)
{
	while (card->history_count > 0 && card->history[card->history_count - 1].shown.mono_ms == clock_mono_ms())
		free((char *)(uintptr_t)card->history[--card->history_count].shown.text);
}

static void remember(struct world_card *card)
{
	forget_unseen(card);
	if (card->history_count > 0 && strcmp(card->history[card->history_count - 1].shown.text, card->showing) == 0)
		return;
	if (card->history_count == HISTORY_MOST) {
		free((char *)(uintptr_t)card->history[0].shown.text);
		memmove(card->history, card->history + 1, --card->history_count * sizeof(*card->history));
	}
	if (card->history_count == card->history_room) {
		card->history_room = card->history_room == 0 ? 16 : card->history_room * 2;
		card->history = mem_resize(card->history, card->history_room, sizeof(*card->history));
	}
	card->history[card->history_count++] = (struct world_card_shown){{clock_wall_ms(), clock_mono_ms(),
										 mem_strdup(card->showing)},
		card->mains && card->on && any_area(card)};
}

static void refresh(struct world_card *card)
{
	char *seen = look(card);

	if (card->showing != NULL && strcmp(seen, card->showing) == 0) {
		free(seen);
	} else {
		free(card->showing);
		card->showing = seen;
		remember(card);
	}
	card->changed(card->arg);
}

/* ---- areas ---- */

unsigned int world_card_area_limit(const struct world_card *card)
{
	return card->device < 0x61 ? 8 : 5;
}

size_t world_card_area_bytes(const struct world_card *card)
{
	return card->device < 0x61 ? 512 : 1024;
}

static void drop(struct world_card_area *area)
{
	timer_disarm(&area->lease);
	free(area->area.text);
	area->area.text = NULL;
	area->used = false;
}

static void on_lease(void *arg)
{
	struct world_card_area *area = arg;

	drop(area);
	refresh(area->card);
}

void world_card_put(struct world_card *card, const struct world_area *area)
{
	REQUIRE(area->id < world_card_area_limit(card));
	struct world_card_area *own = &card->areas[area->id];
	bool same = own->used && strcmp(own->area.text, area->text) == 0;

	drop(own);
	own->used = true;
	own->area = *area;
	own->since_ms = same ? own->since_ms : clock_mono_ms();
	if (area->lease_s > 0)
		timer_arm(&own->lease, (uint64_t)area->lease_s * 1000);
	refresh(card);
}

void world_card_delete(struct world_card *card, uint8_t id)
{
	if (id < WORLD_AREAS)
		drop(&card->areas[id]);
	refresh(card);
}

void world_card_delete_all(struct world_card *card)
{
	for (unsigned int i = 0; i < WORLD_AREAS; i++)
		drop(&card->areas[i]);
	refresh(card);
}

void world_card_mode(struct world_card *card, uint8_t display_mode)
{
	card->display_mode = display_mode;
	refresh(card);
}

void world_card_switch(struct world_card *card, bool on)
{
	card->on = on;
	refresh(card);
}

void world_card_mains(struct world_card *card, bool on)
{
	if (!on) {
		for (unsigned int i = 0; i < WORLD_AREAS; i++)
			drop(&card->areas[i]);
		card->display_mode = 0;
	}
	card->mains = on;
	card->on = true;
	refresh(card);
}

/* ---- history ---- */

static void free_history(struct world_card *card)
{
	for (size_t i = 0; i < card->history_count; i++)
		free((char *)(uintptr_t)card->history[i].shown.text);
	card->history_count = 0;
}

void world_card_forget(struct world_card *card)
{
	free_history(card);
	remember(card);
}

static bool counts(const struct world_card_shown *entry, const char *marker)
{
	return marker == NULL ? entry->ours : strstr(entry->shown.text, marker) != NULL;
}

uint64_t world_card_gap_ms(const struct world_card *card, const char *marker, uint64_t from_ms, uint64_t until_ms)
{
	uint64_t gap_from = from_ms, longest = 0;

	for (size_t i = 0; i < card->history_count; i++) {
		uint64_t begins = card->history[i].shown.mono_ms;
		uint64_t ends = i + 1 < card->history_count ? card->history[i + 1].shown.mono_ms : UINT64_MAX;
		if (!counts(&card->history[i], marker) || ends <= from_ms || begins >= until_ms || begins == ends)
			continue;
		if (begins > gap_from && begins - gap_from > longest)
			longest = begins - gap_from;
		gap_from = ends;
	}
	if (gap_from < until_ms && until_ms - gap_from > longest)
		longest = until_ms - gap_from;
	return longest;
}

/* ---- birth and end ---- */

void world_card_init(struct world_card *card, struct loop *loop, const struct world_peer_options *options,
	void (*changed)(void *arg), void *arg)
{
	memset(card, 0, sizeof(*card));
	*card = (struct world_card){.loop = loop,
		.changed = changed,
		.arg = arg,
		.program = options->program,
		.device = options->device,
		.width = options->width,
		.height = options->height,
		.mains = true,
		.on = true,
		.brightness = 12};
	for (unsigned int i = 0; i < WORLD_AREAS; i++) {
		card->areas[i].card = card;
		timer_init(&card->areas[i].lease, loop, on_lease, &card->areas[i]);
	}
	card->showing = look(card);
	remember(card);
}

void world_card_fini(struct world_card *card)
{
	for (unsigned int i = 0; i < WORLD_AREAS; i++)
		drop(&card->areas[i]);
	free_history(card);
	free(card->history);
	free(card->showing);
}
