/*
 * The wall clock is set while the daemon works, before it starts, and between two lives of it: by hours, by a year, and
 * from 1970 as on a machine without a battery. Moments follow the clock, durations do not; nothing is sent twice or faster
 * than allowed, nothing expires or closes that should not, and nothing waits for a time that will not come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "stage.h"
#include "testing/clock.h"

enum { PEOPLE = 1000, POOL = 400, BATCH = 10 };

#define MINUTE_MS 60000ll
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define YEAR_MS   (365 * DAY_MS)

#define QUIET "quiet: { from = \"20:00\"; until = \"08:00\"; };"
#define NINE \
	"schedules: ( { name = \"nine\"; rule = \"FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0\";" \
	" channels = [ \"group\" ]; pack = \"weekly\"; grace = \"6h\"; } );"

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

static void set_clock(int64_t by_ms)
{
	fake_clock_set_wall(clock_wall_ms() + by_ms);
}

static struct world_peer *gateway(void)
{
	return world_peer_find(stage.world, "sms");
}

static uint64_t texts(void)
{
	struct world_reach reach;

	world_reached(stage.world, NULL, &reach);
	return reach.texts;
}

static unsigned int posts(void)
{
	unsigned int count = 0;

	while (world_message(world_peer_find(stage.world, "group"), count) != NULL)
		count++;
	return count;
}

static long long people(const char *id, const char *state)
{
	return stage_residents(&stage, id, state);
}

static bool all_delivered(struct stage *s)
{
	return people("A1", "delivered") == POOL;
}

static bool open_intake(void)
{
	json_t *status = stage_ask(&stage, "status", NULL, NULL);
	bool open = json_is_true(json_object_get(status, "intake_open"));

	if (!open)
		assert_non_null(json_string_value(json_object_get(status, "intake_reason")));
	json_decref(status);
	return open;
}

static bool is_closed(const char *id)
{
	json_t *alert = stage_ask(&stage, "alert show", json_pack("{s:s}", "id", id), NULL);
	bool closed = strcmp(json_string_value(json_object_get(alert, "state")), "closed") == 0;

	json_decref(alert);
	return closed;
}

static bool log_has(const char *words)
{
	size_t size;
	char *log = folder_read(&stage.folder, "log", &size);
	bool has = strstr(log, words) != NULL;

	free(log);
	return has;
}

static void check_rate(uint32_t a_second)
{
	uint32_t parts = 0;

	assert_non_null(world_text(stage.world, 0, NULL, &parts));
	assert_in_range(world_most_in(gateway(), 1000), 1, a_second + BATCH * parts);
	assert_in_range(world_most_in(gateway(), 10000), 1, 10 * a_second + BATCH * parts);
}

static void a_broadcast_keeps_its_pace_while_the_clock_is_set(void **state)
{
	static const int64_t jumps[] = {6 * HOUR_MS, -9 * HOUR_MS, 3 * HOUR_MS, -MINUTE_MS, 5000, -5000};
	uint64_t began = clock_mono_ms();

	stage_config_without_sign(&stage, "rate = \"60/s\"; window = 4; batch = 10;", "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		stage_pass(&stage, 1500);
		uint64_t before = texts();
		set_clock(jumps[i]);
		stage_pass(&stage, 1500);
		assert_true(texts() > before || before == POOL);
	}
	stage_until(&stage, all_delivered, "everybody has a receipt");
	uint32_t parts = 0;
	world_text(stage.world, 0, NULL, &parts);
	assert_in_range(clock_mono_ms() - began, 1, POOL * parts * 1000ull / 60 + 30000);
	assert_int_equal(stage_adds_up(&stage, "A1"), POOL);
	stage_nobody_twice(&stage, PEOPLE);
	check_rate(60);
	assert_true(log_has("event=clock-set"));
}

static void quiet_hours_follow_the_clock_either_way(void **state)
{
	stage_config_without_sign(&stage, "batch = 100;", QUIET);
	stage_start(&stage);
	set_clock(-3 * HOUR_MS); /* seven in the morning, hours before the edge that was waited for */
	stage_pass(&stage, 61000);
	stage_drop(&stage, "a.cfg", "A1", "routine", "");
	stage_pass(&stage, 2 * MINUTE_MS);
	assert_int_equal(texts(), 0);
	set_clock(2 * HOUR_MS);
	stage_pass(&stage, 2 * MINUTE_MS);
	assert_int_equal(texts(), POOL);
	set_clock(12 * HOUR_MS); /* nine in the evening; noticed before anything is judged */
	stage_drop(&stage, "b.cfg", "A2", "routine", "place = \"玉山镇\";");
	stage_pass(&stage, 10 * MINUTE_MS);
	assert_int_equal(texts(), POOL);
	assert_int_equal(people("A2", "waiting"), POOL);
}

