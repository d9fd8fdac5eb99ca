#include "flow/batch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

char *batch_text(struct batch_name name, char out[32])
{
	snprintf(out, 32, "%" PRIu32 "-%" PRIu16 "-%" PRIu32, name.alert, name.lane, name.number);
	return out;
}

/* Digits up to `end`, at most `most`; moves *at behind them. */
static int take_number(const char **at, char end, uint64_t most, uint64_t *value)
{
	const char *p = *at;

	*value = 0;
	if (*p < '0' || *p > '9')
		return 0;
	for (; *p >= '0' && *p <= '9'; p++) {
		*value = *value * 10 + (uint64_t)(*p - '0');
		if (*value > most)
			return 0;
	}
	if (*p != end)
		return 0;
	*at = end != '\0' ? p + 1 : p;
	return 1;
}

int batch_parse(const char *text, struct batch_name *name)
{
	uint64_t alert, lane, number;

	if (!take_number(&text, '-', UINT32_MAX, &alert) || !take_number(&text, '-', UINT16_MAX, &lane) ||
		!take_number(&text, '\0', UINT32_MAX, &number))
		return 0;
	*name = (struct batch_name){(uint32_t)alert, (uint16_t)lane, (uint32_t)number};
	return 1;
}
