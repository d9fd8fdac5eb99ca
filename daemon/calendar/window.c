#include "calendar/window.h"

#include <time.h>

static struct tm local(int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	return tm;
}

static bool constant(struct window_of_day window)
{
	return window.from < 0 || window.until < 0 || window.from == window.until ||
		(window.from == 0 && window.until == 24 * 60);
}

bool window_of_day_open(struct window_of_day window, int64_t now_ms)
{
	struct tm tm = local(now_ms);
	int minute = tm.tm_hour * 60 + tm.tm_min;

	if (window.from < 0 || window.until < 0)
		return false;
	if (constant(window))
		return true;
	if (window.from < window.until)
		return minute >= window.from && minute < window.until;
	return minute >= window.from || minute < window.until;
}

/* The wall time of this minute of the day that is `days` after the one of `now_ms`. */
static int64_t at_minute(int64_t now_ms, int days, int minute)
{
	struct tm tm = local(now_ms);

	tm.tm_mday += days;
	tm.tm_hour = minute / 60;
	tm.tm_min = minute % 60;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm) * 1000;
}

int64_t window_of_day_edge(struct window_of_day window, int64_t now_ms)
{
	int64_t edge = 0;
	int ends[] = {window.from, window.until};

	if (constant(window))
		return 0;
	for (int days = 0; days <= 1; days++) {
		for (int i = 0; i < 2; i++) {
			int64_t at = at_minute(now_ms, days, ends[i]);
			if (at > now_ms && (edge == 0 || at < edge))
				edge = at;
		}
	}
	return edge;
}
