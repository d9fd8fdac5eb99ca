/* Questions: alerts, chains, tombstones, lanes, batches, unknowns, histories, schedules, the audit trail, pruning. */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ledger/audit.h"
#include "ledger/history.h"
#include "ledger/query.h"
#include "testing/folder.h"
#include "testing/turns.h"

#define EPOCH INT64_C(1795000000000)

struct site {
	struct folder folder;
	struct loop *loop;
	struct ledger *ledger;
	struct buf out;
	unsigned int most; /* visits before the visitor ends it; 0: never */
};

static void open_ledger(struct site *site)
{
	struct problems problems;

	problems_init(&problems);
	site->loop = loop_new();
	assert_int_equal(ledger_open(site->loop, folder_at(&site->folder, "state"), &site->ledger, &problems),
		RESULT_OK);
	problems_fini(&problems);
}

static void close_ledger(struct site *site)
{
	ledger_close(site->ledger, NULL, NULL);
	turns_end(&site->loop);
}

static int set_up(void **state)
{
	struct site *site = mem_zalloc(sizeof(*site));

	folder_make(&site->folder);
	buf_init(&site->out, 1 << 20);
	open_ledger(site);
	*state = site;
	return 0;
}

static int tear_down(void **state)
{
	struct site *site = *state;

	close_ledger(site);
	buf_fini(&site->out);
	folder_remove(&site->folder);
	free(site);
	return 0;
}

/* What was found, as text, since the last time. */
static void assert_found(struct site *site, const char *expected)
{
	assert_string_equal(buf_text(&site->out), expected);
	buf_clear(&site->out);
}

static bool on_alert(void *arg, const struct ledger_alert *alert)
{
	struct site *site = arg;

	buf_printf(&site->out, "%u:%s:%s%s%s ", alert->number, alert->id, ledger_state_name(alert->state),
		alert->fate == LEDGER_STANDS ? "" : "/", ledger_fate_name(alert->fate));
	return site->most == 0 || --site->most > 0;
}

static bool on_lane(void *arg, uint32_t alert, uint16_t lane, const struct ledger_lane *content, const uint32_t *counts)
{
	struct site *site = arg;

	buf_printf(&site->out, "%u-%u:%s:%s", alert, lane, content->channel == NULL ? "-" : content->channel,
		content->message == NULL ? "-" : content->message->text);
	/* The set of a lane of millions would be read for nothing. */
	assert_null(content->set);
	if (counts != NULL)
		buf_printf(&site->out, ":d%u:f%u", counts[STATE_DELIVERED], counts[STATE_FAILED]);
	buf_add_byte(&site->out, ' ');
	return true;
}

static bool on_batch(void *arg, const struct ledger_batch *batch)
{
	struct site *site = arg;
	char name[32];

	buf_printf(&site->out, "%s:%u+%u:%s ", batch_text(batch->name, name), batch->first, batch->count,
		batch->settled ? verdict_name(batch->verdict) : "doubt");
	return true;
}

static bool on_tombstone(void *arg, const struct ledger_tombstone *tombstone)
{
	struct site *site = arg;

	buf_printf(&site->out, "%s:%s:%d:%u ", tombstone->id, tombstone->sender == NULL ? "-" : tombstone->sender,
		tombstone->drill, tombstone->alert);
	return true;
}

static struct ledger_alert alert_called(const char *id, int64_t at_ms)
{
	return (struct ledger_alert){.id = id,
		.sender = "yushan",
		.digest = "d1",
		.accepted_ms = at_ms,
		.urgency = URGENCY_TODAY,
		.document = "text",
		.document_size = 4};
}

