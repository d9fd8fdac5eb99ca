/* The catalogue: which wording is chosen, what a site may replace, and what is said about a bad one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/templates.h"

struct source {
	const char *path, *text;
};

static size_t fill(struct template_source *out, const struct source *sources)
{
	size_t count = 0;

	for (; sources[count].path != NULL; count++)
		out[count] = (struct template_source){sources[count].path, sources[count].text,
			strlen(sources[count].text)};
	return count;
}

static enum result load(const struct source *shipped, const struct source *replacing, struct templates **templates,
	struct problems *problems)
{
	struct template_source a[32], b[32];
	size_t a_count = fill(a, shipped), b_count = replacing == NULL ? 0 : fill(b, replacing);

	return templates_load(a, a_count, b, b_count, templates, problems);
}

static const struct source basis[] = {
	{"templates/zh/sms/_greeting/all.mustache", "居民朋友："},
	{"templates/zh/sms/_greeting/elderly.mustache", "老年朋友："},
	{"templates/zh/sms/fake-police/elderly.mustache", "{{>_greeting}}警察不会来电要钱。咨询96110。\n"},
	{"templates/zh/sms/fake-police/all.mustache", "{{>_greeting}}没有安全账户。咨询96110。"},
	{"templates/zh/sms/fake-loan/all.mustache", "先收费的都是诈骗。咨询96110。"},
	{"templates/zh/sms/other/student.mustache", "同学们：先核实。咨询96110。"},
	{"templates/zh/sms/other/all.mustache", "{{>_greeting/all}}先核实。咨询96110。"},
	{"templates/zh/led/other/all.mustache", "先核实。咨询96110"},
	{"templates/en/sms/other/all.mustache", "Ask 96110."},
	{"templates/README", "not a template"},
	{NULL, NULL},
};

static void the_nearest_wording_is_chosen(void **state)
{
	const struct {
		const char *language, *medium, *type, *audience, *path;
	} cases[] = {
		{"zh", "sms", "fake-police", "elderly", "zh/sms/fake-police/elderly.mustache"},
		{"zh", "sms", "fake-police", "student", "zh/sms/fake-police/all.mustache"},
		{"zh", "sms", "fake-loan", "student", "zh/sms/fake-loan/all.mustache"},
		{"zh", "sms", "unheard-of", "student", "zh/sms/other/student.mustache"},
		{"zh", "sms", "unheard-of", "elderly", "zh/sms/other/all.mustache"},
		{"en", "sms", "fake-police", "elderly", "en/sms/other/all.mustache"},
		{"en", "led", "fake-police", "all", "zh/led/other/all.mustache"},
		{"ug", "sms", "fake-police", "elderly", "zh/sms/fake-police/elderly.mustache"},
	};
	struct templates *templates = NULL;
	struct problems problems;

	problems_init(&problems);
	assert_int_equal(load(basis, NULL, &templates, &problems), RESULT_OK);
	assert_int_equal(problems.count, 0);
	assert_int_equal(templates_count(templates), 9);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct template *found = templates_find(templates, cases[i].language, cases[i].medium,
			cases[i].type, cases[i].audience);
		assert_non_null(found);
		assert_string_equal(found->path, cases[i].path);
	}
	assert_null(templates_find(templates, "zh", "wecom", "fake-police", "all"));
	templates_free(&templates);
	problems_fini(&problems);
}

static void render(const struct templates *templates, const char *type, const char *audience, const char *wanted)
{
	const struct template *template = templates_find(templates, "zh", "sms", type, audience);
	struct template_scope scope = {.templates = templates, .template = template, .audience = audience};
	struct mustache_partials partials = templates_partials(&scope);
	struct value data = value_object(NULL, 0);
	struct buf out;

	buf_init(&out, 1024);
	assert_int_equal(mustache_render(template->mustache, &data, ESCAPE_NONE, &partials, &out), RESULT_OK);
	assert_string_equal(buf_text(&out), wanted);
	buf_fini(&out);
}

static void pieces_follow_the_audience_unless_a_file_is_named(void **state)
{
	struct templates *templates = NULL;
	struct problems problems;

	problems_init(&problems);
	load(basis, NULL, &templates, &problems);
	render(templates, "fake-police", "elderly", "老年朋友：警察不会来电要钱。咨询96110。");
	render(templates, "fake-police", "student", "居民朋友：没有安全账户。咨询96110。");
	render(templates, "other", "elderly", "居民朋友：先核实。咨询96110。");
	templates_free(&templates);
	problems_fini(&problems);
}

static void a_site_replaces_single_files_and_adds_its_own(void **state)
{
	const struct source own[] = {
		{"zh/sms/fake-police/all.mustache", "{{>_greeting}}请打96110。"},
		{"zh/sms/_greeting/student.mustache", "同学："},
		{"templates/zh/sms/fake-loan/village-cadre.mustache", "村干部：请打96110。"},
		{NULL, NULL},
	};
	struct templates *templates = NULL;
	struct problems problems;

	problems_init(&problems);
	assert_int_equal(load(basis, own, &templates, &problems), RESULT_OK);
	assert_int_equal(problems.count, 0);
	render(templates, "fake-police", "student", "同学：请打96110。");
	render(templates, "fake-police", "elderly", "老年朋友：警察不会来电要钱。咨询96110。");
	render(templates, "fake-loan", "village-cadre", "村干部：请打96110。");
	templates_free(&templates);
	problems_fini(&problems);
}

static void every_slip_is_named_with_its_place(void **state)
{
	const struct {
		const char *path, *text, *reason, *remedy;
		enum problem_kind kind;
		unsigned int line;
	} cases[] = {
		{"zh/sms/fake-police/all.mustache", "a\n{{#loss}}b", "not closed", "{{/loss}}", PROBLEM_ERROR, 2},
		{"zh/sms/fake-police/all.mustache", "{{plase}}有人被骗。咨询96110。", "no field \"plase\"", "\"place\"",
			PROBLEM_ERROR, 1},
		{"zh/sms/fake-police/all.mustache", "\n{{#xyzzyxyz}}a{{/xyzzyxyz}}打96110", "no field",
			"crier-templates", PROBLEM_ERROR, 2},
		{"zh/sms/fake-police/all.mustache", "{{>_greting}}打96110", "no piece \"_greting\"", "all.mustache",
			PROBLEM_ERROR, 1},
		{"zh/sms/fake-police/all.mustache", "【玉山】别转账。咨询96110。", "【", "by itself", PROBLEM_ERROR, 0},
		{"zh/sms/fake-police/all.mustache", "看 https://a.example 。咨询96110。", "link", "remove",
			PROBLEM_ERROR, 0},
		{"zh/sms/fake-police/all.mustache", "别转账！！咨询96110。", "exclamation", "at most one",
			PROBLEM_WARNING, 0},
		{"zh/sms/fake-police/all.mustache", "别转账。咨询９６１１０，96110。", "full-width", "half-width",
			PROBLEM_WARNING, 0},
		{"zh/sms/fake-police/all.mustache", "别信朱镕基。咨询96110。", "U+9555", "common", PROBLEM_WARNING, 0},
		{"zh/sms/fake-police/all.mustache", "别转账。", "whom to call", "110", PROBLEM_WARNING, 0},
		{"zh/sms/fake-police/all.mustache", "请打4001234567或96110。", "10 digits", "no other", PROBLEM_WARNING,
			0},
		{"zh/sms/fake-police/all.mustache",
			"请您不要轻信。请您不要轻信。请您不要轻信。请您不要轻信。请您不要轻信。请您不要轻信。请您不要轻信。请您不要轻信。请您不要轻信。打96110。",
			"2 parts", "70", PROBLEM_WARNING, 0},
		{"zh/led/other/all.mustache", "镕。咨询96110", "sign has no character", "common", PROBLEM_ERROR, 0},
		{"zh/sms/fake-polise/all.mustache", "咨询96110。", "no fraud type", "\"fake-police\"", PROBLEM_WARNING,
			0},
		{"zh/fax/fake-police/all.mustache", "咨询96110。", "no place", "LANGUAGE/", PROBLEM_ERROR, 0},
		{"zh/sms/all.mustache", "咨询96110。", "no place", "LANGUAGE/", PROBLEM_ERROR, 0},
		{"zh/sms/a/b/all.mustache", "咨询96110。", "no place", "LANGUAGE/", PROBLEM_ERROR, 0},
		{"zh/sms/a/all.txt", "咨询96110。", "no place", "LANGUAGE/", PROBLEM_ERROR, 0},
		{"zh/sms//all.mustache", "咨询96110。", "no place", "LANGUAGE/", PROBLEM_ERROR, 0},
		{"zh/sms/fake-police/all.mustache", "\xb2\xbb\xd2\xaa", "not UTF-8", "save it", PROBLEM_ERROR, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct source own[] = {{cases[i].path, cases[i].text}, {NULL, NULL}};
		struct templates *templates = NULL;
		struct problems problems;

		problems_init(&problems);
		enum result result = load(basis, own, &templates, &problems);
		assert_int_equal(result, cases[i].kind == PROBLEM_ERROR ? RESULT_INVALID : RESULT_OK);
		assert_int_equal(templates == NULL, cases[i].kind == PROBLEM_ERROR);
		if (problems.count != 1)
			print_error("%s: %zu problems\n", cases[i].text, problems.count);
		assert_int_equal(problems.count, 1);
		const struct problem *problem = &problems.list[0];
		if (strstr(problem->reason[LANG_EN], cases[i].reason) == NULL)
			print_error("%s: %s\n", cases[i].text, problem->reason[LANG_EN]);
		assert_non_null(strstr(problem->reason[LANG_EN], cases[i].reason));
		assert_non_null(strstr(problem->remedy[LANG_EN], cases[i].remedy));
		assert_string_equal(problem->file, cases[i].path);
		assert_int_equal(problem->line, cases[i].line);
		assert_int_equal(problem->kind, cases[i].kind);
		assert_string_not_equal(problem->reason[LANG_ZH], problem->reason[LANG_EN]);
		problems_fini(&problems);
		templates_free(&templates);
	}
}

static void a_piece_that_contains_itself_is_refused(void **state)
{
	const struct source own[] = {{"zh/sms/_greeting/all.mustache", "x{{>_greeting/all}}"}, {NULL, NULL}};
	struct templates *templates = NULL;
	struct problems problems;

	problems_init(&problems);
	assert_int_equal(load(basis, own, &templates, &problems), RESULT_INVALID);
	assert_null(templates);
	assert_true(problems.errors > 0);
	assert_non_null(strstr(problems.list[0].remedy[LANG_EN], "contains itself"));
	problems_fini(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_wording_is_chosen),
		cmocka_unit_test(pieces_follow_the_audience_unless_a_file_is_named),
		cmocka_unit_test(a_site_replaces_single_files_and_adds_its_own),
		cmocka_unit_test(every_slip_is_named_with_its_place),
		cmocka_unit_test(a_piece_that_contains_itself_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
