#include "points_jobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

/* Of sixty people 12 are elderly and 15 students, 3 of them both. */
enum { POOL = 24, WINDOW = 2, BATCH = 5 };

#define GATEWAY "rate = \"100/s\"; window = 2; batch = 5; timeout = \"10s\";"
#define SLOW    "rate = \"5/s\"; window = 2; batch = 5; timeout = \"10s\";"
#define ROLLING \
	"schedules: ( { name = \"day\"; from = \"10:05\"; until = \"20:00\"; channels = [ \"sign\" ];" \
	" pack = \"three-no-one-more\"; } );\n"
#define REMINDING \
	"schedules: ( { name = \"daily\"; rule = \"FREQ=DAILY;BYHOUR=10;BYMINUTE=5;BYSECOND=0\";" \
	" channels = [ \"group\" ]; pack = \"weekly\"; } );\n"

/* ---- what is true whatever happened ---- */

static struct world_peer *peer(struct points *points, const char *name)
{
	return world_peer_find(points->stage.world, name);
}

static uint64_t phones(struct points *points)
{
	struct world_reach reach;

	world_reached(points->stage.world, NULL, &reach);
	return reach.phones;
}

static size_t messages(struct points *points)
{
	size_t count = 0;

	while (world_message(peer(points, "group"), count) != NULL)
		count++;
	return count;
}

static long long residents(struct points *points, const char *id, const char *state)
{
	return stage_residents(&points->stage, id, state);
}

static bool sign_shows(struct points *points, const char *text)
{
	return strstr(world_sign_showing(peer(points, "sign")), text) != NULL;
}

/* Nobody is lost, nobody was told twice, and only so many are in doubt as a death can leave. */
static void check_told(struct points *points, const char *id, long long pool)
{
	long long told = residents(points, id, "delivered") + residents(points, id, "accepted");
	long long doubt = residents(points, id, "unknown"), total = stage_adds_up(&points->stage, id);

	if (total != pool || told + doubt != pool || doubt > (long long)points->kills * WINDOW * BATCH)
		fail_msg("%s: of %lld %lld are told and %lld in doubt", id, total, told, doubt);
	stage_nobody_twice(&points->stage, 60);
}

static void check_phones(struct points *points, const char *id)
{
	long long told = residents(points, id, "delivered") + residents(points, id, "accepted");

	assert_in_range(phones(points), told, told + residents(points, id, "unknown"));
}

/* A group is told once, or nobody knows; never twice. */
static void check_group(struct points *points, const char *id, size_t before)
{
	long long posted = stage_count(&points->stage, id, "groups", "posted");
	long long unknown = stage_count(&points->stage, id, "groups", "unknown");

	assert_int_equal(posted + unknown, 1);
	assert_in_range(unknown, 0, points->kills);
	assert_in_range(messages(points) - before, posted, posted + unknown);
}

static void check_alerts(struct points *points, size_t count)
{
	json_t *list = points_ask(points, "alert list", NULL);

	assert_int_equal(json_array_size(json_object_get(list, "alerts")), count);
	json_decref(list);
}

/* The only alert that there is. The id is a string to free(). */
static char *the_alert(struct points *points)
{
	json_t *list = points_ask(points, "alert list", NULL), *alerts = json_object_get(list, "alerts");

	assert_int_equal(json_array_size(alerts), 1);
	char *id = strdup(json_string_value(json_object_get(json_array_get(alerts, 0), "id")));
	json_decref(list);
	return id;
}

/* A file is in exactly one place, and that is where it belongs, with its reason where there must be one. */
static void check_file(struct points *points, const char *name, const char *folder, bool reason)
{
	static const char *const folders[] = {"tmp", "new", "work", "done", "failed"};
	char path[64];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		bool here = strcmp(folders[i], folder) == 0;
		snprintf(path, sizeof(path), "spool/%s", folders[i]);
		char *found = folder_find(&points->stage.folder, path, name);
		if ((found != NULL) != here)
			fail_msg("%s %s in %s", name, here ? "is not" : "is", path);
		free(found);
		/*
		 * The file, its reason, and nothing else: no second one, nothing half written. A file that is judged again
		 * after a death may have a note beside it that it was taken already.
		 */
		if (here)
			assert_in_range(folder_count(&points->stage.folder, path), 1 + reason,
				points->died ? 2 : 1 + reason);
	}
}

