/*
 * What years leave behind: thousands of closed alerts, doubts that nobody resolved, reminders that were missed, files of
 * the state folder that were lost. Years are not lived through: the ledger is given what they would have left.
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

#include <sqlite3.h>

#include "base/clock.h"
#include "stage.h"
#include "testing/clock.h"

enum { PEOPLE = 1000, POOL = 400 };

#define MINUTE_MS 60000ll
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

#define NINE \
	"schedules: ( { name = \"nine\"; rule = \"FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0\";" \
	" channels = [ \"group\" ]; pack = \"weekly\"; grace = \"30min\"; } );"

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

/* Changes a store while no daemon runs, or counts in it. */
static long long sql(const char *file, const char *words)
{
	char path[64];
	sqlite3 *db;
	sqlite3_stmt *statement = NULL;

	snprintf(path, sizeof(path), "state/%s", file);
	assert_int_equal(sqlite3_open(folder_at(&stage.folder, path), &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, words, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", words, sqlite3_errmsg(db));
	int code = sqlite3_step(statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		fail_msg("%s: %s", words, sqlite3_errmsg(db));
	long long number = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

static bool is_closed(struct stage *s)
{
	int exit;
	json_t *alert = stage_ask(s, "alert show", json_pack("{s:s}", "id", "A1"), &exit);
	bool closed = alert != NULL && strcmp(json_string_value(json_object_get(alert, "state")), "closed") == 0;

	json_decref(alert);
	return closed;
}

/* A1, delivered to everybody who is to have it, and closed. */
static void broadcast(void)
{
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_until(&stage, is_closed, "it is closed");
	assert_int_equal(stage_residents(&stage, "A1", "delivered"), POOL);
}

/* `count` closed alerts like A1 more, from number 10000 on. */
static void years_of_alerts(int count)
{
	char words[2048];

	snprintf(words, sizeof(words),
		"WITH RECURSIVE n(i) AS (SELECT 10000 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		" INSERT INTO alert (number, id, sender, source, status, action, urgency, level, title, issued_ms,"
		" accepted_ms, from_ms, until_ms, lanes, state, closed_ms, last_send_ms)"
		" SELECT i, 'Y' || i, sender, source, status, action, urgency, level, title, issued_ms, accepted_ms,"
		" from_ms, until_ms, lanes, state, closed_ms, last_send_ms FROM n, alert WHERE id = 'A1'",
		9999 + count);
	sql("ledger.db", words);
	sql("ledger.db",
		"INSERT INTO lane SELECT (a.number << 16) | l.lane, a.number, l.lane, channel, medium, audience, language,"
		" area, basis, format, text, units, parts, size, l.state FROM alert a, lane l"
		" WHERE a.number >= 10000 AND l.alert = 1");
	sql("ledger.db",
		"INSERT INTO lane_set SELECT (a.number << 16) | (s.id & 65535), s.bytes FROM alert a, lane_set s"
		" WHERE a.number >= 10000 AND s.id >> 16 = 1");
	sql("ledger.db",
		"INSERT INTO final SELECT (a.number << 16) | (f.id & 65535), f.counts, f.states FROM alert a, final f"
		" WHERE a.number >= 10000 AND f.id >> 16 = 1");
}

static unsigned int logged(const char *words)
{
	size_t size;
	char *log = folder_read(&stage.folder, "log", &size);
	unsigned int count = 0;

	for (const char *at = strstr(log, words); at != NULL; at = strstr(at + 1, words))
		count++;
	free(log);
	return count;
}

static void refused_with(const char *words)
{
	struct problems problems;
	struct buf text;

	problems_init(&problems);
	buf_init(&text, 65536);
	assert_false(stage_try(&stage, &problems));
	problems_text(&problems, LANG_EN, &text);
	if (strstr(buf_text(&text), words) == NULL)
		fail_msg("refused with: %s", buf_text(&text));
	buf_fini(&text);
	problems_fini(&problems);
}

static void old_doubts_hide_no_new_ones(void **state)
{
	stage_config_without_sign(&stage, "batch = 100; window = 1; timeout = \"10s\";", "");
	broadcast();
	stage_stop(&stage);
	sql("ledger.db",
		"WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 2999)"
		" INSERT INTO batch (alert, lane, number, first, count, attempt, tries, intent_ms, verdict, class)"
		" SELECT 1, 0, i, 0, 1, 1, 1, 1, 'unknown', 'AMBIGUOUS' FROM n");
	stage_start(&stage);
	world_fault_set(world_peer_find(stage.world, "sms"), WORLD_FAULT_RECEIPT_MISSING, WORLD_ALWAYS, 0);
	world_fault_set(world_peer_find(stage.world, "sms"), WORLD_FAULT_HANG, 1, 0);
	stage_drop(&stage, "b.cfg", "A2", "immediate", "place = \"玉山镇\";");
	stage_pass(&stage, 2 * MINUTE_MS);
	assert_int_equal(stage_residents(&stage, "A2", "unknown"), 100);
	json_t *list = stage_ask(&stage, "unknown list", NULL, NULL);
	assert_int_equal(json_integer_value(json_object_get(list, "recipients")), 100);
	json_decref(list);
}

/* What a phone was sent, as the answer says it; to json_decref(). */
static json_t *history_of(const char *phone)
{
	return stage_ask(&stage, "roster find", json_pack("{s:s, s:b}", "phone", phone, "history", 1), NULL);
}

static void a_history_says_when_it_is_not_whole(void **state)
{
	stage_config_without_sign(&stage, "batch = 100;", "");
	broadcast();
	stage_stop(&stage);
	years_of_alerts(6000);
	/* Reminders of groups do not push out what residents were sent. */
	sql("ledger.db", "UPDATE alert SET schedule = 'nine' WHERE number >= 10000");
	stage_start(&stage);
	json_t *found = history_of("13800000005");
	assert_int_equal(json_array_size(json_object_get(found, "history")), 1);
	assert_true(json_is_true(json_object_get(found, "history_whole")));
	json_decref(found);
	stage_stop(&stage);
	sql("ledger.db", "UPDATE alert SET schedule = NULL");
	stage_start(&stage);
	found = history_of("13800000005");
	assert_int_equal(json_array_size(json_object_get(found, "history")), 5000);
	assert_true(json_is_false(json_object_get(found, "history_whole")));
	json_decref(found);
}

static void a_clock_ahead_at_the_start_prunes_nothing(void **state)
{
	stage_config_without_sign(&stage, "batch = 100;", "");
	broadcast();
	stage_stop(&stage);
	fake_clock_set_wall(clock_wall_ms() + 365 * DAY_MS);
	stage_start(&stage);
	stage_pass(&stage, 3 * MINUTE_MS); /* and then comes the time service */
	fake_clock_set_wall(clock_wall_ms() - 365 * DAY_MS);
	stage_pass(&stage, 3 * MINUTE_MS);
	stage_stop(&stage);
	assert_true(sql("ledger.db", "SELECT count(*) FROM receipts") > 0);
	/* Half a year later, where the machine is started every morning. */
	fake_clock_pass(181 * DAY_MS);
	stage_start(&stage);
	stage_pass(&stage, 8 * HOUR_MS);
	stage_stop(&stage);
	fake_clock_pass(16 * HOUR_MS);
	stage_start(&stage);
	stage_pass(&stage, 8 * HOUR_MS);
	stage_stop(&stage);
	assert_int_equal(sql("ledger.db", "SELECT count(*) FROM receipts"), 0);
}

static void a_missed_reminder_is_reported_once(void **state)
{
	stage_config_without_sign(&stage, "", NINE);
	stage_start(&stage);
	stage_stop(&stage);
	fake_clock_pass(50 * HOUR_MS); /* Wednesday noon: two were missed, past their grace */
	stage_start(&stage);
	assert_int_equal(logged("event=reminder-missed schedule=nine times=2"), 1);
	json_decref(stage_ask(&stage, "reload", NULL, NULL));
	stage_pass(&stage, MINUTE_MS);
	stage_kill(&stage);
	stage_start(&stage);
	assert_int_equal(logged("event=reminder-missed"), 1);
	/* The next that is missed is one, not three. */
	stage_stop(&stage);
	fake_clock_pass(24 * HOUR_MS);
	stage_start(&stage);
	assert_int_equal(logged("event=reminder-missed schedule=nine times=1"), 1);
	stage_pass(&stage, 24 * HOUR_MS);
	assert_non_null(world_message(world_peer_find(stage.world, "group"), 0));
	assert_null(world_message(world_peer_find(stage.world, "group"), 1));
}

static void many_alerts_between_two_reminders_do_not_repeat_a_text(void **state)
{
	struct world_peer *group = world_peer_find(stage.world, "group");

	stage_config_without_sign(&stage, "", NINE);
	broadcast();
	json_decref(stage_ask(&stage, "schedule run", json_pack("{s:s}", "name", "nine"), NULL));
	stage_pass(&stage, MINUTE_MS);
	stage_stop(&stage);
	years_of_alerts(100);
	stage_start(&stage);
	json_decref(stage_ask(&stage, "schedule run", json_pack("{s:s}", "name", "nine"), NULL));
	stage_pass(&stage, MINUTE_MS);
	assert_non_null(world_message(group, 2));
	assert_string_not_equal(world_message(group, 1)->text, world_message(group, 2)->text);
}

static void a_lost_file_of_opt_outs_is_not_made_anew(void **state)
{
	static const char *const names[] = {"state/optouts.db", "state/optouts.db-wal", "state/optouts.db-shm"};

	stage_config_without_sign(&stage, "", "");
	stage_start(&stage);
	json_decref(stage_ask(&stage, "optout add", json_pack("{s:s}", "phone", "13800000001"), NULL));
	stage_stop(&stage);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(folder_at(&stage.folder, names[i]));
	refused_with("optouts.db");
	/* Nor where the snapshot is lost too: people were imported, so there was such a file. */
	unlink(folder_at(&stage.folder, "state/roster.snapshot"));
	refused_with("optouts.db");
	assert_int_not_equal(access(folder_at(&stage.folder, names[0]), F_OK), 0);
	folder_write_text(&stage.folder, names[0], "");
	stage_start(&stage);
}

static void a_lost_ledger_is_not_made_anew(void **state)
{
	static const char *const names[] = {"state/ledger.db", "state/ledger.db-wal", "state/ledger.db-shm"};

	stage_config_without_sign(&stage, "", "");
	broadcast();
	stage_stop(&stage);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(folder_at(&stage.folder, names[i]));
	refused_with("ledger.db");
	unlink(folder_at(&stage.folder, "state/ledger.reserve"));
	stage_start(&stage);
}

static void an_empty_token_is_no_token(void **state)
{
	stage_config_without_sign(&stage, "", "");
	folder_write_text(&stage.folder, "state/listen.token", "\n");
	refused_with("listen.token");
	unlink(folder_at(&stage.folder, "state/listen.token"));
	stage_start(&stage);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(old_doubts_hide_no_new_ones),
		CASE(a_history_says_when_it_is_not_whole),
		CASE(a_clock_ahead_at_the_start_prunes_nothing),
		CASE(a_missed_reminder_is_reported_once),
		CASE(many_alerts_between_two_reminders_do_not_repeat_a_text),
		CASE(a_lost_file_of_opt_outs_is_not_made_anew),
		CASE(a_lost_ledger_is_not_made_anew),
		CASE(an_empty_token_is_no_token),
	};

	return cmocka_run_group_tests_name("years", tests, NULL, NULL);
}
