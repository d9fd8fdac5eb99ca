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

/* The bytes of one digit at `at`, half or full width; 0 when there is none. */
static size_t digit_bytes(const char *at, size_t left)
{
	if (left > 0 && isdigit((unsigned char)*at))
		return 1;
	/* U+FF10 … U+FF19 */
	if (left >= 3 && memcmp(at, "\xef\xbc", 2) == 0 && (unsigned char)at[2] >= 0x90 && (unsigned char)at[2] <= 0x99)
		return 3;
	return 0;
}

/* The bytes of what people put between the groups of a number; 0 when there is none. */
static size_t gap_bytes(const char *at, size_t left)
{
	static const char *const gaps[] = {" ", "-", "\t", "\xc2\xa0", "\xe3\x80\x80", "\xef\xbc\x8d"};

	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++)
		if (left >= strlen(gaps[i]) && memcmp(at, gaps[i], strlen(gaps[i])) == 0)
			return strlen(gaps[i]);
	return 0;
}

/* A number from `at` on, gaps inside included: how many bytes it takes, and how many digits it has. */
static size_t number_bytes(const char *at, size_t left, size_t *digits)
{
	size_t size = 0, step;

	*digits = 0;
	while ((step = digit_bytes(at + size, left - size)) > 0) {
		++*digits;
		size += step;
		size_t gap = gap_bytes(at + size, left - size);
		if (gap > 0 && digit_bytes(at + size + gap, left - size - gap) > 0)
			size += gap;
	}
	return size;
}

void phone_mask_text(const char *text, size_t size, char *out, size_t room)
{
	size_t used = 0, digits, nth = 0;

	for (size_t i = 0; i < size && used + 1 < room;) {
		size_t number = number_bytes(text + i, size - i, &digits);
		for (size_t end = i + number; i < end && used + 1 < room;) {
			size_t step = digit_bytes(text + i, end - i);
			bool hide = step > 0 && digits >= 7 && nth >= 3 && nth + 4 < digits;
			nth += step > 0;
			step = step > 0 ? step : gap_bytes(text + i, end - i);
			if (!hide && used + step >= room) {
				size = 0; /* no half characters */
				break;
			}
			if (hide)
				out[used++] = '*';
			else
				memcpy(out + used, text + i, step), used += step;
			i += step;
		}
		nth = 0;
		if (number == 0)
			out[used++] = text[i++];
	}
	if (room > 0)
		out[used] = '\0';
}

void phone_mask_within(char *text)
{
	static const char digits[] = "0123456789";

	for (text += strcspn(text, digits); *text != '\0'; text += strcspn(text, digits)) {
		size_t run = strspn(text, digits);
		char *number = run == 13 && strncmp(text, "86", 2) == 0 ? text + 2 : text;
		if ((run == 11 || number != text) && number[0] == '1' && number[1] >= '3')
			memset(number + 3, '*', 4);
		text += run;
	}
}
