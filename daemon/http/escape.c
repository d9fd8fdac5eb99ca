#include <string.h>

#include "base/mem.h"
#include "http/http.h"

/* RFC 3986 section 2.3. */
static int is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		c == '_' || c == '~';
}

char *http_escape(const void *bytes, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	const unsigned char *from = bytes;
	char *out = mem_calloc(size + 1, 3);
	char *at = out;

	for (size_t i = 0; i < size; i++) {
		if (is_unreserved(from[i])) {
			*at++ = (char)from[i];
			continue;
		}
		*at++ = '%';
		*at++ = digits[from[i] >> 4];
		*at++ = digits[from[i] & 15];
	}
	*at = '\0';
	return out;
}
