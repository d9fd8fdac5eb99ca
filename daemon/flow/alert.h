#ifndef FLOW_ALERT_H
#define FLOW_ALERT_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/medium.h"

/*
 * One warning as an officer meant it: read, checked and completed by room `alert`, and not changed afterwards. Times are
 * wall milliseconds; strings are valid UTF-8; lists are NULL-ended and never NULL; optional strings may be NULL.
 */
enum alert_status { STATUS_ACTUAL, STATUS_TEST, STATUS_EXERCISE, STATUS_DRAFT };
enum alert_action { ACTION_ALERT, ACTION_UPDATE, ACTION_CANCEL };
enum urgency { URGENCY_IMMEDIATE, URGENCY_TODAY, URGENCY_ROUTINE, URGENCY_COUNT };
enum level { LEVEL_RED, LEVEL_ORANGE, LEVEL_YELLOW, LEVEL_BLUE };

struct alert {
	char *id;
	char *sender;
	char *sender_name; /* NULL: the site's */
	int64_t issued_ms;
	enum alert_status status;
	enum alert_action action;
	char **supersedes;
	char *fraud_type; /* slug of conf/data/fraud-types.cfg */
	char *method; /* or NULL */
	char **keywords;
	char *summary;
	char *loss; /* yuan, digits with at most two decimals, or NULL */
	int cases;
	char *occurred; /* or NULL */
	char *place; /* or NULL */
	char **audiences; /* configured slugs or "all", at least one */
	char **areas; /* area codes, at least one */
	enum urgency urgency;
	enum level level;
	int64_t from_ms;
	int64_t until_ms;
	bool quiet_hours; /* respect them */
	char *headline; /* or NULL */
	char **advice;
	char *slogan; /* slug of a slogan pack, or NULL: the fraud type's */
	char *hotline; /* digits */
	char *web; /* or NULL */
	bool media[MEDIUM_COUNT];
	char *text[MEDIUM_COUNT]; /* ready wording that replaces templates, or NULL */
	char *note; /* internal, never sent; or NULL */
	char *author; /* or NULL */
	char digest[65]; /* SHA-256 of the document's bytes */
};

/* Frees what it holds and the alert itself; NULL does nothing. Afterwards *alert is NULL. */
void alert_free(struct alert **alert);

/* The words of the document: "actual", "update", "immediate", "orange". */
const char *alert_status_name(enum alert_status status);
const char *alert_action_name(enum alert_action action);
const char *urgency_name(enum urgency urgency);
const char *level_name(enum level level);

#endif
