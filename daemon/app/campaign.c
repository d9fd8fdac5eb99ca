#include "app/campaign.h"

#include <stdlib.h>
#include <string.h>

#include "app/caps.h"
#include "app/dispatch.h"
#include "app/intake.h"
#include "app/outlets.h"
#include "app/places.h"
#include "app/receipts.h"
#include "app/signs.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/require.h"

static const int64_t patience_after_end_ms = 72 * 60 * 60 * 1000ll;

static void on_alarm(void *arg);
static void on_review(void *arg);

static struct campaign **found_at(struct app *app, uint32_t number)
{
	struct campaign **at = &app->campaign_found[number % CAMPAIGN_BUCKETS];

	while (*at != NULL && (*at)->number != number)
		at = &(*at)->next_found;
	return at;
}

struct campaign *campaign_new_empty(struct app *app, uint32_t number, uint16_t lane_count)
{
	struct campaign *campaign = mem_zalloc(sizeof(*campaign));
	struct link *after = app->campaigns.head.prev;

	campaign->app = app;
	campaign->number = number;
	campaign->lanes = mem_calloc(lane_count, sizeof(*campaign->lanes));
	campaign->lane_count = lane_count;
	for (uint16_t i = 0; i < lane_count; i++) {
		campaign->lanes[i].campaign = campaign;
		campaign->lanes[i].index = i;
		campaign->lanes[i].number = 1;
	}
	list_insert_after(after, &campaign->in_app);
	struct campaign **at = found_at(app, number);
	REQUIRE(*at == NULL);
	*at = campaign;
	return campaign;
}

static void take_lane(struct lane *lane, struct draft_lane *from)
{
	lane->outlet = from->outlet;
	lane->medium = from->medium;
	lane->audience = from->audience;
	lane->language = from->language;
	lane->message = from->message;
	lane->set = from->set;
	tally_init(&lane->tally, from->size, from->state);
	*from = (struct draft_lane){0};
}

struct campaign *campaign_new(struct app *app, uint32_t number, const struct alert *alert, const char *title,
	struct draft *draft)
{
	struct campaign *campaign = campaign_new_empty(app, number, draft->count);

	campaign->id = mem_strdup(alert->id);
	campaign->sender = mem_strdup(alert->sender);
	campaign->title = mem_strdup(title);
	campaign->fraud_type = mem_strdup(alert->fraud_type);
	campaign->status = alert->status;
	campaign->urgency = alert->urgency;
	campaign->level = alert->level;
	campaign->quiet = alert->quiet_hours;
	campaign->issued_ms = alert->issued_ms;
	campaign->accepted_ms = clock_wall_ms();
	campaign->from_ms = alert->from_ms;
	campaign->until_ms = alert->until_ms;
	campaign->accepted_mono_us = clock_mono_us();
	for (uint16_t i = 0; i < draft->count; i++)
		take_lane(&campaign->lanes[i], &draft->lanes[i]);
	draft->count = 0;
	return campaign;
}

void campaign_free(struct campaign *campaign)
{
	struct app *app = campaign->app;

	REQUIRE(campaign->flights == 0);
	receipts_forget(app, campaign->number);
	caps_closed(app, campaign);
	list_remove(&campaign->in_app);
	*found_at(app, campaign->number) = campaign->next_found;
	alarm_clear(&app->alarms, &campaign->alarm);
	loop_defer_cancel(app->loop, &campaign->review);
	for (uint16_t i = 0; i < campaign->lane_count; i++) {
		struct lane *lane = &campaign->lanes[i];
		plan_lane_free(app->plan, &lane->plan);
		tally_fini(&lane->tally);
		places_free(&lane->places);
		set_free(&lane->set);
		message_free(&lane->message);
		free(lane->audience);
		free(lane->language);
	}
	free(campaign->lanes);
	free(campaign->id);
	free(campaign->sender);
	free(campaign->title);
	free(campaign->fraud_type);
	free(campaign->schedule);
	free(campaign);
}

struct campaign *campaign_find(struct app *app, uint32_t number)
{
	return *found_at(app, number);
}

struct campaign *campaign_find_id(struct app *app, const char *id)
{
	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link)) {
		struct campaign *campaign = list_object(link, struct campaign, in_app);
		if (strcmp(campaign->id, id) == 0)
			return campaign;
	}
	return NULL;
}

