#ifndef ALERT_FOLD_H
#define ALERT_FOLD_H

#include <stdbool.h>

/*
 * Names as people type them, brought to one form for comparing: half-width, ASCII in lower case, without blanks,
 * brackets, quotes, hyphens and the marks that separate parts of a name. Never shown to anybody.
 */

/* A new string to free(); "" when nothing is left. */
char *fold_name(const char *text);

/* True when both fold to the same, and that is not empty. */
bool fold_same(const char *one, const char *other);

/* The same, where `folded` is already folded. */
bool fold_matches(const char *text, const char *folded);

#endif
