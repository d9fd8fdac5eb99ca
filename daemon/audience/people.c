#include "audience/people.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "audience/bytes.h"
#include "audience/check.h"
#include "audience/layout.h"
#include "base/mem.h"
#include "base/require.h"

struct people {
	const uint8_t *bytes;
	struct people_facts facts;
	uint32_t top;
	const uint8_t *index; /* ids by phone */
	const uint8_t *phones; /* by id - 1 */
	const uint8_t *rows;
	size_t axis_from[PEOPLE_AXIS_COUNT + 1]; /* rows of axis i: from [i] to before [i + 1] */
};

/* True when `count` pieces of `each` bytes from `at` on lie before the footer. */
static bool fits(uint64_t at, uint64_t count, uint64_t each, uint64_t body)
{
	return at <= body && count <= (body - at) / each;
}

static bool check_footer(const struct layout_footer *footer, uint64_t body)
{
	return footer->top <= LAYOUT_TOP_MOST && fits(footer->index_at, footer->top, 4, body) &&
		fits(footer->phones_at, footer->top, LAYOUT_PHONE, body) &&
		fits(footer->directory_at, footer->directory_rows, LAYOUT_ROW, body);
}

static bool sum_holds(const uint8_t *bytes, size_t body, uint64_t expected)
{
	struct layout_sum sum;

	layout_sum_init(&sum);
	layout_sum_add(&sum, bytes, body);
	return layout_sum_end(&sum) == expected;
}

static struct layout_row row_at(const struct people *people, size_t i)
{
	struct layout_row row;

	REQUIRE(layout_row_get(people->rows + i * LAYOUT_ROW, &row));
	return row;
}

/* One row: its key, its place, and the set itself. `before` is the row in front of it or NULL. */
static bool check_row(const struct people *people, const struct layout_row *row, const struct layout_row *before,
	uint64_t body)
{
	struct set_facts facts;

	if (row->axis >= PEOPLE_AXIS_COUNT || row->at % SET_ALIGN != 0 || !fits(row->at, row->size, 1, body))
		return false;
	if (before != NULL &&
		(row->axis < before->axis || (row->axis == before->axis && strcmp(before->key, row->key) >= 0)))
		return false;
	if (!set_frozen_check(people->bytes + row->at, row->size, &facts) || facts.count != row->count)
		return false;
	return facts.count == 0 || (facts.first >= 1 && facts.last <= people->top);
}

static bool check_rows(struct people *people, const struct layout_footer *footer, uint64_t body)
{
	struct layout_row row, before;

	for (size_t i = 0; i < footer->directory_rows; i++) {
		if (!layout_row_get(people->rows + i * LAYOUT_ROW, &row))
			return false;
		if (!check_row(people, &row, i > 0 ? &before : NULL, body))
			return false;
		for (size_t axis = row.axis + 1; axis <= PEOPLE_AXIS_COUNT; axis++)
			people->axis_from[axis] = i + 1;
		before = row;
	}
	return true;
}

static bool read_all(struct people *people, size_t size)
{
	const uint8_t *bytes = people->bytes;
	struct layout_footer footer;

	if (size < LAYOUT_MARK + LAYOUT_FOOTER || memcmp(bytes, layout_mark, LAYOUT_MARK) != 0)
		return false;
	size_t body = size - LAYOUT_FOOTER;
	if (!layout_footer_get(bytes + body, &footer) || !check_footer(&footer, body) ||
		!sum_holds(bytes, body, footer.body_sum))
		return false;
	people->facts = (struct people_facts){footer.generation, footer.lineage, footer.made_day,
		footer.good_until_day};
	people->top = (uint32_t)footer.top;
	people->index = bytes + footer.index_at;
	people->phones = bytes + footer.phones_at;
	people->rows = bytes + footer.directory_at;
	return check_rows(people, &footer, body);
}

