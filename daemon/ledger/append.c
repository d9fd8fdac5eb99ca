#include "ledger/append.h"

#include "base/require.h"
#include "ledger/inside.h"

/* The scratch buffer's bytes as the group's own. */
static struct packed keep_packed(struct group *group, const struct buf *scratch)
{
	if (scratch->size == 0)
		return (struct packed){NULL, 0};
	return (struct packed){group_copy(group, scratch->data, scratch->size), scratch->size};
}

static struct packed keep_positions(struct ledger *ledger, struct group *group, const uint32_t *list, uint32_t count)
{
	buf_clear(&ledger->scratch);
	pack_positions(&ledger->scratch, list, count);
	return keep_packed(group, &ledger->scratch);
}

static struct message *keep_message(struct group *group, const struct message *message)
{
	if (message == NULL)
		return NULL;
	struct message *copy = group_copy(group, message, sizeof(*message));

	copy->text = group_text(group, message->text);
	return copy;
}

static void keep_alert(struct group *group, struct ledger_alert *alert)
{
	alert->id = group_text(group, alert->id);
	alert->sender = group_text(group, alert->sender);
	alert->digest = group_text(group, alert->digest);
	alert->document = group_copy(group, alert->document, alert->document_size);
	alert->form = group_text(group, alert->form);
	alert->file_name = group_text(group, alert->file_name);
	alert->schedule = group_text(group, alert->schedule);
	alert->fraud_type = group_text(group, alert->fraud_type);
	alert->title = group_text(group, alert->title);
	alert->author = group_text(group, alert->author);
}

static const struct ledger_lane *keep_lanes(struct group *group, const struct ledger_lane *lanes, uint16_t count)
{
	struct ledger_lane *copy = group_copy(group, lanes, count * sizeof(*lanes));

	for (uint16_t i = 0; i < count; i++) {
		copy[i].channel = group_text(group, lanes[i].channel);
		copy[i].audience = group_text(group, lanes[i].audience);
		copy[i].language = group_text(group, lanes[i].language);
		copy[i].area = group_text(group, lanes[i].area);
		copy[i].basis = group_text(group, lanes[i].basis);
		copy[i].message = keep_message(group, lanes[i].message);
		copy[i].set = group_copy(group, lanes[i].set, lanes[i].set_size);
	}
	return copy;
}

static const struct ledger_tombstone *keep_tombstones(struct group *group, const struct ledger_tombstone *list,
	size_t count)
{
	struct ledger_tombstone *copy = group_copy(group, list, count * sizeof(*list));

	for (size_t i = 0; i < count; i++) {
		copy[i].id = group_text(group, list[i].id);
		copy[i].sender = group_text(group, list[i].sender);
	}
	return copy;
}

/* The list as lines, NULL when it is empty. */
static char *keep_lines(struct ledger *ledger, struct group *group, char *const *list)
{
	buf_clear(&ledger->scratch);
	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		if (i > 0)
			buf_add_byte(&ledger->scratch, '\n');
		buf_add_text(&ledger->scratch, list[i]);
	}
	return ledger->scratch.size == 0 ? NULL : group_text(group, buf_text(&ledger->scratch));
}

uint32_t ledger_accept(struct ledger *ledger, const struct ledger_acceptance *acceptance, ledger_durable *durable,
	void *arg)
{
	uint32_t known;

	REQUIRE(acceptance->alert.id != NULL && ledger_known(ledger, acceptance->alert.id, &known, NULL) != RESULT_OK);
	REQUIRE(ledger->next_number != 0 && acceptance->alert.state != LEDGER_CLOSED);
	struct group *group = ledger_filling(ledger);
	struct record_accept *accept = group_alloc(group, sizeof(*accept));

	accept->content = *acceptance;
	accept->content.alert.number = ledger->next_number++;
	accept->supersedes = keep_lines(ledger, group, acceptance->alert.supersedes);
	keep_alert(group, &accept->content.alert);
	accept->content.lanes = keep_lanes(group, acceptance->lanes, acceptance->lane_count);
	accept->content.marks = group_copy(group, acceptance->marks,
		acceptance->mark_count * sizeof(*acceptance->marks));
	accept->content.tombstones = keep_tombstones(group, acceptance->tombstones, acceptance->tombstone_count);
	accept->before = group->accepts;
	group->accepts = accept;
	group_add(group, RECORD_ACCEPT)->as.accept = accept;
	ledger_appended(ledger, group, durable, arg);
	return accept->content.alert.number;
}

