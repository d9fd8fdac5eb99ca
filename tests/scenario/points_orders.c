/* Residents, the operator's word, and the daemon itself. */
#include "points_checks.h"
#include "points_jobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

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
	assert_int_equal(points_residents(points, "A1", "gone"), 8);
	assert_int_equal(points_residents(points, "A1", "opted-out"), 1);
	assert_int_equal(points_residents(points, "A1", "delivered"), POOL - 9);
	assert_int_equal(points_phones(points), POOL - 9);
	for (unsigned int i = 0; i <= 20; i++)
		assert_int_equal(world_phone_count(points->stage.world, 13800000000 + i), 0);
	/* The next alert is for those who are there now. */
	stage_drop(&points->stage, "b.cfg", "A2", "immediate",
		"channels = [ \"sms\" ]; text: { sms = \"新的手法：先让您下载会议软件。\"; };");
	stage_pass(&points->stage, 10000);
	assert_int_equal(stage_adds_up(&points->stage, "A2"), 20);
	assert_int_equal(points_residents(points, "A2", "delivered"), 19);
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
	assert_int_equal(points_residents(points, "A1", "opted-out"), 1);
	assert_int_equal(points_residents(points, "A1", "delivered"), POOL - 1);
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
	assert_int_equal(points_residents(points, "A1", "delivered"), POOL);
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
	uint64_t before = points_phones(points);

	stage_pass(&points->stage, 30000);
	assert_int_equal(points_phones(points), before);
	assert_true(points_residents(points, "A1", "waiting") > 0);
	json_decref(points_ask(points, order, args));
	stage_pass(&points->stage, 15000);
	points_check_told(points, "A1", POOL);
	points_check_phones(points, "A1");
}

static void check_suspended(struct points *points)
{
	check_silent(points, "channel resume", json_pack("{s:s}", "name", "sms"));
}

static void check_resumed(struct points *points)
{
	points_check_told(points, "A1", POOL);
	points_check_phones(points, "A1");
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
	world_fault_set(points_peer(points, "sms"), WORLD_FAULT_HANG_BEFORE, 1, 0);
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
	stage_pass(&points->stage, 30000);
	assert_int_equal(points_residents(points, "A1", "unknown"), BATCH);
	assert_int_equal(points_residents(points, "A1", "delivered"), POOL - BATCH);
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
	points_check_told(points, "A1", POOL);
	points_check_phones(points, "A1");
}

static void say_drop(struct points *points)
{
	say_of_doubt(points, "unknown drop");
}

static void check_dropped(struct points *points)
{
	assert_int_equal(points_residents(points, "A1", "failed"), BATCH);
	assert_int_equal(points_residents(points, "A1", "unknown"), 0);
	assert_int_equal(points_phones(points), POOL - BATCH);
	assert_int_equal(stage_adds_up(&points->stage, "A1"), POOL);
}

/* One batch was refused for its text, and the rest of its lane is held; nor could it be sent now if it were not. */
static void prepare_refused(struct points *points)
{
	world_fault_set(points_peer(points, "sms"), WORLD_FAULT_REFUSE_TEXT, 1, 0);
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
	stage_pass(&points->stage, 30000);
	assert_int_equal(points_residents(points, "A1", "refused"), BATCH);
	assert_true(points_residents(points, "A1", "waiting") > 0);
	json_decref(points_ask(points, "channel suspend", json_pack("{s:s}", "name", "sms")));
}

static void say_release(struct points *points)
{
	points_say(points, "queue release", json_pack("{s:s, s:s}", "id", "A1", "channel", "sms"), NULL);
}

/* Who was told that it is released need not say so again, although nothing was sent since. */
static void check_released(struct points *points)
{
	json_decref(points_ask(points, "channel resume", json_pack("{s:s}", "name", "sms")));
	stage_pass(&points->stage, 15000);
	assert_int_equal(points_residents(points, "A1", "refused"), BATCH);
	assert_int_equal(points_residents(points, "A1", "waiting"), 0);
	assert_int_equal(stage_adds_up(&points->stage, "A1"), POOL);
	points_check_phones(points, "A1");
}

/* ---- the daemon itself ---- */

static void check_mode(struct points *points, const char *name, mode_t mode)
{
	struct stat st;

	assert_int_equal(stat(folder_at(&points->stage.folder, name), &st), 0);
	if ((st.st_mode & 07777) != mode)
		fail_msg("%s has mode %o", name, (unsigned int)st.st_mode & 07777);
}

/* All folders are as the installation makes them, and alerts are taken. */
static void check_started(struct points *points)
{
	struct stat st;

	check_mode(points, "spool/tmp", 02770);
	check_mode(points, "spool/new", 02770);
	check_mode(points, "spool/work", 02750);
	check_mode(points, "spool/done", 02750);
	check_mode(points, "spool/failed", 02750);
	assert_int_equal(stat(folder_at(&points->stage.folder, "state/ledger.reserve"), &st), 0);
	assert_int_equal(st.st_size, 8 << 20);
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&points->stage, 20000);
	points_check_alerts(points, 1);
	points_check_group(points, "A1", 0);
	assert_int_equal(stage_count(&points->stage, "A1", "signs", "shown"), 1);
}

/* The disk is full while texts go out: the reserve is given up, and there is room again later. */
static void prepare_full(struct points *points)
{
	points_prepare_sending(points);
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

const struct points_job points_orders[] = {
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
		.prepare = points_prepare_sending,
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
		.prepare = points_prepare_sending,
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
	{.name = "release",
		.sms = GATEWAY,
		.more = "",
		.prepare = prepare_refused,
		.act = say_release,
		.watched_ms = 500,
		.after_ms = 2000,
		.check = check_released},
	{.name = "first start",
		.sms = GATEWAY,
		.more = REMINDING,
		.start = true,
		.watched_ms = 1000,
		.after_ms = 1000,
		.check = check_started},
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
