#ifndef TEST_LEDGER_MODEL_H
#define TEST_LEDGER_MODEL_H

/*
 * What a ledger should remember, in memory, and a stream of random operations that is a function of its seed. Model and
 * replay are written out as the same text, so comparing them is comparing strings. Operation i is dated MODEL_EPOCH + i.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ledger/append.h"
#include "ledger/replay.h"

#define MODEL_EPOCH    INT64_C(1795000000000)
#define MODEL_ALERTS   600
#define MODEL_LANES    3
#define MODEL_SIZE     5000 /* recipients of a lane */
#define MODEL_CHANNELS 5
#define UNUSED         __attribute__((unused))

struct model_batch {
	struct ledger_batch content;
	struct ledger_exclusion *excluded;
	uint32_t *refused, *resolved;
};

struct model_lane {
	uint32_t next; /* position where the next batch begins */
	struct model_batch *batches;
	uint32_t count;
};

struct model_alert {
	bool open;
	enum ledger_fate fate;
	uint32_t fate_by;
	int64_t fate_ms, accepted_ms;
	struct model_lane lanes[MODEL_LANES];
	struct buf receipts, ends; /* as text */
};

struct model {
	uint64_t random;
	int64_t at_ms; /* of the operation that is being made */
	uint32_t alerts;
	struct model_alert alert[MODEL_ALERTS + 1];
	struct buf tombstones;
	bool switched, stopped;
	int64_t switch_ms;
	struct {
		bool known, suspended, stated;
		int64_t at_ms, tat_ms;
	} channel[MODEL_CHANNELS];
	unsigned int events;
};

