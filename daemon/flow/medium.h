#ifndef FLOW_MEDIUM_H
#define FLOW_MEDIUM_H

#include <stdbool.h>

/*
 * How a warning reaches somebody. Alerts and templates name media, never accounts. A medium decides what its recipients
 * are, and so in which of an alert's three sums they count.
 */
enum medium {
	MEDIUM_SMS, /* a resident's phone */
	MEDIUM_WECOM, /* a WeChat Work group */
	MEDIUM_LED, /* a sign */
	MEDIUM_COUNT,
};

/* What a recipient is. An alert has one sum for each. */
enum crowd {
	CROWD_RESIDENTS,
	CROWD_GROUPS,
	CROWD_SIGNS,
	CROWD_COUNT,
};

/* "sms", "wecom", "led": the names that people write. */
const char *medium_name(enum medium medium);

/* False when no medium has this name. */
bool medium_find(const char *name, enum medium *medium);

enum crowd medium_crowd(enum medium medium);

/* "residents", "groups", "signs". */
const char *crowd_name(enum crowd crowd);

#endif