void ledger_mark(struct ledger *ledger, uint32_t alert, enum ledger_fate fate, int64_t at_ms, ledger_durable *durable,
	void *arg)
{
	struct group *group = ledger_filling(ledger);
	struct record *record = group_add(group, RECORD_MARK);

	record->as.mark.alert = alert;
	record->as.mark.fate = fate;
	record->as.mark.at_ms = at_ms;
	ledger_appended(ledger, group, durable, arg);
}

void ledger_intent(struct ledger *ledger, const struct ledger_intent *intent, ledger_durable *durable, void *arg)
{
	struct group *group = ledger_filling(ledger);
	struct record *record = group_add(group, RECORD_INTENT);

	REQUIRE(intent->count > 0 && intent->name.number > 0);
	record->as.intent.content = *intent;
	buf_clear(&ledger->scratch);
	pack_exclusions(&ledger->scratch, intent->excluded, intent->excluded_count);
	record->as.intent.excluded = keep_packed(group, &ledger->scratch);
	if (intent->tat_ms != 0)
		group_note_tat(group, intent->name, intent->tat_ms);
	ledger_appended(ledger, group, durable, arg);
}

void ledger_outcome(struct ledger *ledger, const struct ledger_outcome *outcome, ledger_durable *durable, void *arg)
{
	struct group *group = ledger_filling(ledger);
	struct record *record = group_add(group, RECORD_OUTCOME);
	bool named = outcome->provider_id != NULL && outcome->provider_id[0] != '\0';
	bool spoke = outcome->peer != NULL && outcome->peer[0] != '\0';

	record->as.outcome.content = *outcome;
	record->as.outcome.content.provider_id = named ? group_text(group, outcome->provider_id) : NULL;
	record->as.outcome.content.peer = spoke ? group_text(group, outcome->peer) : NULL;
	record->as.outcome.refused = keep_positions(ledger, group, outcome->refused, outcome->refused_count);
	ledger_appended(ledger, group, durable, arg);
}

void ledger_resolve(struct ledger *ledger, struct batch_name name, enum ledger_resolution resolution,
	const uint32_t *positions, uint32_t count, int64_t at_ms, const char *who, ledger_durable *durable, void *arg)
{
	struct group *group = ledger_filling(ledger);
	struct record *record = group_add(group, RECORD_RESOLVE);

	REQUIRE(resolution != LEDGER_UNRESOLVED);
	record->as.resolve.name = name;
	record->as.resolve.resolution = resolution;
	record->as.resolve.at_ms = at_ms;
	record->as.resolve.who = group_text(group, who);
	record->as.resolve.positions = keep_positions(ledger, group, positions, count);
	ledger_appended(ledger, group, durable, arg);
}

/* The block of this alert's receipts that is being filled: receipts that come one by one share a row. */
static struct record_receipts *receipts_block(struct group *group, uint32_t alert)
{
	struct record_receipts **place = &group->blocks[alert % (sizeof(group->blocks) / sizeof(group->blocks[0]))];

	if (*place != NULL && (*place)->alert == alert && (*place)->block.bytes.size < PACK_BLOCK_MOST)
		return *place;
	*place = group_alloc(group, sizeof(**place));
	(*place)->alert = alert;
	pack_receipts_init(&(*place)->block);
	group_add(group, RECORD_RECEIPT)->as.receipts = *place;
	return *place;
}

void ledger_receipts(struct ledger *ledger, uint32_t alert, const struct ledger_receipt *receipts, size_t count,
	ledger_durable *durable, void *arg)
{
	struct group *group = ledger_filling(ledger);

	for (size_t i = 0; i < count; i++) {
		struct record_receipts *target = receipts_block(group, alert);
		size_t before = target->block.bytes.size;

		pack_receipt(&target->block, &receipts[i]);
		group->bytes += target->block.bytes.size - before;
	}
	group->receipt_count += count;
	ledger_appended(ledger, group, durable, arg);
}

