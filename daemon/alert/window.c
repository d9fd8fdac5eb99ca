#include "alert/window.h"

#include <stdlib.h>

#include "alert/moment.h"
#include "alert/words.h"

#define WEEK_MS (7LL * 24 * 3600 * 1000)

static void read_urgency(struct reading *reading)
{
	const struct node *node;
	char *urgency = reading_text(reading, FIELD_URGENCY, &node);

	reading->alert->urgency = URGENCY_ROUTINE;
	if (urgency != NULL && !words_urgency(urgency, &reading->alert->urgency)) {
		struct problem *problem = READING_ERROR(reading, node, FIELD_URGENCY, N_("\"%s\" is not known"),
			reading_quote(reading, urgency));
		problem_remedy(problem, N_("write one of %s"), "immediate 立即, today 今天, routine 日常");
	}
	free(urgency);
}

static void read_level(struct reading *reading)
{
	const struct node *node;
	char *level = reading_text(reading, FIELD_LEVEL, &node);

	reading->alert->level = LEVEL_YELLOW;
	if (level != NULL && !words_level(level, &reading->alert->level)) {
		struct problem *problem = READING_ERROR(reading, node, FIELD_LEVEL, N_("\"%s\" is not known"),
			reading_quote(reading, level));
		problem_remedy(problem, N_("write one of %s"), "red 红, orange 橙, yellow 黄, blue 蓝");
	}
	free(level);
}

/* False when it was written and cannot be read. */
static bool read_moment(struct reading *reading, enum field field, enum moment_edge edge, int64_t *ms)
{
	const struct node *node;
	char *text = reading_text(reading, field, &node);
	bool good = text == NULL ? node == NULL : moment_parse(text, edge, ms);

	if (text != NULL && !good) {
		struct problem *problem = READING_ERROR(reading, node, field, N_("is no date and time"));
		problem_remedy(problem, N_("write it like %s"), "2026-11-28 18:00");
	}
	free(text);
	return good;
}

static void check_window(struct reading *reading)
{
	const struct alert *alert = reading->alert;
	const struct node *until = reading_find(reading, FIELD_UNTIL);
	struct problem *problem;
	char moment[MOMENT_TEXT];

	if (alert->until_ms <= alert->from_ms) {
		problem = READING_ERROR(reading, until, FIELD_UNTIL, N_("does not lie after the beginning (%s)"),
			moment_text(alert->from_ms, moment));
		problem_remedy(problem, N_("write a later time"));
	} else if (alert->until_ms <= alert->issued_ms) {
		problem = READING_ERROR(reading, until, FIELD_UNTIL, N_("does not lie after the time of issue (%s)"),
			moment_text(alert->issued_ms, moment));
		problem_remedy(problem, N_("write a later time"));
	} else if (alert->until_ms <= reading->context->now_ms && alert->action != ACTION_CANCEL) {
		/* A withdrawal is obeyed however late it comes. */
		problem = READING_ERROR(reading, until, FIELD_UNTIL, N_("is already over (%s): nothing was sent"),
			moment_text(alert->until_ms, moment));
		problem_remedy(problem, N_("write a later time, and check whether the warning is still true"));
	}
}

static void read_quiet_hours(struct reading *reading)
{
	const struct node *node = reading_find(reading, FIELD_QUIET_HOURS);
	bool good = node == NULL;

	reading->alert->quiet_hours = reading->alert->urgency != URGENCY_IMMEDIATE;
	if (node != NULL && node->kind == NODE_BOOL) {
		reading->alert->quiet_hours = node->flag;
		good = true;
	} else if (node != NULL && node->kind == NODE_STRING) {
		good = words_yes_no(node->text, &reading->alert->quiet_hours);
	}
	if (good)
		return;
	struct problem *problem = READING_ERROR(reading, node, FIELD_QUIET_HOURS, N_("must be yes or no"));
	problem_remedy(problem, N_("write one of %s"), reading->form == FORM_TXT ? "是, 否" : "true, false");
}

void window_read(struct reading *reading)
{
	struct alert *alert = reading->alert;

	read_urgency(reading);
	read_level(reading);
	read_quiet_hours(reading);
	alert->from_ms = alert->issued_ms;
	alert->until_ms = alert->issued_ms + WEEK_MS;
	bool from = read_moment(reading, FIELD_FROM, MOMENT_START, &alert->from_ms);
	/* Whoever names a beginning weeks ahead wants the usual time after it. */
	if (alert->from_ms > alert->issued_ms)
		alert->until_ms = alert->from_ms + WEEK_MS;
	bool until = read_moment(reading, FIELD_UNTIL, MOMENT_END, &alert->until_ms);
	if (from && until)
		check_window(reading);
}
