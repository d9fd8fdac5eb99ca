/* The three jobs that must always work (design.md section 1), and what may go wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/log.h"
#include "stage.h"
#include "testing/clock.h"

enum { PEOPLE = 2000 }; /* 400 elderly, 500 students, 100 of them both: 800 in the pool */

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

static bool all_delivered(struct stage *s)
{
	long long total = stage_count(s, "A1", "residents", "total");

	return total > 0 && stage_count(s, "A1", "residents", "delivered") == total;
}

static bool all_delivered_or_out(struct stage *s)
{
	return stage_count(s, "A1", "residents", "delivered") + stage_count(s, "A1", "residents", "opted-out") == 800;
}

static void an_alert_reaches_phones_groups_and_signs(void **state)
{
	struct world_reach reach;

	stage_config(&stage, "rate = \"500/s\"; batch = 20;", "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_until(&stage, all_delivered, "every resident has a receipt");
	assert_int_equal(stage_adds_up(&stage, "A1"), 800);
	world_reached(stage.world, NULL, &reach);
	assert_int_equal(reach.phones, 800);
	assert_int_equal(reach.more, 0);
	assert_int_equal(stage_count(&stage, "A1", "groups", "posted"), 1);
	assert_non_null(world_message(world_peer_find(stage.world, "group"), 0));
	stage_pass(&stage, 25000);
	assert_int_equal(stage_count(&stage, "A1", "signs", "shown"), 1);
	assert_true(folder_count(&stage.folder, "spool/done") >= 1);
	assert_int_equal(world_most_in(world_peer_find(stage.world, "sms"), 1000) <= 520, 1);
}

static void the_same_bytes_twice_are_sent_once(void **state)
{
	struct world_reach reach;

	stage_config(&stage, "batch = 100;", "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_until(&stage, all_delivered, "every resident has a receipt");
	stage_drop(&stage, "again.cfg", "A1", "immediate", "");
	stage_pass(&stage, 5000);
	world_reached(stage.world, NULL, &reach);
	assert_int_equal(reach.texts, 800);
	char *reason = folder_find(&stage.folder, "spool/done", ".reason");
	assert_non_null(reason);
	free(reason);
}

static void a_sign_rolls_slogans_is_taken_over_and_returns(void **state)
{
	struct world_peer *sign = world_peer_find(stage.world, "sign");

	stage_config(&stage, "",
		"schedules: ( { name = \"day\"; from = \"08:00\"; until = \"20:00\"; channels = [ \"sign\" ];"
		" pack = \"three-no-one-more\"; } );\nsigns: { takeover = \"10min\"; };");
	stage_start(&stage);
	stage_pass(&stage, 30000);
	assert_non_null(strstr(world_sign_showing(sign), "未知链接不点击"));
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 30000);
	assert_non_null(strstr(world_sign_showing(sign), "刷单"));
	assert_null(strstr(world_sign_showing(sign), "未知链接不点击"));
	stage_pass(&stage, 10 * 60 * 1000);
	assert_non_null(strstr(world_sign_showing(sign), "未知链接不点击"));
	assert_non_null(strstr(world_sign_showing(sign), "刷单"));
	json_decref(stage_ask(&stage, "alert cancel", json_pack("{s:s}", "id", "A1"), NULL));
	stage_pass(&stage, 60000);
	assert_null(strstr(world_sign_showing(sign), "刷单"));
	assert_non_null(strstr(world_sign_showing(sign), "未知链接不点击"));
	/* Its hours end at eight in the evening. */
	stage_pass(&stage, 10 * 3600 * 1000);
	assert_null(strstr(world_sign_showing(sign), "未知链接不点击"));
}

static void a_weekly_reminder_comes_at_its_time_and_never_the_same_twice(void **state)
{
	struct world_peer *group = world_peer_find(stage.world, "group");

	stage_config(&stage, "",
		"schedules: ( { name = \"weekly\"; rule = \"FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=9;BYMINUTE=0;BYSECOND=0\";"
		" channels = [ \"group\" ]; pack = \"weekly\"; } );");
	stage_start(&stage);
	stage_pass(&stage, 2 * 86400 * 1000ull);
	assert_null(world_message(group, 0));
	stage_pass(&stage, 1 * 86400 * 1000ull); /* Thursday ten o'clock */
	assert_non_null(world_message(group, 0));
	assert_null(world_message(group, 1));
	stage_pass(&stage, 4 * 86400 * 1000ull); /* the next Monday */
	assert_non_null(world_message(group, 1));
	assert_string_not_equal(world_message(group, 0)->text, world_message(group, 1)->text);
	/* Down over Thursday nine o'clock, back within the grace: sent once, late. */
	stage_stop(&stage);
	fake_clock_pass(3 * 86400 * 1000ull - 30 * 60 * 1000);
	stage_start(&stage);
	stage_pass(&stage, 60000);
	assert_non_null(world_message(group, 2));
	assert_null(world_message(group, 3));
}

static void count_missed(void *arg, int level, const char *line)
{
	if (strstr(line, "reminder-missed") != NULL)
		++*(unsigned int *)arg;
}

/* Otherwise each look at the configuration would tell the operator of three more. */
static void what_was_missed_is_reported_once(void **state)
{
	struct world_peer *group = world_peer_find(stage.world, "group");
	unsigned int reports = 0;

	stage_config(&stage, "",
		"schedules: ( { name = \"eleven\"; rule = \"FREQ=DAILY;BYHOUR=11\"; grace = \"1h\"; channels = [ \"group\" ];"
		" pack = \"weekly\"; } );");
	stage_start(&stage);
	stage_pass(&stage, 2 * 3600 * 1000);
	stage_stop(&stage);
	fake_clock_pass(3 * 86400 * 1000ull);
	log_set_sink(count_missed, &reports);
	stage_start(&stage);
	assert_int_equal(reports, 1);
	json_decref(stage_ask(&stage, "reload", NULL, NULL));
	stage_pass(&stage, 10000);
	stage_stop(&stage);
	stage_start(&stage);
	stage_kill(&stage);
	/* Missed as well, and told with the next that comes in time. */
	fake_clock_pass(2 * 86400 * 1000ull - 3600 * 1000);
	stage_start(&stage);
	stage_pass(&stage, 60000);
	log_set_sink(NULL, NULL);
	assert_int_equal(reports, 2);
	assert_non_null(world_message(group, 1));
	assert_null(world_message(group, 2));
}

/* A box restarts by itself after years, and one of its reminders has ended meanwhile. */
static void a_reminder_that_is_over_keeps_nobody_from_being_warned(void **state)
{
	int exit = 0;

	stage_config(&stage, "batch = 100;",
		"schedules: ( { name = \"week\"; rule = \"FREQ=DAILY;BYHOUR=11;UNTIL=20261124\"; channels = [ \"group\" ];"
		" pack = \"weekly\"; } );");
	stage_start(&stage);
	stage_pass(&stage, 3 * 86400 * 1000ull);
	assert_non_null(world_message(world_peer_find(stage.world, "group"), 1));
	stage_stop(&stage);
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_until(&stage, all_delivered, "every resident has a receipt");
	/* Whoever has it read again is told. */
	json_decref(stage_ask(&stage, "reload", NULL, &exit));
	assert_int_not_equal(exit, 0);
}

/* Both fall due in the same minute: neither is durable when the other chooses its line, nor closed at the next start. */
static void two_reminders_of_one_minute_tell_a_group_two_things(void **state)
{
	static const char daily[] = "FREQ=DAILY;BYHOUR=11;BYMINUTE=0;BYSECOND=0";
	struct world_peer *group = world_peer_find(stage.world, "group");
	char more[1024];

	snprintf(more, sizeof(more),
		"schedules: ( { name = \"one\"; rule = \"%s\"; channels = [ \"group\" ]; pack = \"weekly\"; },"
		" { name = \"two\"; rule = \"%s\"; channels = [ \"group\" ]; pack = \"weekly\"; } );",
		daily, daily);
	stage_config(&stage, "", more);
	stage_start(&stage);
	stage_pass(&stage, 3700 * 1000);
	assert_non_null(world_message(group, 1));
	assert_string_not_equal(world_message(group, 0)->text, world_message(group, 1)->text);
	/* An alert between does not make the group forget, and both caught up at a start are chosen at once. */
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 60000);
	assert_non_null(world_message(group, 2));
	stage_stop(&stage);
	fake_clock_pass(86400 * 1000ull);
	stage_start(&stage);
	stage_pass(&stage, 60000);
	assert_non_null(world_message(group, 4));
	assert_null(world_message(group, 5));
	assert_string_not_equal(world_message(group, 1)->text, world_message(group, 3)->text);
	assert_string_not_equal(world_message(group, 3)->text, world_message(group, 4)->text);
}

