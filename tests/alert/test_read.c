/*
 * Documents in, alerts or reasons out. The table is tests/cases/alert/read.json (its README says how a case is written);
 * other files of that shape may be given as arguments.
 */
#include "site.h"

#include <iconv.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"

static struct taxonomy *shipped;
static struct alert_context context;
static char *const *case_files;

static int setup(void **state)
{
	(void)state;
	shipped = site_taxonomy();
	context = site_context(shipped);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	taxonomy_free(&shipped);
	return 0;
}

static char *source_path(const char *path)
{
	const char *source = getenv("CRIER_SOURCE");

	return mem_printf("%s/%s", source != NULL ? source : ".", path);
}

/* A whole file, or NULL when it is not there. */
static char *read_whole(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");

	if (file == NULL)
		return NULL;
	char *bytes = mem_zalloc(ALERT_SIZE_MOST + 1);
	*size = fread(bytes, 1, ALERT_SIZE_MOST, file);
	fclose(file);
	return bytes;
}

/* A value of the alert as JSON, by its name in struct alert. */
static json_t *json_list(char *const *list)
{
	json_t *array = json_array();

	for (; *list != NULL; list++)
		json_array_append_new(array, json_string(*list));
	return array;
}

static json_t *json_optional(const char *text)
{
	return text != NULL ? json_string(text) : json_null();
}

static json_t *json_moment(int64_t ms)
{
	char text[32];

	return json_string(clock_text(ms, text));
}

static json_t *alert_json(const struct alert *alert)
{
	json_t *all = json_object();
	const struct {
		const char *name;
		json_t *value;
	} rows[] = {{"id", json_optional(alert->id)}, {"sender", json_optional(alert->sender)},
		{"sender_name", json_optional(alert->sender_name)}, {"issued_ms", json_moment(alert->issued_ms)},
		{"status", json_string(alert_status_name(alert->status))},
		{"action", json_string(alert_action_name(alert->action))}, {"supersedes", json_list(alert->supersedes)},
		{"fraud_type", json_optional(alert->fraud_type)}, {"method", json_optional(alert->method)},
		{"keywords", json_list(alert->keywords)}, {"summary", json_optional(alert->summary)},
		{"loss", json_optional(alert->loss)}, {"cases", json_integer(alert->cases)},
		{"occurred", json_optional(alert->occurred)}, {"place", json_optional(alert->place)},
		{"audiences", json_list(alert->audiences)}, {"areas", json_list(alert->areas)},
		{"urgency", json_string(urgency_name(alert->urgency))},
		{"level", json_string(level_name(alert->level))}, {"from_ms", json_moment(alert->from_ms)},
		{"until_ms", json_moment(alert->until_ms)}, {"quiet_hours", json_boolean(alert->quiet_hours)},
		{"headline", json_optional(alert->headline)}, {"advice", json_list(alert->advice)},
		{"slogan", json_optional(alert->slogan)}, {"hotline", json_optional(alert->hotline)},
		{"web", json_optional(alert->web)}, {"media.sms", json_boolean(alert->media[MEDIUM_SMS])},
		{"media.wecom", json_boolean(alert->media[MEDIUM_WECOM])},
		{"media.led", json_boolean(alert->media[MEDIUM_LED])},
		{"text.sms", json_optional(alert->text[MEDIUM_SMS])},
		{"text.wecom", json_optional(alert->text[MEDIUM_WECOM])},
		{"text.led", json_optional(alert->text[MEDIUM_LED])}, {"note", json_optional(alert->note)},
		{"author", json_optional(alert->author)}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_object_set_new(all, rows[i].name, rows[i].value);
	return all;
}

/* Returns how many expectations do not hold, and prints them. */
static int compare_alert(const struct alert *alert, json_t *expect)
{
	json_t *have = alert_json(alert), *wanted;
	const char *name;
	int wrong = 0;

	json_object_foreach(expect, name, wanted)
	{
		json_t *value = json_object_get(have, name);
		if (value != NULL && json_equal(value, wanted))
			continue;
		char *text = value != NULL ? json_dumps(value, JSON_ENCODE_ANY) : mem_strdup("nothing by that name");
		printf("  %s is %s\n", name, text);
		free(text);
		wrong++;
	}
	json_decref(have);
	return wrong;
}

static const struct problem *nth_problem(const struct problems *problems, enum problem_kind kind, size_t n)
{
	for (size_t i = 0; i < problems->count; i++)
		if (problems->list[i].kind == kind && n-- == 0)
			return &problems->list[i];
	return NULL;
}

static bool says(const char *text, json_t *piece)
{
	return !json_is_string(piece) || (text != NULL && strstr(text, json_string_value(piece)) != NULL);
}

static bool problem_fits(const struct problem *problem, json_t *wanted)
{
	json_t *field = json_object_get(wanted, "field"), *line = json_object_get(wanted, "line");

	if (json_is_string(field) && (problem->field == NULL || strcmp(problem->field, json_string_value(field)) != 0))
		return false;
	if (json_is_integer(line) && json_integer_value(line) != problem->line)
		return false;
	return problem->file != NULL && problem->remedy[LANG_ZH] != NULL &&
		says(problem->reason[LANG_EN], json_object_get(wanted, "reason")) &&
		says(problem->remedy[LANG_EN], json_object_get(wanted, "remedy"));
}

static int compare_errors(const struct problems *problems, json_t *refused)
{
	int wrong = problems->errors != json_array_size(refused);

	for (size_t i = 0; i < json_array_size(refused); i++) {
		const struct problem *problem = nth_problem(problems, PROBLEM_ERROR, i);
		wrong += problem == NULL || !problem_fits(problem, json_array_get(refused, i));
	}
	return wrong;
}

static int compare_warnings(const struct problems *problems, json_t *warnings)
{
	if (warnings == NULL)
		return 0;
	int wrong = problems->count - problems->errors != json_array_size(warnings);
	for (size_t i = 0; i < json_array_size(warnings); i++) {
		const struct problem *problem = nth_problem(problems, PROBLEM_WARNING, i);
		wrong += problem == NULL || strcmp(problem->field, json_string_value(json_array_get(warnings, i))) != 0;
	}
	return wrong;
}

/* Whatever is told must be in Chinese too, and must not repeat what it must not. */
static int check_wording(const struct problems *problems, json_t *never)
{
	int wrong = 0;

	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->list[i];
		for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
			struct buf line;
			buf_init(&line, 4096);
			problem_text(problem, (enum lang)lang, &line);
			wrong += json_is_string(never) && strstr(buf_text(&line), json_string_value(never)) != NULL;
			buf_fini(&line);
		}
		if (strcmp(problem->reason[LANG_ZH], problem->reason[LANG_EN]) == 0) {
			printf("  not in Chinese: %s\n", problem->reason[LANG_EN]);
			wrong++;
		}
		if (problem->remedy[LANG_ZH] != NULL &&
			strcmp(problem->remedy[LANG_ZH], problem->remedy[LANG_EN]) == 0) {
			printf("  not in Chinese: %s\n", problem->remedy[LANG_EN]);
			wrong++;
		}
	}
	return wrong;
}

