#include "app/restore.h"

#include <stdlib.h>
#include <string.h>

#include "alert/read.h"
#include "app/campaign.h"
#include "app/outlets.h"
#include "app/receipts.h"
#include "app/reference.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "ledger/replay.h"

/* More parts than any text has: a limiter never owes more than one batch of such texts costs. */
enum { PARTS_MOST = 16 };

struct restoring {
	struct app *app;
	struct campaign *campaign; /* the one being told */
	struct map outlets; /* by name: a thousand alerts may have a lane on each of a thousand */
	uint32_t in_doubt;
};

static struct outlet *find_outlet(const struct restoring *restoring, const char *name)
{
	uint64_t index;

	return map_get(&restoring->outlets, name, &index) ? restoring->app->outlets[index] : NULL;
}

static void on_stopped(void *arg, bool stopped, const char *by, int64_t at_ms)
{
	struct app *app = ((struct restoring *)arg)->app;

	app->stopped = stopped;
	free(app->stopped_by);
	app->stopped_by = mem_strdup(by);
	app->stopped_ms = at_ms;
	plan_stop(app->plan, stopped);
}

/* What was written under a clock that has been set since must not hold a channel up for longer than its limit could. */
static int64_t owed_most_ms(const struct outlet *outlet)
{
	const struct channel_config *config = outlet->config;

	if (config == NULL || config->rate.count == 0)
		return 0;
	return (int64_t)((uint64_t)config->batch * PARTS_MOST * config->rate.per_ms / config->rate.count) + 1;
}

static void on_channel(void *arg, const struct ledger_channel *channel)
{
	struct app *app = ((struct restoring *)arg)->app;
	struct outlet *outlet = find_outlet(arg, channel->name);

	if (outlet == NULL)
		return;
	outlet->suspended = channel->suspended;
	outlet->suspended_by = mem_strdup(channel->by);
	outlet->suspended_why = mem_strdup(channel->reason);
	outlet->suspended_ms = channel->at_ms;
	int64_t owed = wallclock_rest_ms(app, channel->tat_ms, owed_most_ms(outlet));
	if (owed > 0)
		plan_channel_owe(app->plan, outlet->index, clock_mono_ms(), (uint64_t)owed);
}

/* Whether quiet hours bind it: the document says, and it is read once more as on the day it came. */
static bool quiet_of(struct app *app, const struct ledger_alert *from)
{
	struct alert_audience *audiences = mem_calloc(app->config->audience_count, sizeof(*audiences));
	struct alert_context context = reference_context(app->config, app->taxonomy, audiences, from->accepted_ms);
	struct problems problems;
	struct alert *alert = NULL;
	bool quiet = from->urgency != URGENCY_IMMEDIATE;

	problems_init(&problems);
	if (from->document != NULL && from->file_name != NULL &&
		alert_read(&context, from->file_name, from->document, from->document_size, &alert, &problems) ==
			RESULT_OK)
		quiet = alert->quiet_hours;
	alert_free(&alert);
	problems_fini(&problems);
	free(audiences);
	return quiet;
}

static void on_alert(void *arg, const struct ledger_alert *from)
{
	struct restoring *restoring = arg;
	struct campaign *campaign = campaign_new_empty(restoring->app, from->number, from->lanes);

	campaign->id = mem_strdup(from->id);
	campaign->sender = mem_strdup(from->sender);
	campaign->title = mem_strdup(from->title);
	campaign->fraud_type = mem_strdup(from->fraud_type);
	campaign->schedule = mem_strdup(from->schedule);
	campaign->status = from->status;
	campaign->urgency = from->urgency;
	campaign->level = from->level;
	campaign->quiet = quiet_of(restoring->app, from);
	campaign->issued_ms = from->issued_ms;
	campaign->accepted_ms = from->accepted_ms;
	campaign->from_ms = from->from_ms;
	campaign->until_ms = from->until_ms;
	campaign->fate = from->fate;
	campaign->recorded = true;
	campaign->accepted_mono_us = clock_mono_us();
	restoring->campaign = campaign;
}

static void on_lane(void *arg, uint32_t alert, uint16_t index, const struct ledger_lane *from)
{
	struct restoring *restoring = arg;
	struct lane *lane = &restoring->campaign->lanes[index];

	lane->outlet = from->channel != NULL ? find_outlet(restoring, from->channel) : NULL;
	if (lane->outlet != NULL && lane->outlet->kind->medium != from->medium)
		lane->outlet = NULL; /* another that came under its name */
	lane->medium = from->medium;
	lane->audience = mem_strdup(from->audience);
	lane->language = mem_strdup(from->language);
	lane->message = from->message != NULL ? message_copy(from->message) : NULL;
	tally_init(&lane->tally, from->size, from->state);
	if (from->set != NULL &&
		(set_load(from->set, from->set_size, &lane->set) != RESULT_OK || set_count(lane->set) != from->size)) {
		set_free(&lane->set);
		log_event(LOG_CRIT, "damaged", "alert=%s lane=%u", restoring->campaign->id, index);
		lane->ended = true;
	}
	if (from->channel != NULL && lane->outlet == NULL) {
		/* Its channel was taken out of the configuration: they wait, and expire, and are seen in the report. */
		log_event(LOG_WARNING, "channel-missing", "alert=%s channel=%s waiting=%u", restoring->campaign->id,
			from->channel, from->size);
	}
}

static void run_to(struct lane *lane, uint32_t first, uint32_t count, enum state state)
{
	tally_move_all(&lane->tally, first, count, STATE_WAITING, STATE_IN_FLIGHT);
	tally_move_all(&lane->tally, first, count, STATE_IN_FLIGHT, state);
}

