#include "roster/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static bool leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool date_exists(int year, int month, int day)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (year < 1900 || year > 9999 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] + (month == 2 && leap(year));
}

/* Days from 1970-01-01 to the first of March of `year`, minus what the months after it add. */
static int64_t day_number(int64_t year, int month, int day)
{
	/* Years that begin in March put the leap day at their end. */
	if (month <= 2) {
		year--;
		month += 12;
	}
	return year * 365 + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day - 1 - 719468;
}

bool date_parse(const char *text, int64_t *day)
{
	int year, month, number;
	char again[16];

	if (strlen(text) != 10 || sscanf(text, "%4d-%2d-%2d", &year, &month, &number) != 3)
		return false;
	if (!date_exists(year, month, number))
		return false;
	*day = day_number(year, month, number);
	/* sscanf takes blanks and signs too; only the exact form reads back the same. */
	return strcmp(date_text(*day, again), text) == 0;
}

char *date_text(int64_t day, char out[16])
{
	time_t at = (time_t)day * 86400;
	struct tm tm;

	if (gmtime_r(&at, &tm) == NULL || strftime(out, 16, "%Y-%m-%d", &tm) == 0)
		out[0] = '\0';
	return out;
}

int64_t date_of(int64_t now_ms)
{
	time_t at = (time_t)(now_ms / 1000);
	struct tm tm;

	if (localtime_r(&at, &tm) == NULL)
		return now_ms / 86400000;
	return day_number((int64_t)tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}
