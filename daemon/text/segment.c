#include "text/segment.h"

#include <endian.h>
#include <string.h>

#include "base/utf8.h"
#include "text/gsm.h"

enum {
	GSM_ONE = 160,
	GSM_MANY = 153,
	UCS2_ONE = 70,
	UCS2_MANY = 67,
};

bool segment_is_gsm(const char *text, size_t size)
{
	const char *end = text + size;
	uint32_t code;

	while (text < end)
		if (!utf8_next(&text, end, &code) || gsm_septets(code) == 0)
			return false;
	return true;
}

/* Sixteen bytes that are reckoned with at once; every processor's compiler can, with or without instructions for it. */
typedef uint8_t sixteen __attribute__((vector_size(16)));

/* All of them: each is at most 31 × 8, so that no half of the sum runs over. */
static size_t sum_of(sixteen counts)
{
	const uint64_t even = 0x00ff00ff00ff00ffu, ones = 0x0001000100010001u;
	uint64_t halves[2];

	memcpy(halves, &counts, sizeof(halves));
	uint64_t pairs = (halves[0] & even) + (halves[0] >> 8 & even) + (halves[1] & even) + (halves[1] >> 8 & even);
	return (size_t)(pairs * ones >> 48);
}

/*
 * UTF-16 units of UTF-8: every byte but the continuation bytes (10xxxxxx) begins a character, and those from F0 on begin one
 * that takes a surrogate pair.
 */
static unsigned int count_utf16(const char *text, size_t size, bool *has_pairs)
{
	size_t units = size, pair_count = 0, i = 0;

	while (i + 16 <= size) {
		size_t stop = size - i > 248 * 16 ? i + 248 * 16 : size;
		sixteen continuing = {0}, pairs = {0};
		for (; i + 16 <= stop; i += 16) {
			sixteen bytes;
			memcpy(&bytes, text + i, sizeof(bytes));
			/* A comparison that holds is all ones, which is less one. */
			continuing -= (sixteen)((bytes & 0xc0) == 0x80);
			pairs -= (sixteen)((bytes & 0xf0) == 0xf0);
		}
		units -= sum_of(continuing);
		pair_count += sum_of(pairs);
	}
	for (; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];
		units -= (byte & 0xc0) == 0x80;
		pair_count += byte >= 0xf0;
	}
	*has_pairs = pair_count > 0;
	return (unsigned int)(units + pair_count);
}

static unsigned int count_units(const char *text, size_t size, enum segment_coding coding, bool *doubles)
{
	const char *end = text + size;
	unsigned int units = 0;
	uint32_t code;

	if (coding == SEGMENT_UCS2)
		return count_utf16(text, size, doubles);
	*doubles = true;
	while (text < end && utf8_next(&text, end, &code))
		units += gsm_septets(code);
	return units;
}

void segment_begin(struct segment_walk *walk, const char *text, size_t size, enum segment_rule rule)
{
	bool gsm = rule == SEGMENT_INTERNATIONAL && segment_is_gsm(text, size);

	*walk = (struct segment_walk){.text = text, .size = size, .coding = gsm ? SEGMENT_GSM : SEGMENT_UCS2};
	walk->units = count_units(text, size, walk->coding, &walk->doubles);
	if (gsm)
		walk->most = walk->units <= GSM_ONE ? GSM_ONE : GSM_MANY;
	else
		walk->most = walk->units <= UCS2_ONE ? UCS2_ONE : UCS2_MANY;
}

/* Bytes and units of the character at `text`. A byte that is no UTF-8 passes as one character. */
static size_t character(const char *text, const char *end, enum segment_coding coding, unsigned int *units)
{
	const char *at = text;
	uint32_t code;

	if (!utf8_next(&at, end, &code)) {
		*units = 1;
		return 1;
	}
	*units = coding == SEGMENT_GSM ? gsm_septets(code) : 1 + (code > 0xffff);
	return (size_t)(at - text);
}