static void a_line_that_holds_another_is_not_taken_for_it(void **state)
{
	struct world_peer *group = world_peer_find(stage.world, "group");

	folder_make_in(&stage.folder, "data");
	folder_write_text(&stage.folder, "data/slogans.cfg",
		"packs = ( { slug = \"short\"; name = \"短句\"; whole = true;"
		" lines = [ \" 转账前先打电话核实。有疑问咨询96110。\", \"有疑问咨询96110。\" ]; } );\n");
	folder_write_text(&stage.folder, "data/fraud-types.cfg",
		"types = ( { slug = \"other\"; name = \"其他\"; pack = \"short\"; aliases = [ \"其它\" ];"
		" audiences = [ \"all\" ]; } );\n");
	folder_make_in(&stage.folder, "crierd.conf.d");
	folder_write_text(&stage.folder, "crierd.conf.d/words.conf", "paths: { data = \"data\"; };\n");
	stage_config(&stage, "",
		"schedules: ( { name = \"daily\"; rule = \"FREQ=DAILY;BYHOUR=11;BYMINUTE=0;BYSECOND=0\";"
		" channels = [ \"group\" ]; pack = \"short\"; } );");
	stage_start(&stage);
	stage_pass(&stage, 3 * 86400 * 1000ull);
	for (unsigned int day = 0; day < 2; day++) {
		assert_non_null(world_message(group, day + 1));
		assert_string_not_equal(world_message(group, day)->text, world_message(group, day + 1)->text);
	}
}

