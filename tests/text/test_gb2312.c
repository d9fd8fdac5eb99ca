/* What a sign's font has, and its bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "text/gb2312.h"
#include "text/sign.h"

static void bytes_are_those_of_the_standard(void **state)
{
	const struct {
		const char *text;
		const char *bytes;
	} cases[] = {
		{"", ""},
		{"96110 ok", "96110 ok"},
		{"·—￥", "\xa1\xa4\xa1\xaa\xa3\xa4"},
		{"攻功", "\xb9\xa5\xb9\xa6"},
		{"啊座齄", "\xb0\xa1\xd7\xf9\xf7\xfe"},
		{"“”‘’…～、。《》「」",
			"\xa1\xb0\xa1\xb1\xa1\xae\xa1\xaf\xa1\xad\xa1\xab\xa1\xa2\xa1\xa3\xa1\xb6\xa1\xb7\xa1\xb8\xa1\xb9"},
		{"①Ⅻぁァя＼［", "\xa2\xd9\xa2\xfc\xa4\xa1\xa5\xa1\xa7\xf1\xa3\xdc\xa3\xdb"},
	};
	struct buf out;

	buf_init(&out, 256);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&out);
		assert_true(gb2312_has(cases[i].text, GB_2312, NULL, NULL));
		assert_int_equal(gb2312_encode(cases[i].text, GB_2312, &out), RESULT_OK);
		assert_string_equal(buf_text(&out), cases[i].bytes);
		assert_int_equal(gb2312_size(cases[i].text), out.size);
	}
	buf_fini(&out);
}

static void the_first_character_outside_is_named(void **state)
{
	const struct {
		const char *text;
		uint32_t code;
		size_t offset;
		bool gbk;
	} cases[] = {
		{"朱镕基", 0x9555, 3, true},
		{"喆囧", 0x5586, 0, true},
		{"a乗", 0x4e57, 1, true},
		{"說", 0x8aaa, 0, true},
		{"第ⅰ条", 0x2170, 3, true},
		{"好😀", 0x1f600, 3, false},
		{"ā∶é", 0, 0, true}, /* in row 8 and row 1: inside */
		{"¥", 0xa5, 0, false},
		{"€", 0x20ac, 0, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t code = 0;
		size_t offset = 0;
		bool inside = gb2312_has(cases[i].text, GB_2312, &code, &offset);
		assert_int_equal(inside, cases[i].code == 0);
		assert_int_equal(code, cases[i].code);
		assert_int_equal(offset, cases[i].offset);
		assert_int_equal(gb2312_has(cases[i].text, GB_GBK, NULL, NULL), cases[i].gbk);
	}
}

static void the_set_has_as_many_characters_as_the_standard(void **state)
{
	unsigned int count = 0;
	char text[5] = "";

	/* Only where GBK has pairs at all: Latin to the end of the basic plane. */
	for (uint32_t code = 0x80; code < 0x10000; code++) {
		if (code >= 0xd800 && code <= 0xf8ff)
			continue;
		text[utf8_put(code, text)] = '\0';
		count += gb2312_has(text, GB_2312, NULL, NULL);
	}
	assert_int_equal(count, 7445);
}

static void a_full_buffer_is_told(void **state)
{
	struct buf out;

	buf_init(&out, 3);
	assert_int_equal(gb2312_encode("骗子", GB_2312, &out), RESULT_TOO_BIG);
	buf_fini(&out);
	buf_init(&out, 4);
	assert_int_equal(gb2312_encode("骗子", GB_2312, &out), RESULT_OK);
	assert_int_equal(gb2312_encode("囧", GB_2312, &out), RESULT_INVALID);
	buf_fini(&out);
}

static void a_sign_gets_one_line_that_it_can_show(void **state)
{
	const struct {
		const char *from, *to;
	} cases[] = {
		{"警察不会要钱,请挂断!", "警察不会要钱，请挂断！"},
		{"损失12.8万元,请拨打96110", "损失12.8万元，请拨打96110"},
		{"8:30-9:00 ok, fine", "8:30-9:00 ok, fine"},
		{"他说:“转账”", "他说：“转账”"},
		{"第一行\r\n第二行\n", "第一行 第二行"},
		{"a\\C1b[n1]", "a＼C1b［n1］"},
		{"¥100–200 • a\u00a0b", "￥100—200 · a b"},
		{"点\u200b赞\ufeff", "点赞"},
		{"  多  个 空格  ", "多 个 空格"},
		{"(点赞)", "（点赞）"},
		{"说\"好\"了", "说“好”了"},
	};
	struct buf out;

	buf_init(&out, 256);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&out);
		assert_true(sign_normalise(cases[i].from, &out));
		assert_string_equal(buf_text(&out), cases[i].to);
		assert_true(gb2312_has(buf_text(&out), GB_2312, NULL, NULL));
	}
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_those_of_the_standard),
		cmocka_unit_test(the_first_character_outside_is_named),
		cmocka_unit_test(the_set_has_as_many_characters_as_the_standard),
		cmocka_unit_test(a_full_buffer_is_told),
		cmocka_unit_test(a_sign_gets_one_line_that_it_can_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
