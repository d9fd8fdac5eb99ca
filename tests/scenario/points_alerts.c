/* Alerts, what takes them back, and what comes by the calendar. */
#include "points_checks.h"
#include "points_jobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

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
	points_check_alerts(points, 1);
	points_check_told(points, "A1", POOL);
	points_check_phones(points, "A1");
	points_check_group(points, "A1", 0);
	points_check_file(points, "a.cfg", "done", false);
	assert_true(points_sign_shows(points, "刷单"));
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
	char *id = points_the_alert(points);

	points_check_told(points, id, POOL);
	points_check_phones(points, id);
	points_check_group(points, id, 0);
	points_check_file(points, "a.txt", "done", false);
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
	points_check_alerts(points, 1);
	points_check_told(points, "A1", POOL);
	points_check_phones(points, "A1");
	points_check_file(points, "a.json", "done", false);
	json_t *alert = points_ask(points, "alert show", json_pack("{s:s}", "id", "A1"));
	/* What is in doubt keeps it open. */
	if (points_residents(points, "A1", "delivered") == POOL)
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
		points_check_alerts(points, 0);
		return;
	}
	points_check_alerts(points, 1);
	points_check_told(points, "A1", POOL);
	points_check_phones(points, "A1");
	points_check_file(points, "a.cfg", "done", false);
}

static void drop_faulty(struct points *points)
{
	drop_text(points, "a.cfg", "schema = \"fraud-alert/1\"; fraud_type = \"no-such-fraud\";\n");
}

static void check_refused(struct points *points)
{
	points_check_alerts(points, 0);
	points_check_file(points, "a.cfg", "failed", true);
	assert_int_equal(points_phones(points), 0);
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
	points_check_alerts(points, 1);
	points_check_told(points, "A1", POOL);
	assert_int_equal(points_phones(points), POOL);
	assert_int_equal(folder_count(&points->stage.folder, "spool/done"), 3);
	assert_int_equal(folder_count(&points->stage.folder, "spool/failed"), 0);
	char *reason = folder_find(&points->stage.folder, "spool/done", "again.cfg.reason");
	assert_non_null(reason);
	free(reason);
}
/* ---- what takes an alert back ---- */

static void check_withdrawn(struct points *points, const char *id, const char *state)
{
	struct world_reach before, after;

	assert_int_equal(points_residents(points, id, "waiting") + points_residents(points, id, "in-flight"), 0);
	assert_true(points_residents(points, id, state) > 0);
	assert_int_equal(stage_adds_up(&points->stage, id), POOL);
	assert_in_range(points_residents(points, id, "unknown"), 0, points->kills * WINDOW * BATCH);
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
	assert_false(points_sign_shows(points, "刷单"));
}

static void drop_update(struct points *points)
{
	stage_drop(&points->stage, "b.cfg", "A2", "immediate",
		"action = \"update\"; supersedes = [ \"A1\" ]; text: { sms = \"新的手法：先让您下载会议软件。\"; };");
}

static void check_updated(struct points *points)
{
	points_check_alerts(points, 2);
	points_check_told(points, "A2", POOL);
	check_withdrawn(points, "A1", "cancelled");
	points_check_group(points, "A2", 1);
	assert_int_equal(stage_count(&points->stage, "A2", "signs", "shown"), 1);
}

static void drop_cancel(struct points *points)
{
	stage_drop(&points->stage, "b.cfg", "A2", "immediate", "action = \"cancel\"; supersedes = [ \"A1\" ];");
}

static void check_cancelled_by_alert(struct points *points)
{
	points_check_alerts(points, 2);
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
	assert_false(points_sign_shows(points, "刷单"));
}
/* ---- by the calendar ---- */

static void prepare_almost(struct points *points)
{
	stage_pass(&points->stage, 5 * 60 * 1000 - 1000);
	assert_int_equal(points_messages(points), 0);
}

static void check_reminder(struct points *points)
{
	char *id = points_the_alert(points);

	points_check_group(points, id, 0);
	size_t before = points_messages(points);
	stage_pass(&points->stage, 3600 * 1000);
	assert_int_equal(points_messages(points), before);
	points_check_alerts(points, 1);
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
		assert_int_equal(points_messages(points), 0);
		return;
	}
	char *id = points_the_alert(points);
	points_check_group(points, id, 0);
	free(id);
}

static void check_rolling(struct points *points)
{
	assert_true(points_sign_shows(points, "未知链接不点击"));
	points_check_alerts(points, 0);
}

/* An alert takes the sign over; at its end the slogans come back by themselves. */
static void prepare_takeover(struct points *points)
{
	stage_pass(&points->stage, 6 * 60 * 1000);
	assert_true(points_sign_shows(points, "未知链接不点击"));
	stage_drop(&points->stage, "a.cfg", "A1", "immediate",
		"until = \"2026-11-23T10:07:00+08:00\"; channels = [ \"led\" ];");
	stage_pass(&points->stage, 50 * 1000);
	assert_true(points_sign_shows(points, "刷单"));
	assert_false(points_sign_shows(points, "未知链接不点击"));
}

static void check_reverted(struct points *points)
{
	assert_false(points_sign_shows(points, "刷单"));
	assert_true(points_sign_shows(points, "未知链接不点击"));
}
/* ---- an ordinary end ---- */

/* The day's tidying, a minute after the start, and a polite end in the middle of a broadcast. */
static void prepare_day(struct points *points)
{
	stage_pass(&points->stage, 58000);
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&points->stage, 1500);
}

const struct points_job points_alerts[] = {
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
		.prepare = points_prepare_sending,
		.act = say_cancel,
		.watched_ms = 3000,
		.after_ms = 20000,
		.check = check_cancelled},
	{.name = "update",
		.sms = SLOW,
		.more = "",
		.prepare = points_prepare_sending,
		.act = drop_update,
		.watched_ms = 8000,
		.after_ms = 30000,
		.check = check_updated},
	{.name = "cancel by alert",
		.sms = SLOW,
		.more = "",
		.prepare = points_prepare_sending,
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
	{.name = "end of a day",
		.sms = SLOW,
		.more = "",
		.prepare = prepare_day,
		.watched_ms = 5000,
		.stop = true,
		.after_ms = 30000,
		.check = check_cfg},
	{.name = NULL},
};
