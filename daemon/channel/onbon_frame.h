#ifndef CHANNEL_ONBON_FRAME_H
#define CHANNEL_ONBON_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * The outer layer of Onbon BX-K font cards (led-signs.md 3.2 and 3.3): lead-in, header, data, checksum,
 * escapes, end. Bytes in, bytes out; nothing here knows a command.
 */

#define ONBON_FRAME_MOST (16 * 1024) /* header, data and checksum of a frame, unescaped */

/* Values of the header's DeviceType. */
enum onbon_device {
	ONBON_DEVICE_ANY = 0xfe,
};

/* True for the 5K family, false for the 6K; *known tells font cards from everything else. */
bool onbon_device_5k(uint8_t device, bool *known);

/* CRC-16/ARC: "123456789" gives BB3D. */
uint16_t onbon_crc(const void *bytes, size_t size);

/*
 * Header values that a host chooses. DisplayMode 1: while a dynamic area exists, the owner's programs do not
 * show.
 */
struct onbon_head {
	uint8_t display_mode;
	uint8_t device;
};

/* Appends the whole frame around `data`, addressed to any card. False when *out is full. */
bool onbon_frame_add(struct buf *out, struct onbon_head head, const void *data, size_t size);

/* A frame that came in, checked. `data` points into the decoder and is valid until the next byte is fed. */
struct onbon_frame {
	uint16_t to, from;
	uint8_t display_mode, device;
	const uint8_t *data;
	size_t size;
};

enum onbon_feed {
	ONBON_MORE, /* nothing yet */
	ONBON_FRAME, /* *frame is filled */
	ONBON_BAD, /* a frame ended or was given up that is not as it should be; decoding goes on behind it */
};

struct onbon_decoder {
	struct buf bytes;
	enum { ONBON_OUTSIDE, ONBON_LEAD, ONBON_INSIDE } state;
	uint8_t escape; /* the lead of an escape that waits for its second byte, or 0 */
};

void onbon_decoder_init(struct onbon_decoder *decoder);
void onbon_decoder_fini(struct onbon_decoder *decoder);

enum onbon_feed onbon_decoder_feed(struct onbon_decoder *decoder, uint8_t byte, struct onbon_frame *frame);

/* Little-endian numbers, as all of this protocol has them. */
bool onbon_add_u16(struct buf *out, uint16_t value);
bool onbon_add_u32(struct buf *out, uint32_t value);
uint16_t onbon_u16(const uint8_t *at);

#endif
