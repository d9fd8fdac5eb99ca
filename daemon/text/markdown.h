#ifndef TEXT_MARKDOWN_H
#define TEXT_MARKDOWN_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * The little markdown that WeCom robots know (http-apis.md section 1): headings, bold, quotes, list dashes, font colours.
 */

/* Appends `text` without that markup, for robots and readers that take plain text. False when full. */
bool markdown_strip(const char *text, struct buf *out);

#endif