bool segment_next(struct segment_walk *walk, struct segment *segment)
{
	const char *end = walk->text + walk->size;

	if (walk->done)
		return false;
	*segment = (struct segment){.offset = walk->offset};
	while (walk->offset < walk->size) {
		unsigned int units;
		size_t size = character(walk->text + walk->offset, end, walk->coding, &units);
		if (segment->units + units > walk->most)
			break;
		segment->units += units;
		walk->offset += size;
	}
	segment->size = walk->offset - segment->offset;
	walk->done = walk->offset == walk->size;
	return true;
}

struct segment_count segment_count(const char *text, size_t size, enum segment_rule rule)
{
	struct segment_walk walk;
	struct segment segment;

	segment_begin(&walk, text, size, rule);
	struct segment_count count = {.coding = walk.coding, .units = walk.units, .parts = 1};
	if (walk.units <= walk.most)
		return count;
	if (!walk.doubles) {
		count.parts = segment_parts(walk.units, walk.coding);
		return count;
	}
	for (count.parts = 0; segment_next(&walk, &segment);)
		count.parts++;
	return count;
}

unsigned int segment_parts(unsigned int units, enum segment_coding coding)
{
	unsigned int one = coding == SEGMENT_GSM ? GSM_ONE : UCS2_ONE;
	unsigned int many = coding == SEGMENT_GSM ? GSM_MANY : UCS2_MANY;

	return units <= one ? 1 : (units + many - 1) / many;
}

static size_t put_unit(uint8_t *out, size_t room, size_t at, uint32_t unit)
{
	if (at + 2 <= room) {
		out[at] = (uint8_t)(unit >> 8);
		out[at + 1] = (uint8_t)unit;
	}
	return at + 2;
}

/* The rare road: a character that is no well-formed three-byte one. Returns false at a malformed byte. */
static bool put_character(const char **at, const char *end, uint8_t *out, size_t room, size_t *used)
{
	uint32_t code;

	if (!utf8_next(at, end, &code))
		return false;
	if (code < 0x10000) {
		*used = put_unit(out, room, *used, code);
	} else {
		code -= 0x10000;
		*used = put_unit(out, room, *used, 0xd800 + (code >> 10));
		*used = put_unit(out, room, *used, 0xdc00 + (code & 0x3ff));
	}
	return true;
}

static uint64_t load_big(const unsigned char bytes[8])
{
	uint64_t number;

	memcpy(&number, bytes, sizeof(number));
	return be64toh(number);
}

static void store_big(uint8_t *out, uint32_t units)
{
	units = htobe32(units);
	memcpy(out, &units, sizeof(units));
}

/*
 * Eight bytes begin with two three-byte characters whose lead bytes are neither E0 nor ED: then no more needs to be looked
 * at, as only these can be overlong or half a surrogate pair.
 */
static bool two_characters(uint64_t eight)
{
	const unsigned int plain = 0xdffe; /* a bit for each lead byte from E0 */

	return (eight & 0xf0c0c0f0c0c00000u) == 0xe08080e080800000u &&
		(plain >> (eight >> 56 & 15) & plain >> (eight >> 32 & 15) & 1) != 0;
}

/* The two, as they stand in UCS-2. */
static uint32_t two_units(uint64_t eight)
{
	uint64_t both = (eight & 0x0f00000f00000000u) >> 12 | (eight & 0x003f00003f000000u) >> 10 |
		(eight & 0x00003f00003f0000u) >> 8;

	return (uint32_t)(both >> 16 & 0xffff0000u) | (uint32_t)(both >> 8 & 0xffff);
}

/* One ASCII or three-byte character, 0 for any other; *size is its bytes. Requires: three bytes. */
static uint32_t one_unit(const unsigned char *p, unsigned int *size)
{
	uint32_t unit = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);

	*size = p[0] < 0x80 ? 1 : 3;
	if (p[0] < 0x80)
		return p[0];
	if ((p[0] & 0xf0) != 0xe0 || ((p[1] ^ 0x80) | (p[2] ^ 0x80)) > 0x3f || unit < 0x800 ||
		(unit & 0xf800) == 0xd800)
		return 0;
	return unit;
}

