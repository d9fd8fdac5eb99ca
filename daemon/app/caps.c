#include "app/caps.h"

#include <stdlib.h>

#include "audience/select.h"
#include "base/clock.h"
#include "base/mem.h"
#include "flow/tally.h"
#include "ledger/history.h"

enum counted { COUNTED_NONE, COUNTED_TOLD, COUNTED_ALL };

/* An alert that counts. */
struct told {
	uint32_t alert;
	bool open;
	uint64_t lanes; /* of an open one: which of them count, as a sum */
	int64_t leaves_ms; /* of a closed one: when it has left the window */
};

struct caps {
	struct rate rate; /* that all this is for */
	struct audience_cap cap; /* the sum of what follows */
	struct told *told;
	size_t count;
	int64_t clock_ms; /* wall less monotonic: another one means that the clock was set */
	bool stale; /* all is to be read again */
};

/* Reads what closed alerts have told. */
struct reading {
	struct app *app;
	struct caps *caps;
	struct set *set; /* of the alert that is being read: whom it texted */
	uint32_t alert;
	int64_t last_send_ms;
	int64_t now_ms, since_ms;
	int64_t aged; /* the newest alert that was accepted before `since_ms`; 0: none, -1: not asked yet */
};

bool caps_bind(const struct app *app, const struct alert *alert)
{
	return app->config->limits.recipient.count > 0 && alert->urgency != URGENCY_IMMEDIATE &&
		alert->status == STATUS_ACTUAL;
}

static struct told *add(struct caps *caps, uint32_t alert, const struct set *set)
{
	caps->told = mem_resize(caps->told, caps->count + 1, sizeof(*caps->told));
	caps->told[caps->count] = (struct told){.alert = alert};
	audience_cap_add(&caps->cap, set);
	return &caps->told[caps->count++];
}

static bool on_aged(void *arg, const struct ledger_alert *alert)
{
	((struct reading *)arg)->aged = alert->number;
	return false;
}

/*
 * Sent under a clock that has been set back since: when, nobody knows; but not after any alert that came later. So it
 * counts until such a one has aged, and not for all the time that the clock was wrong by.
 */
static bool has_aged(struct reading *reading, const struct ledger_alert *alert)
{
	struct ledger_filter filter = {.to_ms = reading->since_ms, .most = 1};

	if (alert->last_send_ms <= reading->now_ms)
		return false;
	/* When that will be is not known beforehand: nothing is kept meanwhile. */
	reading->caps->stale = true;
	if (reading->aged < 0) {
		reading->aged = 0;
		ledger_list_alerts(reading->app->ledger, &filter, on_aged, reading);
	}
	return reading->aged > (int64_t)alert->number;
}

/* Somebody in this state has the text, or may have it. */
static bool state_told(enum state state)
{
	return state < STATE_OPTED_OUT && state != STATE_WAITING && state != STATE_EXPIRED && state != STATE_CANCELLED;
}

/* False for a lane that ended before anything left: it has told nobody. */
static bool anybody_told(const uint32_t *counts)
{
	for (enum state state = 0; counts != NULL && state < STATE_OPTED_OUT; state++) {
		if (state_told(state) && counts[state] > 0)
			return true;
	}
	return counts == NULL;
}

/* The alert that was being read is over. */
static void end_alert(struct reading *reading)
{
	if (reading->set == NULL)
		return;
	add(reading->caps, reading->alert, reading->set)->leaves_ms = reading->last_send_ms +
		(int64_t)reading->caps->rate.per_ms;
	set_free(&reading->set);
}

static bool on_recent(void *arg, const struct ledger_alert *alert, uint16_t lane, const struct ledger_lane *content,
	const uint32_t *counts)
{
	struct reading *reading = arg;
	struct set *set;

	/* Open ones are counted from memory, which also knows what is not durable yet. */
	if (alert->state == LEDGER_OPEN || content->set == NULL || !anybody_told(counts) || has_aged(reading, alert) ||
		set_load(content->set, content->set_size, &set) != RESULT_OK)
		return true;
	if (reading->alert != alert->number)
		end_alert(reading);
	reading->alert = alert->number;
	reading->last_send_ms = alert->last_send_ms;
	if (reading->set == NULL) {
		reading->set = set;
	} else {
		set_unite(reading->set, set);
		set_free(&set);
	}
	return true;
}

/* True when it has texts for residents that count. */
static bool counts(const struct campaign *campaign)
{
	if (campaign->urgency == URGENCY_IMMEDIATE || campaign->status != STATUS_ACTUAL)
		return false;
	for (uint16_t i = 0; i < campaign->lane_count; i++) {
		if (campaign->lanes[i].outlet != NULL && campaign->lanes[i].set != NULL)
			return true;
	}
	return false;
}

/* Who of a lane counts. One that is over, or is about to be, tells nobody more than it has told. */
static enum counted lane_counted(const struct lane *lane, bool replaced)
{
	if (lane->outlet == NULL || lane->set == NULL)
		return COUNTED_NONE;
	if (!lane->ended && !replaced)
		return COUNTED_ALL;
	return lane->first_ms != 0 ? COUNTED_TOLD : COUNTED_NONE;
}

