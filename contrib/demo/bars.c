#include "bars.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "words.h"

enum { PLAIN_EVERY_MS = 5000, CELLS_MOST = 30, BESIDE = 58 };

void bars_begin(struct bars *bars)
{
	memset(bars, 0, sizeof(*bars));
	bars->terminal = isatty(STDOUT_FILENO) == 1;
	bars->began_ms = clock_mono_ms();
}

/* Both forms are padded to the same width on a screen, where a Chinese character takes two columns. */
static const char *label(int kind)
{
	static const char *const zh[FIGURE_KINDS] = {"短信 云MAS ", "短信 Kannel", "企业微信群 ", "LED 显示屏 "};
	static const char *const en[FIGURE_KINDS] = {"SMS Yunmas ", "SMS Kannel ", "chat groups", "LED signs  "};

	return WORDS(zh[kind], en[kind]);
}

static void take_sample(struct bars *bars, const struct figures *figures)
{
	unsigned int at = bars->count++ % BARS_SAMPLES;

	bars->samples[at].at_ms = clock_mono_ms();
	for (int kind = 0; kind < FIGURE_KINDS; kind++)
		bars->samples[at].done[kind] = figures->kinds[kind].total - figures->kinds[kind].left;
}

/* Per second, over the samples that are kept. */
static double rate(const struct bars *bars, int kind)
{
	unsigned int newest = (bars->count - 1) % BARS_SAMPLES;
	unsigned int oldest = bars->count > BARS_SAMPLES ? bars->count % BARS_SAMPLES : 0;
	uint64_t took = bars->samples[newest].at_ms - bars->samples[oldest].at_ms;
	long long done = bars->samples[newest].done[kind] - bars->samples[oldest].done[kind];

	return took > 0 && done > 0 ? (double)done * 1000 / (double)took : 0;
}

static void print_state(const struct bars *bars, const struct figure *figure, int kind)
{
	double speed = rate(bars, kind);
	long long sent = figure->total - figure->left;

	if (figure->left > 0 && speed > 0) {
		long long seconds = (long long)((double)figure->left / speed + 0.5);
		printf(" %6.*f/s  %s %lld:%02lld", speed < 10 ? 1 : 0, speed, WORDS("还需", "left"), seconds / 60,
			seconds % 60);
	} else if (figure->left > 0) {
		printf("      -/s");
	} else if (figure->pending > 0) {
		printf("  %s %lld/%lld",
			kind == FIGURE_LED ? WORDS("已下发，回读", "told, read back")
					   : WORDS("已发完，回执", "sent, receipts"),
			sent - figure->pending, sent);
	} else {
		printf("  %s", WORDS("完成", "done"));
	}
}

static int cells(void)
{
	struct winsize size = {0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return 20;
	int room = (int)size.ws_col - BESIDE;
	return room < 5 ? 5 : room > CELLS_MOST ? CELLS_MOST : room;
}

static void draw_one(const struct bars *bars, const struct figure *figure, int kind)
{
	long long sent = figure->total - figure->left;
	int width = cells();
	int full = figure->total > 0 ? (int)(sent * width / figure->total) : 0;

	printf("  %s ", label(kind));
	for (int i = 0; bars->terminal && i < width; i++)
		fputs(i < full ? "█" : "░", stdout);
	printf(" %3lld%% %6lld/%-6lld", figure->total > 0 ? sent * 100 / figure->total : 0, sent, figure->total);
	print_state(bars, figure, kind);
	fputs(bars->terminal ? "\033[K\n" : "\n", stdout);
}

static void rewind_lines(struct bars *bars)
{
	if (bars->terminal && bars->drawn > 0)
		printf("\033[%dA\r", bars->drawn);
	bars->drawn = 0;
}

void bars_draw(struct bars *bars, const struct figures *figures, bool last)
{
	uint64_t now = clock_mono_ms();

	take_sample(bars, figures);
	if (!bars->terminal && !last && bars->plain_ms != 0 && now - bars->plain_ms < PLAIN_EVERY_MS)
		return;
	bars->plain_ms = now;
	rewind_lines(bars);
	if (!bars->terminal)
		printf(WORDS("第 %llu 秒\n", "after %llu s\n"), (unsigned long long)(now - bars->began_ms) / 1000);
	for (int kind = 0; kind < FIGURE_KINDS; kind++)
		draw_one(bars, &figures->kinds[kind], kind);
	bars->drawn = FIGURE_KINDS;
	fflush(stdout);
}

void bars_say(struct bars *bars, const char *format, ...)
{
	va_list args;

	rewind_lines(bars);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	fputs(bars->terminal ? "\033[K\n" : "\n", stdout);
}