static void routine_waits_for_the_morning(void **state)
{
	struct world_reach reach;

	stage_config(&stage, "batch = 100;", "quiet: { from = \"20:00\"; until = \"08:00\"; };");
	stage_start(&stage);
	stage_pass(&stage, 11 * 3600 * 1000ull); /* nine in the evening */
	stage_drop(&stage, "a.cfg", "A1", "routine", "");
	stage_pass(&stage, 10 * 3600 * 1000ull);
	world_reached(stage.world, NULL, &reach);
	assert_int_equal(reach.texts, 0);
	assert_int_equal(stage_count(&stage, "A1", "residents", "waiting"), 800);
	stage_pass(&stage, 3600 * 1000ull + 60000);
	world_reached(stage.world, NULL, &reach);
	assert_int_equal(reach.once, 800);
}

static void nobody_is_texted_more_often_than_the_cap_says(void **state)
{
	struct world_reach reach;

	stage_config(&stage, "batch = 100;", "limits: { recipient = \"2/week\"; };");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "today", "");
	stage_drop(&stage, "b.cfg", "A2", "today", "place = \"玉山镇\";");
	stage_pass(&stage, 60000);
	stage_drop(&stage, "c.cfg", "A3", "today", "place = \"开发区\";");
	stage_pass(&stage, 60000);
	world_reached(stage.world, NULL, &reach);
	assert_int_equal(reach.most, 2);
	assert_int_equal(stage_count(&stage, "A3", "residents", "capped"), 800);
	stage_drop(&stage, "d.cfg", "A4", "immediate", "");
	stage_pass(&stage, 60000);
	world_reached(stage.world, NULL, &reach);
	assert_int_equal(reach.most, 3);
}