enum result people_open(const void *bytes, size_t size, struct people **people, struct problems *problems)
{
	struct people *fresh = people_nobody();

	fresh->bytes = bytes;
	if (!read_all(fresh, size)) {
		people_free(&fresh);
		if (problems != NULL)
			problem_add(problems, PROBLEM_ERROR, NULL, NULL, N_("the roster snapshot is damaged"));
		return RESULT_CORRUPT;
	}
	*people = fresh;
	return RESULT_OK;
}

void people_free(struct people **people)
{
	free(*people);
	*people = NULL;
}

struct people *people_nobody(void)
{
	return mem_zalloc(sizeof(struct people));
}

uint32_t people_top(const struct people *people)
{
	return people->top;
}

const struct people_facts *people_facts(const struct people *people)
{
	return &people->facts;
}

phone_t people_phone(const struct people *people, uint32_t id)
{
	if (id == 0 || id > people->top)
		return 0;
	return layout_phone_get(people->phones + (size_t)(id - 1) * LAYOUT_PHONE);
}

uint32_t people_phones(const struct people *people, const uint32_t *ids, uint32_t count, phone_t *phones)
{
	const uint64_t mask = ((uint64_t)1 << 8 * LAYOUT_PHONE) - 1;
	const uint8_t *column = people->phones;
	uint32_t top = people->top, unknown = 0;
	uint64_t word;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t id = ids[i];
		if (id == 0 || id > top) {
			phones[i] = 0;
			unknown++;
			continue;
		}
		/* Eight bytes at once: behind the last number there is still the footer. */
		memcpy(&word, column + (size_t)(id - 1) * LAYOUT_PHONE, sizeof(word));
		phones[i] = (phone_t)(le64toh(word) & mask);
		unknown += phones[i] == 0;
	}
	return unknown;
}

/* The id at a place of the index; 0 when the index lies. */
static uint32_t id_at(const struct people *people, uint32_t place)
{
	uint32_t id = bytes_get32(people->index + (size_t)place * 4);

	return id <= people->top ? id : 0;
}

/* Between low and high, where `phone` would stand if numbers were spread evenly. */
static uint32_t guess(uint32_t low, uint32_t high, phone_t from, phone_t to, phone_t phone)
{
	if (to <= from || phone <= from)
		return low;
	if (phone >= to)
		return high;
	/* In floating point, because damaged columns may hold anything; the result is only a guess. */
	double share = (double)(phone - from) / (double)(to - from);
	uint32_t place = low + (uint32_t)(share * (double)(high - low));
	return place > high ? high : place;
}

bool people_find(const struct people *people, phone_t phone, uint32_t *id)
{
	if (people->top == 0 || phone == 0)
		return false;
	uint32_t low = 0, high = people->top - 1;
	/* Guesses and halvings take turns: few steps on even numbers, never many on others. */
	for (bool halve = false;; halve = !halve) {
		phone_t from = people_phone(people, id_at(people, low));
		phone_t to = people_phone(people, id_at(people, high));
		if (phone < from || phone > to)
			return false;
		uint32_t place = halve ? low + (high - low) / 2 : guess(low, high, from, to, phone);
		phone_t there = people_phone(people, id_at(people, place));
		if (there == phone) {
			*id = id_at(people, place);
			return true;
		}
		if (there < phone && place < high)
			low = place + 1;
		else if (there > phone && place > low)
			high = place - 1;
		else
			return false;
	}
}

static phone_t phone_at(const struct people *people, uint32_t place)
{
	return people_phone(people, id_at(people, place));
}

bool people_find_next(const struct people *people, phone_t phone, uint32_t *place, uint32_t *id)
{
	uint32_t low = *place, step = 1;

	/* In strides that double, as the next is mostly near; then by halves within the last stride. */
	while (low < people->top && step < people->top - low && phone_at(people, low + step) < phone) {
		low += step;
		step *= 2;
	}
	uint32_t high = low < people->top && step < people->top - low ? low + step : people->top;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (phone_at(people, middle) < phone)
			low = middle + 1;
		else
			high = middle;
	}
	*place = low;
	if (low == people->top || phone == 0 || phone_at(people, low) != phone)
		return false;
	*id = id_at(people, low);
	return true;
}

