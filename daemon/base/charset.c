#include "base/charset.h"

#include <string.h>

#include "base/utf8.h"

/* How many bytes a character that begins with this byte has; 0 when none does. */
static size_t length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* Passes over plain ASCII without zeros, eight bytes at a time: most of a roster. */
static const char *skip_plain(const char *at, const char *end)
{
	const uint64_t high = 0x8080808080808080, low = 0x0101010101010101;

	while (end - at >= 8) {
		uint64_t word;
		memcpy(&word, at, 8);
		if ((word & high) != 0 || ((word - low) & ~word & high) != 0)
			break;
		at += 8;
	}
	return at;
}

/* Looks at one character; returns the place behind it, or NULL when it is cut off at `end`. */
static const char *look_one(struct charset_scan *scan, const char *at, const char *end)
{
	size_t length = length_of((unsigned char)*at);
	const char *next = at;
	uint32_t code;

	if (length > (size_t)(end - at))
		return NULL;
	if (*at == '\0') {
		scan->zeros++;
		return at + 1;
	}
	if (length == 0 || !utf8_next(&next, at + length, &code)) {
		scan->damaged++;
		return at + 1;
	}
	scan->characters += length >= 3;
	return next;
}

void charset_look(struct charset_scan *scan, const char *bytes, size_t size)
{
	const char *at = bytes, *end = bytes + size;

	/* First what the last piece left over, byte by byte. */
	while (scan->rest_size > 0 && at < end) {
		scan->rest[scan->rest_size++] = (unsigned char)*at++;
		const char *rest = (const char *)scan->rest;
		const char *next = look_one(scan, rest, rest + scan->rest_size);
		if (next == NULL)
			continue;
		/* A damaged first byte was passed over; the others are looked at anew. */
		size_t back = scan->rest_size - (size_t)(next - rest);
		scan->rest_size = 0;
		at -= back < (size_t)(at - bytes) ? back : (size_t)(at - bytes);
	}
	while (at < end) {
		at = skip_plain(at, end);
		const char *next = at < end ? look_one(scan, at, end) : at;
		if (next == NULL) {
			scan->rest_size = (size_t)(end - at);
			memcpy(scan->rest, at, scan->rest_size);
			return;
		}
		at = next;
	}
}

bool charset_is_gbk(const struct charset_scan *scan)
{
	uint64_t damaged = scan->damaged + scan->rest_size;

	return damaged > 0 && scan->characters < damaged * 8;
}
