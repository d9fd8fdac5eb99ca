/* The store over starts, damage and opt-outs. */
#include "desk.h"

#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>

#define THREE \
	"phone,birth_year,roles,area,language,opt_out\n13800000001,1948,,320583100,zh,0\n" \
	"13800000002,2006,student,320583101,,1\n13800000003,,finance;parent,,en,0\n"

static void begins_with_nobody(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(people_top(roster_people(desk->roster)), 0);
	assert_true(set_empty(roster_optouts(desk->roster)));
	assert_true(set_empty(roster_gone(desk->roster)));
	assert_false(roster_due(desk->roster, NOW_MS));
	assert_int_equal(desk_id(desk, 13800000001), 0);
}

static void files_are_private(void **state)
{
	struct desk *desk = *state;
	static const char *const names[] = {"roster.db", "optouts.db", "roster.snapshot", "roster.db-wal"};
	struct stat st;

	assert_int_equal(desk_import(desk, THREE), RESULT_OK);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (stat(folder_at(&desk->folder, names[i]), &st) == 0)
			assert_int_equal(st.st_mode & 0777, 0600);
	}
}

static void an_opt_out_counts_at_once_and_after_a_start(void **state)
{
	struct desk *desk = *state;
	struct roster_optout optout;

	assert_int_equal(desk_import(desk, THREE), RESULT_OK);
	assert_int_equal(roster_optout_add(desk->roster, 13800000001, "operator zhang", 5), RESULT_OK);
	assert_int_equal(roster_optout_add(desk->roster, 13800000001, "operator li", 6), RESULT_EXISTS);
	assert_int_equal(roster_optout_add(desk->roster, 13999999999, "operator li", 7), RESULT_OK);
	assert_true(set_contains(roster_optouts(desk->roster), desk_id(desk, 13800000001)));
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(set_count(roster_optouts(desk->roster)), 2);
	assert_int_equal(roster_optout_get(desk->roster, 13800000001, &optout), RESULT_OK);
	assert_string_equal(optout.source, "operator zhang");
	assert_int_equal(optout.at_ms, 5);
	/* of a number that joins later too */
	assert_int_equal(desk_import(desk, THREE "13999999999,,,,,\n"), RESULT_OK);
	assert_true(set_contains(roster_optouts(desk->roster), desk_id(desk, 13999999999)));
	assert_int_equal(roster_optout_remove(desk->roster, 13800000001), RESULT_OK);
	assert_int_equal(roster_optout_remove(desk->roster, 13800000001), RESULT_NOT_FOUND);
	assert_int_equal(set_count(roster_optouts(desk->roster)), 2);
}

static void collect(void *arg, const struct roster_optout *optout)
{
	phone_t **next = arg;

	*(*next)++ = optout->phone;
}

static void opt_outs_are_listed_in_pages(void **state)
{
	struct desk *desk = *state;
	phone_t found[8], *next = found;
	uint32_t count;

	for (phone_t i = 0; i < 5; i++)
		assert_int_equal(roster_optout_add(desk->roster, 13800000000 + i, "x", 1), RESULT_OK);
	assert_int_equal(roster_optout_list(desk->roster, 0, 3, collect, &next, &count), RESULT_OK);
	assert_int_equal(count, 3);
	assert_int_equal(roster_optout_list(desk->roster, found[2], 3, collect, &next, &count), RESULT_OK);
	assert_int_equal(count, 2);
	for (phone_t i = 0; i < 5; i++)
		assert_int_equal(found[i], 13800000000 + i);
}

static void a_held_view_survives_a_refresh(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(desk_import(desk, THREE), RESULT_OK);
	struct roster_view *view = roster_hold(desk->roster);
	assert_int_equal(desk_import(desk, THREE "13800000004,,,,,\n"), RESULT_OK);
	assert_int_equal(people_top(roster_view_people(view)), 3);
	assert_int_equal(people_top(roster_people(desk->roster)), 4);
	assert_int_equal(people_phone(roster_view_people(view), 2), 13800000002);
	roster_release(&view);
	assert_null(view);
}

