/* Timers and calls put off, on a real loop with a stopped clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/clock.h"
#include "loop/loop.h"
#include "testing/clock.h"
#include "testing/turns.h"

struct fixture {
	struct loop *loop;
	struct timer timer;
	struct timer other;
	struct deferred deferred;
	struct deferred second;
	unsigned int fired;
	unsigned int order[64];
	uint64_t began;
	uint64_t at[8];
	unsigned int again;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	fake_clock_stop();
	f->loop = loop_new();
	f->began = clock_mono_ms();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	turns_end(&f->loop);
	fake_clock_go();
	free(f);
	return 0;
}

static void note(void *arg)
{
	struct fixture *f = arg;

	if (f->fired < 8)
		f->at[f->fired] = clock_mono_ms() - f->began;
	f->fired++;
}

static void a_timer_fires_once_when_its_time_has_come(void **state)
{
	struct fixture *f = *state;

	timer_init(&f->timer, f->loop, note, f);
	assert_false(timer_armed(&f->timer));
	timer_arm(&f->timer, 30000);
	assert_true(timer_armed(&f->timer));
	turns_pass(f->loop, 29999);
	assert_int_equal(f->fired, 0);
	turns_pass(f->loop, 1);
	assert_int_equal(f->fired, 1);
	assert_false(timer_armed(&f->timer));
	turns_pass(f->loop, 100000);
	assert_int_equal(f->fired, 1);
}

static void no_delay_means_one_millisecond(void **state)
{
	struct fixture *f = *state;

	timer_init(&f->timer, f->loop, note, f);
	timer_arm(&f->timer, 0);
	turns_settle(f->loop);
	assert_int_equal(f->fired, 0);
	turns_pass(f->loop, 1);
	assert_int_equal(f->fired, 1);
}

static void arming_again_replaces_the_earlier_time(void **state)
{
	struct fixture *f = *state;

	timer_init(&f->timer, f->loop, note, f);
	timer_arm(&f->timer, 100);
	timer_arm(&f->timer, 500);
	turns_pass(f->loop, 499);
	assert_int_equal(f->fired, 0);
	timer_arm(&f->timer, 10);
	turns_pass(f->loop, 10);
	assert_int_equal(f->fired, 1);
	assert_int_equal(f->at[0], 509);
}

static void rearm(void *arg)
{
	struct fixture *f = arg;

	note(f);
	if (f->fired < 4)
		timer_arm(&f->timer, 0);
}

static void a_timer_may_arm_itself_again_and_again_without_starving_the_loop(void **state)
{
	struct fixture *f = *state;

	timer_init(&f->timer, f->loop, rearm, f);
	timer_arm(&f->timer, 1);
	turns_pass(f->loop, 10);
	assert_int_equal(f->fired, 4);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(f->at[i], i + 1);
}

static void disarm_other(void *arg)
{
	struct fixture *f = arg;

	note(f);
	timer_disarm(&f->other);
}

static void a_timer_may_disarm_another_that_is_due_too(void **state)
{
	struct fixture *f = *state;

	timer_init(&f->timer, f->loop, disarm_other, f);
	timer_init(&f->other, f->loop, note, f);
	timer_arm(&f->timer, 5);
	timer_arm(&f->other, 6);
	fake_clock_pass(100);
	turns_settle(f->loop);
	assert_int_equal(f->fired, 1);
	assert_false(timer_armed(&f->other));
}

#define MANY 2000

struct one {
	struct timer timer;
	struct fixture *f;
	uint64_t due;
	uint64_t fired_at;
	bool cancelled;
};

static void note_one(void *arg)
{
	struct one *one = arg;

	one->fired_at = clock_mono_ms() - one->f->began;
	one->f->fired++;
}

static void many_timers_fire_in_order_each_at_its_time(void **state)
{
	struct fixture *f = *state;
	struct one *many = calloc(MANY, sizeof(*many));
	unsigned int seed = 7, live = 0;

	for (unsigned int i = 0; i < MANY; i++) {
		many[i].f = f;
		many[i].due = 1 + (unsigned int)rand_r(&seed) % 900;
		timer_init(&many[i].timer, f->loop, note_one, &many[i]);
		timer_arm(&many[i].timer, many[i].due);
	}
	for (unsigned int i = 0; i < MANY; i += 3) {
		many[i].cancelled = true;
		timer_disarm(&many[i].timer);
	}
	turns_pass(f->loop, 1000);
	for (unsigned int i = 0; i < MANY; i++) {
		assert_int_equal(many[i].fired_at, many[i].cancelled ? 0 : many[i].due);
		live += !many[i].cancelled;
	}
	assert_int_equal(f->fired, live);
	free(many);
}

static void first_call(void *arg)
{
	struct fixture *f = arg;

	f->order[f->fired++] = 1;
}

static void second_call(void *arg)
{
	struct fixture *f = arg;

	f->order[f->fired++] = 2;
	if (f->again > 0) {
		f->again--;
		loop_defer(f->loop, &f->second, second_call, f);
	}
}

static void calls_put_off_come_later_in_order_and_once(void **state)
{
	struct fixture *f = *state;

	loop_defer(f->loop, &f->deferred, first_call, f);
	loop_defer(f->loop, &f->second, second_call, f);
	loop_defer(f->loop, &f->deferred, first_call, f);
	assert_int_equal(f->fired, 0);
	turns_settle(f->loop);
	assert_int_equal(f->fired, 2);
	assert_int_equal(f->order[0], 1);
	assert_int_equal(f->order[1], 2);
}

static void a_call_that_puts_itself_off_gets_one_call_a_turn(void **state)
{
	struct fixture *f = *state;

	f->again = 3;
	loop_defer(f->loop, &f->second, second_call, f);
	for (unsigned int turn = 1; turn <= 4; turn++) {
		loop_step(f->loop);
		assert_int_equal(f->fired, turn);
	}
	loop_step(f->loop);
	assert_int_equal(f->fired, 4);
}

static void cancel_second(void *arg)
{
	struct fixture *f = arg;

	f->fired++;
	loop_defer_cancel(f->loop, &f->second);
}

static void a_call_can_be_taken_back_even_by_the_one_before_it(void **state)
{
	struct fixture *f = *state;

	loop_defer(f->loop, &f->deferred, cancel_second, f);
	loop_defer(f->loop, &f->second, second_call, f);
	turns_settle(f->loop);
	assert_int_equal(f->fired, 1);
	loop_defer(f->loop, &f->deferred, first_call, f);
	loop_defer(f->loop, &f->second, second_call, f);
	loop_defer_cancel(f->loop, &f->second);
	loop_defer_cancel(f->loop, &f->second);
	turns_settle(f->loop);
	assert_int_equal(f->fired, 2);
}

static void a_loop_with_nothing_to_do_ends_at_once(void **state)
{
	struct fixture *f = *state;

	loop_run(f->loop);
	assert_false(loop_step(f->loop));
	timer_init(&f->timer, f->loop, note, f);
	timer_arm(&f->timer, 5);
	assert_true(loop_step(f->loop));
	timer_disarm(&f->timer);
	assert_false(loop_step(f->loop));
}

static void burn(void *arg)
{
	*(unsigned int *)arg += 1;
}

static void worked(void *arg)
{
	*(unsigned int *)arg += 100;
}

static void jobs_run_elsewhere_and_report_on_the_loop(void **state)
{
	struct fixture *f = *state;
	unsigned int results[16] = {0};

	for (unsigned int i = 0; i < 16; i++)
		loop_work(f->loop, burn, worked, &results[i]);
	assert_int_equal(loop_work_pending(), 16);
	loop_run(f->loop);
	for (unsigned int i = 0; i < 16; i++)
		assert_int_equal(results[i], 101);
	assert_int_equal(loop_work_pending(), 0);
}

static void loops_come_and_go(void **state)
{
	for (int i = 0; i < 200; i++) {
		struct loop *loop = loop_new();
		struct timer timer;
		unsigned int count = 0;
		timer_init(&timer, loop, burn, &count);
		timer_arm(&timer, 1);
		turns_pass(loop, 1);
		assert_int_equal(count, 1);
		loop_free(&loop);
		assert_null(loop);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_timer_fires_once_when_its_time_has_come, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_delay_means_one_millisecond, set_up, tear_down),
		cmocka_unit_test_setup_teardown(arming_again_replaces_the_earlier_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_timer_may_arm_itself_again_and_again_without_starving_the_loop,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_timer_may_disarm_another_that_is_due_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_timers_fire_in_order_each_at_its_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(calls_put_off_come_later_in_order_and_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_call_that_puts_itself_off_gets_one_call_a_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_call_can_be_taken_back_even_by_the_one_before_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_loop_with_nothing_to_do_ends_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(jobs_run_elsewhere_and_report_on_the_loop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(loops_come_and_go, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
