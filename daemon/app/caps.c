#include "app/caps.h"

#include <stdlib.h>

#include "audience/select.h"
#include "base/clock.h"
#include "base/mem.h"
#include "ledger/history.h"

struct tellings {
	struct app *app;
	struct set **sets; /* one for each alert: whom it texts */
	size_t count;
	uint32_t alert; /* that the last set belongs to */
	int64_t now_ms, since_ms;
	int64_t aged; /* the newest alert that was accepted before `since_ms`; 0: none, -1: not asked yet */
};

bool caps_bind(const struct app *app, const struct alert *alert)
{
	return app->config->limits.recipient.count > 0 && alert->urgency != URGENCY_IMMEDIATE &&
		alert->status == STATUS_ACTUAL;
}

static void add(struct tellings *tellings, uint32_t alert, const struct set *set)
{
	if (tellings->count > 0 && tellings->alert == alert) {
		set_unite(tellings->sets[tellings->count - 1], set);
		return;
	}
	tellings->sets = mem_resize(tellings->sets, tellings->count + 1, sizeof(struct set *));
	tellings->sets[tellings->count++] = set_copy(set);
	tellings->alert = alert;
}

static bool on_aged(void *arg, const struct ledger_alert *alert)
{
	((struct tellings *)arg)->aged = alert->number;
	return false;
}

/*
 * Sent under a clock that has been set back since: when, nobody knows; but not after any alert that came later. So it
 * counts until such a one has aged, and not for all the time that the clock was wrong by.
 */
static bool has_aged(struct tellings *tellings, const struct ledger_alert *alert)
{
	struct ledger_filter filter = {.to_ms = tellings->since_ms, .most = 1};

	if (alert->last_send_ms <= tellings->now_ms)
		return false;
	if (tellings->aged < 0) {
		tellings->aged = 0;
		ledger_list_alerts(tellings->app->ledger, &filter, on_aged, tellings);
	}
	return tellings->aged > (int64_t)alert->number;
}

static bool on_recent(void *arg, const struct ledger_alert *alert, uint16_t lane, const struct ledger_lane *content,
	const uint32_t *counts)
{
	struct tellings *tellings = arg;
	struct set *set;

	/* Open ones are counted from memory, which also knows what is not durable yet. */
	if (alert->state == LEDGER_OPEN || content->set == NULL || has_aged(tellings, alert))
		return true;
	if (set_load(content->set, content->set_size, &set) == RESULT_OK) {
		add(tellings, alert->number, set);
		set_free(&set);
	}
	return true;
}

static void add_open(struct tellings *tellings, const struct campaign *campaign)
{
	if (campaign->urgency == URGENCY_IMMEDIATE || campaign->status != STATUS_ACTUAL)
		return;
	for (uint16_t i = 0; i < campaign->lane_count; i++) {
		const struct lane *lane = &campaign->lanes[i];
		/* A lane that ended before anything left has told nobody. */
		if (lane->outlet != NULL && lane->set != NULL && (!lane->ended || lane->first_ms != 0))
			add(tellings, campaign->number, lane->set);
	}
}

struct set *caps_reached(struct app *app)
{
	struct tellings tellings = {.app = app, .now_ms = clock_wall_ms(), .aged = -1};
	const struct rate *cap = &app->config->limits.recipient;

	if (cap->count == 0)
		return NULL;
	tellings.since_ms = tellings.now_ms - (int64_t)cap->per_ms;
	ledger_list_recent(app->ledger, tellings.since_ms, on_recent, &tellings);
	tellings.alert = 0;
	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link))
		add_open(&tellings, list_object(link, struct campaign, in_app));
	struct set *reached = audience_capped((const struct set *const *)tellings.sets, tellings.count, cap->count);
	for (size_t i = 0; i < tellings.count; i++)
		set_free(&tellings.sets[i]);
	free(tellings.sets);
	return reached;
}
