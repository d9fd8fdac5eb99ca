/*
 * Notepad's form: every way in which it may be saved, and how people write it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "document/document.h"

/* One line per field, "line key=value", to compare with. */
static char *read_flat(const void *bytes, size_t size)
{
	struct problems problems;
	struct node *root = NULL;
	struct buf buf;

	problems_init(&problems);
	buf_init(&buf, 1 << 20);
	if (document_read_txt(bytes, size, "a.txt", &root, &problems) != RESULT_OK)
		problems_text(&problems, LANG_EN, &buf);
	for (const struct node *node = root != NULL ? root->first : NULL; node != NULL; node = node->next)
		buf_printf(&buf, "%u %s=%s\n", node->line, node->key, node->text);
	document_free(&root);
	problems_fini(&problems);
	return buf_take(&buf);
}

static void expect(const void *bytes, size_t size, const char *wanted)
{
	char *flat = read_flat(bytes, size);

	assert_string_equal(flat, wanted);
	free(flat);
}

static const struct writing {
	const char *text, *wanted;
} writings[] = {
	{"类型：刷单返利\n对象: 学生、家长\n", "1 类型=刷单返利\n2 对象=学生、家长\n"},
	{"类型：a\r\n提醒：b\r\n提醒：c\r\n", "1 类型=a\n2 提醒=b\n3 提醒=c\n"},
	{"类型：a\r提醒：b\r", "1 类型=a\n2 提醒=b\n"},
	{"\n# 备注\n// 备注：\n类型：a", "4 类型=a\n"},
	{"　　类型：a\n　　案情：b\n", "1 类型=a\n2 案情=b\n"},
	{"类 型　：　a　\n紧急 程度 : b \n", "1 类型=a\n2 紧急程度=b\n"},
	{"案情：近日\n　　有人冒充警察。\n  再接一行\n类型：a\n", "1 案情=近日有人冒充警察。再接一行\n4 类型=a\n"},
	{"案情：call\n  back\n", "1 案情=call back\n"},
	{"案情：近日\n  今天18:00，有人说：转账\n", "1 案情=近日今天18:00，有人说：转账\n"},
	{"案情：近日有人\n\n  打电话\n", "1 案情=近日有人打电话\n"},
	{"损失：\n类型：a\n", "1 损失=\n2 类型=a\n"},
	{"截止：2036-12-31 18:00\n", "1 截止=2036-12-31 18:00\n"},
	{"ＩＤ：x1\nFraud  Type: y\n", "1 ID=x1\n2 Fraud Type=y\n"},
	{"类型﹕a\n类型∶b\n", "1 类型=a\n2 类型=b\n"},
	{"", ""},
};

static void test_reads_lines_as_people_write_them(void **state)
{
	for (size_t i = 0; i < sizeof(writings) / sizeof(writings[0]); i++)
		expect(writings[i].text, strlen(writings[i].text), writings[i].wanted);
}

/* `text` in another charset behind `mark`. */
static size_t encode(const char *charset, const char *mark, size_t mark_size, const char *text, char *out, size_t room)
{
	iconv_t handle = iconv_open(charset, "UTF-8");
	char *from = (char *)text, *to = out + mark_size;
	size_t left = strlen(text);

	assert_true(handle != (iconv_t)-1);
	memcpy(out, mark, mark_size);
	room -= mark_size;
	assert_int_equal(iconv(handle, &from, &left, &to, &room), 0);
	iconv_close(handle);
	return (size_t)(to - out);
}

static void test_reads_every_encoding_that_notepad_saves(void **state)
{
	static const char text[] = "类型：刷单返利\r\n区域：玉山镇\r\n";
	static const char wanted[] = "1 类型=刷单返利\n2 区域=玉山镇\n";
	static const struct {
		const char *charset, *mark;
		size_t mark_size;
	} ways[] = {
		{"UTF-8", "", 0},
		{"UTF-8", "\xef\xbb\xbf", 3},
		{"GBK", "", 0},
		{"GB18030", "", 0},
		{"GB18030", "\x84\x31\x95\x33", 4},
		{"UTF-16LE", "\xff\xfe", 2},
		{"UTF-16BE", "\xfe\xff", 2},
	};
	char bytes[256];

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		size_t size = encode(ways[i].charset, ways[i].mark, ways[i].mark_size, text, bytes, sizeof(bytes));
		expect(bytes, size, wanted);
	}
}

