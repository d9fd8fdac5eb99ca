/*
 * Mustache by cases. Reads tests/cases/text/mustache-*.json or the files given as arguments; their shape is that of the
 * official specification:
 *
 *	{"tests": [{"name": "...", "data": {...}, "template": "...", "expected": "...", "partials": {"name": "..."}}]}
 *
 * and, for templates that must be refused, "error_line" (a number) instead of "expected". "escape" may be "none", "html"
 * (the default), "markdown" or "sign".
 *
 * With --render FILE it prints a JSON array with the renderings of the file's tests, for comparison with others.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json_value.h"
#include "text/mustache.h"

static char **files;
static size_t file_count;

struct partial {
	const char *name;
	struct mustache *mustache;
};

struct partials {
	struct partial list[64];
	size_t count;
};

static const struct mustache *find_partial(void *arg, const char *name)
{
	struct partials *partials = arg;

	for (size_t i = 0; i < partials->count; i++)
		if (strcmp(partials->list[i].name, name) == 0)
			return partials->list[i].mustache;
	return NULL;
}

static void load_partials(struct partials *partials, json_t *json, struct problems *problems)
{
	const char *name;
	json_t *text;

	json_object_foreach(json, name, text)
	{
		struct partial *partial = &partials->list[partials->count];
		if (partials->count == 64)
			break;
		*partial = (struct partial){.name = name};
		mustache_compile(json_string_value(text), json_string_length(text), name, &partial->mustache, problems);
		partials->count += partial->mustache != NULL;
	}
}

static enum escape escape_of(json_t *test)
{
	const char *names[] = {"none", "html", "markdown", "sign"};
	const char *name = json_string_value(json_object_get(test, "escape"));

	for (int i = 0; name != NULL && i < 4; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum escape)i;
	return ESCAPE_HTML;
}

/* Renders one test into `out`. RESULT_INVALID when the template does not compile; `problems` then says why. */
static enum result render(json_t *test, struct buf *out, struct problems *problems)
{
	json_t *text = json_object_get(test, "template");
	struct mustache *mustache = NULL;
	struct partials partials = {.count = 0};
	struct json_values keep = {0};

	enum result result = mustache_compile(json_string_value(text), json_string_length(text), NULL, &mustache,
		problems);
	if (result == RESULT_OK) {
		load_partials(&partials, json_object_get(test, "partials"), problems);
		struct value data = json_to_value(json_object_get(test, "data"), &keep);
		struct mustache_partials find = {find_partial, &partials};
		result = mustache_render(mustache, &data, escape_of(test), &find, out);
	}
	for (size_t i = 0; i < partials.count; i++)
		mustache_free(&partials.list[i].mustache);
	mustache_free(&mustache);
	json_values_free(&keep);
	return result;
}

static bool run_case(json_t *test)
{
	const char *expected = json_string_value(json_object_get(test, "expected"));
	json_int_t line = json_integer_value(json_object_get(test, "error_line"));
	struct problems problems;
	struct buf out;
	bool good;

	problems_init(&problems);
	buf_init(&out, 1024 * 1024);
	enum result result = render(test, &out, &problems);
	if (expected == NULL)
		good = result == RESULT_INVALID && problems.count == 1 && problems.list[0].line == line &&
			problems.list[0].remedy[LANG_EN] != NULL;
	else
		good = result == RESULT_OK && strcmp(buf_text(&out), expected) == 0;
	if (!good) {
		struct buf words;
		buf_init(&words, 4096);
		problems_text(&problems, LANG_EN, &words);
		print_error("%s\n  wanted: %s\n  got:    %s (%s)\n  %s\n",
			json_string_value(json_object_get(test, "name")), expected == NULL ? "a refusal" : expected,
			buf_text(&out), result_text(result), buf_text(&words));
		buf_fini(&words);
	}
	buf_fini(&out);
	problems_fini(&problems);
	return good;
}

static json_t *read_cases(const char *file)
{
	json_error_t error;
	json_t *root = json_load_file(file, 0, &error);

	if (root == NULL)
		print_error("%s: %s, line %d\n", file, error.text, error.line);
	return root;
}

static void cases_render_as_expected(void **state)
{
	size_t total = 0, bad = 0;

	for (size_t i = 0; i < file_count; i++) {
		json_t *root = read_cases(files[i]), *test;
		size_t index;
		assert_non_null(root);
		json_array_foreach(json_object_get(root, "tests"), index, test)
		{
			total++;
			bad += !run_case(test);
		}
		json_decref(root);
	}
	print_message("%zu cases in %zu files\n", total, file_count);
	assert_true(total > 0);
	assert_int_equal(bad, 0);
}

static struct mustache *compile(const char *text)
{
	struct problems problems;
	struct mustache *mustache = NULL;

	problems_init(&problems);
	mustache_compile(text, strlen(text), NULL, &mustache, &problems);
	problems_fini(&problems);
	assert_non_null(mustache);
	return mustache;
}

static void a_partial_that_calls_itself_forever_is_stopped(void **state)
{
	struct partials partials = {.list = {{"me", compile("x{{>me}}")}}, .count = 1};
	struct mustache_partials find = {find_partial, &partials};
	struct value data = value_object(NULL, 0);
	struct buf out;

	buf_init(&out, 1024);
	assert_int_equal(mustache_render(partials.list[0].mustache, &data, ESCAPE_NONE, &find, &out), RESULT_TOO_BIG);
	buf_fini(&out);
	mustache_free(&partials.list[0].mustache);
}

