/* A configuration read again while texts go out: channels close and open under way, and what they were for may change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "stage.h"
#include "testing/clock.h"

enum { PEOPLE = 1000, POOL = 400 };

#define GATEWAY "rate = \"50/s\"; window = 4; batch = 10; timeout = \"10s\";"

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

static struct world_peer *peer(const char *name)
{
	return world_peer_find(stage.world, name);
}

static void order(const char *command, const char *key, const char *value)
{
	int exit;

	json_decref(stage_ask(&stage, command, key != NULL ? json_pack("{s:s}", key, value) : NULL, &exit));
}

/* One that is going on already is over after a few seconds. */
static void reload(void)
{
	int exit = 1;

	for (unsigned int tries = 0; exit != 0 && tries < 20; tries++) {
		json_decref(stage_ask(&stage, "reload", NULL, &exit));
		if (exit != 0)
			stage_pass(&stage, 500);
	}
	assert_int_equal(exit, 0);
}

static uint64_t phones(void)
{
	struct world_reach reach;

	world_reached(stage.world, NULL, &reach);
	assert_int_equal(reach.more, 0);
	return reach.phones;
}

static bool all_told(struct stage *s)
{
	return stage_residents(s, "A1", "delivered") + stage_residents(s, "A1", "unknown") == POOL;
}

/* What was asked for, and no more what was cancelled. */
static bool sign_is_right(struct stage *s)
{
	const char *shows = world_sign_showing(world_peer_find(s->world, "sign"));

	return strstr(shows, "刷单") != NULL && strstr(shows, "临时提醒") == NULL;
}

static void a_reload_in_the_middle_of_a_broadcast_loses_nothing(void **state)
{
	stage_config(&stage, GATEWAY, "");
	stage_start(&stage);
	world_fault_set(peer("sms"), WORLD_FAULT_LATENCY, 300, 0);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	for (unsigned int i = 0; i < 8; i++) {
		stage_pass(&stage, 700 + i * 13);
		reload();
	}
	stage_until(&stage, all_told, "everybody was told");
	/* Every answer came in time: nobody is in doubt. */
	assert_int_equal(stage_residents(&stage, "A1", "delivered"), POOL);
	assert_int_equal(phones(), POOL);
	assert_int_equal(stage_count(&stage, "A1", "groups", "posted"), 1);
	stage_pass(&stage, 30000);
	assert_true(sign_is_right(&stage));
}

/* Answers take so long that channels are closing for seconds: whatever is ordered meanwhile waits or is done, and nobody falls. */
static void orders_while_channels_are_opened_again_do_no_harm(void **state)
{
	static const struct {
		const char *command, *key, *value;
	} orders[] = {
		{"channel suspend", "name", "sms"},
		{"channel resume", "name", "sms"},
		{"channel suspend", "name", "sign"},
		{"channel resume", "name", "sign"},
		{"sign list", NULL, NULL},
		{"queue list", NULL, NULL},
		{"stop", NULL, NULL},
		{"start", NULL, NULL},
		{"alert cancel", "id", "A2"},
	};

	stage_config(&stage, GATEWAY, "");
	stage_start(&stage);
	stage_drop(&stage, "b.cfg", "A2", "immediate",
		"text = { led = \"临时提醒：谨防诈骗\"; sms = \"临时提醒，谨防诈骗。\"; };");
	stage_pass(&stage, 30000);
	world_fault_set(peer("sms"), WORLD_FAULT_LATENCY, 4000, 0);
	world_fault_set(peer("sign"), WORLD_FAULT_LATENCY, 4000, 0);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		stage_pass(&stage, 2000);
		reload();
		order(orders[i].command, orders[i].key, orders[i].value);
		stage_pass(&stage, 500);
		/* What was told to signs holds wall times: they are told again when the clock is set. */
		fake_clock_set_wall(clock_wall_ms() + 90000);
		stage_pass(&stage, 6000);
	}
	world_fault_clear(peer("sms"));
	world_fault_clear(peer("sign"));
	stage_until(&stage, all_told, "everybody was told");
	assert_int_equal(stage_adds_up(&stage, "A1"), POOL);
	/* It failed so often that it waits for minutes between two tries, drawn by chance. */
	stage_until(&stage, sign_is_right, "the sign showed what it should");
}

static void a_cancel_of_what_a_sign_is_being_shown_survives_the_end(void **state)
{
	stage_config(&stage, GATEWAY, "");
	stage_start(&stage);
	stage_pass(&stage, 5000);
	world_fault_set(peer("sign"), WORLD_FAULT_LATENCY, 3000, 0);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 1500);
	order("alert cancel", "id", "A1");
	stage_stop(&stage);
	stage_start(&stage);
	stage_pass(&stage, 60000);
	assert_null(strstr(world_sign_showing(peer("sign")), "刷单"));
}