static uint64_t model_random(struct model *model)
{
	uint64_t z = model->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint32_t model_below(struct model *model, uint32_t bound)
{
	return (uint32_t)(model_random(model) % bound);
}

/* Both sides write through these. */
static void dump_alert(struct buf *out, const struct ledger_alert *alert)
{
	buf_printf(out,
		"A %u %s %s %s %s %s %d %s %" PRId64 " %d%d%d%d %s %s %s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64,
		alert->number, alert->id, alert->sender, alert->digest, alert->form == NULL ? "-" : alert->form,
		alert->file_name == NULL ? "-" : alert->file_name, (int)alert->source,
		alert->schedule == NULL ? "-" : alert->schedule, alert->occurrence_ms, (int)alert->status,
		(int)alert->action, (int)alert->urgency, (int)alert->level, alert->fraud_type, alert->title,
		alert->author, alert->issued_ms, alert->accepted_ms, alert->from_ms, alert->until_ms);
	buf_printf(out, " %u %d %u %" PRId64 " [%.*s]", alert->lanes, (int)alert->fate, alert->fate_by, alert->fate_ms,
		(int)alert->document_size, alert->document == NULL ? "" : (const char *)alert->document);
	for (size_t i = 0; alert->supersedes != NULL && alert->supersedes[i] != NULL; i++)
		buf_printf(out, " <%s", alert->supersedes[i]);
	buf_add_byte(out, '\n');
}

static void dump_lane(struct buf *out, uint32_t alert, uint16_t number, const struct ledger_lane *lane)
{
	buf_printf(out, "L %u %u %s %d %s %s %s %s %u %d", alert, number, lane->channel == NULL ? "-" : lane->channel,
		(int)lane->medium, lane->audience, lane->language, lane->area, lane->basis, lane->size,
		(int)lane->state);
	if (lane->message != NULL)
		buf_printf(out, " (%d %s %u %u)", (int)lane->message->format, lane->message->text, lane->message->units,
			lane->message->parts);
	buf_printf(out, " {%.*s}\n", (int)lane->set_size, lane->set == NULL ? "" : (const char *)lane->set);
}

static void dump_batch(struct buf *out, const struct ledger_batch *batch)
{
	buf_printf(out, "B %u-%u-%u %u+%u try %u/%u %" PRId64 " x", batch->name.alert, batch->name.lane,
		batch->name.number, batch->first, batch->count, batch->attempt, batch->tries, batch->intent_ms);
	for (uint32_t i = 0; i < batch->excluded_count; i++)
		buf_printf(out, ",%u:%d", batch->excluded[i].position, (int)batch->excluded[i].state);
	if (batch->settled) {
		buf_printf(out, " = %d %d %d%d %" PRId64 " %s %s r", (int)batch->verdict, (int)batch->class,
			batch->held, batch->split, batch->outcome_ms, batch->provider_id, batch->peer);
		for (uint32_t i = 0; i < batch->refused_count; i++)
			buf_printf(out, ",%u", batch->refused[i]);
		buf_printf(out, " %d", (int)batch->resolution);
		for (uint32_t i = 0; i < batch->resolved_count; i++)
			buf_printf(out, ",%u", batch->resolved[i]);
	}
	buf_add_byte(out, '\n');
}

static void dump_receipt(struct buf *out, uint32_t alert, const struct ledger_receipt *receipt)
{
	buf_printf(out, "R %u-%u %u+%u %d %" PRId64 " %s\n", alert, receipt->lane, receipt->position, receipt->count,
		(int)receipt->state, receipt->at_ms, receipt->code == NULL ? "" : receipt->code);
}

static void dump_end(struct buf *out, const struct ledger_end *end)
{
	buf_printf(out, "E %u-%u %u %d %" PRId64 "\n", end->alert, end->lane, end->from, (int)end->state, end->at_ms);
}

static void dump_channel(struct buf *out, const struct ledger_channel *channel)
{
	buf_printf(out, "C %s %d %s %s %" PRId64 " %" PRId64 "\n", channel->name, channel->suspended, channel->by,
		channel->reason, channel->at_ms, channel->tat_ms);
}

static void dump_tombstone(struct buf *out, const struct ledger_tombstone *tombstone)
{
	buf_printf(out, "T %s %s %d %u %" PRId64 "\n", tombstone->id,
		tombstone->sender == NULL ? "-" : tombstone->sender, tombstone->drill, tombstone->alert,
		tombstone->until_ms);
}

/* The replay as text. */
static void on_stopped(void *arg, bool stopped, const char *by, int64_t at_ms)
{
	buf_printf(arg, "S %d %s %" PRId64 "\n", stopped, by, at_ms);
}

static void on_channel(void *arg, const struct ledger_channel *channel)
{
	dump_channel(arg, channel);
}

static void on_tombstone(void *arg, const struct ledger_tombstone *tombstone)
{
	dump_tombstone(arg, tombstone);
}

static void on_alert(void *arg, const struct ledger_alert *alert)
{
	dump_alert(arg, alert);
}

static void on_lane(void *arg, uint32_t alert, uint16_t lane, const struct ledger_lane *content)
{
	dump_lane(arg, alert, lane, content);
}

static void on_batch(void *arg, const struct ledger_batch *batch)
{
	dump_batch(arg, batch);
}

static void on_receipts(void *arg, uint32_t alert, const struct ledger_receipt *receipts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		dump_receipt(arg, alert, &receipts[i]);
}

static void on_end(void *arg, const struct ledger_end *end)
{
	dump_end(arg, end);
}

static void on_alert_done(void *arg, uint32_t alert)
{
	buf_printf(arg, "D %u\n", alert);
}

static enum result UNUSED model_replay(struct ledger *ledger, struct buf *out, struct problems *problems)
{
	static const struct ledger_replay events = {on_stopped, on_channel, on_tombstone, on_alert, on_lane, on_batch,
		on_receipts, on_end, on_alert_done};

	return ledger_replay(ledger, &events, out, problems);
}

/* Everything about alert `number` is a function of the number and of when it was accepted. */
struct model_content {
	char id[16], digest[65], document[64], text[MODEL_LANES][96], set[MODEL_LANES][64], schedule[16];
	struct message messages[MODEL_LANES];
	struct ledger_lane lanes[MODEL_LANES];
	char *supersedes[3];
	char older[2][16];
	struct ledger_mark mark;
	struct ledger_tombstone tombstone;
	struct ledger_acceptance acceptance;
};

static void model_lane_content(struct model_content *content, uint32_t number, int lane)
{
	static const char *const channels[MODEL_CHANNELS] = {"ch-0", "ch-1", "ch-2", "ch-3", "ch-4"};
	bool excluded = lane == 2 && number % 3 == 0;

	snprintf(content->text[lane], sizeof(content->text[lane]), "警惕%u之%d:刷单返利", number, lane);
	snprintf(content->set[lane], sizeof(content->set[lane]), "set-%u-%d", number, lane);
	content->messages[lane] = (struct message){.medium = MEDIUM_SMS,
		.format = (enum message_format)(number % 2),
		.text = content->text[lane],
		.units = number,
		.parts = 1 + number % 3};
	content->lanes[lane] = (struct ledger_lane){.channel = excluded ? NULL
									: channels[(number + (uint32_t)lane) % 5],
		.medium = MEDIUM_SMS,
		.audience = "elderly",
		.language = "zh",
		.area = "320583",
		.basis = "list of the police",
		.message = excluded ? NULL : &content->messages[lane],
		.set = lane == 1 ? NULL : content->set[lane],
		.set_size = lane == 1 ? 0 : strlen(content->set[lane]),
		.size = MODEL_SIZE,
		.state = excluded ? STATE_CAPPED : STATE_WAITING};
}

static void model_content(struct model_content *content, uint32_t number, int64_t at_ms)
{
	*content = (struct model_content){0};
	snprintf(content->id, sizeof(content->id), "id-%u", number);
	snprintf(content->digest, sizeof(content->digest), "%064u", number);
	snprintf(content->document, sizeof(content->document), "type = \"order-brushing\"; # %u", number);
	snprintf(content->schedule, sizeof(content->schedule), "weekly-%u", number % 4);
	struct ledger_alert *alert = &content->acceptance.alert;
	bool scheduled = number % 5 == 0;

	*alert = (struct ledger_alert){.number = number,
		.id = content->id,
		.sender = "yushan",
		.digest = content->digest,
		.document = scheduled ? NULL : content->document,
		.document_size = scheduled ? 0 : strlen(content->document),
		.form = scheduled ? NULL : "cfg",
		.file_name = scheduled ? NULL : "刷单.cfg",
		.source = scheduled ? LEDGER_SCHEDULE : LEDGER_SPOOL,
		.schedule = scheduled ? content->schedule : NULL,
		.occurrence_ms = scheduled ? at_ms - 1000 : 0,
		.status = (enum alert_status)(number % 2),
		.action = (enum alert_action)(number % 3),
		.urgency = (enum urgency)(number % 3),
		.level = (enum level)(number % 4),
		.fraud_type = "order-brushing",
		.title = "headline",
		.author = "officer",
		.issued_ms = at_ms - 5000,
		.accepted_ms = at_ms,
		.from_ms = at_ms,
		.until_ms = at_ms + 86400000,
		.lanes = MODEL_LANES};
	for (int lane = 0; lane < MODEL_LANES; lane++)
		model_lane_content(content, number, lane);
	content->acceptance.lanes = content->lanes;
	content->acceptance.lane_count = MODEL_LANES;
	if (number % 4 != 0 || number < 3)
		return;
	/* An update: it takes the place of the one before and names one that never came. */
	snprintf(content->older[0], 16, "id-%u", number - 1);
	snprintf(content->older[1], 16, "gone-%u", number);
	content->supersedes[0] = content->older[0];
	content->supersedes[1] = content->older[1];
	alert->supersedes = content->supersedes;
	content->mark = (struct ledger_mark){number - 1, LEDGER_UPDATED};
	content->tombstone = (struct ledger_tombstone){.id = content->older[1],
		.sender = number % 8 == 0 ? NULL : "yushan",
		.drill = number % 8 == 0,
		.alert = number,
		.until_ms = at_ms + 172800000};
	content->acceptance.marks = &content->mark;
	content->acceptance.mark_count = 1;
	content->acceptance.tombstones = &content->tombstone;
	content->acceptance.tombstone_count = 1;
}

static struct model *model_new(uint64_t seed)
{
	struct model *model = mem_zalloc(sizeof(*model));

	model->random = seed;
	model->at_ms = MODEL_EPOCH;
	buf_init(&model->tombstones, 1 << 20);
	for (int i = 0; i <= MODEL_ALERTS; i++) {
		buf_init(&model->alert[i].receipts, 64 << 20);
		buf_init(&model->alert[i].ends, 1 << 20);
	}
	return model;
}

static void model_free(struct model *model)
{
	for (uint32_t i = 0; i <= MODEL_ALERTS; i++) {
		for (int lane = 0; lane < MODEL_LANES; lane++) {
			for (uint32_t n = 0; n < model->alert[i].lanes[lane].count; n++) {
				free(model->alert[i].lanes[lane].batches[n].excluded);
				free(model->alert[i].lanes[lane].batches[n].refused);
				free(model->alert[i].lanes[lane].batches[n].resolved);
			}
			free(model->alert[i].lanes[lane].batches);
		}
		buf_fini(&model->alert[i].receipts);
		buf_fini(&model->alert[i].ends);
	}
	buf_fini(&model->tombstones);
	free(model);
}

static void model_dump_alert(const struct model *model, uint32_t number, struct buf *out)
{
	const struct model_alert *alert = &model->alert[number];
	struct model_content content;

	model_content(&content, number, alert->accepted_ms);
	content.acceptance.alert.fate = alert->fate;
	content.acceptance.alert.fate_by = alert->fate_by;
	content.acceptance.alert.fate_ms = alert->fate_ms;
	dump_alert(out, &content.acceptance.alert);
	for (int lane = 0; lane < MODEL_LANES; lane++)
		dump_lane(out, number, (uint16_t)lane, &content.lanes[lane]);
	for (int lane = 0; lane < MODEL_LANES; lane++) {
		for (uint32_t i = 0; i < alert->lanes[lane].count; i++)
			dump_batch(out, &alert->lanes[lane].batches[i].content);
	}
	buf_add_text(out, buf_text(&alert->receipts));
	buf_add_text(out, buf_text(&alert->ends));
	buf_printf(out, "D %u\n", number);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The file orders tombstones by id; the model has them as they came. */
static void model_dump_tombstones(const struct model *model, struct buf *out)
{
	char *lines[MODEL_ALERTS];
	size_t count = 0;
	char *copy = mem_strdup(buf_text(&model->tombstones));

	for (char *line = strtok(copy, "\n"); line != NULL; line = strtok(NULL, "\n"))
		lines[count++] = line;
	qsort(lines, count, sizeof(*lines), by_text);
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s\n", lines[i]);
	free(copy);
}

static void model_dump(const struct model *model, struct buf *out)
{
	if (model->switched)
		buf_printf(out, "S %d boss %" PRId64 "\n", model->stopped, model->switch_ms);
	for (int i = 0; i < MODEL_CHANNELS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "ch-%d", i);
		if (model->channel[i].known)
			dump_channel(out,
				&(struct ledger_channel){.name = name,
					.suspended = model->channel[i].suspended,
					.by = model->channel[i].stated ? "crier" : "",
					.reason = model->channel[i].stated ? "signature pending" : "",
					.at_ms = model->channel[i].at_ms,
					.tat_ms = model->channel[i].tat_ms});
	}
	model_dump_tombstones(model, out);
	for (uint32_t i = 1; i <= model->alerts; i++) {
		if (model->alert[i].open)
			model_dump_alert(model, i, out);
	}
}

/* Operations. `ledger` may be NULL: then only the model goes on. */
static void model_accept(struct model *model, struct ledger *ledger, ledger_durable *durable, void *arg)
{
	struct model_content content;
	uint32_t number = ++model->alerts;

	model_content(&content, number, model->at_ms);
	model->alert[number].open = true;
	model->alert[number].accepted_ms = model->at_ms;
	if (content.acceptance.mark_count > 0) {
		struct model_alert *older = &model->alert[content.mark.alert];

		older->fate = content.mark.fate;
		older->fate_by = number;
		older->fate_ms = model->at_ms;
		dump_tombstone(&model->tombstones, &content.tombstone);
	}
	if (ledger != NULL && ledger_accept(ledger, &content.acceptance, durable, arg) != number)
		abort();
}

static uint32_t *model_positions(struct model *model, uint32_t first, uint32_t count, uint32_t *listed)
{
	uint32_t *list = mem_calloc(count, sizeof(*list));

	*listed = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (model_below(model, 8) == 0)
			list[(*listed)++] = first + i;
	}
	return list;
}

