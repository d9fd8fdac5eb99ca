#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Settings as rows: key, type, place in a struct, default, bounds, help. The reader walks the parsed file against the
 * rows and refuses what has none; the manual and `crierd --settings` are made from the same rows.
 */
enum setting_type {
	SETTING_STRING, /* char * */
	SETTING_STRINGS, /* char **, NULL-ended, never NULL */
	SETTING_BOOL, /* bool */
	SETTING_INTEGER, /* int64_t */
	SETTING_CHOICE, /* int: index into `choices` */
	SETTING_DURATION, /* int64_t milliseconds; "300ms" "3s" "10min" "2h" "3d" "1week" */
	SETTING_RATE, /* struct rate; "500/s" "18/min" "100/h" "1000/day" "2/week" "unlimited" */
	SETTING_TIME, /* int: minutes since midnight; "08:00", "24:00" */
	SETTING_PATH, /* char *, made absolute against the configuration file's folder */
	SETTING_SECRET, /* char *: the content of the file that the value names (or of the systemd credential
			     "credential:NAME"), final newline dropped. Never printed. Mode 0600 or 0640 asked for. */
	SETTING_ADDRESS, /* char *: "127.0.0.1:5005", numeric address and port; port may be defaulted by `choices[0]` */
	SETTING_URL, /* char *: absolute http or https URL */
};

struct rate {
	uint32_t count; /* 0: unlimited */
	uint64_t per_ms;
};

struct setting {
	const char *key;
	enum setting_type type;
	size_t offset;
	const char *fallback; /* as a configuration would write it; lists: items joined by blanks; NULL: absent */
	bool required;
	int64_t least, most; /* integers, durations (ms), lengths of strings in characters; both 0: no bound */
	const char *const *choices; /* SETTING_CHOICE: NULL-ended words */
	const char *help; /* English, one line, marked N_ */
};

/* Ends a table. */
#define SETTING_END \
	{ \
		.key = NULL \
	}

/*
 * Reads a value of one type as it would be written in a file. Returns false when it is malformed or out of bounds.
 * Used for defaults, by the reader and by commands that take a rate or a duration.
 */
bool setting_parse_duration(const char *text, int64_t *ms);
bool setting_parse_rate(const char *text, struct rate *rate);
bool setting_parse_time(const char *text, int *minutes);

/* The same back to words, "18/min". `out` holds 32 bytes; returns `out`. */
char *setting_rate_text(struct rate rate, char out[32]);
char *setting_duration_text(int64_t ms, char out[32]);

#endif
