#include "flow/alert.h"

#include <stdlib.h>

#include "base/mem.h"

void alert_free(struct alert **alert)
{
	struct alert *a = *alert;

	if (a == NULL)
		return;
	char *strings[] = {a->id, a->sender, a->sender_name, a->fraud_type, a->method, a->summary, a->loss, a->occurred,
		a->place, a->headline, a->slogan, a->hotline, a->web, a->note, a->author};
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		free(strings[i]);
	char **lists[] = {a->supersedes, a->keywords, a->audiences, a->areas, a->advice};
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		mem_strings_free(lists[i]);
	for (int medium = 0; medium < MEDIUM_COUNT; medium++)
		free(a->text[medium]);
	free(a);
	*alert = NULL;
}

const char *alert_status_name(enum alert_status status)
{
	static const char *const names[] = {"actual", "test", "exercise", "draft"};

	return names[status];
}

const char *alert_action_name(enum alert_action action)
{
	static const char *const names[] = {"alert", "update", "cancel"};

	return names[action];
}

const char *urgency_name(enum urgency urgency)
{
	static const char *const names[] = {"immediate", "today", "routine"};

	return names[urgency];
}

const char *level_name(enum level level)
{
	static const char *const names[] = {"red", "orange", "yellow", "blue"};

	return names[level];
}