/* A new batch of the lane, or its last one again. */
static void model_intent(struct model *model, struct ledger *ledger, uint32_t number, uint16_t lane_number,
	ledger_durable *durable, void *arg)
{
	struct model_lane *lane = &model->alert[number].lanes[lane_number];
	bool again = lane->count > 0 && model_below(model, 4) == 0;
	uint32_t count = 1 + model_below(model, 40);
	uint32_t listed;
	uint32_t *list;

	if (!again && lane->next + count > MODEL_SIZE)
		return;
	if (!again) {
		lane->batches = mem_resize(lane->batches, lane->count + 1, sizeof(*lane->batches));
		lane->batches[lane->count++] = (struct model_batch){
			.content = {.name = {number, lane_number, lane->count}, .first = lane->next, .count = count}};
		lane->next += count;
	}
	struct model_batch *batch = &lane->batches[lane->count - 1];
	struct ledger_batch *content = &batch->content;

	free(batch->excluded);
	free(batch->refused);
	free(batch->resolved);
	list = model_positions(model, content->first, content->count, &listed);
	batch->excluded = mem_calloc(listed, sizeof(*batch->excluded));
	batch->refused = batch->resolved = NULL;
	for (uint32_t i = 0; i < listed; i++)
		batch->excluded[i] = (struct ledger_exclusion){list[i], i % 2 == 0 ? STATE_OPTED_OUT : STATE_GONE};
	free(list);
	*content = (struct ledger_batch){.name = content->name,
		.first = content->first,
		.count = content->count,
		.attempt = content->attempt + 1,
		.tries = content->tries + 1,
		.intent_ms = model->at_ms,
		.excluded = batch->excluded,
		.excluded_count = listed};

	int64_t tat = model_below(model, 3) == 0 ? 0 : model->at_ms + model_below(model, 1000);
	uint32_t channel = (number + lane_number) % MODEL_CHANNELS;
	bool has_channel = !(lane_number == 2 && number % 3 == 0);

	if (tat != 0 && has_channel) {
		model->channel[channel].known = true;
		model->channel[channel].tat_ms = tat;
	}
	if (ledger != NULL)
		ledger_intent(ledger,
			&(struct ledger_intent){.name = content->name,
				.first = content->first,
				.count = content->count,
				.attempt = content->attempt,
				.at_ms = model->at_ms,
				.tat_ms = tat,
				.excluded = batch->excluded,
				.excluded_count = listed},
			durable, arg);
}

