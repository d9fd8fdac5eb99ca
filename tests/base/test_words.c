/* The small pieces that every room leans on: buffers, UTF-8, nearest names, maps, heaps, problems. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/heap.h"
#include "base/map.h"
#include "base/nearest.h"
#include "base/problem.h"
#include "base/utf8.h"

static void a_buffer_stops_at_its_maximum_and_says_so(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 10);
	assert_true(buf_add_text(&buf, "12345"));
	assert_true(buf_printf(&buf, "%d", 67890));
	assert_string_equal(buf_text(&buf), "1234567890");
	assert_false(buf_add_byte(&buf, 'x'));
	assert_true(buf.full);
	assert_false(buf_add_text(&buf, ""));
	buf_clear(&buf);
	assert_true(buf_add_text(&buf, "abc"));
	buf_drop(&buf, 2);
	assert_string_equal(buf_text(&buf), "c");
	buf_fini(&buf);
}

static void utf8_is_taken_strictly(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		bool valid;
		size_t bad;
	} cases[] = {
		{"abc", 3, true, 0},
		{"\xe4\xb8\xad", 3, true, 0},
		{"\xf0\x9f\x98\x80", 4, true, 0},
		{"a\0b", 3, false, 1},
		{"\xc0\x80", 2, false, 0},
		{"x\xe0\x80\x80", 4, false, 1},
		{"\xed\xa0\x80", 3, false, 0},
		{"\xf4\x90\x80\x80", 4, false, 0},
		{"ab\xe4\xb8", 4, false, 2},
		{"\x80", 1, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t bad = 99;
		assert_int_equal(utf8_valid(cases[i].text, cases[i].size, &bad), cases[i].valid);
		if (!cases[i].valid)
			assert_int_equal(bad, cases[i].bad);
	}
	assert_int_equal(utf8_units("a\xe4\xb8\xad\xf0\x9f\x98\x80"), 4);
	assert_int_equal(utf8_length("a\xe4\xb8\xad\xf0\x9f\x98\x80"), 3);
	assert_int_equal(utf8_cut("\xe4\xb8\xad\xe4\xb8\xad", 4), 3);
	char *narrow = utf8_narrow("Ａ：１　x中");
	assert_string_equal(narrow, "A:1 x中");
	free(narrow);
}

static void the_nearest_name_is_near(void **state)
{
	static const char *const names[] = {"order-brushing", "fake-boss", "学生", "老年人", NULL};

	(void)state;
	assert_string_equal(nearest_name("order_brushin", names), "order-brushing");
	assert_string_equal(nearest_name("FAKE-BOS", names), "fake-boss");
	assert_string_equal(nearest_name("老人", names), "老年人");
	assert_null(nearest_name("zzzz", names));
}

static void a_map_keeps_what_was_put(void **state)
{
	struct map map;
	char name[32];
	uint64_t value;

	(void)state;
	map_init(&map);
	assert_false(map_get(&map, "x", &value));
	for (uint64_t i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "id-%llu", (unsigned long long)i);
		map_put(&map, name, i);
	}
	for (uint64_t i = 0; i < 5000; i += 2) {
		snprintf(name, sizeof(name), "id-%llu", (unsigned long long)i);
		map_remove(&map, name);
	}
	map_put(&map, "id-1", 77);
	for (uint64_t i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "id-%llu", (unsigned long long)i);
		assert_int_equal(map_get(&map, name, &value), i % 2 == 1);
		if (i % 2 == 1)
			assert_int_equal(value, i == 1 ? 77 : i);
	}
	map_fini(&map);
}

static void a_heap_gives_the_smallest_first(void **state)
{
	struct heap heap;
	static struct heap_node nodes[500];
	uint64_t last = 0, random = 1;
	size_t seen = 0;

	(void)state;
	heap_init(&heap);
	memset(nodes, 0, sizeof(nodes));
	for (size_t i = 0; i < 500; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		heap_put(&heap, &nodes[i], random >> 40);
	}
	for (size_t i = 0; i < 500; i += 3)
		heap_remove(&heap, &nodes[i]);
	for (size_t i = 1; i < 500; i += 3) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		heap_put(&heap, &nodes[i], random >> 40);
	}
	for (struct heap_node *node; (node = heap_first(&heap)) != NULL; seen++) {
		assert_true(node->key >= last);
		last = node->key;
		heap_remove(&heap, node);
		assert_int_equal(node->place, 0);
	}
	assert_int_equal(seen, 500 - 167);
	heap_fini(&heap);
}

static void problems_speak_both_languages_and_stay_bounded(void **state)
{
	struct problems problems, more;
	struct place at = {.file = "a.cfg", .line = 3};
	struct buf out;

	(void)state;
	problems_init(&problems);
	problems_init(&more);
	struct problem *p = problem_add(&problems, PROBLEM_ERROR, &at, "rule", N_("this is not a recurrence rule"));
	problem_remedy(p, N_("check day, month and UNTIL"));
	for (int i = 0; i < PROBLEM_MOST + 7; i++)
		problem_add(&more, PROBLEM_WARNING, NULL, NULL, "w%d", i);
	problems_move(&problems, &more);
	assert_int_equal(problems.errors, 1);
	assert_int_equal(problems.count, PROBLEM_MOST);
	assert_int_equal(problems.dropped, 8);
	buf_init(&out, 4096);
	problem_text(&problems.list[0], LANG_EN, &out);
	assert_string_equal(buf_text(&out),
		"a.cfg line 3 rule: this is not a recurrence rule; check day, month and UNTIL");
	buf_clear(&out);
	problem_text(&problems.list[0], LANG_ZH, &out);
	assert_string_equal(buf_text(&out), "a.cfg 第 3 行 rule：这不是重复规则；请核对日、月和 UNTIL");
	buf_fini(&out);
	problems_fini(&problems);
	problems_fini(&more);
}

static void digests_are_those_of_the_standards(void **state)
{
	char out[65];

	(void)state;
	assert_string_equal(digest_sha256("abc", 3, out),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(digest_md5("abc", 3, out), "900150983cd24fb0d6963f7d28e17f72");
}

/* Those that an officer's or operator's own doing brings about; strerror() would put English into the Chinese half. */
static void a_cause_is_told_in_both_languages(void **state)
{
	static const int errors[] = {ENOENT, EACCES, EPERM, EEXIST, EISDIR, ENOTDIR, ENAMETOOLONG, ELOOP, ENOSPC,
		EDQUOT, EROFS, EIO, EMFILE, EADDRINUSE};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct problems problems;
		problems_init(&problems);
		struct problem *problem = problem_add(&problems, PROBLEM_ERROR, NULL, NULL, "%s", "/x");
		assert_ptr_equal(problem_cause(problem, errors[i]), problem);
		for (const char *at = problem->reason[LANG_ZH] + strlen("/x"); *at != '\0'; at++)
			assert_true((unsigned char)*at >= 0x80);
		assert_memory_equal(problem->reason[LANG_EN], "/x: ", 4);
		problems_fini(&problems);
	}
	assert_null(problem_cause(NULL, ENOENT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_stops_at_its_maximum_and_says_so),
		cmocka_unit_test(utf8_is_taken_strictly),
		cmocka_unit_test(the_nearest_name_is_near),
		cmocka_unit_test(a_map_keeps_what_was_put),
		cmocka_unit_test(a_heap_gives_the_smallest_first),
		cmocka_unit_test(problems_speak_both_languages_and_stay_bounded),
		cmocka_unit_test(digests_are_those_of_the_standards),
		cmocka_unit_test(a_cause_is_told_in_both_languages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
