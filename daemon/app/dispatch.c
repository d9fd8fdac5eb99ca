#include "app/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "app/ahead.h"
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

/* Batches in one turn, so that intake and operators get theirs; flights kept for the next batches, and their size. */
enum { BUDGET = 64, IDLE_MOST = 512, IDLE_ROOM_MOST = 256 };

/* How often it is looked whether the ledger has caught up. */
enum { BACKLOG_MS = 20 };

/* What is kept from batch to batch. */
struct dispatch {
	struct list idle; /* flights not in use */
	unsigned int idle_count;
	struct ahead *ahead;
	struct cut cut; /* the batch that is being cut */
	struct ledger_exclusion *excluded; /* of that batch */
	uint32_t excluded_room, excluded_count;
};

/* One batch between plan_next() and plan_settle(). `batch` comes first: the channel hands it back. */
struct flight {
	struct batch batch;
	struct link in_app; /* or on the list of idle ones */
	struct app *app;
	struct lane *lane;
	struct plan_batch *plan;
	phone_t *phones; /* batch.phones, where it is not NULL */
	uint32_t *positions; /* of phones[i] */
	uint32_t room; /* of both; kept */
	uint32_t first, count; /* the run in the lane */
	uint64_t planned_us, sent_us;
	bool sent;
	struct deferred unsent;
	struct timer leaves; /* durable later than planned, it keeps its distance from the one before */
};

static void on_pump(void *arg);
static void on_leave(void *arg);
static void on_unsent(void *arg);

static void destroy_flight(struct flight *flight)
{
	free(flight->phones);
	free(flight->positions);
	free(flight);
}

void dispatch_init(struct app *app)
{
	app->dispatch = mem_zalloc(sizeof(*app->dispatch));
	list_init(&app->dispatch->idle);
	app->dispatch->ahead = ahead_new();
	list_init(&app->flights);
	timer_init(&app->pump, app->loop, on_pump, app);
}