/* What is kept between drafts gives way to whatever happens: alerts that come, close, leave the window, or are cancelled. */
static void the_cap_follows_what_happens_to_alerts(void **state)
{
	static const uint64_t day = 24ull * 3600 * 1000;
	int exit = 0;

	stage_config(&stage, "batch = 100;", "limits: { recipient = \"1/week\"; };");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "today", "");
	stage_pass(&stage, 60000);
	stage_drop(&stage, "b.cfg", "A2", "today", "place = \"玉山镇\";");
	stage_pass(&stage, 60000);
	assert_int_equal(stage_count(&stage, "A2", "residents", "capped"), 800);
	/* A1 is long closed, and still in the window */
	stage_pass(&stage, 5 * day);
	stage_drop(&stage, "c.cfg", "A3", "today", "place = \"开发区\";");
	stage_pass(&stage, 60000);
	assert_int_equal(stage_count(&stage, "A3", "residents", "capped"), 800);
	/* and now it is not any more */
	stage_pass(&stage, 3 * day);
	json_decref(stage_ask(&stage, "stop", NULL, NULL));
	stage_drop(&stage, "d.cfg", "A4", "today", "place = \"周庄镇\";");
	stage_pass(&stage, 60000);
	assert_int_equal(stage_count(&stage, "A4", "residents", "capped"), 0);
	assert_int_equal(stage_count(&stage, "A4", "residents", "waiting"), 800);
	stage_drop(&stage, "e.cfg", "A5", "today", "place = \"淀山湖镇\";");
	stage_pass(&stage, 60000);
	assert_int_equal(stage_count(&stage, "A5", "residents", "capped"), 800);
	/* cancelled before anything left: it has told nobody */
	json_decref(stage_ask(&stage, "alert cancel", json_pack("{s:s}", "id", "A4"), &exit));
	stage_pass(&stage, 60000);
	stage_drop(&stage, "f.cfg", "A6", "today", "place = \"千灯镇\";");
	stage_pass(&stage, 60000);
	assert_int_equal(stage_count(&stage, "A6", "residents", "capped"), 0);
	assert_int_equal(stage_count(&stage, "A6", "residents", "waiting"), 800);
}

/* A gateway says "later" and sends all the same; what it reports before the next attempt makes that one needless. */
static void who_has_a_receipt_is_not_texted_again(void **state)
{
	struct world_reach reach;

	stage_config(&stage, "batch = 100;", "retry: { base = \"5min\"; most = \"5min\"; };");
	stage_start(&stage);
	world_fault_set(world_peer_find(stage.world, "sms"), WORLD_FAULT_ERROR_TAKEN, 1, 0);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_until(&stage, all_delivered, "every resident has a receipt");
	stage_pass(&stage, 10 * 60 * 1000);
	world_reached(stage.world, NULL, &reach);
	assert_int_equal(reach.once, 800);
	char *before = stage_sums(&stage, "A1");
	stage_kill(&stage);
	stage_start(&stage);
	char *after = stage_sums(&stage, "A1");
	assert_string_equal(after, before);
	free(before);
	free(after);
}

/* Ordered to be sent again in the evening, and reported at night: in the morning nobody is left to be texted twice. */
static void a_late_receipt_makes_a_resend_needless(void **state)
{
	struct world_peer *sms = world_peer_find(stage.world, "sms");
	struct world_reach reach;
	json_t *list, *item;
	size_t i;

	stage_config(&stage, "batch = 100; window = 1;", "");
	stage_start(&stage);
	world_fault_set(sms, WORLD_FAULT_RESET_AFTER, 1, 0);
	world_fault_set(sms, WORLD_FAULT_RECEIPT_LATE, 30 * 60 * 1000, 0);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 5 * 60 * 1000);
	assert_int_equal(stage_residents(&stage, "A1", "unknown"), 100);
	json_decref(stage_ask(&stage, "channel suspend", json_pack("{s:s}", "name", "sms"), NULL));
	list = stage_ask(&stage, "unknown list", NULL, NULL);
	json_array_foreach(json_object_get(list, "batches"), i, item) json_decref(
		stage_ask(&stage, "unknown resend", json_pack("{s:O}", "batch", json_object_get(item, "batch")), NULL));
	json_decref(list);
	assert_int_equal(stage_residents(&stage, "A1", "waiting"), 100);
	stage_pass(&stage, 3600 * 1000);
	json_decref(stage_ask(&stage, "channel resume", json_pack("{s:s}", "name", "sms"), NULL));
	stage_until(&stage, all_delivered, "every resident has a receipt");
	stage_pass(&stage, 60000);
	world_reached(stage.world, NULL, &reach);
	assert_int_equal(reach.once, 800);
}