/* One lane of `size` residents whose set is the text `set`: a letter for each. */
static uint32_t accept_on(struct site *site, const char *channel, const char *id, const char *set, int64_t at_ms)
{
	struct message message = {.medium = MEDIUM_SMS, .text = mem_printf("text of %s", id), .parts = 1};
	struct ledger_lane lanes[2] = {
		{.channel = channel,
			.medium = MEDIUM_SMS,
			.audience = "all",
			.basis = "list",
			.message = &message,
			.set = set,
			.set_size = strlen(set),
			.size = (uint32_t)strlen(set),
			.state = STATE_WAITING},
		{.channel = NULL,
			.medium = MEDIUM_SMS,
			.set = "zy",
			.set_size = 2,
			.size = 2,
			.state = STATE_OPTED_OUT},
	};
	struct ledger_acceptance acceptance = {.alert = alert_called(id, at_ms), .lanes = lanes, .lane_count = 2};
	uint32_t number = ledger_accept(site->ledger, &acceptance, NULL, NULL);

	free(message.text);
	return number;
}

static uint32_t accept(struct site *site, const char *id, const char *set, int64_t at_ms)
{
	return accept_on(site, "sms", id, set, at_ms);
}

static void send(struct site *site, uint32_t alert, uint32_t number, uint32_t first, uint32_t count, int verdict)
{
	struct batch_name name = {alert, 0, number};

	ledger_intent(site->ledger,
		&(struct ledger_intent){.name = name,
			.first = first,
			.count = count,
			.attempt = 1,
			.at_ms = EPOCH + number * 1000,
			.tat_ms = EPOCH + number},
		NULL, NULL);
	if (verdict < 0)
		return;
	ledger_outcome(site->ledger,
		&(struct ledger_outcome){.name = name,
			.verdict = (enum verdict)verdict,
			.at_ms = EPOCH + number * 1000 + 1,
			.provider_id = "p1"},
		NULL, NULL);
}

static void close_alert(struct site *site, uint32_t alert, uint32_t size, int64_t at_ms)
{
	struct tally tallies[2];

	tally_init(&tallies[0], size, STATE_IN_FLIGHT);
	tally_init(&tallies[1], 2, STATE_OPTED_OUT);
	tally_move_all(&tallies[0], 0, size, STATE_IN_FLIGHT, STATE_DELIVERED);
	ledger_close_alert(site->ledger, alert, at_ms, tallies, 2, NULL, NULL);
	tally_fini(&tallies[0]);
	tally_fini(&tallies[1]);
}

static void alerts_are_found_and_listed(void **state)
{
	struct site *site = *state;
	struct ledger_filter filter = {.most = 100};

	for (int i = 1; i <= 5; i++) {
		char id[24];

		snprintf(id, sizeof(id), "a%d", i);
		assert_int_equal(accept(site, id, "abc", EPOCH + i), i);
	}
	close_alert(site, 2, 3, EPOCH + 50);
	turns_settle(site->loop);
	assert_int_equal(ledger_find_alert(site->ledger, "a3", on_alert, site), RESULT_OK);
	assert_found(site, "3:a3:open ");
	assert_int_equal(ledger_find_alert(site->ledger, "nobody", on_alert, site), RESULT_NOT_FOUND);
	assert_int_equal(ledger_get_alert(site->ledger, 2, on_alert, site), RESULT_OK);
	assert_found(site, "2:a2:closed ");
	assert_int_equal(ledger_list_alerts(site->ledger, &filter, on_alert, site), RESULT_OK);
	assert_found(site, "5:a5:open 4:a4:open 3:a3:open 2:a2:closed 1:a1:open ");
	filter = (struct ledger_filter){.open = true, .before = 4, .most = 2};
	ledger_list_alerts(site->ledger, &filter, on_alert, site);
	assert_found(site, "3:a3:open 1:a1:open ");
	filter = (struct ledger_filter){.from_ms = EPOCH + 2, .to_ms = EPOCH + 4, .most = 9};
	ledger_list_alerts(site->ledger, &filter, on_alert, site);
	assert_found(site, "3:a3:open 2:a2:closed ");
	site->most = 1;
	filter = (struct ledger_filter){.most = 9};
	ledger_list_alerts(site->ledger, &filter, on_alert, site);
	assert_found(site, "5:a5:open ");
}