/* Another sum when it counts otherwise. */
static uint64_t sum_lanes(const struct campaign *campaign, bool replaced)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < campaign->lane_count; i++)
		sum = sum * 1099511628211u + 1 + lane_counted(&campaign->lanes[i], replaced);
	return sum;
}

static void add_told(struct set *all, const struct lane *lane)
{
	struct set_cursor *cursor = set_cursor_new(lane->set);
	uint32_t ids[256], got, position = 0;

	while ((got = set_cursor_read(cursor, ids, sizeof(ids) / sizeof(ids[0]))) > 0) {
		uint32_t told = 0;
		for (uint32_t i = 0; i < got; i++, position++) {
			if (state_told((enum state)lane->tally.states[position]))
				ids[told++] = ids[i];
		}
		set_add_many(all, ids, told);
	}
	set_cursor_free(&cursor);
}

static void add_open(struct caps *caps, const struct campaign *campaign, bool replaced)
{
	struct set *all = set_new();

	for (uint16_t i = 0; i < campaign->lane_count; i++) {
		const struct lane *lane = &campaign->lanes[i];
		enum counted counted = lane_counted(lane, replaced);
		if (counted == COUNTED_ALL)
			set_unite(all, lane->set);
		else if (counted == COUNTED_TOLD)
			add_told(all, lane);
	}
	struct told *told = add(caps, campaign->number, all);
	told->open = true;
	told->lanes = sum_lanes(campaign, replaced);
	set_free(&all);
}

static struct told *find(const struct caps *caps, uint32_t alert)
{
	for (size_t i = 0; i < caps->count; i++) {
		if (caps->told[i].alert == alert)
			return &caps->told[i];
	}
	return NULL;
}

/* True as long as everything that was added still counts as it did. */
static bool holds(const struct caps *caps, const struct app *app, int64_t now_ms)
{
	const struct rate *rate = &app->config->limits.recipient;

	if (caps->stale || rate->count != caps->rate.count || rate->per_ms != caps->rate.per_ms ||
		llabs(now_ms - (int64_t)clock_mono_ms() - caps->clock_ms) > 1000)
		return false;
	for (size_t i = 0; i < caps->count; i++) {
		if (!caps->told[i].open && caps->told[i].leaves_ms < now_ms)
			return false;
	}
	return true;
}

static void clear(struct caps *caps)
{
	audience_cap_fini(&caps->cap);
	free(caps->told);
	*caps = (struct caps){0};
}

static void read_closed(struct app *app, struct caps *caps, int64_t now_ms)
{
	clear(caps);
	caps->rate = app->config->limits.recipient;
	caps->clock_ms = now_ms - (int64_t)clock_mono_ms();
	audience_cap_init(&caps->cap, caps->rate.count);
	struct reading reading = {.app = app,
		.caps = caps,
		.now_ms = now_ms,
		.since_ms = now_ms - (int64_t)caps->rate.per_ms,
		.aged = -1};
	ledger_list_recent(app->ledger, reading.since_ms, on_recent, &reading);
	end_alert(&reading);
}

static bool replaced_has(const struct replaced *replaced, uint32_t alert)
{
	for (size_t i = 0; i < replaced->count; i++) {
		if (replaced->marks[i].alert == alert)
			return true;
	}
	return false;
}

/* Adds the open alerts that are new. False when one that was added counts otherwise now. */
static bool add_news(struct app *app, struct caps *caps, const struct replaced *replaced)
{
	bool same = true;

	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link)) {
		const struct campaign *campaign = list_object(link, struct campaign, in_app);
		if (!counts(campaign))
			continue;
		const struct told *told = find(caps, campaign->number);
		bool leaves = replaced_has(replaced, campaign->number);
		if (told == NULL)
			add_open(caps, campaign, leaves);
		else
			same = same && told->lanes == sum_lanes(campaign, leaves);
	}
	return same;
}

const struct set *caps_reached(struct app *app, const struct replaced *replaced)
{
	int64_t now_ms = clock_wall_ms();

	if (app->config->limits.recipient.count == 0)
		return NULL;
	if (app->caps == NULL) {
		app->caps = mem_zalloc(sizeof(*app->caps));
		app->caps->stale = true;
	}
	if (!holds(app->caps, app, now_ms) || !add_news(app, app->caps, replaced)) {
		read_closed(app, app->caps, now_ms);
		add_news(app, app->caps, replaced);
	}
	return audience_cap_reached(&app->caps->cap);
}

void caps_closed(struct app *app, const struct campaign *campaign)
{
	struct told *told = app->caps == NULL ? NULL : find(app->caps, campaign->number);
	int64_t last_ms = 0;

	if (told == NULL)
		return;
	for (uint16_t i = 0; i < campaign->lane_count; i++)
		last_ms = campaign->lanes[i].last_ms > last_ms ? campaign->lanes[i].last_ms : last_ms;
	told->open = false;
	told->leaves_ms = last_ms + (int64_t)app->caps->rate.per_ms;
	/* Never sent, or by another clock. */
	app->caps->stale = app->caps->stale || last_ms == 0 || last_ms > clock_wall_ms();
}

void caps_free(struct app *app)
{
	if (app->caps != NULL)
		clear(app->caps);
	free(app->caps);
	app->caps = NULL;
}
