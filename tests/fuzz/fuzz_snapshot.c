/*
 * Snapshots from anywhere. The sums are made right first, because no fuzzer would ever find one; what passes the checks
 * behind them must be safe to use.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audience/bytes.h"
#include "audience/check.h"
#include "audience/layout.h"
#include "audience/people.h"
#include "audience/select.h"
#include "base/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seal(uint8_t *bytes, size_t size)
{
	const uint8_t *at = bytes + size - LAYOUT_FOOTER;
	struct layout_footer footer = {
		.top = bytes_get64(at + 40),
		.index_at = bytes_get64(at + 48),
		.phones_at = bytes_get64(at + 56),
		.directory_at = bytes_get64(at + 64),
		.directory_rows = bytes_get64(at + 72),
	};
	struct layout_sum sum;

	memcpy(bytes, layout_mark, LAYOUT_MARK);
	layout_sum_init(&sum);
	layout_sum_add(&sum, bytes, size - LAYOUT_FOOTER);
	footer.body_sum = layout_sum_end(&sum);
	layout_footer_put(&footer, bytes + size - LAYOUT_FOOTER);
}

static void use(const struct people *people)
{
	static const char *const codes[] = {"320583", "320500", NULL};
	static const char *const roles[] = {"student", "parent", NULL};
	struct audience_rule rule = {10, 70, roles};
	uint32_t id;

	for (uint32_t i = 0; i < 200; i++)
		people_find(people, people_phone(people, i), &id);
	people_find(people, 13800000001, &id);
	const struct set *members = audience_members(people, &rule, 2026), *all = audience_all(people);
	const struct set *where = audience_areas(people, codes);
	struct set *some = set_copy(members);
	set_unite(some, where);
	struct set *rest = set_subtract(all, some);
	set_shrink(rest);
	set_free(&some);
	set_free(&rest);
	set_release(&members);
	set_release(&where);
	set_release(&all);
}

/* A copy as a mapped file lies. */
static uint8_t *aligned(const uint8_t *data, size_t size)
{
	uint8_t *bytes = aligned_alloc(SET_ALIGN, (size + SET_ALIGN) / SET_ALIGN * SET_ALIGN);

	if (bytes == NULL)
		abort();
	memcpy(bytes, data, size);
	return bytes;
}

/* One set where it lies: whatever passes the check can be reckoned with. */
static void view(const uint8_t *data, size_t size)
{
	struct set_facts facts;
	uint8_t *bytes = aligned(data, size);

	if (set_frozen_check(bytes, size, &facts)) {
		const struct set *set = set_view(bytes, size);
		struct set *some = set_range(100, 70000), *both = set_intersect(set, some), *all = set_union(set, some);
		struct set *rest = set_subtract(set, some);
		REQUIRE(set_count(set) == facts.count);
		REQUIRE(set_count(both) == set_count_common(set, some));
		REQUIRE(set_count(both) + set_count(rest) == facts.count);
		REQUIRE(set_count(all) == facts.count + set_count(some) - set_count(both));
		set_drop(all, set);
		set_unite(some, set);
		set_shrink(some);
		set_free(&some);
		set_free(&both);
		set_free(&all);
		set_free(&rest);
		set_release(&set);
	}
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct people *people = NULL;
	struct set *set = NULL;

	view(data, size);

	if (set_load(data, size, &set) == RESULT_OK)
		set_shrink(set);
	set_free(&set);
	if (size < LAYOUT_MARK + LAYOUT_FOOTER)
		return 0;
	uint8_t *bytes = aligned(data, size);
	seal(bytes, size);
	if (people_open(bytes, size, &people, NULL) == RESULT_OK)
		use(people);
	people_free(&people);
	free(bytes);
	return 0;
}