/* The document of a case, to free(). */
static char *case_document(json_t *base, json_t *test)
{
	json_t *lines = json_object_get(test, "lines"), *value;
	const char *name;
	struct buf text;

	if (lines == NULL) {
		json_t *whole = json_deep_copy(base);
		json_object_foreach(json_object_get(test, "change"), name, value)
		{
			if (json_is_null(value))
				json_object_del(whole, name);
			else
				json_object_set(whole, name, value);
		}
		char *dumped = json_dumps(whole, 0);
		json_decref(whole);
		return dumped;
	}
	buf_init(&text, ALERT_SIZE_MOST);
	for (size_t i = 0; i < json_array_size(lines); i++) {
		buf_add_text(&text, json_string_value(json_array_get(lines, i)));
		buf_add_text(&text, "\r\n");
	}
	return buf_take(&text);
}

static int run_case(json_t *base, json_t *test)
{
	json_t *refused = json_object_get(test, "refused");
	char *document = case_document(base, test);
	struct alert *alert = NULL;
	struct problems problems;

	problems_init(&problems);
	enum result result = alert_read(&context, json_string_value(json_object_get(test, "file")), document,
		strlen(document), &alert, &problems);
	bool good = result == RESULT_OK;
	int wrong = good != (refused == NULL) || good != (alert != NULL) || good != (problems.errors == 0);
	if (good && refused == NULL)
		wrong += compare_alert(alert, json_object_get(test, "expect"));
	if (!good && refused != NULL)
		wrong += compare_errors(&problems, refused);
	wrong += compare_warnings(&problems, json_object_get(test, "warnings"));
	wrong += check_wording(&problems, json_object_get(test, "never"));
	if (wrong > 0) {
		printf("case \"%s\" fails:\n", json_string_value(json_object_get(test, "name")));
		site_print(&problems);
	}
	problems_fini(&problems);
	alert_free(&alert);
	free(document);
	return wrong;
}

