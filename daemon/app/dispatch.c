#include "app/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "app/campaign.h"
#include "app/outlets.h"
#include "app/parts.h"
#include "app/receipts.h"
#include "app/signs.h"
#include "audience/cut.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/require.h"

enum { BUDGET = 64 }; /* batches in one turn, so that intake and operators get theirs */

/* One batch between plan_next() and plan_settle(). `batch` comes first: the channel hands it back. */
struct flight {
	struct batch batch;
	struct link in_app;
	struct app *app;
	struct lane *lane;
	struct plan_batch *plan;
	uint32_t *positions; /* of batch.phones[i]; NULL where the outlet is the recipient */
	uint32_t first, count; /* the run in the lane */
	uint64_t planned_us, durable_us, sent_us;
	bool sent;
	struct deferred unsent;
};

static void on_pump(void *arg);

void dispatch_init(struct app *app)
{
	list_init(&app->flights);
	timer_init(&app->pump, app->loop, on_pump, app);
}

void dispatch_fini(struct app *app)
{
	timer_disarm(&app->pump);
	loop_defer_cancel(app->loop, &app->pump_now);
}

void dispatch_kick(struct app *app)
{
	if (!app->closing)
		loop_defer(app->loop, &app->pump_now, on_pump, app);
}

unsigned int dispatch_in_flight(const struct app *app)
{
	return app->flight_count;
}

static void free_flight(struct flight *flight)
{
	list_remove(&flight->in_app);
	loop_defer_cancel(flight->app->loop, &flight->unsent);
	flight->app->flight_count--;
	flight->lane->campaign->flights--;
	free(flight->positions);
	free((void *)flight->batch.phones);
	struct app *app = flight->app;
	free(flight);
	if (app->flight_count == 0 && app->closing)
		app_flights_over(app);
}

void dispatch_abandon(struct app *app)
{
	struct link *link;

	while ((link = list_first(&app->flights)) != NULL) {
		struct flight *flight = list_object(link, struct flight, in_app);
		struct outcome nothing = outcome_make(CLASS_PERM_RCPT, 0, "abandoned");
		plan_settle(app->plan, clock_mono_ms(), flight->plan, &nothing);
		free_flight(flight);
	}
}

static struct batch_name name_of(const struct lane *lane, const struct plan_batch *plan)
{
	return (struct batch_name){lane->campaign->number, lane->index, plan->number};
}

/* Where the limiter will stand, as wall time, for the restart after a crash. */
static int64_t limiter_stands(const struct lane *lane, int64_t wall_ms)
{
	return wall_ms + (int64_t)plan_channel_owed_ms(lane->campaign->app->plan, lane->outlet->index, clock_mono_ms());
}

/*
 * The recipients of a run who are to be sent to now: those that wait, less who opted out or went since. Fills the flight's
 * phones and positions and returns the exclusions, to be freed.
 */
static struct ledger_exclusion *cut_run(struct flight *flight, uint32_t *excluded_count)
{
	struct app *app = flight->app;
	struct lane *lane = flight->lane;
	struct ledger_exclusion *excluded = mem_calloc(flight->count, sizeof(*excluded));
	phone_t *phones = mem_calloc(flight->count, sizeof(*phones));
	struct cut cut;

	flight->positions = mem_calloc(flight->count, sizeof(*flight->positions));
	flight->batch.phones = phones;
	cut_init(&cut, flight->count);
	cut_slice(&cut, roster_people(app->roster), lane->set, flight->first, flight->count,
		roster_optouts(app->roster), roster_gone(app->roster));
	for (uint32_t i = 0; i < cut.count; i++) {
		uint32_t position = flight->first + i;
		enum state stands = (enum state)lane->tally.states[position];
		/* Left out at an earlier attempt: the new intent takes the old one's place, so it says so again. */
		if (state_excluded(stands))
			excluded[(*excluded_count)++] = (struct ledger_exclusion){position, stands};
		if (stands != STATE_WAITING)
			continue;
		if (cut.states[i] != STATE_WAITING) {
			tally_move(&lane->tally, position, (enum state)cut.states[i]);
			excluded[(*excluded_count)++] = (struct ledger_exclusion){position, (enum state)cut.states[i]};
			continue;
		}
		tally_move(&lane->tally, position, STATE_IN_FLIGHT);
		phones[flight->batch.count] = cut.phones[i];
		flight->positions[flight->batch.count++] = position;
	}
	cut_fini(&cut);
	return excluded;
}

