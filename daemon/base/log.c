#include "base/log.h"

#include "base/phone.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int least = LOG_INFO;
static void (*sink_call)(void *arg, int level, const char *line);
static void *sink_arg;

void log_set_level(int level)
{
	least = level;
}

bool log_wanted(int level)
{
	return level <= least;
}

void log_set_sink(void (*sink)(void *arg, int level, const char *line), void *arg)
{
	sink_call = sink;
	sink_arg = arg;
}

void log_event(int level, const char *event, const char *format, ...)
{
	char line[2048];
	va_list args;

	if (level > least)
		return;
	int used = snprintf(line, sizeof(line), "event=%s%s", event, *format != '\0' ? " " : "");
	va_start(args, format);
	vsnprintf(line + used, sizeof(line) - (size_t)used, format, args);
	va_end(args);
	if (sink_call != NULL)
		sink_call(sink_arg, level, line);
	else
		fprintf(stderr, "<%d>%s\n", level, line);
}

const char *log_quote(const char *value)
{
	static _Thread_local char buffers[4][512];
	static _Thread_local unsigned int turn;
	char *out = buffers[turn++ % 4];
	size_t used = 0;

	out[used++] = '"';
	for (const char *p = value != NULL ? value : ""; *p != '\0'; p++) {
		unsigned char byte = (unsigned char)*p;
		if (p - value >= 160 && (byte & 0xc0) != 0x80)
			break;
		if (byte == '"' || byte == '\\')
			used += (size_t)snprintf(out + used, sizeof(buffers[0]) - used, "\\%c", byte);
		else if (byte < 0x20 || byte == 0x7f)
			used += (size_t)snprintf(out + used, sizeof(buffers[0]) - used, "\\x%02x", byte);
		else
			out[used++] = (char)byte;
		if (used > sizeof(buffers[0]) - 8)
			break;
	}
	out[used++] = '"';
	out[used] = '\0';
	/* Masking is the caller's duty; names that people chose may hold a number that nobody looked for. */
	phone_mask_within(out);
	return out;
}
