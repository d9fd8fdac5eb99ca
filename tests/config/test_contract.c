/*
 * Two whole files: the contract's example, which must be accepted as it stands once its secrets are there, and the sample
 * that is installed, as it stands and with every commented setting switched on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "config/config.h"
#include "config/summary.h"
#include "kinds.h"
#include "testing/folder.h"

static char *read_source(const char *name)
{
	const char *source = getenv("CRIER_SOURCE");
	char *path = mem_printf("%s/%s", source != NULL ? source : ".", name), *text = NULL;
	FILE *file = fopen(path, "rb");
	struct buf buf;
	char piece[4096];
	size_t got;

	free(path);
	if (file == NULL)
		return NULL;
	buf_init(&buf, 1 << 20);
	while ((got = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(&buf, piece, got);
	fclose(file);
	text = mem_strdup(buf_text(&buf));
	buf_fini(&buf);
	return text;
}

static void make_secrets(const struct folder *folder)
{
	static const char *const names[] = {"secrets/mas", "secrets/kannel", "secrets/yushan-grid"};

	folder_make_in(folder, "secrets");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		folder_write_text(folder, names[i], "s3cret\n");
		assert_int_equal(chmod(folder_at(folder, names[i]), 0640), 0);
	}
}

static struct config *read_good(const struct folder *folder, const char *text, bool secrets)
{
	struct problems problems;
	struct config *config = NULL;
	struct buf buf;

	folder_write_text(folder, "crierd.conf", text);
	problems_init(&problems);
	enum result result = config_read(folder_at(folder, "crierd.conf"), kinds_table, secrets, &config, &problems);
	buf_init(&buf, 100000);
	problems_text(&problems, LANG_EN, &buf);
	if (result != RESULT_OK)
		print_error("%s", buf_text(&buf));
	assert_int_equal(result, RESULT_OK);
	assert_int_equal(problems.errors, 0);
	buf_fini(&buf);
	problems_fini(&problems);
	return config;
}

static void test_takes_the_contract(void **state)
{
	char *text = read_source("../shared/contract/crierd.conf");
	struct folder folder;

	if (text == NULL)
		skip();
	folder_make(&folder);
	make_secrets(&folder);
	struct config *config = read_good(&folder, text, true);
	assert_string_equal(config->site.name, "玉山镇反诈中心");
	assert_string_equal(config->site.timezone, "Asia/Shanghai");
	assert_string_equal(config->paths.spool, folder_at(&folder, "spool"));
	assert_string_equal(config->paths.control, folder_at(&folder, "control.sock"));
	assert_int_equal(config->area_count, 3);
	assert_string_equal(config->areas[2].name, "巴城镇");
	assert_int_equal(config->audience_count, 7);
	assert_string_equal(config->audiences[0].name, "elderly");
	assert_true(config->audiences[0].min_age == 60);
	assert_true(config->audiences[0].max_age == -1);
	assert_string_equal(config->audiences[2].roles[0], "student");
	assert_int_equal(config->channel_count, 4);
	const struct channel_config *mas = &config->channels[0], *sms = &config->channels[1];
	assert_int_equal(mas->signature_by, SIGNATURE_BY_PLATFORM);
	assert_true(mas->batch == 500);
	assert_true(mas->allow_plain_http);
	assert_string_equal(((struct kind_options *)mas->options)->secret, "s3cret");
	assert_string_equal(sms->signature, "玉山反诈");
	assert_int_equal(sms->rate.count, 500);
	assert_true(sms->rate.per_ms == 1000);
	assert_false(sms->allow_plain_http);
	assert_int_equal(sms->reach, REACH_RESIDENTS);
	assert_int_equal(config->channels[2].reach, REACH_STAFF);
	assert_string_equal(config->channels[2].owner, "网格员012345");
	assert_string_equal(((struct kind_options *)config->channels[3].options)->address, "127.0.0.1:5005");
	assert_int_equal(config->schedule_count, 2);
	assert_int_equal(config->schedules[0].from, -1);
	assert_int_equal(config->schedules[1].from, 480);
	assert_int_equal(config->schedules[1].until, 1200);
	assert_null(config->schedules[1].rule);
	assert_true(config->schedules[1].max_gap_ms == 60000);
	assert_int_equal(config->limits.recipient.count, 2);
	assert_int_equal(config->quiet.from, 1200);
	assert_int_equal(config->quiet.until, 480);
	assert_true(config->listen.port == -1);
	assert_true(config->intake.open_alerts == 64);
	config_free(&config);
	assert_null(config);
	folder_remove(&folder);
	free(text);
}

static void test_takes_the_sample_as_it_stands(void **state)
{
	char *text = read_source("conf/crierd.conf");
	struct folder folder;

	assert_non_null(text);
	folder_make(&folder);
	struct config *config = read_good(&folder, text, true);
	assert_int_equal(config->channel_count, 3);
	config_free(&config);
	folder_remove(&folder);
	free(text);
}

/* "//name = …" and "//{ …", with the lines of a brace that go on, become settings. */
static char *switch_on(const char *text)
{
	struct buf out;
	bool within = false;

	buf_init(&out, 1 << 20);
	while (*text != '\0') {
		size_t size = strcspn(text, "\n");
		const char *from = text + strspn(text, " ");
		bool remark = strncmp(from, "//", 2) == 0;
		bool setting = remark && (islower((unsigned char)from[2]) || from[2] == '{');
		within = setting ? from[2] == '{' : within && remark;
		if (setting || within)
			from += 2;
		buf_add(&out, from, (size_t)(text + size - from));
		buf_add_byte(&out, '\n');
		if (within && memmem(text, size, "},", 2) != NULL)
			within = false;
		text += size + (text[size] == '\n');
	}
	return buf_take(&out);
}

