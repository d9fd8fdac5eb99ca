/* Sets against plain arrays of booleans, and bytes that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audience/check.h"
#include "audience/set.h"
#include "base/mem.h"

enum { TOP = 300000 };

static struct set *random_set(unsigned int *seed, bool *in)
{
	struct set *set = set_new();
	int kind = rand_r(seed) % 4;
	uint32_t every = kind == 0 ? 2 : kind == 1 ? 1000 : 37;

	memset(in, 0, TOP + 1);
	if (kind == 3) {
		uint32_t from = (uint32_t)rand_r(seed) % TOP, to = from + (uint32_t)rand_r(seed) % (TOP - from);
		set_free(&set);
		set = set_range(from, to);
		memset(in + from, 1, to - from + 1);
	}
	for (uint32_t i = 0; i < TOP / every; i++) {
		uint32_t id = (uint32_t)rand_r(seed) % (TOP + 1);
		set_add(set, id);
		in[id] = true;
	}
	if (rand_r(seed) % 2 == 0)
		set_shrink(set);
	return set;
}

static void check_same(const struct set *set, const bool *in)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i <= TOP; i++) {
		uint32_t position, id;
		if (set_contains(set, i) != in[i])
			fail_msg("id %u", i);
		if (!in[i])
			continue;
		if (i % 101 == 0) {
			assert_true(set_rank(set, i, &position));
			assert_int_equal(position, count);
			assert_true(set_select(set, count, &id));
			assert_int_equal(id, i);
		}
		count++;
	}
	assert_int_equal(set_count(set), count);
	assert_int_equal(set_empty(set), count == 0);
}

static void algebra_is_that_of_plain_arrays(void **state)
{
	static bool a_in[TOP + 1], b_in[TOP + 1], both[TOP + 1], either[TOP + 1], rest[TOP + 1];
	unsigned int seed = 11;

	for (int turn = 0; turn < 24; turn++) {
		struct set *a = random_set(&seed, a_in), *b = random_set(&seed, b_in);
		for (uint32_t i = 0; i <= TOP; i++) {
			both[i] = a_in[i] && b_in[i];
			either[i] = a_in[i] || b_in[i];
			rest[i] = a_in[i] && !b_in[i];
		}
		struct set *x = set_intersect(a, b), *y = set_union(a, b), *z = set_subtract(a, b);
		check_same(x, both);
		check_same(y, either);
		check_same(z, rest);
		assert_int_equal(set_count_common(a, b), set_count(x));
		struct set *c = set_copy(a);
		const struct set *pair[] = {a, b};
		struct set *many = set_union_many(pair, 2), *taken = set_take(c, b);
		assert_true(set_equal(many, y));
		assert_true(set_equal(taken, x));
		assert_true(set_equal(c, z));
		set_unite(c, b);
		assert_true(set_equal(c, y));
		set_keep(c, a);
		assert_true(set_equal(c, a));
		set_drop(c, b);
		assert_true(set_equal(c, z));
		struct set **all[] = {&a, &b, &c, &x, &y, &z, &many, &taken};
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			set_free(all[i]);
	}
}

static void a_cursor_reads_what_select_says(void **state)
{
	static bool in[TOP + 1];
	uint32_t ids[700], id;
	unsigned int seed = 5;

	for (int turn = 0; turn < 24; turn++) {
		struct set *set = random_set(&seed, in);
		struct set_cursor *cursor = set_cursor_new(set);
		uint32_t count = set_count(set), at = 0, got;
		while ((got = set_cursor_read(cursor, ids, 1 + (uint32_t)rand_r(&seed) % 700)) > 0) {
			for (uint32_t i = 0; i < got; i += 13) {
				assert_true(set_select(set, at + i, &id));
				assert_int_equal(ids[i], id);
			}
			at += got;
		}
		assert_int_equal(at, count);
		for (int seek = 0; seek < 50; seek++) {
			uint32_t position = (uint32_t)rand_r(&seed) % (count + 2);
			set_cursor_seek(cursor, position);
			got = set_cursor_read(cursor, ids, 3);
			assert_int_equal(got, position >= count ? 0 : count - position < 3 ? count - position : 3);
			for (uint32_t i = 0; i < got; i++) {
				assert_true(set_select(set, position + i, &id));
				assert_int_equal(ids[i], id);
			}
		}
		set_cursor_free(&cursor);
		set_free(&set);
	}
}

static void bytes_come_back_as_they_went(void **state)
{
	static bool in[TOP + 1];
	unsigned int seed = 3;

	for (int turn = 0; turn < 40; turn++) {
		struct set *set = turn == 0 ? set_new() : random_set(&seed, in), *again = NULL;
		struct set_facts facts;
		struct buf bytes;
		if (turn == 1)
			set_add(set, UINT32_MAX);
		buf_init(&bytes, 1 << 20);
		assert_true(set_dump(set, &bytes));
		assert_int_equal(bytes.size, set_bytes(set));
		assert_true(set_check(bytes.data, bytes.size, &facts));
		assert_int_equal(facts.count, set_count(set));
		if (facts.count > 0) {
			uint32_t first, last;
			assert_true(set_select(set, 0, &first));
			assert_true(set_select(set, facts.count - 1, &last));
			assert_int_equal(facts.first, first);
			assert_int_equal(facts.last, last);
		}
		assert_int_equal(set_load(bytes.data, bytes.size, &again), RESULT_OK);
		assert_true(set_equal(set, again));
		assert_int_equal(set_load(bytes.data, bytes.size - 1, &again), RESULT_CORRUPT);
		buf_add_byte(&bytes, 0);
		assert_int_equal(set_load(bytes.data, bytes.size, &again), RESULT_CORRUPT);
		buf_fini(&bytes);
		set_free(&set);
		set_free(&again);
	}
}

/* The set as frozen bytes in an exact allocation, so that the sanitizer sees a look behind it. */
static void *freeze(const struct set *set, size_t *size)
{
	void *bytes = NULL;

	*size = set_frozen_bytes(set);
	assert_int_equal(posix_memalign(&bytes, SET_ALIGN, *size), 0);
	set_freeze(set, bytes);
	return bytes;
}

