#include "cli/bar.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/speak.h"

enum { WIDTH = 30, PLAIN_EVERY_MS = 5000 };

void bar_begin(struct bar *bar)
{
	*bar = (struct bar){.terminal = isatty(STDERR_FILENO) == 1, .began_ms = clock_mono_ms()};
}

void bar_draw(struct bar *bar, uint64_t done, uint64_t total, const char *words)
{
	uint64_t now = clock_mono_ms(), took = now - bar->began_ms;
	char left[48] = "", cells[WIDTH * 3 + 1] = "";
	unsigned int percent = total > 0 ? (unsigned int)(done * 100 / total) : 0;

	if (!bar->terminal && bar->drawn && now - bar->last_ms < PLAIN_EVERY_MS)
		return;
	bar->last_ms = now;
	bar->drawn = true;
	if (total > 0 && done > 0 && done < total)
		speak_span((long long)(took * (total - done) / done), left);
	if (!bar->terminal) {
		fprintf(stderr, "%u%% %s%s%s\n", percent, words, *left != '\0' ? ", " : "", left);
		return;
	}
	size_t used = 0;
	for (unsigned int i = 0; i < WIDTH; i++)
		used += (size_t)snprintf(cells + used, sizeof(cells) - used, "%s",
			i * 100 < percent * WIDTH ? "█" : "░");
	fprintf(stderr, "\r\033[K%s %3u%% %s%s%s", cells, percent, words, *left != '\0' ? "  " : "", left);
	fflush(stderr);
}

void bar_end(struct bar *bar)
{
	if (bar->drawn && bar->terminal)
		fputc('\n', stderr);
}