struct seen {
	const char *text;
	unsigned int missing;
};

static void expect_key(void *arg, const char *group, const struct setting *setting)
{
	struct seen *seen = arg;

	assert_non_null(setting->help);
	if (strstr(group, "kind=") != NULL || strstr(seen->text, setting->key) != NULL)
		return;
	print_error("the sample does not name %s %s\n", group, setting->key);
	seen->missing++;
}

static void test_takes_the_sample_with_everything_switched_on(void **state)
{
	char *text = read_source("conf/crierd.conf"), *all = switch_on(text);
	struct folder folder;
	struct seen seen = {.text = text};

	folder_make(&folder);
	make_secrets(&folder);
	struct config *config = read_good(&folder, all, true);
	assert_int_equal(config->channel_count, 8);
	assert_int_equal(config->area_count, 2);
	assert_true(config->listen.port == 8080);
	assert_true(config->retry.most_ms == 300000);
	assert_string_equal(config->listen.receipt_base, "https://crier.example.cn:8443");
	config_free(&config);
	config_walk_settings(kinds_table, expect_key, &seen);
	assert_int_equal(seen.missing, 0);
	folder_remove(&folder);
	free(all);
	free(text);
}

static void test_summary_tells_what_will_run(void **state)
{
	char *text = read_source("conf/crierd.conf"), *all = switch_on(text);
	struct folder folder;
	struct buf buf;

	folder_make(&folder);
	make_secrets(&folder);
	struct config *config = read_good(&folder, all, true);
	for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
		buf_init(&buf, 100000);
		config_summary(config, (enum lang)lang, &buf);
		assert_false(buf.full);
		assert_non_null(strstr(buf_text(&buf), "某某县反诈中心"));
		assert_non_null(strstr(buf_text(&buf), "city-sms"));
		assert_non_null(strstr(buf_text(&buf), "200/s"));
		assert_non_null(strstr(buf_text(&buf), "FREQ=WEEKLY"));
		assert_non_null(strstr(buf_text(&buf), "08:00"));
		assert_non_null(strstr(buf_text(&buf), lang == LANG_ZH ? "明文 HTTP（url）" : "PLAIN HTTP (url)"));
		assert_null(strstr(buf_text(&buf), "s3cret"));
		buf_fini(&buf);
	}
	config_free(&config);
	folder_remove(&folder);
	free(all);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes_the_contract),
		cmocka_unit_test(test_takes_the_sample_as_it_stands),
		cmocka_unit_test(test_takes_the_sample_with_everything_switched_on),
		cmocka_unit_test(test_summary_tells_what_will_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