size_t people_groups(const struct people *people, enum people_axis axis)
{
	return people->axis_from[axis + 1] - people->axis_from[axis];
}

struct people_group people_group(const struct people *people, enum people_axis axis, size_t index)
{
	REQUIRE(index < people_groups(people, axis));
	struct layout_row row = row_at(people, people->axis_from[axis] + index);
	/* A year's set holds all earlier years too; damaged ones may not, and a count must not wrap round. */
	uint32_t earlier = axis == PEOPLE_YEAR && index > 0 ? row_at(people, people->axis_from[axis] + index - 1).count
							    : 0;
	return (struct people_group){row.key, row.count > earlier ? row.count - earlier : 0};
}

/* The first row of the axis whose key is not before `key`, or the axis's end. */
static size_t first_from(const struct people *people, enum people_axis axis, const char *key)
{
	size_t low = people->axis_from[axis], high = people->axis_from[axis + 1];

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(row_at(people, middle).key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct set *view(const struct people *people, size_t i)
{
	struct layout_row row = row_at(people, i);

	/* people_open has checked it. */
	return set_view(people->bytes + row.at, row.size);
}

const struct set *people_under(const struct people *people, enum people_axis axis, const char *key)
{
	size_t i = first_from(people, axis, key);

	REQUIRE(axis != PEOPLE_YEAR);
	return i < people->axis_from[axis + 1] && strcmp(row_at(people, i).key, key) == 0 ? view(people, i) : set_new();
}

/* The row of a year holds who was born until its end; who was born before a year stands in the row in front of its own. */
const struct set *people_born(const struct people *people, const char *first, const char *last)
{
	size_t begin = people->axis_from[PEOPLE_YEAR], end = people->axis_from[PEOPLE_YEAR + 1];
	size_t from = first_from(people, PEOPLE_YEAR, first), to = first_from(people, PEOPLE_YEAR, last);

	if (to < end && strcmp(row_at(people, to).key, last) == 0)
		to++;
	if (to <= from)
		return set_new();
	const struct set *until = view(people, to - 1);
	if (from == begin)
		return until;
	const struct set *before = view(people, from - 1), *born = set_subtract(until, before);
	set_release(&until);
	set_release(&before);
	return born;
}

/* Rows [from, to) have keys that begin with `prefix`. */
static void rows_beginning(const struct people *people, enum people_axis axis, const char *prefix, size_t *from,
	size_t *to)
{
	size_t size = strlen(prefix);

	*from = *to = first_from(people, axis, prefix);
	while (*to < people->axis_from[axis + 1] && strncmp(row_at(people, *to).key, prefix, size) == 0)
		++*to;
}

/* The union of rows [from, to). */
static const struct set *unite_rows(const struct people *people, size_t from, size_t to)
{
	const struct set **sets = mem_calloc(to - from + 1, sizeof(*sets));

	for (size_t i = from; i < to; i++)
		sets[i - from] = view(people, i);
	const struct set *all = set_union_many(sets, to - from);
	for (size_t i = from; i < to; i++)
		set_release(&sets[i - from]);
	free(sets);
	return all;
}

const struct set *people_beginning(const struct people *people, const char *prefix)
{
	size_t i = first_from(people, PEOPLE_WITHIN, prefix), from, to;

	if (i < people->axis_from[PEOPLE_WITHIN + 1] && strcmp(row_at(people, i).key, prefix) == 0)
		return view(people, i);
	rows_beginning(people, PEOPLE_AREA, prefix, &from, &to);
	return to == from + 1 ? view(people, from) : unite_rows(people, from, to);
}
