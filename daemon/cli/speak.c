#include "cli/speak.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cause.h"
#include "base/utf8.h"

enum { ERROR_MOST = 2000 };

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

/* C0, DEL, C1, and what turns the reading direction. */
static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || (code >= 0x202a && code <= 0x202e) ||
		(code >= 0x2066 && code <= 0x2069);
}

void speak_clean(char *text, char instead, bool lines)
{
	const char *at = text, *end = text + strlen(text);
	char *to = text;
	uint32_t code;

	while (at < end) {
		const char *from = at;
		if (!utf8_next(&at, end, &code)) {
			at++;
			*to++ = instead;
		} else if (is_control(code) && !(lines && code == '\n')) {
			*to++ = instead;
		} else {
			memmove(to, from, (size_t)(at - from));
			to += at - from;
		}
	}
	*to = '\0';
}

void speak_error(const char *format, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	int size = vasprintf(&text, tr(format), args);
#pragma GCC diagnostic pop
	va_end(args);
	if (size < 0)
		return;
	speak_clean(text, '?', false);
	size_t fit = utf8_cut(text, ERROR_MOST);
	fprintf(stderr, "crier: %.*s%s\n", (int)fit, text, text[fit] != '\0' ? "…" : "");
	free(text);
}

const char *speak_errno(int error)
{
	return tr(cause_text(error));
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
