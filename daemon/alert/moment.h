#ifndef ALERT_MOMENT_H
#define ALERT_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Points in time as people write them: "2026-11-28 18:00", "2026-11-28T18:00:00+08:00", "2026/11/28 18:00:30",
 * "2026年11月28日18时30分", "2026年11月28日", "2026-11-28T10:00:00Z". Without offset the process's TZ is meant, which
 * `app` sets once from site.timezone. Full-width digits and colons are welcome.
 */
enum moment_edge {
	MOMENT_START, /* a day alone means its first moment */
	MOMENT_END, /* a day alone means the midnight that ends it */
};

/*
 * Wall milliseconds. Returns false when it is no time, or one that no calendar has (30 February, 25:00).
 * Years 2000–2099.
 */
bool moment_parse(const char *text, enum moment_edge edge, int64_t *ms);

/* "2026-11-28 18:00" in the process's TZ, for people. `out` holds MOMENT_TEXT bytes; returns `out`. */
#define MOMENT_TEXT 24
char *moment_text(int64_t ms, char out[MOMENT_TEXT]);

#endif
