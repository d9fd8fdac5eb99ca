/*
 * The guarded libconfig reader: what it gives, and what it refuses with which line and which words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "document/document.h"

static struct node *read_good(const char *text)
{
	struct problems problems;
	struct node *root = NULL;
	struct buf buf;

	problems_init(&problems);
	enum result result = document_read_cfg(text, strlen(text), "a.cfg", &root, &problems);
	if (result != RESULT_OK) {
		buf_init(&buf, 10000);
		problems_text(&problems, LANG_EN, &buf);
		print_error("%s\n", buf_text(&buf));
		buf_fini(&buf);
	}
	assert_int_equal(result, RESULT_OK);
	assert_int_equal(problems.count, 0);
	assert_non_null(root);
	problems_fini(&problems);
	return root;
}

static void test_gives_kinds_values_lines_and_paths(void **state)
{
	struct node *root = read_good("// remark\n"
				      "name = \"玉山\" \"镇\";\n"
				      "count = 3\n"
				      "big = 3000000000L; hex = 0x10; half = 0.5; yes = TRUE;\n"
				      "channels: (\n"
				      "  { name = \"a\"; },\n"
				      "  { rate = \"18/min\"; areas = [ \"1\", \"2\" ]; }\n"
				      ");\n");
	char path[NODE_PATH];

	const struct node *name = node_find(root, "name");
	assert_int_equal(name->kind, NODE_STRING);
	assert_string_equal(name->text, "玉山镇");
	assert_int_equal(name->line, 2);
	assert_string_equal(node_place(name).file, "a.cfg");
	assert_int_equal(node_find(root, "count")->integer, 3);
	assert_int_equal(node_find(root, "count")->line, 3);
	assert_true(node_find(root, "big")->integer == 3000000000);
	assert_int_equal(node_find(root, "hex")->integer, 16);
	assert_true(node_find(root, "half")->real == 0.5);
	assert_int_equal(node_find(root, "yes")->kind, NODE_BOOL);
	assert_true(node_find(root, "yes")->flag);
	const struct node *channels = node_find(root, "channels");
	assert_int_equal(channels->kind, NODE_LIST);
	assert_int_equal(channels->count, 2);
	const struct node *second = channels->first->next;
	const struct node *rate = node_find(second, "rate");
	assert_string_equal(node_path(rate, path), "channels[1].rate");
	assert_int_equal(rate->line, 7);
	assert_string_equal(node_path(node_find(second, "areas")->last, path), "channels[1].areas[1]");
	assert_string_equal(node_path(root, path), "");
	assert_null(node_find(root, "nothing"));
	assert_null(node_find(name, "nothing"));
	document_free(&root);
	assert_null(root);
}

static void test_a_long_path_is_cut_and_stays_text(void **state)
{
	struct node *root = node_new(NODE_GROUP, NULL, NULL, 0), *at = root;
	char path[NODE_PATH];

	for (int i = 0; i < 20; i++) {
		struct node *child = node_new(NODE_GROUP, "很长的中文名字一二三", NULL, 0);
		node_add(at, child);
		at = child;
	}
	assert_true(strlen(node_path(at, path)) > NODE_PATH - 5);
	assert_memory_equal(path, "很长的中文名字一二三.很", 31);
	document_free(&root);
}

static void test_drops_the_byte_order_mark(void **state)
{
	struct node *root = read_good("\xef\xbb\xbf"
				      "a = 1;\r\nb = 2;\r\n");

	assert_int_equal(node_find(root, "b")->line, 2);
	document_free(&root);
}

static void test_empty_is_an_empty_group(void **state)
{
	struct node *root = read_good("  # nothing\n");

	assert_int_equal(root->kind, NODE_GROUP);
	assert_int_equal(root->count, 0);
	document_free(&root);
}

static void test_chinese_in_texts_and_remarks_is_no_trouble(void **state)
{
	struct node *root = read_good(
		"/* 说明：“这里”； */ a = \"写“引号”；，：＝\"; # 备注：\n// 行；\nb = [ ];\nc = ();\nd = {};");

	assert_string_equal(node_find(root, "a")->text, "写“引号”；，：＝");
	assert_int_equal(node_find(root, "c")->kind, NODE_LIST);
	assert_int_equal(node_find(root, "d")->kind, NODE_GROUP);
	document_free(&root);
}

struct refusal {
	const char *text;
	unsigned int line;
	const char *reason; /* part of the English */
	const char *remedy;
};