struct lane *campaign_lane(struct app *app, struct batch_name name)
{
	struct campaign *campaign = campaign_find(app, name.alert);

	return campaign != NULL && name.lane < campaign->lane_count ? &campaign->lanes[name.lane] : NULL;
}

uint32_t lane_cost(const struct lane *lane)
{
	return lane->message != NULL && lane->message->parts > 0 ? lane->message->parts : 1;
}

/* A drill whose channel is for the public now. */
static bool is_barred(const struct lane *lane)
{
	return lane->campaign->status != STATUS_ACTUAL && lane->outlet != NULL && lane->outlet->config != NULL &&
		!lane->outlet->config->test && !lane->ended;
}

static void stop_lane(struct lane *lane, enum state state, int64_t now_ms)
{
	struct app *app = lane->campaign->app;

	/* Excluded ones are over already; those whose channel was taken out of the configuration are not. */
	if (lane->message == NULL || lane->ended)
		return;
	lane->ended = true;
	if (lane->plan != NULL)
		plan_lane_stop(app->plan, lane->plan);
	if (lane->tally.counts[STATE_WAITING] > 0 || lane->tally.counts[STATE_IN_FLIGHT] > 0) {
		tally_move_all(&lane->tally, 0, lane->tally.size, STATE_WAITING, state);
		ledger_lane_end(app->ledger,
			&(struct ledger_end){lane->campaign->number, lane->index, 0, state, now_ms}, NULL, NULL);
	}
	if (lane->shown_order)
		signs_clear(lane);
}

static void bar_lane(struct lane *lane)
{
	log_event(LOG_WARNING, "drill-stopped", "alert=%s channel=%s", lane->campaign->id, lane->outlet->name);
	stop_lane(lane, STATE_CANCELLED, clock_wall_ms());
}

void campaign_bar_drills(struct campaign *campaign)
{
	for (uint16_t i = 0; i < campaign->lane_count; i++)
		if (is_barred(&campaign->lanes[i]))
			bar_lane(&campaign->lanes[i]);
	campaign_review_later(campaign);
}

/* Adds a lane to the plan under the outlet's present limits. */
static void begin_lane(struct lane *lane)
{
	struct campaign *campaign = lane->campaign;

	if (is_barred(lane))
		bar_lane(lane);
	if (lane->outlet == NULL || lane->ended || lane->plan != NULL)
		return;
	lane->plan = plan_lane_add(campaign->app->plan,
		&(struct plan_lane_spec){
			.channel = lane->outlet->index,
			.alert = campaign->number,
			.urgency = campaign->urgency,
			.size = lane->tally.size,
			.first = lane->cut,
			.number = lane->number,
			.cost = lane_cost(lane),
			/* Quiet hours bind phones and groups, not signs. */
			.quiet = campaign->quiet && medium_crowd(lane->medium) != CROWD_SIGNS,
			.owner = lane,
		});
}

/* After a restart: what was cut once and waits again goes out as runs of its own. */
static void resend_waiting(struct lane *lane)
{
	uint32_t from = 0;

	while (from < lane->cut) {
		uint32_t end;
		while (from < lane->cut && lane->tally.states[from] != STATE_WAITING)
			from++;
		for (end = from; end < lane->cut && lane->tally.states[end] == STATE_WAITING;)
			end++;
		if (end > from)
			plan_lane_resend(lane->campaign->app->plan, lane->plan, from, end - from, 1);
		from = end;
	}
}

static void begin(struct campaign *campaign)
{
	campaign->begun = true;
	for (uint16_t i = 0; i < campaign->lane_count; i++) {
		struct lane *lane = &campaign->lanes[i];
		begin_lane(lane);
		if (lane->plan == NULL)
			continue;
		/* What was tried after it was refused was not refused, or would have held it anew. */
		if (lane->held_ms != 0 && lane->held_ms >= lane->last_ms)
			plan_lane_hold(campaign->app->plan, lane->plan, true);
		resend_waiting(lane);
	}
	dispatch_kick(campaign->app);
}

