/* How many columns of a terminal a text takes: tables are padded by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/table.h"

static void a_text_is_as_wide_as_a_terminal_shows_it(void **state)
{
	static const struct {
		const char *text;
		size_t width;
	} cases[] = {
		{"", 0},
		{"abc", 3},
		{"冒充公检法", 10},
		{"（１）：、", 10},
		{"昆山 a", 6},
		{"𠮷", 2},
		{"📢紧急", 6},
		{"❗转账", 6},
		{"⚠️转账", 5},
		{"e\u0301", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(table_width(cases[i].text), cases[i].width);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_as_wide_as_a_terminal_shows_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
