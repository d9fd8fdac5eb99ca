#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/*
 * Of the NULL-ended `names` the one most like `word` (edit distance over characters, case ignored for ASCII), or NULL
 * when none is near enough to be worth proposing.
 */
const char *nearest_name(const char *word, const char *const *names);

#endif