/* What was sent of it before a restart began it, wherever the clock stands now. */
static bool has_begun(const struct campaign *campaign, int64_t now_ms)
{
	bool sent = false;

	for (uint16_t i = 0; i < campaign->lane_count; i++)
		sent = sent || campaign->lanes[i].cut > 0;
	return sent || now_ms >= campaign->from_ms;
}

/* The sooner of those that are still to come; 0: none is. */
static int64_t sooner(int64_t next, int64_t other, int64_t now_ms)
{
	return other > now_ms && (next == 0 || other < next) ? other : next;
}

static int64_t receipts_until(const struct lane *lane)
{
	return lane->awaited_ms + lane->outlet->config->receipt_wait_ms;
}

/* When time alone will next change something: begin, end, or the last receipt that is still waited for. */
static void arm(struct campaign *campaign)
{
	int64_t now_ms = clock_wall_ms(), next = 0;

	if (!campaign->begun)
		next = sooner(next, campaign->from_ms, now_ms);
	next = sooner(next, campaign->expired ? campaign->patience_ms : campaign->until_ms, now_ms);
	for (uint16_t i = 0; i < campaign->lane_count; i++) {
		const struct lane *lane = &campaign->lanes[i];
		if (lane->outlet != NULL && lane->outlet->config != NULL && lane->last_ms != 0 &&
			lane->tally.counts[STATE_ACCEPTED] + lane->tally.counts[STATE_HELD] > 0)
			next = sooner(next, receipts_until(lane), now_ms);
	}
	if (next != 0)
		alarm_set(&campaign->app->alarms, &campaign->alarm, next, on_alarm, campaign);
	else
		alarm_clear(&campaign->app->alarms, &campaign->alarm);
}

void campaign_start(struct campaign *campaign)
{
	int64_t now_ms = clock_wall_ms();

	if (has_begun(campaign, now_ms))
		begin(campaign);
	if (now_ms >= campaign->until_ms)
		campaign->patience_ms = campaign->until_ms + patience_after_end_ms;
	campaign_review_later(campaign);
}

void campaign_clock_set(struct campaign *campaign, int64_t moved_ms)
{
	if (campaign->begun)
		campaign->moved_ms += moved_ms;
	if (campaign->expired)
		campaign->patience_ms += moved_ms;
	for (uint16_t i = 0; i < campaign->lane_count; i++)
		if (campaign->lanes[i].awaited_ms != 0)
			campaign->lanes[i].awaited_ms += moved_ms;
	campaign_review_later(campaign);
}

uint32_t campaign_count(const struct campaign *campaign, enum crowd crowd, enum state state)
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < campaign->lane_count; i++)
		if (medium_crowd(campaign->lanes[i].medium) == crowd)
			count += campaign->lanes[i].tally.counts[state];
	return count;
}

uint64_t campaign_unfinished(const struct campaign *campaign)
{
	uint64_t count = 0;

	for (uint16_t i = 0; i < campaign->lane_count; i++) {
		const uint32_t *counts = campaign->lanes[i].tally.counts;
		count += (uint64_t)counts[STATE_WAITING] + counts[STATE_IN_FLIGHT] + counts[STATE_UNKNOWN];
	}
	return count;
}

static bool lane_sending(const struct lane *lane)
{
	const uint32_t *counts = lane->tally.counts;

	if (lane->outlet == NULL || lane->plan == NULL)
		return false;
	bool waits = counts[STATE_WAITING] > 0 && !plan_lane_held(lane->plan);
	return (waits || counts[STATE_IN_FLIGHT] > 0) && outlet_sending(lane->outlet);
}

bool campaign_sending(const struct campaign *campaign)
{
	if (!campaign->begun || (campaign->quiet && campaign->app->quiet_now))
		return false;
	for (uint16_t i = 0; i < campaign->lane_count; i++)
		if (lane_sending(&campaign->lanes[i]))
			return true;
	return false;
}

bool campaign_sent(const struct campaign *campaign)
{
	for (uint16_t i = 0; i < campaign->lane_count; i++) {
		const uint32_t *counts = campaign->lanes[i].tally.counts;
		if (counts[STATE_IN_FLIGHT] + counts[STATE_ACCEPTED] + counts[STATE_HELD] + counts[STATE_DELIVERED] +
				counts[STATE_POSTED] + counts[STATE_SHOWN] + counts[STATE_UNKNOWN] >
			0)
			return true;
	}
	return false;
}