/* What is still in flight when the daemon begins to close is settled afterwards: then a second call tidies up. */
void dispatch_fini(struct app *app)
{
	struct dispatch *dispatch = app->dispatch;
	struct link *link;

	timer_disarm(&app->pump);
	loop_defer_cancel(app->loop, &app->pump_now);
	if (dispatch == NULL || app->flight_count > 0)
		return;
	while ((link = list_first(&dispatch->idle)) != NULL) {
		list_remove(link);
		destroy_flight(list_object(link, struct flight, in_app));
	}
	ahead_free(&dispatch->ahead);
	cut_fini(&dispatch->cut);
	free(dispatch->excluded);
	free(dispatch);
	app->dispatch = NULL;
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

static struct flight *new_flight(struct app *app, struct plan_batch *plan)
{
	struct dispatch *dispatch = app->dispatch;
	struct link *link = list_first(&dispatch->idle);
	struct flight *flight;

	if (link != NULL) {
		list_remove(link);
		dispatch->idle_count--;
		flight = list_object(link, struct flight, in_app);
		*flight =
			(struct flight){.phones = flight->phones, .positions = flight->positions, .room = flight->room};
	} else {
		flight = mem_zalloc(sizeof(*flight));
	}
	flight->app = app;
	flight->lane = plan_lane_owner(plan->lane);
	flight->plan = plan;
	flight->first = plan->first;
	flight->count = plan->count;
	flight->planned_us = clock_mono_us();
	timer_init(&flight->leaves, app->loop, on_leave, flight);
	list_push_back(&app->flights, &flight->in_app);
	app->flight_count++;
	flight->lane->campaign->flights++;
	return flight;
}

static void free_flight(struct flight *flight)
{
	struct app *app = flight->app;
	struct dispatch *dispatch = app->dispatch;

	list_remove(&flight->in_app);
	loop_defer_cancel(app->loop, &flight->unsent);
	timer_disarm(&flight->leaves);
	app->flight_count--;
	flight->lane->campaign->flights--;
	if (dispatch->idle_count < IDLE_MOST && flight->room <= IDLE_ROOM_MOST) {
		dispatch->idle_count++;
		list_insert_after(&dispatch->idle.head, &flight->in_app);
	} else {
		destroy_flight(flight);
	}
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

/* Where the limiter will stand, as wall time, for the restart after a crash; 0 where there is none. */
static int64_t limiter_stands(const struct lane *lane, uint64_t mono_ms, int64_t wall_ms)
{
	uint64_t owed_ms = plan_channel_owed_ms(lane->campaign->app->plan, lane->outlet->index, mono_ms);

	return owed_ms > 0 ? wall_ms + (int64_t)owed_ms : 0;
}

static void make_room(struct flight *flight)
{
	struct dispatch *dispatch = flight->app->dispatch;

	if (flight->count > flight->room) {
		free(flight->phones);
		free(flight->positions);
		flight->phones = mem_calloc(flight->count, sizeof(*flight->phones));
		flight->positions = mem_calloc(flight->count, sizeof(*flight->positions));
		flight->room = flight->count;
	}
	if (flight->count > dispatch->excluded_room) {
		free(dispatch->excluded);
		dispatch->excluded = mem_calloc(flight->count, sizeof(*dispatch->excluded));
		dispatch->excluded_room = flight->count;
	}
}

static void exclude(struct dispatch *dispatch, uint32_t position, enum state why)
{
	dispatch->excluded[dispatch->excluded_count++] = (struct ledger_exclusion){position, why};
}

/*
 * The recipients of a run who are to be sent to now: those that wait, less who opted out or went since. Fills the flight's
 * phones and positions, and the exclusions.
 */
static void cut_run(struct flight *flight)
{
	struct app *app = flight->app;
	struct dispatch *dispatch = app->dispatch;
	struct lane *lane = flight->lane;
	struct cut *cut = &dispatch->cut;
	uint32_t got;

	make_room(flight);
	const uint32_t *ids = ahead_ids(dispatch->ahead, lane->campaign->number, lane->index, lane->set, flight->first,
		flight->count, &got);
	cut_people(cut, roster_people(app->roster), roster_barred(app->roster), ids, got);
	for (uint32_t i = 0; i < got; i++) {
		uint32_t position = flight->first + i;
		enum state stands = (enum state)lane->tally.states[position];
		/* Left out at an earlier attempt: the new intent takes the old one's place, so it says so again. */
		if (state_excluded(stands))
			exclude(dispatch, position, stands);
		if (stands != STATE_WAITING)
			continue;
		enum state now = (enum state)cut->states[i];
		if (now != STATE_WAITING) {
			tally_move(&lane->tally, position, now);
			exclude(dispatch, position, now);
			continue;
		}
		tally_move(&lane->tally, position, STATE_IN_FLIGHT);
		flight->phones[flight->batch.count] = cut->phones[i];
		flight->positions[flight->batch.count++] = position;
	}
	flight->batch.phones = flight->phones;
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

static void begin_flight(struct app *app, struct plan_batch *plan, uint64_t mono_ms)
{
	struct flight *flight = new_flight(app, plan);
	struct dispatch *dispatch = app->dispatch;
	int64_t now_ms = clock_wall_ms();

	dispatch->excluded_count = 0;
	fill_batch(flight);
	if (flight->lane->set != NULL)
		cut_run(flight);
	else if (tally_move(&flight->lane->tally, 0, STATE_IN_FLIGHT))
		flight->batch.count = 1;
	bool empty = flight->batch.count == 0;
	ledger_intent(app->ledger,
		&(struct ledger_intent){
			.name = flight->batch.name,
			.first = flight->first,
			.count = flight->count,
			.attempt = flight->batch.attempt,
			.at_ms = now_ms,
			.tat_ms = empty ? 0 : limiter_stands(flight->lane, mono_ms, now_ms),
			.excluded = dispatch->excluded,
			.excluded_count = dispatch->excluded_count,
		},
		empty ? NULL : on_intent_durable, flight);
	if (empty)
		void_flight(flight);
}

static bool may_hand_out(struct app *app)
{
	return app->ready && !app->closing && wallclock_believed(app, NULL) &&
		ledger_health(app->ledger, NULL, NULL) != LEDGER_FAILING;
}

static void on_pump(void *arg)
{
	struct app *app = arg;
	uint64_t now_ms = clock_mono_ms(), wait_ms;
	struct plan_batch *batch;

	timer_disarm(&app->pump);
	wallclock_look(app);
	if (!may_hand_out(app))
		return; /* what stands in the way kicks again when it is over */
	if (ledger_backlog(app->ledger) >= LEDGER_BACKLOG_MOST) {
		timer_arm(&app->pump, BACKLOG_MS);
		return;
	}
	for (int i = 0; i < BUDGET; i++) {
		switch (plan_next(app->plan, now_ms, &batch, &wait_ms)) {
		case PLAN_SEND:
			begin_flight(app, batch, now_ms);
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

static void on_leave(void *arg)
{
	struct flight *flight = arg;
	struct app *app = flight->app;
	struct outlet *outlet = flight->lane->outlet;

	if (app->ledger_over)
		return; /* the end came first */
	if (app->closing || app->stopped || flight->lane->ended || !outlet_is_open(outlet)) {
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

/* How long the rate keeps the next batch behind this one; 0: there is no rate. */
static uint64_t pace_us(const struct flight *flight)
{
	const struct channel_config *config = flight->lane->outlet->config;

	if (config == NULL || config->rate.count == 0)
		return 0;
	return (uint64_t)flight->count * lane_cost(flight->lane) * config->rate.per_ms * 1000 / config->rate.count;
}

/*
 * The limiter judged when the batch was planned, and it leaves when its intent is durable. Where one commit takes long, all that
 * was planned meanwhile would leave at once, over every limit: each keeps its distance from the one before, the planned one, or
 * what the rate asks for where that is less.
 */
static uint64_t wait_to_leave_ms(const struct flight *flight)
{
	struct outlet *outlet = flight->lane->outlet;
	uint64_t now_us = clock_mono_us(), due_us = now_us;
	uint64_t planned_us = flight->planned_us - outlet->left_planned_us;

	if (outlet->left_us != 0)
		due_us = outlet->left_us + (planned_us < outlet->left_pace_us ? planned_us : outlet->left_pace_us);
	if (due_us < now_us)
		due_us = now_us;
	outlet->left_us = due_us;
	outlet->left_planned_us = flight->planned_us;
	outlet->left_pace_us = pace_us(flight);
	return (due_us - now_us + 999) / 1000;
}

static void on_intent_durable(void *arg, enum result result)
{
	struct flight *flight = arg;

	if (result != RESULT_OK || flight->app->ledger_over)
		return; /* the end came first: what the ledger does not know was never sent, the rest is in doubt */
	uint64_t wait_ms = wait_to_leave_ms(flight);
	if (wait_ms > 0)
		timer_arm(&flight->leaves, wait_ms);
	else
		on_leave(flight);
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

/* NULL where nobody was refused by name. */
static uint32_t *refused_positions(const struct flight *flight, const struct outcome *outcome, uint32_t *count)
{
	*count = 0;
	if (outcome->refused_count == 0)
		return NULL;
	uint32_t *positions = mem_calloc(outcome->refused_count, sizeof(*positions));
	for (uint32_t i = 0; i < outcome->refused_count; i++) {
		if (outcome->refused[i] < flight->batch.count)
			positions[(*count)++] = flight->batch.phones != NULL ? flight->positions[outcome->refused[i]]
									     : flight->first;
	}
	return positions;
}

/* What went well is for whoever looks closely: at full speed it would be thousands of lines a second. */
static void log_settled(const struct flight *flight, const struct outcome *outcome, uint32_t refused)
{
	char name[32];
	int level = outcome->verdict == VERDICT_ACCEPTED ? LOG_DEBUG : LOG_NOTICE;

	if (!log_wanted(level))
		return;
	uint64_t now_us = clock_mono_us(), sent_us = flight->sent ? flight->sent_us : now_us;
	log_event(level, "settled",
		"alert=%s batch=%s channel=%s verdict=%s class=%s sent=%u refused=%u attempt=%u commit=%.3fs took=%.3fs peer=%s",
		flight->batch.alert_id, batch_text(flight->batch.name, name), flight->lane->outlet->name,
		verdict_name(outcome->verdict), outcome_class_name(outcome->class), flight->batch.count, refused,
		flight->batch.attempt, (double)(sent_us - flight->planned_us) / 1e6, (double)(now_us - sent_us) / 1e6,
		log_quote(outcome->peer));
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
	/* With others of it under way it is not over, and looking at all its lanes each time would be long. */
	if (campaign->flights == 0)
		campaign_review_later(campaign);
	dispatch_kick(app);
}

/*
 * Not a byte has left: the red switch, a cancellation, or a channel that is being opened again came between. That says
 * nothing of the channel, so nothing is learnt from it and nothing counted; the ledger knows the intent, and is told.
 */
static void on_unsent(void *arg)
{
	struct flight *flight = arg;
	struct app *app = flight->app;
	struct campaign *campaign = flight->lane->campaign;
	struct outcome outcome = outcome_make(CLASS_DEFER, 0, "not sent");

	if (app->ledger_over)
		return;
	log_settled(flight, &outcome, 0);
	enum plan_end end = plan_unsend(app->plan, clock_mono_ms(), flight->plan);
	write_outcome(flight, &outcome, end, NULL, 0);
	book(flight, &outcome, end);
	free_flight(flight);
	if (campaign->flights == 0)
		campaign_review_later(campaign);
	dispatch_kick(app);
}
