/* Replay tells what was appended: random operations against a model, with restarts in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ledger/ledger.h"
#include "model.h"
#include "testing/folder.h"
#include "testing/turns.h"

struct site {
	struct folder folder;
	struct loop *loop;
	struct ledger *ledger;
	bool closed;
	unsigned int durable, wrong;
};

static void on_closed(void *arg)
{
	*(bool *)arg = true;
}

static void open_ledger(struct site *site)
{
	struct problems problems;

	problems_init(&problems);
	site->loop = loop_new();
	assert_int_equal(ledger_open(site->loop, folder_at(&site->folder, "state"), &site->ledger, &problems),
		RESULT_OK);
	assert_int_equal(problems.count, 0);
	problems_fini(&problems);
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
	if (strcmp(buf_text(&expected), buf_text(&found)) != 0) {
		folder_write(&site->folder, "expected", expected.data, expected.size);
		folder_write(&site->folder, "found", found.data, found.size);
		print_error("compare %s/expected with found\n", site->folder.path);
		fail();
	}
	buf_fini(&expected);
	buf_fini(&found);
	problems_fini(&problems);
}

static void on_durable(void *arg, enum result result)
{
	struct site *site = arg;

	site->durable++;
	site->wrong += result != RESULT_OK;
}

static void an_empty_ledger_replays_nothing(void **state)
{
	(void)state;
	struct site site = {0};
	struct model *model = model_new(1);

	folder_make(&site.folder);
	open_ledger(&site);
	assert_same(&site, model);
	close_ledger(&site);
	open_ledger(&site);
	assert_same(&site, model);
	close_ledger(&site);
	model_free(model);
	folder_remove(&site.folder);
}

static void run_seed(uint64_t seed, unsigned int restarts, unsigned int steps)
{
	struct site site = {0};
	struct model *model = model_new(seed);

	folder_make(&site.folder);
	open_ledger(&site);
	for (unsigned int i = 0; i < restarts; i++) {
		for (unsigned int n = 0; n < steps; n++) {
			model_step(model, site.ledger, on_durable, &site);
			if (model_below(model, 10) == 0)
				loop_step(site.loop);
		}
		close_ledger(&site);
		open_ledger(&site);
		assert_same(&site, model);
	}
	close_ledger(&site);
	assert_int_equal(site.wrong, 0);
	assert_true(site.durable > restarts * steps / 2);
	model_free(model);
	folder_remove(&site.folder);
}

static void replay_equals_what_was_appended(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++)
		run_seed(seed, 4, 600);
}

static void replay_equals_after_many_operations(void **state)
{
	(void)state;
	run_seed(77, 2, 12000);
}

/* Callbacks come once each, in the order of the calls, after commit. */
struct order {
	unsigned int next, wrong;
};

struct ordered {
	struct order *order;
	unsigned int number;
};

static void on_ordered(void *arg, enum result result)
{
	struct ordered *ordered = arg;

	ordered->order->wrong += ordered->order->next != ordered->number || result != RESULT_OK;
	ordered->order->next++;
}

static void durable_comes_in_the_order_of_the_calls(void **state)
{
	(void)state;
	enum { COUNT = 3000 };
	struct site site = {0};
	struct order order = {0};
	struct model *model = model_new(5);
	struct ordered *list = mem_calloc(COUNT * 2, sizeof(*list));
	unsigned int made = 0;

	folder_make(&site.folder);
	open_ledger(&site);
	while (made < COUNT) {
		list[made] = (struct ordered){&order, made};
		ledger_event(site.ledger, &(struct ledger_event){.kind = "test"}, on_ordered, &list[made]);
		made++;
		if (made % 7 == 0)
			loop_step(site.loop);
	}
	assert_true(turns_until_count(site.loop, &order.next, COUNT));
	assert_int_equal(order.wrong, 0);
	assert_int_equal(ledger_backlog(site.ledger), 0);
	close_ledger(&site);
	free(list);
	model_free(model);
	folder_remove(&site.folder);
}

static void what_is_abandoned_is_not_told(void **state)
{
	(void)state;
	struct site site = {0};
	struct model *model = model_new(9), *kept;

	folder_make(&site.folder);
	open_ledger(&site);
	for (int i = 0; i < 200; i++)
		model_step(model, site.ledger, on_durable, &site);
	assert_true(turns_until_count(site.loop, &site.durable, 1));
	turns_settle(site.loop);
	unsigned int told = site.durable;

	kept = model_new(9);
	for (int i = 0; i < 200; i++)
		model_step(kept, NULL, NULL, NULL);
	for (int i = 0; i < 200; i++)
		model_step(model, site.ledger, on_durable, &site);
	site.closed = false;
	ledger_abandon(site.ledger, on_closed, &site.closed);
	assert_true(turns_until_set(site.loop, &site.closed));
	turns_end(&site.loop);
	assert_int_equal(site.durable, told);
	open_ledger(&site);
	assert_same(&site, kept);
	close_ledger(&site);
	model_free(model);
	model_free(kept);
	folder_remove(&site.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_ledger_replays_nothing),
		cmocka_unit_test(replay_equals_what_was_appended),
		cmocka_unit_test(replay_equals_after_many_operations),
		cmocka_unit_test(durable_comes_in_the_order_of_the_calls),
		cmocka_unit_test(what_is_abandoned_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
