#include "alert/fold.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

static bool dropped(uint32_t code)
{
	static const uint32_t marks[] = {' ', '\t', '\r', '\n', '-', '_', '/', ',', ';', '(', ')', '"', '\'', '.', '[',
		']', 0xa0, 0xb7, 0x2013, 0x2014, 0x2018, 0x2019, 0x201c, 0x201d, 0x3000, 0x3001, 0x3002, 0x300a, 0x300b,
		0x300c, 0x300d, 0x3010, 0x3011};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (marks[i] == code)
			return true;
	return false;
}

char *fold_name(const char *text)
{
	char *narrow = utf8_narrow(text);
	const char *at = narrow, *end = narrow + strlen(narrow);
	char *out = narrow;
	uint32_t code;

	while (utf8_next(&at, end, &code)) {
		if (dropped(code))
			continue;
		if (code >= 'A' && code <= 'Z')
			code += 'a' - 'A';
		char bytes[4];
		size_t size = utf8_put(code, bytes);
		memcpy(out, bytes, size);
		out += size;
	}
	*out = '\0';
	return narrow;
}

bool fold_matches(const char *text, const char *folded)
{
	char *other = fold_name(text);
	bool same = *folded != '\0' && strcmp(other, folded) == 0;

	free(other);
	return same;
}

bool fold_same(const char *one, const char *other)
{
	char *folded = fold_name(one);
	bool same = fold_matches(other, folded);

	free(folded);
	return same;
}