static void a_view_is_the_set_that_was_frozen(void **state)
{
	static bool in[TOP + 1];
	unsigned int seed = 6;

	for (int turn = 0; turn < 24; turn++) {
		struct set *set = turn == 0 ? set_new() : random_set(&seed, in);
		struct set_facts facts;
		size_t size;
		if (turn % 3 == 0)
			set_shrink(set);
		void *bytes = freeze(set, &size);
		assert_true(set_frozen_check(bytes, size, &facts));
		assert_int_equal(facts.count, set_count(set));
		assert_false(set_frozen_check(bytes, size - 1, NULL));
		const struct set *view = set_view(bytes, size);
		struct set *copy = set_copy(view), *rest = set_subtract(set, view);
		assert_true(set_equal(view, set));
		assert_true(set_equal(copy, set));
		assert_true(set_empty(rest));
		if (turn > 0) {
			set_select(set, 0, &facts.count);
			assert_int_equal(facts.first, facts.count);
			set_select(set, set_count(set) - 1, &facts.count);
			assert_int_equal(facts.last, facts.count);
		}
		/* what is done to the copy does not reach the view */
		set_drop(copy, set);
		assert_true(set_equal(view, set));
		set_release(&view);
		assert_null(view);
		set_free(&copy);
		set_free(&rest);
		set_free(&set);
		free(bytes);
	}
}

/* Small frozen sets by hand: payloads, keys, counts, kinds, the closing word. */
static void each_frozen_lie_is_seen(void **state)
{
#define CLOSE(containers) (13766U | (uint32_t)(containers) << 15)
	static const struct {
		const char *what;
		bool true_one;
		size_t size;
		const char *bytes;
		uint32_t closing;
	} lies[] = {
		{"array", true, 11,
			"\x01\0\x02\0\x05\0"
			"\0\0"
			"\x02\0"
			"\x02",
			CLOSE(1)},
		{"array not ascending", false, 11,
			"\x01\0\x05\0\x02\0"
			"\0\0"
			"\x02\0"
			"\x02",
			CLOSE(1)},
		{"array with a value twice", false, 11,
			"\x01\0\x02\0\x02\0"
			"\0\0"
			"\x02\0"
			"\x02",
			CLOSE(1)},
		{"array longer than its count", false, 11,
			"\x01\0\x02\0\x05\0"
			"\0\0"
			"\x01\0"
			"\x02",
			CLOSE(1)},
		{"array shorter than its count", false, 11,
			"\x01\0\x02\0\x05\0"
			"\0\0"
			"\x03\0"
			"\x02",
			CLOSE(1)},
		{"kind", false, 11,
			"\x01\0\x02\0\x05\0"
			"\0\0"
			"\x02\0"
			"\x04",
			CLOSE(1)},
		{"bitset that is not there", false, 11,
			"\x01\0\x02\0\x05\0"
			"\0\0"
			"\x02\0"
			"\x01",
			CLOSE(1)},
		{"runs", true, 13,
			"\x01\0\x01\0\x07\0\x02\0"
			"\0\0"
			"\x02\0"
			"\x03",
			CLOSE(1)},
		{"runs that overlap", false, 13,
			"\x01\0\x01\0\x02\0\x02\0"
			"\0\0"
			"\x02\0"
			"\x03",
			CLOSE(1)},
		{"runs not ascending", false, 13,
			"\x07\0\x01\0\x01\0\x02\0"
			"\0\0"
			"\x02\0"
			"\x03",
			CLOSE(1)},
		{"run over the end", false, 13,
			"\x01\0\x01\0\xfe\xff\x02\0"
			"\0\0"
			"\x02\0"
			"\x03",
			CLOSE(1)},
		{"no run", false, 5,
			"\0\0"
			"\0\0"
			"\x03",
			CLOSE(1)},
		{"keys", true, 14,
			"\x05\0\x05\0"
			"\0\0\x01\0"
			"\0\0\0\0"
			"\x02\x02",
			CLOSE(2)},
		{"keys not ascending", false, 14,
			"\x05\0\x05\0"
			"\x01\0\0\0"
			"\0\0\0\0"
			"\x02\x02",
			CLOSE(2)},
		{"a key twice", false, 14,
			"\x05\0\x05\0"
			"\x01\0\x01\0"
			"\0\0\0\0"
			"\x02\x02",
			CLOSE(2)},
		{"containers without end", false, 11,
			"\x01\0\x02\0\x05\0"
			"\0\0"
			"\x02\0"
			"\x02",
			CLOSE(0x1ffff)},
		{"cookie", false, 11,
			"\x01\0\x02\0\x05\0"
			"\0\0"
			"\x02\0"
			"\x02",
			CLOSE(1) + 1},
		{"nothing", true, 0, "", CLOSE(0)},
		{"nothing with something in front", false, 1, "\0", CLOSE(0)},
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		char *exact = malloc(lies[i].size + 4);
		memcpy(exact, lies[i].bytes, lies[i].size);
		memcpy(exact + lies[i].size, &lies[i].closing, 4);
		print_message("    %s\n", lies[i].what);
		assert_int_equal(set_frozen_check(exact, lies[i].size + 4, NULL), lies[i].true_one);
		free(exact);
	}
	assert_false(set_frozen_check("", 0, NULL));
}

