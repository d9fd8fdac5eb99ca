/* What operators do at the wrong moment, and what the answers then say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stage.h"

enum { PEOPLE = 200 }; /* 80 in the pool; 13800000000 is elderly */

static struct stage stage;

static int set_up(void **state)
{
	stage_open(&stage, "2026-11-23T10:00:00");
	stage_roster(&stage, PEOPLE);
	stage_config(&stage, "rate = \"10/s\"; batch = 10;", "");
	stage_start(&stage);
	return 0;
}

static int tear_down(void **state)
{
	stage_close(&stage);
	return 0;
}

static bool taken(struct stage *s)
{
	return stage_count(s, "A1", "residents", "total") == 80;
}

static bool all_but_one_delivered(struct stage *s)
{
	return stage_count(s, "A1", "residents", "delivered") == 79;
}

static json_t *ask(const char *command, json_t *args)
{
	int exit;
	json_t *answer = stage_ask(&stage, command, args, &exit);

	if (answer == NULL)
		fail_msg("%s: refused with %d", command, exit);
	return answer;
}

/* The one entry of a number's history. */
static json_t *history(const char *phone, json_t **answer)
{
	*answer = ask("roster find", json_pack("{s:s, s:b}", "phone", phone, "history", 1));
	json_t *list = json_object_get(*answer, "history");
	assert_int_equal(json_array_size(list), 1);
	return json_array_get(list, 0);
}

static void an_opt_out_while_waiting_is_told_as_never_sent(void **state)
{
	json_t *answer, *entry;

	json_decref(ask("stop", NULL));
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_until(&stage, taken, "the alert is taken");
	json_decref(ask("optout add", json_pack("{s:s}", "phone", "13800000000")));
	json_decref(ask("start", NULL));
	stage_until(&stage, all_but_one_delivered, "everybody else is served");
	assert_int_equal(stage_adds_up(&stage, "A1"), 80);

	entry = history("13800000000", &answer);
	assert_string_equal(json_string_value(json_object_get(entry, "state")), "opted-out");
	assert_null(json_object_get(entry, "sent_ms"));
	assert_null(json_object_get(entry, "text"));
	json_decref(answer);

	entry = history("13800000005", &answer);
	assert_string_equal(json_string_value(json_object_get(entry, "state")), "delivered");
	assert_true(json_integer_value(json_object_get(entry, "sent_ms")) > 0);
	assert_non_null(json_object_get(entry, "text"));
	json_decref(answer);
}

static void an_order_with_a_value_of_the_wrong_kind_does_nothing(void **state)
{
	int exit = 0;

	json_decref(ask("stop", NULL));
	stage_drop(&stage, "a.cfg", "A1", "immediate", "");
	stage_until(&stage, taken, "the alert is taken");
	assert_null(stage_ask(&stage, "alert cancel", json_pack("{s:s, s:i}", "id", "A1", "dry_run", 1), &exit));
	assert_int_equal(exit, 2);
	assert_null(stage_ask(&stage, "preview", json_pack("{s:n}", "name"), &exit));
	assert_int_equal(exit, 2);
	assert_int_equal(stage_residents(&stage, "A1", "waiting"), 80);
	assert_int_equal(stage_residents(&stage, "A1", "cancelled"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_opt_out_while_waiting_is_told_as_never_sent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_order_with_a_value_of_the_wrong_kind_does_nothing, set_up,
			tear_down),
	};

	return cmocka_run_group_tests_name("abuse", tests, NULL, NULL);
}
