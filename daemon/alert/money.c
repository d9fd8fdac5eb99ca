#include "alert/money.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define MONEY_MOST 100000000000000ULL /* cents: 10^12 yuan */

#define MONEY_FIRST 100 /* above every unit's power */

static const struct money_unit {
	const char *word;
	int power; /* of ten, in yuan */
} money_units[] = {{"百万", 6}, {"千万", 7}, {"万", 4}, {"亿", 8}, {"千", 3}, {"百", 2}, {"", 0}};

/* Removes `word` from the front of *at, with blanks before it. */
static bool money_skip(const char **at, const char *word)
{
	const char *from = *at + strspn(*at, " ");

	if (strncmp(from, word, strlen(word)) != 0)
		return false;
	*at = from + strlen(word);
	return true;
}

/* Digits with commas between thousands and an optional fraction. */
struct money_number {
	uint64_t digits; /* all of them, the fraction's too */
	int count; /* how many */
	int places; /* of these, behind the point */
};

static bool money_read_number(const char **at, struct money_number *number)
{
	const char *from = *at + strspn(*at, " ");
	bool fraction = false;

	*number = (struct money_number){0};
	for (; (*from >= '0' && *from <= '9') || *from == '.' || *from == ','; from++) {
		if (*from == ',') {
			/* A comma counts only between digits of the whole part, three behind it. */
			if (number->count == 0 || fraction || strspn(from + 1, "0123456789") != 3)
				return false;
			continue;
		}
		if (*from == '.') {
			if (number->count == 0 || fraction)
				return false;
			fraction = true;
			continue;
		}
		if (++number->count > 15)
			return false;
		number->digits = number->digits * 10 + (uint64_t)(*from - '0');
		number->places += fraction;
	}
	*at = from;
	return number->count > 0 && (!fraction || number->places > 0);
}

static bool money_scale(uint64_t digits, int power, uint64_t *cents)
{
	for (; power > 0; power--) {
		if (digits > MONEY_MOST)
			return false;
		digits *= 10;
	}
	for (; power < 0; power++) {
		if (digits % 10 != 0)
			return false;
		digits /= 10;
	}
	*cents = digits;
	return digits <= MONEY_MOST;
}

/*
 * One number and its unit, which must be smaller than the one before. "12万8" is said for 128000, but written
 * it may as well be a slip: a rest without unit must fill the places ("12万8000").
 */
static bool money_part(const char **at, int *power, uint64_t *cents)
{
	struct money_number number;
	uint64_t part;

	if (!money_read_number(at, &number))
		return false;
	size_t unit = 0;
	while (!money_skip(at, money_units[unit].word))
		unit++;
	if (money_units[unit].power >= *power)
		return false;
	if (money_units[unit].power == 0 && *power < MONEY_FIRST && number.count - number.places != *power)
		return false;
	*power = money_units[unit].power;
	if (!money_scale(number.digits, *power + 2 - number.places, &part))
		return false;
	*cents += part;
	return *cents <= MONEY_MOST;
}

static bool money_words(const char *at, uint64_t *cents)
{
	int power = MONEY_FIRST;

	(void)(money_skip(&at, "约") || money_skip(&at, "近"));
	(void)(money_skip(&at, "人民币") || money_skip(&at, "¥") || money_skip(&at, "￥"));
	*cents = 0;
	do {
		if (!money_part(&at, &power, cents))
			return false;
	} while (power > 0 && *(at + strspn(at, " ")) >= '0' && *(at + strspn(at, " ")) <= '9');
	(void)(money_skip(&at, "余") || money_skip(&at, "多"));
	(void)(money_skip(&at, "元") || money_skip(&at, "块"));
	(void)money_skip(&at, "。");
	return at[strspn(at, " ")] == '\0' && *cents > 0;
}

bool money_parse(const char *text, char out[MONEY_TEXT])
{
	char *narrow = utf8_narrow(text);
	uint64_t cents;
	bool good = money_words(narrow, &cents);

	free(narrow);
	if (!good)
		return false;
	if (cents % 100 == 0)
		snprintf(out, MONEY_TEXT, "%llu", (unsigned long long)(cents / 100));
	else
		snprintf(out, MONEY_TEXT, "%llu.%02llu", (unsigned long long)(cents / 100),
			(unsigned long long)(cents % 100));
	return true;
}
