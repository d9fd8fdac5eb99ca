#ifndef BASE_GBK_H
#define BASE_GBK_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Text for devices that read GBK or its older part GB 2312 (led-signs.md 2.4). iconv's GBK is asked for each
 * character, because its own GB2312 lacks `·` and gives other codes for `—`.
 */

/*
 * Appends `text` (valid UTF-8) to *out as GBK; with `strict` only characters of GB 2312 and ASCII are taken.
 * Returns false at the first character that is not there (*bad, where given, points to it and nothing of it
 * was added) and, with *bad NULL, when *out is full.
 */
bool gbk_add(struct buf *out, const char *text, bool strict, const char **bad);

#endif
