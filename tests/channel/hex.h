#ifndef TESTS_CHANNEL_HEX_H
#define TESTS_CHANNEL_HEX_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* Bytes as people write them: hex digits, blanks between. */
static inline void hex_read(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (isspace((unsigned char)*text))
			continue;
		char pair[3] = {text[0], text[1], '\0'};
		buf_add_byte(out, (unsigned char)strtoul(pair, NULL, 16));
		text++;
	}
}

/* The same back, without blanks: a new string to free(). */
static inline char *hex_text(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	char *text = calloc(1, size * 2 + 1);

	for (size_t i = 0; i < size; i++)
		snprintf(text + i * 2, 3, "%02x", at[i]);
	return text;
}

/* Hex without blanks: a new string to free(). */
static inline char *hex_tidy(const char *text)
{
	struct buf bytes;

	buf_init(&bytes, 1 << 20);
	hex_read(&bytes, text);
	char *tidy = hex_text(bytes.data, bytes.size);
	buf_fini(&bytes);
	return tidy;
}

#endif