static void an_opt_out_counts_at_once(void **state)
{
	stage_config(&stage, "rate = \"10/s\"; batch = 10;", "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 2000);
	json_decref(stage_ask(&stage, "optout add", json_pack("{s:s}", "phone", "13800001999"), NULL));
	json_decref(stage_ask(&stage, "optout add", json_pack("{s:s}", "phone", "13800001995"), NULL));
	stage_until(&stage, all_delivered_or_out, "all are settled");
	assert_int_equal(world_phone_count(stage.world, 13800001995), 0);
	assert_int_equal(stage_count(&stage, "A1", "residents", "opted-out"), 1);
	assert_int_equal(stage_adds_up(&stage, "A1"), 800);
}

static void a_drill_never_reaches_a_public_channel(void **state)
{
	struct world_totals totals;

	stage_config(&stage, "", "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "status = \"exercise\";");
	stage_pass(&stage, 60000);
	world_totals(stage.world, world_peer_find(stage.world, "sms"), &totals);
	assert_int_equal(totals.requests, 0);
	world_totals(stage.world, world_peer_find(stage.world, "group"), &totals);
	assert_int_equal(totals.requests, 0);
}

static void an_update_stops_the_old_text_and_a_cancel_stops_all(void **state)
{
	stage_config(&stage, "rate = \"20/s\"; batch = 20;", "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 10000);
	stage_drop(&stage, "b.cfg", "A2", "immediate",
		"action = \"update\"; supersedes = [ \"A1\" ]; place = \"玉山镇\";");
	stage_pass(&stage, 5000);
	long long stopped = stage_count(&stage, "A1", "residents", "cancelled");
	assert_true(stopped > 0);
	assert_int_equal(stage_count(&stage, "A1", "residents", "waiting"), 0);
	assert_int_equal(stage_adds_up(&stage, "A1"), 800);
	stage_drop(&stage, "c.cfg", "A3", "immediate", "action = \"cancel\"; supersedes = [ \"A2\" ];");
	stage_pass(&stage, 5000);
	assert_true(stage_count(&stage, "A2", "residents", "cancelled") > 0);
	assert_int_equal(stage_count(&stage, "A2", "residents", "waiting"), 0);
	struct world_reach before, after;
	world_reached(stage.world, NULL, &before);
	stage_pass(&stage, 60000);
	world_reached(stage.world, NULL, &after);
	assert_int_equal(before.texts, after.texts);
}

/* A cancel may come before what it cancels, and be no more durable than a moment old when that comes. */
static void a_cancel_just_before_its_alert_stops_it(void **state)
{
	struct world_reach reach;

	stage_config(&stage, "rate = \"500/s\"; batch = 20;", "");
	stage_start(&stage);
	stage_drop(&stage, "1.cfg", "C1", "immediate", "action = \"cancel\"; supersedes = [ \"A1\" ];");
	stage_drop(&stage, "2.cfg", "A1", "immediate", "");
	stage_drop(&stage, "3.cfg", "A2", "immediate", "");
	stage_drop(&stage, "4.cfg", "U2", "immediate", "action = \"update\"; supersedes = [ \"A2\" ];");
	stage_drop(&stage, "5.cfg", "V2", "immediate", "action = \"update\"; supersedes = [ \"A2\" ];");
	stage_pass(&stage, 30000);
	assert_true(stage_residents(&stage, "A1", "delivered") <= 0);
	assert_int_equal(stage_residents(&stage, "V2", "delivered"), 800);
	/* Of two updates of one alert the newer is sent, whoever is judged first. */
	assert_true(stage_residents(&stage, "U2", "delivered") <= 0);
	world_reached(stage.world, NULL, &reach);
	assert_int_equal(reach.texts, 800);
	assert_int_equal(reach.more, 0);
}

/* Whoever names an id before it comes speaks for his own alerts: his word hides nobody else's about the same id. */
static void a_cancel_of_one_sender_hides_no_other_senders(void **state)
{
	static const char cancel[] = "action = \"cancel\"; supersedes = [ \"A1\" ];";

	stage_config(&stage, "rate = \"500/s\"; batch = 20;",
		"intake: { senders = [ \"fzzx@ks.example.cn\", \"a@ks.example.cn\", \"z@ks.example.cn\" ]; };");
	stage_start(&stage);
	stage_drop_from(&stage, "a@ks.example.cn", "1.cfg", "C1", "immediate", cancel);
	stage_drop_from(&stage, "z@ks.example.cn", "2.cfg", "C2", "immediate", cancel);
	stage_drop(&stage, "3.cfg", "C3", "immediate", cancel);
	stage_drop(&stage, "4.cfg", "A1", "immediate", "");
	stage_pass(&stage, 30000);
	assert_true(stage_residents(&stage, "A1", "total") <= 0);
	assert_int_equal(folder_count(&stage.folder, "spool/failed"), 0);
}

/* A real cancel stands, whatever drills and drafts say later about the same id, and a drill's word is for drills. */
static void a_drill_or_a_draft_lifts_no_real_cancel(void **state)
{
	stage_config(&stage, "rate = \"500/s\"; batch = 20; test = true;", "");
	stage_start(&stage);
	stage_drop(&stage, "1.cfg", "C1", "immediate", "action = \"cancel\"; supersedes = [ \"A1\" ];");
	stage_drop(&stage, "2.cfg", "C2", "immediate",
		"action = \"cancel\"; supersedes = [ \"A1\", \"A2\", \"D1\" ]; status = \"exercise\";");
	stage_drop(&stage, "3.cfg", "C3", "immediate", "action = \"cancel\"; supersedes = [ \"D1\" ];");
	stage_drop(&stage, "4.cfg", "C4", "immediate",
		"action = \"cancel\"; supersedes = [ \"A1\" ]; status = \"draft\";");
	stage_drop(&stage, "5.cfg", "A1", "immediate", "");
	stage_drop(&stage, "6.cfg", "A2", "immediate", "");
	stage_drop(&stage, "7.cfg", "D1", "immediate", "status = \"exercise\";");
	stage_pass(&stage, 30000);
	assert_true(stage_residents(&stage, "A1", "total") <= 0);
	assert_int_equal(stage_residents(&stage, "A2", "delivered"), 800);
	assert_true(stage_residents(&stage, "D1", "total") <= 0);
	assert_int_equal(folder_count(&stage.folder, "spool/failed"), 0);
}

/* What is only kept changes nothing: neither a draft, nor an update that a newer one overtook. */
static void what_is_only_kept_withdraws_nothing_to_come(void **state)
{
	stage_config(&stage, "rate = \"500/s\"; batch = 20; test = true;", "");
	stage_start(&stage);
	stage_drop(&stage, "1.cfg", "A1", "immediate", "");
	stage_drop(&stage, "2.cfg", "U1", "immediate", "action = \"update\"; supersedes = [ \"A1\" ];");
	stage_drop(&stage, "3.cfg", "U2", "immediate",
		"action = \"update\"; supersedes = [ \"A1\", \"A2\" ]; issued = \"2026-11-23T09:00:00+08:00\";");
	stage_drop(&stage, "4.cfg", "U3", "immediate",
		"action = \"update\"; supersedes = [ \"D1\" ]; status = \"draft\";");
	stage_drop(&stage, "5.cfg", "A2", "immediate", "");
	stage_drop(&stage, "6.cfg", "D1", "immediate", "status = \"exercise\";");
	stage_pass(&stage, 30000);
	assert_int_equal(stage_residents(&stage, "U1", "delivered"), 800);
	assert_true(stage_residents(&stage, "U2", "total") <= 0);
	assert_int_equal(stage_residents(&stage, "A2", "delivered"), 800);
	assert_int_equal(stage_residents(&stage, "D1", "delivered"), 800);
	assert_int_equal(folder_count(&stage.folder, "spool/failed"), 0);
}

static void bad_files_are_refused_with_reasons_and_the_next_good_one_is_served(void **state)
{
	static const char *const bad[][2] = {
		{"spool/new/empty.cfg", ""},
		{"spool/new/broken.cfg", "schema = \"fraud-alert/1\n"},
		{"spool/new/\xe6\x96\xb0\xe5\xbb\xba.txt.docx", "PK"},
		{"spool/new/none.json", "{\"schema\": \"fraud-alert/1\"}"},
		{"spool/new/words.txt", "没有冒号的一行\n"},
	};

	stage_config(&stage, "batch = 100;", "");
	stage_start(&stage);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		folder_write_text(&stage.folder, bad[i][0], bad[i][1]);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 60000);
	assert_int_equal(folder_count(&stage.folder, "spool/failed"), 2 * sizeof(bad) / sizeof(bad[0]));
	assert_int_equal(folder_count(&stage.folder, "spool/new"), 0);
	stage_until(&stage, all_delivered, "the good one was served");
}

static void the_urgent_is_taken_although_as_many_as_allowed_are_being_sent(void **state)
{
	stage_config(&stage, "rate = \"20/s\"; batch = 20;", "intake: { open_alerts = 1; };");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "today", "");
	stage_pass(&stage, 2000);
	stage_drop(&stage, "b.cfg", "A2", "today", "place = \"玉山镇\";");
	stage_drop(&stage, "c.cfg", "A3", "immediate", "place = \"玉山镇\";");
	stage_pass(&stage, 5000);
	assert_int_equal(stage_count(&stage, "A2", "residents", "total"), -1);
	assert_int_equal(folder_count(&stage.folder, "spool/new") + folder_count(&stage.folder, "spool/work"), 1);
	assert_true(stage_count(&stage, "A3", "residents", "waiting") < 800);
	stage_until(&stage, all_delivered, "the first was sent to all");
	stage_pass(&stage, 600000);
	assert_int_equal(stage_count(&stage, "A2", "residents", "delivered"), 800);
	assert_int_equal(folder_count(&stage.folder, "spool/new") + folder_count(&stage.folder, "spool/work"), 0);
}

