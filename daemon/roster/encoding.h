#ifndef ROSTER_ENCODING_H
#define ROSTER_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which of UTF-8 and GBK a file is, judged over the whole file, and GBK cells made UTF-8. A file is UTF-8 when all of it
 * is; with damage in it, when well-formed three-byte characters, which GBK text hardly ever holds by chance, far
 * outnumber the damaged places.
 */
struct encoding_scan {
	uint64_t characters; /* well-formed, of three bytes or more */
	uint64_t damaged; /* bytes that fit nowhere */
	uint64_t zeros; /* zero bytes: UTF-16 or no text at all */
	unsigned char rest[4]; /* an unfinished character at the end of a piece */
	size_t rest_size;
};

/* Looks at the next piece of the file. Begin with a cleared struct. */
void encoding_look(struct encoding_scan *scan, const char *bytes, size_t size);

/* Afterwards, for the whole file: true when it is to be read as GBK (GB18030). */
bool encoding_is_gbk(const struct encoding_scan *scan);

struct encoding; /* a converter */

struct encoding *encoding_new(void);
void encoding_free(struct encoding **encoding);

/*
 * GB18030 → UTF-8. Returns NULL when it cannot be read; else *out_size bytes with a closing zero, good until the next call.
 */
char *encoding_convert(struct encoding *encoding, const char *bytes, size_t size, size_t *out_size);

#endif
