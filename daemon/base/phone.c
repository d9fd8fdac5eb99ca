#include "base/phone.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

bool phone_assigned(phone_t phone)
{
	unsigned int prefix = (unsigned int)(phone / 100000000);

	if (phone < 10000000000 || phone > 19999999999)
		return false;
	switch (prefix / 10) {
	case 13:
	case 18:
		return true;
	case 14:
		return prefix == 145 || prefix == 147;
	case 15:
		return prefix != 154;
	case 16:
		return prefix == 162 || (prefix >= 165 && prefix <= 167) || phone / 10000000 == 1610;
	case 17:
		return (prefix >= 170 && prefix <= 173) || (prefix >= 175 && prefix <= 178) || phone / 10000000 == 1740;
	case 19:
		return prefix <= 193 || prefix >= 195;
	default:
		return false;
	}
}

/* The digits of `text`, narrowed; false when there is anything but digits, blanks, hyphens and one leading plus. */
static bool take_digits(const char *text, size_t size, char digits[24], size_t *count)
{
	const char *end = text + size;
	uint32_t code;
	bool begun = false;

	*count = 0;
	while (text < end) {
		if (!utf8_next(&text, end, &code))
			return false;
		if (code >= 0xff01 && code <= 0xff5e)
			code -= 0xff01 - 0x21;
		if (code == ' ' || code == '\t' || code == '-' || code == 0x3000 || code == 0xa0)
			continue;
		if (code == '+' && !begun) {
			begun = true;
			continue;
		}
		if (code < '0' || code > '9' || *count >= 23)
			return false;
		begun = true;
		digits[(*count)++] = (char)code;
	}
	return true;
}

bool phone_parse(const char *text, size_t size, phone_t *phone)
{
	char digits[24];
	const char *from = digits;
	size_t count;
	phone_t value = 0;

	if (!take_digits(text, size, digits, &count))
		return false;
	if (count == 15 && memcmp(from, "0086", 4) == 0)
		from += 4, count -= 4;
	else if (count == 13 && memcmp(from, "86", 2) == 0)
		from += 2, count -= 2;
	if (count != 11)
		return false;
	for (size_t i = 0; i < count; i++)
		value = value * 10 + (phone_t)(from[i] - '0');
	if (!phone_assigned(value))
		return false;
	*phone = value;
	return true;
}

char *phone_text(phone_t phone, char out[12])
{
	for (int i = 10; i >= 0; i--) {
		out[i] = (char)('0' + phone % 10);
		phone /= 10;
	}
	out[11] = '\0';
	return out;
}

char *phone_mask(phone_t phone, char out[12])
{
	phone_text(phone, out);
	memcpy(out + 3, "****", 4);
	return out;
}

void phone_mask_text(const char *text, size_t size, char *out, size_t room)
{
	size_t used = 0;

	for (size_t i = 0; i < size && used + 1 < room;) {
		size_t run = 0;
		while (i + run < size && isdigit((unsigned char)text[i + run]))
			run++;
		for (size_t k = 0; k < run && used + 1 < room; k++)
			out[used++] = run >= 7 && k >= 3 && k + 4 < run ? '*' : text[i + k];
		i += run;
		if (run == 0)
			out[used++] = text[i++];
	}
	if (room > 0)
		out[used] = '\0';
}