static const struct refusal refusals[] = {
	/* Chinese punctuation where syntax is expected. */
	{"name = “玉山”;\n", 1, "character “", "type \""},
	{"a = 1;\nname = \"玉山\"；\n", 2, "character ；", "type ;"},
	{"a = [ \"1\"， \"2\" ];", 1, "character ，", "type ,"},
	{"a = [ \"1\"、 \"2\" ];", 1, "character 、", "type ,"},
	{"a ＝ 1;", 1, "character ＝", "type ="},
	{"a：1;", 1, "character ：", "type :"},
	{"a = （ 1 ）;", 1, "character （", "type ("},
	{"a = ｛ b = 1; };", 1, "character ｛", "type {"},
	{"a = 【 \"b\" 】;", 1, "character 【", "type ["},
	{"a =　1;", 1, "blank outside", "ordinary blank"},
	{"ａ = 1;", 1, "character ａ", "type a"},
	{"a = １;", 1, "character １", "type 1"},
	/* A closing quote that is no quote shows lines later. */
	{"name = \"玉山”;\nsender = \"x\";\n", 1, "no closing quotation mark",
		"the text that begins in line 1 runs on to line 2"},
	{"a = \"x;\nb = \"y\" = \"z\";\n", 2, "no = behind y", "begins in line 1"},
	{"name = \"玉山”;\n\n", 1, "no closing quotation mark", "English keyboard"},
	{"a = {\n name = \"x;\n b = \"y\";\n};", 2, "no closing quotation mark", "begins in line 2"},
	/* Structure. */
	{"a = yes;", 1, "yes stands without", "true and false"},
	{"a = 玉山;", 1, "玉 stands without", "two \" signs"},
	{"a = 'x';", 1, "single quotation", "type \""},
	{"a = ;", 1, "value is missing", "write the value"},
	{"a =", 1, "value is missing", "write the value"},
	{"a", 1, "no = behind a", "name = value"},
	{"a 1;", 1, "no = behind a", "name = value"},
	{"a == 1;", 1, "value is missing", "write the value"},
	{"a = [ 1, 2, ];", 1, "comma stands before ]", "delete the comma"},
	{"a = ( {}, );", 1, "comma stands before )", "delete the comma"},
	{"a = [ 1 2 ];", 1, "where a comma or ] is expected", "comma between"},
	{"a = [\n1,\n2;\n];", 3, "where a comma or ] is expected, in the list that begins in line 1", "comma between"},
	{"a = [ [ 1 ] ];", 1, "[ ] holds single values", "use ( )"},
	{"a = [ 1, \"x\" ];", 1, "not all of one kind", "quotation marks"},
	{"a = {\nb = 1;\n", 1, "the { opened here is never closed", "type }"},
	{"a = (\n{ b = 1; );\n", 2, "found ), but the { opened in line 2", "type }"},
	{"a = 1; };\n", 1, "} closes nothing", "delete"},
	{"a = 1;; b = 2;", 1, "found ; where the name", "name = value"},
	{"a = 1;\n备注 这里\n", 2, "found 备 where the name", "begins with //"},
	{"1 = 2;", 1, "found 1 where the name", "name = value"},
	{"a = \"x", 1, "no closing quotation mark", "type \""},
	{"a = 1;\n/* b = 2;\n", 2, "has no end", "type */"},
	{"a = 1;\nb = 2;\na = 3;\n", 3, "set twice, in line 1", "keep one"},
	{"g = { a = 1;\na = 2; };", 2, "set twice, in line 1", "keep one"},
	/* What libconfig reads wrongly in silence, or ought not to read. */
	{"a = 3000000000;", 1, "300***0000 is too large", "capital L"},
	{"a = 2147483648;", 1, "too large", "capital L"},
	{"a = -2147483649;", 1, "too large", "capital L"},
	{"a = 0xFFFFFFFF;", 1, "too large", "capital L"},
	{"a = 13800000001;", 1, "too large", "a phone number"},
	{"a = 99999999999999999999L;", 1, "too large", "quotation marks"},
	{"a = 1e999;", 1, "too large", "smaller"},
	{"a = \"x\\x00y\";", 1, "zero byte", "delete"},
	{"a = \"\\xff\";", 1, "do not give valid UTF-8", "type the characters"},
	{"a = 1;\n@include \"/etc/passwd\"\n", 2, "@include", "write the settings"},
	{"a = 1;\n \t@include \"/etc/passwd\"\n", 2, "@include", "write the settings"},
	{"a = 1;\n/*\n@include \"/etc/passwd\"\n*/\n", 3, "@include", "write the settings"},
	{"a = 1;\nb = \"\xc4\xe3\";\n", 2, "not saved as UTF-8", "Save As"},
	{"\xff\xfe"
	 "a\x01",
		1, "UTF-16", "Save As"},
};

