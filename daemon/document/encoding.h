#ifndef DOCUMENT_ENCODING_H
#define DOCUMENT_ENCODING_H

#include "base/buf.h"
#include "base/result.h"
#include "document/lines.h"

/*
 * What Notepad saves, to UTF-8: UTF-8 and GB18030 (of which GBK, "ANSI" in China, is a part) with or without mark, and
 * UTF-16 with mark. Bytes that are valid UTF-8 are taken for it.
 */

/*
 * Decodes `lines` into `out` (initialised by the caller, who ends it) and points `lines` there. Refuses, with the line,
 * what is neither, and zero bytes. Requires: lines_check_size passed.
 */
enum result encoding_decode(struct lines *lines, struct buf *out);

#endif
