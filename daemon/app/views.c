#include "app/views.h"

#include "app/campaign.h"

void sums_add(struct sums *sums, enum medium medium, const uint32_t counts[STATE_COUNT])
{
	for (int state = 0; state < STATE_COUNT; state++)
		sums->counts[medium_crowd(medium)][state] += counts[state];
}

static json_t *crowd_view(const uint64_t counts[STATE_COUNT])
{
	json_t *view = json_object();
	uint64_t total = 0, excluded = 0;

	for (int state = 0; state < STATE_COUNT; state++) {
		total += counts[state];
		if (state_excluded((enum state)state))
			excluded += counts[state];
	}
	json_object_set_new(view, "total", json_integer((json_int_t)total));
	json_object_set_new(view, "excluded", json_integer((json_int_t)excluded));
	for (int state = 0; state < STATE_COUNT; state++)
		json_object_set_new(view, state_name((enum state)state), json_integer((json_int_t)counts[state]));
	return view;
}

json_t *sums_view(const struct sums *sums)
{
	json_t *view = json_object();

	for (int crowd = 0; crowd < CROWD_COUNT; crowd++)
		json_object_set_new(view, crowd_name((enum crowd)crowd), crowd_view(sums->counts[crowd]));
	return view;
}

json_t *counts_view(const uint32_t counts[STATE_COUNT])
{
	json_t *view = json_object();

	for (int state = 0; state < STATE_COUNT; state++)
		if (counts[state] > 0)
			json_object_set_new(view, state_name((enum state)state), json_integer(counts[state]));
	return view;
}

static const char *life_of(const struct ledger_alert *alert)
{
	if (alert->fate == LEDGER_CANCELLED)
		return "cancelled";
	if (alert->fate == LEDGER_UPDATED)
		return "updated";
	return alert->state == LEDGER_OPEN ? "open" : alert->state == LEDGER_CLOSED ? "closed" : "stored";
}

json_t *alert_view(const struct ledger_alert *alert)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:I, s:I, s:I, s:I, s:s, s:I}",
		"number", (json_int_t)alert->number, "id", alert->id, "sender", alert->sender, "status",
		alert_status_name(alert->status), "action", alert_action_name(alert->action), "urgency",
		urgency_name(alert->urgency), "level", level_name(alert->level), "fraud_type", alert->fraud_type,
		"title", alert->title, "author", alert->author, "schedule", alert->schedule, "issued_ms",
		(json_int_t)alert->issued_ms, "accepted_ms", (json_int_t)alert->accepted_ms, "from_ms",
		(json_int_t)alert->from_ms, "until_ms", (json_int_t)alert->until_ms, "state", life_of(alert),
		"closed_ms", (json_int_t)alert->closed_ms);
}

json_t *message_view(const struct message *message)
{
	return json_pack("{s:s, s:s, s:i, s:i}", "medium", medium_name(message->medium), "text", message->text, "units",
		(int)message->units, "parts", (int)message->parts);
}

const uint32_t *lane_counts(struct app *app, uint32_t alert, uint16_t lane, const uint32_t *final)
{
	const struct lane *open = campaign_lane(app, (struct batch_name){alert, lane, 0});

	return open != NULL ? open->tally.counts : final;
}
