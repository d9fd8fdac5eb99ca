#include "calendar/rule.h"

#include <libical/ical.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

enum { YEARS = 10, RULE_LONGEST = 500, STEPS_MOST = 20000 };

struct rule {
	struct icalrecurrencetype recur;
};

static const int64_t day_ms = 24 * 60 * 60 * 1000ll;

/* Midnight, local, of the day that holds `ms`, as libical's floating time. */
static struct icaltimetype floating_day(int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	struct icaltimetype t = icaltime_null_time();

	localtime_r(&seconds, &tm);
	t.year = tm.tm_year + 1900;
	t.month = tm.tm_mon + 1;
	t.day = tm.tm_mday;
	return t;
}

static int64_t to_wall(struct icaltimetype t)
{
	struct tm tm = {.tm_year = t.year - 1900,
		.tm_mon = t.month - 1,
		.tm_mday = t.day,
		.tm_hour = t.hour,
		.tm_min = t.minute,
		.tm_sec = t.second,
		.tm_isdst = -1};

	return (int64_t)mktime(&tm) * 1000;
}

/* Where iteration starts. With an interval the start decides which weeks count, so it is fixed; else near is quick. */
static struct icaltimetype start_of(const struct rule *rule, int64_t after_ms)
{
	if (rule->recur.interval <= 1 &&
		(rule->recur.freq == ICAL_DAILY_RECURRENCE || rule->recur.freq == ICAL_WEEKLY_RECURRENCE))
		return floating_day(after_ms - 2 * day_ms);
	struct icaltimetype anchor = icaltime_null_time();
	anchor.year = 2024;
	anchor.month = 1;
	anchor.day = 1;
	return anchor;
}

bool rule_next(const struct rule *rule, int64_t after_ms, int64_t *when_ms)
{
	icalrecur_iterator *iterator = icalrecur_iterator_new(rule->recur, start_of(rule, after_ms));
	int64_t limit = after_ms + YEARS * 366 * day_ms;
	bool found = false;

	if (iterator == NULL)
		return false;
	for (int step = 0; step < STEPS_MOST; step++) {
		struct icaltimetype t = icalrecur_iterator_next(iterator);
		if (icaltime_is_null_time(t))
			break;
		int64_t when = to_wall(t);
		if (when > limit)
			break;
		if (when > after_ms) {
			*when_ms = when;
			found = true;
			break;
		}
	}
	icalrecur_iterator_free(iterator);
	return found;
}

/* What libical would take and we do not, as a problem; false when there is none. */
static bool refused_part(const struct icalrecurrencetype *recur, const struct place *at, const char *field,
	struct problems *problems)
{
	struct problem *problem = NULL;

	if (recur->freq != ICAL_DAILY_RECURRENCE && recur->freq != ICAL_WEEKLY_RECURRENCE &&
		recur->freq != ICAL_MONTHLY_RECURRENCE && recur->freq != ICAL_YEARLY_RECURRENCE) {
		problem = problem_add(problems, PROBLEM_ERROR, at, field, N_("the rule repeats more often than daily"));
		problem_remedy(problem,
			N_("use FREQ=DAILY, WEEKLY, MONTHLY or YEARLY; several times a day are BYHOUR=9,15"));
		return true;
	}
	if (recur->by_hour[0] == ICAL_RECURRENCE_ARRAY_MAX) {
		problem = problem_add(problems, PROBLEM_ERROR, at, field, N_("the rule does not say at what hour"));
		problem_remedy(problem, N_("add for example ;BYHOUR=9;BYMINUTE=0;BYSECOND=0"));
		return true;
	}
	if (recur->count != 0) {
		problem = problem_add(problems, PROBLEM_ERROR, at, field, N_("COUNT has no start to count from"));
		problem_remedy(problem, N_("remove COUNT, or end the rule with UNTIL=20271231T235959"));
		return true;
	}
	return false;
}

enum result rule_parse(const char *text, int64_t now_ms, const struct place *at, const char *field, struct rule **rule,
	struct problems *problems)
{
	struct problem *problem;
	int64_t first;

	struct icalrecurrencetype recur = icalrecurrencetype_from_string(strlen(text) <= RULE_LONGEST ? text : "");
	if (recur.freq == ICAL_NO_RECURRENCE) {
		problem = problem_add(problems, PROBLEM_ERROR, at, field, N_("this is not a recurrence rule"));
		problem_remedy(problem, N_("write it like FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=9;BYMINUTE=0;BYSECOND=0"));
		return RESULT_INVALID;
	}
	if (refused_part(&recur, at, field, problems))
		return RESULT_INVALID;
	/* Not written means on the hour, not whenever the iteration happens to start. */
	if (recur.by_minute[0] == ICAL_RECURRENCE_ARRAY_MAX)
		recur.by_minute[0] = 0, recur.by_minute[1] = ICAL_RECURRENCE_ARRAY_MAX;
	if (recur.by_second[0] == ICAL_RECURRENCE_ARRAY_MAX)
		recur.by_second[0] = 0, recur.by_second[1] = ICAL_RECURRENCE_ARRAY_MAX;
	recur.week_start = ICAL_MONDAY_WEEKDAY;

	struct rule *made = mem_zalloc(sizeof(*made));
	made->recur = recur;
	if (!rule_next(made, now_ms, &first)) {
		problem = problem_add(problems, PROBLEM_ERROR, at, field,
			N_("the rule names no time in the next ten years"));
		problem_remedy(problem, N_("check day, month and UNTIL"));
		free(made);
		return RESULT_INVALID;
	}
	*rule = made;
	return RESULT_OK;
}

void rule_free(struct rule **rule)
{
	if (*rule == NULL)
		return;
	free(*rule);
	*rule = NULL;
}