static void fill_batch(struct flight *flight)
{
	struct campaign *campaign = flight->lane->campaign;
	struct batch *batch = &flight->batch;

	batch->name = name_of(flight->lane, flight->plan);
	batch->attempt = flight->plan->attempt;
	batch->action = medium_crowd(flight->lane->medium) == CROWD_SIGNS ? BATCH_SHOW : BATCH_SEND;
	batch->alert_id = campaign->id;
	batch->message = flight->lane->message;
	batch->until_ms = campaign->until_ms;
	if (batch->action == BATCH_SHOW)
		batch->takeover_until_ms = signs_takeover_until(campaign);
}

static void on_intent_durable(void *arg, enum result result);

/* Nobody is left in it: that is a fact too, and the rate is given back. */
static void void_flight(struct flight *flight)
{
	struct app *app = flight->app;
	struct ledger_outcome outcome = {.name = flight->batch.name,
		.verdict = VERDICT_ACCEPTED,
		.class = CLASS_OK,
		.at_ms = clock_wall_ms(),
		.provider_id = "",
		.peer = "nobody left in it"};

	ledger_outcome(app->ledger, &outcome, NULL, NULL);
	plan_void(app->plan, flight->plan);
	campaign_review_later(flight->lane->campaign);
	free_flight(flight);
}

static void begin_flight(struct app *app, struct plan_batch *plan)
{
	struct flight *flight = mem_zalloc(sizeof(*flight));
	struct ledger_exclusion *excluded = NULL;
	uint32_t excluded_count = 0;
	int64_t now_ms = clock_wall_ms();

	flight->app = app;
	flight->lane = plan_lane_owner(plan->lane);
	flight->plan = plan;
	flight->first = plan->first;
	flight->count = plan->count;
	flight->planned_us = clock_mono_us();
	list_push_back(&app->flights, &flight->in_app);
	app->flight_count++;
	flight->lane->campaign->flights++;
	fill_batch(flight);
	if (flight->lane->set != NULL) {
		excluded = cut_run(flight, &excluded_count);
	} else if (tally_move(&flight->lane->tally, 0, STATE_IN_FLIGHT)) {
		flight->batch.count = 1;
	}
	bool empty = flight->batch.count == 0;
	ledger_intent(app->ledger,
		&(struct ledger_intent){
			.name = flight->batch.name,
			.first = flight->first,
			.count = flight->count,
			.attempt = flight->batch.attempt,
			.at_ms = now_ms,
			.tat_ms = empty ? 0 : limiter_stands(flight->lane, now_ms),
			.excluded = excluded,
			.excluded_count = excluded_count,
		},
		empty ? NULL : on_intent_durable, flight);
	free(excluded);
	if (empty)
		void_flight(flight);
}

static bool may_hand_out(struct app *app)
{
	return app->ready && !app->closing && wallclock_believed(app, NULL) &&
		ledger_health(app->ledger, NULL, NULL) != LEDGER_FAILING &&
		ledger_backlog(app->ledger) < LEDGER_BACKLOG_MOST;
}