static void an_occurrence_is_sent_once_wherever_the_clock_goes(void **state)
{
	stage_config_without_sign(&stage, "", NINE);
	stage_start(&stage);
	set_clock(DAY_MS + HOUR_MS); /* Tuesday, eleven: nine o'clock was jumped over, within its grace */
	stage_pass(&stage, 2 * MINUTE_MS);
	assert_int_equal(posts(), 1);
	set_clock(-3 * HOUR_MS); /* eight again, and nine comes a second time */
	stage_pass(&stage, 2 * HOUR_MS);
	assert_int_equal(posts(), 1);
	stage_kill(&stage);
	set_clock(-3 * HOUR_MS);
	stage_start(&stage);
	stage_pass(&stage, 4 * HOUR_MS);
	assert_int_equal(posts(), 1);
	set_clock(3 * DAY_MS); /* Friday, eleven: Wednesday and Thursday are missed, today's is sent */
	stage_pass(&stage, 2 * MINUTE_MS);
	assert_int_equal(posts(), 2);
	assert_true(log_has("event=reminder-missed schedule=nine times=2"));
	set_clock(10 * HOUR_MS + DAY_MS); /* Saturday, nine in the evening: past every grace */
	stage_pass(&stage, 2 * MINUTE_MS);
	assert_int_equal(posts(), 2);
}

static void a_year_ahead_and_back_loses_no_reminder(void **state)
{
	stage_config_without_sign(&stage, "", NINE);
	stage_start(&stage);
	set_clock(YEAR_MS);
	stage_pass(&stage, 2 * MINUTE_MS);
	unsigned int ahead = posts();
	assert_int_equal(ahead, 1); /* ten o'clock of that day is within the grace */
	set_clock(-YEAR_MS);
	stage_pass(&stage, DAY_MS);
	assert_int_equal(posts(), ahead + 1);
	/* Down over nine o'clock: what was sent as of next year does not stand in the way. */
	stage_stop(&stage);
	fake_clock_pass(DAY_MS);
	stage_start(&stage);
	stage_pass(&stage, MINUTE_MS);
	assert_int_equal(posts(), ahead + 2);
}

static void a_machine_that_starts_in_1970_waits_for_its_clock(void **state)
{
	int64_t since_1970 = clock_wall_ms() - 300000;

	stage_config_without_sign(&stage, "rate = \"60/s\"; window = 4; batch = 10;", NINE);
	set_clock(-since_1970);
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 20 * MINUTE_MS);
	assert_false(open_intake());
	assert_int_equal(texts(), 0);
	assert_int_equal(folder_count(&stage.folder, "spool/new"), 1);
	int exit = 0;
	assert_null(stage_ask(&stage, "schedule run", json_pack("{s:s}", "name", "nine"), &exit));
	set_clock(since_1970);
	stage_pass(&stage, 3000);
	assert_true(open_intake());
	assert_true(texts() > 0);
	stage_until(&stage, all_delivered, "everybody has a receipt");
	assert_int_equal(people("A1", "expired"), 0);
	assert_int_equal(posts(), 1); /* the alert's own; no reminder of 56 years */
	assert_false(log_has("event=reminder-missed"));
	stage_nobody_twice(&stage, PEOPLE);
}

static void what_was_open_goes_on_after_a_start_in_1970(void **state)
{
	int64_t since_1970 = clock_wall_ms() - 300000;

	stage_config_without_sign(&stage, "rate = \"30/s\"; window = 2; batch = 10;", "");
	stage_start(&stage);
	/* Some come back to waiting behind what was cut already. */
	world_fault_set(gateway(), WORLD_FAULT_ERROR, 2, 0);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 400);
	long long before = (long long)texts();
	stage_kill(&stage);
	set_clock(-since_1970);
	stage_start(&stage);
	stage_pass(&stage, 10 * MINUTE_MS);
	assert_true(texts() <= (uint64_t)before + 2 * BATCH);
	assert_int_equal(people("A1", "expired") + people("A1", "cancelled"), 0);
	before = (long long)texts();
	stage_kill(&stage); /* and once more, still in 1970 */
	stage_start(&stage);
	stage_pass(&stage, MINUTE_MS);
	assert_int_equal(texts(), before);
	set_clock(since_1970);
	stage_pass(&stage, 2 * MINUTE_MS);
	assert_int_equal(stage_adds_up(&stage, "A1"), POOL);
	assert_int_equal(people("A1", "waiting") + people("A1", "in-flight") + people("A1", "expired"), 0);
	assert_in_range(people("A1", "unknown"), 0, 2 * BATCH);
	assert_int_equal(people("A1", "delivered") + people("A1", "unknown"), POOL);
	stage_nobody_twice(&stage, PEOPLE);
	check_rate(30);
}