void campaign_stop(struct campaign *campaign, enum state state)
{
	int64_t now_ms = clock_wall_ms();

	for (uint16_t i = 0; i < campaign->lane_count; i++)
		stop_lane(&campaign->lanes[i], state, now_ms);
	dispatch_kick(campaign->app);
	campaign_review_later(campaign);
}

void campaign_withdraw(struct campaign *campaign, enum ledger_fate fate, uint32_t by)
{
	if (campaign->fate != LEDGER_STANDS)
		return;
	campaign->fate = fate;
	log_event(LOG_NOTICE, fate == LEDGER_CANCELLED ? "cancelled" : "updated", "alert=%s by=%u", campaign->id, by);
	campaign_stop(campaign, STATE_CANCELLED);
}

static bool waits_for_receipt(const struct lane *lane, int64_t now_ms)
{
	if (lane->outlet == NULL || lane->tally.counts[STATE_ACCEPTED] + lane->tally.counts[STATE_HELD] == 0)
		return false;
	if (!outlet_receipted(lane->outlet) || lane->outlet->config == NULL)
		return false;
	return now_ms < receipts_until(lane);
}

/* A sign keeps showing an alert until its end, so the alert stays open: a restart must be able to show it again. */
static bool still_shows(const struct lane *lane)
{
	return lane->outlet != NULL && medium_crowd(lane->medium) == CROWD_SIGNS && !lane->ended;
}

static bool over(const struct campaign *campaign, int64_t now_ms)
{
	if (campaign->flights > 0 || !campaign->recorded)
		return false;
	if (campaign->expired && now_ms >= campaign->patience_ms)
		return true;
	if (campaign_unfinished(campaign) > 0)
		return false;
	for (uint16_t i = 0; i < campaign->lane_count; i++)
		if (waits_for_receipt(&campaign->lanes[i], now_ms) || still_shows(&campaign->lanes[i]))
			return false;
	return true;
}

static void on_closed_durable(void *arg, enum result result)
{
	struct campaign *campaign = arg;

	struct app *app = campaign->app;

	if (result != RESULT_OK)
		return;
	campaign_free(campaign);
	intake_pressure(app);
}

static void close_campaign(struct campaign *campaign)
{
	struct app *app = campaign->app;
	struct tally *tallies = mem_calloc(campaign->lane_count, sizeof(*tallies));

	campaign->closing = true;
	alarm_clear(&app->alarms, &campaign->alarm);
	for (uint16_t i = 0; i < campaign->lane_count; i++)
		tallies[i] = campaign->lanes[i].tally;
	log_event(LOG_NOTICE, "closed", "alert=%s lanes=%u", campaign->id, campaign->lane_count);
	ledger_close_alert(app->ledger, campaign->number, clock_wall_ms(), tallies, campaign->lane_count,
		on_closed_durable, campaign);
	free(tallies);
}

static void on_review(void *arg)
{
	struct campaign *campaign = arg;
	int64_t now_ms = clock_wall_ms();

	if (campaign->closing || campaign->app->closing)
		return;
	if (!campaign->begun && has_begun(campaign, now_ms) && campaign->fate == LEDGER_STANDS)
		begin(campaign);
	if (!campaign->expired && now_ms >= campaign->until_ms) {
		campaign->expired = true;
		/* Counted from now: where the clock was set past it, receipts get their time all the same. */
		if (campaign->patience_ms == 0)
			campaign->patience_ms = now_ms + patience_after_end_ms;
		if (campaign_unfinished(campaign) > 0)
			log_event(LOG_NOTICE, "expired", "alert=%s unfinished=%llu", campaign->id,
				(unsigned long long)campaign_unfinished(campaign));
		campaign_stop(campaign, STATE_EXPIRED);
	}
	if (over(campaign, now_ms))
		close_campaign(campaign);
	else
		arm(campaign);
	if (!campaign_sending(campaign))
		intake_pressure(campaign->app);
}

static void on_alarm(void *arg)
{
	on_review(arg);
}

void campaign_review_later(struct campaign *campaign)
{
	if (!campaign->closing)
		loop_defer(campaign->app->loop, &campaign->review, on_review, campaign);
}
