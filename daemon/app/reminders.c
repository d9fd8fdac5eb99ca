#include "app/reminders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/campaign.h"
#include "app/dispatch.h"
#include "app/draft.h"
#include "app/intake.h"
#include "app/outlets.h"
#include "app/owed.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "calendar/rule.h"
#include "calendar/window.h"
#include "ledger/query.h"

enum {
	MISSED_MOST = 1000,
	AGAIN_MS = 60000,
	TOLD_MOST = 64 /* reminders of a group that are looked through for what reminded it last */
};

static void on_due(void *arg);

struct reminder *reminder_find(struct app *app, const char *name)
{
	for (size_t i = 0; i < app->reminder_count; i++)
		if (strcmp(app->reminders[i].schedule->name, name) == 0)
			return &app->reminders[i];
	return NULL;
}

/* What of a pack a group was told last. */
struct told {
	const struct slogan_pack *pack;
	uint32_t alert; /* the number of the alert that told it; 0: none yet */
	size_t line;
};

/* A line goes out as it stands but for the white space around it. */
static bool is_line(const char *text, const char *line)
{
	static const char white[] = " \t\r\n";
	size_t size;

	line += strspn(line, white);
	size = strlen(line);
	while (size > 0 && strchr(white, line[size - 1]) != NULL)
		size--;
	return strncmp(text, line, size) == 0 && text[size] == '\0';
}

/* Notes it where the message tells one of the lines; other alerts come to a group too. */
static void note_told(struct told *told, uint32_t alert, const struct message *message)
{
	for (size_t i = 0; message != NULL && told->pack->lines[i] != NULL; i++) {
		if (!is_line(message->text, told->pack->lines[i]))
			continue;
		told->alert = alert;
		told->line = i;
	}
}

static bool on_told_lane(void *arg, uint32_t alert, uint16_t lane, const struct ledger_lane *content,
	const uint32_t *counts)
{
	struct told *told = arg;

	if (alert > told->alert)
		note_told(told, alert, content->message);
	return alert > told->alert;
}

/*
 * The newest of what is open, which the ledger's file may not know yet, and of what the file tells. Campaigns stand in the
 * order of their numbers.
 */
static void find_told(struct app *app, const struct outlet *outlet, struct told *told)
{
	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link)) {
		const struct campaign *campaign = list_object(link, struct campaign, in_app);
		for (uint16_t i = 0; i < campaign->lane_count; i++)
			if (campaign->lanes[i].outlet == outlet)
				note_told(told, campaign->number, campaign->lanes[i].message);
	}
	ledger_list_reminders(app->ledger, outlet->name, TOLD_MOST, on_told_lane, told);
}

/* The line after the one that the group saw last; the occurrence decides where it begins. */
static const char *choose_line(struct app *app, const struct outlet *outlet, const struct slogan_pack *pack,
	int64_t occurrence_ms)
{
	size_t count = mem_strings_count(pack->lines);
	struct told told = {.pack = pack};

	find_told(app, outlet, &told);
	size_t at = told.alert != 0 ? told.line + 1 : (size_t)(occurrence_ms / (24 * 3600 * 1000ll));
	return pack->lines[at % count];
}

static struct alert *make_alert(struct app *app, const struct reminder *reminder, int64_t occurrence_ms,
	const char *line)
{
	struct alert *alert = mem_zalloc(sizeof(*alert));
	char stamp[24];

	alert->id = mem_printf("%s@%s", reminder->schedule->name, clock_stamp(occurrence_ms, stamp));
	alert->sender = mem_strdup(app->config->site.sender);
	alert->issued_ms = alert->from_ms = occurrence_ms;
	alert->until_ms = clock_wall_ms() + reminder->schedule->grace_ms;
	alert->fraud_type = mem_strdup("other");
	alert->summary = mem_strdup(line);
	alert->headline = mem_strdup(reminder->schedule->name);
	alert->hotline = mem_strdup(app->config->site.hotline);
	alert->urgency = URGENCY_ROUTINE;
	alert->level = LEVEL_BLUE;
	alert->quiet_hours = true;
	alert->cases = 1;
	alert->supersedes = mem_zalloc(sizeof(char *));
	alert->keywords = mem_zalloc(sizeof(char *));
	alert->advice = mem_zalloc(sizeof(char *));
	mem_strings_add(&alert->audiences, "all");
	mem_strings_add(&alert->areas, app->config->site.area);
	alert->media[MEDIUM_WECOM] = true;
	alert->text[MEDIUM_WECOM] = mem_strdup(line);
	return alert;
}

