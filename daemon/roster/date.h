#ifndef ROSTER_DATE_H
#define ROSTER_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* Calendar days as numbers: days since 1970-01-01, in the process's TZ where they come from a time. */

/* Reads "2026-12-31". Returns false when it is no day between 1900 and 9999. */
bool date_parse(const char *text, int64_t *day);

/* "2026-12-31". `out` holds 16 bytes; returns `out`. */
char *date_text(int64_t day, char out[16]);

/* The day that wall time `now_ms` falls on. */
int64_t date_of(int64_t now_ms);

/* True when year, month and day name a day of the calendar. */
bool date_exists(int year, int month, int day);

#endif
