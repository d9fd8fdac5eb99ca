#include "calendar/rule.h"

#include <libical/ical.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

enum { YEARS = 10, RULE_LONGEST = 500, STEPS_MOST = 20000 };

/* libical carries the days; what it does not do well it is not asked: when a rule ends, and which of a period's times count. */
struct rule {
	struct icalrecurrencetype recur; /* without UNTIL and BYSETPOS */
	enum icalrecurrencetype_frequency period; /* from whose times `positions` choose: FREQ as it was written */
	short positions[ICAL_BY_SETPOS_SIZE + 1]; /* of BYSETPOS, up to ICAL_RECURRENCE_ARRAY_MAX */
	int64_t until_ms; /* the last moment at which something may happen */
};

/* The occurrences from some time on. */
struct walk {
	const struct rule *rule;
	icalrecur_iterator *iterator;
	unsigned int steps;
	struct icaltimetype *times; /* BYSETPOS: all those of one period */
	size_t count, room, at;
	struct icaltimetype ahead; /* the first after them */
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

/* A day counts to its end; what other calendars export is in UTC. */
static int64_t last_moment(struct icaltimetype until)
{
	if (icaltime_is_null_time(until))
		return INT64_MAX;
	if (icaltime_is_utc(until))
		return (int64_t)icaltime_as_timet(until) * 1000;
	if (until.is_date)
		until.hour = 23, until.minute = until.second = 59;
	return to_wall(until);
}

/* Days since 1970 of a floating time. */
static int64_t day_number(struct icaltimetype t)
{
	t.hour = t.minute = t.second = 0;
	return (int64_t)icaltime_as_timet(t) / (24 * 60 * 60);
}

/* The last multiple of `interval` up to `units`. */
static int step_down(int64_t units, int interval)
{
	int64_t over = units % interval;

	return (int)(units - over - (over < 0 ? interval : 0));
}

/* Where iteration starts: near, at the beginning of a period that counts when one counts from Monday 2024-01-01. */
static struct icaltimetype start_of(const struct rule *rule, int64_t after_ms)
{
	struct icaltimetype near = floating_day(after_ms - 2 * day_ms), start = icaltime_null_time();
	int interval = rule->recur.interval > 1 ? rule->recur.interval : 1, months = 0, days = 0;