/* ---- alerts by file ---- */

static void drop_cfg(struct points *points)
{
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "");
}

static void drop_text(struct points *points, const char *name, const char *text)
{
	char from[64], to[64];

	snprintf(from, sizeof(from), "spool/tmp/%s", name);
	snprintf(to, sizeof(to), "spool/new/%s", name);
	folder_write_text(&points->stage.folder, from, text);
	folder_rename(&points->stage.folder, from, to);
}

static void check_cfg(struct points *points)
{
	check_alerts(points, 1);
	check_told(points, "A1", POOL);
	check_phones(points, "A1");
	check_group(points, "A1", 0);
	check_file(points, "a.cfg", "done", false);
	assert_true(sign_shows(points, "刷单"));
	assert_int_equal(stage_count(&points->stage, "A1", "signs", "shown"), 1);
}

/* Its name is made at intake, and is the same when it is made again. */
static void drop_txt(struct points *points)
{
	drop_text(points, "a.txt",
		"类型：刷单返利\n对象：学生、老年人\n案情：一居民做点赞任务被骗。\n紧急程度：立即\n");
}

static void check_txt(struct points *points)
{
	char *id = the_alert(points);

	check_told(points, id, POOL);
	check_phones(points, id);
	check_group(points, id, 0);
	check_file(points, "a.txt", "done", false);
	free(id);
}

/* Texts alone: with the last receipt it closes. */
static void drop_json(struct points *points)
{
	drop_text(points, "a.json",
		"{\"schema\": \"fraud-alert/1\", \"id\": \"A1\", \"sender\": \"fzzx@ks.example.cn\","
		" \"fraud_type\": \"order-brushing\", \"summary\": \"一居民做点赞任务被骗。\","
		" \"audiences\": [\"student\", \"elderly\"], \"areas\": [\"320583\"], \"urgency\": \"immediate\","
		" \"channels\": [\"sms\"]}");
}

static void check_json(struct points *points)
{
	check_alerts(points, 1);
	check_told(points, "A1", POOL);
	check_phones(points, "A1");
	check_file(points, "a.json", "done", false);
	json_t *alert = points_ask(points, "alert show", json_pack("{s:s}", "id", "A1"));
	/* What is in doubt keeps it open. */
	if (residents(points, "A1", "delivered") == POOL)
		assert_string_equal(json_string_value(json_object_get(alert, "state")), "closed");
	json_decref(alert);
}

static void submit(struct points *points)
{
	folder_write_text(&points->stage.folder, "spool/tmp/a.cfg",
		"schema = \"fraud-alert/1\"; id = \"A1\"; sender = \"fzzx@ks.example.cn\"; fraud_type = \"order-brushing\";\n"
		"summary = \"一居民做点赞任务被骗。\"; audiences = [ \"student\", \"elderly\" ]; areas = [ \"320583\" ];\n"
		"urgency = \"immediate\"; channels = [ \"sms\" ];\n");
	points_say(points, "submit", json_pack("{s:s}", "name", "a.cfg"), NULL);
	points->said[0].once = true; /* the file is in the folder, or with the officer */
}

static void check_submit(struct points *points)
{
	if (folder_has(&points->stage.folder, "spool/tmp/a.cfg")) {
		assert_false(points_told(points, 0));
		check_alerts(points, 0);
		return;
	}
	check_alerts(points, 1);
	check_told(points, "A1", POOL);
	check_phones(points, "A1");
	check_file(points, "a.cfg", "done", false);
}

static void drop_faulty(struct points *points)
{
	drop_text(points, "a.cfg", "schema = \"fraud-alert/1\"; fraud_type = \"no-such-fraud\";\n");
}

