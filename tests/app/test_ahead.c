/* ahead: whatever was asked before, the ids at a lane's places are those that counting through its set gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "app/ahead.h"

enum { LANES = 3, PEOPLE = 3000 };

static const uint32_t apart[LANES] = {1, 40, 2000}; /* next to each other, scattered, far apart */

static void make_lanes(struct set *lanes[LANES])
{
	unsigned int seed = 7;

	for (int i = 0; i < LANES; i++) {
		uint32_t id = 0;
		lanes[i] = set_new();
		for (int k = 0; k < PEOPLE; k++)
			set_add(lanes[i], id += 1 + (uint32_t)rand_r(&seed) % apart[i]);
	}
}

static void check(struct ahead *ahead, uint32_t alert, uint16_t lane, const struct set *set, uint32_t first,
	uint32_t count)
{
	uint32_t got, id, size = set_count(set);
	const uint32_t *ids = ahead_ids(ahead, alert, lane, set, first, count, &got);

	assert_int_equal(got, first >= size ? 0 : size - first < count ? size - first : count);
	for (uint32_t i = 0; i < got; i++) {
		assert_true(set_select(set, first + i, &id));
		assert_int_equal(ids[i], id);
	}
}

static void a_lane_is_read_to_its_end_in_batches(void **state)
{
	static const uint32_t batches[] = {1, 20, 100, 255, 256, 257, 1000};
	struct set *lanes[LANES];

	make_lanes(lanes);
	for (size_t i = 0; i < sizeof(batches) / sizeof(batches[0]); i++) {
		struct ahead *ahead = ahead_new();
		for (uint32_t at = 0; at < PEOPLE + 2 * batches[i]; at += batches[i])
			for (uint16_t lane = 0; lane < LANES; lane++)
				check(ahead, 1, lane, lanes[lane], at, batches[i]);
		ahead_free(&ahead);
	}
	for (int i = 0; i < LANES; i++)
		set_free(&lanes[i]);
}

static void places_may_be_asked_for_in_any_order(void **state)
{
	struct ahead *ahead = ahead_new();
	struct set *lanes[LANES], *last = set_range(UINT32_MAX - 255, UINT32_MAX);
	unsigned int seed = 9;
	uint32_t first = 0;

	make_lanes(lanes);
	for (int turn = 0; turn < 20000; turn++) {
		uint32_t count = 1 + (uint32_t)rand_r(&seed) % 300, dice = (uint32_t)rand_r(&seed) % 4;
		/* Alert 65 shares its runs with alert 1: 64 runs, and 31 and 64 have no divisor in common. */
		uint32_t alert = dice == 3 ? 65 : 1;
		uint16_t lane = (uint16_t)(rand_r(&seed) % LANES);
		first = dice == 0 ? (uint32_t)rand_r(&seed) % (PEOPLE + 300) : (first + count) % (PEOPLE + 300);
		check(ahead, alert, lane, lanes[alert == 65 ? LANES - 1 - lane : lane], first, count);
	}
	/* behind the last of all ids is nobody */
	check(ahead, 2, 0, last, 0, 256);
	check(ahead, 2, 0, last, 256, 20);
	check(ahead, 2, 0, last, 250, 20);
	set_free(&last);
	for (int i = 0; i < LANES; i++)
		set_free(&lanes[i]);
	ahead_free(&ahead);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lane_is_read_to_its_end_in_batches),
		cmocka_unit_test(places_may_be_asked_for_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