static void run_file(const char *path)
{
	json_error_t error;
	json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, &error), *test;
	size_t i;
	int wrong = 0;

	if (file == NULL)
		printf("%s:%d: %s\n", path, error.line, error.text);
	assert_non_null(file);
	assert_true(json_array_size(json_object_get(file, "cases")) > 0);
	json_array_foreach(json_object_get(file, "cases"), i, test)
		wrong += run_case(json_object_get(file, "base"), test);
	json_decref(file);
	assert_int_equal(wrong, 0);
}

static void the_table_holds(void **state)
{
	(void)state;
	for (char *const *file = case_files; *file != NULL; file++)
		run_file(*file);
	if (*case_files != NULL)
		return;
	char *path = source_path("tests/cases/alert/read.json");
	run_file(path);
	free(path);
}

/* Reads bytes that must be good, without a warning. */
static struct alert *read_good(const char *name, const void *bytes, size_t size)
{
	struct alert *alert = NULL;
	struct problems problems;

	problems_init(&problems);
	if (alert_read(&context, name, bytes, size, &alert, &problems) != RESULT_OK || problems.count > 0)
		site_print(&problems);
	assert_non_null(alert);
	assert_int_equal(problems.count, 0);
	problems_fini(&problems);
	return alert;
}

static void the_contract_is_read_as_it_stands(void **state)
{
	static const struct {
		const char *name, *id, *type, *loss, *first_area;
	} rows[] = {
		{"alert.cfg", "320583-20261121-001", "order-brushing", "128000", "320583"},
		{"alert.json", "320583-20261121-002", "fake-boss", "460000", "320583100"},
		{"alert.txt", NULL, "fake-police", "86000", "320583100"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *relative = mem_printf("../shared/contract/%s", rows[i].name), *path = source_path(relative);
		size_t size = 0;
		char *bytes = read_whole(path, &size);
		free(relative);
		free(path);
		if (bytes == NULL)
			skip();
		struct alert *alert = read_good(rows[i].name, bytes, size);
		if (rows[i].id != NULL)
			assert_string_equal(alert->id, rows[i].id);
		assert_string_equal(alert->fraud_type, rows[i].type);
		assert_string_equal(alert->loss, rows[i].loss);
		assert_string_equal(alert->areas[0], rows[i].first_area);
		alert_free(&alert);
		free(bytes);
	}
}

static const char notepad[] =
	"类型：冒充公检法\r\n对象：老年人\r\n区域：玉山镇\r\n案情：近日有人冒充警察。\r\n损失：8.6万元\r\n";

static size_t encode(const char *encoding, const char *mark, size_t mark_size, char out[1024])
{
	iconv_t turn = iconv_open(encoding, "UTF-8");
	char *in = (char *)(uintptr_t)notepad, *to = out + mark_size;
	size_t in_left = strlen(notepad), out_left = 1024 - mark_size;

	assert_true(turn != (iconv_t)-1);
	memcpy(out, mark, mark_size);
	assert_int_equal(iconv(turn, &in, &in_left, &to, &out_left), 0);
	iconv_close(turn);
	return (size_t)(to - out);
}

static void notepad_saves_in_many_encodings(void **state)
{
	static const struct {
		const char *encoding, *mark;
		size_t mark_size;
	} rows[] = {{"UTF-8", "", 0}, {"UTF-8", "\xef\xbb\xbf", 3}, {"GBK", "", 0}, {"GB18030", "", 0},
		{"UTF-16LE", "\xff\xfe", 2}, {"UTF-16BE", "\xfe\xff", 2}};
	char bytes[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = encode(rows[i].encoding, rows[i].mark, rows[i].mark_size, bytes);
		struct alert *alert = read_good("a.txt", bytes, size);
		assert_string_equal(alert->summary, "近日有人冒充警察。");
		assert_string_equal(alert->loss, "86000");
		assert_string_equal(alert->areas[0], "320583100");
		alert_free(&alert);
	}
}

static void an_id_is_made_from_area_day_and_content(void **state)
{
	struct alert *one = read_good("a.txt", notepad, strlen(notepad));
	context.now_ms += 3600 * 1000;
	struct alert *again = read_good("b.txt", notepad, strlen(notepad));
	context.now_ms += 24 * 3600 * 1000;
	struct alert *tomorrow = read_good("a.txt", notepad, strlen(notepad));
	context.now_ms = SITE_NOW_MS;
	char other[sizeof(notepad) + 8];
	snprintf(other, sizeof(other), "%s\r\n", notepad);
	struct alert *changed = read_good("a.txt", other, strlen(other));

	(void)state;
	assert_memory_equal(one->id, "320583-20261121-", 16);
	assert_memory_equal(one->id + 16, one->digest, 8);
	assert_int_equal(strlen(one->id), 24);
	assert_string_equal(again->id, one->id);
	assert_string_not_equal(tomorrow->id, one->id);
	assert_string_not_equal(changed->id, one->id);
	alert_free(&one);
	alert_free(&again);
	alert_free(&tomorrow);
	alert_free(&changed);
}

/* However many lines there are, and whatever they hold, the answer comes soon and is bounded. */
static void floods_are_refused(void **state)
{
	static const char *const lines[] = {"提醒：好\n", "甲乙丙：好\n", "案情：好\n"};
	struct problems problems;
	struct alert *alert = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct buf text;
		buf_init(&text, 200 * 1024);
		while (buf_add_text(&text, lines[i]))
			;
		problems_init(&problems);
		assert_int_equal(alert_read(&context, "a.txt", text.data, text.size, &alert, &problems),
			RESULT_INVALID);
		assert_null(alert);
		assert_true(problems.count <= PROBLEM_MOST);
		problems_fini(&problems);
		buf_fini(&text);
	}
}

