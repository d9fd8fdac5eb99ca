#ifndef CLI_SPEAK_H
#define CLI_SPEAK_H

#include <stdbool.h>
#include <stdio.h>

#include "base/problem.h"
#include "base/say.h"

/*
 * Words to the operator, in the language of the locale (Chinese by default): results on stdout, everything else on
 * stderr.
 */

/* The language of this process, read from the locale once at the start. */
enum lang speak_lang(void);
void speak_set_lang(enum lang lang);

/* `text` in that language. */
const char *tr(const char *text) __attribute__((format_arg(1)));

/*
 * Makes `text` harmless for a terminal, in place: what is no UTF-8 and all control characters (a newline too, unless
 * `lines`) become `instead`. What a gateway answered or a file is called must not move the cursor.
 */
void speak_clean(char *text, char instead, bool lines);

/* A line on stderr that begins with "crier: ", cleaned, and cut where it is very long. */
void speak_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line on stdout, no newline needed. */
void speak_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Problems on stderr, a line each. */
void speak_problems(const struct problems *problems);

/* What an errno means, in words for people. */
const char *speak_errno(int error);

/* "11-21 16:30:05" of a wall time in ms; "-" for 0. `out` holds 32 bytes. */
const char *speak_time(long long ms, char out[32]);

/* "3 min 5 s", "立即" for nothing. `out` holds 48 bytes. */
const char *speak_span(long long ms, char out[48]);

#endif
