/*
 * The power fails at the n-th sync, while records come and while the ledger is closed and opened. What was reported as
 * durable before that is there afterwards, and what is there is a state that once was.
 *
 * CRIER_CRASH_KILLS: how many times it fails (default 48, and 24 with a failed sync before). CRIER_CRASH_SEED: the first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ledger/ledger.h"
#include "model.h"
#include "testing/chance.h"
#include "testing/clock.h"
#include "testing/folder.h"
#include "testing/power.h"
#include "testing/turns.h"

#define STEPS 600

struct site {
	struct folder folder;
	struct loop *loop;
	struct ledger *ledger;
	int64_t last; /* time of the last operation that was durable while there was power */
	bool closed;
};

struct told {
	struct site *site;
	int64_t at_ms;
};

static void on_durable(void *arg, enum result result)
{
	struct told *told = arg;

	if (result == RESULT_OK)
		told->site->last = told->at_ms;
}

static enum result open_ledger(struct site *site)
{
	struct problems problems;

	problems_init(&problems);
	site->loop = loop_new();
	enum result result = ledger_open(site->loop, site->folder.path, &site->ledger, &problems);

	if (result != RESULT_OK && !power_gone()) {
		struct buf text;

		buf_init(&text, 4096);
		problems_text(&problems, LANG_EN, &text);
		print_error("%s", buf_text(&text));
		buf_fini(&text);
	}
	problems_fini(&problems);
	return result;
}

static void on_closed(void *arg)
{
	*(bool *)arg = true;
}

static void end_ledger(struct site *site, void (*end)(struct ledger *ledger, void (*closed)(void *arg), void *arg))
{
	site->closed = false;
	end(site->ledger, on_closed, &site->closed);
	assert_true(turns_until_set(site->loop, &site->closed));
	turns_end(&site->loop);
}

static bool stands_after(uint64_t seed, int64_t last, const struct buf *found)
{
	struct model *model = model_new(seed);
	struct buf expected;
	bool same = false;

	buf_init(&expected, 64 << 20);
	for (unsigned int i = 0; i <= STEPS && !same; i++) {
		if (model->at_ms >= last) {
			buf_clear(&expected);
			model_dump(model, &expected);
			same = strcmp(buf_text(&expected), buf_text(found)) == 0;
		}
		model_step(model, NULL, NULL, NULL);
	}
	buf_fini(&expected);
	model_free(model);
	return same;
}

/* Operations until the power has failed or all are done; closing and opening now and then. */
static void live(struct site *site, uint64_t seed, struct told *told)
{
	struct model *model = model_new(seed);

	for (unsigned int i = 0; i < STEPS && !power_gone(); i++) {
		told[i] = (struct told){site, model->at_ms + 1};
		model_step(model, site->ledger, on_durable, &told[i]);
		if (i % 5 == 0)
			turns_settle(site->loop);
		if (i % 150 == 149) {
			end_ledger(site, ledger_close);
			site->ledger = NULL;
			if (open_ledger(site) != RESULT_OK)
				break;
		}
	}
	power_fail();
	if (site->ledger != NULL)
		end_ledger(site, ledger_abandon);
	else
		turns_end(&site->loop);
	model_free(model);
}

/* `broken`: at which sync before that the disk fails to write something; 0: at none. */
static void fail_at(uint64_t seed, unsigned int syncs, unsigned int broken)
{
	struct site site = {.last = 0};
	struct told *told = mem_calloc(STEPS, sizeof(*told));
	struct problems problems;
	struct buf found;

	folder_make(&site.folder);
	power_on((const char *[]){site.folder.path, NULL});
	fake_clock_stop();
	problems_init(&problems);
	buf_init(&found, 64 << 20);
	assert_int_equal(open_ledger(&site), RESULT_OK);
	power_fail_at(DISK_SYNC, "ledger.db", syncs + 1, seed % 2 == 0);
	if (broken > 0)
		power_sync_fails_at("ledger.db", broken);
	live(&site, seed, told);
	power_restore((enum power_luck)(seed % 5 < 2 ? seed % 5 : POWER_SOMETHING), seed);
	assert_int_equal(open_ledger(&site), RESULT_OK);
	assert_int_equal(model_replay(site.ledger, &found, &problems), RESULT_OK);
	if (!stands_after(seed, site.last, &found))
		fail_msg("seed %llu, power gone at sync %u, told until %lld", (unsigned long long)seed, syncs,
			(long long)site.last);
	end_ledger(&site, ledger_close);
	fake_clock_go();
	power_off();
	buf_fini(&found);
	problems_fini(&problems);
	folder_remove(&site.folder);
	free(told);
}

static void nothing_that_was_told_is_lost(void **state)
{
	uint64_t first = chance_wish("CRIER_CRASH_SEED", 1), cuts = chance_wish("CRIER_CRASH_KILLS", 48);

	for (uint64_t i = 0; i < cuts; i++)
		fail_at(first + i, (unsigned int)((first - 1 + i) * 7 % 160), 0);
	print_message("%u kills\n", (unsigned int)cuts);
}

/* After a sync that failed the same bytes are not durable because the next one succeeds: they are written again. */
static void what_a_failed_sync_forgot_is_not_told(void **state)
{
	uint64_t first = chance_wish("CRIER_CRASH_SEED", 1), cuts = chance_wish("CRIER_CRASH_KILLS", 24);

	for (uint64_t i = 0; i < cuts; i++)
		fail_at(first + i, (unsigned int)((first - 1 + i) * 11 % 100) + 2,
			(unsigned int)((first - 1 + i) * 5 % 60) + 1);
	print_message("%u kills\n", (unsigned int)cuts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_was_told_is_lost),
		cmocka_unit_test(what_a_failed_sync_forgot_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
