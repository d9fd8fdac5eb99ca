/* Sorting in bounded memory, against what each record carries of its own place. */
#include "desk.h"

#include "roster/sorter.h"

static void sort_many(struct desk *desk, size_t count, size_t piece, unsigned int seed)
{
	int folder = open(desk->folder.path, O_RDONLY | O_DIRECTORY);
	struct sorter *sorter = sorter_new(folder, piece);
	struct record record, before = {0};
	uint64_t sum = 0;
	size_t seen = 0;

	for (size_t i = 0; i < count; i++) {
		record = (struct record){.phone = 13000000000 + (uint64_t)(rand_r(&seed) % 5000) * 1000003,
			.area = (uint32_t)i,
			.year = (uint16_t)i};
		sum += record.phone ^ record.area;
		assert_int_equal(sorter_add(sorter, &record), RESULT_OK);
	}
	assert_int_equal(sorter_end(sorter), RESULT_OK);
	while (sorter_next(sorter, &record) == RESULT_OK) {
		assert_true(record.phone > before.phone || seen == 0 ||
			(record.phone == before.phone && record.area > before.area));
		assert_int_equal(record.year, (uint16_t)record.area);
		sum -= record.phone ^ record.area;
		before = record;
		seen++;
	}
	assert_int_equal(seen, count);
	assert_int_equal(sum, 0);
	sorter_free(&sorter);
	close(folder);
	assert_false(folder_has(&desk->folder, "roster.sort"));
}

static void records_come_back_in_order_and_equals_as_they_came(void **state)
{
	static const size_t counts[] = {0, 1, 2, 999, 1000, 1001, 70000};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		sort_many(*state, counts[i], 1000, 3);
		sort_many(*state, counts[i], 100000, 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records_come_back_in_order_and_equals_as_they_came, desk_setup,
			desk_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
