/* Lists of residents while the daemon works: imports that fail in the middle, and the last day of a list. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "asking.h"
#include "base/cause.h"
#include "base/clock.h"
#include "testing/clock.h"
#include "testing/disk.h"
#include "testing/turns.h"

enum { PEOPLE = 20 };

#define MINUTE_MS 60000ll
#define HOUR_MS   (60 * MINUTE_MS)

static struct stage stage;
static char said[4096]; /* the last import's answer, as it came */
static atomic_uint refusals; /* so many views are not published yet */

static int judge(void *arg, const struct disk_call *call)
{
	if (call->act != DISK_RENAME || strstr(call->path, "roster.snapshot") == NULL || refusals == 0)
		return 0;
	refusals--;
	return ENOSPC;
}

static int set_up(void **state)
{
	static const struct disk_events events = {.judge = judge};

	stage_open(&stage, "2026-11-23T10:00:00");
	stage_roster(&stage, PEOPLE);
	stage_config(&stage, "", "");
	disk_install((const char *const[]){stage.folder.path, NULL}, &events);
	stage_start(&stage);
	return 0;
}

static int tear_down(void **state)
{
	stage_close(&stage);
	disk_remove();
	return 0;
}

/* A number of the residents' sums. */
static long long residents(const char *key)
{
	json_t *stats = stage_ask(&stage, "roster stats", NULL, NULL);
	long long count = json_integer_value(json_object_get(stats, key));

	json_decref(stats);
	return count;
}

/* `until`: the list's last day. */
static json_t *import(const char *text, const char *until, int *exit)
{
	folder_write_text(&stage.folder, "new.csv", text);
	int fd = open(folder_at(&stage.folder, "new.csv"), O_RDONLY | O_CLOEXEC);
	struct asking *asking = asking_begin(&stage, "roster import",
		json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", "new.csv", "list", "new", "source", "test", "basis",
			"test", "until", until),
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
	assert_null(import(list, "2026-12-31", &exit));
	assert_int_equal(exit, 1);
	assert_non_null(strstr(said, "state/rejects"));
	assert_non_null(strstr(said, cause_text(ENOTDIR)));
	assert_non_null(strstr(said, "then import again"));
	assert_int_equal(residents("known"), PEOPLE);

	unlink(folder_at(&stage.folder, "state/rejects"));
	json_t *answer = import(list, "2026-12-31", &exit);
	assert_int_equal(json_integer_value(json_object_get(answer, "rejected")), 1);
	assert_int_equal(access(json_string_value(json_object_get(answer, "reject_file")), R_OK), 0);
	json_decref(answer);
}

static bool all_known(struct stage *s)
{
	return residents("known") == PEOPLE + 2;
}

static void a_list_ends_with_its_last_day(void **state)
{
	int exit;

	json_decref(import("phone\n13900000001\n13900000002\n", "2026-11-24", &exit));
	assert_int_equal(residents("present"), PEOPLE + 2);
	stage_pass(&stage, 37 * HOUR_MS + 59 * MINUTE_MS); /* 23:59 on its last day */
	assert_int_equal(residents("present"), PEOPLE + 2);
	stage_pass(&stage, 2 * MINUTE_MS);
	assert_int_equal(residents("present"), PEOPLE);
	assert_int_equal(residents("gone"), 2);
}

static void a_list_that_ended_under_a_clock_ahead_counts_again(void **state)
{
	int exit;

	json_decref(import("phone\n13900000001\n13900000002\n", "2027-06-30", &exit));
	fake_clock_set_wall(clock_wall_ms() + 365 * 24 * HOUR_MS);
	stage_pass(&stage, 2 * MINUTE_MS);
	assert_int_equal(residents("gone"), 2);
	fake_clock_set_wall(clock_wall_ms() - 365 * 24 * HOUR_MS);
	stage_pass(&stage, 2 * MINUTE_MS);
	assert_int_equal(residents("present"), PEOPLE + 2);
	/* Also where it is set while the daemon is down. */
	fake_clock_set_wall(clock_wall_ms() + 365 * 24 * HOUR_MS);
	stage_pass(&stage, 2 * MINUTE_MS);
	assert_int_equal(residents("gone"), 2);
	stage_stop(&stage);
	fake_clock_set_wall(clock_wall_ms() - 365 * 24 * HOUR_MS);
	stage_start(&stage);
	stage_pass(&stage, 10 * MINUTE_MS);
	assert_int_equal(residents("present"), PEOPLE + 2);
}

static void an_import_without_a_view_gets_one_at_once(void **state)
{
	int exit;

	refusals = 1;
	assert_null(import("phone\n13900000001\n13900000002\n", "2026-12-31", &exit));
	assert_non_null(strstr(said, "the list is stored"));
	stage_pass(&stage, 1000);
	assert_int_equal(residents("known"), PEOPLE + 2);
}

static void a_view_that_cannot_be_made_is_tried_again(void **state)
{
	int exit;

	refusals = 3;
	assert_null(import("phone\n13900000001\n13900000002\n", "2026-12-31", &exit));
	stage_pass(&stage, 11 * MINUTE_MS);
	assert_int_equal(residents("known"), PEOPLE);
	stage_until(&stage, all_known, "the view is there");
	assert_int_equal(refusals, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_import_that_could_not_tell_rejected_lines_is_refused),
		CASE(a_list_ends_with_its_last_day),
		CASE(a_list_that_ended_under_a_clock_ahead_counts_again),
		CASE(an_import_without_a_view_gets_one_at_once),
		CASE(a_view_that_cannot_be_made_is_tried_again),
	};

	return cmocka_run_group_tests_name("lists", tests, NULL, NULL);
}