/*
 * The common road: ASCII and three-byte characters, for an `out` that holds whatever `size` bytes can become; Chinese ones come
 * in rows and are taken by two. Stops at any other character, and at the last two bytes; *at tells how far it came.
 */
static uint8_t *put_common(const char **at, const char *end, uint8_t *out)
{
	const unsigned char *p = (const unsigned char *)*at, *stop = (const unsigned char *)end;

	while (stop - p >= 3) {
		unsigned int size;
		for (uint64_t eight; stop - p >= 8 && two_characters(eight = load_big(p)); p += 6, out += 4)
			store_big(out, two_units(eight));
		uint32_t unit = stop - p >= 3 ? one_unit(p, &size) : 0;
		if (unit == 0)
			break;
		out[0] = (uint8_t)(unit >> 8);
		out[1] = (uint8_t)unit;
		out += 2;
		p += size;
	}
	*at = (const char *)p;
	return out;
}

size_t segment_to_ucs2(const char *text, size_t size, uint8_t *out, size_t room)
{
	const char *end = text + size;
	size_t used = 0;

	while (text < end) {
		if (room >= used + 2 * (size_t)(end - text))
			used = (size_t)(put_common(&text, end, out + used) - out);
		if (text < end && !put_character(&text, end, out, room, &used))
			return SIZE_MAX;
	}
	return used;
}

bool segment_from_ucs2(const uint8_t *bytes, size_t size, struct buf *out)
{
	char utf8[4];

	if (size % 2 != 0)
		return false;
	for (size_t i = 0; i < size; i += 2) {
		uint32_t code = (uint32_t)bytes[i] << 8 | bytes[i + 1];
		if (code >= 0xd800 && code <= 0xdfff) {
			if (code > 0xdbff || i + 4 > size)
				return false;
			i += 2;
			uint32_t low = (uint32_t)bytes[i] << 8 | bytes[i + 1];
			if (low < 0xdc00 || low > 0xdfff)
				return false;
			code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		}
		if (!buf_add(out, utf8, utf8_put(code, utf8)))
			return false;
	}
	return true;
}

size_t segment_to_gsm(const char *text, size_t size, uint8_t *out, size_t room)
{
	const char *end = text + size;
	size_t used = 0;
	uint8_t septets[2];
	uint32_t code;

	while (text < end) {
		if (!utf8_next(&text, end, &code))
			return SIZE_MAX;
		unsigned int count = gsm_put(code, septets);
		if (count == 0)
			return SIZE_MAX;
		for (unsigned int i = 0; i < count; i++, used++)
			if (used < room)
				out[used] = septets[i];
	}
	return used;
}

bool segment_from_gsm(const uint8_t *septets, size_t count, struct buf *out)
{
	char utf8[4];

	for (size_t i = 0; i < count; i++) {
		bool escaped = septets[i] == GSM_ESCAPE && i + 1 < count;
		if (escaped)
			i++;
		if (septets[i] > 0x7f)
			return false;
		if (!buf_add(out, utf8, utf8_put(gsm_code(septets[i], escaped), utf8)))
			return false;
	}
	return true;
}

size_t segment_pack(const uint8_t *septets, size_t count, unsigned int fill, uint8_t *out)
{
	size_t size = (fill + 7 * count + 7) / 8, bit = fill;

	memset(out, 0, size);
	for (size_t i = 0; i < count; i++, bit += 7) {
		unsigned int shifted = (septets[i] & 0x7fu) << bit % 8;
		out[bit / 8] |= (uint8_t)shifted;
		if (shifted > 0xff)
			out[bit / 8 + 1] |= (uint8_t)(shifted >> 8);
	}
	return size;
}

void segment_unpack(const uint8_t *packed, size_t size, unsigned int fill, uint8_t *septets, size_t count)
{
	size_t bit = fill;

	for (size_t i = 0; i < count; i++, bit += 7) {
		size_t at = bit / 8;
		unsigned int pair = at < size ? packed[at] : 0;
		if (at + 1 < size)
			pair |= (unsigned int)packed[at + 1] << 8;
		septets[i] = (uint8_t)(pair >> bit % 8 & 0x7f);
	}
}
