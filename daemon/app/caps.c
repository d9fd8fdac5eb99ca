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

static bool on_recent(void *arg, const struct ledger_alert *alert, uint16_t lane, const struct ledger_lane *content,
	const uint32_t *counts)
{
	struct tellings *tellings = arg;
	struct set *set;

	/* Open ones are counted from memory, which also knows what is not durable yet. */
	if (alert->state == LEDGER_OPEN || content->set == NULL)
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
	struct tellings tellings = {.app = app};
	const struct rate *cap = &app->config->limits.recipient;

	if (cap->count == 0)
		return NULL;
	ledger_list_recent(app->ledger, clock_wall_ms() - (int64_t)cap->per_ms, on_recent, &tellings);
	tellings.alert = 0;
	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link))
		add_open(&tellings, list_object(link, struct campaign, in_app));
	struct set *reached = audience_capped((const struct set *const *)tellings.sets, tellings.count, cap->count);
	for (size_t i = 0; i < tellings.count; i++)
		set_free(&tellings.sets[i]);
	free(tellings.sets);
	return reached;
}
