#ifndef WORLD_SECRET_H
#define WORLD_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The world's own Base64 (RFC 4648 section 4) and MD5, so that a slip in the daemon's is not made twice.
 * Internal.
 */

/*
 * Decodes; blanks and line ends are skipped, padding must be right. New bytes to free() with a closing zero,
 * or NULL.
 */
char *world_base64_read(const char *text, size_t size, size_t *made);

/* The MD5 of bytes as 32 lower-case hex digits and a zero. */
void world_md5(const char *bytes, size_t size, char out[33]);

#endif