void ledger_release(struct ledger *ledger, uint32_t alert, uint16_t lane, ledger_durable *durable, void *arg)
{
	struct group *group = ledger_filling(ledger);
	struct record *record = group_add(group, RECORD_RELEASE);

	record->as.release.alert = alert;
	record->as.release.lane = lane;
	ledger_appended(ledger, group, durable, arg);
}

void ledger_lane_end(struct ledger *ledger, const struct ledger_end *end, ledger_durable *durable, void *arg)
{
	struct group *group = ledger_filling(ledger);

	group_add(group, RECORD_END)->as.end = *end;
	ledger_appended(ledger, group, durable, arg);
}

/* {"delivered":980,"failed":20} */
static const char *keep_counts(struct ledger *ledger, struct group *group, const uint32_t counts[STATE_COUNT])
{
	struct buf *out = &ledger->scratch;
	const char *comma = "";

	buf_clear(out);
	buf_add_byte(out, '{');
	for (int state = 0; state < STATE_COUNT; state++) {
		if (counts[state] == 0)
			continue;
		buf_printf(out, "%s\"%s\":%u", comma, state_name((enum state)state), counts[state]);
		comma = ",";
	}
	buf_add_byte(out, '}');
	return group_text(group, buf_text(out));
}

void ledger_close_alert(struct ledger *ledger, uint32_t alert, int64_t at_ms, const struct tally *tallies,
	uint16_t lane_count, ledger_durable *durable, void *arg)
{
	struct group *group = ledger_filling(ledger);
	struct record_close *close = &group_add(group, RECORD_CLOSE)->as.close;

	close->alert = alert;
	close->at_ms = at_ms;
	close->lane_count = lane_count;
	close->counts = group_alloc(group, lane_count * sizeof(*close->counts));
	close->states = group_alloc(group, lane_count * sizeof(*close->states));
	for (uint16_t i = 0; i < lane_count; i++) {
		close->counts[i] = keep_counts(ledger, group, tallies[i].counts);
		buf_clear(&ledger->scratch);
		pack_states(&ledger->scratch, tallies[i].states, tallies[i].size);
		close->states[i] = keep_packed(group, &ledger->scratch);
	}
	ledger_appended(ledger, group, durable, arg);
}

void ledger_channel_state(struct ledger *ledger, const struct ledger_channel *channel, ledger_durable *durable,
	void *arg)
{
	struct group *group = ledger_filling(ledger);
	struct record *record = group_add(group, RECORD_CHANNEL);

	record->as.channel = *channel;
	record->as.channel.name = group_text(group, channel->name);
	record->as.channel.by = group_text(group, channel->by);
	record->as.channel.reason = group_text(group, channel->reason);
	ledger_appended(ledger, group, durable, arg);
}

void ledger_switch(struct ledger *ledger, bool stopped, const char *by, int64_t at_ms, ledger_durable *durable,
	void *arg)
{
	struct group *group = ledger_filling(ledger);
	struct record *record = group_add(group, RECORD_SWITCH);

	record->as.red_switch.stopped = stopped;
	record->as.red_switch.by = group_text(group, by);
	record->as.red_switch.at_ms = at_ms;
	ledger_appended(ledger, group, durable, arg);
}

void ledger_event(struct ledger *ledger, const struct ledger_event *event, ledger_durable *durable, void *arg)
{
	struct group *group = ledger_filling(ledger);
	struct record *record = group_add(group, RECORD_EVENT);

	record->as.event = *event;
	record->as.event.who = group_text(group, event->who);
	record->as.event.kind = group_text(group, event->kind);
	record->as.event.what = group_text(group, event->what);
	ledger_appended(ledger, group, durable, arg);
}

void ledger_prune(struct ledger *ledger, int64_t before_ms, int64_t now_ms, ledger_durable *durable, void *arg)
{
	struct group *group = ledger_filling(ledger);
	struct record *record = group_add(group, RECORD_PRUNE);

	record->as.prune.before_ms = before_ms;
	record->as.prune.now_ms = now_ms;
	record->as.prune.durable = durable;
	record->as.prune.arg = arg;
	ledger_appended(ledger, group, NULL, NULL);
}
