#include "roster/encoding.h"

#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/require.h"

struct encoding {
	iconv_t iconv;
	char *out;
	size_t room;
};

struct encoding *encoding_new(void)
{
	struct encoding *encoding = mem_zalloc(sizeof(*encoding));

	encoding->iconv = iconv_open("UTF-8", "GB18030");
	/* The C library of every machine that crier is built for has it. */
	REQUIRE(encoding->iconv != (iconv_t)-1);
	return encoding;
}

void encoding_free(struct encoding **encoding)
{
	if (*encoding == NULL)
		return;
	iconv_close((*encoding)->iconv);
	free((*encoding)->out);
	free(*encoding);
	*encoding = NULL;
}

char *encoding_convert(struct encoding *encoding, const char *bytes, size_t size, size_t *out_size)
{
	/* One byte becomes at most three: two of GBK make three of UTF-8, one of ASCII stays one. */
	size_t room = size * 3 + 8, left = room - 1, from_left = size;
	char *from = (char *)(uintptr_t)bytes;

	if (room > encoding->room) {
		encoding->out = mem_resize(encoding->out, room, 1);
		encoding->room = room;
	}
	char *to = encoding->out;
	iconv(encoding->iconv, NULL, NULL, NULL, NULL);
	if (iconv(encoding->iconv, &from, &from_left, &to, &left) == (size_t)-1 || from_left > 0)
		return NULL;
	*to = '\0';
	*out_size = (size_t)(to - encoding->out);
	return encoding->out;
}
