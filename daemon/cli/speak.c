#include "cli/speak.h"

#include <stdarg.h>
#include <time.h>

/* Chosen once in main(), before anything is said. */
static enum lang chosen = LANG_ZH;

enum lang speak_lang(void)
{
	return chosen;
}

void speak_set_lang(enum lang lang)
{
	chosen = lang;
}

const char *tr(const char *text)
{
	return say(chosen, text);
}

void speak_error(const char *format, ...)
{
	va_list args;

	fputs("crier: ", stderr);
	va_start(args, format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	vfprintf(stderr, tr(format), args);
#pragma GCC diagnostic pop
	va_end(args);
	fputc('\n', stderr);
}

void speak_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	vprintf(tr(format), args);
#pragma GCC diagnostic pop
	va_end(args);
	putchar('\n');
}

void speak_problems(const struct problems *problems)
{
	struct buf out;

	buf_init(&out, 256 * 1024);
	problems_text(problems, chosen, &out);
	fputs(buf_text(&out), stderr);
	buf_fini(&out);
}

const char *speak_time(long long ms, char out[32])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (ms == 0) {
		snprintf(out, 32, "-");
		return out;
	}
	localtime_r(&seconds, &tm);
	strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

const char *speak_span(long long ms, char out[48])
{
	long long s = (ms + 500) / 1000;

	if (ms < 1000)
		snprintf(out, 48, "%s", tr(N_("at once")));
	else if (s < 60)
		snprintf(out, 48, tr(N_("%lld s")), s);
	else if (s < 3600)
		snprintf(out, 48, tr(N_("%lld min %lld s")), s / 60, s % 60);
	else if (s < 48 * 3600)
		snprintf(out, 48, tr(N_("%lld h %lld min")), s / 3600, s / 60 % 60);
	else
		snprintf(out, 48, tr(N_("%lld days")), s / 86400);
	return out;
}