static void on_pump(void *arg)
{
	struct app *app = arg;
	struct plan_batch *batch;
	uint64_t wait_ms;

	timer_disarm(&app->pump);
	wallclock_look(app);
	if (!may_hand_out(app))
		return; /* a durable commit or the ledger's recovery kicks again */
	for (int i = 0; i < BUDGET; i++) {
		switch (plan_next(app->plan, clock_mono_ms(), &batch, &wait_ms)) {
		case PLAN_SEND:
			begin_flight(app, batch);
			break;
		case PLAN_WAIT:
			timer_arm(&app->pump, wait_ms);
			return;
		case PLAN_IDLE:
			return;
		}
	}
	dispatch_kick(app);
}

/* Not a byte has left: the red switch, a cancellation, or a channel that is being opened again came between. */
static void on_unsent(void *arg)
{
	struct flight *flight = arg;
	struct outcome outcome = outcome_make(CLASS_DEFER, 1, "not sent");

	if (!flight->app->ledger_over)
		dispatch_settled(flight->app, flight->lane->outlet, &flight->batch, &outcome);
}

static void on_intent_durable(void *arg, enum result result)
{
	struct flight *flight = arg;
	struct app *app = flight->app;
	struct outlet *outlet = flight->lane->outlet;

	flight->durable_us = clock_mono_us();
	if (result != RESULT_OK || app->ledger_over)
		return; /* the end came first: what the ledger does not know was never sent, the rest is in doubt */
	if (app->closing || app->stopped || flight->lane->ended || outlet->channel == NULL) {
		loop_defer(app->loop, &flight->unsent, on_unsent, flight);
		return;
	}
	flight->sent = true;
	flight->sent_us = clock_mono_us();
	int64_t now_ms = clock_wall_ms();
	if (flight->lane->first_ms == 0) {
		flight->lane->first_ms = now_ms;
		app->first_text_us_last = flight->sent_us - flight->lane->campaign->accepted_mono_us;
	}
	flight->lane->last_ms = flight->lane->awaited_ms = now_ms;
	outlet->batches++;
	channel_send(outlet->channel, &flight->batch);
	dispatch_kick(app);
}

/* Everybody of the flight who is still in flight goes to `state`; receipts may have overtaken the outcome. */
static void move_flight(struct flight *flight, enum state state)
{
	tally_move_all(&flight->lane->tally, flight->first, flight->count, STATE_IN_FLIGHT, state);
}

static enum state state_accepted(const struct lane *lane, const struct outcome *outcome)
{
	if (outcome->held)
		return STATE_HELD;
	return medium_crowd(lane->medium) == CROWD_GROUPS ? STATE_POSTED : STATE_ACCEPTED;
}

static uint32_t *refused_positions(const struct flight *flight, const struct outcome *outcome, uint32_t *count)
{
	uint32_t *positions = mem_calloc(outcome->refused_count, sizeof(*positions));

	*count = 0;
	for (uint32_t i = 0; i < outcome->refused_count; i++) {
		if (outcome->refused[i] < flight->batch.count)
			positions[(*count)++] = flight->positions != NULL ? flight->positions[outcome->refused[i]]
									  : flight->first;
	}
	return positions;
}

static void log_settled(const struct flight *flight, const struct outcome *outcome, uint32_t refused)
{
	char name[32];
	uint64_t now_us = clock_mono_us();
	int level = outcome->verdict == VERDICT_ACCEPTED ? LOG_INFO : LOG_NOTICE;

	log_event(level, "settled",
		"alert=%s batch=%s channel=%s verdict=%s class=%s sent=%u refused=%u attempt=%u commit=%.3fs took=%.3fs peer=%s",
		flight->batch.alert_id, batch_text(flight->batch.name, name), flight->lane->outlet->name,
		verdict_name(outcome->verdict), outcome_class_name(outcome->class), flight->batch.count, refused,
		flight->batch.attempt, (double)(flight->durable_us - flight->planned_us) / 1e6,
		flight->sent ? (double)(now_us - flight->sent_us) / 1e6 : 0.0, log_quote(outcome->peer));
}