static void an_id_is_known_before_it_is_durable(void **state)
{
	struct site *site = *state;
	uint32_t number = 0;
	char digest[65];

	assert_int_equal(ledger_known(site->ledger, "a1", &number, digest), RESULT_NOT_FOUND);
	accept(site, "a1", "abc", EPOCH);
	assert_int_equal(ledger_known(site->ledger, "a1", &number, digest), RESULT_OK);
	assert_int_equal(number, 1);
	assert_string_equal(digest, "d1");
	loop_step(site->loop);
	accept(site, "a2", "abc", EPOCH);
	assert_int_equal(ledger_known(site->ledger, "a1", &number, NULL), RESULT_OK);
	assert_int_equal(ledger_known(site->ledger, "a2", &number, NULL), RESULT_OK);
	turns_settle(site->loop);
	assert_int_equal(ledger_known(site->ledger, "a1", &number, digest), RESULT_OK);
	assert_string_equal(digest, "d1");
	close_ledger(site);
	open_ledger(site);
	assert_int_equal(ledger_known(site->ledger, "a2", &number, NULL), RESULT_OK);
	assert_int_equal(number, 2);
	assert_int_equal(accept(site, "a3", "abc", EPOCH), 3);
}

static void an_update_marks_what_it_replaces_and_remembers_what_never_came(void **state)
{
	struct site *site = *state;
	char *ids[] = {"a1", "lost", NULL};
	struct ledger_mark mark = {1, LEDGER_UPDATED};
	struct ledger_tombstone tombstone = {.id = "lost", .sender = "yushan", .until_ms = EPOCH + 100};
	struct ledger_acceptance acceptance = {.alert = alert_called("a2", EPOCH),
		.marks = &mark,
		.mark_count = 1,
		.tombstones = &tombstone,
		.tombstone_count = 1};

	acceptance.alert.supersedes = ids;
	accept(site, "a1", "abc", EPOCH);
	assert_int_equal(ledger_accept(site->ledger, &acceptance, NULL, NULL), 2);
	mark = (struct ledger_mark){2, LEDGER_CANCELLED};
	acceptance.alert = alert_called("a3", EPOCH);
	acceptance.tombstone_count = 0;
	ledger_accept(site->ledger, &acceptance, NULL, NULL);
	turns_settle(site->loop);
	ledger_get_alert(site->ledger, 1, on_alert, site);
	ledger_get_alert(site->ledger, 2, on_alert, site);
	assert_found(site, "1:a1:open/updated 2:a2:open/cancelled ");
	assert_int_equal(ledger_newest_of_chain(site->ledger, 1, on_alert, site), RESULT_OK);
	assert_found(site, "3:a3:open ");
	assert_int_equal(ledger_newest_of_chain(site->ledger, 3, on_alert, site), RESULT_NOT_FOUND);
	assert_int_equal(ledger_find_tombstone(site->ledger, "lost", EPOCH + 100, on_tombstone, site), RESULT_OK);
	assert_found(site, "lost:yushan:0:2 ");
	assert_int_equal(ledger_find_tombstone(site->ledger, "lost", EPOCH + 101, on_tombstone, site),
		RESULT_NOT_FOUND);
	ledger_mark(site->ledger, 3, LEDGER_CANCELLED, EPOCH + 7, NULL, NULL);
	turns_settle(site->loop);
	ledger_get_alert(site->ledger, 3, on_alert, site);
	assert_found(site, "3:a3:open/cancelled ");
}

static void whoever_names_an_id_before_it_comes_is_remembered_for_himself(void **state)
{
	struct site *site = *state;
	const struct ledger_tombstone tombstones[] = {
		{.id = "lost", .sender = "yushan", .until_ms = EPOCH + 100},
		{.id = "lost", .sender = "yushan", .drill = true, .until_ms = EPOCH + 100},
		{.id = "lost", .sender = "kunshan", .until_ms = EPOCH + 100},
		{.id = "lost", .sender = "yushan", .until_ms = EPOCH + 200},
		{.id = "lost", .sender = "yushan", .until_ms = EPOCH + 150}, /* shortens nothing */
	};

	for (size_t i = 0; i < sizeof(tombstones) / sizeof(tombstones[0]); i++) {
		char id[8];
		snprintf(id, sizeof(id), "a%zu", i);
		struct ledger_acceptance acceptance = {.alert = alert_called(id, EPOCH),
			.tombstones = &tombstones[i],
			.tombstone_count = 1};
		ledger_accept(site->ledger, &acceptance, NULL, NULL);
	}
	turns_settle(site->loop);
	assert_int_equal(ledger_find_tombstone(site->ledger, "lost", EPOCH, on_tombstone, site), RESULT_OK);
	assert_found(site, "lost:kunshan:0:3 lost:yushan:0:5 lost:yushan:1:2 ");
	assert_int_equal(ledger_find_tombstone(site->ledger, "lost", EPOCH + 200, on_tombstone, site), RESULT_OK);
	assert_found(site, "lost:yushan:0:5 ");
}

