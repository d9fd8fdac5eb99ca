#ifndef WORLD_CARD_H
#define WORLD_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"
#include "world/area.h"
#include "world/world.h"

/*
 * What a BX-K card holds and shows: power, brightness, clock, areas in RAM with their leases, and the history
 * of what passers-by saw. Knows nothing of frames. Internal.
 */
#define WORLD_AREAS 8

struct world_card_area {
	struct world_card *card;
	bool used;
	struct world_area area;
	struct timer lease;
	uint64_t since_ms;
};

struct world_card_shown {
	struct world_shown shown;
	bool ours; /* something beside the owner's programme */
};

struct world_card {
	struct loop *loop;
	void (*changed)(void *arg);
	void *arg;
	const char *program;
	uint8_t device;
	uint16_t width, height;
	bool mains, on;
	uint8_t brightness, display_mode;
	int64_t clock_offset_ms;
	struct world_card_area areas[WORLD_AREAS];
	char *showing;
	struct world_card_shown *history;
	size_t history_count, history_room;
};

void world_card_init(struct world_card *card, struct loop *loop, const struct world_peer_options *options,
	void (*changed)(void *arg), void *arg);
void world_card_fini(struct world_card *card);

/* Areas that this type of card has, and bytes of each. 5K: 8 of 512; 6K: 5 of 1024. */
unsigned int world_card_area_limit(const struct world_card *card);
size_t world_card_area_bytes(const struct world_card *card);

/* Takes the area over (its text too) and starts its lease. Requires: id below the limit. */
void world_card_put(struct world_card *card, const struct world_area *area);
void world_card_delete(struct world_card *card, uint8_t id);
void world_card_delete_all(struct world_card *card);

void world_card_mode(struct world_card *card, uint8_t display_mode);
void world_card_switch(struct world_card *card, bool on);

/* The mains: off loses RAM; back on, the card is lit again. */
void world_card_mains(struct world_card *card, bool on);

/* Starts the history anew with what is shown now. */
void world_card_forget(struct world_card *card);

uint64_t world_card_gap_ms(const struct world_card *card, const char *marker, uint64_t from_ms, uint64_t until_ms);

#endif
