#ifndef FLOW_AREA_H
#define FLOW_AREA_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Area codes (alerts.md section 5: GB/T 2260 and its 9- and 12-digit continuations) as prefixes: a prefix covers
 * everything below it. Trailing zeros that only fill a code up are taken off: 320500 → 3205, 320583000000 → 320583. The
 * exceptions of section 5 need no table here: 441900 → 4419 still covers 441900003, 419001 stays whole, and 1101 covers
 * what the collective code means.
 */
enum { AREA_ROOM = 16 }; /* bytes for a code with its closing zero */

/*
 * The prefix that a code of 2, 4, 6, 9, 12 or 14 digits stands for. Returns false when `code` is none (other lengths, other
 * characters, nothing but zeros).
 */
bool area_prefix(const char *code, size_t size, char out[AREA_ROOM]);

/* True when `code` lies in `area` or is it. False when either is no code. */
bool area_covers(const char *area, const char *code);

/* True when one covers the other: a channel is concerned by an alert (design.md 2a). */
bool area_touches(const char *a, const char *b);

#endif
