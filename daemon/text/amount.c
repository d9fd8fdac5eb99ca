#include "text/amount.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MOST_DIGITS = 15 };

/* Splits "128000.50" into 128000 and "5": leading zeros and those at the end of the decimals say nothing. */
static bool read_yuan(const char *yuan, char whole[MOST_DIGITS + 1], char decimals[3])
{
	while (*yuan == '0')
		yuan++;
	size_t digits = strspn(yuan, "0123456789");
	if (digits > MOST_DIGITS)
		return false;
	memcpy(whole, yuan, digits);
	whole[digits] = '\0';
	decimals[0] = '\0';
	yuan += digits;
	if (*yuan == '\0')
		return digits > 0;
	size_t count = strspn(yuan + 1, "0123456789");
	if (*yuan != '.' || count == 0 || count > 2 || yuan[1 + count] != '\0')
		return false;
	while (count > 0 && yuan[count] == '0')
		count--;
	memcpy(decimals, yuan + 1, count);
	decimals[count] = '\0';
	return digits > 0 || count > 0;
}

/* `whole` with its point `shift` digits further left, and the unit. False when that takes more than four decimals. */
static bool say_shifted(const char *whole, size_t shift, const char *unit, char *out, size_t room)
{
	size_t digits = strlen(whole), end = digits;

	if (digits <= shift)
		return false;
	while (end > digits - shift && whole[end - 1] == '0')
		end--;
	size_t decimals = end - (digits - shift);
	if (decimals > 4)
		return false;
	snprintf(out, room, "%.*s%s%.*s%s", (int)(digits - shift), whole, decimals > 0 ? "." : "", (int)decimals,
		whole + digits - shift, unit);
	return true;
}

bool amount_spoken(const char *yuan, char *out, size_t room)
{
	char whole[MOST_DIGITS + 1], decimals[3];

	if (room > 0)
		out[0] = '\0';
	if (!read_yuan(yuan, whole, decimals))
		return false;
	if (decimals[0] == '\0' &&
		(say_shifted(whole, 8, "亿元", out, room) || say_shifted(whole, 4, "万元", out, room)))
		return true;
	snprintf(out, room, "%s%s%s元", whole[0] != '\0' ? whole : "0", decimals[0] != '\0' ? "." : "", decimals);
	return true;
}