static enum state state_after(const struct lane *lane, const struct ledger_batch *batch)
{
	if (batch->split)
		return STATE_WAITING;
	switch (batch->verdict) {
	case VERDICT_ACCEPTED:
		if (batch->held)
			return STATE_HELD;
		return medium_crowd(lane->medium) == CROWD_GROUPS ? STATE_POSTED : STATE_ACCEPTED;
	case VERDICT_LATER:
		return STATE_WAITING;
	case VERDICT_REFUSED:
		return STATE_REFUSED;
	case VERDICT_UNKNOWN:
		return STATE_UNKNOWN;
	}
	return STATE_UNKNOWN;
}

/* The process ended between intent and outcome: nobody knows, and that is written down as such. */
static enum state judge_doubt(struct restoring *restoring, struct lane *lane, const struct ledger_batch *batch)
{
	if (lane->outlet != NULL && lane->outlet->kind->absolute)
		return STATE_WAITING;
	restoring->in_doubt += batch->count;
	ledger_outcome(restoring->app->ledger,
		&(struct ledger_outcome){.name = batch->name,
			.verdict = VERDICT_UNKNOWN,
			.class = CLASS_AMBIGUOUS,
			.at_ms = clock_wall_ms(),
			.provider_id = "",
			.peer = "crierd ended before the answer was written"},
		NULL, NULL);
	return STATE_UNKNOWN;
}

static void apply_resolution(struct lane *lane, const struct ledger_batch *batch)
{
	enum state state = batch->resolution == LEDGER_RESEND ? STATE_WAITING : STATE_FAILED;

	for (uint32_t i = 0; batch->resolution != LEDGER_UNRESOLVED && i < batch->resolved_count; i++)
		if (lane->tally.states[batch->resolved[i]] == STATE_UNKNOWN)
			tally_move(&lane->tally, batch->resolved[i], state);
}

static void on_batch(void *arg, const struct ledger_batch *batch)
{
	struct restoring *restoring = arg;
	struct lane *lane = &restoring->campaign->lanes[batch->name.lane];

	if (batch->first + batch->count > lane->cut)
		lane->cut = batch->first + batch->count;
	if (batch->name.number >= lane->number)
		lane->number = batch->name.number + 1;
	if (lane->first_ms == 0 || batch->intent_ms < lane->first_ms)
		lane->first_ms = batch->intent_ms;
	if (batch->intent_ms > lane->last_ms)
		lane->last_ms = lane->awaited_ms = batch->intent_ms;
	if (batch->settled && batch->verdict == VERDICT_REFUSED && batch->held)
		lane->held_ms = batch->outcome_ms;
	for (uint32_t i = 0; i < batch->excluded_count; i++)
		tally_move(&lane->tally, batch->excluded[i].position, batch->excluded[i].state);
	for (uint32_t i = 0; batch->settled && i < batch->refused_count; i++)
		tally_move(&lane->tally, batch->refused[i], STATE_REFUSED);
	run_to(lane, batch->first, batch->count,
		batch->settled ? state_after(lane, batch) : judge_doubt(restoring, lane, batch));
	apply_resolution(lane, batch);
	if (batch->settled && batch->verdict == VERDICT_ACCEPTED && batch->provider_id[0] != '\0' &&
		lane->outlet != NULL)
		receipts_expect(restoring->app, lane->outlet, batch->provider_id, batch->name);
}

static void on_receipts(void *arg, uint32_t alert, const struct ledger_receipt *receipts, size_t count)
{
	struct restoring *restoring = arg;

	for (size_t i = 0; i < count; i++) {
		struct lane *lane = &restoring->campaign->lanes[receipts[i].lane];
		for (uint32_t k = 0; k < receipts[i].count; k++) {
			uint32_t position = receipts[i].position + k;
			/* It overtook an answer that said "later": whoever has a receipt was told, and waits no more. */
			if (lane->tally.states[position] == STATE_WAITING)
				tally_move(&lane->tally, position, STATE_IN_FLIGHT);
			tally_move(&lane->tally, position, receipts[i].state);
		}
	}
}

static void on_end(void *arg, const struct ledger_end *end)
{
	struct restoring *restoring = arg;
	struct lane *lane = &restoring->campaign->lanes[end->lane];

	tally_move_all(&lane->tally, end->from, lane->tally.size - end->from, STATE_WAITING, end->state);
	lane->ended = true;
}

static void on_alert_done(void *arg, uint32_t alert)
{
	struct restoring *restoring = arg;
	struct campaign *campaign = restoring->campaign;

	/* A crash between the mark and the lanes' ends. */
	if (campaign->fate != LEDGER_STANDS)
		campaign_stop(campaign, STATE_CANCELLED);
}

enum result restore(struct app *app, struct problems *problems)
{
	static const struct ledger_replay events = {
		.stopped = on_stopped,
		.channel = on_channel,
		.alert = on_alert,
		.lane = on_lane,
		.batch = on_batch,
		.receipts = on_receipts,
		.end = on_end,
		.alert_done = on_alert_done,
	};
	struct restoring restoring = {.app = app};
	uint64_t began = clock_mono_ms();

	map_init(&restoring.outlets);
	for (unsigned int i = 0; i < app->outlet_count; i++)
		map_put(&restoring.outlets, app->outlets[i]->name, i);
	enum result result = ledger_replay(app->ledger, &events, &restoring, problems);
	map_fini(&restoring.outlets);

	if (result == RESULT_OK)
		log_event(restoring.in_doubt > 0 ? LOG_WARNING : LOG_INFO, "restored", "in_doubt=%u took=%.3fs",
			restoring.in_doubt, (double)(clock_mono_ms() - began) / 1000);
	return result;
}

void restore_start(struct app *app)
{
	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link))
		campaign_start(list_object(link, struct campaign, in_app));
}
