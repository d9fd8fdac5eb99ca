#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/*
 * The two clocks, read in one place. Pure rooms never read them: they are given numbers. `mono` paces and times out
 * and never jumps; `wall` (milliseconds since 1970 UTC) dates facts and may be set by anybody.
 *
 * Scenario tests replace clock_gettime(), so both move together there.
 */
uint64_t clock_mono_ms(void);
uint64_t clock_mono_us(void);
int64_t clock_wall_ms(void);

/* "2026-11-21T16:30:05+08:00" in the process's TZ. `out` holds at least 32 bytes; returns `out`. */
char *clock_text(int64_t wall_ms, char out[32]);

/* "20261121T083005Z", UTC, for file names and ids. `out` holds at least 24 bytes; returns `out`. */
char *clock_stamp(int64_t wall_ms, char out[24]);

/* "11-21 16:30" in the process's TZ, for people. `out` holds at least 16 bytes; returns `out`. */
char *clock_short(int64_t wall_ms, char out[16]);

#endif
