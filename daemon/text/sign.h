#ifndef TEXT_SIGN_H
#define TEXT_SIGN_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * What a sign can show (led-signs.md 2.4 and 3.5): one line; punctuation between Chinese characters full-width; look-alikes
 * outside GB 2312 replaced by the character that it has; \ [ ] full-width because cards read them as commands.
 */

/* Appends `text` made fit. Characters without a look-alike stay and are for gb2312_has to find. False when full. */
bool sign_normalise(const char *text, struct buf *out);

#endif
