#ifndef TEXT_GB2312_H
#define TEXT_GB2312_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/result.h"

/*
 * The characters that LED signs and old handsets have: GB 2312-80 and ASCII. Conversion goes through iconv's GBK and then
 * the rows of the standard (led-signs.md 2.4), so `·—￥` are A1A4 A1AA A3A4.
 */
enum gb_set {
	GB_2312, /* the 7445 characters of GB 2312-80 */
	GB_GBK, /* all that GBK has */
};

/* True when all of `text` is in the set; otherwise *code and *offset (either may be NULL) tell the first that is not. */
bool gb2312_has(const char *text, enum gb_set set, uint32_t *code, size_t *offset);

/* Appends the bytes. RESULT_INVALID: a character is not in the set (see gb2312_has); RESULT_TOO_BIG: `out` is full. */
enum result gb2312_encode(const char *text, enum gb_set set, struct buf *out);

/* How many bytes that takes, for text known to be in the set: 1 for ASCII, 2 for the rest. */
size_t gb2312_size(const char *text);

#endif