static void model_outcome(struct model *model, struct ledger *ledger, uint32_t number, uint16_t lane_number,
	ledger_durable *durable, void *arg)
{
	struct model_lane *lane = &model->alert[number].lanes[lane_number];

	if (lane->count == 0)
		return;
	struct model_batch *batch = &lane->batches[model_below(model, lane->count)];
	struct ledger_batch *content = &batch->content;
	uint32_t kind = model_below(model, 6);

	if (content->settled)
		return;
	content->settled = true;
	content->verdict = (enum verdict)(kind % 4);
	content->class = (enum outcome_class)model_below(model, 8);
	content->held = kind == 4;
	content->split = kind == 5;
	content->outcome_ms = model->at_ms;
	content->provider_id = kind == 0 ? "7f3a-221" : "";
	content->peer = kind % 2 == 0 ? "0: Accepted" : "";
	batch->refused = model_positions(model, content->first, content->count, &content->refused_count);
	content->refused = batch->refused;
	if (ledger != NULL)
		ledger_outcome(ledger,
			&(struct ledger_outcome){.name = content->name,
				.verdict = content->verdict,
				.class = content->class,
				.held = content->held,
				.split = content->split,
				.at_ms = model->at_ms,
				.provider_id = content->provider_id,
				.peer = content->peer,
				.refused = batch->refused,
				.refused_count = content->refused_count},
			durable, arg);
}