static void check_refused(struct points *points)
{
	check_alerts(points, 0);
	check_file(points, "a.cfg", "failed", true);
	assert_int_equal(phones(points), 0);
}

static void prepare_sent(struct points *points)
{
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
	stage_pass(&points->stage, 2000);
}

static void drop_again(struct points *points)
{
	stage_drop(&points->stage, "again.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
}

static void check_duplicate(struct points *points)
{
	check_alerts(points, 1);
	check_told(points, "A1", POOL);
	assert_int_equal(phones(points), POOL);
	assert_int_equal(folder_count(&points->stage.folder, "spool/done"), 3);
	assert_int_equal(folder_count(&points->stage.folder, "spool/failed"), 0);
	char *reason = folder_find(&points->stage.folder, "spool/done", "again.cfg.reason");
	assert_non_null(reason);
	free(reason);
}

/* ---- what takes an alert back ---- */

static void prepare_sending(struct points *points)
{
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&points->stage, 2000);
	assert_true(residents(points, "A1", "waiting") > 0);
}

static void check_withdrawn(struct points *points, const char *id, const char *state)
{
	struct world_reach before, after;

	assert_int_equal(residents(points, id, "waiting") + residents(points, id, "in-flight"), 0);
	assert_true(residents(points, id, state) > 0);
	assert_int_equal(stage_adds_up(&points->stage, id), POOL);
	assert_in_range(residents(points, id, "unknown"), 0, points->kills * WINDOW * BATCH);
	stage_nobody_twice(&points->stage, 60);
	world_reached(points->stage.world, NULL, &before);
	stage_pass(&points->stage, 20000);
	world_reached(points->stage.world, NULL, &after);
	assert_int_equal(before.texts, after.texts);
}

static void say_cancel(struct points *points)
{
	points_say(points, "alert cancel", json_pack("{s:s}", "id", "A1"), NULL);
}

static void check_cancelled(struct points *points)
{
	check_withdrawn(points, "A1", "cancelled");
	assert_false(sign_shows(points, "刷单"));
}

static void drop_update(struct points *points)
{
	stage_drop(&points->stage, "b.cfg", "A2", "immediate",
		"action = \"update\"; supersedes = [ \"A1\" ]; text: { sms = \"新的手法：先让您下载会议软件。\"; };");
}

static void check_updated(struct points *points)
{
	check_alerts(points, 2);
	check_told(points, "A2", POOL);
	check_withdrawn(points, "A1", "cancelled");
	check_group(points, "A2", 1);
	assert_int_equal(stage_count(&points->stage, "A2", "signs", "shown"), 1);
}

static void drop_cancel(struct points *points)
{
	stage_drop(&points->stage, "b.cfg", "A2", "immediate", "action = \"cancel\"; supersedes = [ \"A1\" ];");
}

static void check_cancelled_by_alert(struct points *points)
{
	check_alerts(points, 2);
	check_cancelled(points);
	assert_in_range(folder_count(&points->stage.folder, "spool/done"), 2, 2 + points->died);
	assert_int_equal(folder_count(&points->stage.folder, "spool/work"), 0);
}

static void prepare_ending(struct points *points)
{
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "until = \"2026-11-23T10:00:03+08:00\";");
	stage_pass(&points->stage, 2000);
}

static void check_expired(struct points *points)
{
	check_withdrawn(points, "A1", "expired");
	assert_false(sign_shows(points, "刷单"));
}

/* ---- by the calendar ---- */

static void prepare_almost(struct points *points)
{
	stage_pass(&points->stage, 5 * 60 * 1000 - 1000);
	assert_int_equal(messages(points), 0);
}

static void check_reminder(struct points *points)
{
	char *id = the_alert(points);

	check_group(points, id, 0);
	size_t before = messages(points);
	stage_pass(&points->stage, 3600 * 1000);
	assert_int_equal(messages(points), before);
	check_alerts(points, 1);
	free(id);
}

static void say_run(struct points *points)
{
	points_say(points, "schedule run", json_pack("{s:s}", "name", "daily"), NULL);
	points->said[0].once = true;
}