static void test_reads_a_rare_character_of_gb18030(void **state)
{
	static const char text[] = "区域：𠮷家㙍镇\n";
	char bytes[256];

	expect(bytes, encode("GB18030", "", 0, text, bytes, sizeof(bytes)), "1 区域=𠮷家㙍镇\n");
}

static void test_reads_a_large_file_of_gbk(void **state)
{
	struct buf text;
	char *bytes = mem_zalloc(DOCUMENT_SIZE_MOST);

	buf_init(&text, 1 << 20);
	for (int i = 0; i < 10; i++) {
		buf_add_text(&text, i == 0 ? "案情：" : "\n案情：");
		for (int j = 0; j < 10000; j++)
			buf_add_text(&text, "字");
	}
	size_t size = encode("GBK", "", 0, buf_text(&text), bytes, DOCUMENT_SIZE_MOST);
	struct problems problems;
	struct node *root = NULL;
	problems_init(&problems);
	assert_int_equal(document_read_txt(bytes, size, NULL, &root, &problems), RESULT_OK);
	assert_int_equal(root->count, 10);
	assert_int_equal(strlen(root->last->text), 30000);
	document_free(&root);
	problems_fini(&problems);
	buf_fini(&text);
	free(bytes);
}

/* In one line, or line by line: then it is said once, of the line where it begins. */
static void test_refuses_a_very_long_text(void **state)
{
	for (int way = 0; way < 3; way++) {
		struct problems problems;
		struct node *root = NULL;
		struct buf text;
		problems_init(&problems);
		buf_init(&text, DOCUMENT_SIZE_MOST);
		buf_add_text(&text, "类型：a\n案情：");
		for (int i = 0; i < DOCUMENT_STRING_MOST - 500; i++)
			buf_add_byte(&text, 'x');
		for (int i = 0; i < 490 * way; i++)
			buf_add_text(&text, i % 250 == 249 ? "x\n  " : "x");
		enum result result = document_read_txt(text.data, text.size, "a.txt", &root, &problems);
		assert_int_equal(result, way == 2 ? RESULT_INVALID : RESULT_OK);
		assert_int_equal(problems.count, way == 2);
		if (way == 2) {
			assert_string_equal(problems.list[0].reason[LANG_EN], "a text is longer than 64 KiB");
			assert_int_equal(problems.list[0].line, 2);
		}
		document_free(&root);
		problems_fini(&problems);
		buf_fini(&text);
	}
}

static const struct refusal {
	const char *bytes;
	size_t size;
	unsigned int line;
	const char *reason;
} refusals[] = {
	{"类型：a\n没有冒号的一行\n", 0, 2, "has no colon"},
	{"  没有冒号\n", 0, 1, "has no colon"},
	{"类型：a\n：b\n", 0, 2, "no name in front"},
	{"a: b\nc: \xff\xff\n", 0, 2, "neither UTF-8 nor GBK"},
	{"a: b\nc\0: d", 10, 2, "zero byte"},
	{"\xff\xfe"
	 "a\0:\0\0\0",
		8, 1, "zero byte"},
	{"\xff\xfe"
	 "a\0:",
		5, 1, "breaks off"},
	{"\xef\xbb\xbf"
	 "a: \xc4\xe3",
		0, 1, "neither"},
};

static void test_refuses_with_line_reason_and_remedy(void **state)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *refusal = &refusals[i];
		size_t size = refusal->size > 0 ? refusal->size : strlen(refusal->bytes);
		struct problems problems;
		struct node *root = NULL;
		problems_init(&problems);
		assert_int_equal(document_read_txt(refusal->bytes, size, "a.txt", &root, &problems), RESULT_INVALID);
		assert_null(root);
		const struct problem *problem = &problems.list[0];
		if (strstr(problem->reason[LANG_EN], refusal->reason) == NULL || problem->line != refusal->line)
			fail_msg("%zu: wanted line %u: %s\ngot line %u: %s", i, refusal->line, refusal->reason,
				problem->line, problem->reason[LANG_EN]);
		assert_string_not_equal(problem->reason[LANG_ZH], problem->reason[LANG_EN]);
		assert_non_null(problem->remedy[LANG_ZH]);
		problems_fini(&problems);
	}
}

