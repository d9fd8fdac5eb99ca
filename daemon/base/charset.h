#ifndef BASE_CHARSET_H
#define BASE_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which of UTF-8 and GBK a file is, judged over the whole file. It is UTF-8 when all of it is; with damage in it, when
 * well-formed three-byte characters, which GBK text hardly ever holds by chance, far outnumber the damaged places.
 */
struct charset_scan {
	uint64_t characters; /* well-formed, of three bytes or more */
	uint64_t damaged; /* bytes that fit nowhere */
	uint64_t zeros; /* zero bytes: UTF-16 or no text at all */
	unsigned char rest[4]; /* an unfinished character at the end of a piece */
	size_t rest_size;
};

/* Looks at the next piece of the file. Begin with a cleared struct. */
void charset_look(struct charset_scan *scan, const char *bytes, size_t size);

/* Afterwards, for the whole file: true when it is to be read as GBK (GB18030). */
bool charset_is_gbk(const struct charset_scan *scan);

#endif
