/* The plan: what is sent next and when, stepped with a time that the test moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "plan/plan.h"

enum { MANY = 4096 };

struct fixture {
	struct plan *plan;
	uint64_t now;
};

static int set_up(void **state)
{
	struct fixture *f = mem_zalloc(sizeof(*f));

	f->plan = plan_new((struct plan_retry){1000, 300000}, 7);
	f->now = 1000000;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	plan_free(&f->plan);
	free(f);
	return 0;
}

static unsigned int channel(struct fixture *f, uint32_t per_second, unsigned int window, uint32_t batch)
{
	return plan_channel_add(f->plan, &(struct plan_channel){per_second, 1000, window, batch, false});
}

static struct plan_lane *lane(struct fixture *f, unsigned int to, uint32_t alert, enum urgency urgency, uint32_t size)
{
	return plan_lane_add(f->plan,
		&(struct plan_lane_spec){.channel = to,
			.alert = alert,
			.urgency = urgency,
			.size = size,
			.number = 1,
			.cost = 1});
}

static struct plan_batch *send_now(struct fixture *f)
{
	struct plan_batch *batch = NULL;
	uint64_t wait = 0;

	assert_int_equal(plan_next(f->plan, f->now, &batch, &wait), PLAN_SEND);
	return batch;
}

static uint64_t wait_now(struct fixture *f)
{
	struct plan_batch *batch = NULL;
	uint64_t wait = 0;

	assert_int_equal(plan_next(f->plan, f->now, &batch, &wait), PLAN_WAIT);
	return wait;
}

static void idle_now(struct fixture *f)
{
	struct plan_batch *batch = NULL;
	uint64_t wait = 0;

	assert_int_equal(plan_next(f->plan, f->now, &batch, &wait), PLAN_IDLE);
}

static enum plan_end settle(struct fixture *f, struct plan_batch *batch, enum outcome_class class, uint32_t wait)
{
	struct outcome outcome = outcome_make(class, wait, "test");

	return plan_settle(f->plan, f->now, batch, &outcome);
}

static void a_lane_is_cut_in_order_to_its_end(void **state)
{
	struct fixture *f = *state;
	struct plan_lane *l = lane(f, channel(f, 0, 10, 40), 1, URGENCY_TODAY, 100);
	uint32_t expected[][3] = {{1, 0, 40}, {2, 40, 40}, {3, 80, 20}};

	for (size_t i = 0; i < 3; i++) {
		struct plan_batch *batch = send_now(f);
		assert_int_equal(batch->number, expected[i][0]);
		assert_int_equal(batch->first, expected[i][1]);
		assert_int_equal(batch->count, expected[i][2]);
		assert_int_equal(settle(f, batch, CLASS_OK, 0), PLAN_DONE);
	}
	idle_now(f);
	plan_lane_free(f->plan, &l);
}

static void the_window_bounds_what_is_in_flight(void **state)
{
	struct fixture *f = *state;
	struct plan_lane *l = lane(f, channel(f, 0, 2, 1), 1, URGENCY_TODAY, 5);
	struct plan_batch *a = send_now(f), *b = send_now(f);

	idle_now(f);
	settle(f, a, CLASS_OK, 0);
	struct plan_batch *c = send_now(f);
	idle_now(f);
	settle(f, b, CLASS_OK, 0);
	settle(f, c, CLASS_OK, 0);
	plan_lane_free(f->plan, &l);
}

static void every_sliding_window_holds_the_rate_and_one_batch(void **state)
{
	struct fixture *f = *state;
	struct plan_lane *l = lane(f, channel(f, 50, 8, 20), 1, URGENCY_TODAY, 4000);
	static struct {
		uint64_t at;
		uint32_t count;
	} sent[MANY];
	size_t count = 0;
	uint32_t total = 0;
	unsigned int random = 1;

	while (total < 4000) {
		struct plan_batch *batch;
		uint64_t wait;
		enum plan_step step = plan_next(f->plan, f->now, &batch, &wait);
		if (step == PLAN_SEND) {
			sent[count].at = f->now;
			sent[count++].count = batch->count;
			total += batch->count;
			settle(f, batch, CLASS_OK, 0);
			continue;
		}
		assert_int_equal(step, PLAN_WAIT);
		/* Sometimes late, as a real loop is. */
		random = random * 1103515245 + 12345;
		f->now += wait + (random >> 16) % 7;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t units = 0;
		for (size_t k = i; k < count && sent[k].at - sent[i].at < 1000; k++)
			units += sent[k].count;
		assert_true(units <= 50 + 20);
	}
	/* And it is not slower than it may be, late turns apart. */
	assert_true(sent[count - 1].at - sent[0].at <= 4000 / 50 * 1000 * 103 / 100);
	plan_lane_free(f->plan, &l);
}