/* A bitset must hold as many as it says, and more than an array could. */
static void a_frozen_bitset_is_counted(void **state)
{
	struct set *set = set_new();
	size_t size;

	for (uint32_t i = 0; i < 5000; i++)
		set_add(set, i * 7);
	unsigned char *bytes = freeze(set, &size);
	assert_true(set_frozen_check(bytes, size, NULL));
	bytes[100] ^= 1;
	assert_false(set_frozen_check(bytes, size, NULL));
	bytes[100] ^= 1;
	memset(bytes + 2000, 0, 6192);
	uint16_t count = 0;
	for (int i = 0; i < 2000; i++)
		count = (uint16_t)(count + __builtin_popcount(bytes[i]));
	count--;
	memcpy(bytes + 8194, &count, 2);
	assert_false(set_frozen_check(bytes, size, NULL));
	free(bytes);
	set_free(&set);
}

/* Whatever passes the check must be safe to use where it lies. */
static void lying_frozen_bytes_never_do_harm(void **state)
{
	static bool in[TOP + 1];
	unsigned int seed = 78, taken = 0, refused = 0;

	for (int turn = 0; turn < 150; turn++) {
		struct set *set = random_set(&seed, in);
		size_t size;
		if (turn % 3 == 0)
			set_shrink(set);
		unsigned char *bytes = freeze(set, &size);
		size_t tail = size < 64 ? size : 64;
		for (int hit = 0; hit < 2; hit++)
			bytes[size - 1 - (size_t)rand_r(&seed) % (turn % 2 == 0 ? tail : size)] = (unsigned char)rand_r(
				&seed);
		if (set_frozen_check(bytes, size, NULL)) {
			const struct set *view = set_view(bytes, size);
			struct set *both = set_intersect(set, view), *all = set_union(set, view);
			assert_int_equal(set_count(both), set_count_common(set, view));
			set_shrink(all);
			set_drop(all, view);
			set_unite(both, view);
			set_free(&both);
			set_free(&all);
			set_release(&view);
			taken++;
		} else {
			refused++;
		}
		free(bytes);
		set_free(&set);
	}
	assert_true(refused > 30);
	assert_true(taken > 0);
}

struct lie {
	const char *what;
	bool true_one;
	size_t size;
	const char *bytes;
};

