#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF. */

/*
 * Reads one code point at *at (before `end`) and moves *at behind it. Returns false at a malformed byte or at the end,
 * leaving *at where it was.
 */
bool utf8_next(const char **at, const char *end, uint32_t *code);

/* Writes `code` as 1–4 bytes and returns how many. Requires: a valid code point. */
size_t utf8_put(uint32_t code, char out[4]);

/* True when all `size` bytes are well formed and none is zero. Otherwise *bad (may be NULL) is the first bad offset. */
bool utf8_valid(const char *text, size_t size, size_t *bad);

/* Code points, and UTF-16 code units (what SMS counts), of a valid string. */
size_t utf8_length(const char *text);
size_t utf8_units(const char *text);

/* The largest prefix of `text` of at most `most` bytes that ends between characters. */
size_t utf8_cut(const char *text, size_t most);

/*
 * Full-width ASCII (U+FF01–FF5E) and the ideographic space become their half-width forms, for reading field names,
 * numbers and codes that people typed with a Chinese keyboard. Returns a new string to free().
 */
char *utf8_narrow(const char *text);

#endif