static void a_snapshot_that_is_missing_or_damaged_is_made_again(void **state)
{
	struct desk *desk = *state;
	size_t size;

	assert_int_equal(desk_import(desk, THREE), RESULT_OK);
	roster_close(&desk->roster);
	char *good = folder_read(&desk->folder, "roster.snapshot", &size);
	for (size_t at = 0; at < size; at += 37) {
		char *bad = malloc(size);
		memcpy(bad, good, size);
		bad[at] ^= 0x10;
		folder_write(&desk->folder, "roster.snapshot", bad, size);
		desk_open_roster(desk, NOW_MS);
		assert_int_equal(people_top(roster_people(desk->roster)), 3);
		assert_true(desk_under(desk, PEOPLE_ROLE, "student", 13800000002));
		roster_close(&desk->roster);
		free(bad);
	}
	folder_write(&desk->folder, "roster.snapshot", good, size / 2);
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(people_top(roster_people(desk->roster)), 3);
	unlink(folder_at(&desk->folder, "roster.snapshot"));
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(people_top(roster_people(desk->roster)), 3);
	free(good);
}

static void a_snapshot_of_another_time_is_made_again(void **state)
{
	struct desk *desk = *state;
	size_t size;

	assert_int_equal(desk_import(desk, THREE), RESULT_OK);
	char *old = folder_read(&desk->folder, "roster.snapshot", &size);
	assert_int_equal(desk_import(desk, THREE "13800000004,,,,,\n"), RESULT_OK);
	folder_write(&desk->folder, "roster.snapshot", old, size);
	free(old);
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(people_top(roster_people(desk->roster)), 4);
}

/* Another version lays the file out otherwise: it is not read at all, whatever its sums say. */
static void a_snapshot_of_another_version_is_made_again(void **state)
{
	struct desk *desk = *state;
	size_t size;

	assert_int_equal(desk_import(desk, THREE), RESULT_OK);
	char *good = folder_read(&desk->folder, "roster.snapshot", &size);
	char *other = memcpy(malloc(size), good, size), *version = memchr(other, '\n', size);
	assert_non_null(version);
	version[-1]--;
	folder_write(&desk->folder, "roster.snapshot", other, size);
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(people_top(roster_people(desk->roster)), 3);
	size_t again_size;
	char *again = folder_read(&desk->folder, "roster.snapshot", &again_size);
	assert_int_equal(again_size, size);
	assert_memory_equal(again, good, size);
	free(good);
	free(other);
	free(again);
}

static void a_lost_database_is_not_replaced_by_an_empty_one(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(desk_import(desk, THREE), RESULT_OK);
	roster_close(&desk->roster);
	unlink(folder_at(&desk->folder, "roster.db"));
	unlink(folder_at(&desk->folder, "roster.db-wal"));
	unlink(folder_at(&desk->folder, "roster.db-shm"));
	assert_int_equal(roster_open(desk->folder.path, NOW_MS, &desk->roster, &desk->problems), RESULT_CORRUPT);
	assert_true(desk_told(desk, "database is missing"));
	assert_false(folder_has(&desk->folder, "roster.db"));
	/* the way out that the message names */
	unlink(folder_at(&desk->folder, "roster.snapshot"));
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(people_top(roster_people(desk->roster)), 0);
}

static void a_damaged_database_is_refused_with_words(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(desk_import(desk, THREE), RESULT_OK);
	roster_close(&desk->roster);
	unlink(folder_at(&desk->folder, "roster.db-wal"));
	folder_write_text(&desk->folder, "roster.db",
		"this is not a database, though it is long enough to be looked at");
	assert_int_equal(roster_open(desk->folder.path, NOW_MS, &desk->roster, &desk->problems), RESULT_CORRUPT);
	assert_true(desk_told(desk, "from a backup"));
}

static void a_folder_that_is_not_there_is_refused(void **state)
{
	struct desk *desk = *state;
	struct roster *roster = NULL;

	assert_int_equal(roster_open("/nonexistent/state", NOW_MS, &roster, &desk->problems), RESULT_NOT_FOUND);
	assert_null(roster);
	assert_int_equal(desk->problems.errors, 1);
}

