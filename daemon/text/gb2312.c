#include "text/gb2312.h"

#include <iconv.h>
#include <string.h>

#include "base/require.h"
#include "base/utf8.h"

/*
 * Assigned places of GB 2312-80 as first and last byte pairs of one row. Level one ends inside row D7; what GBK put into
 * the gaps (small roman numerals, vertical forms) is not in a sign's font.
 */
static const struct {
	uint8_t first_lead, last_lead, first_trail, last_trail;
} rows[] = {
	{0xa1, 0xa1, 0xa1, 0xfe},
	{0xa2, 0xa2, 0xb1, 0xe2},
	{0xa2, 0xa2, 0xe5, 0xee},
	{0xa2, 0xa2, 0xf1, 0xfc},
	{0xa3, 0xa3, 0xa1, 0xfe},
	{0xa4, 0xa4, 0xa1, 0xf3},
	{0xa5, 0xa5, 0xa1, 0xf6},
	{0xa6, 0xa6, 0xa1, 0xb8},
	{0xa6, 0xa6, 0xc1, 0xd8},
	{0xa7, 0xa7, 0xa1, 0xc1},
	{0xa7, 0xa7, 0xd1, 0xf1},
	{0xa8, 0xa8, 0xa1, 0xba},
	{0xa8, 0xa8, 0xc5, 0xe9},
	{0xa9, 0xa9, 0xa4, 0xef},
	{0xb0, 0xd6, 0xa1, 0xfe},
	{0xd7, 0xd7, 0xa1, 0xf9},
	{0xd8, 0xf7, 0xa1, 0xfe},
};

static bool in_2312(const uint8_t pair[2])
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (pair[0] >= rows[i].first_lead && pair[0] <= rows[i].last_lead && pair[1] >= rows[i].first_trail &&
			pair[1] <= rows[i].last_trail)
			return true;
	return false;
}

enum { ALL_MOST = 2048 };

/* Converts one character. Returns its bytes (1 or 2), or 0 when the set has none. */
static size_t convert(iconv_t converter, enum gb_set set, const char *from, size_t size, uint8_t out[2])
{
	char *in = (char *)from, *to = (char *)out;
	size_t in_left = size, out_left = 2;

	if (size == 1) {
		out[0] = (uint8_t)*from;
		return 1;
	}
	if (iconv(converter, &in, &in_left, &to, &out_left) != 0 || in_left > 0) {
		iconv(converter, NULL, NULL, NULL, NULL);
		return 0;
	}
	/* The euro sign is a lone 80 in GBK's Windows form, which no card knows. */
	return out_left > 0 || (set == GB_2312 && !in_2312(out)) ? 0 : 2;
}

/* Walks the text; `out` may be NULL. Returns the offset of the first character outside the set, or SIZE_MAX. */
static size_t walk(const char *text, enum gb_set set, struct buf *out, uint32_t *code)
{
	const char *end = text + strlen(text), *at = text;
	iconv_t converter = iconv_open("GBK", "UTF-8");
	size_t bad = SIZE_MAX;
	uint8_t bytes[2];

	REQUIRE(converter != (iconv_t)-1); /* part of the C library */
	while (at < end) {
		const char *from = at;
		if (!utf8_next(&at, end, code)) {
			*code = (unsigned char)*at;
			bad = (size_t)(at - text);
			break;
		}
		size_t count = convert(converter, set, from, (size_t)(at - from), bytes);
		if (count == 0) {
			bad = (size_t)(from - text);
			break;
		}
		if (out != NULL && !buf_add(out, bytes, count))
			break;
	}
	iconv_close(converter);
	return bad;
}

/* Most texts are wholly in the set: then one call says so. False also when they are longer than what there is room for. */
static bool all_inside(const char *text, enum gb_set set)
{
	char out[ALL_MOST], *in = (char *)(uintptr_t)text, *to = out;
	size_t left = strlen(text), room = sizeof(out);

	if (left > room)
		return false;
	iconv_t converter = iconv_open("GBK", "UTF-8");
	REQUIRE(converter != (iconv_t)-1); /* part of the C library */
	bool fine = iconv(converter, &in, &left, &to, &room) == 0 && left == 0;
	iconv_close(converter);
	for (const uint8_t *at = (const uint8_t *)out; fine && at < (const uint8_t *)to; at += *at < 0x80 ? 1 : 2) {
		/* The euro sign is a lone 80 in GBK's Windows form, which no card knows. */
		fine = *at < 0x80 || (*at > 0x80 && (set != GB_2312 || in_2312(at)));
	}
	return fine;
}

bool gb2312_has(const char *text, enum gb_set set, uint32_t *code, size_t *offset)
{
	uint32_t first;

	if (all_inside(text, set))
		return true;
	size_t bad = walk(text, set, NULL, &first);

	if (bad == SIZE_MAX)
		return true;
	if (code != NULL)
		*code = first;
	if (offset != NULL)
		*offset = bad;
	return false;
}

enum result gb2312_encode(const char *text, enum gb_set set, struct buf *out)
{
	uint32_t first;

	if (walk(text, set, out, &first) != SIZE_MAX)
		return RESULT_INVALID;
	return out->full ? RESULT_TOO_BIG : RESULT_OK;
}

size_t gb2312_size(const char *text)
{
	size_t size = 0;

	for (; *text != '\0'; text++)
		size += (unsigned char)*text < 0x80 ? 1 : ((unsigned char)*text & 0xc0) != 0x80 ? 2 : 0;
	return size;
}
