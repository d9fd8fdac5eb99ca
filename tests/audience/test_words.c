/* Area codes and role names from tables: tests/cases/audience/README.md has their shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "flow/area.h"
#include "audience/role.h"

static int given_count;
static char **given;

static bool check_area(const json_t *row)
{
	const char *area = json_string_value(json_object_get(row, "area"));
	const char *code = json_string_value(json_object_get(row, "code"));
	const char *prefix = json_string_value(json_object_get(row, "prefix"));
	char out[AREA_ROOM];

	if (json_object_get(row, "covers") != NULL)
		return area_covers(area, code) == json_is_true(json_object_get(row, "covers"));
	if (json_object_get(row, "touches") != NULL)
		return area_touches(area, code) == json_is_true(json_object_get(row, "touches")) &&
			area_touches(code, area) == area_touches(area, code);
	bool is_code = area_prefix(code, strlen(code), out);
	return prefix == NULL ? !is_code : is_code && strcmp(out, prefix) == 0;
}

static bool check_role(const json_t *row)
{
	const char *written = json_string_value(json_object_get(row, "written"));
	const char *role = json_string_value(json_object_get(row, "role"));
	char out[ROLE_ROOM];
	bool is_role = role_name(written, strlen(written), out);

	return role == NULL ? !is_role : is_role && strcmp(out, role) == 0;
}

static void check_file(const char *path)
{
	json_error_t error;
	json_t *rows = json_load_file(path, JSON_ALLOW_NUL, &error), *row;
	size_t i;

	if (rows == NULL)
		fail_msg("%s: %s", path, error.text);
	json_array_foreach(rows, i, row)
	{
		bool good = json_object_get(row, "written") != NULL ? check_role(row) : check_area(row);
		if (!good)
			fail_msg("%s: case %zu", path, i + 1);
	}
	assert_true(i > 0);
	json_decref(rows);
}

static void words_mean_what_the_tables_say(void **state)
{
	static const char *const names[] = {"areas", "roles"};
	const char *source = getenv("CRIER_SOURCE");
	char path[1024];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/tests/cases/audience/%s.json", source == NULL ? "." : source,
			names[i]);
		check_file(path);
	}
	for (int i = 0; i < given_count; i++)
		check_file(given[i]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(words_mean_what_the_tables_say)};

	given_count = argc - 1;
	given = argv + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
