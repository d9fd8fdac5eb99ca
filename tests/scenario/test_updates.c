/* Alerts that take the place of others, or end several at once: who is still told, and what is not said any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stage.h"

enum { PEOPLE = 1000, POOL = 400 };

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

static void order(const char *command)
{
	int exit = 1;

	json_decref(stage_ask(&stage, command, NULL, &exit));
	assert_int_equal(exit, 0);
}

static struct world_reach reach(void)
{
	struct world_reach reach;

	world_reached(stage.world, NULL, &reach);
	return reach;
}

/* Who was never sent the old words has had nothing: the new ones are the first, and the cap allows one. */
static void an_update_of_what_nobody_was_told_reaches_everybody(void **state)
{
	stage_config(&stage, "batch = 100;", "limits: { recipient = \"1/week\"; };");
	stage_start(&stage);
	order("stop");
	stage_drop(&stage, "a.cfg", "A1", "today", "");
	stage_pass(&stage, 5000);
	stage_drop(&stage, "b.cfg", "A2", "today", "action = \"update\"; supersedes = [ \"A1\" ];");
	stage_pass(&stage, 5000);
	/* Another by the first name takes the place of both. */
	stage_drop(&stage, "c.cfg", "A3", "today", "action = \"update\"; supersedes = [ \"A1\" ];");
	stage_pass(&stage, 5000);
	order("start");
	stage_pass(&stage, 60000);
	assert_int_equal(stage_residents(&stage, "A1", "cancelled"), POOL);
	assert_int_equal(stage_residents(&stage, "A2", "cancelled"), POOL);
	assert_int_equal(stage_residents(&stage, "A3", "capped"), 0);
	assert_int_equal(reach().once, POOL);
	assert_int_equal(stage_adds_up(&stage, "A3"), POOL);
}

/* Half were told when the update came: they have had theirs, the others have not. */
static void an_update_in_the_middle_reaches_the_other_half(void **state)
{
	stage_config(&stage, "rate = \"10/s\"; batch = 10;", "limits: { recipient = \"1/week\"; };");
	stage_start(&stage);
	stage_drop(&stage, "a.cfg", "A1", "today", "");
	stage_pass(&stage, 20000);
	uint64_t before = reach().phones;
	assert_in_range(before, 100, POOL - 100);
	stage_drop(&stage, "b.cfg", "A2", "today", "action = \"update\"; supersedes = [ \"A1\" ];");
	stage_pass(&stage, 120000);
	assert_int_equal(reach().phones, POOL);
	assert_int_equal(reach().more, 0);
	assert_int_equal(stage_adds_up(&stage, "A2"), POOL);
}

/* One cancel may name several alerts; what took the place of each ends with it. */
static void a_cancel_of_two_ends_what_updated_either(void **state)
{
	stage_config(&stage, "batch = 100;", "");
	stage_start(&stage);
	order("stop");
	stage_drop(&stage, "1.cfg", "A1", "immediate", "");
	stage_drop(&stage, "2.cfg", "B1", "immediate", "");
	stage_pass(&stage, 5000);
	stage_drop(&stage, "3.cfg", "A2", "immediate", "action = \"update\"; supersedes = [ \"A1\" ];");
	stage_drop(&stage, "4.cfg", "B2", "immediate", "action = \"update\"; supersedes = [ \"B1\" ];");
	stage_pass(&stage, 5000);
	stage_drop(&stage, "5.cfg", "C", "immediate", "action = \"cancel\"; supersedes = [ \"A1\", \"B1\" ];");
	stage_pass(&stage, 5000);
	order("start");
	stage_pass(&stage, 60000);
	assert_int_equal(stage_residents(&stage, "A2", "cancelled"), POOL);
	assert_int_equal(stage_residents(&stage, "B2", "cancelled"), POOL);
	assert_int_equal(reach().texts, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(an_update_of_what_nobody_was_told_reaches_everybody),
		CASE(an_update_in_the_middle_reaches_the_other_half),
		CASE(a_cancel_of_two_ends_what_updated_either),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
