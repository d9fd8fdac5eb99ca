#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static struct timespec now(clockid_t which)
{
	struct timespec ts = {0};

	clock_gettime(which, &ts);
	return ts;
}

uint64_t clock_mono_ms(void)
{
	struct timespec ts = now(CLOCK_MONOTONIC);

	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t clock_mono_us(void)
{
	struct timespec ts = now(CLOCK_MONOTONIC);

	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
	struct timespec ts = now(CLOCK_REALTIME);

	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static struct tm broken_down(int64_t wall_ms, int utc)
{
	time_t seconds = (time_t)(wall_ms >= 0 ? wall_ms / 1000 : (wall_ms - 999) / 1000);
	struct tm tm = {0};

	if (utc)
		gmtime_r(&seconds, &tm);
	else
		localtime_r(&seconds, &tm);
	return tm;
}

char *clock_text(int64_t wall_ms, char out[32])
{
	struct tm tm = broken_down(wall_ms, 0);
	long offset = tm.tm_gmtoff / 60;
	char sign = offset < 0 ? '-' : '+';
	size_t used = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);

	if (offset < 0)
		offset = -offset;
	snprintf(out + used, 32 - used, "%c%02ld:%02ld", sign, offset / 60, offset % 60);
	return out;
}

char *clock_stamp(int64_t wall_ms, char out[24])
{
	struct tm tm = broken_down(wall_ms, 1);

	strftime(out, 24, "%Y%m%dT%H%M%SZ", &tm);
	return out;
}

char *clock_short(int64_t wall_ms, char out[16])
{
	struct tm tm = broken_down(wall_ms, 0);

	strftime(out, 16, "%m-%d %H:%M", &tm);
	return out;
}