static void lanes_and_batches_are_listed(void **state)
{
	struct site *site = *state;
	uint8_t states[3];

	accept(site, "a1", "abc", EPOCH);
	send(site, 1, 1, 0, 2, VERDICT_ACCEPTED);
	send(site, 1, 2, 2, 1, VERDICT_UNKNOWN);
	send(site, 1, 3, 2, 1, -1);
	accept(site, "a2", "def", EPOCH + 1);
	send(site, 2, 1, 0, 3, VERDICT_UNKNOWN);
	turns_settle(site->loop);
	ledger_list_lanes(site->ledger, 1, on_lane, site);
	assert_found(site, "1-0:sms:text of a1 1-1:-:- ");
	ledger_list_batches(site->ledger, (struct batch_name){1, 0, 0}, 2, on_batch, site);
	assert_found(site, "1-0-1:0+2:accepted 1-0-2:2+1:unknown ");
	ledger_list_batches(site->ledger, (struct batch_name){1, 0, 2}, 9, on_batch, site);
	assert_found(site, "1-0-3:2+1:doubt ");
	ledger_covering_batches(site->ledger, 1, 0, 2, on_batch, site);
	assert_found(site, "1-0-2:2+1:unknown 1-0-3:2+1:doubt ");
	ledger_list_unknown(site->ledger, (struct batch_name){0}, 9, on_batch, site);
	assert_found(site, "1-0-2:2+1:unknown 2-0-1:0+3:unknown ");
	ledger_resolve(site->ledger, (struct batch_name){1, 0, 2}, LEDGER_RESEND, (uint32_t[]){2}, 1, EPOCH, "wang",
		NULL, NULL);
	assert_int_equal(ledger_lane_states(site->ledger, 1, 0, states, 3), RESULT_NOT_FOUND);
	close_alert(site, 1, 3, EPOCH + 50);
	turns_settle(site->loop);
	ledger_list_unknown(site->ledger, (struct batch_name){0}, 9, on_batch, site);
	assert_found(site, "2-0-1:0+3:unknown ");
	close_alert(site, 2, 3, EPOCH + 60);
	turns_settle(site->loop);
	ledger_list_unknown(site->ledger, (struct batch_name){0}, 9, on_batch, site);
	assert_found(site, "");
	ledger_list_lanes(site->ledger, 1, on_lane, site);
	assert_found(site, "1-0:sms:text of a1:d3:f0 1-1:-:-:d0:f0 ");
	assert_int_equal(ledger_lane_states(site->ledger, 1, 0, states, 3), RESULT_OK);
	assert_int_equal(states[2], STATE_DELIVERED);
}

/* The set is a text of letters, the resident a letter. */
struct resident {
	struct site *site;
	char letter;
};

static int64_t locate(void *arg, const void *set, size_t size)
{
	const struct resident *resident = arg;
	const char *at = memchr(set, resident->letter, size);

	return at == NULL ? -1 : at - (const char *)set;
}

static bool on_history(void *arg, const struct ledger_history *entry)
{
	const struct resident *resident = arg;

	buf_printf(&resident->site->out, "%u-%u@%u:%s%s:%u:%lld:%s:%s ", entry->alert->number, entry->lane,
		entry->position, state_name(entry->state), entry->final ? "!" : "",
		entry->batch == NULL ? 0 : entry->batch->name.number,
		(long long)(entry->receipt_ms == 0 ? 0 : entry->receipt_ms - EPOCH), entry->code,
		entry->content->message == NULL ? "-" : entry->content->message->text);
	return true;
}

