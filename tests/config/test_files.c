/*
 * What is read from disk: the file, the folder beside it with its order and merging, and secrets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/config.h"
#include "kinds.h"
#include "testing/folder.h"

#define SITE "site: { name = \"甲\"; sender = \"a@b\"; signature = \"甲乙\"; };\n"
#define KANNEL \
	SITE "channels: ( { name = \"k\"; kind = \"sms-kannel\"; url = \"http://127.0.0.1/\"; user = \"u\";\n" \
	     "password_file = \"%s\"; } );\n"

struct fixture {
	struct folder folder;
	struct problems problems;
	struct config *config;
	struct buf words;
};

static void set_up(struct fixture *fixture)
{
	*fixture = (struct fixture){0};
	folder_make(&fixture->folder);
	folder_make_in(&fixture->folder, "crierd.conf.d");
	problems_init(&fixture->problems);
	buf_init(&fixture->words, 100000);
}

static enum result read_conf(struct fixture *fixture, bool secrets)
{
	config_free(&fixture->config);
	problems_fini(&fixture->problems);
	buf_clear(&fixture->words);
	enum result result = config_read(folder_at(&fixture->folder, "crierd.conf"), kinds_table, secrets,
		&fixture->config, &fixture->problems);
	problems_text(&fixture->problems, LANG_EN, &fixture->words);
	return result;
}

static void tear_down(struct fixture *fixture)
{
	config_free(&fixture->config);
	problems_fini(&fixture->problems);
	buf_fini(&fixture->words);
	folder_remove(&fixture->folder);
}

static void write_conf(struct fixture *fixture, const char *name, const char *text)
{
	folder_write_text(&fixture->folder, name, text);
}

static void expect_words(const struct fixture *fixture, const char *part)
{
	if (strstr(buf_text(&fixture->words), part) == NULL)
		fail_msg("wanted \"%s\" in: %s", part, buf_text(&fixture->words));
}

static void test_parts_are_merged_in_byte_order(void **state)
{
	struct fixture f;

	set_up(&f);
	write_conf(&f, "crierd.conf",
		SITE "intake: { senders = [ \"a\" ]; };\nchannels: ( { name = \"one\"; kind = \"null\"; } );");
	write_conf(&f, "crierd.conf.d/b.conf", "channels: ( { name = \"three\"; kind = \"null\"; } );");
	write_conf(&f, "crierd.conf.d/a.conf",
		"// more\nchannels: ( { name = \"two\"; kind = \"null\"; } );\n"
		"intake: { senders = [ \"b\" ]; open_alerts = 7; };\naudiences: { x = { }; };");
	write_conf(&f, "crierd.conf.d/Z.conf", "audiences: { y = { }; };");
	write_conf(&f, "crierd.conf.d/.hidden.conf", "nonsense");
	write_conf(&f, "crierd.conf.d/c.conf.bak", "nonsense");
	assert_int_equal(read_conf(&f, true), RESULT_OK);
	assert_int_equal(f.config->channel_count, 3);
	assert_string_equal(f.config->channels[0].name, "one");
	assert_string_equal(f.config->channels[1].name, "two");
	assert_string_equal(f.config->channels[2].name, "three");
	assert_int_equal(f.config->channels[1].line, 2);
	assert_string_equal(f.config->channels[1].file, folder_at(&f.folder, "crierd.conf.d/a.conf"));
	assert_string_equal(f.config->intake.senders[1], "b");
	assert_true(f.config->intake.open_alerts == 7);
	assert_string_equal(f.config->audiences[0].name, "y");
	assert_string_equal(f.config->audiences[1].name, "x");
	tear_down(&f);
}

static void test_a_key_set_twice_names_both_places(void **state)
{
	struct fixture f;

	set_up(&f);
	write_conf(&f, "crierd.conf", SITE);
	write_conf(&f, "crierd.conf.d/a.conf", "\nsite: {\nname = \"乙\"; };");
	assert_int_equal(read_conf(&f, true), RESULT_INVALID);
	assert_null(f.config);
	expect_words(&f, "a.conf line 3 site.name: is set already in");
	expect_words(&f, "crierd.conf line 1");
	write_conf(&f, "crierd.conf.d/a.conf", "site = 1;");
	assert_int_equal(read_conf(&f, true), RESULT_INVALID);
	expect_words(&f, "a.conf line 1 site: is set already");
	tear_down(&f);
}

static void test_a_mistake_in_a_part_is_placed_there(void **state)
{
	struct fixture f;

	set_up(&f);
	write_conf(&f, "crierd.conf", SITE "channels: ( { name = \"one\"; kind = \"null\"; } );");
	write_conf(&f, "crierd.conf.d/a.conf", "channels: (\n{ name = \"two\"; kind = \"null\";\nrate = 5; } );");
	write_conf(&f, "crierd.conf.d/b.conf", "limits: {\nrecipient = “2/week”; };");
	assert_int_equal(read_conf(&f, true), RESULT_INVALID);
	expect_words(&f, "b.conf line 2: the Chinese (full-width) character “");
	write_conf(&f, "crierd.conf.d/b.conf", "");
	assert_int_equal(read_conf(&f, true), RESULT_INVALID);
	expect_words(&f, "a.conf line 3 channels[1].rate: must be a rate");
	tear_down(&f);
}

static void test_files_that_cannot_be_read(void **state)
{
	struct fixture f;

	set_up(&f);
	assert_int_equal(read_conf(&f, true), RESULT_NOT_FOUND);
	expect_words(&f, "does not exist");
	folder_make_in(&f.folder, "crierd.conf");
	assert_int_equal(read_conf(&f, true), RESULT_INVALID);
	expect_words(&f, "not an ordinary file");
	assert_int_equal(rmdir(folder_at(&f.folder, "crierd.conf")), 0);
	assert_int_equal(mkfifo(folder_at(&f.folder, "crierd.conf"), 0600), 0);
	assert_int_equal(read_conf(&f, true), RESULT_INVALID);
	expect_words(&f, "not an ordinary file");
	assert_int_equal(unlink(folder_at(&f.folder, "crierd.conf")), 0);
	char *large = mem_zalloc(300 * 1024);
	memset(large, ' ', 300 * 1024 - 1);
	write_conf(&f, "crierd.conf", large);
	assert_int_equal(read_conf(&f, true), RESULT_TOO_BIG);
	free(large);
	tear_down(&f);
}

/* The password that is read from a secret file of these bytes and mode; NULL when it is refused. */
static const char *secret_of(struct fixture *f, const void *bytes, size_t size, mode_t mode)
{
	unlink(folder_at(&f->folder, "secret"));
	folder_write(&f->folder, "secret", bytes, size);
	assert_int_equal(chmod(folder_at(&f->folder, "secret"), mode), 0);
	if (read_conf(f, true) != RESULT_OK)
		return NULL;
	return ((struct kind_options *)f->config->channels[0].options)->secret;
}