static void write_outcome(struct flight *flight, const struct outcome *outcome, enum plan_end end,
	const uint32_t *refused, uint32_t refused_count)
{
	struct app *app = flight->app;

	ledger_outcome(app->ledger,
		&(struct ledger_outcome){
			.name = flight->batch.name,
			.verdict = end == PLAN_SPLIT ? VERDICT_LATER : outcome->verdict,
			.class = outcome->class,
			.held = outcome->held || (end == PLAN_REFUSED && plan_lane_held(flight->lane->plan)),
			.split = end == PLAN_SPLIT,
			.at_ms = clock_wall_ms(),
			.provider_id = outcome->provider_id,
			.peer = outcome->peer,
			.refused = refused,
			.refused_count = refused_count,
		},
		NULL, NULL);
	if (outcome->provider_id[0] != '\0' && outcome->verdict == VERDICT_ACCEPTED)
		receipts_expect(app, flight->lane->outlet, outcome->provider_id, flight->batch.name);
}

static void book(struct flight *flight, const struct outcome *outcome, enum plan_end end)
{
	struct lane *lane = flight->lane;
	struct campaign *campaign = lane->campaign;

	switch (end) {
	case PLAN_DONE:
		move_flight(flight, state_accepted(lane, outcome));
		if (flight->batch.action == BATCH_SHOW)
			lane->shown_order = true;
		break;
	case PLAN_AGAIN:
	case PLAN_SPLIT:
		move_flight(flight, STATE_WAITING);
		break;
	case PLAN_REFUSED:
		move_flight(flight, STATE_REFUSED);
		break;
	case PLAN_IN_DOUBT:
		move_flight(flight, STATE_UNKNOWN);
		break;
	case PLAN_GONE:
		/* The ledger has the lane's end already; who comes back to waiting is included in it. */
		move_flight(flight, campaign->fate != LEDGER_STANDS ? STATE_CANCELLED : STATE_EXPIRED);
		break;
	}
}

static void count(struct outlet *outlet, const struct flight *flight, const struct outcome *outcome, uint32_t refused)
{
	outlet->sent[outcome->verdict] += flight->batch.count - refused;
	outlet->refused_recipients += refused;
	if (flight->sent) {
		outlet->took_ms_sum += (clock_mono_us() - flight->sent_us) / 1000;
		outlet->took_count++;
	}
}

void dispatch_settled(struct app *app, struct outlet *outlet, const struct batch *batch, const struct outcome *outcome)
{
	struct flight *flight = (struct flight *)(void *)(uintptr_t)batch;
	struct campaign *campaign = flight->lane->campaign;
	uint32_t refused_count;

	uint32_t *refused = refused_positions(flight, outcome, &refused_count);
	log_settled(flight, outcome, refused_count);
	for (uint32_t i = 0; i < refused_count; i++)
		tally_move(&flight->lane->tally, refused[i], STATE_REFUSED);
	bool was_held = plan_lane_held(flight->plan->lane);
	enum plan_end end = plan_settle(app->plan, clock_mono_ms(), flight->plan, outcome);
	write_outcome(flight, outcome, end, refused, refused_count);
	book(flight, outcome, end);
	count(outlet, flight, outcome, refused_count);
	free(refused);
	if (outcome->class == CLASS_PERM_CHANNEL)
		outlet_suspend(outlet, true, "crier", outcome->peer);
	if (!was_held && flight->lane->plan != NULL && plan_lane_held(flight->lane->plan))
		log_event(LOG_ERR, "text-refused", "alert=%s channel=%s audience=%s peer=%s", campaign->id,
			outlet->name, flight->lane->audience, log_quote(outcome->peer));
	if (flight->batch.action == BATCH_SHOW && flight->lane->ended && end == PLAN_DONE)
		signs_clear(flight->lane); /* withdrawn while it was on its way */
	free_flight(flight);
	campaign_review_later(campaign);
	dispatch_kick(app);
}
