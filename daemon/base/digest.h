#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>

/* SHA-256 (FIPS 180-4) of bytes as 64 lower-case hex digits and a zero. Returns `out`. */
char *digest_sha256(const void *bytes, size_t size, char out[65]);

/* MD5 (RFC 1321), for providers that ask for it, as 32 lower-case hex digits and a zero. Returns `out`. */
char *digest_md5(const void *bytes, size_t size, char out[33]);

/* Fills with random bytes from the system. Ends the process when the system has none. */
void digest_random(void *bytes, size_t size);

/* `size` random bytes as hex; `out` holds 2 × size + 1. Returns `out`. */
char *digest_random_hex(char *out, size_t size);

#endif
