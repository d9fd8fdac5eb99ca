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

/* A deterministic sequence of numbers below `most`. */
static uint32_t draw(uint32_t *random, uint32_t most)
{
	*random = *random * 1103515245 + 12345;
	return (*random >> 8) % most;
}

struct rate_case {
	uint32_t count;
	uint64_t per_ms;
	uint32_t batch, cost;
	uint32_t late_ms; /* a wake-up is up to so much too late */
	bool full; /* the mean must reach the rate within 1 % */
};

struct sent {
	uint64_t at_ms, units;
};

/* Sends `want` batches, at most 4,096, and writes down when each went. Small alerts of more urgency come between. */
static size_t send_under_rate(const struct rate_case *c, struct sent *sent, size_t want, bool disturbed)
{
	struct plan *plan = plan_new((struct plan_retry){1000, 300000}, 7);
	unsigned int to = plan_channel_add(plan, &(struct plan_channel){c->count, c->per_ms, 8, c->batch, false});
	struct plan_lane_spec spec =
		{.channel = to, .alert = 1, .urgency = URGENCY_TODAY, .size = UINT32_MAX, .number = 1, .cost = c->cost};
	struct plan_lane *lanes[MANY + 1];
	struct outcome outcome = outcome_make(CLASS_OK, 0, "test");
	uint64_t now = 1000000;
	uint32_t random = c->count * 31 + c->batch;
	size_t count = 0, lane_count = 1;

	lanes[0] = plan_lane_add(plan, &spec);
	while (count < want) {
		struct plan_batch *batch;
		uint64_t wait;
		if (disturbed && lane_count < MANY && draw(&random, 4) == 0) {
			spec.alert++;
			spec.urgency = (enum urgency)draw(&random, URGENCY_COUNT);
			spec.size = 1 + draw(&random, c->batch);
			lanes[lane_count++] = plan_lane_add(plan, &spec);
		}
		if (plan_next(plan, now, &batch, &wait) != PLAN_SEND) {
			now += wait + draw(&random, c->late_ms + 1);
			continue;
		}
		sent[count++] = (struct sent){now, (uint64_t)batch->count * c->cost};
		if (disturbed && draw(&random, 16) == 0)
			outcome = outcome_make(CLASS_RETRY, 1, "test");
		else
			outcome = outcome_make(CLASS_OK, 0, "test");
		plan_settle(plan, now, batch, &outcome);
	}
	for (size_t i = 0; i < lane_count; i++)
		plan_lane_free(plan, &lanes[i]);
	plan_free(&plan);
	return count;
}

/* From each send to each later one: no more than the rate for the time between, and one batch. Exact, in whole numbers. */
static void assert_windows_hold(const struct rate_case *c, const struct sent *sent, size_t count)
{
	uint64_t burst = (uint64_t)c->batch * c->cost;

	for (size_t i = 0; i < count; i++) {
		uint64_t units = 0;
		for (size_t k = i; k < count; k++) {
			units += sent[k].units;
			if (units > burst && (units - burst) * c->per_ms > (sent[k].at_ms - sent[i].at_ms) * c->count)
				fail_msg("%u in %llu ms, batch %u x %u: %llu units from %llu to %llu", c->count,
					(unsigned long long)c->per_ms, c->batch, c->cost, (unsigned long long)units,
					(unsigned long long)sent[i].at_ms, (unsigned long long)sent[k].at_ms);
		}
	}
}

static const struct rate_case rate_cases[] = {
	/* Where a batch is no whole number of milliseconds, and the wake-up is late besides. */
	{1200, 1000, 20, 1, 1, true},
	{1200, 1000, 20, 3, 1, true},
	{1200, 1000, 7, 1, 1, true},
	{900, 1000, 20, 1, 1, true},
	{700, 1000, 20, 2, 1, true},
	{333, 1000, 10, 1, 1, true},
	{10000, 1000, 100, 1, 1, true},
	{7777, 1000, 50, 1, 1, true},
	{20000, 1000, 100, 1, 1, true},
	{99991, 1000, 1000, 1, 1, true},
	{190, 1000, 20, 1, 1, true},
	{133, 1000, 20, 1, 1, true},
	{100, 1000, 10, 1, 1, true},
	{61, 1000, 20, 1, 2, true},
	{50, 1000, 20, 1, 2, true},
	{10, 1000, 20, 2, 2, true},
	{20, 60000, 1, 1, 10, true},
	{100, 3600000, 1, 1, 10, true},
	{3000, 3600000, 20, 1, 10, true},
	{2, 604800000, 1, 1, 10, true},
	/* Late by more, or batches of one in a few milliseconds: slower, and never too quick. */
	{1200, 1000, 20, 1, 40, false},
	{1200, 1000, 1, 1, 1, false},
	{300, 1000, 1, 1, 1, false},
	{300, 1000, 1, 3, 3, false},
	{1000, 1000, 2, 1, 3, false},
	{100000, 1000, 3, 1, 1, false},
};

