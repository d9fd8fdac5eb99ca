/*
 * Phone numbers: what counts as one, and what may be shown of it. Cases are a JSON list of {text, phone}, phone null where
 * the text is no mainland mobile number; other case files may be given as arguments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/phone.h"

static const char *const *files;

static void check_row(json_t *row)
{
	const char *text = json_string_value(json_object_get(row, "text"));
	const char *expected = json_string_value(json_object_get(row, "phone"));
	char found[12] = "";
	phone_t phone;

	if (phone_parse(text, strlen(text), &phone))
		phone_text(phone, found);
	if (strcmp(found, expected != NULL ? expected : "") != 0)
		fail_msg("\"%s\" was read as \"%s\"", text, found);
}

static void numbers_are_read_as_people_write_them(void **state)
{
	(void)state;
	for (size_t f = 0; files[f] != NULL; f++) {
		json_error_t error;
		json_t *rows = json_load_file(files[f], 0, &error), *row;
		size_t i;
		if (rows == NULL)
			fail_msg("%s: %s", files[f], error.text);
		json_array_foreach(rows, i, row) check_row(row);
		assert_true(i > 0);
		json_decref(rows);
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

static void a_mobile_number_within_a_name_is_masked_and_an_id_is_not(void **state)
{
	static const char *const cases[][2] = {
		{"list 13800000001 from 13800000001.csv", "list 138****0001 from 138****0001.csv"},
		{"8613800000001", "86138****0001"},
		{"320583-20261121-001", "320583-20261121-001"},
		{"20261121T083005Z-7-alert.txt", "20261121T083005Z-7-alert.txt"},
		{"1763715600000", "1763715600000"},
		{"138000000012", "138000000012"},
		{"12345678901", "12345678901"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		snprintf(text, sizeof(text), "%s", cases[i][0]);
		phone_mask_within(text);
		assert_string_equal(text, cases[i][1]);
	}
}

int main(int argc, char **argv)
{
	static char shipped[4096];
	static const char *const defaults[] = {shipped, NULL};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_as_people_write_them),
		cmocka_unit_test(what_is_shown_hides_the_middle),
		cmocka_unit_test(a_mobile_number_within_a_name_is_masked_and_an_id_is_not),
	};

	snprintf(shipped, sizeof(shipped), "%s/tests/cases/base/phones.json",
		getenv("CRIER_SOURCE") != NULL ? getenv("CRIER_SOURCE") : ".");
	files = argc > 1 ? (const char *const *)(argv + 1) : defaults;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
