/*
 * Recurrence rules. Cases are JSON lists of {name, rule, after, next: [local times, null for no more]} or {…, refused}; other
 * case files may be given as arguments. Times are local to Asia/Shanghai.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <jansson.h>

#include "calendar/rule.h"
#include "calendar/window.h"

static const char *const *files;

static int64_t wall(const char *text)
{
	struct tm tm = {.tm_isdst = -1};

	if (strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		fail_msg("bad time %s", text);
	return (int64_t)mktime(&tm) * 1000;
}

static void check_case(json_t *item)
{
	const char *name = json_string_value(json_object_get(item, "name"));
	int64_t at = wall(json_string_value(json_object_get(item, "after")));
	struct problems problems;
	struct rule *rule = NULL;

	problems_init(&problems);
	enum result result = rule_parse(json_string_value(json_object_get(item, "rule")), at, NULL, "rule", &rule,
		&problems);
	if (json_is_true(json_object_get(item, "refused"))) {
		if (result == RESULT_OK || problems.errors != 1 || problems.list[0].remedy[LANG_ZH] == NULL)
			fail_msg("%s: not refused with a remedy", name);
		problems_fini(&problems);
		return;
	}
	if (result != RESULT_OK)
		fail_msg("%s: refused: %s", name, problems.list[0].reason[LANG_EN]);
	size_t i;
	json_t *next;
	json_array_foreach(json_object_get(item, "next"), i, next)
	{
		int64_t when = 0;
		bool found = rule_next(rule, at, &when);
		if (json_is_null(next)) {
			if (found)
				fail_msg("%s: goes on after its end", name);
			break;
		}
		if (!found || when != wall(json_string_value(next)))
			fail_msg("%s: occurrence %zu is not %s", name, i, json_string_value(next));
		at = when;
	}
	rule_free(&rule);
	problems_fini(&problems);
}

static void rules_name_their_times(void **state)
{
	(void)state;
	for (size_t f = 0; files[f] != NULL; f++) {
		json_error_t error;
		json_t *cases = json_load_file(files[f], 0, &error);
		if (cases == NULL)
			fail_msg("%s: %s", files[f], error.text);
		size_t i;
		json_t *item;
		json_array_foreach(cases, i, item) check_case(item);
		assert_true(json_array_size(cases) > 0);
		json_decref(cases);
	}
}

static void windows_open_and_close(void **state)
{
	(void)state;
	static const struct {
		struct window_of_day window;
		const char *at;
		bool open;
		const char *edge; /* NULL: never */
	} cases[] = {
		{{480, 1200}, "2026-11-21T07:59:59", false, "2026-11-21T08:00:00"},
		{{480, 1200}, "2026-11-21T08:00:00", true, "2026-11-21T20:00:00"},
		{{480, 1200}, "2026-11-21T20:00:00", false, "2026-11-22T08:00:00"},
		{{1200, 480}, "2026-11-21T23:00:00", true, "2026-11-22T08:00:00"},
		{{1200, 480}, "2026-11-21T00:00:00", true, "2026-11-21T08:00:00"},
		{{1200, 480}, "2026-11-21T12:00:00", false, "2026-11-21T20:00:00"},
		{{480, 1440}, "2026-12-31T23:59:59", true, "2027-01-01T00:00:00"},
		{{0, 1440}, "2026-11-21T12:00:00", true, NULL},
		{{600, 600}, "2026-11-21T12:00:00", true, NULL},
		{{-1, -1}, "2026-11-21T12:00:00", false, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t at = wall(cases[i].at);
		if (window_of_day_open(cases[i].window, at) != cases[i].open)
			fail_msg("case %zu: open is wrong", i);
		if (window_of_day_edge(cases[i].window, at) != (cases[i].edge != NULL ? wall(cases[i].edge) : 0))
			fail_msg("case %zu: edge is wrong", i);
	}
}

int main(int argc, char **argv)
{
	static char shipped[4096];
	static const char *const defaults[] = {shipped, NULL};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_name_their_times),
		cmocka_unit_test(windows_open_and_close),
	};

	setenv("TZ", "Asia/Shanghai", 1);
	tzset();
	snprintf(shipped, sizeof(shipped), "%s/tests/cases/calendar/rules.json",
		getenv("CRIER_SOURCE") != NULL ? getenv("CRIER_SOURCE") : ".");
	files = argc > 1 ? (const char *const *)(argv + 1) : defaults;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
