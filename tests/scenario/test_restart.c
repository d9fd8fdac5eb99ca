/*
 * Killed and started again, in the middle of everything (design.md, promises 1, 2 and 4): nobody is lost, nobody is told
 * twice, what is in doubt is listed and bounded, and what was decided stays decided.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "ledger/ledger.h"
#include "stage.h"
#include "testing/clock.h"

enum { PEOPLE = 1000, POOL = 400, WINDOW = 4, BATCH = 10 }; /* 200 elderly, 250 students, 50 of them both */

#define GATEWAY "rate = \"100/s\"; window = 4; batch = 10; timeout = \"10s\";"

static struct stage stage;

static int set_up(void **state)
{
	stage_open(&stage, "2026-11-23T10:00:00");
	stage_roster(&stage, PEOPLE);
	return 0;
}

static int tear_down(void **state)
{
	stage_close(&stage);
	return 0;
}

static struct world_peer *gateway(void)
{
	return world_peer_find(stage.world, "sms");
}

static void restart(void)
{
	stage_kill(&stage);
	stage_start(&stage);
}

static long long people(const char *id, const char *state)
{
	return stage_residents(&stage, id, state);
}

static uint64_t phones(void)
{
	struct world_reach reach;

	world_reached(stage.world, NULL, &reach);
	return reach.phones;
}

static bool nothing_waits(struct stage *s)
{
	return people("A1", "waiting") == 0 && people("A1", "in-flight") == 0;
}

static bool all_sent(struct stage *s)
{
	return nothing_waits(s) && people("A1", "accepted") == 0;
}

static bool nobody_in_doubt(struct stage *s)
{
	return all_sent(s) && people("A1", "unknown") == 0;
}

/*
 * What must hold of an alert once nothing waits any more. Every text gets a receipt in time, so whoever has none and is
 * not in doubt was never told: that would be somebody lost.
 */
static void check_settled(const char *id, unsigned int kills)
{
	long long told = people(id, "delivered") + people(id, "accepted"), doubt = people(id, "unknown");

	assert_int_equal(stage_adds_up(&stage, id), POOL);
	assert_int_equal(told + doubt, POOL);
	assert_in_range(phones(), told, told + doubt);
	if (doubt > (long long)kills * WINDOW * BATCH)
		fail_msg("%lld in doubt after %u kills", doubt, kills);
	stage_nobody_twice(&stage, PEOPLE);
}

/* One life after another, each `turns` long, the first few in a row too short to do anything. */
static void a_broadcast_survives_kills_at_any_turn(void **state)
{
	static const unsigned int turns[] = {3, 11, 17, 26, 41, 77, 150, 333};

	stage_config(&stage, GATEWAY, "");
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		unsigned int kills = 0;
		char name[16];
		snprintf(name, sizeof(name), "a%zu.cfg", i);
		stage_start(&stage);
		stage_drop(&stage, name, "A1", "immediate", "");
		while (kills < 20 && !(kills > 3 && nothing_waits(&stage))) {
			stage_turns(&stage, turns[i]);
			restart();
			kills++;
		}
		stage_until(&stage, nothing_waits, "everything is sent");
		stage_pass(&stage, 30000);
		check_settled("A1", kills);
		/* From the beginning, in another place. */
		stage_close(&stage);
		set_up(NULL);
		stage_config(&stage, GATEWAY, "");
	}
}

/* The words that the ledger has for its steps (ledger.h). */
static void a_broadcast_survives_kills_at_every_kind_of_step(void **state)
{
	static const char *const steps[] = {"after accept", "before intent", "after intent", "before outcome",
		"after outcome", "before receipt", "after receipt", "told"};
	unsigned int kills = 0;

	stage_config(&stage, GATEWAY, "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		for (unsigned int nth = 1; nth <= 2; nth++) {
			if (strcmp(steps[i], "after accept") == 0 && nth > 1)
				break;
			if (!stage_steps(&stage, steps[i], nth))
				fail_msg("no %s came", steps[i]);
			restart();
			kills++;
		}
	}
	stage_until(&stage, nothing_waits, "everything is sent");
	stage_pass(&stage, 30000);
	check_settled("A1", kills);
}

