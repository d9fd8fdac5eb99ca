#include "flow/area.h"

#include <string.h>

/* Takes groups of `step` zeros off the end, as long as more than `least` digits stay. */
static size_t trim(const char *code, size_t size, size_t step, size_t least)
{
	while (size > least && size >= step && strncmp(code + size - step, "0000", step) == 0)
		size -= step;
	return size;
}

bool area_prefix(const char *code, size_t size, char out[AREA_ROOM])
{
	if (size != 2 && size != 4 && size != 6 && size != 9 && size != 12 && size != 14)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (code[i] < '0' || code[i] > '9')
			return false;
	}
	if (strncmp(code, "00", 2) == 0)
		return false;
	/* The national dialect fills codes of 12 digits up to 14. */
	if (size == 14)
		size = 12;
	size = size > 6 ? trim(code, size, 3, 6) : size;
	size = size <= 6 ? trim(code, size, 2, 2) : size;
	memcpy(out, code, size);
	out[size] = '\0';
	return true;
}

bool area_covers(const char *area, const char *code)
{
	char outer[AREA_ROOM], inner[AREA_ROOM];

	return area_prefix(area, strlen(area), outer) && area_prefix(code, strlen(code), inner) &&
		strncmp(outer, inner, strlen(outer)) == 0;
}

bool area_touches(const char *a, const char *b)
{
	return area_covers(a, b) || area_covers(b, a);
}
