#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * One line per decision, on stderr, with the priority that journald reads ("<6>"). Keys and events are English, lower
 * case, `key=value` with alert= and batch= first; a value with blanks goes through log_quote().
 *
 *	log_event(LOG_NOTICE, "settled", "alert=%s batch=%u channel=%s verdict=%s", ...);
 *
 * Full phone numbers and secrets never reach this room: mask them first (base/phone.h).
 */
#include <stdbool.h>
#include <syslog.h>

void log_event(int level, const char *event, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Whether a line of this level would be written: spares making the words of one that would not. */
bool log_wanted(int level);

/* Lines less important than `level` are left out. LOG_INFO at start. */
void log_set_level(int level);

/* Sends lines elsewhere, for tests; NULL brings stderr back. The line has no newline and no priority. */
void log_set_sink(void (*sink)(void *arg, int level, const char *line), void *arg);

/*
 * `value` as a quoted word with quotes, control bytes and backslashes escaped, cut to 160 bytes at a character's edge.
 * Returns one of four buffers of this thread in turn: good for the arguments of one call.
 */
const char *log_quote(const char *value);

#endif
