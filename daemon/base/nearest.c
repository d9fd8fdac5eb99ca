#include "base/nearest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

enum { LONGEST = 64 };

static size_t decode(const char *text, uint32_t out[LONGEST])
{
	const char *end = text + strlen(text);
	size_t count = 0;

	while (count < LONGEST && utf8_next(&text, end, &out[count])) {
		if (out[count] < 0x80)
			out[count] = (uint32_t)tolower((int)out[count]);
		if (out[count] == '_')
			out[count] = '-';
		count++;
	}
	return count;
}

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

static unsigned int distance(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count)
{
	unsigned int row[LONGEST + 1];

	for (size_t j = 0; j <= b_count; j++)
		row[j] = (unsigned int)j;
	for (size_t i = 1; i <= a_count; i++) {
		unsigned int diagonal = row[0];
		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_count; j++) {
			unsigned int above = row[j];
			row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_count];
}

const char *nearest_name(const char *word, const char *const *names)
{
	uint32_t a[LONGEST], b[LONGEST];
	size_t a_count = decode(word, a);
	unsigned int best = UINT32_MAX;
	const char *found = NULL;

	for (; *names != NULL; names++) {
		size_t b_count = decode(*names, b);
		unsigned int d = distance(a, a_count, b, b_count);
		if (d < best) {
			best = d;
			found = *names;
		}
	}
	/* Half the letters wrong is no longer a slip of the hand. */
	return best <= a_count / 2 ? found : NULL;
}