static void the_urgent_overtakes_within_one_batch(void **state)
{
	struct fixture *f = *state;
	unsigned int to = channel(f, 0, 1, 10);
	struct plan_lane *routine = lane(f, to, 1, URGENCY_ROUTINE, 100000);
	struct plan_batch *batch = send_now(f);
	struct plan_lane *urgent = lane(f, to, 2, URGENCY_IMMEDIATE, 20);

	settle(f, batch, CLASS_OK, 0);
	for (int i = 0; i < 2; i++) {
		batch = send_now(f);
		assert_ptr_equal(batch->lane, urgent);
		settle(f, batch, CLASS_OK, 0);
	}
	batch = send_now(f);
	assert_ptr_equal(batch->lane, routine);
	settle(f, batch, CLASS_OK, 0);
	plan_lane_free(f->plan, &routine);
	plan_lane_free(f->plan, &urgent);
}

static void alerts_of_equal_urgency_take_turns_however_many_lanes_they_have(void **state)
{
	struct fixture *f = *state;
	unsigned int to = channel(f, 0, 1, 10);
	struct plan_lane *a1 = lane(f, to, 1, URGENCY_TODAY, 1000), *a2 = lane(f, to, 1, URGENCY_TODAY, 1000);
	struct plan_lane *b = lane(f, to, 2, URGENCY_TODAY, 1000);
	int of_b = 0;

	for (int i = 0; i < 40; i++) {
		struct plan_batch *batch = send_now(f);
		of_b += batch->lane == b;
		settle(f, batch, CLASS_OK, 0);
	}
	assert_int_equal(of_b, 20);
	plan_lane_free(f->plan, &a1);
	plan_lane_free(f->plan, &a2);
	plan_lane_free(f->plan, &b);
}

static void a_slow_channel_delays_no_other(void **state)
{
	struct fixture *f = *state;
	struct plan_lane *slow = lane(f, channel(f, 1, 1, 1), 1, URGENCY_IMMEDIATE, 100);
	struct plan_lane *fast = lane(f, channel(f, 0, 4, 10), 1, URGENCY_ROUTINE, 100);
	int of_fast = 0;

	for (int i = 0; i < 11; i++) {
		struct plan_batch *batch = send_now(f);
		of_fast += batch->lane == fast;
		settle(f, batch, CLASS_OK, 0);
	}
	assert_int_equal(of_fast, 10);
	assert_int_equal(wait_now(f), 1000);
	plan_lane_free(f->plan, &slow);
	plan_lane_free(f->plan, &fast);
}

static void later_waits_with_jitter_and_counts_an_attempt(void **state)
{
	struct fixture *f = *state;
	struct plan_lane *l = lane(f, channel(f, 0, 1, 10), 1, URGENCY_TODAY, 10);
	struct plan_batch *batch = send_now(f);

	for (unsigned int attempt = 1; attempt <= 5; attempt++) {
		assert_int_equal(batch->attempt, attempt);
		assert_int_equal(settle(f, batch, CLASS_RETRY, 0), PLAN_AGAIN);
		uint64_t wait = wait_now(f);
		assert_in_range(wait, 1, 1000ull << (attempt + 1));
		f->now += wait;
		/* The window's own back-off may be longer than the batch's. */
		uint64_t more;
		struct plan_batch *next;
		while (plan_next(f->plan, f->now, &next, &more) == PLAN_WAIT)
			f->now += more;
		assert_ptr_equal(next, batch);
	}
	settle(f, batch, CLASS_OK, 0);
	plan_lane_free(f->plan, &l);
}

static void throttling_holds_the_channel_and_counts_no_attempt(void **state)
{
	struct fixture *f = *state;
	struct plan_lane *l = lane(f, channel(f, 0, 4, 10), 1, URGENCY_TODAY, 10);
	struct plan_batch *batch = send_now(f);

	assert_int_equal(settle(f, batch, CLASS_THROTTLE, 60000), PLAN_AGAIN);
	assert_int_equal(wait_now(f), 60000);
	f->now += 60000;
	batch = send_now(f);
	assert_int_equal(batch->attempt, 1);
	settle(f, batch, CLASS_OK, 0);
	plan_lane_free(f->plan, &l);
}

