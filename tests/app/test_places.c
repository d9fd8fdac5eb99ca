/* Where somebody stands in a lane's order: the directory says the same as the set itself, whoever is asked for. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "app/places.h"

/* Everybody from `low` to `high` whose number's hash is below `share` of 256. */
static struct set *make(uint32_t low, uint32_t high, unsigned int share)
{
	struct set *set = set_new();

	for (uint32_t id = low; id <= high; id++)
		if ((id * 2654435761u >> 24) < share)
			set_add(set, id);
	return set;
}

static void compare(const struct set *set, const struct places *places, uint32_t low, uint32_t high)
{
	for (uint32_t id = low; id <= high; id++) {
		uint32_t wanted = 0, got = 0;
		bool member = set_rank(set, id, &wanted);
		assert_int_equal(places_find(places, id, &got), member);
		assert_int_equal(got, wanted);
	}
}

static void a_dense_set_has_a_directory_that_agrees_with_it(void **state)
{
	static const struct {
		uint32_t low, high;
		unsigned int share;
	} cases[] = {
		{1, 20000, 256},
		{1, 200000, 128},
		{511, 70000, 32},
		{65535, 200001, 20},
		{4294900000u, 4294967295u - 1, 200},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct set *set = make(cases[i].low, cases[i].high, cases[i].share);
		struct places *places = places_new(set);
		assert_non_null(places);
		uint32_t around = cases[i].low < 2000 ? cases[i].low : 2000;
		compare(set, places, cases[i].low - around, cases[i].high);
		set_free(&set);
		places_free(&places);
	}
}

static void who_is_outside_of_its_span_is_not_found(void **state)
{
	struct set *set = set_range(100000, 110000);
	struct places *places = places_new(set);
	static const uint32_t strangers[] = {0, 1, 99999, 110001, 110080, 200000, UINT32_MAX};
	uint32_t position;

	(void)state;
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		assert_false(places_find(places, strangers[i], &position));
	assert_true(places_find(places, 110000, &position));
	assert_int_equal(position, 10000);
	set_free(&set);
	places_free(&places);
}

static void a_small_or_thin_set_needs_none(void **state)
{
	struct set *small = set_range(1, 4000), *thin = make(1, 1000000, 8), *nobody = set_new();

	(void)state;
	assert_null(places_new(small));
	assert_null(places_new(thin));
	assert_null(places_new(nobody));
	set_free(&small);
	set_free(&thin);
	set_free(&nobody);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dense_set_has_a_directory_that_agrees_with_it),
		cmocka_unit_test(who_is_outside_of_its_span_is_not_found),
		cmocka_unit_test(a_small_or_thin_set_needs_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