static void no_rate_is_exceeded_in_any_sliding_window(void **state)
{
	static struct sent sent[1200];

	for (size_t i = 0; i < sizeof(rate_cases) / sizeof(rate_cases[0]); i++) {
		size_t count = send_under_rate(&rate_cases[i], sent, 1200, false);
		assert_windows_hold(&rate_cases[i], sent, count);
		count = send_under_rate(&rate_cases[i], sent, 1200, true);
		assert_windows_hold(&rate_cases[i], sent, count);
	}
}

static void a_rate_is_used_to_a_hundredth(void **state)
{
	static struct sent sent[1200];

	for (size_t i = 0; i < sizeof(rate_cases) / sizeof(rate_cases[0]); i++) {
		const struct rate_case *c = &rate_cases[i];
		size_t count = send_under_rate(c, sent, 1200, false);
		uint64_t units = 0;
		for (size_t k = 0; k + 1 < count; k++)
			units += sent[k].units;
		uint64_t may = (sent[count - 1].at_ms - sent[0].at_ms) * c->count / c->per_ms;
		if (c->full && units * 100 < may * 99)
			fail_msg("%u in %llu ms, batch %u: %llu of %llu", c->count, (unsigned long long)c->per_ms,
				c->batch, (unsigned long long)units, (unsigned long long)may);
	}
}

static void small_alerts_share_one_burst(void **state)
{
	struct fixture *f = *state;
	unsigned int to = channel(f, 10, 8, 20);
	struct plan_lane *lanes[3];

	for (uint32_t i = 0; i < 3; i++) {
		lanes[i] = lane(f, to, i + 1, URGENCY_TODAY, 8);
		if (i < 2)
			settle(f, send_now(f), CLASS_OK, 0);
	}
	/* 16 of 20 went, 8 more are 4 too many. */
	assert_int_equal(wait_now(f), 400);
	f->now += 400;
	settle(f, send_now(f), CLASS_OK, 0);
	for (int i = 0; i < 3; i++)
		plan_lane_free(f->plan, &lanes[i]);
}

static void what_waits_for_the_rate_lets_nothing_less_urgent_pass(void **state)
{
	struct fixture *f = *state;
	unsigned int to = channel(f, 10, 8, 20);
	struct plan_lane *urgent = lane(f, to, 1, URGENCY_IMMEDIATE, 40);
	struct plan_lane *small = lane(f, to, 2, URGENCY_ROUTINE, 1);

	settle(f, send_now(f), CLASS_OK, 0);
	f->now += 1000;
	assert_int_equal(wait_now(f), 1000);
	f->now += 1000;
	struct plan_batch *batch = send_now(f);
	assert_ptr_equal(batch->lane, urgent);
	settle(f, batch, CLASS_OK, 0);
	plan_lane_free(f->plan, &urgent);
	plan_lane_free(f->plan, &small);
}