static void a_residents_history_tells_text_time_and_end(void **state)
{
	struct site *site = *state;
	struct resident resident = {site, 'b'};
	struct ledger_receipt receipts[] = {
		{.position = 0, .count = 1, .state = STATE_FAILED, .at_ms = EPOCH + 5, .code = "OFF"},
		{.position = 1, .count = 2, .state = STATE_HELD, .at_ms = EPOCH + 6, .code = "HELD"},
		{.position = 1, .count = 1, .state = STATE_DELIVERED, .at_ms = EPOCH + 7, .code = "OK"},
	};
	uint32_t next;

	accept(site, "a1", "abc", EPOCH);
	send(site, 1, 1, 0, 3, VERDICT_ACCEPTED);
	ledger_receipts(site->ledger, 1, receipts, 3, NULL, NULL);
	close_alert(site, 1, 3, EPOCH + 50);
	accept(site, "a2", "cab", EPOCH + 1);
	accept(site, "a3", "xyz", EPOCH + 2);
	turns_settle(site->loop);
	assert_int_equal(ledger_history(site->ledger, 0, 10, locate, on_history, &resident, &next), RESULT_OK);
	assert_found(site, "2-0@2:waiting:0:0::text of a2 1-0@1:delivered!:1:7:OK:text of a1 ");
	assert_int_equal(next, 0);
	ledger_history(site->ledger, 0, 2, locate, on_history, &resident, &next);
	assert_found(site, "2-0@2:waiting:0:0::text of a2 ");
	assert_int_equal(next, 2);
	ledger_history(site->ledger, next, 2, locate, on_history, &resident, &next);
	assert_found(site, "1-0@1:delivered!:1:7:OK:text of a1 ");
	resident.letter = 'y';
	ledger_history(site->ledger, 0, 1, locate, on_history, &resident, &next);
	assert_found(site, "3-0@1:waiting:0:0::text of a3 3-1@1:opted-out:0:0::- ");
}

static bool on_recent(void *arg, const struct ledger_alert *alert, uint16_t lane, const struct ledger_lane *content,
	const uint32_t *counts)
{
	struct site *site = arg;

	buf_printf(&site->out, "%u-%u:%.*s:%d ", alert->number, lane, (int)content->set_size,
		(const char *)content->set, counts != NULL);
	return true;
}

static void recent_lanes_are_those_that_count_for_limits(void **state)
{
	struct site *site = *state;
	struct ledger_lane lane = {.channel = "sms", .medium = MEDIUM_SMS, .set = "q", .set_size = 1, .size = 1};
	struct ledger_acceptance urgent = {.alert = alert_called("a4", EPOCH), .lanes = &lane, .lane_count = 1};

	urgent.alert.urgency = URGENCY_IMMEDIATE;
	accept(site, "a1", "abc", EPOCH);
	send(site, 1, 1, 0, 3, VERDICT_ACCEPTED);
	close_alert(site, 1, 3, EPOCH + 50);
	accept(site, "a2", "def", EPOCH);
	send(site, 2, 9, 0, 3, VERDICT_ACCEPTED);
	close_alert(site, 2, 3, EPOCH + 50);
	accept(site, "a3", "ghi", EPOCH);
	ledger_accept(site->ledger, &urgent, NULL, NULL);
	turns_settle(site->loop);
	assert_int_equal(ledger_list_recent(site->ledger, EPOCH + 1001, on_recent, site), RESULT_OK);
	assert_found(site, "2-0:def:1 3-0:ghi:0 ");
	ledger_list_recent(site->ledger, EPOCH + 1000, on_recent, site);
	assert_found(site, "1-0:abc:1 2-0:def:1 3-0:ghi:0 ");
}

