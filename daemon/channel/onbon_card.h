#ifndef CHANNEL_ONBON_CARD_H
#define CHANNEL_ONBON_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel/board.h"
#include "channel/onbon_reply.h"
#include "flow/outcome.h"

/*
 * One BX-K card as our strip on it is configured: what must be asked before anything is written, whether the
 * strip can work on what was found, and how a face becomes an area. No socket, no time.
 */

/* The kind's options. */
struct onbon_options {
	char *address;
	int64_t width, height, area_x, area_y, area_id;
	int color, font, device; /* places in the choices of led_onbon.c */
	int64_t speed;
	int64_t ms_per_pixel; /* 0: not calibrated */
	bool voice;
};

struct onbon_card {
	const struct onbon_options *options;
	unsigned int asked; /* questions behind us */
	uint8_t device;
	struct onbon_fonts fonts;
	bool fonts_known, met;
};

unsigned int onbon_font_height(const struct onbon_options *options);

void onbon_card_init(struct onbon_card *card, const struct onbon_options *options);

/* A new connection: asks everything again; what was found stays until then. */
void onbon_card_begin(struct onbon_card *card);

/* The next question. False when there is none left. */
bool onbon_card_question(const struct onbon_card *card, enum onbon_command *command);

/* Takes the answer to it. False when this card cannot carry our strip; `words` then say why. */
bool onbon_card_answer(struct onbon_card *card, const struct onbon_reply *reply, char *words, size_t room);

/* Bytes of text in one face. */
size_t onbon_card_room(const struct onbon_options *options);

/*
 * True when the card can write all of `text`; *size is its length there. Before the card was met GBK is
 * assumed.
 */
bool onbon_card_fits(const struct onbon_card *card, const char *text, size_t *size, const char **bad);

/*
 * Appends the request that shows a face, or erases ours for BOARD_NOTHING; *head is how it must be framed.
 * With `speak` and where it fits a takeover is also spoken. False when a character cannot be shown.
 */
bool onbon_card_face_add(struct buf *out, struct onbon_head *head, const struct onbon_card *card,
	const struct board_face *face, uint16_t lease_s, bool speak);

#endif
