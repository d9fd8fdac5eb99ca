#include "base/utf8.h"

#include <string.h>

#include "base/mem.h"

bool utf8_next(const char **at, const char *end, uint32_t *code)
{
	const unsigned char *p = (const unsigned char *)*at;
	size_t left = (size_t)(end - *at);
	uint32_t value, least;
	size_t more;

	if (left == 0)
		return false;
	if (p[0] < 0x80) {
		*code = p[0];
		*at += 1;
		return true;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		value = p[0] & 0x1f, more = 1, least = 0x80;
	} else if ((p[0] & 0xf0) == 0xe0) {
		value = p[0] & 0x0f, more = 2, least = 0x800;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		value = p[0] & 0x07, more = 3, least = 0x10000;
	} else {
		return false;
	}
	if (left <= more)
		return false;
	for (size_t i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return false;
		value = value << 6 | (p[i] & 0x3f);
	}
	if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return false;
	*code = value;
	*at += more + 1;
	return true;
}

size_t utf8_put(uint32_t code, char out[4])
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

bool utf8_valid(const char *text, size_t size, size_t *bad)
{
	const char *at = text, *end = text + size;
	uint32_t code;

	while (at < end) {
		const char *from = at;
		if (!utf8_next(&at, end, &code) || code == 0) {
			if (bad != NULL)
				*bad = (size_t)(from - text);
			return false;
		}
	}
	return true;
}

size_t utf8_length(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

size_t utf8_units(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;
		count += (byte & 0xc0) != 0x80;
		count += byte >= 0xf0; /* outside the basic plane: a surrogate pair */
	}
	return count;
}

size_t utf8_cut(const char *text, size_t most)
{
	size_t size = strlen(text);

	if (size <= most)
		return size;
	while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
		most--;
	return most;
}

char *utf8_narrow(const char *text)
{
	const char *end = text + strlen(text);
	char *out = mem_zalloc((size_t)(end - text) + 1);
	size_t used = 0;
	uint32_t code;

	while (text < end) {
		if (!utf8_next(&text, end, &code)) {
			out[used++] = *text++;
			continue;
		}
		if (code >= 0xff01 && code <= 0xff5e)
			code -= 0xff01 - 0x21;
		else if (code == 0x3000)
			code = ' ';
		used += utf8_put(code, out + used);
	}
	return out;
}