static void nobody_is_asked_for_at_a_higher_rate_than_allowed(void **state)
{
	stage_config(&stage, "rate = \"50/s\"; window = 4; batch = 10;", "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	for (unsigned int kills = 0; kills < 40; kills++) {
		stage_turns(&stage, 40 + kills % 7 * 9);
		restart();
	}
	stage_until(&stage, nothing_waits, "everything is sent");
	/* The burst is one batch. */
	uint32_t parts = 0;
	assert_non_null(world_text(stage.world, 0, NULL, &parts));
	assert_in_range(world_most_in(gateway(), 1000), 1, 50 + BATCH * parts);
	assert_in_range(world_most_in(gateway(), 3000), 1, 150 + BATCH * parts);
}

static void an_update_and_a_cancel_survive_kills(void **state)
{
	struct world_reach before, after;

	stage_config(&stage, "rate = \"40/s\"; window = 4; batch = 10;", "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 3000);
	stage_drop(&stage, "b.cfg", "A2", "immediate",
		"action = \"update\"; supersedes = [ \"A1\" ];"
		" text: { sms = \"新的手法：先让您下载会议软件。\"; };");
	for (unsigned int kills = 0; kills < 12; kills++) {
		stage_turns(&stage, 5 + kills * 4);
		restart();
	}
	stage_pass(&stage, 2000);
	assert_true(people("A1", "cancelled") > 0);
	assert_true(nothing_waits(&stage));
	assert_int_equal(stage_adds_up(&stage, "A1"), POOL);
	stage_drop(&stage, "c.cfg", "A3", "immediate", "action = \"cancel\"; supersedes = [ \"A2\" ];");
	for (unsigned int kills = 0; kills < 12; kills++) {
		stage_turns(&stage, 5 + kills * 4);
		restart();
	}
	stage_pass(&stage, 2000);
	assert_true(people("A2", "cancelled") > 0);
	assert_int_equal(people("A2", "waiting"), 0);
	assert_int_equal(stage_adds_up(&stage, "A2"), POOL);
	world_reached(stage.world, NULL, &before);
	stage_pass(&stage, 60000);
	restart();
	stage_pass(&stage, 60000);
	world_reached(stage.world, NULL, &after);
	assert_int_equal(before.texts, after.texts);
	stage_nobody_twice(&stage, PEOPLE);
}

/* With nothing under way, a restart changes no sum, whatever the gateway did before. */
static void sums_are_the_same_after_a_restart(void **state)
{
	static const struct {
		enum world_fault fault;
		uint32_t permille;
	} faults[] = {
		{WORLD_FAULT_ERROR, 300},
		{WORLD_FAULT_ERROR_TAKEN, 300},
		{WORLD_FAULT_LIE_ERROR, 200},
		{WORLD_FAULT_RESET_AFTER, 100},
		{WORLD_FAULT_CUT, 100},
		{WORLD_FAULT_HANG, 50},
		{WORLD_FAULT_DROP, 200},
		{WORLD_FAULT_UNDELIVERED, 300},
		{WORLD_FAULT_RECEIPT_MISSING, 300},
		{WORLD_FAULT_RECEIPT_DOUBLE, 300},
	};

	stage_config(&stage, GATEWAY, "");
	stage_start(&stage);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		char name[16], id[16];
		snprintf(name, sizeof(name), "f%zu.cfg", i);
		snprintf(id, sizeof(id), "F%zu", i);
		world_fault_set(gateway(), faults[i].fault, 0, faults[i].permille);
		world_fault_set(gateway(), WORLD_FAULT_LATENCY, 500, 0); /* receipts overtake answers */
		stage_drop(&stage, name, id, "immediate", "");
		stage_pass(&stage, 3000);
		json_decref(stage_ask(&stage, "optout add", json_pack("{s:s}", "phone", "13800000995"), NULL));
		json_decref(stage_ask(&stage, "channel suspend", json_pack("{s:s}", "name", "sms"), NULL));
		stage_pass(&stage, 20000);
		char *before = stage_sums(&stage, id);
		restart();
		char *after = stage_sums(&stage, id);
		if (strcmp(before, after) != 0)
			fail_msg("%s: before %s\nafter %s", world_fault_name(faults[i].fault), before, after);
		free(before);
		free(after);
		json_decref(stage_ask(&stage, "alert cancel", json_pack("{s:s}", "id", id), NULL));
		json_decref(stage_ask(&stage, "channel resume", json_pack("{s:s}", "name", "sms"), NULL));
		world_fault_clear(gateway());
	}
}

