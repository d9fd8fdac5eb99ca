#ifndef ROSTER_ENCODING_H
#define ROSTER_ENCODING_H

#include <stddef.h>

struct encoding; /* makes cells of GBK UTF-8 */

struct encoding *encoding_new(void);
void encoding_free(struct encoding **encoding);

/*
 * GB18030 → UTF-8. Returns NULL when it cannot be read; else *out_size bytes with a closing zero, good until the next call.
 */
char *encoding_convert(struct encoding *encoding, const char *bytes, size_t size, size_t *out_size);

#endif