static void a_clock_behind_the_last_life_is_given_some_minutes(void **state)
{
	stage_config_without_sign(&stage, "batch = 100;", "");
	stage_start(&stage);
	stage_pass(&stage, MINUTE_MS);
	stage_stop(&stage);
	set_clock(-20 * DAY_MS);
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 2 * MINUTE_MS);
	assert_int_equal(texts(), 0);
	assert_false(open_intake());
	set_clock(20 * DAY_MS);
	stage_pass(&stage, 3000);
	assert_true(texts() > 0);
	stage_until(&stage, all_delivered, "everybody has a receipt");
	/* Nobody sets it: it is gone by all the same, for good. */
	stage_stop(&stage);
	set_clock(-20 * DAY_MS);
	stage_start(&stage);
	stage_drop(&stage, "b.cfg", "A2", "immediate", "place = \"玉山镇\";");
	stage_pass(&stage, 4 * MINUTE_MS);
	assert_int_equal(texts(), POOL);
	stage_pass(&stage, 2 * MINUTE_MS);
	assert_int_equal(texts(), 2 * POOL);
	stage_kill(&stage);
	stage_start(&stage);
	assert_true(open_intake());
}

static void a_start_slightly_behind_does_not_wait(void **state)
{
	stage_config_without_sign(&stage, "batch = 100;", "");
	stage_start(&stage);
	stage_stop(&stage);
	set_clock(-30 * MINUTE_MS);
	stage_start(&stage);
	assert_true(open_intake());
}

static void receipts_get_their_time_although_the_clock_jumps(void **state)
{
	stage_config_without_sign(&stage, "batch = 100; receipt_wait = \"1h\";", "");
	stage_start(&stage);
	world_fault_set(gateway(), WORLD_FAULT_RECEIPT_LATE, (uint32_t)(20 * MINUTE_MS), 0);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 5 * MINUTE_MS);
	assert_int_equal(people("A1", "accepted"), POOL);
	set_clock(10 * DAY_MS); /* past `until`, and past 72 hours behind it */
	stage_pass(&stage, 2 * MINUTE_MS);
	assert_false(is_closed("A1"));
	stage_pass(&stage, 30 * MINUTE_MS);
	assert_int_equal(people("A1", "delivered"), POOL);
	assert_true(is_closed("A1"));
	/* And no longer than that: set back, the hour is still an hour. */
	world_fault_set(gateway(), WORLD_FAULT_RECEIPT_LATE, 0, 0);
	world_fault_set(gateway(), WORLD_FAULT_RECEIPT_MISSING, WORLD_ALWAYS, 0);
	stage_drop(&stage, "b.cfg", "A2", "immediate", "place = \"玉山镇\";");
	stage_pass(&stage, 5 * MINUTE_MS);
	assert_int_equal(people("A2", "accepted"), POOL);
	set_clock(-10 * DAY_MS);
	stage_pass(&stage, 30 * MINUTE_MS);
	assert_false(is_closed("A2"));
	stage_pass(&stage, 40 * MINUTE_MS);
	assert_true(is_closed("A2"));
}

/* The receipts' time is over and somebody is still in doubt: there is nothing to wait for, and nothing to be busy with. */
static void an_alert_in_doubt_past_its_receipts_keeps_nobody_busy(void **state)
{
	stage_config_without_sign(&stage, "batch = 100; window = 1; receipt_wait = \"10min\"; timeout = \"10s\";", "");
	stage_start(&stage);
	world_fault_set(gateway(), WORLD_FAULT_RECEIPT_MISSING, WORLD_ALWAYS, 0);
	world_fault_set(gateway(), WORLD_FAULT_HANG, 1, 0);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 30 * MINUTE_MS);
	assert_int_equal(people("A1", "unknown"), 100);
	assert_false(is_closed("A1"));
	stage_drop(&stage, "b.cfg", "A2", "immediate", "place = \"玉山镇\";");
	stage_pass(&stage, MINUTE_MS);
	assert_int_equal(people("A2", "accepted"), POOL);
}