static void check_run(struct points *points)
{
	json_t *list = points_ask(points, "alert list", NULL);
	size_t count = json_array_size(json_object_get(list, "alerts"));

	json_decref(list);
	assert_in_range(count, points_told(points, 0) ? 1 : 0, 1);
	if (count == 0) {
		assert_int_equal(messages(points), 0);
		return;
	}
	char *id = the_alert(points);
	check_group(points, id, 0);
	free(id);
}

static void check_rolling(struct points *points)
{
	assert_true(sign_shows(points, "未知链接不点击"));
	check_alerts(points, 0);
}

/* An alert takes the sign over; at its end the slogans come back by themselves. */
static void prepare_takeover(struct points *points)
{
	stage_pass(&points->stage, 6 * 60 * 1000);
	assert_true(sign_shows(points, "未知链接不点击"));
	stage_drop(&points->stage, "a.cfg", "A1", "immediate",
		"until = \"2026-11-23T10:07:00+08:00\"; channels = [ \"led\" ];");
	stage_pass(&points->stage, 50 * 1000);
	assert_true(sign_shows(points, "刷单"));
	assert_false(sign_shows(points, "未知链接不点击"));
}

static void check_reverted(struct points *points)
{
	assert_false(sign_shows(points, "刷单"));
	assert_true(sign_shows(points, "未知链接不点击"));
}

/* ---- residents ---- */

/*
 * A1 waits for 24 people. The list is then replaced: 0 to 19 are gone (4 elderly, 5 students, 1 both: 8 of the 24), one
 * of the others asks not to be texted (20, elderly), 60 to 69 are new (2 elderly and 2 students, 65 is both: 3), and one
 * line is wrong.
 */
static void write_list(struct points *points, const char *wrong)
{
	FILE *file = fopen(folder_at(&points->stage.folder, "new.csv"), "w");

	fputs("phone,birth_year,roles,area,opt_out\n", file);
	for (unsigned int i = 20; i < 70; i++)
		fprintf(file, "138%08u,%u,%s,320583100,%s\n", i, i % 5 == 0 ? 1950 : 1990, i % 4 == 1 ? "student" : "",
			i == 20 ? "1" : "");
	fputs(wrong, file);
	fclose(file);
}

static void prepare_import(struct points *points)
{
	json_decref(points_ask(points, "channel suspend", json_pack("{s:s}", "name", "sms")));
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
	stage_pass(&points->stage, 1000);
	write_list(points, "12345,1990,,320583100,\n");
}

static void prepare_clean_import(struct points *points)
{
	prepare_import(points);
	write_list(points, "");
}

static void say_import(struct points *points)
{
	points_say(points, "roster import",
		json_pack("{s:s, s:s, s:s, s:s}", "name", "new.csv", "list", "all", "source", "test", "basis", "test"),
		"new.csv");
}

static void check_imported(struct points *points)
{
	json_t *stats = points_ask(points, "roster stats", NULL);

	assert_int_equal(json_integer_value(json_object_get(stats, "known")), 70);
	assert_int_equal(json_integer_value(json_object_get(stats, "present")), 50);
	assert_int_equal(json_integer_value(json_object_get(stats, "gone")), 20);
	assert_int_equal(json_integer_value(json_object_get(stats, "opted_out")), 1);
	assert_int_equal(json_integer_value(json_object_get(stats, "optouts")), 1);
	json_decref(stats);
	/* The snapshot is of the store; nobody has moved: who waited is told, but for those who left. */
	json_decref(points_ask(points, "channel resume", json_pack("{s:s}", "name", "sms")));
	stage_pass(&points->stage, 10000);
	assert_int_equal(stage_adds_up(&points->stage, "A1"), POOL);
	assert_int_equal(residents(points, "A1", "gone"), 8);
	assert_int_equal(residents(points, "A1", "opted-out"), 1);
	assert_int_equal(residents(points, "A1", "delivered"), POOL - 9);
	assert_int_equal(phones(points), POOL - 9);
	for (unsigned int i = 0; i <= 20; i++)
		assert_int_equal(world_phone_count(points->stage.world, 13800000000 + i), 0);
	/* The next alert is for those who are there now. */
	stage_drop(&points->stage, "b.cfg", "A2", "immediate",
		"channels = [ \"sms\" ]; text: { sms = \"新的手法：先让您下载会议软件。\"; };");
	stage_pass(&points->stage, 10000);
	assert_int_equal(stage_adds_up(&points->stage, "A2"), 20);
	assert_int_equal(residents(points, "A2", "delivered"), 19);
	stage_nobody_twice(&points->stage, 70);
	assert_false(folder_has(&points->stage.folder, "state/roster.snapshot.tmp"));
}

