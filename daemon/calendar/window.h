#ifndef CALENDAR_WINDOW_H
#define CALENDAR_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A daily window between two times of the local day, in minutes since midnight: quiet hours, a sign's hours. It may go
 * across midnight; equal ends mean the whole day; -1 means never.
 */
struct window_of_day {
	int from, until;
};

/* True when the wall time lies in the window (from included, until not). */
bool window_of_day_open(struct window_of_day window, int64_t now_ms);

/* The next moment after `now_ms` at which window_of_day_open() changes; 0 when it never does. */
int64_t window_of_day_edge(struct window_of_day window, int64_t now_ms);

#endif
