#ifndef TEXT_SEGMENT_H
#define TEXT_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * How long an SMS is, how many parts it is billed as, where the parts end, and its bytes for a carrier. GSM 03.38 (3GPP
 * TS 23.038) and UCS-2; rules and vectors: http-apis.md section 14. Texts are valid UTF-8.
 */
enum segment_rule {
	SEGMENT_MAINLAND, /* every character counts 1, 70 in one part, else 67 in each */
	SEGMENT_INTERNATIONAL, /* GSM alphabet where it suffices: 160/153 septets; else UCS-2 as above */
};

enum segment_coding { SEGMENT_GSM, SEGMENT_UCS2 };

struct segment_count {
	enum segment_coding coding;
	unsigned int units; /* septets (extension characters 2) or UTF-16 units */
	unsigned int parts; /* at least 1; one more than the sum suggests where a character would be cut */
};

/* Counts a text. */
struct segment_count segment_count(const char *text, size_t size, enum segment_rule rule);

/* Parts of a text of `units` one-unit characters: what is billed when something else stands in front of ours. */
unsigned int segment_parts(unsigned int units, enum segment_coding coding);

/* One part: bytes [offset, offset + size) of the text, never cutting a surrogate pair or an escape. */
struct segment {
	size_t offset, size;
	unsigned int units;
};

/* A walk over the parts. Treat as opaque. */
struct segment_walk {
	const char *text;
	size_t size, offset;
	enum segment_coding coding;
	unsigned int most; /* units in one part */
	unsigned int units; /* in all */
	bool doubles; /* there may be characters of two units */
	bool done;
};

void segment_begin(struct segment_walk *walk, const char *text, size_t size, enum segment_rule rule);

/* The next part; false after the last. An empty text has one empty part. */
bool segment_next(struct segment_walk *walk, struct segment *segment);

/* True when every character is in the GSM 03.38 basic alphabet or its extension table. */
bool segment_is_gsm(const char *text, size_t size);

/*
 * UTF-8 to big-endian UTF-16 (what carriers call UCS-2). Writes at most `room` bytes and returns how many the text needs,
 * or SIZE_MAX at a malformed byte. `out` may be NULL with `room` 0. With `room` ≥ 2 × size it always fits.
 */
size_t segment_to_ucs2(const char *text, size_t size, uint8_t *out, size_t room);

/* The way back, appended to `out`. False at an odd size, a lone surrogate or a full buffer. */
bool segment_from_ucs2(const uint8_t *bytes, size_t size, struct buf *out);

/*
 * UTF-8 to GSM 03.38, one septet a byte, extension characters as 1B xx. Returns how many septets are needed, or SIZE_MAX
 * when a character has none; writes at most `room`.
 */
size_t segment_to_gsm(const char *text, size_t size, uint8_t *out, size_t room);

/* The way back, appended. An unknown escape reads as the basic character. False for a byte over 7F, or a full buffer. */
bool segment_from_gsm(const uint8_t *septets, size_t count, struct buf *out);

/*
 * Septets packed 8 into 7 bytes, the first at bit `fill` (0–6: septet alignment behind a user data header). `out` holds
 * (fill + 7 × count + 7) / 8 bytes; returns that number.
 */
size_t segment_pack(const uint8_t *septets, size_t count, unsigned int fill, uint8_t *out);

/* The way back: `count` septets from packed bytes. Requires: `size` bytes hold them. */
void segment_unpack(const uint8_t *packed, size_t size, unsigned int fill, uint8_t *septets, size_t count);

#endif