static void work_without_output_is_stopped(void **state)
{
	/* Two recursions a level, 60 levels deep, and not a byte written: only counting steps ends this. */
	struct partials partials = {.list = {{"me", compile("{{#two}}{{>me}}{{/two}}")}}, .count = 1};
	struct mustache_partials find = {find_partial, &partials};
	struct value items[2] = {value_null(), value_null()};
	struct field field = field_make("two", value_list(items, 2));
	struct value data = value_object(&field, 1);
	struct buf out;

	buf_init(&out, 1024);
	assert_int_equal(mustache_render(partials.list[0].mustache, &data, ESCAPE_NONE, &find, &out), RESULT_TOO_BIG);
	assert_int_equal(out.size, 0);
	buf_fini(&out);
	mustache_free(&partials.list[0].mustache);
}

static void output_over_the_bound_is_refused(void **state)
{
	struct mustache *mustache = compile("{{a}}{{a}}");
	struct field field = field_text("a", "12345678");
	struct value data = value_object(&field, 1);
	struct buf out;

	buf_init(&out, 15);
	assert_int_equal(mustache_render(mustache, &data, ESCAPE_NONE, NULL, &out), RESULT_TOO_BIG);
	buf_fini(&out);
	buf_init(&out, 16);
	assert_int_equal(mustache_render(mustache, &data, ESCAPE_NONE, NULL, &out), RESULT_OK);
	assert_string_equal(buf_text(&out), "1234567812345678");
	buf_fini(&out);
	mustache_free(&mustache);
}

static void sections_deeper_than_the_bound_are_refused(void **state)
{
	struct buf text;
	struct problems problems;
	struct mustache *mustache = NULL;

	buf_init(&text, 4096);
	problems_init(&problems);
	for (int i = 0; i <= MUSTACHE_MOST_DEPTH; i++)
		buf_add_text(&text, "{{#a}}");
	for (int i = 0; i <= MUSTACHE_MOST_DEPTH; i++)
		buf_add_text(&text, "{{/a}}");
	assert_int_equal(mustache_compile(text.data, text.size, NULL, &mustache, &problems), RESULT_INVALID);
	assert_null(mustache);
	assert_int_equal(problems.errors, 1);
	problems_fini(&problems);
	buf_fini(&text);
	char *big = mem_zalloc(MUSTACHE_MOST_BYTES + 1);
	memset(big, 'x', MUSTACHE_MOST_BYTES + 1);
	assert_int_equal(mustache_compile(big, MUSTACHE_MOST_BYTES + 1, NULL, &mustache, &problems), RESULT_TOO_BIG);
	assert_int_equal(mustache_compile(big, MUSTACHE_MOST_BYTES, NULL, &mustache, &problems), RESULT_OK);
	mustache_free(&mustache);
	problems_fini(&problems);
	free(big);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	const char *bad[] = {"\xff", "a\xe4\xb8", "\xc0\x80", "\xed\xa0\x80"};
	struct problems problems;
	struct mustache *mustache = NULL;

	problems_init(&problems);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(mustache_compile(bad[i], strlen(bad[i]), "f", &mustache, &problems), RESULT_INVALID);
	assert_int_equal(mustache_compile("a\0b", 3, "f", &mustache, &problems), RESULT_INVALID);
	assert_null(mustache);
	problems_fini(&problems);
}

struct seen {
	char text[256];
};

static void note(void *arg, enum mustache_use use, const char *name, unsigned int line)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->text);

	snprintf(seen->text + used, sizeof(seen->text) - used, "%d:%s:%u ", use, name, line);
}

static void walking_tells_what_a_template_mentions(void **state)
{
	struct mustache *mustache = compile("{{a}}\n{{#b.c}}\n{{{d}}}{{>e/f}}{{/b.c}}\n\n{{^g}}{{.}}{{/g}}{{! h }}");
	struct seen seen = {""};

	mustache_walk(mustache, note, &seen);
	assert_string_equal(seen.text, "0:a:1 1:b.c:2 0:d:3 2:e/f:3 1:g:5 0:.:5 ");
	mustache_free(&mustache);
}

static int print_renderings(const char *file)
{
	json_t *root = read_cases(file), *all = json_array(), *test;
	size_t index;

	json_array_foreach(json_object_get(root, "tests"), index, test)
	{
		struct problems problems;
		struct buf out;
		problems_init(&problems);
		buf_init(&out, 1024 * 1024);
		enum result result = render(test, &out, &problems);
		json_array_append_new(all, result == RESULT_OK ? json_string(buf_text(&out)) : json_null());
		buf_fini(&out);
		problems_fini(&problems);
	}
	json_dumpf(all, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(all);
	json_decref(root);
	return root != NULL ? 0 : 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_render_as_expected),
		cmocka_unit_test(a_partial_that_calls_itself_forever_is_stopped),
		cmocka_unit_test(work_without_output_is_stopped),
		cmocka_unit_test(output_over_the_bound_is_refused),
		cmocka_unit_test(sections_deeper_than_the_bound_are_refused),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(walking_tells_what_a_template_mentions),
	};

	if (argc == 3 && strcmp(argv[1], "--render") == 0)
		return print_renderings(argv[2]);
	glob_t found = {0};
	if (argc > 1) {
		files = argv + 1;
		file_count = (size_t)argc - 1;
	} else {
		const char *source = getenv("CRIER_SOURCE");
		char *pattern = mem_printf("%s/tests/cases/text/mustache-*.json", source != NULL ? source : ".");
		glob(pattern, 0, NULL, &found);
		free(pattern);
		files = found.gl_pathv;
		file_count = found.gl_pathc;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	globfree(&found);
	return failed;
}