static void a_lost_answer_is_never_sent_again_by_itself(void **state)
{
	struct fixture *f = *state;
	struct plan_lane *l = lane(f, channel(f, 0, 4, 10), 1, URGENCY_TODAY, 30);
	struct plan_batch *a = send_now(f), *b = send_now(f);

	assert_int_equal(settle(f, a, CLASS_AMBIGUOUS, 0), PLAN_IN_DOUBT);
	settle(f, b, CLASS_AMBIGUOUS, 0);
	/* What follows is a probe of one, after a pause. */
	f->now += wait_now(f);
	struct plan_batch *probe = send_now(f);
	assert_int_equal(probe->first, 20);
	assert_int_equal(probe->count, 1);
	settle(f, probe, CLASS_OK, 0);
	struct plan_batch *rest = send_now(f);
	assert_int_equal(rest->first, 21);
	assert_int_equal(rest->count, 9);
	settle(f, rest, CLASS_OK, 0);
	idle_now(f);
	plan_lane_free(f->plan, &l);
}

static void absolute_state_is_simply_repeated(void **state)
{
	struct fixture *f = *state;
	unsigned int sign = plan_channel_add(f->plan, &(struct plan_channel){1, 1000, 1, 1, true});
	struct plan_lane *l = lane(f, sign, 1, URGENCY_IMMEDIATE, 1);

	assert_int_equal(settle(f, send_now(f), CLASS_AMBIGUOUS, 0), PLAN_AGAIN);
	plan_lane_free(f->plan, &l);
}

static void a_text_that_cannot_pass_holds_its_lane_only(void **state)
{
	struct fixture *f = *state;
	unsigned int to = channel(f, 0, 1, 10);
	struct plan_lane *bad = lane(f, to, 1, URGENCY_IMMEDIATE, 100), *good = lane(f, to, 2, URGENCY_ROUTINE, 10);

	assert_int_equal(settle(f, send_now(f), CLASS_PERM_MSG, 0), PLAN_REFUSED);
	assert_true(plan_lane_held(bad));
	struct plan_batch *batch = send_now(f);
	assert_ptr_equal(batch->lane, good);
	settle(f, batch, CLASS_OK, 0);
	idle_now(f);
	plan_lane_hold(f->plan, bad, false);
	batch = send_now(f);
	assert_int_equal(batch->first, 10);
	settle(f, batch, CLASS_OK, 0);
	plan_lane_free(f->plan, &bad);
	plan_lane_free(f->plan, &good);
}

static void a_batch_with_one_bad_number_is_split_once(void **state)
{
	struct fixture *f = *state;
	struct plan_lane *l = lane(f, channel(f, 0, 1, 50), 1, URGENCY_TODAY, 50);
	struct outcome outcome = outcome_make(CLASS_PERM_MSG, 0, "InvalidMobile");
	unsigned int refused = 0, pieces = 0;

	outcome.split = true;
	assert_int_equal(plan_settle(f->plan, f->now, send_now(f), &outcome), PLAN_SPLIT);
	for (;;) {
		struct plan_batch *batch;
		uint64_t wait;
		if (plan_next(f->plan, f->now, &batch, &wait) != PLAN_SEND)
			break;
		pieces++;
		assert_true(batch->number > 1);
		if (batch->first == 17) {
			assert_int_equal(plan_settle(f->plan, f->now, batch, &outcome), PLAN_REFUSED);
			refused++;
		} else {
			settle(f, batch, CLASS_OK, 0);
		}
	}
	assert_int_equal(pieces, 50);
	assert_int_equal(refused, 1);
	assert_false(plan_lane_held(l));
	plan_lane_free(f->plan, &l);
}