static void a_long_resend_is_cut_as_it_goes(void **state)
{
	struct fixture *f = *state;
	unsigned int to = channel(f, 0, 2, 20);
	struct plan_lane *l = plan_lane_add(f->plan,
		&(struct plan_lane_spec){.channel = to,
			.alert = 1,
			.urgency = URGENCY_TODAY,
			.size = 1000,
			.first = 900,
			.number = 46,
			.cost = 1});
	struct plan_channel_view view;
	bool numbers[200] = {false};
	uint32_t expected = 100;

	plan_lane_resend(f->plan, l, 100, 50, 1);
	plan_lane_resend(f->plan, l, 400, 5, 1);
	plan_channel_look(f->plan, to, f->now, &view);
	assert_int_equal(view.waiting, 155);
	for (int i = 0; i < 9; i++) {
		struct plan_batch *batch = send_now(f);
		assert_true(batch->number >= 46 && !numbers[batch->number]);
		numbers[batch->number] = true;
		assert_int_equal(batch->first, expected);
		expected += batch->count;
		expected = expected == 150 ? 400 : expected == 405 ? 900 : expected;
		settle(f, batch, CLASS_OK, 0);
	}
	idle_now(f);
	plan_channel_look(f->plan, to, f->now, &view);
	assert_int_equal(view.waiting, 0);
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

/* However a run came to wait, one of its recipients probes; the rest keeps its number, its attempt and its place. */
static const struct probe_case {
	const char *what;
	enum outcome_class first; /* how the run that waits ended before; OK: a resend that was never cut */
	unsigned int attempt; /* of the probe */
} probe_cases[] = {
	{"another attempt", CLASS_RETRY, 2},
	{"throttled", CLASS_THROTTLE, 1},
	{"deferred", CLASS_DEFER, 1},
	{"resend", CLASS_OK, 1},
};

static void probe_waiting_run(struct fixture *f, const struct probe_case *c)
{
	struct plan_lane *l = lane(f, channel(f, 0, 4, 10), 1, URGENCY_TODAY, 20);
	struct plan_batch *waiting = send_now(f), *lost = send_now(f), *probe;
	bool numbers[32] = {false};

	settle(f, waiting, c->first, 0);
	if (c->first == CLASS_OK)
		plan_lane_resend(f->plan, l, 0, 10, 1);
	assert_int_equal(settle(f, lost, CLASS_AMBIGUOUS, 0), PLAN_IN_DOUBT);
	for (uint32_t first = 0; first < 4; first++) {
		uint64_t wait;
		while (plan_next(f->plan, f->now, &probe, &wait) == PLAN_WAIT)
			f->now += wait;
		if (probe->first != first || probe->count != 1 || probe->attempt != c->attempt ||
			numbers[probe->number])
			fail_msg("%s: %u + %u, attempt %u, number %u", c->what, probe->first, probe->count,
				probe->attempt, probe->number);
		numbers[probe->number] = true;
		settle(f, probe, first < 3 ? CLASS_AMBIGUOUS : CLASS_OK, 0);
	}
	struct plan_batch *rest = send_now(f);
	assert_int_equal(rest->first, 4);
	assert_int_equal(rest->count, 6);
	assert_int_equal(rest->attempt, c->attempt);
	assert_false(numbers[rest->number]);
	settle(f, rest, CLASS_OK, 0);
	idle_now(f);
	plan_lane_free(f->plan, &l);
}

static void one_recipient_of_what_waits_probes(void **state)
{
	for (size_t i = 0; i < sizeof(probe_cases) / sizeof(probe_cases[0]); i++)
		probe_waiting_run(*state, &probe_cases[i]);
}

/* A piece that split off a refused batch stays one: refused again, it is refused for good. */
static void a_probe_of_a_split_piece_is_not_split_again(void **state)
{
	struct fixture *f = *state;
	struct plan_lane *l = lane(f, channel(f, 0, 4, 300), 1, URGENCY_TODAY, 600);
	struct plan_batch *bad = send_now(f), *lost = send_now(f);
	struct outcome outcome = outcome_make(CLASS_PERM_MSG, 0, "InvalidMobile");

	outcome.split = true;
	assert_int_equal(plan_settle(f->plan, f->now, bad, &outcome), PLAN_SPLIT);
	settle(f, lost, CLASS_AMBIGUOUS, 0);
	f->now += wait_now(f);
	struct plan_batch *probe = send_now(f);
	assert_int_equal(probe->count, 1);
	assert_true(probe->split);
	assert_int_equal(plan_settle(f->plan, f->now, probe, &outcome), PLAN_REFUSED);
	struct plan_batch *rest = send_now(f);
	assert_int_equal(rest->first, 1);
	assert_int_equal(rest->count, 2);
	assert_int_equal(plan_settle(f->plan, f->now, rest, &outcome), PLAN_REFUSED);
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

/* It was ready to go and did not: neither window, nor attempt, nor rate is any worse for it, however often. */
static void what_never_left_goes_back_as_it_was(void **state)
{
	struct fixture *f = *state;
	unsigned int to = channel(f, 10, 4, 20);
	struct plan_lane *l = lane(f, to, 1, URGENCY_TODAY, 40);
	struct plan_channel_view before, after;

	plan_channel_look(f->plan, to, f->now, &before);
	for (int i = 0; i < 5; i++) {
		struct plan_batch *batch = send_now(f);
		assert_int_equal(batch->number, 1);
		assert_int_equal(batch->attempt, 1);
		assert_int_equal(plan_unsend(f->plan, f->now, batch), PLAN_AGAIN);
	}
	plan_channel_look(f->plan, to, f->now, &after);
	assert_int_equal(after.window, before.window);
	assert_int_equal(after.in_flight, 0);
	assert_int_equal(after.waiting, before.waiting);
	assert_int_equal(after.wait_ms, 0);
	struct plan_batch *batch = send_now(f);
	plan_lane_stop(f->plan, l);
	assert_int_equal(plan_unsend(f->plan, f->now, batch), PLAN_GONE);
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
		CASE(no_rate_is_exceeded_in_any_sliding_window),
		CASE(a_rate_is_used_to_a_hundredth),
		CASE(small_alerts_share_one_burst),
		CASE(what_waits_for_the_rate_lets_nothing_less_urgent_pass),
		CASE(a_long_resend_is_cut_as_it_goes),
		CASE(the_urgent_overtakes_within_one_batch),
		CASE(alerts_of_equal_urgency_take_turns_however_many_lanes_they_have),
		CASE(a_slow_channel_delays_no_other),
		CASE(later_waits_with_jitter_and_counts_an_attempt),
		CASE(throttling_holds_the_channel_and_counts_no_attempt),
		CASE(a_lost_answer_is_never_sent_again_by_itself),
		CASE(one_recipient_of_what_waits_probes),
		CASE(a_probe_of_a_split_piece_is_not_split_again),
		CASE(absolute_state_is_simply_repeated),
		CASE(a_text_that_cannot_pass_holds_its_lane_only),
		CASE(a_batch_with_one_bad_number_is_split_once),
		CASE(a_dead_account_suspends_itself_and_refuses_nobody),
		CASE(quiet_hours_and_the_red_switch_lose_nothing),
		CASE(a_stopped_lane_forgets_what_has_not_left),
		CASE(what_is_owed_survives_a_restart),
		CASE(an_empty_batch_gives_its_rate_back),
		CASE(what_never_left_goes_back_as_it_was),
		CASE(estimates_count_what_stands_before),
		CASE(whatever_happens_each_position_ends_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