static void test_secrets(void **state)
{
	struct fixture f;
	char large[4098];
	char *text = mem_printf(KANNEL, "secret");

	set_up(&f);
	write_conf(&f, "crierd.conf", text);
	assert_string_equal(secret_of(&f, "s3cret\n", 7, 0640), "s3cret");
	assert_string_equal(secret_of(&f, "s3cret", 6, 0600), "s3cret");
	assert_string_equal(secret_of(&f, "s3cret\r\n", 8, 0400), "s3cret");
	assert_string_equal(secret_of(&f, "\xef\xbb\xbfs3cret\r\n", 11, 0400), "s3cret");
	assert_string_equal(secret_of(&f, " s3 cret ", 9, 0640), " s3 cret ");
	assert_null(secret_of(&f, "s3cret\n", 7, 0644));
	expect_words(&f, "run: chmod 640 ");
	assert_null(strstr(buf_text(&f.words), "s3cret"));
	assert_null(secret_of(&f, "s3cret\n", 7, 0642));
	assert_null(secret_of(&f, "\n", 1, 0640));
	expect_words(&f, "is empty");
	assert_null(secret_of(&f, "", 0, 0640));
	assert_null(secret_of(&f, "s3\ncret\n", 8, 0640));
	expect_words(&f, "not one line of text");
	assert_null(secret_of(&f, "s3\0cret", 7, 0640));
	memset(large, 'x', sizeof(large));
	assert_null(secret_of(&f, large, 4097, 0640));
	expect_words(&f, "larger than 4096");
	assert_int_equal(strlen(secret_of(&f, large, 4096, 0640)), 4096);
	free(text);
	tear_down(&f);
}

static void test_secrets_are_only_looked_for_where_they_are_not_asked(void **state)
{
	struct fixture f;
	char *text = mem_printf(KANNEL, "secret");

	set_up(&f);
	write_conf(&f, "crierd.conf", text);
	assert_int_equal(read_conf(&f, false), RESULT_INVALID);
	expect_words(&f, "does not exist");
	folder_write_text(&f.folder, "secret", "s3cret");
	assert_int_equal(chmod(folder_at(&f.folder, "secret"), 0), 0);
	assert_int_equal(read_conf(&f, false), RESULT_OK);
	assert_string_equal(((struct kind_options *)f.config->channels[0].options)->secret, "");
	free(text);
	tear_down(&f);
}