static uint32_t row(const struct roster_table *table, const char *key)
{
	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->rows[i].key, key) == 0)
			return table->rows[i].count;
	}
	return UINT32_MAX;
}

static void statistics_add_up(void **state)
{
	struct desk *desk = *state;
	struct roster_stats stats;

	assert_int_equal(desk_import(desk, THREE "13800000009,2012,学生;未成年人,320583101,,\n"), RESULT_OK);
	assert_int_equal(desk_import(desk, THREE), RESULT_OK);
	assert_int_equal(roster_stats(desk->roster, 2026, NOW_MS, &stats), RESULT_OK);
	assert_int_equal(stats.known, 4);
	assert_int_equal(stats.present, 3);
	assert_int_equal(stats.gone, 1);
	assert_int_equal(stats.opted_out, 1);
	assert_int_equal(stats.optouts, 1);
	assert_int_equal(row(&stats.lists, "玉山镇"), 3);
	assert_int_equal(row(&stats.areas, "320583100"), 1);
	assert_int_equal(row(&stats.areas, ""), 1);
	assert_int_equal(row(&stats.roles, "parent"), 1);
	assert_int_equal(row(&stats.ages, "70+"), 1);
	assert_int_equal(row(&stats.ages, "18-29"), 1);
	assert_int_equal(row(&stats.ages, ""), 1);
	assert_int_equal(row(&stats.languages, "en"), 1);
	roster_stats_fini(&stats);
}

static void finds_a_number_and_where_it_comes_from(void **state)
{
	struct desk *desk = *state;
	struct roster_person person;

	desk->order.until = "2026-12-31";
	assert_int_equal(desk_import(desk, THREE), RESULT_OK);
	assert_int_equal(roster_find(desk->roster, 13800000002, NOW_MS, &person), RESULT_OK);
	assert_int_equal(person.id, 2);
	assert_false(person.gone);
	assert_true(person.opted_out);
	assert_string_equal(person.optout.source, "list 玉山镇");
	assert_int_equal(person.list_count, 1);
	assert_string_equal(person.lists[0].until, "2026-12-31");
	assert_string_equal(person.lists[0].basis, "反电信网络诈骗法");
	assert_int_equal(person.lists[0].added_ms, NOW_MS);
	roster_person_fini(&person);
	/* after the list has ended */
	assert_int_equal(roster_find(desk->roster, 13800000002, NOW_MS + 60 * DAY_MS, &person), RESULT_OK);
	assert_true(person.gone);
	assert_true(person.lists[0].ended);
	assert_int_equal(person.birth_year, 0);
	roster_person_fini(&person);
	assert_int_equal(roster_find(desk->roster, 13811111111, NOW_MS, &person), RESULT_NOT_FOUND);
	roster_person_fini(&person);
}

static void lists_are_told_by_name(void **state)
{
	struct desk *desk = *state;
	struct roster_list *lists;
	size_t count;

	assert_int_equal(desk_import(desk, THREE), RESULT_OK);
	desk->order.list = "bank";
	desk->order.now_ms = NOW_MS + DAY_MS;
	assert_int_equal(desk_import(desk, THREE), RESULT_OK);
	desk->order.now_ms = NOW_MS + 2 * DAY_MS;
	assert_int_equal(desk_import(desk, THREE "13800000007,,,,,\n"), RESULT_OK);
	assert_int_equal(roster_lists(desk->roster, NOW_MS, &lists, &count), RESULT_OK);
	assert_int_equal(count, 2);
	assert_string_equal(lists[0].name, "bank");
	assert_int_equal(lists[0].members, 4);
	assert_int_equal(lists[0].added_ms, NOW_MS + DAY_MS);
	assert_int_equal(lists[0].imported_ms, NOW_MS + 2 * DAY_MS);
	assert_string_equal(lists[1].name, "玉山镇");
	assert_null(lists[1].until);
	roster_lists_free(&lists, count);
}

