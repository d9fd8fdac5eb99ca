#ifndef BASE_PHONE_H
#define BASE_PHONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Mainland mobile numbers: 11 digits beginning with an assigned prefix (alerts.md section 13, libphonenumber 8.12.57).
 * Inside crier a phone is that number as an integer; only the roster store and what leaves for a gateway show it whole.
 */
typedef uint64_t phone_t;

/*
 * Reads a number as people write it: +86, 86, 0086, blanks, hyphens, full-width digits. Returns false when it is not a
 * mainland mobile number. `text` need not end in a zero; `size` bytes are read.
 */
bool phone_parse(const char *text, size_t size, phone_t *phone);

/* True when the 11 digits begin with an assigned mobile prefix. */
bool phone_assigned(phone_t phone);

/* "13800000001". `out` holds 12 bytes; returns `out`. */
char *phone_text(phone_t phone, char out[12]);

/* "138****0001", the only form allowed in logs, metrics, errors and reports. `out` holds 12 bytes; returns `out`. */
char *phone_mask(phone_t phone, char out[12]);

/*
 * Masks whatever a person typed where a number was expected: the middle of every number of 7 digits or more is starred,
 * also where blanks or hyphens stand in it or its digits are full-width. The result is cut to `room` with its zero.
 */
void phone_mask_text(const char *text, size_t size, char *out, size_t room);

/*
 * Stars the middle of every mobile number (a run of just 11 digits, or of 13 that begins with 86), in place. For words that
 * should hold none but may, such as the name that somebody gave a file; dates and ids stay as they are.
 */
void phone_mask_within(char *text);

#endif
