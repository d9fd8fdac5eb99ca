/* The view over a snapshot: columns, look-ups, sets, and snapshots that lie. */
#include "town.h"

#include "audience/layout.h"

static void every_number_finds_its_person(void **state)
{
	static const uint32_t sizes[] = {0, 1, 2, 3, 100, 66000};

	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		struct town town;
		uint32_t id;
		town_make(&town, sizes[k], 9);
		assert_int_equal(people_top(town.people), sizes[k]);
		assert_int_equal(people_facts(town.people)->generation, 3);
		assert_int_equal(people_facts(town.people)->good_until_day, 6);
		for (uint32_t i = 1; i <= town.size; i++) {
			assert_int_equal(people_phone(town.people, i), town.by_id[i].phone);
			assert_true(people_find(town.people, town.by_id[i].phone, &id));
			assert_int_equal(id, i);
		}
		uint32_t place = 0;
		for (phone_t phone = 13000000000 - 3; phone < 13000400000 && place <= town.size; phone++) {
			bool known = people_find(town.people, phone, &id);
			uint32_t next = 0;
			assert_int_equal(people_find_next(town.people, phone, &place, &next), known);
			assert_int_equal(next, known ? id : 0);
			if (phone % 1000 == 0)
				phone += 5000; /* strides of all lengths */
		}
		assert_int_equal(people_phone(town.people, 0), 0);
		assert_int_equal(people_phone(town.people, town.size + 1), 0);
		assert_false(people_find(town.people, 0, &id));
		assert_false(people_find(town.people, 13000000000, &id));
		assert_false(people_find(town.people, 19999999999, &id));
		town_free(&town);
	}
}

static void numbers_between_are_not_found(void **state)
{
	struct town town;
	uint32_t id;

	town_make(&town, 2000, 4);
	for (phone_t phone = 13000000000; phone < 13000020000; phone++) {
		bool known = people_find(town.people, phone, &id);
		assert_int_equal(known, known && town.by_id[id].phone == phone);
	}
	town_free(&town);
}

static void sets_hold_who_they_should(void **state)
{
	struct town town;

	town_make(&town, 66000, 21);
	const struct set *student = people_under(town.people, PEOPLE_ROLE, "student");
	const struct set *born = people_born(town.people, "1960", "1979");
	const struct set *below = people_beginning(town.people, "320583100");
	const struct set *bo = people_under(town.people, PEOPLE_LANGUAGE, "bo");
	const struct set *gone = people_under(town.people, PEOPLE_MARK, PEOPLE_GONE);
	const struct set *out = people_under(town.people, PEOPLE_MARK, PEOPLE_OPTED_OUT);
	const struct set *none = people_under(town.people, PEOPLE_ROLE, "studen");
	for (uint32_t i = 1; i <= town.size; i++) {
		const struct resident *r = &town.by_id[i];
		assert_int_equal(set_contains(student, i), r->present && (r->roles >> 2 & 1) != 0);
		assert_int_equal(set_contains(born, i), r->present && r->year >= 1960 && r->year <= 1979);
		assert_int_equal(set_contains(below, i), r->present && (r->area == 2 || r->area == 3));
		assert_int_equal(set_contains(bo, i), r->present && r->language == 0);
		assert_int_equal(set_contains(gone, i), !r->present);
		assert_int_equal(set_contains(out, i), r->opted_out);
	}
	assert_true(set_empty(none));
	assert_int_equal(people_groups(town.people, PEOPLE_AREA), TOWN_AREAS);
	assert_string_equal(people_group(town.people, PEOPLE_AREA, 0).key, "3205");
	assert_int_equal(people_group(town.people, PEOPLE_ROLE, 2).count, set_count(student));
	const struct set **all[] = {&student, &born, &below, &bo, &gone, &out, &none};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		set_release(all[i]);
	town_free(&town);
}

/* Areas that are kept as one set, single ones, ones that nobody lives in, and what is no area at all. */
static void an_area_holds_all_below_it(void **state)
{
	static const char *const prefixes[] = {"", "3", "32", "3205", "32058", "320583", "320583100", "3205831000",
		"320583100001", "320583101", "320584", "33", "3301", "330100", "330100001", "4"};
	static const uint32_t sizes[] = {0, 1, 40, 3000};

	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		struct town town;
		town_make(&town, sizes[k], 5);
		for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
			const struct set *below = people_beginning(town.people, prefixes[i]);
			for (uint32_t id = 1; id <= town.size; id++) {
				const struct resident *r = &town.by_id[id];
				bool in = r->present && r->area >= 0 &&
					strncmp(town_areas[r->area], prefixes[i], strlen(prefixes[i])) == 0;
				assert_int_equal(set_contains(below, id), in);
			}
			set_release(&below);
		}
		town_free(&town);
	}
}

static void years_are_counted_each_for_itself(void **state)
{
	struct town town;
	uint32_t counts[2100] = {0};
	size_t years = 0;

	town_make(&town, 3000, 5);
	for (uint32_t id = 1; id <= town.size; id++)
		if (town.by_id[id].present)
			years += counts[town.by_id[id].year]++ == 0 && town.by_id[id].year != 0;
	assert_int_equal(people_groups(town.people, PEOPLE_YEAR), years);
	for (size_t i = 0; i < years; i++) {
		struct people_group group = people_group(town.people, PEOPLE_YEAR, i);
		assert_int_equal(group.count, counts[atoi(group.key)]);
		const struct set *born = people_born(town.people, group.key, group.key);
		assert_int_equal(set_count(born), group.count);
		set_release(&born);
	}
	const struct set *never = people_born(town.people, "1980", "1979");
	assert_true(set_empty(never));
	set_release(&never);
	town_free(&town);
}

