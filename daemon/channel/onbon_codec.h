#ifndef CHANNEL_ONBON_CODEC_H
#define CHANNEL_ONBON_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "channel/onbon_frame.h"

/*
 * Commands of Onbon BX-K font cards (led-signs.md 3.4 and 3.5): data fields only, the frame around them is
 * onbon_frame.h's, what comes back is onbon_reply.h's. Format, reset and the writing of files are left out on
 * purpose: nothing here wears out the flash.
 */

/* A command is its group and its number, as A2 0A. */
enum onbon_command {
	ONBON_ACK = 0xa000,
	ONBON_NACK = 0xa001,
	ONBON_STATUS = 0xa102,
	ONBON_PING = 0xa200,
	ONBON_CLOCK = 0xa203,
	ONBON_FONTS = 0xa209,
	ONBON_PARAMETERS = 0xa20a,
	ONBON_FONTS_MORE = 0xa211,
	ONBON_AREAS = 0xa306,
};

/* Appends a request without payload. */
void onbon_request_add(struct buf *out, enum onbon_command command);

/* Appends the request that sets the card's clock; the calendar fields of `when` are used as they are. */
void onbon_clock_add(struct buf *out, const struct tm *when);

enum onbon_run {
	ONBON_RUN_LOOP = 0,
	ONBON_RUN_LEASE = 2, /* the card deletes the area unless it is refreshed within `timeout_s` */
};

enum onbon_display {
	ONBON_DISPLAY_STATIC = 1,
	ONBON_DISPLAY_LEFT = 3,
};

/*
 * One dynamic area (3.5). Sizes in pixels; `by_eight` writes x and width in units of 8, as 5K cards want
 * them.
 */
struct onbon_area {
	uint16_t x, y, width, height;
	bool by_eight;
	uint8_t id;
	uint8_t run_mode;
	uint16_t timeout_s;
	const void *speech; /* GBK; NULL: silent */
	size_t speech_size;
	uint8_t repeat, voice, volume, voice_speed;
	uint8_t alignment;
	bool many_lines;
	uint8_t display_mode;
	uint8_t speed; /* 0 fastest … 24 slowest */
	uint8_t stay; /* half seconds */
	const void *text; /* GBK with the card's escapes */
	size_t text_size;
};

/* Appends the area block alone, as it stands in A3 06 and in program files. */
void onbon_area_add(struct buf *out, const struct onbon_area *area);

/* Appends the request that writes one area, and the one that deletes one. */
void onbon_area_update_add(struct buf *out, const struct onbon_area *area);
void onbon_area_delete_add(struct buf *out, uint8_t id);

/*
 * Bytes of text that fit into one area update of a card with a data field of `most`, with `speech` bytes
 * spoken.
 */
size_t onbon_text_room(size_t most, size_t speech);

/*
 * Appends `text` (UTF-8) as the card reads it, without font and colour: GBK, strictly GB 2312 unless `gbk`;
 * `\`, and with `speech` brackets, become full-width, control characters blanks. False when a character
 * cannot be shown; *bad then points to it, or is NULL when *out is full.
 */
bool onbon_text_add(struct buf *out, const char *text, bool gbk, bool speech, const char **bad);

/* Appends the escapes for font (16, 24 or 32 dots) and colour (1 red … 7 white) that a text begins with. */
void onbon_style_add(struct buf *out, unsigned int font, unsigned int color);

/* Width in pixels of text already converted: half a font's height for each byte. */
uint32_t onbon_text_width(size_t gbk_bytes, unsigned int font);

#endif