static void a_dead_account_suspends_itself_and_refuses_nobody(void **state)
{
	struct fixture *f = *state;
	unsigned int to = channel(f, 0, 4, 10);
	struct plan_lane *l = lane(f, to, 1, URGENCY_IMMEDIATE, 10);
	struct plan_channel_view view;

	assert_int_equal(settle(f, send_now(f), CLASS_PERM_CHANNEL, 0), PLAN_AGAIN);
	idle_now(f);
	plan_channel_look(f->plan, to, f->now, &view);
	assert_true(view.suspended);
	assert_int_equal(view.waiting, 10);
	plan_channel_suspend(f->plan, to, false);
	settle(f, send_now(f), CLASS_OK, 0);
	plan_lane_free(f->plan, &l);
}

static void quiet_hours_and_the_red_switch_lose_nothing(void **state)
{
	struct fixture *f = *state;
	unsigned int to = channel(f, 0, 4, 10);
	struct plan_lane *quiet = plan_lane_add(f->plan,
		&(struct plan_lane_spec){.channel = to,
			.alert = 1,
			.urgency = URGENCY_IMMEDIATE,
			.size = 10,
			.number = 1,
			.cost = 1,
			.quiet = true});
	struct plan_lane *loud = lane(f, to, 2, URGENCY_ROUTINE, 10);

	plan_quiet(f->plan, true);
	struct plan_batch *batch = send_now(f);
	assert_ptr_equal(batch->lane, loud);
	settle(f, batch, CLASS_RETRY, 0);
	plan_stop(f->plan, true);
	f->now += 10000;
	idle_now(f);
	plan_stop(f->plan, false);
	batch = send_now(f);
	assert_ptr_equal(batch->lane, loud);
	settle(f, batch, CLASS_OK, 0);
	idle_now(f);
	plan_quiet(f->plan, false);
	batch = send_now(f);
	assert_ptr_equal(batch->lane, quiet);
	settle(f, batch, CLASS_OK, 0);
	plan_lane_free(f->plan, &quiet);
	plan_lane_free(f->plan, &loud);
}

static void a_stopped_lane_forgets_what_has_not_left(void **state)
{
	struct fixture *f = *state;
	unsigned int to = channel(f, 0, 4, 10);
	struct plan_lane *l = lane(f, to, 1, URGENCY_TODAY, 100);
	struct plan_batch *again = send_now(f), *flying = send_now(f);
	struct plan_channel_view view;

	settle(f, again, CLASS_RETRY, 0);
	plan_lane_stop(f->plan, l);
	f->now += 600000;
	idle_now(f);
	assert_int_equal(plan_lane_next(l), 20);
	assert_int_equal(settle(f, flying, CLASS_RETRY, 0), PLAN_GONE);
	plan_channel_look(f->plan, to, f->now, &view);
	assert_int_equal(view.waiting, 0);
	assert_int_equal(view.in_flight, 0);
	plan_lane_free(f->plan, &l);
}

static void what_is_owed_survives_a_restart(void **state)
{
	struct fixture *f = *state;
	unsigned int to = channel(f, 10, 4, 20);
	struct plan_lane *l = lane(f, to, 1, URGENCY_TODAY, 100);
	struct plan_batch *batch = send_now(f);

	assert_int_equal(plan_channel_owed_ms(f->plan, to, f->now), 2000);
	settle(f, batch, CLASS_OK, 0);
	plan_lane_free(f->plan, &l);

	struct plan *other = plan_new((struct plan_retry){1000, 300000}, 1);
	unsigned int again = plan_channel_add(other, &(struct plan_channel){10, 1000, 4, 20, false});
	plan_channel_owe(other, again, 5000, 2000);
	l = plan_lane_add(other,
		&(struct plan_lane_spec){.channel = again,
			.alert = 1,
			.urgency = URGENCY_TODAY,
			.size = 100,
			.first = 20,
			.number = 2,
			.cost = 1});
	uint64_t wait = 0;
	assert_int_equal(plan_next(other, 5000, &batch, &wait), PLAN_WAIT);
	assert_int_equal(wait, 2000);
	plan_lane_free(other, &l);
	plan_free(&other);
}

static void an_empty_batch_gives_its_rate_back(void **state)
{
	struct fixture *f = *state;
	struct plan_lane *l = lane(f, channel(f, 10, 4, 20), 1, URGENCY_TODAY, 40);

	plan_void(f->plan, send_now(f));
	struct plan_batch *batch = send_now(f);
	assert_int_equal(batch->first, 20);
	settle(f, batch, CLASS_OK, 0);
	plan_lane_free(f->plan, &l);
}