/* The groups that the schedule names, each with the words that are its turn, as lanes of one alert. */
static void draft_groups(struct reminder *reminder, const struct slogan_pack *pack, struct alert *alert,
	struct draft *draft, struct problems *problems)
{
	struct app *app = reminder->app;

	for (size_t i = 0; reminder->schedule->channels[i] != NULL; i++) {
		struct outlet *outlet = outlet_find(app, reminder->schedule->channels[i]);
		if (outlet == NULL || outlet->config == NULL)
			continue;
		free(alert->text[MEDIUM_WECOM]);
		alert->text[MEDIUM_WECOM] = mem_strdup(choose_line(app, outlet, pack, alert->issued_ms));
		draft_make_for(app, alert, outlet, draft, problems);
	}
}

struct campaign *reminder_run(struct reminder *reminder, int64_t occurrence_ms, const char *who,
	struct problems *problems)
{
	struct app *app = reminder->app;
	const struct slogan_pack *pack = taxonomy_pack(app->taxonomy, reminder->schedule->pack);
	struct alert *alert = make_alert(app, reminder, occurrence_ms, pack->lines[0]);
	struct campaign *campaign = NULL;
	struct draft draft = {0};
	uint32_t number;

	/* Its name holds its time: whatever happens to the process or the clock, that time comes once. */
	enum result known = ledger_known(app->ledger, alert->id, &number, NULL);
	reminder->unread = known != RESULT_OK && known != RESULT_NOT_FOUND;
	if (reminder->unread)
		problem_add(problems, PROBLEM_ERROR, NULL, NULL, N_("the ledger cannot be read"));
	if (known == RESULT_NOT_FOUND) {
		draft_groups(reminder, pack, alert, &draft, problems);
		if (problems->errors == 0 && draft.count > 0)
			campaign = intake_accept_made(app,
				&(struct intake_origin){.source = LEDGER_SCHEDULE,
					.who = who,
					.schedule = reminder->schedule->name,
					.occurrence_ms = occurrence_ms,
					.at_ms = occurrence_ms},
				alert, &draft);
	}
	draft_fini(&draft);
	alert_free(&alert);
	return campaign;
}

static void set_next(struct reminder *reminder, int64_t after_ms)
{
	reminder->next_ms = 0;
	if (rule_next(reminder->rule, after_ms, &reminder->next_ms))
		alarm_set(&reminder->app->alarms, &reminder->alarm, reminder->next_ms, on_due, reminder);
}

static void report_missed(struct reminder *reminder, unsigned int missed, int64_t last_ms)
{
	char words[160], when[32];

	snprintf(words, sizeof(words), "%s: %u times missed, the last at %s", reminder->schedule->name, missed,
		clock_text(last_ms, when));
	log_event(LOG_ERR, "reminder-missed", "schedule=%s times=%u last=%s", reminder->schedule->name, missed, when);
	ledger_event(reminder->app->ledger,
		&(struct ledger_event){.at_ms = clock_wall_ms(),
			.who = "crier",
			.kind = "reminder-missed",
			.what = words},
		NULL, NULL);
	owed_told(reminder->app, reminder->schedule, last_ms);
}

static void run_late(struct reminder *reminder, int64_t occurrence_ms)
{
	struct problems problems;

	problems_init(&problems);
	if (reminder_run(reminder, occurrence_ms, "crier", &problems) != NULL)
		log_event(LOG_NOTICE, "reminder", "schedule=%s", reminder->schedule->name);
	if (problems.errors > 0)
		log_event(LOG_ERR, "reminder-failed", "schedule=%s reason=%s", reminder->schedule->name,
			log_quote(problems.list[0].reason[LANG_EN]));
	problems_fini(&problems);
}

/*
 * The latest occurrence in (after, until]; 0: none. Looked for from the end in spans that double, so that ten years of
 * occurrences cost no more than the last.
 */
static int64_t latest_in(const struct rule *rule, int64_t after_ms, int64_t until_ms)
{
	int64_t latest = 0, when;

	for (int64_t span = 60 * 60 * 1000; latest == 0; span *= 2) {
		int64_t from = span < until_ms - after_ms ? until_ms - span : after_ms;
		while (rule_next(rule, from, &when) && when <= until_ms)
			latest = from = when;
		if (span >= until_ms - after_ms)
			break;
	}
	return latest;
}