/* Full of one thing, as large as a file may be: each was looked at from every place in it, for a minute. */
static const struct {
	const char *head, *part, *tail, *reason;
} fillings[] = {
	{"{\"summary\":\"", "q", "\"}", "a text is longer than 64 KiB"},
	{"{\"advice\":[1", ",1", "]}", "must be text in quotes"},
	{"{\"keywords\":[\"a\"", ",\"a\"", "]}", "entries; at most 20 are allowed"},
	{"{\"text\":{\"sms\":\"a", " ", "b\"}}", "a text is longer than 64 KiB"},
};

static bool is_said(const struct problems *problems, const char *reason)
{
	for (size_t i = 0; i < problems->count; i++)
		if (strstr(problems->list[i].reason[LANG_EN], reason) != NULL)
			return true;
	return false;
}

static void fillings_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fillings) / sizeof(fillings[0]); i++) {
		struct alert *alert = NULL;
		struct problems problems;
		struct buf text;
		buf_init(&text, ALERT_SIZE_MOST);
		buf_add_text(&text, fillings[i].head);
		while (text.size + 16 < ALERT_SIZE_MOST)
			buf_add_text(&text, fillings[i].part);
		buf_add_text(&text, fillings[i].tail);
		for (int again = 0; again < 4; again++) {
			problems_init(&problems);
			assert_int_equal(alert_read(&context, "a.json", text.data, text.size, &alert, &problems),
				RESULT_INVALID);
			assert_true(is_said(&problems, fillings[i].reason));
			problems_fini(&problems);
		}
		buf_fini(&text);
	}
}

/* Who wrote too much is told so, and not of what else may stand in it: it was not looked for. */
static void nothing_is_looked_for_in_a_text_that_is_too_long(void **state)
{
	struct alert *alert = NULL;
	struct problems problems;
	struct buf text;

	(void)state;
	problems_init(&problems);
	buf_init(&text, 16 * 1024);
	buf_add_text(&text, notepad);
	buf_add_text(&text, "手法：");
	for (int i = 0; i < 100; i++)
		buf_add_text(&text, "加微信号：abc12345，");
	assert_int_equal(alert_read(&context, "a.txt", text.data, text.size, &alert, &problems), RESULT_INVALID);
	assert_int_equal(problems.count, 1);
	assert_true(is_said(&problems, "at most 60 are allowed"));
	buf_fini(&text);
	problems_fini(&problems);
}

static void endings_are_known(void **state)
{
	(void)state;
	assert_true(alert_name_known("a.txt"));
	assert_true(alert_name_known("/x.d/A.JSON"));
	assert_true(alert_name_known("2026.11.21.cfg"));
	assert_false(alert_name_known("a.txt.docx"));
	assert_false(alert_name_known("a.cfg.bak"));
	assert_false(alert_name_known("txt"));
	assert_false(alert_name_known("x.txt/a"));
	assert_false(alert_name_known(""));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_holds),
		cmocka_unit_test(the_contract_is_read_as_it_stands),
		cmocka_unit_test(notepad_saves_in_many_encodings),
		cmocka_unit_test(an_id_is_made_from_area_day_and_content),
		cmocka_unit_test(floods_are_refused),
		cmocka_unit_test(fillings_are_refused),
		cmocka_unit_test(nothing_is_looked_for_in_a_text_that_is_too_long),
		cmocka_unit_test(endings_are_known),
	};

	(void)argc;
	case_files = argv + 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
