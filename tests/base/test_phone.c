/* Phone numbers: what counts as one, and what may be shown of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/phone.h"

static void numbers_are_read_as_people_write_them(void **state)
{
	static const struct {
		const char *text;
		phone_t phone; /* 0: refused */
	} cases[] = {
		{"13800000001", 13800000001},
		{"+86 150 0000 0004", 15000000004},
		{"0086-13900000003", 13900000003},
		{"8613300000007", 13300000007},
		{"１３８００００００１２", 13800000012},
		{" 177 0000 0006 ", 17700000006},
		{"17400000000", 17400000000},
		{"19400000000", 0},
		{"15400000000", 0},
		{"1380000000", 0},
		{"138000000011", 0},
		{"12800000000", 0},
		{"1.38E+10", 0},
		{"86+13800000001", 0},
		{"", 0},
		{"abc", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		phone_t phone = 0;
		bool read = phone_parse(cases[i].text, strlen(cases[i].text), &phone);
		if (read != (cases[i].phone != 0) || (read && phone != cases[i].phone))
			fail_msg("\"%s\" was read wrongly", cases[i].text);
	}
}

static void what_is_shown_hides_the_middle(void **state)
{
	static const char *const cases[][2] = {
		{"13800000001", "138****0001"},
		{"call 138 1234 5678 now", "call 138 **** 5678 now"},
		{"138-1234-5678", "138-****-5678"},
		{"１３８１２３４５６７８", "１３８****５６７８"},
		{"110 and 96110", "110 and 96110"},
		{"320583199001011234", "320***********1234"},
		{"no number", "no number"},
		{"", ""},
	};
	char out[128];

	(void)state;
	assert_string_equal(phone_mask(13812345678, out), "138****5678");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		phone_mask_text(cases[i][0], strlen(cases[i][0]), out, sizeof(out));
		assert_string_equal(out, cases[i][1]);
	}
	phone_mask_text("13812345678", 11, out, 8);
	assert_true(strlen(out) < 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_as_people_write_them),
		cmocka_unit_test(what_is_shown_hides_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
