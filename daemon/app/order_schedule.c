/* Orders about the calendar: what rolls and reminds, what comes next, and a reminder at once. */
#include <stdlib.h>
#include <string.h>

#include "app/campaign.h"
#include "app/commands.h"
#include "app/intake.h"
#include "app/outlets.h"
#include "app/reminders.h"
#include "base/clock.h"
#include "base/mem.h"
#include "calendar/rule.h"
#include "calendar/window.h"

static json_t *names_view(char *const *names)
{
	json_t *list = json_array();

	for (size_t i = 0; names[i] != NULL; i++)
		json_array_append_new(list, json_string(names[i]));
	return list;
}

static json_t *schedule_view(struct app *app, const struct config_schedule *schedule)
{
	const struct reminder *reminder = reminder_find(app, schedule->name);
	struct window_of_day window = {schedule->from, schedule->until};
	int64_t now_ms = clock_wall_ms();
	int64_t next = reminder != NULL ? reminder->next_ms : window_of_day_edge(window, now_ms);

	json_t *view = json_pack("{s:s, s:s, s:o, s:s, s:s*, s:I}", "name", schedule->name, "type",
		schedule->rule != NULL ? "reminder" : "slogans", "channels", names_view(schedule->channels), "pack",
		schedule->pack, "rule", schedule->rule, "next_ms", (json_int_t)next);
	if (schedule->rule == NULL)
		json_object_update_new(view,
			json_pack("{s:i, s:i, s:b, s:I}", "from", schedule->from, "until", schedule->until, "open",
				window_of_day_open(window, now_ms), "max_gap_ms", (json_int_t)schedule->max_gap_ms));
	else
		json_object_set_new(view, "grace_ms", json_integer(schedule->grace_ms));
	return view;
}

void order_schedule_list(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	json_t *list = json_array();

	for (size_t i = 0; i < app->config->schedule_count; i++)
		json_array_append_new(list, schedule_view(app, &app->config->schedules[i]));
	control_result(call, json_pack("{s:o}", "schedules", list));
}

struct coming {
	int64_t at_ms;
	const struct config_schedule *schedule;
	const char *what;
};

static int by_time(const void *a, const void *b)
{
	int64_t x = ((const struct coming *)a)->at_ms, y = ((const struct coming *)b)->at_ms;

	return x < y ? -1 : x > y;
}

enum { OF_EACH = 10 };

static size_t come_of(struct app *app, const struct config_schedule *schedule, struct coming out[OF_EACH])
{
	const struct reminder *reminder = reminder_find(app, schedule->name);
	struct window_of_day window = {schedule->from, schedule->until};
	int64_t at = clock_wall_ms(), next = 0;
	size_t count = 0;

	while (count < OF_EACH) {
		bool found = reminder != NULL ? rule_next(reminder->rule, at, &next)
					      : (next = window_of_day_edge(window, at)) != 0;
		if (!found)
			break;
		out[count++] = (struct coming){next, schedule,
			reminder != NULL                           ? "reminder"
				: window_of_day_open(window, next) ? "slogans-begin"
								   : "slogans-end"};
		at = next;
	}
	return count;
}

void order_schedule_next(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	size_t most = (size_t)control_number(args, "most", 10), count = 0;
	struct coming *all = mem_calloc(app->config->schedule_count * OF_EACH + 1, sizeof(*all));
	json_t *list = json_array();

	for (size_t i = 0; i < app->config->schedule_count; i++)
		count += come_of(app, &app->config->schedules[i], all + count);
	qsort(all, count, sizeof(*all), by_time);
	for (size_t i = 0; i < count && i < most; i++)
		json_array_append_new(list,
			json_pack("{s:I, s:s, s:s, s:o}", "at_ms", (json_int_t)all[i].at_ms, "name",
				all[i].schedule->name, "what", all[i].what, "channels",
				names_view(all[i].schedule->channels)));
	free(all);
	control_result(call, json_pack("{s:o}", "next", list));
}

void order_schedule_run(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	const char *name = control_text(args, "name");
	struct reminder *reminder = name != NULL ? reminder_find(app, name) : NULL;
	struct problems problems;

	if (reminder == NULL) {
		control_error(call, CONTROL_FAILED,
			N_("there is no reminder \"%s\"; \"crier schedule list\" shows them"),
			name != NULL ? name : "");
		return;
	}
	if (!wallclock_believed(app, NULL)) {
		control_error(call, CONTROL_LATER,
			N_("the clock of this machine is not right, so nothing is sent until it is set; see \"crier status\""));
		return;
	}
	problems_init(&problems);
	struct campaign *campaign = reminder_run(reminder, clock_wall_ms(), control_who(call), &problems);
	if (campaign == NULL)
		control_refuse(call, CONTROL_FAILED, &problems);
	else
		order_done(app, call,
			json_pack("{s:s, s:b, s:o}", "id", campaign->id, "waits_for_quiet_hours",
				app->quiet_now && campaign->quiet, "forecast", intake_forecast(campaign)),
			"schedule-run", "%s", name);
	problems_fini(&problems);
}
