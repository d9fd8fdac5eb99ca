/* A full or failing disk: nothing is lost, nothing is told too early, and it goes on by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ledger/ledger.h"
#include "model.h"
#include "testing/clock.h"
#include "testing/folder.h"
#include "testing/turns.h"
#include "trouble.h"

struct site {
	struct folder folder;
	struct loop *loop;
	struct ledger *ledger;
	unsigned int durable, failed, changes;
	bool closed;
};

static void on_durable(void *arg, enum result result)
{
	struct site *site = arg;

	if (result == RESULT_OK)
		site->durable++;
	else
		site->failed++;
}

static void on_health(void *arg)
{
	struct site *site = arg;

	site->changes++;
}

static void open_ledger(struct site *site)
{
	struct problems problems;

	problems_init(&problems);
	site->loop = loop_new();
	assert_int_equal(ledger_open(site->loop, folder_at(&site->folder, "state"), &site->ledger, &problems),
		RESULT_OK);
	ledger_on_health(site->ledger, on_health, site);
	problems_fini(&problems);
}

static void on_closed(void *arg)
{
	*(bool *)arg = true;
}

static void close_ledger(struct site *site)
{
	site->closed = false;
	ledger_close(site->ledger, on_closed, &site->closed);
	assert_true(turns_until_set(site->loop, &site->closed));
	turns_end(&site->loop);
}

static void assert_same(struct site *site, const struct model *model)
{
	struct problems problems;
	struct buf expected, found;

	problems_init(&problems);
	buf_init(&expected, 64 << 20);
	buf_init(&found, 64 << 20);
	model_dump(model, &expected);
	assert_int_equal(model_replay(site->ledger, &found, &problems), RESULT_OK);
	assert_string_equal(buf_text(&expected), buf_text(&found));
	buf_fini(&expected);
	buf_fini(&found);
	problems_fini(&problems);
}

static void append(struct site *site, struct model *model, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		model_step(model, site->ledger, on_durable, site);
}

static int set_up(void **state)
{
	struct site *site = mem_zalloc(sizeof(*site));

	folder_make(&site->folder);
	open_ledger(site);
	*state = site;
	return 0;
}

static int tear_down(void **state)
{
	struct site *site = *state;

	trouble.kind = TROUBLE_NONE;
	folder_remove(&site->folder);
	free(site);
	return 0;
}

static bool is_failing(void *arg)
{
	struct site *site = arg;

	return ledger_health(site->ledger, NULL, NULL) == LEDGER_FAILING;
}

static bool is_not_failing(void *arg)
{
	return !is_failing(arg);
}

static void suffer(struct site *site, enum trouble_kind kind, int after, enum result expected)
{
	struct model *model = model_new(21);
	const char *reason;
	enum result result;

	append(site, model, 50);
	turns_settle(site->loop);
	unsigned int before = site->durable;

	trouble.after = after;
	trouble.kind = kind;
	append(site, model, 100);
	assert_true(turns_until(site->loop, is_failing, site));
	assert_int_equal(ledger_health(site->ledger, &reason, &result), LEDGER_FAILING);
	assert_int_equal(result, expected);
	assert_non_null(reason);
	assert_int_equal(site->durable, before);
	append(site, model, 100);
	assert_true(ledger_backlog(site->ledger) > 0);
	trouble.kind = TROUBLE_NONE;
	assert_true(turns_until(site->loop, is_not_failing, site));
	turns_settle(site->loop);
	assert_int_equal(ledger_backlog(site->ledger), 0);
	assert_int_equal(site->failed, 0);
	assert_true(site->changes >= 2);
	assert_same(site, model);
	close_ledger(site);
	open_ledger(site);
	assert_same(site, model);
	close_ledger(site);
	model_free(model);
}

static void a_disk_that_refuses_writes_delays_and_loses_nothing(void **state)
{
	suffer(*state, TROUBLE_WRITE, 0, RESULT_IO);
}

static void a_write_that_fails_in_the_middle_of_a_commit_is_undone(void **state)
{
	suffer(*state, TROUBLE_WRITE, 7, RESULT_IO);
}

static void a_failed_sync_is_not_durable(void **state)
{
	suffer(*state, TROUBLE_SYNC, 0, RESULT_IO);
}

static void a_full_disk_delays_and_loses_nothing(void **state)
{
	suffer(*state, TROUBLE_FULL, 0, RESULT_NO_SPACE);
}

static bool is_on_reserve(void *arg)
{
	struct site *site = arg;

	return ledger_health(site->ledger, NULL, NULL) == LEDGER_RESERVE;
}

static bool is_well(void *arg)
{
	struct site *site = arg;

	return ledger_healthy(site->ledger, NULL);
}

/* As when the reserve is smaller than what is missing: the second try of the same commit passes. */
static void the_reserve_lets_outcomes_be_written_on_a_full_disk(void **state)
{
	struct site *site = *state;
	struct model *model = model_new(4);

	append(site, model, 50);
	turns_settle(site->loop);
	assert_true(folder_has(&site->folder, "state/ledger.reserve"));
	trouble.after = 0;
	trouble.kind = TROUBLE_FULL;
	append(site, model, 50);
	/* Gives room back as the file system would: when the reserve is gone. */
	while (folder_has(&site->folder, "state/ledger.reserve"))
		loop_step(site->loop);
	trouble.kind = TROUBLE_NONE;
	assert_true(turns_until(site->loop, is_on_reserve, site));
	turns_settle(site->loop);
	assert_same(site, model);
	append(site, model, 50);
	turns_settle(site->loop);
	assert_int_equal(ledger_health(site->ledger, NULL, NULL), LEDGER_RESERVE);
	/* Somebody makes room: the reserve comes back by itself. */
	fake_clock_stop();
	turns_pass(site->loop, 40000);
	assert_true(turns_until(site->loop, is_well, site));
	fake_clock_go();
	assert_true(folder_has(&site->folder, "state/ledger.reserve"));
	assert_same(site, model);
	close_ledger(site);
	model_free(model);
}

static void closing_on_a_dead_disk_ends_and_tells(void **state)
{
	struct site *site = *state;
	struct model *model = model_new(8);

	trouble.after = 0;
	trouble.kind = TROUBLE_WRITE;
	append(site, model, 50);
	fake_clock_stop();
	close_ledger(site);
	fake_clock_go();
	assert_int_equal(site->durable, 0);
	assert_true(site->failed > 0);
	model_free(model);
}

static void a_ledger_that_is_taken_away_is_noticed(void **state)
{
	struct site *site = *state;
	struct model *model = model_new(8);
	enum result result;

	append(site, model, 20);
	turns_settle(site->loop);
	folder_rename(&site->folder, "state/ledger.db", "state/elsewhere.db");
	append(site, model, 20);
	assert_true(turns_until(site->loop, is_failing, site));
	ledger_health(site->ledger, NULL, &result);
	assert_int_equal(result, RESULT_NOT_FOUND);
	folder_rename(&site->folder, "state/elsewhere.db", "state/ledger.db");
	assert_true(turns_until(site->loop, is_not_failing, site));
	turns_settle(site->loop);
	assert_same(site, model);
	close_ledger(site);
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_disk_that_refuses_writes_delays_and_loses_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_write_that_fails_in_the_middle_of_a_commit_is_undone, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_failed_sync_is_not_durable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_disk_delays_and_loses_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_reserve_lets_outcomes_be_written_on_a_full_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(closing_on_a_dead_disk_ends_and_tells, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_ledger_that_is_taken_away_is_noticed, set_up, tear_down),
	};

	trouble_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
