/* What operators do at the wrong moment, and what the answers then say. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "asking.h"
#include "testing/turns.h"

enum { PEOPLE = 200 }; /* 80 in the pool; 13800000000 is elderly */

static struct stage stage;
static char said[4096]; /* the last import's answer, as it came */

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

static json_t *import(const char *text, int *exit)
{
	folder_write_text(&stage.folder, "new.csv", text);
	int fd = open(folder_at(&stage.folder, "new.csv"), O_RDONLY | O_CLOEXEC);
	struct asking *asking = asking_begin(&stage, "roster import",
		json_pack("{s:s, s:s, s:s, s:s}", "name", "new.csv", "list", "new", "source", "test", "basis", "test"),
		fd);

	close(fd);
	if (!turns_until(stage.loop, asking_over, asking))
		fail_msg("the import is not answered");
	snprintf(said, sizeof(said), "%s", asking_words(asking));
	return asking_end(&asking, exit);
}

static void an_import_that_could_not_tell_rejected_lines_is_refused(void **state)
{
	static const char list[] = "phone\n13900000001\nbad\n";
	int exit;

	folder_write_text(&stage.folder, "state/rejects", "not a folder");
	assert_null(import(list, &exit));
	assert_int_equal(exit, 1);
	assert_non_null(strstr(said, "state/rejects"));
	assert_non_null(strstr(said, strerror(ENOTDIR)));
	assert_non_null(strstr(said, "then import again"));
	json_t *stats = ask("roster stats", NULL);
	assert_int_equal(json_integer_value(json_object_get(stats, "known")), PEOPLE);
	json_decref(stats);

	unlink(folder_at(&stage.folder, "state/rejects"));
	json_t *answer = import(list, &exit);
	assert_int_equal(json_integer_value(json_object_get(answer, "rejected")), 1);
	assert_int_equal(access(json_string_value(json_object_get(answer, "reject_file")), R_OK), 0);
	json_decref(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_opt_out_while_waiting_is_told_as_never_sent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_order_with_a_value_of_the_wrong_kind_does_nothing, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(an_import_that_could_not_tell_rejected_lines_is_refused, set_up,
			tear_down),
	};

	return cmocka_run_group_tests_name("abuse", tests, NULL, NULL);
}