static void an_opt_out_of_a_batch_that_is_tried_again_stays_one(void **state)
{
	stage_config(&stage, GATEWAY, "");
	stage_start(&stage);
	json_decref(stage_ask(&stage, "channel suspend", json_pack("{s:s}", "name", "sms"), NULL));
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 1000);
	json_decref(stage_ask(&stage, "optout add", json_pack("{s:s}", "phone", "13800000000"), NULL));
	json_decref(stage_ask(&stage, "optout add", json_pack("{s:s}", "phone", "13800000005"), NULL));
	world_fault_set(gateway(), WORLD_FAULT_THROTTLE_ODD, 6, 0);
	json_decref(stage_ask(&stage, "channel resume", json_pack("{s:s}", "name", "sms"), NULL));
	stage_until(&stage, all_sent, "everybody has a receipt");
	assert_int_equal(people("A1", "opted-out"), 2);
	assert_int_equal(people("A1", "delivered"), POOL - 2);
	restart();
	assert_int_equal(people("A1", "opted-out"), 2);
	assert_int_equal(people("A1", "delivered"), POOL - 2);
}

static void a_late_receipt_settles_what_a_kill_left_in_doubt(void **state)
{
	stage_config(&stage, GATEWAY, "");
	stage_start(&stage);
	world_fault_set(gateway(), WORLD_FAULT_LATENCY, 3000, 0);
	world_fault_set(gateway(), WORLD_FAULT_RECEIPT_LATE, 20000, 0);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 2000); /* taken, not answered */
	restart();
	assert_in_range(people("A1", "unknown"), 1, WINDOW * BATCH);
	stage_until(&stage, nobody_in_doubt, "receipts settled all");
	assert_int_equal(people("A1", "delivered"), POOL);
	assert_int_equal(phones(), POOL);
	stage_nobody_twice(&stage, PEOPLE);
	restart();
	assert_int_equal(people("A1", "delivered"), POOL);
}

/* The names of batches in doubt, in an array to be given back. */
static json_t *doubts(void)
{
	json_t *answer = stage_ask(&stage, "unknown list", NULL, NULL);
	json_t *batches = json_incref(json_object_get(answer, "batches"));

	json_decref(answer);
	return batches;
}

static void resolve(const char *order, const json_t *batch)
{
	json_decref(stage_ask(&stage, order, json_pack("{s:O}", "batch", json_object_get(batch, "batch")), NULL));
}