static void say_optout(struct points *points)
{
	points_say(points, "optout add", json_pack("{s:s}", "phone", "13800000020"), NULL);
}

static void check_opted_out(struct points *points)
{
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
	stage_pass(&points->stage, 5000);
	assert_int_equal(residents(points, "A1", "opted-out"), 1);
	assert_int_equal(residents(points, "A1", "delivered"), POOL - 1);
	assert_int_equal(world_phone_count(points->stage.world, 13800000020), 0);
}

static void prepare_opted_out(struct points *points)
{
	json_decref(points_ask(points, "optout add", json_pack("{s:s}", "phone", "13800000020")));
}

static void say_optin(struct points *points)
{
	points_say(points, "optout remove", json_pack("{s:s}", "phone", "13800000020"), NULL);
}

static void check_opted_in(struct points *points)
{
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
	stage_pass(&points->stage, 5000);
	assert_int_equal(residents(points, "A1", "delivered"), POOL);
}

/* ---- an operator's word ---- */

static void say_suspend(struct points *points)
{
	points_say(points, "channel suspend", json_pack("{s:s}", "name", "sms"), NULL);
}

static void prepare_suspended(struct points *points)
{
	json_decref(points_ask(points, "channel suspend", json_pack("{s:s}", "name", "sms")));
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
	stage_pass(&points->stage, 1000);
}

static void say_resume(struct points *points)
{
	points_say(points, "channel resume", json_pack("{s:s}", "name", "sms"), NULL);
}

/* What was ordered holds: nothing more leaves until the opposite is ordered, and then all of it does. */
static void check_silent(struct points *points, const char *order, json_t *args)
{
	uint64_t before = phones(points);

	stage_pass(&points->stage, 30000);
	assert_int_equal(phones(points), before);
	assert_true(residents(points, "A1", "waiting") > 0);
	json_decref(points_ask(points, order, args));
	stage_pass(&points->stage, 15000);
	check_told(points, "A1", POOL);
	check_phones(points, "A1");
}

static void check_suspended(struct points *points)
{
	check_silent(points, "channel resume", json_pack("{s:s}", "name", "sms"));
}

static void check_resumed(struct points *points)
{
	check_told(points, "A1", POOL);
	check_phones(points, "A1");
}

static void say_stop(struct points *points)
{
	points_say(points, "stop", NULL, NULL);
}

static void check_stopped(struct points *points)
{
	check_silent(points, "start", NULL);
}

static void prepare_stopped(struct points *points)
{
	json_decref(points_ask(points, "stop", NULL));
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
	stage_pass(&points->stage, 1000);
}

static void say_start(struct points *points)
{
	points_say(points, "start", NULL, NULL);
}

/* One batch is in doubt, and was not taken. */
static void prepare_doubt(struct points *points)
{
	world_fault_set(peer(points, "sms"), WORLD_FAULT_HANG_BEFORE, 1, 0);
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
	stage_pass(&points->stage, 30000);
	assert_int_equal(residents(points, "A1", "unknown"), BATCH);
	assert_int_equal(residents(points, "A1", "delivered"), POOL - BATCH);
}

static void say_of_doubt(struct points *points, const char *order)
{
	json_t *list = points_ask(points, "unknown list", NULL);
	const json_t *batch = json_array_get(json_object_get(list, "batches"), 0);

	points_say(points, order, json_pack("{s:O}", "batch", json_object_get(batch, "batch")), NULL);
	json_decref(list);
}

