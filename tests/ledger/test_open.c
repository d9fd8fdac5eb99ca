/* What is refused at the start, and in which words. */
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ledger/ledger.h"
#include "ledger/replay.h"
#include "testing/folder.h"
#include "testing/turns.h"

struct site {
	struct folder folder;
	struct loop *loop;
	struct problems problems;
};

static int set_up(void **state)
{
	struct site *site = mem_zalloc(sizeof(*site));

	folder_make(&site->folder);
	site->loop = loop_new();
	problems_init(&site->problems);
	*state = site;
	return 0;
}

static int tear_down(void **state)
{
	struct site *site = *state;

	turns_end(&site->loop);
	problems_fini(&site->problems);
	folder_remove(&site->folder);
	free(site);
	return 0;
}

static enum result try_open(struct site *site, struct ledger **ledger)
{
	return ledger_open(site->loop, folder_at(&site->folder, "state"), ledger, &site->problems);
}

static void make(struct site *site)
{
	struct ledger *ledger;

	assert_int_equal(try_open(site, &ledger), RESULT_OK);
	ledger_event(ledger, &(struct ledger_event){.kind = "test"}, NULL, NULL);
	ledger_close(ledger, NULL, NULL);
	turns_settle(site->loop);
}

static void run_sql(struct site *site, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(folder_at(&site->folder, "state/ledger.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void assert_refused(struct site *site, enum result expected, const char *words)
{
	struct ledger *ledger;
	struct buf text;

	assert_int_equal(try_open(site, &ledger), expected);
	assert_int_equal(site->problems.errors, 1);
	buf_init(&text, 4096);
	problems_text(&site->problems, LANG_EN, &text);
	if (strstr(buf_text(&text), words) == NULL)
		fail_msg("\"%s\" says nothing of \"%s\"", buf_text(&text), words);
	assert_non_null(site->problems.list[0].remedy[LANG_EN]);
	/* Said in Chinese too. */
	assert_string_not_equal(site->problems.list[0].reason[LANG_ZH], site->problems.list[0].reason[LANG_EN]);
	assert_string_not_equal(site->problems.list[0].remedy[LANG_ZH], site->problems.list[0].remedy[LANG_EN]);
	buf_fini(&text);
}

static void a_missing_folder_is_made_and_opens_again(void **state)
{
	struct site *site = *state;

	make(site);
	assert_true(folder_has(&site->folder, "state/ledger.db"));
	assert_true(folder_has(&site->folder, "state/ledger.reserve"));
	assert_false(folder_has(&site->folder, "state/ledger.db-wal"));
	make(site);
	assert_int_equal(site->problems.count, 0);
}

static void a_newer_schema_is_refused(void **state)
{
	struct site *site = *state;

	make(site);
	run_sql(site, "PRAGMA user_version = 99");
	assert_refused(site, RESULT_INVALID, "newer crier (format 99");
}

static void another_programs_file_is_refused(void **state)
{
	struct site *site = *state;

	folder_make_in(&site->folder, "state");
	run_sql(site, "CREATE TABLE other (x)");
	assert_refused(site, RESULT_CORRUPT, "no ledger of crier");
}

static void a_file_that_is_no_database_is_refused(void **state)
{
	struct site *site = *state;
	char text[5000];

	memset(text, 'x', sizeof(text));
	folder_make_in(&site->folder, "state");
	folder_write(&site->folder, "state/ledger.db", text, sizeof(text));
	assert_refused(site, RESULT_CORRUPT, "damaged");
}

/* Overwrites pages in the middle of the file. */
static void a_damaged_file_is_refused(void **state)
{
	struct site *site = *state;
	char junk[4096];

	make(site);
	memset(junk, 0xa5, sizeof(junk));
	int fd = open(folder_at(&site->folder, "state/ledger.db"), O_WRONLY);

	for (int page = 1; page < 12; page++)
		assert_int_equal(pwrite(fd, junk, sizeof(junk), page * 4096), sizeof(junk));
	close(fd);
	assert_refused(site, RESULT_CORRUPT, "damaged");
}

static void a_table_that_is_missing_is_refused(void **state)
{
	struct site *site = *state;

	make(site);
	run_sql(site, "DROP TABLE red_switch");
	assert_refused(site, RESULT_CORRUPT, "damaged");
}

static void a_second_crier_is_refused(void **state)
{
	struct site *site = *state;
	struct ledger *ledger;

	assert_int_equal(try_open(site, &ledger), RESULT_OK);
	assert_refused(site, RESULT_BUSY, "another crier");
	ledger_close(ledger, NULL, NULL);
	turns_settle(site->loop);
}

static void a_folder_that_cannot_be_made_is_refused(void **state)
{
	struct site *site = *state;

	folder_write_text(&site->folder, "state", "a file where the folder should be");
	assert_refused(site, RESULT_NOT_FOUND, "folder cannot be used");
}

static void a_word_that_is_not_ours_is_refused_at_replay(void **state)
{
	struct site *site = *state;
	struct ledger *ledger;
	struct ledger_replay events = {0};

	make(site);
	run_sql(site,
		"INSERT INTO alert (number, id, source, status, action, urgency, level, lanes, state)"
		" VALUES (1, 'x', 'spool', 'actual', 'alert', 'urgently', 'red', 0, 'open')");
	assert_int_equal(try_open(site, &ledger), RESULT_OK);
	assert_int_equal(ledger_replay(ledger, &events, NULL, &site->problems), RESULT_CORRUPT);
	assert_int_equal(site->problems.errors, 1);
	assert_string_equal(site->problems.list[0].field, "alert");
	ledger_close(ledger, NULL, NULL);
	turns_settle(site->loop);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_missing_folder_is_made_and_opens_again),
		TEST(a_newer_schema_is_refused),
		TEST(another_programs_file_is_refused),
		TEST(a_file_that_is_no_database_is_refused),
		TEST(a_damaged_file_is_refused),
		TEST(a_table_that_is_missing_is_refused),
		TEST(a_second_crier_is_refused),
		TEST(a_folder_that_cannot_be_made_is_refused),
		TEST(a_word_that_is_not_ours_is_refused_at_replay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