/* Sends the latest occurrence in (after, now] if it is within its grace, and reports those before it as missed. */
static void catch_up(struct reminder *reminder, int64_t after_ms)
{
	int64_t now_ms = clock_wall_ms(), latest = latest_in(reminder->rule, after_ms, now_ms), when = after_ms;
	bool late = latest != 0 && now_ms - latest > reminder->schedule->grace_ms;
	unsigned int missed = 0;

	if (latest == 0)
		return;
	while (missed < MISSED_MOST && rule_next(reminder->rule, when, &when) &&
		(late ? when <= latest : when < latest))
		missed++;
	if (missed > 0)
		report_missed(reminder, missed, late ? latest : latest_in(reminder->rule, after_ms, latest - 1));
	if (!late)
		run_late(reminder, latest);
}

/* The last occurrence that was sent and is not ahead: what a clock once wrong has sent as of next year tells nothing. */
static bool on_sent(void *arg, const struct ledger_alert *alert)
{
	if (alert->occurrence_ms > clock_wall_ms())
		return true;
	*(int64_t *)arg = alert->occurrence_ms;
	return false;
}

/* What fell due since the schedule was first seen and since it was last sent. */
static void resume(struct reminder *reminder, int64_t since_ms)
{
	int64_t last_ms = 0;

	ledger_list_occurrences(reminder->app->ledger, reminder->schedule->name, MISSED_MOST, on_sent, &last_ms);
	catch_up(reminder, last_ms > since_ms ? last_ms : since_ms);
}

static void on_due(void *arg)
{
	struct reminder *reminder = arg;

	catch_up(reminder, reminder->next_ms - 1);
	if (reminder->unread) {
		/* Nobody knows whether it was sent: it is still owed. */
		alarm_set(&reminder->app->alarms, &reminder->alarm, clock_wall_ms() + AGAIN_MS, on_due, reminder);
		return;
	}
	set_next(reminder, clock_wall_ms());
}

static void on_quiet_edge(void *arg)
{
	struct app *app = arg;
	struct window_of_day quiet = {app->config->quiet.from, app->config->quiet.until};
	int64_t now_ms = clock_wall_ms();
	int64_t edge = window_of_day_edge(quiet, now_ms);

	app->quiet_now = window_of_day_open(quiet, now_ms);
	plan_quiet(app->plan, app->quiet_now);
	if (edge != 0)
		alarm_set(&app->alarms, &app->quiet_edge, edge, on_quiet_edge, app);
	else
		alarm_clear(&app->alarms, &app->quiet_edge);
	dispatch_kick(app);
}

void reminders_start(struct app *app)
{
	const struct config *config = app->config;
	int64_t *since_ms = mem_calloc(config->schedule_count, sizeof(*since_ms));
	struct problems problems;

	reminders_fini(app);
	if (!wallclock_believed(app, NULL)) {
		free(since_ms);
		return; /* it is called again when one can go by the clock */
	}
	on_quiet_edge(app);
	problems_init(&problems);
	app->reminders = mem_calloc(config->schedule_count, sizeof(*app->reminders));
	owed_since(app, since_ms);
	for (size_t i = 0; i < config->schedule_count; i++) {
		struct reminder *reminder = &app->reminders[app->reminder_count];
		if (config->schedules[i].rule == NULL ||
			rule_parse(config->schedules[i].rule, clock_wall_ms(), NULL, "rule", &reminder->rule,
				&problems) != RESULT_OK)
			continue;
		reminder->app = app;
		reminder->schedule = &config->schedules[i];
		app->reminder_count++;
		resume(reminder, since_ms[i]);
		set_next(reminder, clock_wall_ms());
	}
	free(since_ms);
	problems_fini(&problems);
}

void reminders_clock_set(struct app *app)
{
	int64_t now_ms = clock_wall_ms();

	on_quiet_edge(app);
	for (size_t i = 0; i < app->reminder_count; i++)
		if (app->reminders[i].next_ms == 0 || app->reminders[i].next_ms > now_ms)
			set_next(&app->reminders[i], now_ms);
}

void reminders_fini(struct app *app)
{
	alarm_clear(&app->alarms, &app->quiet_edge);
	for (size_t i = 0; i < app->reminder_count; i++) {
		alarm_clear(&app->alarms, &app->reminders[i].alarm);
		rule_free(&app->reminders[i].rule);
	}
	free(app->reminders);
	app->reminders = NULL;
	app->reminder_count = 0;
}