static void say_resend(struct points *points)
{
	say_of_doubt(points, "unknown resend");
}

/*
 * Sent again once; whom the death left in doubt again, or who was sent to by that second word, was told once at most: the
 * first time nothing was taken.
 */
static void check_resent(struct points *points)
{
	check_told(points, "A1", POOL);
	check_phones(points, "A1");
}

static void say_drop(struct points *points)
{
	say_of_doubt(points, "unknown drop");
}

static void check_dropped(struct points *points)
{
	assert_int_equal(residents(points, "A1", "failed"), BATCH);
	assert_int_equal(residents(points, "A1", "unknown"), 0);
	assert_int_equal(phones(points), POOL - BATCH);
	assert_int_equal(stage_adds_up(&points->stage, "A1"), POOL);
}

/* ---- the daemon itself ---- */

/* All folders are as the installation makes them, and alerts are taken. */
static void check_started(struct points *points)
{
	struct stat st;

	assert_int_equal(stat(folder_at(&points->stage.folder, "spool/new"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 02770);
	assert_int_equal(stat(folder_at(&points->stage.folder, "spool/work"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 02750);
	assert_int_equal(stat(folder_at(&points->stage.folder, "state/ledger.reserve"), &st), 0);
	assert_int_equal(st.st_size, 8 << 20);
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&points->stage, 20000);
	check_alerts(points, 1);
	check_group(points, "A1", 0);
	assert_int_equal(stage_count(&points->stage, "A1", "signs", "shown"), 1);
}

/* The day's tidying, a minute after the start, and a polite end in the middle of a broadcast. */
static void prepare_day(struct points *points)
{
	stage_pass(&points->stage, 58000);
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&points->stage, 1500);
}

/* The disk is full while texts go out: the reserve is given up, and there is room again later. */
static void prepare_full(struct points *points)
{
	prepare_sending(points);
	steps_disk_full("/ledger.db", true);
}

static void check_disk_again(struct points *points)
{
	check_resumed(points);
}

static void make_room(struct points *points)
{
	points_pass(points, 2000);
	steps_disk_full("/ledger.db", false);
}

const struct points_job points_jobs[] = {
	{.name = "alert .cfg",
		.sms = GATEWAY,
		.more = "",
		.act = drop_cfg,
		.watched_ms = 15000,
		.after_ms = 25000,
		.check = check_cfg},
	{.name = "alert .txt",
		.sms = GATEWAY,
		.more = "",
		.act = drop_txt,
		.watched_ms = 3000,
		.after_ms = 15000,
		.check = check_txt},
	{.name = "alert .json",
		.sms = GATEWAY,
		.more = "",
		.act = drop_json,
		.watched_ms = 3000,
		.after_ms = 15000,
		.check = check_json},
	{.name = "submit",
		.sms = GATEWAY,
		.more = "",
		.act = submit,
		.watched_ms = 3000,
		.after_ms = 15000,
		.check = check_submit},
	{.name = "refused",
		.sms = GATEWAY,
		.more = "",
		.act = drop_faulty,
		.watched_ms = 1000,
		.after_ms = 1000,
		.check = check_refused},
	{.name = "duplicate",
		.sms = GATEWAY,
		.more = "",
		.prepare = prepare_sent,
		.act = drop_again,
		.watched_ms = 1000,
		.after_ms = 2000,
		.check = check_duplicate},
	{.name = "cancel",
		.sms = SLOW,
		.more = "",
		.prepare = prepare_sending,
		.act = say_cancel,
		.watched_ms = 3000,
		.after_ms = 20000,
		.check = check_cancelled},
	{.name = "update",
		.sms = SLOW,
		.more = "",
		.prepare = prepare_sending,
		.act = drop_update,
		.watched_ms = 8000,
		.after_ms = 30000,
		.check = check_updated},
	{.name = "cancel by alert",
		.sms = SLOW,
		.more = "",
		.prepare = prepare_sending,
		.act = drop_cancel,
		.watched_ms = 3000,
		.after_ms = 20000,
		.check = check_cancelled_by_alert},
	{.name = "expiry",
		.sms = SLOW,
		.more = "",
		.prepare = prepare_ending,
		.watched_ms = 3000,
		.after_ms = 20000,
		.check = check_expired},
	{.name = "reminder",
		.sms = "",
		.more = REMINDING,
		.prepare = prepare_almost,
		.watched_ms = 3000,
		.after_ms = 15000,
		.check = check_reminder},
	{.name = "schedule run",
		.sms = "",
		.more = REMINDING,
		.wall = "2026-11-23T10:06:00",
		.act = say_run,
		.watched_ms = 3000,
		.after_ms = 15000,
		.check = check_run},
	{.name = "playlist",
		.sms = "",
		.more = ROLLING,
		.prepare = prepare_almost,
		.watched_ms = 10000,
		.after_ms = 20000,
		.check = check_rolling},
	{.name = "takeover",
		.sms = "",
		.more = ROLLING,
		.prepare = prepare_takeover,
		.watched_ms = 20000,
		.after_ms = 30000,
		.check = check_reverted},
	{.name = "import",
		.sms = GATEWAY,
		.more = "",
		.prepare = prepare_import,
		.act = say_import,
		.watched_ms = 1000,
		.after_ms = 1000,
		.check = check_imported},
	{.name = "clean import",
		.sms = GATEWAY,
		.more = "",
		.prepare = prepare_clean_import,
		.act = say_import,
		.watched_ms = 1000,
		.after_ms = 1000,
		.check = check_imported},
	{.name = "opt-out",
		.sms = GATEWAY,
		.more = "",
		.act = say_optout,
		.watched_ms = 500,
		.after_ms = 500,
		.check = check_opted_out},
	{.name = "opt-in",
		.sms = GATEWAY,
		.more = "",
		.prepare = prepare_opted_out,
		.act = say_optin,
		.watched_ms = 500,
		.after_ms = 500,
		.check = check_opted_in},
	{.name = "suspend",
		.sms = SLOW,
		.more = "",
		.prepare = prepare_sending,
		.act = say_suspend,
		.watched_ms = 500,
		.after_ms = 2000,
		.check = check_suspended},
	{.name = "resume",
		.sms = GATEWAY,
		.more = "",
		.prepare = prepare_suspended,
		.act = say_resume,
		.watched_ms = 2000,
		.after_ms = 15000,
		.check = check_resumed},
	{.name = "stop",
		.sms = SLOW,
		.more = "",
		.prepare = prepare_sending,
		.act = say_stop,
		.watched_ms = 500,
		.after_ms = 2000,
		.check = check_stopped},
	{.name = "start",
		.sms = GATEWAY,
		.more = "",
		.prepare = prepare_stopped,
		.act = say_start,
		.watched_ms = 2000,
		.after_ms = 15000,
		.check = check_resumed},
	{.name = "resend",
		.sms = GATEWAY,
		.more = "",
		.prepare = prepare_doubt,
		.act = say_resend,
		.watched_ms = 2000,
		.after_ms = 15000,
		.check = check_resent},
	{.name = "drop",
		.sms = GATEWAY,
		.more = "",
		.prepare = prepare_doubt,
		.act = say_drop,
		.watched_ms = 500,
		.after_ms = 2000,
		.check = check_dropped},
	{.name = "first start",
		.sms = GATEWAY,
		.more = REMINDING,
		.start = true,
		.watched_ms = 1000,
		.after_ms = 1000,
		.check = check_started},
	{.name = "end of a day",
		.sms = SLOW,
		.more = "",
		.prepare = prepare_day,
		.watched_ms = 5000,
		.stop = true,
		.after_ms = 30000,
		.check = check_cfg},
	{.name = "full disk",
		.sms = SLOW,
		.more = "",
		.prepare = prepare_full,
		.act = make_room,
		.watched_ms = 20000,
		.after_ms = 30000,
		.check = check_disk_again},
	{.name = NULL},
};