static void any_damage_is_noticed(void **state)
{
	struct town town;
	struct people *people = NULL;

	town_make(&town, 300, 2);
	for (size_t at = 0; at < town.bytes.size; at++) {
		town.aligned[at] ^= 0x04;
		assert_int_equal(people_open(town.aligned, town.bytes.size, &people, NULL), RESULT_CORRUPT);
		town.aligned[at] ^= 0x04;
	}
	for (size_t size = 0; size < town.bytes.size; size += 7)
		assert_int_equal(people_open(town.aligned, size, &people, NULL), RESULT_CORRUPT);
	assert_null(people);
	town_free(&town);
}

/* Puts right sums over wrong content, so that the checks behind the sums are met. */
static void seal(uint8_t *bytes, size_t size)
{
	struct layout_footer footer;
	struct layout_sum sum;
	uint8_t *at = bytes + size - LAYOUT_FOOTER;

	if (!layout_footer_get(at, &footer))
		return;
	layout_sum_init(&sum);
	layout_sum_add(&sum, bytes, size - LAYOUT_FOOTER);
	footer.body_sum = layout_sum_end(&sum);
	layout_footer_put(&footer, at);
}

static void lies_under_right_sums_do_no_harm(void **state)
{
	struct town town;
	unsigned int seed = 123, refused = 0;

	town_make(&town, 300, 2);
	for (int turn = 0; turn < 3000; turn++) {
		size_t size = town.bytes.size;
		uint8_t *bytes = town_room(size);
		struct people *people = NULL;
		uint32_t id;
		memcpy(bytes, town.bytes.data, size);
		/* Mostly near the end, where the directory is. */
		for (int hit = 0; hit < 2; hit++)
			bytes[size - 1 - (size_t)rand_r(&seed) % (turn % 3 == 0 ? size : size / 3)] = (uint8_t)rand_r(
				&seed);
		seal(bytes, size);
		if (people_open(bytes, size, &people, NULL) == RESULT_OK) {
			for (uint32_t i = 0; i <= people_top(people) + 1 && i < 400; i++)
				people_find(people, people_phone(people, i), &id);
			const struct set *all = people_beginning(people, "");
			set_release(&all);
		} else {
			refused++;
		}
		people_free(&people);
		free(bytes);
	}
	assert_true(refused > 100);
	town_free(&town);
}

static void footers_that_lie_are_refused(void **state)
{
	struct town town;
	struct layout_footer good;
	struct people *people = NULL;

	town_make(&town, 300, 2);
	uint8_t *at = (uint8_t *)town.aligned + town.bytes.size - LAYOUT_FOOTER;
	assert_true(layout_footer_get(at, &good));
	static const uint64_t wrong[] = {UINT64_MAX, UINT64_MAX - 3, 1ULL << 63, 1ULL << 32, 100000};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		for (int field = 0; field < 5; field++) {
			struct layout_footer footer = good;
			uint64_t *fields[] = {&footer.top, &footer.index_at, &footer.phones_at, &footer.directory_at,
				&footer.directory_rows};
			*fields[field] = wrong[i];
			layout_footer_put(&footer, at);
			assert_int_equal(people_open(town.aligned, town.bytes.size, &people, NULL), RESULT_CORRUPT);
		}
	}
	town_free(&town);
}

static void nobody_is_an_answer(void **state)
{
	struct people *people = people_nobody();
	uint32_t id;

	assert_int_equal(people_top(people), 0);
	assert_false(people_find(people, 13800000001, &id));
	const struct set *set = people_under(people, PEOPLE_MARK, PEOPLE_PRESENT);
	assert_true(set_empty(set));
	set_release(&set);
	people_free(&people);
}

static void an_id_given_twice_is_refused(void **state)
{
	struct buf bytes;

	buf_init(&bytes, 1 << 20);
	struct compose *compose = compose_new(2, town_sink, &bytes);
	assert_true(compose_add(compose, &(struct compose_person){.phone = 13800000001, .id = 1}));
	assert_false(compose_add(compose, &(struct compose_person){.phone = 13800000002, .id = 1}));
	assert_false(compose_add(compose, &(struct compose_person){.phone = 13800000002, .id = 3}));
	assert_false(compose_add(compose, &(struct compose_person){.phone = 13800000002, .id = 0}));
	assert_false(compose_end(compose, 2, &(struct people_facts){0}));
	compose_free(&compose);
	buf_fini(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_finds_its_person),
		cmocka_unit_test(numbers_between_are_not_found),
		cmocka_unit_test(sets_hold_who_they_should),
		cmocka_unit_test(an_area_holds_all_below_it),
		cmocka_unit_test(years_are_counted_each_for_itself),
		cmocka_unit_test(any_damage_is_noticed),
		cmocka_unit_test(lies_under_right_sums_do_no_harm),
		cmocka_unit_test(footers_that_lie_are_refused),
		cmocka_unit_test(nobody_is_an_answer),
		cmocka_unit_test(an_id_given_twice_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
