#ifndef WORLD_FRAME_H
#define WORLD_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * The frame of Onbon BX-K font cards, written for the world alone: led-signs.md 3.2 and 3.3. A stream of
 * bytes goes in, whole frames come out; lead-in, escapes, length and CRC are checked. Internal.
 */
#define WORLD_FRAME_MOST (17u << 10)

enum world_frame_state {
	WORLD_FRAME_MORE, /* not whole yet */
	WORLD_FRAME_WHOLE,
	WORLD_FRAME_BAD, /* escape, length or size is wrong: a card stays silent */
	WORLD_FRAME_BAD_SUM, /* the CRC is wrong: a card answers NACK 5 */
};

struct world_frame {
	uint16_t to, from;
	uint8_t check, display, device, version;
	uint16_t size;
	const uint8_t *data; /* inside the reader, valid until its next byte */
};

struct world_frame_reader {
	uint8_t bytes[WORLD_FRAME_MOST];
	size_t count;
	enum { WORLD_FRAME_OUTSIDE, WORLD_FRAME_LEAD, WORLD_FRAME_INSIDE } where;
	uint8_t escape; /* A6 or 5B when the byte before began an escape */
	bool broken;
};

/* Takes one byte. After anything but MORE the reader waits for the next lead-in. */
enum world_frame_state world_frame_byte(struct world_frame_reader *reader, uint8_t byte, struct world_frame *frame);

/* CRC-16/ARC. */
uint16_t world_frame_crc(const uint8_t *bytes, size_t size);

/* Adds a card's reply to `to` (who asked), escaped. `spoil`: with a wrong CRC. */
void world_frame_write(struct buf *out, const struct world_frame *asked, const uint8_t *data, size_t size, bool spoil);

#endif