static void check_refusal(const struct refusal *refusal, enum result expected, const char *text, size_t size)
{
	struct problems problems;
	struct node *root = NULL;
	struct buf buf;
	bool found = false;

	problems_init(&problems);
	enum result result = document_read_cfg(text, size, "a.cfg", &root, &problems);
	buf_init(&buf, 100000);
	problems_text(&problems, LANG_EN, &buf);
	for (size_t i = 0; i < problems.count; i++) {
		const struct problem *problem = &problems.list[i];
		found |= problem->line == refusal->line && strstr(problem->reason[LANG_EN], refusal->reason) != NULL &&
			problem->remedy[LANG_EN] != NULL && strstr(problem->remedy[LANG_EN], refusal->remedy) != NULL;
		/* Both languages, or the catalogue lacks one. */
		assert_string_not_equal(problem->reason[LANG_ZH], problem->reason[LANG_EN]);
		assert_string_not_equal(problem->remedy[LANG_ZH], problem->remedy[LANG_EN]);
	}
	if (!found || result != expected)
		fail_msg("%.60s\nwanted line %u: %s; %s\ngot %s: %s", refusal->text, refusal->line, refusal->reason,
			refusal->remedy, result_text(result), buf_text(&buf));
	assert_null(root);
	buf_fini(&buf);
	problems_fini(&problems);
}

static void test_refuses_with_line_reason_and_remedy(void **state)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		check_refusal(&refusals[i], RESULT_INVALID, refusals[i].text, strlen(refusals[i].text));
}

static void test_names_every_wrong_character_at_once(void **state)
{
	static const char text[] = "name ＝ “玉山”；\nareas = [ “1”， “2” ];\n";
	struct problems problems;
	struct node *root = NULL;

	problems_init(&problems);
	assert_int_equal(document_read_cfg(text, strlen(text), NULL, &root, &problems), RESULT_INVALID);
	assert_int_equal(problems.count, 6);
	assert_int_equal(problems.list[5].line, 2);
	problems_fini(&problems);
}

static void test_refuses_zero_bytes_and_too_much(void **state)
{
	static const struct refusal zero = {"zero byte", 2, "zero byte", "right file"};
	static const struct refusal large = {"large", 0, "too large", "right file"};
	static const struct refusal string = {"string", 1, "longer than 64 KiB", "shorten"};
	static const struct refusal keys = {"keys", 1, "more than 256 settings", "closing }"};
	static const struct refusal deep = {"deep", 1, "more than 32 deep", "closing brackets"};
	struct buf buf;

	check_refusal(&zero, RESULT_INVALID, "a = 1;\nb\0= 2;", 13);
	buf_init(&buf, 1 << 20);
	while (buf.size <= DOCUMENT_SIZE_MOST)
		buf_add_byte(&buf, ' ');
	check_refusal(&large, RESULT_TOO_BIG, buf.data, buf.size);
	buf_clear(&buf);
	buf_add_text(&buf, "a = \"");
	while (buf.size <= DOCUMENT_STRING_MOST + 5)
		buf_add_byte(&buf, 'x');
	buf_add_text(&buf, "\";");
	check_refusal(&string, RESULT_INVALID, buf.data, buf.size);
	buf_clear(&buf);
	for (int i = 0; i <= DOCUMENT_KEYS_MOST; i++)
		buf_printf(&buf, "a%d=1;", i);
	check_refusal(&keys, RESULT_INVALID, buf.data, buf.size);
	buf_clear(&buf);
	buf_add_text(&buf, "a=");
	for (int i = 0; i <= DOCUMENT_DEPTH_MOST; i++)
		buf_add_text(&buf, "(");
	check_refusal(&deep, RESULT_INVALID, buf.data, buf.size);
	buf_fini(&buf);
}

static void test_takes_what_is_just_small_enough(void **state)
{
	struct buf buf;

	buf_init(&buf, 1 << 20);
	for (int i = 0; i < DOCUMENT_KEYS_MOST - 1; i++)
		buf_printf(&buf, "a%d=1;", i);
	buf_add_text(&buf, "deep=");
	for (int i = 0; i < DOCUMENT_DEPTH_MOST; i++)
		buf_add_text(&buf, "(");
	for (int i = 0; i < DOCUMENT_DEPTH_MOST; i++)
		buf_add_text(&buf, ")");
	while (buf.size < DOCUMENT_SIZE_MOST)
		buf_add_byte(&buf, '\n');
	struct node *root = read_good(buf_text(&buf));
	assert_int_equal(root->count, DOCUMENT_KEYS_MOST);
	document_free(&root);
	buf_fini(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gives_kinds_values_lines_and_paths),
		cmocka_unit_test(test_a_long_path_is_cut_and_stays_text),
		cmocka_unit_test(test_drops_the_byte_order_mark),
		cmocka_unit_test(test_empty_is_an_empty_group),
		cmocka_unit_test(test_chinese_in_texts_and_remarks_is_no_trouble),
		cmocka_unit_test(test_refuses_with_line_reason_and_remedy),
		cmocka_unit_test(test_names_every_wrong_character_at_once),
		cmocka_unit_test(test_refuses_zero_bytes_and_too_much),
		cmocka_unit_test(test_takes_what_is_just_small_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
