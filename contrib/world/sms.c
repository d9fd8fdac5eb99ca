#include "world/sms.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

/* Beside ASCII: what one septet can say, and what takes two. */
static const char gsm_more[] = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
static const char gsm_double[] = "^{}\\[~]|€\f";
static const char gsm_not_ascii[] = "`\t";

static char *convert(const char *bytes, size_t size, const char *to, const char *from, size_t *made)
{
	iconv_t way = iconv_open(to, from);
	size_t room = size * 4 + 4;

	if (way == (iconv_t)-1)
		return NULL;
	char *out = mem_zalloc(room + 1), *out_at = out, *in_at = (char *)(uintptr_t)bytes;
	size_t in_left = size, out_left = room;
	size_t failed = iconv(way, &in_at, &in_left, &out_at, &out_left);
	iconv_close(way);
	if (failed == (size_t)-1 || in_left != 0) {
		free(out);
		return NULL;
	}
	*made = room - out_left;
	return out;
}

char *world_sms_decode(const char *bytes, size_t size, const char *charset)
{
	size_t made;
	char *text = convert(bytes, size, "UTF-8", charset, &made);

	if (text != NULL && !utf8_valid(text, made, NULL)) {
		free(text);
		return NULL;
	}
	return text;
}

char *world_sms_encode(const char *text, const char *charset, size_t *size)
{
	return convert(text, strlen(text), charset, "UTF-8", size);
}

static bool among(const char *set, uint32_t wanted)
{
	const char *at = set, *end = set + strlen(set);
	uint32_t code;

	while (utf8_next(&at, end, &code))
		if (code == wanted)
			return true;
	return false;
}

/* Septets that one character takes; 0: the alphabet lacks it. */
static unsigned int septets(uint32_t code)
{
	if (among(gsm_double, code))
		return 2;
	if (code == '\n' || code == '\r' || (code >= ' ' && code < 127))
		return among(gsm_not_ascii, code) ? 0 : 1;
	return among(gsm_more, code) ? 1 : 0;
}

unsigned int world_sms_squeeze(char *text)
{
	const char *at = text, *end = text + strlen(text), *before = text;
	char *out = text;
	unsigned int lost = 0;
	uint32_t code;

	while (utf8_next(&at, end, &code)) {
		if (septets(code) > 0) {
			memmove(out, before, (size_t)(at - before));
			out += at - before;
		} else {
			*out++ = '?';
			lost++;
		}
		before = at;
	}
	*out = '\0';
	return lost;
}

static uint32_t split(size_t units, size_t single, size_t part)
{
	return units <= single ? 1 : (uint32_t)((units + part - 1) / part);
}

uint32_t world_sms_parts(const char *text, size_t size, int coding)
{
	const char *at = text, *end = text + size;
	size_t count = 0;
	uint32_t code;

	if (coding == 1)
		return split(size, 140, 134);
	if (coding != 0)
		return split(utf8_units(text), 70, 67);
	while (utf8_next(&at, end, &code))
		count += septets(code);
	return split(count, 160, 153);
}

uint64_t world_sms_phone(const char *text, size_t size)
{
	uint64_t phone = 0;

	if (size > 0 && *text == '+') {
		text++;
		size--;
		if (size != 13)
			return 0;
	}
	if (size == 13 && memcmp(text, "86", 2) == 0) {
		text += 2;
		size -= 2;
	}
	if (size != 11 || *text != '1')
		return 0;
	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		phone = phone * 10 + (uint64_t)(text[i] - '0');
	}
	return phone;
}

void world_sms_mask(uint64_t phone, char out[16])
{
	snprintf(out, 16, "%03u****%04u", (unsigned int)(phone / 100000000u % 1000), (unsigned int)(phone % 10000));
}