/* Each of them was judged and put off: more than may be on the desk at once. */
static void the_urgent_is_taken_although_very_many_wait(void **state)
{
	stage_config(&stage, "rate = \"20/s\"; batch = 20;", "intake: { open_alerts = 1; };");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "today", "");
	stage_pass(&stage, 2000);
	for (int i = 0; i < 70; i++) {
		char name[32], id[32];
		snprintf(name, sizeof(name), "w%d.cfg", i);
		snprintf(id, sizeof(id), "W%d", i);
		stage_drop(&stage, name, id, "routine", "channels = [ \"wecom\" ];");
	}
	stage_pass(&stage, 2000);
	assert_int_equal(folder_count(&stage.folder, "spool/work"), 70);
	stage_drop(&stage, "u.cfg", "U1", "immediate", "place = \"玉山镇\";");
	stage_pass(&stage, 2000);
	assert_true(stage_count(&stage, "U1", "residents", "total") > 0);
}

/* What keeps an alert open without being sent, for days perhaps. */
static void suspend_sign(void)
{
	json_decref(stage_ask(&stage, "channel suspend", json_pack("{s:s}", "name", "sign"), NULL));
}

static void darken_sign(void)
{
	world_sign_mains(world_peer_find(stage.world, "sign"), false);
}

static void lose_an_answer(void)
{
	world_fault_set(world_peer_find(stage.world, "sms"), WORLD_FAULT_HANG_BEFORE, 1, 0);
}