static void estimates_count_what_stands_before(void **state)
{
	struct fixture *f = *state;
	unsigned int to = channel(f, 100, 4, 100);
	struct plan_lane *l = lane(f, to, 1, URGENCY_IMMEDIATE, 1000);
	uint64_t first, last;

	plan_estimate(f->plan, to, URGENCY_ROUTINE, f->now, 500, &first, &last);
	assert_int_equal(first, 10000);
	assert_int_equal(last, 14000);
	plan_estimate(f->plan, to, URGENCY_IMMEDIATE, f->now, 500, &first, &last);
	assert_int_equal(first, 0);
	plan_lane_free(f->plan, &l);
}

/* Random outcomes on several channels: every position ends exactly once, and nothing stays in flight. */
static void whatever_happens_each_position_ends_once(void **state)
{
	struct fixture *f = *state;
	static const enum outcome_class classes[] = {CLASS_OK, CLASS_OK, CLASS_OK, CLASS_RETRY, CLASS_THROTTLE,
		CLASS_DEFER, CLASS_AMBIGUOUS, CLASS_PERM_RCPT};
	enum { LANES = 12, SIZE = 700 };
	static uint8_t ended[LANES][SIZE];
	struct plan_lane *lanes[LANES];
	struct plan_batch *flying[64];
	size_t in_flight = 0;
	unsigned int random = 99;

	memset(ended, 0, sizeof(ended));
	for (int c = 0; c < 3; c++)
		channel(f, c == 0 ? 0 : 500, 3 + (unsigned int)c, 7 + (uint32_t)c);
	for (int i = 0; i < LANES; i++)
		lanes[i] = plan_lane_add(f->plan,
			&(struct plan_lane_spec){.channel = (unsigned int)i % 3,
				.alert = (uint32_t)i / 2,
				.urgency = (enum urgency)(i % URGENCY_COUNT),
				.size = SIZE,
				.number = 1,
				.cost = 1 + (uint32_t)i % 2,
				.owner = ended[i]});
	for (int turn = 0; turn < 200000; turn++) {
		struct plan_batch *batch;
		uint64_t wait;
		random = random * 1103515245 + 12345;
		enum plan_step step = plan_next(f->plan, f->now, &batch, &wait);
		if (step == PLAN_SEND) {
			flying[in_flight++] = batch;
			assert_true(in_flight < 64);
			continue;
		}
		if (in_flight == 0) {
			if (step == PLAN_IDLE)
				break;
			f->now += wait;
			continue;
		}
		size_t which = (random >> 16) % in_flight;
		struct plan_batch *done = flying[which];
		flying[which] = flying[--in_flight];
		enum outcome_class class = classes[(random >> 8) % 8];
		uint8_t *marks = plan_lane_owner(done->lane);
		uint32_t first = done->first, count = done->count;
		if (settle(f, done, class, 0) != PLAN_AGAIN)
			for (uint32_t i = first; i < first + count; i++)
				marks[i]++;
	}
	assert_int_equal(in_flight, 0);
	for (int i = 0; i < LANES; i++) {
		for (int k = 0; k < SIZE; k++)
			assert_int_equal(ended[i][k], 1);
		plan_lane_free(f->plan, &lanes[i]);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_lane_is_cut_in_order_to_its_end),
		CASE(the_window_bounds_what_is_in_flight),
		CASE(every_sliding_window_holds_the_rate_and_one_batch),
		CASE(the_urgent_overtakes_within_one_batch),
		CASE(alerts_of_equal_urgency_take_turns_however_many_lanes_they_have),
		CASE(a_slow_channel_delays_no_other),
		CASE(later_waits_with_jitter_and_counts_an_attempt),
		CASE(throttling_holds_the_channel_and_counts_no_attempt),
		CASE(a_lost_answer_is_never_sent_again_by_itself),
		CASE(absolute_state_is_simply_repeated),
		CASE(a_text_that_cannot_pass_holds_its_lane_only),
		CASE(a_batch_with_one_bad_number_is_split_once),
		CASE(a_dead_account_suspends_itself_and_refuses_nobody),
		CASE(quiet_hours_and_the_red_switch_lose_nothing),
		CASE(a_stopped_lane_forgets_what_has_not_left),
		CASE(what_is_owed_survives_a_restart),
		CASE(an_empty_batch_gives_its_rate_back),
		CASE(estimates_count_what_stands_before),
		CASE(whatever_happens_each_position_ends_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
