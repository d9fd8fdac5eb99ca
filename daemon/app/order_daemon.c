/* Orders about the daemon as a whole: status, reload, the red switch, the audit trail. */
#include <stdlib.h>

#include "app/campaign.h"
#include "app/commands.h"
#include "app/dispatch.h"
#include "app/intake.h"
#include "app/outlets.h"
#include "base/clock.h"
#include "base/mem.h"
#include "ledger/audit.h"

void order_status(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	const char *why = NULL, *held = NULL;
	bool healthy = ledger_healthy(app->ledger, &why);
	bool closed = intake_closed(app, &held);
	unsigned int troubled = 0;

	for (unsigned int i = 0; i < app->outlet_count; i++) {
		const struct outlet *outlet = app->outlets[i];
		troubled += outlet->config != NULL &&
			(outlet->suspended || !outlet->well || outlet_obstacle(outlet) != NULL);
	}
	control_result(call,
		json_pack(
			"{s:s, s:s, s:I, s:b, s:b, s:s*, s:b, s:b, s:s*, s:b, s:s*, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:s}",
			"version", CRIER_VERSION, "site", app->config->site.name, "uptime_ms",
			(json_int_t)(clock_mono_ms() - app->started_mono_ms), "ready", app->ready, "stopped",
			app->stopped, "stopped_by", app->stopped ? app->stopped_by : NULL, "quiet_hours",
			app->quiet_now, "ledger_healthy", healthy, "ledger_reason", why, "intake_open", !closed,
			"intake_reason", held, "alerts_sending", (int)intake_open_alerts(app), "batches_in_flight",
			(int)dispatch_in_flight(app), "files_waiting",
			app->spool != NULL ? (int)spool_waiting(app->spool) : 0, "channels", (int)app->outlet_count,
			"channels_troubled", (int)troubled, "residents", (int)people_top(roster_people(app->roster)),
			"opted_out", (int)set_count(roster_optouts(app->roster)), "spool", app->config->paths.spool,
			"config", app->options->config));
}

void order_reload(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	struct problems problems;

	problems_init(&problems);
	enum result result = app_reload(app, &problems);
	if (result == RESULT_OK) {
		order_note(app, call, "reload", "%zu channels", app->config->channel_count);
		control_result(call,
			json_pack("{s:i, s:i, s:o}", "channels", (int)app->config->channel_count, "schedules",
				(int)app->config->schedule_count, "problems", control_problems(&problems)));
	} else {
		control_refuse(call, result == RESULT_BUSY ? CONTROL_LATER : CONTROL_CONFIG, &problems);
	}
	problems_fini(&problems);
}

static void throw_switch(struct app *app, struct control_call *call, bool stopped)
{
	uint64_t waiting = 0;

	app->stopped = stopped;
	free(app->stopped_by);
	app->stopped_by = mem_strdup(control_who(call));
	app->stopped_ms = clock_wall_ms();
	plan_stop(app->plan, stopped);
	dispatch_kick(app);
	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link))
		waiting += campaign_unfinished(list_object(link, struct campaign, in_app));
	void *answer = order_owe(app, call,
		json_pack("{s:b, s:I, s:i}", "stopped", stopped, "waiting", (json_int_t)waiting, "batches_in_flight",
			(int)dispatch_in_flight(app)));
	ledger_switch(app->ledger, stopped, app->stopped_by, app->stopped_ms, order_durable, answer);
}

void order_stop(void *arg, struct control_call *call, const json_t *args)
{
	throw_switch(arg, call, true);
}

void order_start(void *arg, struct control_call *call, const json_t *args)
{
	throw_switch(arg, call, false);
}

static bool on_event(void *arg, const struct ledger_event *event)
{
	json_array_append_new(arg,
		json_pack("{s:I, s:I, s:s*, s:s*, s:s*}", "seq", (json_int_t)event->seq, "at_ms",
			(json_int_t)event->at_ms, "who", event->who, "kind", event->kind, "what", event->what));
	return true;
}

void order_audit_list(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	json_t *list = json_array();
	int most = (int)control_number(args, "most", 50);

	enum result result = ledger_list_last_events(app->ledger, (unsigned int)most, on_event, list);
	if (order_read(call, result))
		control_result(call, json_pack("{s:O, s:i}", "events", list, "most", most));
	json_decref(list);
}

void order_audit_verify(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	uint64_t checked = 0, seq = 0;
	char seal[65] = "";
	enum result result = ledger_audit(app->ledger, &checked, &seq, seal);

	if (result == RESULT_OK)
		control_result(call, json_pack("{s:I, s:s}", "checked", (json_int_t)checked, "seal", seal));
	else if (seq == 0)
		order_read(call, result);
	else
		control_error(call, CONTROL_FAILED,
			N_("the audit trail was changed: event %llu does not fit those before it"),
			(unsigned long long)seq);
}