static void opt_outs_of_an_import_that_was_cut_off_are_made_good(void **state)
{
	struct desk *desk = *state;
	sqlite3 *db;

	assert_int_equal(desk_import(desk, THREE), RESULT_OK);
	roster_close(&desk->roster);
	/* what stands in the database between the commit and the end of an import */
	assert_int_equal(sqlite3_open(folder_at(&desk->folder, "roster.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				 "INSERT INTO optout_due VALUES(13800000003, 'list x', 9);"
				 "UPDATE meta SET value = value + 1 WHERE name = 'generation'",
				 NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	desk_open_roster(desk, NOW_MS);
	assert_true(set_contains(roster_optouts(desk->roster), desk_id(desk, 13800000003)));
	assert_false(roster_due(desk->roster, NOW_MS));
	assert_int_equal(roster_optout_remove(desk->roster, 13800000003), RESULT_OK);
	desk_open_roster(desk, NOW_MS);
	assert_false(set_contains(roster_optouts(desk->roster), desk_id(desk, 13800000003)));
}

static void one_import_at_a_time(void **state)
{
	struct desk *desk = *state;
	struct problems problems;

	problems_init(&problems);
	int fd = open(folder_at(&desk->folder, "roster.lock"), O_RDWR | O_CREAT, 0600);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(desk_import(desk, THREE), RESULT_BUSY);
	assert_int_equal(roster_rebuild(desk->folder.path, NOW_MS, &problems), RESULT_BUSY);
	assert_true(desk_told(desk, "another import"));
	close(fd);
	assert_int_equal(desk_import(desk, THREE), RESULT_OK);
	problems_fini(&problems);
}

/* The order of a daemon: a worker imports and prepares, and opt-outs come and go all the while. */
static void opt_outs_during_an_import_are_not_lost(void **state)
{
	struct desk *desk = *state;
	struct roster_fresh *fresh = NULL;
	struct folder elsewhere;

	assert_int_equal(desk_import(desk, "phone\n13800000001\n13800000002\n13800000003\n13800000004\n"), RESULT_OK);
	assert_int_equal(roster_optout_add(desk->roster, 13800000001, "x", NOW_MS), RESULT_OK);
	folder_make(&elsewhere);
	folder_write_text(&elsewhere, "in.csv",
		"phone,opt_out\n13800000001,\n13800000002,\n13800000003,1\n13800000005,\n");
	desk->order.fd = open(folder_at(&elsewhere, "in.csv"), O_RDONLY);
	desk->order.list = "another";
	desk->order.reject_fd = -1;
	roster_expect(desk->roster);
	assert_int_equal(roster_optout_add(desk->roster, 13800000005, "before anybody knows them", NOW_MS), RESULT_OK);
	roster_totals_fini(&desk->totals);
	assert_int_equal(roster_import(&desk->order, &desk->totals, &desk->problems), RESULT_OK);
	assert_int_equal(roster_optout_add(desk->roster, 13800000002, "before it is read", NOW_MS), RESULT_OK);
	assert_int_equal(roster_prepare(desk->folder.path, &fresh, &desk->problems), RESULT_OK);
	assert_int_equal(roster_optout_add(desk->roster, 13800000004, "after it is read", NOW_MS), RESULT_OK);
	assert_int_equal(roster_optout_remove(desk->roster, 13800000001), RESULT_OK);
	assert_int_equal(roster_optout_remove(desk->roster, 13800000003), RESULT_OK);
	assert_int_equal(roster_optout_add(desk->roster, 13800000003, "again", NOW_MS), RESULT_OK);
	assert_int_equal(roster_take(desk->roster, &fresh, &desk->problems), RESULT_OK);
	assert_null(fresh);
	for (phone_t phone = 13800000001; phone <= 13800000005; phone++)
		assert_int_equal(set_contains(roster_optouts(desk->roster), desk_id(desk, phone)),
			phone != 13800000001);
	assert_int_equal(set_count(roster_optouts(desk->roster)), 4);
	/* nothing came of the next: nothing changes, and nothing is remembered */
	roster_expect(desk->roster);
	assert_int_equal(roster_optout_remove(desk->roster, 13800000004), RESULT_OK);
	assert_int_equal(roster_take(desk->roster, &fresh, &desk->problems), RESULT_OK);
	assert_int_equal(set_count(roster_optouts(desk->roster)), 3);
	close(desk->order.fd);
	folder_remove(&elsewhere);
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(set_count(roster_optouts(desk->roster)), 3);
}

static void what_is_prepared_need_not_be_taken(void **state)
{
	struct desk *desk = *state;
	struct roster_fresh *fresh = NULL;

	assert_int_equal(desk_import(desk, "phone\n13800000001\n"), RESULT_OK);
	assert_int_equal(roster_prepare(desk->folder.path, &fresh, &desk->problems), RESULT_OK);
	roster_fresh_free(&fresh);
	assert_null(fresh);
	assert_int_equal(roster_prepare("/nowhere", &fresh, &desk->problems), RESULT_NOT_FOUND);
	assert_null(fresh);
	assert_int_equal(desk_id(desk, 13800000001), 1);
}

/* An import under way knows nothing of those that the store would not take; they come over to its view all the same. */
static void opt_outs_that_wait_for_the_store_are_in_force(void **state)
{
	struct desk *desk = *state;
	struct roster_fresh *fresh = NULL;
	struct roster_optout optout;
	size_t written;
	sqlite3 *db;

	assert_int_equal(desk_import(desk, "phone\n13800000001\n13800000002\n"), RESULT_OK);
	assert_int_equal(sqlite3_open(folder_at(&desk->folder, "optouts.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (phone_t phone = 13800000001; phone <= 13800000003; phone++)
		assert_int_equal(roster_optout_keep(desk->roster, phone, "reply on sms", 5), RESULT_BUSY);
	assert_true(set_contains(roster_optouts(desk->roster), desk_id(desk, 13800000001)));
	assert_int_equal(roster_optout_get(desk->roster, 13800000003, &optout), RESULT_OK);
	assert_string_equal(optout.source, "reply on sms");
	assert_int_equal(roster_optout_settle(desk->roster, &written), RESULT_BUSY);
	assert_true(roster_optout_owed(desk->roster));
	sqlite3_close(db);

	/* Once with a view that was made before they are written, once with one taken over before. */
	assert_int_equal(desk_import(desk, "phone\n13800000001\n13800000002\n13800000003\n"), RESULT_OK);
	assert_int_equal(set_count(roster_optouts(desk->roster)), 3);
	roster_expect(desk->roster);
	assert_int_equal(roster_prepare(desk->folder.path, &fresh, &desk->problems), RESULT_OK);
	assert_int_equal(roster_optout_settle(desk->roster, &written), RESULT_OK);
	assert_int_equal(written, 3);
	assert_false(roster_optout_owed(desk->roster));
	assert_int_equal(roster_take(desk->roster, &fresh, &desk->problems), RESULT_OK);
	assert_int_equal(set_count(roster_optouts(desk->roster)), 3);
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(set_count(roster_optouts(desk->roster)), 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
	const struct CMUnitTest tests[] = {
		TEST(begins_with_nobody),
		TEST(files_are_private),
		TEST(an_opt_out_counts_at_once_and_after_a_start),
		TEST(opt_outs_are_listed_in_pages),
		TEST(a_held_view_survives_a_refresh),
		TEST(a_snapshot_that_is_missing_or_damaged_is_made_again),
		TEST(a_snapshot_of_another_time_is_made_again),
		TEST(a_snapshot_of_another_version_is_made_again),
		TEST(a_lost_database_is_not_replaced_by_an_empty_one),
		TEST(a_damaged_database_is_refused_with_words),
		TEST(a_folder_that_is_not_there_is_refused),
		TEST(statistics_add_up),
		TEST(finds_a_number_and_where_it_comes_from),
		TEST(lists_are_told_by_name),
		TEST(opt_outs_of_an_import_that_was_cut_off_are_made_good),
		TEST(one_import_at_a_time),
		TEST(opt_outs_during_an_import_are_not_lost),
		TEST(opt_outs_that_wait_for_the_store_are_in_force),
		TEST(what_is_prepared_need_not_be_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
