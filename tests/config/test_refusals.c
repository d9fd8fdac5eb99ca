/*
 * Every mistake that a configuration can hold is refused with its line, its field, the reason and the remedy, in both
 * languages. Cases: tests/cases/config/refusals.json, or the files given as arguments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "config/config.h"
#include "kinds.h"
#include "testing/folder.h"

static char **case_files;
static size_t case_file_count;

static const char *text_of(json_t *item, const char *key)
{
	return json_string_value(json_object_get(item, key));
}

static bool matches(const struct problem *problem, json_t *item)
{
	const char *field = text_of(item, "field"), *remedy = text_of(item, "remedy");

	if ((field == NULL) != (problem->field == NULL) || (field != NULL && strcmp(field, problem->field) != 0))
		return false;
	if (problem->line != (unsigned int)json_integer_value(json_object_get(item, "line")))
		return false;
	if (strstr(problem->reason[LANG_EN], text_of(item, "reason")) == NULL)
		return false;
	return *remedy == '\0' ||
		(problem->remedy[LANG_EN] != NULL && strstr(problem->remedy[LANG_EN], remedy) != NULL);
}

/* Returns false, with the reason printed, when the case is not refused as it says. */
static bool run(json_t *item)
{
	struct folder folder;
	struct problems problems;
	struct config *config = NULL;
	struct buf words;
	bool found = false, spoken = true;

	folder_make(&folder);
	folder_write_text(&folder, "crierd.conf", text_of(item, "config"));
	folder_write_text(&folder, "secret", "s3cret");
	assert_int_equal(chmod(folder_at(&folder, "secret"), 0600), 0);
	problems_init(&problems);
	enum result result = config_read(folder_at(&folder, "crierd.conf"), kinds_table, true, &config, &problems);
	for (size_t i = 0; i < problems.count; i++) {
		const struct problem *problem = &problems.list[i];
		found |= problem->kind == PROBLEM_ERROR && matches(problem, item);
		spoken &= strcmp(problem->reason[LANG_ZH], problem->reason[LANG_EN]) != 0 ||
			strstr(problem->reason[LANG_EN], "the kind refuses") != NULL;
		spoken &= problem->remedy[LANG_EN] == NULL ||
			strcmp(problem->remedy[LANG_ZH], problem->remedy[LANG_EN]) != 0;
	}
	bool good = found && spoken && result == RESULT_INVALID && config == NULL;
	buf_init(&words, 100000);
	problems_text(&problems, LANG_EN, &words);
	problems_text(&problems, LANG_ZH, &words);
	if (!good)
		print_error("%s: %s\n%s\n", text_of(item, "name"), result_text(result), buf_text(&words));
	buf_fini(&words);
	config_free(&config);
	problems_fini(&problems);
	folder_remove(&folder);
	return good;
}

static void test_refuses_every_case(void **state)
{
	unsigned int failed = 0;

	unsetenv("CREDENTIALS_DIRECTORY");
	for (size_t i = 0; i < case_file_count; i++) {
		json_error_t error;
		json_t *cases = json_load_file(case_files[i], 0, &error), *item;
		size_t index;
		if (cases == NULL)
			fail_msg("%s line %d: %s", case_files[i], error.line, error.text);
		assert_true(json_array_size(cases) > 0);
		json_array_foreach(cases, index, item) failed += !run(item);
		json_decref(cases);
	}
	assert_int_equal(failed, 0);
}

static void test_names_several_mistakes_in_one_go(void **state)
{
	struct folder folder;
	struct problems problems;
	struct config *config = NULL;

	folder_make(&folder);
	folder_write_text(&folder, "crierd.conf",
		"site: { nam = \"x\"; };\nretry: { base = 1; };\nchannels: ( { kind = \"x\"; } );");
	problems_init(&problems);
	assert_int_equal(config_read(folder_at(&folder, "crierd.conf"), kinds_table, true, &config, &problems),
		RESULT_INVALID);
	assert_int_equal(problems.errors, 5);
	problems_fini(&problems);
	folder_remove(&folder);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refuses_every_case),
		cmocka_unit_test(test_names_several_mistakes_in_one_go),
	};
	const char *source = getenv("CRIER_SOURCE");
	char *own[1] = {mem_printf("%s/tests/cases/config/refusals.json", source != NULL ? source : ".")};

	case_files = argc > 1 ? argv + 1 : own;
	case_file_count = argc > 1 ? (size_t)argc - 1 : 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(own[0]);
	return failed;
}