	start.year = 2024;
	start.month = start.day = 1;
	int64_t since = day_number(near) - day_number(start);
	if (rule->recur.freq == ICAL_DAILY_RECURRENCE)
		days = step_down(since, interval);
	else if (rule->recur.freq == ICAL_WEEKLY_RECURRENCE)
		days = 7 * step_down(step_down(since, 7) / 7, interval);
	else if (rule->recur.freq == ICAL_MONTHLY_RECURRENCE)
		months = step_down((near.year - start.year) * 12 + near.month - 1, interval);
	else
		/* Weeks by number may begin in the year before. */
		months = 12 * step_down(near.year - 1 - start.year, interval);
	start.year += step_down(months, 12) / 12;
	start.month += months - step_down(months, 12);
	icaltime_adjust(&start, days, 0, 0, 0);
	return start;
}

static struct icaltimetype step(struct walk *walk)
{
	return walk->steps++ < STEPS_MOST ? icalrecur_iterator_next(walk->iterator) : icaltime_null_time();
}

/* The same number for times of the same day, week, month or year. */
static int64_t period_of(const struct rule *rule, struct icaltimetype t)
{
	switch (rule->period) {
	case ICAL_DAILY_RECURRENCE:
		return day_number(t);
	case ICAL_WEEKLY_RECURRENCE:
		return step_down(day_number(t) + 3, 7); /* 1970-01-01 was a Thursday */
	case ICAL_MONTHLY_RECURRENCE:
		return t.year * 12 + t.month;
	default:
		return t.year;
	}
}

static void read_period(struct walk *walk)
{
	int64_t period = period_of(walk->rule, walk->ahead);

	walk->count = walk->at = 0;
	while (!icaltime_is_null_time(walk->ahead) && period_of(walk->rule, walk->ahead) == period) {
		if (walk->count == walk->room) {
			walk->room = walk->room > 0 ? walk->room * 2 : 8;
			walk->times = mem_resize(walk->times, walk->room, sizeof(*walk->times));
		}
		walk->times[walk->count++] = walk->ahead;
		walk->ahead = step(walk);
	}
}

static bool is_chosen(const struct walk *walk, size_t at)
{
	for (const short *position = walk->rule->positions; *position != ICAL_RECURRENCE_ARRAY_MAX; position++)
		if ((int64_t)at == (*position > 0 ? *position - 1 : (int64_t)walk->count + *position))
			return true;
	return false;
}

/* Null after the last. */
static struct icaltimetype next_time(struct walk *walk)
{
	if (walk->rule->positions[0] == ICAL_RECURRENCE_ARRAY_MAX)
		return step(walk);
	if (walk->steps == 0)
		walk->ahead = step(walk);
	for (;;) {
		while (walk->at < walk->count)
			if (is_chosen(walk, walk->at++))
				return walk->times[walk->at - 1];
		if (icaltime_is_null_time(walk->ahead))
			return walk->ahead;
		read_period(walk);
	}
}

bool rule_next(const struct rule *rule, int64_t after_ms, int64_t *when_ms)
{
	struct walk walk = {.rule = rule, .iterator = icalrecur_iterator_new(rule->recur, start_of(rule, after_ms))};
	int64_t limit = after_ms + YEARS * 366 * day_ms, when = after_ms;

	if (walk.iterator == NULL)
		return false;
	if (rule->until_ms < limit)
		limit = rule->until_ms;
	while (when <= after_ms) {
		struct icaltimetype t = next_time(&walk);
		when = icaltime_is_null_time(t) ? INT64_MAX : to_wall(t);
	}
	icalrecur_iterator_free(walk.iterator);
	free(walk.times);
	if (when > limit)
		return false;
	*when_ms = when;
	return true;
}

/* Takes from what was written what libical is not asked for. */
static struct rule *make(struct icalrecurrencetype recur)
{
	struct rule *rule = mem_zalloc(sizeof(*rule));

	/* Not written means on the hour, not whenever the iteration happens to start. */
	if (recur.by_minute[0] == ICAL_RECURRENCE_ARRAY_MAX)
		recur.by_minute[0] = 0, recur.by_minute[1] = ICAL_RECURRENCE_ARRAY_MAX;
	if (recur.by_second[0] == ICAL_RECURRENCE_ARRAY_MAX)
		recur.by_second[0] = 0, recur.by_second[1] = ICAL_RECURRENCE_ARRAY_MAX;
	recur.week_start = ICAL_MONDAY_WEEKDAY;
	rule->period = recur.freq;
	/* libical counts days from the end of a month in months only. */
	if (recur.freq == ICAL_DAILY_RECURRENCE && recur.interval <= 1 &&
		recur.by_month_day[0] != ICAL_RECURRENCE_ARRAY_MAX)
		recur.freq = ICAL_MONTHLY_RECURRENCE;
	memcpy(rule->positions, recur.by_set_pos, sizeof(recur.by_set_pos));
	rule->positions[ICAL_BY_SETPOS_SIZE] = ICAL_RECURRENCE_ARRAY_MAX;
	recur.by_set_pos[0] = ICAL_RECURRENCE_ARRAY_MAX;
	rule->until_ms = last_moment(recur.until);
	recur.until = icaltime_null_time();
	rule->recur = recur;
	return rule;
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
	struct rule *made = make(recur);
	if (!rule_next(made, now_ms, &first)) {
		problem = problem_add(problems, PROBLEM_ERROR, at, field,
			N_("the rule names no time in the next ten years"));
		problem_remedy(problem, N_("check day, month and UNTIL"));
		bool over = made->until_ms <= now_ms;
		free(made);
		return over ? RESULT_NOT_FOUND : RESULT_INVALID;
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