static bool nobody_waits(struct stage *s)
{
	return stage_count(s, "A1", "residents", "total") > 0 && stage_count(s, "A1", "residents", "waiting") == 0 &&
		stage_count(s, "A1", "residents", "in-flight") == 0;
}

static void an_alert_that_cannot_be_sent_to_its_end_holds_no_other_up(void **state)
{
	static void (*const hindrances[])(void) = {suspend_sign, darken_sign, lose_an_answer};

	for (size_t i = 0; i < sizeof(hindrances) / sizeof(hindrances[0]); i++) {
		if (i > 0) {
			tear_down(state);
			set_up(state);
		}
		stage_config(&stage, "batch = 20;", "intake: { open_alerts = 1; };");
		stage_start(&stage);
		hindrances[i]();
		stage_drop(&stage, "a.cfg", "A1", "today", "");
		stage_until(&stage, nobody_waits, "all were sent to");
		stage_pass(&stage, 300000);
		assert_true(stage_count(&stage, "A1", "signs", "waiting") +
				stage_count(&stage, "A1", "signs", "in-flight") +
				stage_count(&stage, "A1", "residents", "unknown") >
			0);
		stage_drop(&stage, "b.cfg", "A2", "today", "place = \"玉山镇\";");
		stage_pass(&stage, 5000);
		if (stage_count(&stage, "A2", "residents", "total") <= 0)
			fail_msg("the second alert was not taken (%zu)", i);
	}
}

