#include "base/gbk.h"

#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include "base/require.h"
#include "base/utf8.h"

/* The rows of GB 2312-80: what lies outside them was added by GBK. */
static bool in_gb2312(const unsigned char pair[2])
{
	return pair[0] >= 0xa1 && pair[0] <= 0xf7 && pair[1] >= 0xa1 && pair[1] <= 0xfe;
}

/* One character of `size` bytes to two bytes of GBK. */
static bool convert(iconv_t conversion, const char *at, size_t size, unsigned char pair[2])
{
	char *in = (char *)(uintptr_t)at;
	char *to = (char *)pair;
	size_t in_left = size, left = 2;

	iconv(conversion, NULL, NULL, NULL, NULL);
	return iconv(conversion, &in, &in_left, &to, &left) == 0 && in_left == 0 && left == 0;
}

static bool add_all(iconv_t conversion, struct buf *out, const char *text, bool strict, const char **bad)
{
	const char *end = text + strlen(text);

	for (const char *next = text; text < end; text = next) {
		uint32_t code;
		unsigned char pair[2];

		*bad = text;
		if (!utf8_next(&next, end, &code))
			return false;
		if (code >= 0x80) {
			if (!convert(conversion, text, (size_t)(next - text), pair) || (strict && !in_gb2312(pair)))
				return false;
		} else {
			pair[0] = (unsigned char)code;
		}
		*bad = NULL;
		if (!buf_add(out, pair, code >= 0x80 ? 2 : 1))
			return false;
	}
	return true;
}

bool gbk_add(struct buf *out, const char *text, bool strict, const char **bad)
{
	const char *ignored;
	iconv_t conversion = iconv_open("GBK", "UTF-8");

	/* glibc's own table; a machine without it cannot serve Chinese signs at all. */
	REQUIRE(conversion != (iconv_t)-1);
	bool added = add_all(conversion, out, text, strict, bad != NULL ? bad : &ignored);
	iconv_close(conversion);
	return added;
}
