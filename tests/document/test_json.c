/*
 * The JSON reader: what it gives, and what it refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "document/document.h"

static void test_gives_kinds_values_and_paths(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf{\"schema\": \"fraud-alert/1\", \"数\": 12, \"half\": 0.5, \"yes\": true,\n"
		" \"audiences\": [\"a\", \"“b”，\"], \"text\": {\"sms\": \"x\"}}";
	struct problems problems;
	struct node *root = NULL;
	char path[NODE_PATH];

	problems_init(&problems);
	assert_int_equal(document_read_json(text, strlen(text), "a.json", &root, &problems), RESULT_OK);
	assert_int_equal(root->count, 6);
	assert_string_equal(root->first->key, "schema");
	assert_string_equal(node_find(root, "schema")->text, "fraud-alert/1");
	assert_int_equal(node_find(root, "数")->integer, 12);
	assert_true(node_find(root, "half")->real == 0.5);
	assert_true(node_find(root, "yes")->flag);
	const struct node *second = node_find(root, "audiences")->last;
	assert_string_equal(second->text, "“b”，");
	assert_string_equal(node_path(second, path), "audiences[1]");
	assert_string_equal(node_path(node_find(node_find(root, "text"), "sms"), path), "text.sms");
	assert_int_equal(node_place(second).line, 0);
	assert_string_equal(node_place(second).file, "a.json");
	document_free(&root);
	problems_fini(&problems);
}

static const struct refusal {
	const char *text;
	unsigned int line;
	const char *field;
	const char *reason;
} refusals[] = {
	{"{\"a\": 1,\n\"a\": 2}", 2, NULL, "set twice"},
	{"{\"a\": 1,\n}", 2, NULL, "not valid JSON"},
	{"{\"a\": 1", 1, NULL, "ends in the middle"},
	{"{}\n{}", 2, NULL, "behind the end"},
	{"{\"a\":\n 99999999999999999999}", 2, NULL, "too large"},
	{"{\"a\": \"\\u0000\"}", 1, NULL, "zero byte"},
	{"[1]", 1, NULL, "no JSON object"},
	{"\"x\"", 1, NULL, "no JSON object"},
	{"", 1, NULL, "ends in the middle"},
	{"{\"a\": [1, null]}", 0, "a[1]", "null"},
	{"{\n\"a\": “x”}", 2, NULL, "character “"},
	{"{\"a\"： 1，\n \"b\": 2}", 1, NULL, "character ："},
	{"// no\n{}", 1, NULL, "not valid JSON"},
	{"{\"a\": \"\xc4\xe3\"}", 1, NULL, "not saved as UTF-8"},
};

static void test_refuses_with_place_reason_and_remedy(void **state)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *refusal = &refusals[i];
		struct problems problems;
		struct node *root = NULL;
		problems_init(&problems);
		assert_int_equal(document_read_json(refusal->text, strlen(refusal->text), "a.json", &root, &problems),
			RESULT_INVALID);
		assert_null(root);
		const struct problem *problem = &problems.list[0];
		if (strstr(problem->reason[LANG_EN], refusal->reason) == NULL || problem->line != refusal->line)
			fail_msg("%s\nwanted line %u: %s\ngot line %u: %s", refusal->text, refusal->line,
				refusal->reason, problem->line, problem->reason[LANG_EN]);
		assert_string_not_equal(problem->reason[LANG_ZH], problem->reason[LANG_EN]);
		assert_non_null(problem->remedy[LANG_ZH]);
		if (refusal->field != NULL)
			assert_string_equal(problem->field, refusal->field);
		problems_fini(&problems);
	}
}

static void test_bounds_depth_and_size(void **state)
{
	struct problems problems;
	struct node *root = NULL;
	struct buf buf;

	for (int over = 0; over <= 1; over++) {
		problems_init(&problems);
		buf_init(&buf, 1000);
		buf_add_text(&buf, "{\"a\":");
		for (int i = 0; i < DOCUMENT_DEPTH_MOST - 1 + over; i++)
			buf_add_text(&buf, "[");
		for (int i = 0; i < DOCUMENT_DEPTH_MOST - 1 + over; i++)
			buf_add_text(&buf, "]");
		buf_add_text(&buf, "}");
		assert_int_equal(document_read_json(buf.data, buf.size, NULL, &root, &problems),
			over ? RESULT_INVALID : RESULT_OK);
		document_free(&root);
		buf_fini(&buf);
		problems_fini(&problems);
	}
	problems_init(&problems);
	buf_init(&buf, 1 << 20);
	while (buf.size <= DOCUMENT_SIZE_MOST)
		buf_add_byte(&buf, ' ');
	assert_int_equal(document_read_json(buf.data, buf.size, NULL, &root, &problems), RESULT_TOO_BIG);
	buf_fini(&buf);
	problems_fini(&problems);
}

static void test_a_phone_number_in_an_error_is_masked(void **state)
{
	static const char text[] = "{\"a\": 13800000001 x}";
	struct problems problems;
	struct node *root = NULL;
	struct buf buf;

	problems_init(&problems);
	buf_init(&buf, 1000);
	assert_int_equal(document_read_json(text, strlen(text), NULL, &root, &problems), RESULT_INVALID);
	problems_text(&problems, LANG_EN, &buf);
	assert_null(strstr(buf_text(&buf), "13800000001"));
	buf_fini(&buf);
	problems_fini(&problems);
}

/* As large as may come, and wrong in every line: looking for each line from the beginning would take minutes. */
static void test_names_the_lines_of_very_many_problems_soon(void **state)
{
	struct buf buf;

	buf_init(&buf, DOCUMENT_SIZE_MOST);
	buf_add_text(&buf, "{\"\n\":");
	while (buf_add_text(&buf, "，\n"))
		;
	for (int i = 0; i < 16; i++) {
		struct problems problems;
		struct node *root = NULL;
		problems_init(&problems);
		assert_int_equal(document_read_json(buf.data, buf.size, NULL, &root, &problems), RESULT_INVALID);
		assert_int_equal(problems.count, PROBLEM_MOST);
		assert_int_equal(problems.errors, (buf.size - strlen("{\"\n\":")) / strlen("，\n"));
		assert_int_equal(problems.list[0].line, 2);
		assert_int_equal(problems.list[PROBLEM_MOST - 1].line, PROBLEM_MOST + 1);
		problems_fini(&problems);
	}
	buf_fini(&buf);
}