static void model_resolve(struct model *model, struct ledger *ledger, uint32_t number, uint16_t lane_number,
	ledger_durable *durable, void *arg)
{
	struct model_lane *lane = &model->alert[number].lanes[lane_number];

	for (uint32_t i = 0; i < lane->count; i++) {
		struct model_batch *batch = &lane->batches[i];
		struct ledger_batch *content = &batch->content;

		if (!content->settled || content->verdict != VERDICT_UNKNOWN ||
			content->resolution != LEDGER_UNRESOLVED)
			continue;
		content->resolution = model_below(model, 2) == 0 ? LEDGER_RESEND : LEDGER_DROP;
		batch->resolved = model_positions(model, content->first, content->count, &content->resolved_count);
		content->resolved = batch->resolved;
		if (ledger != NULL)
			ledger_resolve(ledger, content->name, content->resolution, batch->resolved,
				content->resolved_count, model->at_ms, "operator", durable, arg);
		return;
	}
}

static void model_receipts(struct model *model, struct ledger *ledger, uint32_t number, ledger_durable *durable,
	void *arg)
{
	static const char *const codes[] = {"", "DELIVRD", "UNDELIV", "EXPIRED:0042", "停机"};
	struct ledger_receipt list[50];
	char odd[50][24];
	uint32_t count = 1 + model_below(model, 50);

	for (uint32_t i = 0; i < count; i++) {
		snprintf(odd[i], sizeof(odd[i]), "code-%u", model_below(model, 100));
		list[i] = (struct ledger_receipt){.lane = (uint16_t)model_below(model, MODEL_LANES),
			.position = model_below(model, MODEL_SIZE - 20),
			.count = model_below(model, 10) == 0 ? 20 : 1,
			.state = model_below(model, 3) == 0 ? STATE_FAILED : STATE_DELIVERED,
			.at_ms = model->at_ms - model_below(model, 100000),
			.code = codes[model_below(model, 5)]};
		if (model_below(model, 20) == 0)
			list[i].code = odd[i];
		dump_receipt(&model->alert[number].receipts, number, &list[i]);
	}
	if (ledger != NULL)
		ledger_receipts(ledger, number, list, count, durable, arg);
}