/* Small sets by hand: cookie, counts, keys with counts, offsets, values. */
static void each_lie_is_seen(void **state)
{
#define ARRAY(keys, values) "\x3a\x30\0\0\x01\0\0\0" keys "\x10\0\0\0" values
#define RUNS(keys, values)  "\x3b\x30\0\0\x01" keys values
	static const struct lie lies[] = {
		{"array", true, 22, ARRAY("\0\0\x02\0", "\x01\0\x02\0\x05\0")},
		{"array not ascending", false, 22, ARRAY("\0\0\x02\0", "\x01\0\x05\0\x02\0")},
		{"array with a value twice", false, 22, ARRAY("\0\0\x02\0", "\x01\0\x02\0\x02\0")},
		{"array shorter than its count", false, 22, ARRAY("\0\0\x03\0", "\x01\0\x02\0\x05\0")},
		{"array longer than its count", false, 22, ARRAY("\0\0\x01\0", "\x01\0\x02\0\x05\0")},
		{"bitset that is not there", false, 22, ARRAY("\0\0\xff\xff", "\x01\0\x02\0\x05\0")},
		{"offset", false, 22, "\x3a\x30\0\0\x01\0\0\0\0\0\x02\0\x11\0\0\0\x01\0\x02\0\x05\0"},
		{"runs", true, 19, RUNS("\0\0\x04\0", "\x02\0\x01\0\x01\0\x07\0\x02\0")},
		{"runs that overlap", false, 19, RUNS("\0\0\x04\0", "\x02\0\x01\0\x01\0\x02\0\x02\0")},
		{"runs not ascending", false, 19, RUNS("\0\0\x04\0", "\x02\0\x07\0\x01\0\x01\0\x02\0")},
		{"run over the end", false, 19, RUNS("\0\0\x04\0", "\x02\0\x01\0\x01\0\xfe\xff\x02\0")},
		{"runs that are more than their count", false, 19,
			RUNS("\0\0\x03\0", "\x02\0\x01\0\x01\0\x07\0\x02\0")},
		{"no run", false, 11, RUNS("\0\0\0\0", "\0\0")},
		{"keys not ascending", false, 28,
			"\x3a\x30\0\0\x02\0\0\0\x01\0\0\0\0\0\0\0\x18\0\0\0\x1a\0\0\0\x05\0\x05\0"},
		{"keys ascending", true, 28,
			"\x3a\x30\0\0\x02\0\0\0\0\0\0\0\x01\0\0\0\x18\0\0\0\x1a\0\0\0\x05\0\x05\0"},
		{"a key twice", false, 28,
			"\x3a\x30\0\0\x02\0\0\0\x01\0\0\0\x01\0\0\0\x18\0\0\0\x1a\0\0\0\x05\0\x06\0"},
		{"containers without end", false, 8, "\x3a\x30\0\0\xff\xff\xff\xff"},
		{"cookie", false, 8, "\x3a\x31\0\0\0\0\0\0"},
		{"nothing", true, 8, "\x3a\x30\0\0\0\0\0\0"},
		{"no bytes", false, 0, ""},
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		/* An exact allocation, so that the sanitizer sees a look behind it. */
		char *exact = malloc(lies[i].size + 1);
		memcpy(exact, lies[i].bytes, lies[i].size);
		exact = realloc(exact, lies[i].size > 0 ? lies[i].size : 1);
		print_message("    %s\n", lies[i].what);
		assert_int_equal(set_check(exact, lies[i].size, NULL), lies[i].true_one);
		free(exact);
	}
}

/* Whatever passes the check must be safe to use; the sanitizers watch. */
static void lying_bytes_never_do_harm(void **state)
{
	static bool in[TOP + 1];
	unsigned int seed = 77;
	unsigned int taken = 0, refused = 0;

	for (int turn = 0; turn < 400; turn++) {
		struct set *set = random_set(&seed, in), *again = NULL;
		struct buf bytes;
		buf_init(&bytes, 1 << 20);
		set_dump(set, &bytes);
		size_t head = bytes.size < 64 ? bytes.size : 64;
		for (int hit = 0; hit < 3; hit++) {
			size_t at = (size_t)rand_r(&seed) % (turn % 2 == 0 ? head : bytes.size);
			bytes.data[at] = (char)rand_r(&seed);
		}
		char *exact = malloc(bytes.size);
		memcpy(exact, bytes.data, bytes.size);
		if (set_load(exact, bytes.size, &again) == RESULT_OK) {
			set_unite(again, set);
			set_drop(again, set);
			set_shrink(again);
			taken++;
		} else {
			refused++;
		}
		free(exact);
		buf_fini(&bytes);
		set_free(&set);
		set_free(&again);
	}
	assert_true(refused > 100);
	assert_true(taken > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(algebra_is_that_of_plain_arrays),
		cmocka_unit_test(a_cursor_reads_what_select_says),
		cmocka_unit_test(bytes_come_back_as_they_went),
		cmocka_unit_test(each_lie_is_seen),
		cmocka_unit_test(lying_bytes_never_do_harm),
		cmocka_unit_test(a_view_is_the_set_that_was_frozen),
		cmocka_unit_test(each_frozen_lie_is_seen),
		cmocka_unit_test(a_frozen_bitset_is_counted),
		cmocka_unit_test(lying_frozen_bytes_never_do_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