/* A disk that takes its time over receipts, in the job's own thread. */
static void wait_for_release(const char *step, void *arg)
{
	atomic_bool *released = arg;

	while (strcmp(step, "before receipt") == 0 && !atomic_load(released))
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static bool all_receipts_answered(struct stage *s)
{
	struct world_totals totals;

	world_totals(s->world, gateway(), &totals);
	return totals.receipts_sent == POOL;
}

/* A provider that was told "yes" never says it again: it is told so only when what it said is on disk. */
static void a_receipt_is_answered_when_it_is_durable(void **state)
{
	static atomic_bool released;
	struct world_totals totals;

	atomic_store(&released, false);
	stage_config(&stage, "rate = \"unlimited\"; window = 4; batch = 100;", "");
	stage_start(&stage);
	ledger_set_step_hook(app_ledger(stage.app), wait_for_release, &released);
	stage_drop(&stage, "a.cfg", "A1", "immediate",
		"channels = [ \"sms\" ];"); /* a sign that is read back would come first */
	long long known = 0;
	for (int i = 0; i < 100 && known <= 0; i++) {
		stage_turns(&stage, 50);
		known = people("A1", "delivered");
	}
	world_totals(stage.world, gateway(), &totals);
	atomic_store(&released, true);
	assert_true(known > 0); /* they came, and are known in memory */
	assert_int_equal(totals.receipts_sent, 0);
	stage_until(&stage, all_receipts_answered, "every receipt was answered");
	assert_int_equal(people("A1", "delivered"), POOL);
}

static void what_is_in_doubt_is_sent_again_or_dropped_as_the_operator_says(void **state)
{
	stage_config(&stage, GATEWAY, "");
	stage_start(&stage);
	world_fault_set(gateway(), WORLD_FAULT_HANG_BEFORE, 3, 0);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_until(&stage, all_sent, "everything else is sent");
	assert_int_equal(people("A1", "unknown"), 3 * BATCH);
	assert_int_equal(phones(), POOL - 3 * BATCH);
	restart();
	assert_int_equal(people("A1", "unknown"), 3 * BATCH);
	json_t *list = doubts();
	assert_int_equal(json_array_size(list), 3);
	resolve("unknown drop", json_array_get(list, 0));
	resolve("unknown resend", json_array_get(list, 1));
	stage_pass(&stage, 1); /* both are durable, and the second has left */
	restart();
	assert_int_equal(people("A1", "failed"), BATCH);
	stage_until(&stage, all_sent, "the second is sent");
	assert_int_equal(people("A1", "unknown"), BATCH);
	assert_int_equal(phones(), POOL - 2 * BATCH);
	resolve("unknown resend", json_array_get(list, 2));
	stage_until(&stage, nobody_in_doubt, "nothing is in doubt");
	assert_int_equal(phones(), POOL - BATCH);
	assert_int_equal(people("A1", "delivered"), POOL - BATCH);
	restart();
	assert_int_equal(people("A1", "delivered"), POOL - BATCH);
	assert_int_equal(people("A1", "failed"), BATCH);
	json_decref(list);
	list = doubts();
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	stage_nobody_twice(&stage, PEOPLE);
}

/* Accepted and durable, but the file has not been moved to done/ yet: over midnight its date is another one. */
static void a_file_left_in_work_is_not_accepted_twice(void **state)
{
	char from[300], to[300], path[300];

	stage_close(&stage);
	stage_open(&stage, "2026-11-23T23:59:30");
	stage_roster(&stage, PEOPLE);
	stage_config(&stage, GATEWAY, "");
	stage_start(&stage);
	folder_write_text(&stage.folder, "spool/tmp/a.txt",
		"类型：刷单返利\n对象：学生、老年人\n案情：一居民做点赞任务被骗。\n紧急程度：立即\n");
	folder_rename(&stage.folder, "spool/tmp/a.txt", "spool/new/a.txt");
	stage_pass(&stage, 20000);
	char *done = folder_find(&stage.folder, "spool/done", "a.txt");
	assert_non_null(done);
	assert_int_equal(phones(), POOL);
	stage_kill(&stage);
	snprintf(from, sizeof(from), "spool/done/%s", done);
	snprintf(to, sizeof(to), "spool/work/%s", done);
	folder_rename(&stage.folder, from, to);
	fake_clock_pass(3600 * 1000);
	stage_start(&stage);
	stage_pass(&stage, 60000);
	assert_int_equal(folder_count(&stage.folder, "spool/work"), 0);
	snprintf(path, sizeof(path), "spool/done/%s", done);
	assert_true(folder_has(&stage.folder, path));
	json_t *list = stage_ask(&stage, "alert list", NULL, NULL);
	assert_int_equal(json_array_size(json_object_get(list, "alerts")), 1);
	json_decref(list);
	stage_nobody_twice(&stage, PEOPLE);
	free(done);
}

static size_t messages(void)
{
	size_t count = 0;

	while (world_message(world_peer_find(stage.world, "group"), count) != NULL)
		count++;
	return count;
}

#define WEEKLY \
	"schedules: ( { name = \"weekly\"; rule = \"FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=11;BYMINUTE=0;BYSECOND=0\";" \
	" channels = [ \"group\" ]; pack = \"weekly\"; } );"

static void a_reminder_that_was_due_while_down_is_sent_once(void **state)
{
	stage_config(&stage, "", WEEKLY);
	stage_start(&stage);
	stage_pass(&stage, 60000);
	/* Killed before it ever sent one. */
	stage_kill(&stage);
	fake_clock_pass(65 * 60 * 1000);
	stage_start(&stage);
	stage_pass(&stage, 60000);
	assert_int_equal(messages(), 1);
	for (unsigned int kills = 0; kills < 5; kills++) {
		restart();
		stage_pass(&stage, 30000);
	}
	assert_int_equal(messages(), 1);
	/* Thursday's, killed while it is made, written down and sent. */
	stage_pass(&stage, 3 * 86400 * 1000ull - 6 * 60 * 1000 - 30 * 1000 - 5 * 60 * 1000);
	for (unsigned int kills = 0; kills < 12; kills++) {
		stage_turns(&stage, 8 + kills);
		restart();
	}
	stage_pass(&stage, 20 * 60 * 1000);
	assert_in_range(messages(), 1, 2);
	json_t *list = stage_ask(&stage, "alert list", NULL, NULL);
	assert_int_equal(json_array_size(json_object_get(list, "alerts")), 2);
	json_decref(list);
	size_t before = messages();
	for (unsigned int kills = 0; kills < 3; kills++) {
		restart();
		stage_pass(&stage, 20 * 60 * 1000);
	}
	assert_int_equal(messages(), before);
}

static void what_an_operator_suspended_stays_suspended(void **state)
{
	stage_config(&stage, GATEWAY, "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 1500);
	json_decref(stage_ask(&stage, "channel suspend", json_pack("{s:s}", "name", "sms"), NULL));
	stage_steps(&stage, "after channel", 1);
	stage_pass(&stage, 3000);
	uint64_t before = phones();
	for (unsigned int kills = 0; kills < 3; kills++) {
		restart();
		stage_pass(&stage, 20000);
	}
	assert_int_equal(phones(), before);
	assert_true(people("A1", "waiting") > 0);
	json_decref(stage_ask(&stage, "channel resume", json_pack("{s:s}", "name", "sms"), NULL));
	stage_until(&stage, all_sent, "the rest is sent");
	assert_int_equal(phones(), POOL);
}

static void a_cap_counts_what_was_sent_before_a_kill(void **state)
{
	struct world_reach reach;

	stage_config(&stage, GATEWAY, "limits: { recipient = \"2/week\"; };");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "today", "");
	stage_until(&stage, all_sent, "the first is sent");
	restart();
	stage_drop(&stage, "b.cfg", "A2", "today", "place = \"玉山镇\";");
	stage_pass(&stage, 2000);
	restart();
	stage_pass(&stage, 60000);
	restart();
	stage_drop(&stage, "c.cfg", "A3", "today", "place = \"开发区\";");
	stage_pass(&stage, 60000);
	world_reached(stage.world, NULL, &reach);
	assert_int_equal(reach.most, 2);
	assert_int_equal(people("A3", "capped"), POOL);
}

static bool sign_shows(const char *text)
{
	return strstr(world_sign_showing(world_peer_find(stage.world, "sign")), text) != NULL;
}

static void a_sign_shows_what_it_should_after_any_kill(void **state)
{
	stage_config(&stage, "",
		"schedules: ( { name = \"day\"; from = \"08:00\"; until = \"20:00\"; channels = [ \"sign\" ];"
		" pack = \"three-no-one-more\"; } );\nsigns: { takeover = \"10min\"; };");
	stage_start(&stage);
	stage_pass(&stage, 20000);
	assert_true(sign_shows("未知链接不点击"));
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	for (unsigned int kills = 0; kills < 8; kills++) {
		stage_turns(&stage, 10);
		stage_pass(&stage, kills * 40);
		restart();
	}
	stage_pass(&stage, 60000);
	assert_true(sign_shows("刷单"));
	assert_false(sign_shows("未知链接不点击"));
	assert_int_equal(stage_count(&stage, "A1", "signs", "shown"), 1);
	restart();
	stage_pass(&stage, 10 * 60 * 1000);
	assert_true(sign_shows("刷单"));
	assert_true(sign_shows("未知链接不点击"));
	json_decref(stage_ask(&stage, "alert cancel", json_pack("{s:s}", "id", "A1"), NULL));
	stage_steps(&stage, "after mark", 1);
	restart();
	stage_pass(&stage, 2 * 60 * 1000);
	assert_false(sign_shows("刷单"));
	assert_true(sign_shows("未知链接不点击"));
}

static void what_ended_while_down_is_not_sent(void **state)
{
	stage_config(&stage, "rate = \"10/s\"; window = 4; batch = 10;", "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "until = \"2026-11-23T10:30:00+08:00\";");
	stage_pass(&stage, 5000);
	stage_kill(&stage);
	uint64_t before = phones();
	fake_clock_pass(3600 * 1000);
	/* The sign is asked to show it again, and answers when the alert is closed already. */
	world_fault_set(world_peer_find(stage.world, "sign"), WORLD_FAULT_LATENCY, 3000, 0);
	stage_start(&stage);
	stage_pass(&stage, 60000);
	assert_int_equal(phones(), before);
	assert_true(people("A1", "expired") > 0);
	assert_int_equal(people("A1", "waiting"), 0);
	assert_int_equal(stage_adds_up(&stage, "A1"), POOL);
}

/* An answer is waited for; meanwhile a reminder falls due, the slogans change and the day's tidying is due. */
static void a_stop_takes_no_alarm_any_more(void **state)
{
	stage_config(&stage, GATEWAY,
		"schedules: ( { name = \"day\"; from = \"08:00\"; until = \"10:01\"; channels = [ \"sign\" ];"
		" pack = \"three-no-one-more\"; },\n"
		" { name = \"weekly\"; rule = \"FREQ=DAILY;BYHOUR=10;BYMINUTE=1;BYSECOND=0\"; channels = [ \"group\" ];"
		" pack = \"weekly\"; } );");
	stage_start(&stage);
	stage_pass(&stage, 58000);
	world_fault_set(gateway(), WORLD_FAULT_HANG, WORLD_ALWAYS, 0);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 1000);
	stage_stop(&stage);
	assert_int_equal(messages(), 1); /* the alert's own */
	world_fault_clear(gateway());
	stage_start(&stage);
	stage_pass(&stage, 60000);
	assert_int_equal(messages(), 2);
	assert_int_equal(stage_adds_up(&stage, "A1"), POOL);
	stage_nobody_twice(&stage, PEOPLE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(a_broadcast_survives_kills_at_any_turn),
		CASE(a_broadcast_survives_kills_at_every_kind_of_step),
		CASE(nobody_is_asked_for_at_a_higher_rate_than_allowed),
		CASE(an_update_and_a_cancel_survive_kills),
		CASE(sums_are_the_same_after_a_restart),
		CASE(an_opt_out_of_a_batch_that_is_tried_again_stays_one),
		CASE(a_late_receipt_settles_what_a_kill_left_in_doubt),
		CASE(a_receipt_is_answered_when_it_is_durable),
		CASE(what_is_in_doubt_is_sent_again_or_dropped_as_the_operator_says),
		CASE(a_file_left_in_work_is_not_accepted_twice),
		CASE(a_reminder_that_was_due_while_down_is_sent_once),
		CASE(what_an_operator_suspended_stays_suspended),
		CASE(a_cap_counts_what_was_sent_before_a_kill),
		CASE(a_sign_shows_what_it_should_after_any_kill),
		CASE(what_ended_while_down_is_not_sent),
		CASE(a_stop_takes_no_alarm_any_more),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