static void the_cap_holds_and_ends_whatever_the_clock_said(void **state)
{
	stage_config_without_sign(&stage, "batch = 100;", "limits: { recipient = \"1/week\"; };");
	stage_start(&stage);
	set_clock(YEAR_MS);
	stage_drop(&stage, "a.cfg", "A1", "today", "");
	stage_pass(&stage, MINUTE_MS);
	assert_int_equal(texts(), POOL);
	set_clock(-YEAR_MS);
	stage_pass(&stage, MINUTE_MS);
	stage_drop(&stage, "b.cfg", "A2", "today", "place = \"玉山镇\";");
	stage_pass(&stage, MINUTE_MS);
	assert_int_equal(people("A2", "capped"), POOL);
	stage_stop(&stage);
	fake_clock_pass(8 * DAY_MS);
	stage_start(&stage);
	stage_drop(&stage, "c.cfg", "A3", "today", "place = \"开发区\";");
	stage_pass(&stage, MINUTE_MS);
	assert_int_equal(people("A3", "capped"), 0);
	assert_int_equal(texts(), 2 * POOL);
}

static void a_restart_under_another_clock_keeps_to_the_rate(void **state)
{
	static const int64_t jumps[] = {HOUR_MS, -HOUR_MS, 400 * DAY_MS, -400 * DAY_MS, 5000, -5000};
	uint64_t before = 0;

	stage_config_without_sign(&stage, "rate = \"600/min\"; window = 2; batch = 10;", "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "until = \"2028-12-31\";");
	stage_pass(&stage, 1000);
	for (unsigned int i = 0; i < 3 * sizeof(jumps) / sizeof(jumps[0]); i++) {
		stage_kill(&stage);
		set_clock(jumps[i % 6]);
		stage_start(&stage);
		stage_turns(&stage, 60);
	}
	assert_true(texts() > before);
	before = texts();
	stage_pass(&stage, 7 * MINUTE_MS); /* it is far behind by now, and is given its minutes */
	assert_int_equal(people("A1", "waiting"), 0);
	check_rate(10);
	stage_nobody_twice(&stage, PEOPLE);
}

static void a_restart_under_a_clock_set_back_sends_on_at_once(void **state)
{
	stage_config_without_sign(&stage, "rate = \"600/min\"; window = 1; batch = 10;", "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 5000);
	uint64_t before = texts();
	stage_kill(&stage);
	set_clock(-50 * MINUTE_MS);
	stage_start(&stage);
	stage_pass(&stage, 5000);
	assert_true(texts() > before);
	/* Nor where it cannot be known that the machine is the same: the file is gone. */
	stage_kill(&stage);
	unlink(folder_at(&stage.folder, "state/clock"));
	set_clock(-50 * MINUTE_MS);
	before = texts();
	stage_start(&stage);
	stage_pass(&stage, 20000);
	assert_true(texts() > before);
	check_rate(10);
}

static void a_takeover_lasts_as_long_as_it_should(void **state)
{
	struct world_peer *sign = world_peer_find(stage.world, "sign");

	stage_config(&stage, "",
		"schedules: ( { name = \"day\"; from = \"00:00\"; until = \"24:00\"; channels = [ \"sign\" ];"
		" pack = \"three-no-one-more\"; } );\nsigns: { takeover = \"10min\"; };");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 30000);
	assert_null(strstr(world_sign_showing(sign), "未知链接不点击"));
	set_clock(-5 * HOUR_MS);
	stage_pass(&stage, 5 * MINUTE_MS);
	assert_null(strstr(world_sign_showing(sign), "未知链接不点击"));
	set_clock(4 * HOUR_MS);
	stage_pass(&stage, 3 * MINUTE_MS);
	assert_null(strstr(world_sign_showing(sign), "未知链接不点击"));
	stage_pass(&stage, 3 * MINUTE_MS);
	assert_non_null(strstr(world_sign_showing(sign), "未知链接不点击"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_broadcast_keeps_its_pace_while_the_clock_is_set, set_up, tear_down),
		cmocka_unit_test_setup_teardown(quiet_hours_follow_the_clock_either_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_occurrence_is_sent_once_wherever_the_clock_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_year_ahead_and_back_loses_no_reminder, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_machine_that_starts_in_1970_waits_for_its_clock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_open_goes_on_after_a_start_in_1970, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_clock_behind_the_last_life_is_given_some_minutes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_start_slightly_behind_does_not_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(receipts_get_their_time_although_the_clock_jumps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_alert_in_doubt_past_its_receipts_keeps_nobody_busy, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(the_cap_holds_and_ends_whatever_the_clock_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_restart_under_another_clock_keeps_to_the_rate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_restart_under_a_clock_set_back_sends_on_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_takeover_lasts_as_long_as_it_should, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
