#ifndef DEMO_BARS_H
#define DEMO_BARS_H

#include <stdbool.h>
#include <stdint.h>

#include "figures.h"

/*
 * Live progress on stdout: a bar for each kind of channel with its rate and the time left, drawn over itself on a terminal;
 * elsewhere a plain line each now and then.
 */
enum { BARS_SAMPLES = 6 };

struct bars {
	bool terminal;
	int drawn; /* lines to be drawn over */
	uint64_t began_ms, plain_ms;
	struct {
		uint64_t at_ms;
		long long done[FIGURE_KINDS];
	} samples[BARS_SAMPLES]; /* the last seconds, for the rate */
	unsigned int count;
};

void bars_begin(struct bars *bars);
void bars_draw(struct bars *bars, const struct figures *figures, bool last);

/* A line of its own, above the bars. */
void bars_say(struct bars *bars, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