static void model_end(struct model *model, struct ledger *ledger, uint32_t number, uint16_t lane,
	ledger_durable *durable, void *arg)
{
	struct ledger_end end = {.alert = number,
		.lane = lane,
		.from = model->alert[number].lanes[lane].next,
		.state = model_below(model, 2) == 0 ? STATE_EXPIRED : STATE_CANCELLED,
		.at_ms = model->at_ms};

	dump_end(&model->alert[number].ends, &end);
	if (ledger != NULL)
		ledger_lane_end(ledger, &end, durable, arg);
}

static void model_close(struct model *model, struct ledger *ledger, uint32_t number, ledger_durable *durable, void *arg)
{
	struct tally tallies[MODEL_LANES];

	model->alert[number].open = false;
	for (int i = 0; i < MODEL_LANES; i++) {
		tally_init(&tallies[i], MODEL_SIZE, STATE_DELIVERED);
		for (uint32_t at = (uint32_t)i; at < MODEL_SIZE; at += 100)
			tallies[i].states[at] = STATE_FAILED;
	}
	if (ledger != NULL)
		ledger_close_alert(ledger, number, model->at_ms, tallies, MODEL_LANES, durable, arg);
	for (int i = 0; i < MODEL_LANES; i++)
		tally_fini(&tallies[i]);
}

static void model_channel(struct model *model, struct ledger *ledger, ledger_durable *durable, void *arg)
{
	uint32_t i = model_below(model, MODEL_CHANNELS);
	char name[16];

	snprintf(name, sizeof(name), "ch-%u", i);
	model->channel[i].known = model->channel[i].stated = true;
	model->channel[i].suspended = model_below(model, 2) == 0;
	model->channel[i].at_ms = model->at_ms;
	if (ledger != NULL)
		ledger_channel_state(ledger,
			&(struct ledger_channel){.name = name,
				.suspended = model->channel[i].suspended,
				.by = "crier",
				.reason = "signature pending",
				.at_ms = model->at_ms},
			durable, arg);
}

static void model_site(struct model *model, struct ledger *ledger, ledger_durable *durable, void *arg)
{
	model->events++;
	if (model_below(model, 2) == 0) {
		if (ledger != NULL)
			ledger_event(ledger,
				&(struct ledger_event){.at_ms = model->at_ms,
					.who = "wang",
					.kind = "hold",
					.what = "queue"},
				durable, arg);
		return;
	}
	model->switched = true;
	model->stopped = !model->stopped;
	model->switch_ms = model->at_ms;
	if (ledger != NULL)
		ledger_switch(ledger, model->stopped, "boss", model->at_ms, durable, arg);
}

/* An open alert, or 0. */
static uint32_t model_pick(struct model *model)
{
	for (int tries = 0; tries < 20 && model->alerts > 0; tries++) {
		uint32_t number = model->alerts - model_below(model, model->alerts < 12 ? model->alerts : 12);

		if (model->alert[number].open)
			return number;
	}
	return 0;
}

/* One operation. Some do nothing, as chance has it; then nothing is appended either. */
static void model_step(struct model *model, struct ledger *ledger, ledger_durable *durable, void *arg)
{
	uint32_t choice = model_below(model, 100);
	uint32_t number = model_pick(model);
	uint16_t lane = (uint16_t)model_below(model, MODEL_LANES);

	model->at_ms++;
	if ((number == 0 || choice < 2) && model->alerts < MODEL_ALERTS)
		model_accept(model, ledger, durable, arg);
	else if (number == 0)
		model_site(model, ledger, durable, arg);
	else if (choice < 36)
		model_intent(model, ledger, number, lane, durable, arg);
	else if (choice < 70)
		model_outcome(model, ledger, number, lane, durable, arg);
	else if (choice < 85)
		model_receipts(model, ledger, number, durable, arg);
	else if (choice < 90)
		model_resolve(model, ledger, number, lane, durable, arg);
	else if (choice < 93)
		model_end(model, ledger, number, lane, durable, arg);
	else if (choice == 93)
		model_close(model, ledger, number, durable, arg);
	else if (choice < 97)
		model_channel(model, ledger, durable, arg);
	else
		model_site(model, ledger, durable, arg);
}

#endif
