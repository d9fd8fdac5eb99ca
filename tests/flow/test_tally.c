/* The states of recipients: each in exactly one, moved by one door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "flow/batch.h"
#include "flow/outcome.h"
#include "flow/tally.h"

static void counts_always_add_up(void **state)
{
	struct tally tally;
	unsigned int random = 5;

	(void)state;
	tally_init(&tally, 300, STATE_WAITING);
	for (int i = 0; i < 20000; i++) {
		random = random * 1103515245 + 12345;
		uint32_t position = (random >> 8) % 300;
		enum state to = (enum state)((random >> 20) % STATE_COUNT);
		enum state from = (enum state)tally.states[position];
		assert_int_equal(tally_move(&tally, position, to), state_may_follow(from, to));
		uint32_t sum = 0;
		for (int s = 0; s < STATE_COUNT; s++)
			sum += tally.counts[s];
		assert_int_equal(sum, 300);
	}
	tally_fini(&tally);
}

static void a_receipt_settles_a_doubt_and_reopens_nothing(void **state)
{
	(void)state;
	assert_true(state_may_follow(STATE_UNKNOWN, STATE_DELIVERED));
	assert_true(state_may_follow(STATE_ACCEPTED, STATE_FAILED));
	assert_true(state_may_follow(STATE_UNKNOWN, STATE_WAITING));
	enum state settled[] = {STATE_DELIVERED, STATE_POSTED, STATE_SHOWN, STATE_FAILED, STATE_REFUSED, STATE_EXPIRED,
		STATE_CANCELLED, STATE_OPTED_OUT, STATE_CAPPED, STATE_NO_CHANNEL, STATE_GONE};
	for (size_t i = 0; i < sizeof(settled) / sizeof(settled[0]); i++) {
		assert_true(state_final(settled[i]));
		for (int to = 0; to < STATE_COUNT; to++)
			assert_false(state_may_follow(settled[i], (enum state)to));
	}
}

static void runs_move_only_those_they_name(void **state)
{
	struct tally tally;

	(void)state;
	tally_init(&tally, 10, STATE_WAITING);
	assert_int_equal(tally_move_all(&tally, 2, 5, STATE_WAITING, STATE_IN_FLIGHT), 5);
	assert_int_equal(tally_move_all(&tally, 0, 10, STATE_IN_FLIGHT, STATE_UNKNOWN), 5);
	assert_int_equal(tally_move_all(&tally, 0, 10, STATE_UNKNOWN, STATE_EXPIRED), 0);
	assert_int_equal(tally.counts[STATE_WAITING], 5);
	assert_int_equal(tally.counts[STATE_UNKNOWN], 5);
	tally_fini(&tally);
}

/* Whatever stands beside each other, wherever the run begins and ends. */
static void runs_move_the_same_as_one_by_one(void **state)
{
	struct tally all, single;
	unsigned int random = 11;

	(void)state;
	for (int round = 0; round < 400; round++) {
		random = random * 1103515245 + 12345;
		uint32_t size = 1 + (random >> 8) % 100, first = (random >> 16) % size,
			 count = (random >> 20) % (size - first + 1);
		tally_init(&all, size, STATE_WAITING);
		tally_init(&single, size, STATE_WAITING);
		for (uint32_t i = 0; i < size; i++) {
			random = random * 1103515245 + 12345;
			if ((random >> 16) % 3 > 0) {
				tally_move(&all, i, STATE_IN_FLIGHT);
				tally_move(&single, i, STATE_IN_FLIGHT);
			}
			if ((random >> 16) % 3 > 1) {
				tally_move(&all, i, STATE_UNKNOWN);
				tally_move(&single, i, STATE_UNKNOWN);
			}
		}
		uint32_t moved = 0;
		for (uint32_t i = first; i < first + count; i++)
			if (single.states[i] == STATE_IN_FLIGHT)
				moved += tally_move(&single, i, STATE_ACCEPTED) ? 1 : 0;
		assert_int_equal(tally_move_all(&all, first, count, STATE_IN_FLIGHT, STATE_ACCEPTED), moved);
		assert_memory_equal(all.states, single.states, size);
		assert_memory_equal(all.counts, single.counts, sizeof(all.counts));
		tally_fini(&all);
		tally_fini(&single);
	}
}

static void a_lane_may_begin_in_any_state(void **state)
{
	struct tally tally;

	(void)state;
	for (int s = 0; s < STATE_COUNT; s++) {
		tally_init(&tally, 1000, (enum state)s);
		for (uint32_t i = 0; i < 1000; i++)
			assert_int_equal(tally.states[i], s);
		assert_int_equal(tally.counts[s], 1000);
		tally_fini(&tally);
	}
}

static void names_go_there_and_back(void **state)
{
	enum state found;
	struct batch_name name;
	char text[32];

	(void)state;
	for (int s = 0; s < STATE_COUNT; s++) {
		assert_true(state_find(state_name((enum state)s), &found));
		assert_int_equal(found, s);
	}
	assert_false(state_find("sent", &found));
	assert_true(batch_parse(batch_text((struct batch_name){4294967295u, 65535, 4294967295u}, text), &name));
	assert_int_equal(name.lane, 65535);
	static const char *const bad[] = {"", "1", "1-2", "1-2-", "1-2-3-", "1-65536-3", "4294967296-1-1", "a-b-c",
		"1--3", " 1-2-3", "1-2-3 "};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(batch_parse(bad[i], &name));
}

static void classes_have_the_verdicts_of_the_design(void **state)
{
	static const enum verdict expected[] = {VERDICT_ACCEPTED, VERDICT_LATER, VERDICT_LATER, VERDICT_LATER,
		VERDICT_REFUSED, VERDICT_REFUSED, VERDICT_LATER, VERDICT_UNKNOWN};

	(void)state;
	for (int class = CLASS_OK; class <= CLASS_AMBIGUOUS; class ++) {
		struct outcome outcome = outcome_make((enum outcome_class) class, 5, "%s", "words");
		assert_int_equal(outcome.verdict, expected[class]);
		assert_int_equal(outcome.wait_ms, 5);
		assert_string_equal(outcome.peer, "words");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_always_add_up),
		cmocka_unit_test(a_receipt_settles_a_doubt_and_reopens_nothing),
		cmocka_unit_test(runs_move_only_those_they_name),
		cmocka_unit_test(runs_move_the_same_as_one_by_one),
		cmocka_unit_test(a_lane_may_begin_in_any_state),
		cmocka_unit_test(names_go_there_and_back),
		cmocka_unit_test(classes_have_the_verdicts_of_the_design),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