static void occurrences_of_a_schedule_come_newest_first(void **state)
{
	struct site *site = *state;

	for (int i = 1; i <= 4; i++) {
		char id[24];
		struct ledger_lane lane = {.channel = "group", .medium = MEDIUM_WECOM, .size = 1};
		struct ledger_acceptance acceptance = {.alert = alert_called(id, EPOCH + i),
			.lanes = &lane,
			.lane_count = 1};

		snprintf(id, sizeof(id), "weekly-%d", i);
		acceptance.alert.schedule = i == 3 ? "other" : "weekly";
		acceptance.alert.occurrence_ms = EPOCH + (i == 1 ? 900 : i);
		acceptance.alert.state = i == 4 ? LEDGER_STORED : LEDGER_OPEN;
		ledger_accept(site->ledger, &acceptance, NULL, NULL);
	}
	turns_settle(site->loop);
	ledger_list_occurrences(site->ledger, "weekly", 2, on_alert, site);
	assert_found(site, "1:weekly-1:open 4:weekly-4:stored ");
	/* However many other alerts came to the group after them. */
	accept_on(site, "group", "a1", "abc", EPOCH);
	accept_on(site, "group", "a2", "abc", EPOCH);
	turns_settle(site->loop);
	ledger_list_reminders(site->ledger, "group", 2, on_lane, site);
	assert_found(site, "4-0:group:- 3-0:group:- ");
}