static void a_channel_that_was_taken_out_can_be_asked_about(void **state)
{
	stage_config(&stage, GATEWAY, "");
	stage_start(&stage);
	world_fault_set(peer("sms"), WORLD_FAULT_LATENCY, 4000, 0);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 2000);
	order("channel suspend", "name", "sms");
	stage_config_of(&stage, " { name = \"other\"; kind = \"null\"; }", "");
	reload();
	order("channel resume", "name", "sms");
	order("channel list", NULL, NULL);
	order("channel resume", "name", "sign");
	stage_pass(&stage, 10000);
	order("channel resume", "name", "sms");
	uint64_t before = phones();
	stage_pass(&stage, 60000);
	assert_int_equal(phones(), before);
	assert_int_equal(stage_adds_up(&stage, "A1"), POOL);
}

/* "Too often" asks a robot's sender to be still for a minute, whatever is done to the configuration meanwhile. */
static void a_provider_that_asked_to_wait_is_left_alone_through_a_reload(void **state)
{
	struct world_totals before, after;

	stage_config(&stage, GATEWAY, "");
	stage_start(&stage);
	world_fault_set(peer("group"), WORLD_FAULT_THROTTLE, 1, 0);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 5000);
	world_totals(stage.world, peer("group"), &before);
	assert_int_equal(before.throttled, 1);
	reload();
	stage_pass(&stage, 45000);
	world_totals(stage.world, peer("group"), &after);
	assert_int_equal(after.requests, before.requests);
	stage_pass(&stage, 20000);
	assert_int_equal(stage_count(&stage, "A1", "groups", "posted"), 1);
}

/* A gateway that answers nothing gets one person at a time, also after a reload that did not help. */
static void a_reload_puts_no_more_people_in_doubt(void **state)
{
	stage_config(&stage, "rate = \"50/s\"; window = 4; batch = 10; connect_timeout = \"1s\"; timeout = \"2s\";",
		"");
	stage_start(&stage);
	world_fault_set(peer("sms"), WORLD_FAULT_HANG_BEFORE, WORLD_ALWAYS, 0);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&stage, 10000);
	long long before = stage_residents(&stage, "A1", "unknown");
	assert_in_range(before, 1, 4 * 10 + 5);
	reload();
	stage_pass(&stage, 5000);
	assert_in_range(stage_residents(&stage, "A1", "unknown"), before, before + 5);
}

#define PILOT "test = true; " GATEWAY

static void start_drill(void)
{
	char channels[1024];

	snprintf(channels, sizeof(channels),
		" { name = \"sms\"; kind = \"sms-kannel\"; url = \"%s\"; user = \"crier\"; password_file = \"password\"; " PILOT
		" },\n"
		" { name = \"sign\"; kind = \"led-onbon\"; address = \"%s\"; width = 128; height = 32; test = true; }",
		world_peer_url(peer("sms")), world_peer_url(peer("sign")));
	stage_config_of(&stage, channels, "");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "immediate", "status = \"exercise\";");
	stage_pass(&stage, 2500);
	assert_in_range(phones(), 1, POOL - 1);
	assert_non_null(strstr(world_sign_showing(peer("sign")), "演练"));
}

static void check_over(uint64_t before)
{
	stage_pass(&stage, 60000);
	/* What was on its way has come. */
	assert_in_range(phones(), before, before + 4 * 10);
	assert_true(stage_residents(&stage, "A1", "cancelled") > 0);
	assert_int_equal(stage_residents(&stage, "A1", "waiting"), 0);
	stage_pass(&stage, 120000);
	assert_null(strstr(world_sign_showing(peer("sign")), "演练"));
}

static void a_drill_ends_when_its_channel_goes_public(void **state)
{
	start_drill();
	stage_config(&stage, GATEWAY, "");
	uint64_t before = phones();
	reload();
	check_over(before);
}

static void a_drill_ends_when_its_channel_is_public_after_a_restart(void **state)
{
	start_drill();
	stage_config(&stage, GATEWAY, "");
	uint64_t before = phones();
	stage_kill(&stage);
	stage_start(&stage);
	check_over(before);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(a_reload_in_the_middle_of_a_broadcast_loses_nothing),
		CASE(orders_while_channels_are_opened_again_do_no_harm),
		CASE(a_cancel_of_what_a_sign_is_being_shown_survives_the_end),
		CASE(a_channel_that_was_taken_out_can_be_asked_about),
		CASE(a_provider_that_asked_to_wait_is_left_alone_through_a_reload),
		CASE(a_reload_puts_no_more_people_in_doubt),
		CASE(a_drill_ends_when_its_channel_goes_public),
		CASE(a_drill_ends_when_its_channel_is_public_after_a_restart),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
