#ifndef CHANNEL_ONBON_REPLY_H
#define CHANNEL_ONBON_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "channel/onbon_codec.h"
#include "flow/outcome.h"

/*
 * What Onbon BX-K font cards answer (led-signs.md 3.3, 3.4 and 3.6). Every reader checks every length: what
 * comes from a socket is whatever somebody sends.
 */

/*
 * A reply. `payload` follows the five bytes of head; `bare` follows three, for the replies that leave two
 * out.
 */
struct onbon_reply {
	enum onbon_command command;
	uint8_t error;
	const uint8_t *payload, *bare;
	size_t size, bare_size;
};

/* Reads the head of a reply. False when it is too short to be one. */
bool onbon_reply_read(const struct onbon_frame *frame, struct onbon_reply *reply);

/* The class of a CmdError (3.3), with words for people in *words. 0 is CLASS_OK. */
enum outcome_class onbon_error_class(uint8_t error, const char **words);

struct onbon_parameters {
	uint8_t device;
	uint16_t width, height;
};

bool onbon_parameters_read(const struct onbon_reply *reply, struct onbon_parameters *parameters);

/* What the card can write. Heights of fonts in dots, a bit each for 16 (1), 24 (2), 32 (4). */
struct onbon_fonts {
	unsigned int chinese;
	bool gbk; /* its Chinese font has GBK's characters too; only A2 11 tells */
};

/* Either font list, with or without the two reserved bytes. Only adds to *fonts. */
bool onbon_fonts_read(const struct onbon_reply *reply, struct onbon_fonts *fonts);
unsigned int onbon_font_bit(unsigned int height);

struct onbon_status {
	bool off; /* switched off, by its own timers or by hand */
	bool clock_valid;
	struct tm clock; /* calendar fields, where valid */
	uint8_t areas[16];
	size_t area_count;
};

/* `is_5k1`: the reply lacks two fields. */
bool onbon_status_read(const struct onbon_reply *reply, bool is_5k1, struct onbon_status *status);
/*
 * True when the card's clock is more than 30 s from ours, or cannot be read. Read in the process's time zone.
 */
bool onbon_status_clock_off(const struct onbon_status *status, int64_t wall_ms);

bool onbon_status_has(const struct onbon_status *status, uint8_t area);

#endif