static void run_sql(struct site *site, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(folder_at(&site->folder, "state/ledger.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static bool on_event(void *arg, const struct ledger_event *event)
{
	struct site *site = arg;

	buf_printf(&site->out, "%llu:%s:%s ", (unsigned long long)event->seq, event->who, event->kind);
	return true;
}

static void a_changed_or_missing_event_breaks_the_chain(void **state)
{
	struct site *site = *state;
	uint64_t checked, seq;
	char seal[65];

	assert_int_equal(ledger_audit(site->ledger, &checked, &seq, seal), RESULT_OK);
	assert_string_equal(seal, "");
	ledger_event(site->ledger, &(struct ledger_event){.at_ms = EPOCH, .who = "wang", .kind = "hold"}, NULL, NULL);
	ledger_switch(site->ledger, true, "li", EPOCH + 1, NULL, NULL);
	ledger_switch(site->ledger, false, "li", EPOCH + 2, NULL, NULL);
	ledger_event(site->ledger,
		&(struct ledger_event){.at_ms = EPOCH, .who = "wang", .kind = "cancel", .what = "a1"}, NULL, NULL);
	turns_settle(site->loop);
	ledger_list_events(site->ledger, 1, 2, on_event, site);
	assert_found(site, "2:li:stop 3:li:start ");
	ledger_list_last_events(site->ledger, 2, on_event, site);
	assert_found(site, "4:wang:cancel 3:li:start ");
	assert_int_equal(ledger_audit(site->ledger, &checked, &seq, seal), RESULT_OK);
	assert_int_equal(checked, 4);
	assert_int_equal(strlen(seal), 64);
	run_sql(site, "UPDATE event SET who = 'zhao' WHERE seq = 3");
	assert_int_equal(ledger_audit(site->ledger, &checked, &seq, NULL), RESULT_CORRUPT);
	assert_int_equal(seq, 3);
	run_sql(site, "UPDATE event SET who = 'li' WHERE seq = 3; DELETE FROM event WHERE seq = 2");
	assert_int_equal(ledger_audit(site->ledger, &checked, &seq, NULL), RESULT_CORRUPT);
	assert_int_equal(seq, 2);
}

static void on_pruned(void *arg, enum result result)
{
	*(bool *)arg = result == RESULT_OK;
}

static void on_receipts(void *arg, uint32_t alert, const struct ledger_receipt *receipts, size_t count)
{
	(void)receipts;
	buf_printf(&((struct site *)arg)->out, "%u:%zu ", alert, count);
}

static void pruning_drops_old_receipts_step_by_step(void **state)
{
	static const struct ledger_replay events = {.receipts = on_receipts};
	struct site *site = *state;
	struct resident resident = {site, 'b'};
	struct ledger_receipt *many = mem_calloc(10000, sizeof(*many));
	struct problems problems;
	bool pruned = false;
	uint32_t next;

	problems_init(&problems);
	for (int i = 0; i < 10000; i++)
		many[i] = (struct ledger_receipt){.position = 1,
			.count = 1,
			.state = STATE_DELIVERED,
			.at_ms = EPOCH + i};
	accept(site, "a1", "abc", EPOCH);
	accept(site, "a2", "abc", EPOCH);
	send(site, 1, 1, 0, 3, VERDICT_ACCEPTED);
	/* More blocks than one step drops. */
	for (int i = 0; i < 200; i++)
		ledger_receipts(site->ledger, 1, many, 10000, NULL, NULL);
	ledger_receipts(site->ledger, 2, many, 5, NULL, NULL);
	close_alert(site, 1, 3, EPOCH + 50);
	ledger_prune(site->ledger, EPOCH + 50, EPOCH, on_pruned, &pruned);
	assert_true(turns_until_set(site->loop, &pruned));
	ledger_history(site->ledger, 2, 1, locate, on_history, &resident, &next);
	assert_found(site, "1-0@1:delivered!:1:9999::text of a1 ");
	pruned = false;
	ledger_prune(site->ledger, EPOCH + 51, EPOCH, on_pruned, &pruned);
	assert_true(turns_until_set(site->loop, &pruned));
	ledger_history(site->ledger, 2, 1, locate, on_history, &resident, &next);
	assert_found(site, "1-0@1:delivered!:1:0::text of a1 ");
	assert_int_equal(ledger_replay(site->ledger, &events, site, &problems), RESULT_OK);
	assert_found(site, "2:5 ");
	problems_fini(&problems);
	free(many);
}

static void views_for_people_answer(void **state)
{
	struct site *site = *state;

	accept(site, "a1", "abc", EPOCH);
	send(site, 1, 1, 0, 3, VERDICT_UNKNOWN);
	ledger_switch(site->ledger, true, "li", EPOCH, NULL, NULL);
	turns_settle(site->loop);
	run_sql(site,
		"SELECT accepted FROM v_alert; SELECT text FROM v_lane; SELECT sent FROM v_batch;"
		"SELECT name FROM v_unknown; SELECT at FROM v_channel; SELECT at FROM v_event");
}

/* A question in the middle of writing sees whole commits. */
struct watching {
	struct site *site;
	unsigned int left, seen, wrong;
};

static bool on_watched(void *arg, const struct ledger_batch *batch)
{
	struct watching *watching = arg;

	watching->wrong += batch->name.number != ++watching->seen;
	return true;
}

static void on_written(void *arg, enum result result)
{
	struct watching *watching = arg;

	watching->left--;
	watching->wrong += result != RESULT_OK;
}

static void a_reader_sees_whole_commits_while_the_writer_writes(void **state)
{
	struct site *site = *state;
	struct watching watching = {.site = site, .left = 5000};
	unsigned int before = 0;
	uint32_t number = 0;

	accept(site, "a1", "abc", EPOCH);
	while (watching.left > 0) {
		for (int i = 0; i < 50 && number < 5000; i++)
			ledger_intent(site->ledger,
				&(struct ledger_intent){.name = {1, 0, ++number}, .count = 1, .attempt = 1}, on_written,
				&watching);
		loop_turn(site->loop);
		unsigned int durable = 5000 - watching.left;

		watching.seen = 0;
		assert_int_equal(ledger_list_batches(site->ledger, (struct batch_name){1, 0, 0}, 10000, on_watched,
					 &watching),
			RESULT_OK);
		assert_true(watching.seen >= durable && watching.seen >= before);
		before = watching.seen;
	}
	assert_int_equal(watching.wrong, 0);
	assert_int_equal(before, 5000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(alerts_are_found_and_listed),
		TEST(an_id_is_known_before_it_is_durable),
		TEST(an_update_marks_what_it_replaces_and_remembers_what_never_came),
		TEST(whoever_names_an_id_before_it_comes_is_remembered_for_himself),
		TEST(lanes_and_batches_are_listed),
		TEST(a_residents_history_tells_text_time_and_end),
		TEST(recent_lanes_are_those_that_count_for_limits),
		TEST(occurrences_of_a_schedule_come_newest_first),
		TEST(a_changed_or_missing_event_breaks_the_chain),
		TEST(pruning_drops_old_receipts_step_by_step),
		TEST(views_for_people_answer),
		TEST(a_reader_sees_whole_commits_while_the_writer_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
