#include "alert/moment.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"

/* Reads `least` to `most` digits. */
static bool moment_digits(const char **at, size_t least, size_t most, int *value)
{
	size_t count = strspn(*at, "0123456789");

	if (count < least || count > most)
		return false;
	*value = 0;
	for (; count > 0; count--)
		*value = *value * 10 + *(*at)++ - '0';
	return true;
}

static bool moment_skip(const char **at, const char *word)
{
	size_t size = strlen(word);

	if (strncmp(*at, word, size) != 0)
		return false;
	*at += size;
	return true;
}

static void moment_blanks(const char **at)
{
	*at += strspn(*at, " \t");
}

static bool moment_date(const char **at, struct tm *tm)
{
	int year, month, day;

	if (!moment_digits(at, 4, 4, &year))
		return false;
	if (moment_skip(at, "年")) {
		if (!moment_digits(at, 1, 2, &month) || !moment_skip(at, "月") || !moment_digits(at, 1, 2, &day) ||
			!(moment_skip(at, "日") || moment_skip(at, "号")))
			return false;
	} else {
		const char mark[] = {**at, '\0'};
		if (**at == '\0' || strchr("-/.", **at) == NULL || !moment_skip(at, mark) ||
			!moment_digits(at, 1, 2, &month) || !moment_skip(at, mark) || !moment_digits(at, 1, 2, &day))
			return false;
	}
	if (year < 2000 || year > 2099 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return true;
}

/* "18:00", "18:00:30", "18:00:30.5", "18时", "18点30分". */
static bool moment_clock(const char **at, struct tm *tm)
{
	if (!moment_digits(at, 1, 2, &tm->tm_hour))
		return false;
	if (moment_skip(at, ":")) {
		if (!moment_digits(at, 2, 2, &tm->tm_min))
			return false;
		if (moment_skip(at, ":")) {
			if (!moment_digits(at, 2, 2, &tm->tm_sec))
				return false;
			if (moment_skip(at, "."))
				*at += strspn(*at, "0123456789");
		}
	} else if (moment_skip(at, "时") || moment_skip(at, "点")) {
		if (moment_digits(at, 1, 2, &tm->tm_min) && !moment_skip(at, "分"))
			return false;
	} else {
		return false;
	}
	bool midnight = tm->tm_hour == 24 && tm->tm_min == 0 && tm->tm_sec == 0;
	return (tm->tm_hour < 24 || midnight) && tm->tm_min < 60 && tm->tm_sec < 60;
}

/* "Z", "+08:00"; minutes east of UTC. Without one *given is false. */
static bool moment_offset(const char **at, bool *given, int *minutes)
{
	int hours, rest;

	*given = false;
	*minutes = 0;
	if (moment_skip(at, "Z") || moment_skip(at, "z")) {
		*given = true;
		return true;
	}
	int sign = **at == '+' ? 1 : **at == '-' ? -1 : 0;
	if (sign == 0)
		return true;
	(*at)++;
	if (!moment_digits(at, 2, 2, &hours) || !moment_skip(at, ":") || !moment_digits(at, 2, 2, &rest))
		return false;
	*given = true;
	*minutes = sign * (hours * 60 + rest);
	return rest < 60 && hours * 60 + rest <= 14 * 60;
}

static bool moment_make(struct tm *tm, bool offset, int minutes, int64_t *ms)
{
	struct tm day = {.tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday, .tm_hour = 12};
	int wanted = day.tm_mday;

	/* 30 February comes out as another day; noon exists on every day in every zone. */
	timegm(&day);
	if (day.tm_mday != wanted)
		return false;
	tm->tm_isdst = -1;
	time_t seconds = offset ? timegm(tm) - minutes * 60 : mktime(tm);
	*ms = (int64_t)seconds * 1000;
	return seconds != (time_t)-1;
}

/* What people put behind a time without meaning anything more by it. */
static bool moment_ends(const char *at)
{
	moment_blanks(&at);
	(void)moment_skip(&at, "整");
	(void)(moment_skip(&at, "前") || moment_skip(&at, "止"));
	(void)moment_skip(&at, "。");
	moment_blanks(&at);
	return *at == '\0';
}

static bool moment_read(const char *at, enum moment_edge edge, int64_t *ms)
{
	struct tm tm = {0};
	bool offset = false;
	int minutes = 0;

	moment_blanks(&at);
	if (!moment_date(&at, &tm))
		return false;
	moment_blanks(&at);
	(void)(moment_skip(&at, "T") || moment_skip(&at, "t"));
	if (moment_ends(at)) {
		tm.tm_hour = edge == MOMENT_END ? 24 : 0;
		return moment_make(&tm, false, 0, ms);
	}
	if (!moment_clock(&at, &tm))
		return false;
	moment_blanks(&at);
	if (!moment_offset(&at, &offset, &minutes))
		return false;
	return moment_ends(at) && moment_make(&tm, offset, minutes, ms);
}

bool moment_parse(const char *text, enum moment_edge edge, int64_t *ms)
{
	char *narrow = utf8_narrow(text);
	bool good = moment_read(narrow, edge, ms);

	free(narrow);
	return good;
}

char *moment_text(int64_t ms, char out[MOMENT_TEXT])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	if (strftime(out, MOMENT_TEXT, "%Y-%m-%d %H:%M", &tm) == 0)
		out[0] = '\0';
	return out;
}