static void test_credentials_come_from_systemd(void **state)
{
	struct fixture f;
	char *text = mem_printf(KANNEL, "credential:kannel");

	set_up(&f);
	write_conf(&f, "crierd.conf", text);
	folder_make_in(&f.folder, "creds");
	folder_write_text(&f.folder, "creds/kannel", "s3cret\n");
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder_at(&f.folder, "creds"), 1), 0);
	assert_int_equal(read_conf(&f, true), RESULT_OK);
	assert_string_equal(((struct kind_options *)f.config->channels[0].options)->secret, "s3cret");
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_int_equal(read_conf(&f, true), RESULT_INVALID);
	free(text);
	tear_down(&f);
}

static void test_defaults_and_what_kind_and_site_give(void **state)
{
	struct fixture f;
	char *text = mem_printf(KANNEL, "secret");

	set_up(&f);
	write_conf(&f, "crierd.conf", text);
	folder_write_text(&f.folder, "secret", "s3cret");
	assert_int_equal(chmod(folder_at(&f.folder, "secret"), 0600), 0);
	assert_int_equal(read_conf(&f, true), RESULT_OK);
	const struct config *config = f.config;
	const struct channel_config *channel = &config->channels[0];
	assert_string_equal(config->site.hotline, "96110");
	assert_string_equal(config->paths.spool, "/var/spool/crier");
	assert_string_equal(config->paths.state, "/var/lib/crier");
	assert_string_equal(config->paths.control, "/run/crier/control.sock");
	assert_null(config->paths.templates);
	assert_string_equal(config->listen.address, "127.0.0.1");
	assert_true(config->listen.port == -1);
	assert_non_null(config->intake.senders);
	assert_null(config->intake.senders[0]);
	assert_int_equal(config->limits.recipient.count, 0);
	assert_int_equal(config->quiet.from, -1);
	assert_true(config->retry.base_ms == 1000 && config->retry.most_ms == 300000);
	assert_true(config->signs.takeover_ms == 600000 && config->signs.poll_ms == 20000 &&
		config->signs.lease_ms == 90000);
	assert_int_equal(channel->medium, MEDIUM_SMS);
	assert_int_equal(channel->rate.count, 100);
	assert_true(channel->window == 8 && channel->batch == 20);
	assert_string_equal(channel->signature, "甲乙");
	assert_string_equal(channel->language, "zh");
	assert_true(channel->receipt_wait_ms == INT64_C(72) * 3600 * 1000);
	assert_true(channel->connect_timeout_ms == 5000 && channel->timeout_ms == 30000);
	assert_null(channel->areas[0]);
	assert_true(((struct kind_options *)channel->options)->pull_ms == 10000);
	assert_int_equal(channel->line, 2);
	free(text);
	tear_down(&f);
}

static void test_warns_and_takes(void **state)
{
	struct fixture f;

	set_up(&f);
	write_conf(&f, "crierd.conf",
		"site: { name = \"甲\"; };\nchannels: ( { name = \"a\"; kind = \"null\"; },\n"
		"{ name = \"b\"; kind = \"null-group\"; } );");
	assert_int_equal(read_conf(&f, true), RESULT_OK);
	assert_int_equal(f.problems.count, 3);
	assert_int_equal(f.problems.errors, 0);
	expect_words(&f, "line 1 site.sender: neither");
	expect_words(&f, "line 2 channels[0].signature: no signature");
	expect_words(&f, "line 3 channels[1].owner: nobody");
	write_conf(&f, "crierd.conf", SITE);
	assert_int_equal(read_conf(&f, true), RESULT_OK);
	expect_words(&f, "no channel is configured");
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts_are_merged_in_byte_order),
		cmocka_unit_test(test_a_key_set_twice_names_both_places),
		cmocka_unit_test(test_a_mistake_in_a_part_is_placed_there),
		cmocka_unit_test(test_files_that_cannot_be_read),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_secrets_are_only_looked_for_where_they_are_not_asked),
		cmocka_unit_test(test_credentials_come_from_systemd),
		cmocka_unit_test(test_defaults_and_what_kind_and_site_give),
		cmocka_unit_test(test_warns_and_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
