/* Orders about traffic: what waits, channels, signs. */
#include <stdlib.h>
#include <string.h>

#include "app/campaign.h"
#include "app/commands.h"
#include "app/dispatch.h"
#include "app/intake.h"
#include "app/outlets.h"
#include "app/views.h"
#include "base/clock.h"

static json_t *queue_lane(const struct lane *lane)
{
	const struct campaign *campaign = lane->campaign;
	uint64_t first = 0, last = 0;

	plan_estimate(campaign->app->plan, lane->outlet->index, campaign->urgency, clock_mono_ms(), 0, &first, &last);
	last += intake_delay_ms(campaign->app, medium_crowd(lane->medium), campaign->quiet, campaign->from_ms);
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:I, s:b, s:b}", "alert", campaign->id,
		"channel", lane->outlet->name, "audience", lane->audience, "urgency", urgency_name(campaign->urgency),
		"size", (int)lane->tally.size, "waiting", (int)lane->tally.counts[STATE_WAITING], "in_flight",
		(int)lane->tally.counts[STATE_IN_FLIGHT], "unknown", (int)lane->tally.counts[STATE_UNKNOWN], "accepted",
		(int)lane->tally.counts[STATE_ACCEPTED], "last_ms", (json_int_t)last, "held",
		lane->plan != NULL && plan_lane_held(lane->plan), "begun", campaign->begun);
}

void order_queue_list(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	json_t *list = json_array();

	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link)) {
		const struct campaign *campaign = list_object(link, struct campaign, in_app);
		for (uint16_t i = 0; i < campaign->lane_count; i++) {
			const struct lane *lane = &campaign->lanes[i];
			if (lane->outlet != NULL &&
				lane->tally.counts[STATE_WAITING] + lane->tally.counts[STATE_IN_FLIGHT] +
						lane->tally.counts[STATE_UNKNOWN] >
					0)
				json_array_append_new(list, queue_lane(lane));
		}
	}
	control_result(call,
		json_pack("{s:o, s:b, s:b}", "lanes", list, "stopped", app->stopped, "quiet_hours", app->quiet_now));
}

static struct outlet *named(struct app *app, struct control_call *call, const char *name)
{
	struct outlet *outlet = name != NULL ? outlet_find(app, name) : NULL;

	if (outlet == NULL)
		control_error(call, CONTROL_FAILED, N_("there is no channel \"%s\"; \"crier channel list\" shows them"),
			name != NULL ? name : "");
	return outlet;
}

void order_queue_release(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	struct campaign *campaign = campaign_find_id(app,
		control_text(args, "id") != NULL ? control_text(args, "id") : "");
	struct outlet *outlet = named(app, call, control_text(args, "channel"));
	int released = 0;

	if (outlet == NULL)
		return;
	for (uint16_t i = 0; campaign != NULL && i < campaign->lane_count; i++) {
		struct lane *lane = &campaign->lanes[i];
		if (lane->outlet == outlet && lane->plan != NULL && plan_lane_held(lane->plan)) {
			plan_lane_hold(app->plan, lane->plan, false);
			ledger_release(app->ledger, campaign->number, i, NULL, NULL);
			released++;
		}
	}
	if (released == 0) {
		control_error(call, CONTROL_FAILED, N_("nothing of that alert is held on that channel"));
		return;
	}
	dispatch_kick(app);
	order_done(app, call, json_pack("{s:i}", "released", released), "release", "%s on %s", campaign->id,
		outlet->name);
}

static json_t *channel_view(const struct outlet *outlet)
{
	struct plan_channel_view view;
	char rate[32] = "";
	const char *obstacle = outlet_obstacle(outlet);

	plan_channel_look(outlet->app->plan, outlet->index, clock_mono_ms(), &view);
	if (outlet->config != NULL)
		setting_rate_text(outlet->config->rate, rate);
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:b, s:s*, s:s*, s:b, s:s*, s:s*, s:i, s:i, s:I, s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:b, s:s*}",
		"name", outlet->name, "kind", outlet->kind->name, "medium", medium_name(outlet->kind->medium), "rate",
		rate, "suspended", outlet->suspended, "suspended_by", outlet->suspended ? outlet->suspended_by : NULL,
		"suspended_why", outlet->suspended ? outlet->suspended_why : NULL, "well", outlet->well, "words",
		outlet->words, "obstacle", obstacle, "in_flight", (int)view.in_flight, "window", (int)view.window,
		"wait_ms", (json_int_t)view.wait_ms, "waiting", (json_int_t)view.waiting, "probing", view.probing,
		"accepted", (json_int_t)outlet->sent[VERDICT_ACCEPTED], "later",
		(json_int_t)outlet->sent[VERDICT_LATER], "refused",
		(json_int_t)(outlet->sent[VERDICT_REFUSED] + outlet->refused_recipients), "unknown",
		(json_int_t)outlet->sent[VERDICT_UNKNOWN], "delivered", (json_int_t)outlet->receipts[RECEIPT_DELIVERED],
		"test", outlet->config != NULL && outlet->config->test, "owner",
		outlet->config != NULL ? outlet->config->owner : NULL);
}

void order_channel_list(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	json_t *list = json_array();

	for (unsigned int i = 0; i < app->outlet_count; i++)
		json_array_append_new(list, channel_view(app->outlets[i]));
	control_result(call, json_pack("{s:o}", "channels", list));
}

static void suspend(struct app *app, struct control_call *call, const json_t *args, bool suspended)
{
	struct outlet *outlet = named(app, call, control_text(args, "name"));
	const char *why = control_text(args, "why");

	if (outlet == NULL)
		return;
	outlet_suspend(outlet, suspended, control_who(call), why != NULL ? why : "");
	order_done(app, call, channel_view(outlet), suspended ? "suspend" : "resume", "%s", outlet->name);
}

void order_channel_suspend(void *arg, struct control_call *call, const json_t *args)
{
	suspend(arg, call, args, true);
}

void order_channel_resume(void *arg, struct control_call *call, const json_t *args)
{
	suspend(arg, call, args, false);
}

static json_t *sign_view(struct outlet *outlet)
{
	struct app *app = outlet->app;
	json_t *alerts = json_array(), *slogans = json_array();
	struct buf showing;

	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link)) {
		const struct campaign *campaign = list_object(link, struct campaign, in_app);
		for (uint16_t i = 0; i < campaign->lane_count; i++) {
			const struct lane *lane = &campaign->lanes[i];
			if (lane->outlet == outlet && lane->shown_order && !lane->ended)
				json_array_append_new(alerts, json_string(campaign->id));
		}
	}
	for (size_t i = 0; outlet->slogans != NULL && outlet->slogans[i] != NULL; i++)
		json_array_append_new(slogans, json_string(outlet->slogans[i]));
	buf_init(&showing, 4096);
	if (outlet->channel != NULL)
		channel_showing(outlet->channel, &showing);
	json_t *view = json_pack("{s:s, s:b, s:s*, s:s, s:o, s:o, s:b}", "name", outlet->name, "well", outlet->well,
		"words", outlet->words, "showing", buf_text(&showing), "alerts", alerts, "slogans", slogans,
		"suspended", outlet->suspended);
	buf_fini(&showing);
	return view;
}

void order_sign_list(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	json_t *list = json_array();

	for (unsigned int i = 0; i < app->outlet_count; i++)
		if (medium_crowd(app->outlets[i]->kind->medium) == CROWD_SIGNS)
			json_array_append_new(list, sign_view(app->outlets[i]));
	control_result(call, json_pack("{s:o}", "signs", list));
}