/* Nothing at all is taken at twice as many; that ends when what they wait for is found to be suspended. */
static void a_suspended_channel_opens_the_folder_again(void **state)
{
	stage_config(&stage, "rate = \"1/s\"; batch = 1;", "intake: { open_alerts = 1; };");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "channels = [ \"sms\" ];");
	stage_drop(&stage, "b.cfg", "A2", "immediate", "channels = [ \"sms\" ]; place = \"玉山镇\";");
	stage_pass(&stage, 5000);
	stage_drop(&stage, "c.cfg", "A3", "immediate", "channels = [ \"wecom\" ];");
	stage_pass(&stage, 5000);
	assert_int_equal(stage_count(&stage, "A3", "groups", "total"), -1);
	json_decref(stage_ask(&stage, "channel suspend", json_pack("{s:s}", "name", "sms"), NULL));
	stage_pass(&stage, 5000);
	assert_int_equal(stage_count(&stage, "A3", "groups", "posted"), 1);
}

static void the_red_switch_stops_all_and_loses_nothing(void **state)
{
	struct world_reach before, after;

	stage_config(&stage, "rate = \"50/s\"; batch = 10;", "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 4000);
	json_decref(stage_ask(&stage, "stop", NULL, NULL));
	stage_pass(&stage, 1000);
	world_reached(stage.world, NULL, &before);
	stage_pass(&stage, 600000);
	world_reached(stage.world, NULL, &after);
	assert_int_equal(before.texts, after.texts);
	/* It stays thrown over a restart. */
	stage_stop(&stage);
	stage_start(&stage);
	stage_pass(&stage, 60000);
	world_reached(stage.world, NULL, &after);
	assert_int_equal(before.texts, after.texts);
	json_decref(stage_ask(&stage, "start", NULL, NULL));
	stage_until(&stage, all_delivered, "the rest was sent");
	world_reached(stage.world, NULL, &after);
	assert_int_equal(after.once, 800);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_alert_reaches_phones_groups_and_signs),
		CASE(the_same_bytes_twice_are_sent_once),
		CASE(a_sign_rolls_slogans_is_taken_over_and_returns),
		CASE(a_weekly_reminder_comes_at_its_time_and_never_the_same_twice),
		CASE(what_was_missed_is_reported_once),
		CASE(a_reminder_that_is_over_keeps_nobody_from_being_warned),
		CASE(two_reminders_of_one_minute_tell_a_group_two_things),
		CASE(a_line_that_holds_another_is_not_taken_for_it),
		CASE(routine_waits_for_the_morning),
		CASE(nobody_is_texted_more_often_than_the_cap_says),
		CASE(the_cap_follows_what_happens_to_alerts),
		CASE(who_has_a_receipt_is_not_texted_again),
		CASE(a_late_receipt_makes_a_resend_needless),
		CASE(an_opt_out_counts_at_once),
		CASE(a_drill_never_reaches_a_public_channel),
		CASE(an_update_stops_the_old_text_and_a_cancel_stops_all),
		CASE(a_cancel_just_before_its_alert_stops_it),
		CASE(a_cancel_of_one_sender_hides_no_other_senders),
		CASE(a_drill_or_a_draft_lifts_no_real_cancel),
		CASE(what_is_only_kept_withdraws_nothing_to_come),
		CASE(bad_files_are_refused_with_reasons_and_the_next_good_one_is_served),
		CASE(the_urgent_is_taken_although_as_many_as_allowed_are_being_sent),
		CASE(the_urgent_is_taken_although_very_many_wait),
		CASE(an_alert_that_cannot_be_sent_to_its_end_holds_no_other_up),
		CASE(a_suspended_channel_opens_the_folder_again),
		CASE(the_red_switch_stops_all_and_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
