#ifndef CLI_BAR_H
#define CLI_BAR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Progress on stderr: one line with a bar that is redrawn on a terminal, a plain line now and then elsewhere.
 */
struct bar {
	bool terminal;
	uint64_t began_ms, last_ms;
	bool drawn;
};

void bar_begin(struct bar *bar);

/* `done` of `total` (0: not known), with words behind. */
void bar_draw(struct bar *bar, uint64_t done, uint64_t total, const char *words);

/* Leaves the last state on a line of its own. */
void bar_end(struct bar *bar);

#endif