/* A copy that stopped, and a byte that a bad disk or a careless program changed: the place is where it happened. */
static void test_says_where_a_text_is_cut_off_or_damaged(void **state)
{
	static const char text[] = "类型：冒充公检法\n对象：老年人\n案情：近日有人冒充警察，要求转账。\n";
	static const char *const charsets[] = {"UTF-8", "GB18030", "UTF-16LE"};
	static const char *const marks[] = {"", "", "\xff\xfe"};

	for (int way = 0; way < 4; way++) {
		bool damaged = way == 3;
		const char *mark = marks[damaged ? 0 : way];
		char bytes[512];
		size_t size = encode(charsets[damaged ? 0 : way], mark, strlen(mark), text, bytes, sizeof(bytes));
		struct problems problems;
		struct node *root = NULL;
		problems_init(&problems);
		if (damaged)
			memcpy(strstr(bytes, "老"), "\xff", 1);
		/* The line end, the full stop, and a byte of the character before it. */
		size -= damaged ? 0 : way == 0 ? 5 : way == 1 ? 4 : 5;
		assert_int_equal(document_read_txt(bytes, size, "a.txt", &root, &problems), RESULT_INVALID);
		assert_int_equal(problems.count, 1);
		assert_int_equal(problems.list[0].line, damaged ? 2 : 3);
		assert_string_equal(problems.list[0].reason[LANG_EN],
			damaged ? "the bytes are neither UTF-8 nor GBK text"
				: "the text breaks off in the middle of a character");
		problems_fini(&problems);
	}
}

static void test_bounds_lines_and_size(void **state)
{
	struct problems problems;
	struct node *root = NULL;
	struct buf buf;

	problems_init(&problems);
	buf_init(&buf, 1 << 20);
	for (int i = 0; i <= DOCUMENT_LINES_MOST; i++)
		buf_add_text(&buf, "a:b\n");
	assert_int_equal(document_read_txt(buf.data, buf.size, NULL, &root, &problems), RESULT_INVALID);
	assert_int_equal(problems.count, 1);
	while (buf.size <= DOCUMENT_SIZE_MOST)
		buf_add_byte(&buf, ' ');
	assert_int_equal(document_read_txt(buf.data, buf.size, NULL, &root, &problems), RESULT_TOO_BIG);
	buf_fini(&buf);
	problems_fini(&problems);
}

static void test_gives_repeated_names_in_order_with_lines(void **state)
{
	static const char text[] = "提醒：一\n类型：x\n提醒：二\n";
	struct problems problems;
	struct node *root = NULL;

	problems_init(&problems);
	assert_int_equal(document_read_txt(text, strlen(text), "a.txt", &root, &problems), RESULT_OK);
	const struct node *first = node_find(root, "提醒"), *second = node_again(first);
	assert_string_equal(first->text, "一");
	assert_string_equal(second->text, "二");
	assert_int_equal(second->line, 3);
	assert_null(node_again(second));
	document_free(&root);
	problems_fini(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_lines_as_people_write_them),
		cmocka_unit_test(test_reads_every_encoding_that_notepad_saves),
		cmocka_unit_test(test_reads_a_rare_character_of_gb18030),
		cmocka_unit_test(test_reads_a_large_file_of_gbk),
		cmocka_unit_test(test_refuses_a_very_long_text),
		cmocka_unit_test(test_refuses_with_line_reason_and_remedy),
		cmocka_unit_test(test_says_where_a_text_is_cut_off_or_damaged),
		cmocka_unit_test(test_bounds_lines_and_size),
		cmocka_unit_test(test_gives_repeated_names_in_order_with_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