static void test_names_the_places_of_very_many_values_soon(void **state)
{
	struct problems problems;
	struct node *root = NULL;
	struct buf buf;

	problems_init(&problems);
	buf_init(&buf, DOCUMENT_SIZE_MOST);
	buf_add_text(&buf, "{\"");
	while (buf.size < DOCUMENT_SIZE_MOST / 2)
		buf_add_byte(&buf, 'a');
	buf_add_text(&buf, "\":[1");
	while (buf.size + sizeof(",null]}") <= DOCUMENT_SIZE_MOST)
		buf_add_text(&buf, ",null");
	buf_add_text(&buf, "]}");
	for (int i = 0; i < 16; i++) {
		problems_fini(&problems);
		assert_int_equal(document_read_json(buf.data, buf.size, NULL, &root, &problems), RESULT_INVALID);
	}
	assert_int_equal(problems.count, PROBLEM_MOST);
	assert_int_equal(strlen(problems.list[0].field), NODE_PATH - 1);
	buf_fini(&buf);
	problems_fini(&problems);
}

static void test_refuses_a_very_long_text(void **state)
{
	struct problems problems;
	struct node *root = NULL;
	struct buf buf;

	for (int over = 0; over <= 1; over++) {
		problems_init(&problems);
		buf_init(&buf, DOCUMENT_SIZE_MOST);
		buf_add_text(&buf, "{\"a\":\"");
		for (int i = 0; i < DOCUMENT_STRING_MOST + over; i++)
			buf_add_byte(&buf, 'x');
		buf_add_text(&buf, "\"}");
		assert_int_equal(document_read_json(buf.data, buf.size, NULL, &root, &problems),
			over ? RESULT_INVALID : RESULT_OK);
		assert_int_equal(problems.count, over);
		if (over) {
			assert_string_equal(problems.list[0].field, "a");
			assert_string_equal(problems.list[0].reason[LANG_EN], "a text is longer than 64 KiB");
		}
		document_free(&root);
		buf_fini(&buf);
		problems_fini(&problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gives_kinds_values_and_paths),
		cmocka_unit_test(test_refuses_with_place_reason_and_remedy),
		cmocka_unit_test(test_bounds_depth_and_size),
		cmocka_unit_test(test_a_phone_number_in_an_error_is_masked),
		cmocka_unit_test(test_names_the_lines_of_very_many_problems_soon),
		cmocka_unit_test(test_names_the_places_of_very_many_values_soon),
		cmocka_unit_test(test_refuses_a_very_long_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
