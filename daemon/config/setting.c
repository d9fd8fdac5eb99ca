#include "config/setting.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

/* A hundred years: longer is a slip of the hand, and short enough that no sum of times overflows. */
static const int64_t longest_ms = INT64_C(100) * 365 * 24 * 3600 * 1000;

/* The first name of a length is the one that is written back; longest first. */
static const struct unit {
	const char *name;
	int64_t ms;
} units[] = {
	{"week", INT64_C(7) * 24 * 3600 * 1000},
	{"weeks", INT64_C(7) * 24 * 3600 * 1000},
	{"d", INT64_C(24) * 3600 * 1000},
	{"day", INT64_C(24) * 3600 * 1000},
	{"days", INT64_C(24) * 3600 * 1000},
	{"h", 3600 * 1000},
	{"min", 60 * 1000},
	{"s", 1000},
	{"ms", 1},
};

/* Digits only, no sign, no blanks; moves *text behind them. */
static bool parse_count(const char **text, int64_t most, int64_t *count)
{
	if (!isdigit((unsigned char)**text))
		return false;
	for (*count = 0; isdigit((unsigned char)**text); (*text)++) {
		*count = *count * 10 + (**text - '0');
		if (*count > most)
			return false;
	}
	return true;
}

static const struct unit *find_unit(const char *name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	}
	return NULL;
}

bool setting_parse_duration(const char *text, int64_t *ms)
{
	int64_t count;

	if (!parse_count(&text, longest_ms, &count))
		return false;
	while (*text == ' ')
		text++;
	const struct unit *unit = find_unit(text);
	if (unit == NULL || count > longest_ms / unit->ms)
		return false;
	*ms = count * unit->ms;
	return true;
}

bool setting_parse_rate(const char *text, struct rate *rate)
{
	int64_t count, per;

	if (strcmp(text, "unlimited") == 0) {
		*rate = (struct rate){.count = 0, .per_ms = 1000};
		return true;
	}
	if (!parse_count(&text, UINT32_MAX, &count) || count == 0 || *text != '/')
		return false;
	text++;
	const struct unit *unit = find_unit(text);
	if (unit != NULL)
		per = unit->ms;
	else if (!setting_parse_duration(text, &per) || per == 0)
		return false;
	*rate = (struct rate){.count = (uint32_t)count, .per_ms = (uint64_t)per};
	return true;
}

bool setting_parse_time(const char *text, int *minutes)
{
	int64_t hour, minute;
	const char *from = text;

	if (!parse_count(&text, 24, &hour) || text - from > 2 || *text != ':')
		return false;
	from = ++text;
	if (!parse_count(&text, 59, &minute) || text - from != 2 || *text != '\0')
		return false;
	*minutes = (int)(hour * 60 + minute);
	return *minutes <= 24 * 60;
}

/* The longest unit of which `ms` is a multiple. */
static const struct unit *whole_unit(int64_t ms)
{
	const struct unit *unit = units;

	while (ms % unit->ms != 0)
		unit++;
	return unit;
}

char *setting_rate_text(struct rate rate, char out[32])
{
	int64_t per = (int64_t)rate.per_ms;

	if (rate.count == 0) {
		snprintf(out, 32, "unlimited");
		return out;
	}
	const struct unit *unit = whole_unit(per);
	if (per != unit->ms)
		snprintf(out, 32, "%" PRIu32 "/%" PRId64 "%s", rate.count, per / unit->ms, unit->name);
	else
		snprintf(out, 32, "%" PRIu32 "/%s", rate.count, per == day_ms ? "day" : unit->name);
	return out;
}

char *setting_duration_text(int64_t ms, char out[32])
{
	if (ms == 0) {
		snprintf(out, 32, "0s");
		return out;
	}
	const struct unit *unit = whole_unit(ms);
	snprintf(out, 32, "%" PRId64 "%s", ms / unit->ms, unit->name);
	return out;
}
