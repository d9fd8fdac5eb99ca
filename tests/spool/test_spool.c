/* The spool on a real folder and a real loop, with a stopped clock. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "desk.h"
#include "loop/file.h"
#include "testing/clock.h"
#include "testing/folder.h"
#include "testing/turns.h"

static void its_folders_are_made(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
	} expected[] = {{"tmp", 02770}, {"new", 02770}, {"work", 02750}, {"done", 02750}, {"failed", 02750}};
	struct fixture *f = *state;
	struct stat st;

	f->settings.group = getgid();
	desk_open_spool(f);
	assert_int_equal(f->scanned, 1);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(stat(folder_at(&f->folder, expected[i].name), &st), 0);
		assert_int_equal(st.st_mode & 07777, expected[i].mode);
	}
}

static void a_file_moved_in_is_taken_at_once_and_ends_in_done(void **state)
{
	struct fixture *f = *state;

	desk_open_spool(f);
	desk_drop(f, "刷单.txt", "text");
	turns_settle(f->loop); /* no time passes */
	assert_int_equal(f->taken, 1);
	assert_string_equal(f->names[0], "刷单.txt");
	assert_string_equal(f->bytes[0], "text");
	assert_false(f->leftover[0]);
	assert_int_equal(folder_count(&f->folder, "work"), 1);
	assert_int_equal(folder_count(&f->folder, "new"), 0);
	assert_int_equal(spool_judging(f->spool), 1);
	spool_done(f->spool, f->held[0], NULL);
	turns_settle(f->loop);
	assert_int_equal(spool_judging(f->spool), 0);
	assert_int_equal(folder_count(&f->folder, "work"), 0);
	assert_int_equal(folder_count(&f->folder, "done"), 1);
	char *name = folder_find(&f->folder, "done", "-刷单.txt");
	assert_non_null(name);
	char stamp[24];
	clock_stamp(clock_wall_ms(), stamp);
	assert_int_equal(strncmp(name, stamp, 8), 0);
	free(name);
}

static void a_refused_file_ends_in_failed_with_both_languages(void **state)
{
	struct fixture *f = *state;
	struct problems problems;

	desk_open_spool(f);
	desk_drop(f, "a.cfg", "x");
	turns_settle(f->loop);
	problems_init(&problems);
	struct place at = {.line = 3};
	problem_add(&problems, PROBLEM_ERROR, &at, "type", "%s", "no such type");
	spool_failed(f->spool, f->held[0], &problems);
	problems_fini(&problems);
	turns_settle(f->loop);
	assert_int_equal(folder_count(&f->folder, "failed"), 2);
	char *reason = desk_reason_in(f, "failed");
	assert_int_equal(
		strncmp(reason,
			"\xef\xbb\xbf文件：a.cfg\r\n未接受，原因：\r\n  第 3 行 type：no such type\r\n\r\nFile: a.cfg\r\n",
			strlen("\xef\xbb\xbf文件：a.cfg\r\n未接受，原因：\r\n  第 3 行 type：no such type\r\n\r\nFile: a.cfg\r\n")),
		0);
	for (const char *c = reason; *c != '\0'; c++)
		if (*c == '\n')
			assert_true(c > reason && c[-1] == '\r');
	free(reason);
}

static void an_accepted_file_with_notes_has_a_reason_in_done(void **state)
{
	struct fixture *f = *state;
	struct problems notes;

	desk_open_spool(f);
	desk_drop(f, "a.cfg", "x");
	turns_settle(f->loop);
	problems_init(&notes);
	problem_add(&notes, PROBLEM_WARNING, NULL, NULL, "%s", "seen before");
	spool_done(f->spool, f->held[0], &notes);
	problems_fini(&notes);
	turns_settle(f->loop);
	char *reason = desk_reason_in(f, "done");
	assert_non_null(strstr(reason, "已接受"));
	assert_non_null(strstr(reason, "seen before"));
	free(reason);
}

static void a_file_copied_in_place_is_taken_when_it_stands_still(void **state)
{
	struct fixture *f = *state;

	desk_open_spool(f);
	folder_write_text(&f->folder, "new/slow.txt", "one ");
	turns_pass(f->loop, 2000);
	assert_int_equal(f->taken, 0);
	folder_append(&f->folder, "new/slow.txt", "two ");
	desk_set_mtime(f, "new/slow.txt", 0);
	turns_pass(f->loop, 2900);
	assert_int_equal(f->taken, 0);
	turns_pass(f->loop, 200);
	assert_int_equal(f->taken, 1);
	assert_string_equal(f->bytes[0], "one two ");
}

static void a_file_that_grows_without_being_closed_is_not_taken(void **state)
{
	struct fixture *f = *state;

	desk_open_spool(f);
	int fd = open(folder_at(&f->folder, "new/grow.txt"), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(write(fd, "x", 1), 1);
		desk_set_mtime(f, "new/grow.txt", 0);
		turns_pass(f->loop, 2500);
		assert_int_equal(f->taken, 0);
	}
	close(fd);
	turns_pass(f->loop, 3000);
	assert_int_equal(f->taken, 1);
	assert_string_equal(f->bytes[0], "xxxxxxxxxx");
}

static void a_file_whose_time_lies_ahead_is_watched_instead(void **state)
{
	struct fixture *f = *state;

	desk_open_spool(f);
	folder_write_text(&f->folder, "new/tomorrow.txt", "x");
	desk_set_mtime(f, "new/tomorrow.txt", -86400000);
	turns_pass(f->loop, 2900);
	assert_int_equal(f->taken, 0);
	turns_pass(f->loop, 3200);
	assert_int_equal(f->taken, 1);
}

static void old_files_found_at_the_start_are_taken_at_once_oldest_first(void **state)
{
	struct fixture *f = *state;

	folder_make_in(&f->folder, "new");
	folder_write_text(&f->folder, "new/b", "third");
	folder_write_text(&f->folder, "new/a", "second");
	folder_write_text(&f->folder, "new/z", "first");
	desk_set_mtime(f, "new/b", 5000);
	desk_set_mtime(f, "new/a", 5000);
	desk_set_mtime(f, "new/z", 60000);
	f->manner = DONE;
	desk_open_spool(f);
	assert_int_equal(f->taken, 3);
	assert_string_equal(f->bytes[0], "first");
	assert_string_equal(f->bytes[1], "second");
	assert_string_equal(f->bytes[2], "third");
}

static void unfinished_names_are_passed_over_until_they_are_renamed(void **state)
{
	static const char *const names[] = {".hidden", "a.txt~", "a.swp", "a.tmp", "a.part", "A.PART"};
	struct fixture *f = *state;
	char path[100];

	desk_open_spool(f);
	for (size_t i = 0; i < 6; i++)
		desk_drop(f, names[i], "x");
	turns_pass(f->loop, 100000);
	assert_int_equal(f->taken, 0);
	assert_int_equal(folder_count(&f->folder, "new"), 6);
	snprintf(path, sizeof(path), "new/%s", names[4]);
	folder_rename(&f->folder, path, "new/a.txt");
	turns_settle(f->loop);
	assert_int_equal(f->taken, 1);
}

static void what_is_no_file_is_refused(void **state)
{
	struct fixture *f = *state;

	desk_open_spool(f);
	assert_int_equal(symlink("/etc/passwd", folder_at(&f->folder, "new/link.txt")), 0);
	desk_set_mtime(f, "new/link.txt", 60000);
	turns_pass(f->loop, 3100);
	assert_int_equal(f->refused, 1);
	assert_non_null(strstr(f->refused_zh, "符号链接"));
	assert_int_equal(mkfifo(folder_at(&f->folder, "new/pipe"), 0640), 0);
	turns_pass(f->loop, 3100);
	assert_int_equal(f->refused, 2);
	assert_int_equal(mkdir(folder_at(&f->folder, "new/folder.txt"), 0750), 0);
	folder_write_text(&f->folder, "new/folder.txt/inside", "x");
	turns_pass(f->loop, 3100);
	assert_int_equal(f->refused, 3);
	assert_non_null(strstr(f->refused_zh, "文件夹"));
	if (mknod(folder_at(&f->folder, "new/null"), S_IFCHR | 0640, makedev(1, 3)) == 0) {
		turns_pass(f->loop, 3100);
		assert_int_equal(f->refused, 4);
	}
	assert_int_equal(f->taken, 0);
	assert_int_equal(folder_count(&f->folder, "new"), 0);
	assert_int_equal(folder_count(&f->folder, "work"), 0);
}

static void a_file_over_the_maximum_is_refused_and_one_of_it_is_not(void **state)
{
	struct fixture *f = *state;
	char *bytes = calloc(1, SPOOL_FILE_MOST + 2);

	memset(bytes, 'x', SPOOL_FILE_MOST + 1);
	desk_open_spool(f);
	desk_drop(f, "big.txt", bytes);
	turns_settle(f->loop);
	assert_int_equal(f->refused, 1);
	assert_string_equal(f->refused_name, "big.txt");
	bytes[SPOOL_FILE_MOST] = '\0';
	desk_drop(f, "fits.txt", bytes);
	turns_settle(f->loop);
	assert_int_equal(f->taken, 1);
	assert_int_equal(f->held[0]->size, SPOOL_FILE_MOST);
	free(bytes);
}

static void an_empty_file_is_handed_over_like_any_other(void **state)
{
	struct fixture *f = *state;

	desk_open_spool(f);
	desk_drop(f, "empty.txt", "");
	turns_settle(f->loop);
	assert_int_equal(f->taken, 1);
	assert_int_equal(f->held[0]->size, 0);
	assert_string_equal(f->held[0]->bytes, "");
}

static void a_strangers_file_is_refused_and_a_members_is_taken(void **state)
{
	struct fixture *f = *state;
	struct passwd *user = getpwnam("nobody");
	uid_t nobody = user != NULL ? user->pw_uid : 0;
	user = getpwnam("daemon");
	uid_t member = user != NULL ? user->pw_uid : 0;

	if (getuid() != 0 || nobody == 0 || member == 0) {
		skip();
		return;
	}
	f->settings.group = user->pw_gid;
	desk_open_spool(f);
	folder_write_text(&f->folder, "tmp/x", "x");
	assert_int_equal(chown(folder_at(&f->folder, "tmp/x"), nobody, (gid_t)-1), 0);
	folder_rename(&f->folder, "tmp/x", "new/x.txt");
	turns_settle(f->loop);
	assert_int_equal(f->taken, 0);
	assert_int_equal(f->refused, 1);
	assert_non_null(strstr(f->refused_zh, "nobody"));
	folder_write_text(&f->folder, "tmp/y", "y");
	assert_int_equal(chown(folder_at(&f->folder, "tmp/y"), member, (gid_t)-1), 0);
	folder_rename(&f->folder, "tmp/y", "new/y.txt");
	turns_settle(f->loop);
	assert_int_equal(f->taken, 1);
	assert_int_equal(f->held[0]->uid, member);
}

/* The table's open, without the right to read alerts. */
static int no_right_open(int dirfd, const char *path, int flags, mode_t mode)
{
	if (strstr(path, "secret") != NULL) {
		errno = EACCES;
		return -1;
	}
	return file_system.open(dirfd, path, flags, mode);
}

static void an_unreadable_file_is_refused_with_the_remedy(void **state)
{
	struct fixture *f = *state;
	struct file_table table = file_system;

	table.open = no_right_open;
	desk_open_spool(f);
	file = &table;
	desk_drop(f, "secret.txt", "x");
	turns_settle(f->loop);
	file = &file_system;
	assert_int_equal(f->refused, 1);
	/* The reason's own name holds the word too, so it could not be written: the file is still put aside. */
	assert_int_equal(folder_count(&f->folder, "failed"), 1);
	assert_int_equal(folder_count(&f->folder, "work"), 0);
}

static void odd_names_become_safe_ones(void **state)
{
	static const struct {
		const char *name;
		const char *safe;
	} cases[] = {
		{"two words.txt", "two words.txt"},
		{"line\nbreak.txt", "line_break.txt"},
		{"gbk-\xb7\xb4\xd5\xa9.txt", "gbk-反诈.txt"},
		{"neither-\xff\xfe\x80.txt", "neither-___.txt"},
		{"rtl\xe2\x80\xaetxt.exe", "rtl_txt.exe"},
		{"-rf", "-rf"},
		{"back\\slash", "back_slash"},
		{"%s%n", "%s%n"},
	};
	struct fixture *f = *state;

	desk_open_spool(f);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		desk_drop(f, cases[i].name, "x");
		turns_settle(f->loop);
		assert_int_equal(f->taken, i + 1);
		assert_string_equal(f->names[i], cases[i].safe);
	}
}

static void very_long_names_keep_their_ending(void **state)
{
	struct fixture *f = *state;
	char name[256] = "";

	for (int i = 0; i < 83; i++)
		strcat(name, "\xe8\xad\xa6"); /* 249 bytes */
	strcat(name, ".json");
	f->manner = DONE;
	desk_open_spool(f);
	desk_drop(f, name, "x");
	turns_settle(f->loop);
	assert_int_equal(f->taken, 1);
	assert_in_range(strlen(f->names[0]), 150, 160);
	assert_string_equal(f->names[0] + strlen(f->names[0]) - 5, ".json");
	assert_int_equal(folder_count(&f->folder, "done"), 1);
}

static void leftovers_are_handed_over_again_first(void **state)
{
	struct fixture *f = *state;

	desk_open_spool(f);
	desk_drop(f, "one.txt", "1");
	desk_drop(f, "two.txt", "2");
	turns_settle(f->loop);
	assert_int_equal(f->taken, 2);
	desk_close_spool(f);
	desk_forget_seen(f);
	desk_drop(f, "three.txt", "3");
	desk_set_mtime(f, "new/three.txt", 100000);
	desk_open_spool(f);
	turns_settle(f->loop);
	assert_int_equal(f->taken, 3);
	assert_string_equal(f->names[0], "one.txt");
	assert_string_equal(f->names[1], "two.txt");
	assert_string_equal(f->names[2], "three.txt");
	assert_true(f->leftover[0] && f->leftover[1] && !f->leftover[2]);
	assert_string_equal(f->bytes[1], "2");
}

static void only_so_many_are_on_the_desk_and_the_rest_waits(void **state)
{
	struct fixture *f = *state;
	char name[32];

	f->settings.at_once = 3;
	desk_open_spool(f);
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "%02d.txt", i);
		desk_drop(f, name, name);
	}
	turns_pass(f->loop, 60000);
	assert_int_equal(f->taken, 3);
	assert_int_equal(spool_judging(f->spool), 3);
	assert_int_equal(spool_waiting(f->spool), 7);
	spool_done(f->spool, f->held[1], NULL);
	turns_settle(f->loop);
	assert_int_equal(f->taken, 4);
	spool_pause(f->spool);
	spool_done(f->spool, f->held[0], NULL);
	spool_done(f->spool, f->held[2], NULL);
	turns_pass(f->loop, 60000);
	assert_int_equal(f->taken, 4);
	spool_resume(f->spool);
	turns_settle(f->loop);
	assert_int_equal(f->taken, 6);
	f->manner = DONE;
	for (int i = 3; i < 6; i++)
		spool_done(f->spool, f->held[i], NULL);
	turns_settle(f->loop);
	assert_int_equal(f->taken, 10);
	assert_int_equal(folder_count(&f->folder, "done"), 10);
	for (unsigned int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "%02u.txt", i);
		assert_string_equal(f->names[i], name);
	}
}

static void a_young_file_moved_in_stays_complete_through_scans(void **state)
{
	struct fixture *f = *state;

	desk_open_spool(f);
	spool_pause(f->spool);
	desk_drop(f, "a.txt", "x");
	turns_settle(f->loop);
	desk_set_mtime(f, "new/a.txt", 0);
	spool_scan(f->spool);
	turns_settle(f->loop);
	spool_scan(f->spool);
	turns_settle(f->loop);
	spool_resume(f->spool);
	turns_settle(f->loop);
	/* Its time was changed after it was queued, so it must stand still first. */
	assert_int_equal(f->taken, 0);
	turns_pass(f->loop, 3100);
	assert_int_equal(f->taken, 1);
	spool_pause(f->spool);
	desk_drop(f, "b.txt", "x");
	turns_settle(f->loop);
	spool_scan(f->spool);
	turns_settle(f->loop);
	spool_resume(f->spool);
	turns_settle(f->loop);
	assert_int_equal(f->taken, 2);
}

static void a_verdict_put_off_comes_back_with_the_next_scan(void **state)
{
	struct fixture *f = *state;

	f->manner = LATER;
	desk_open_spool(f);
	desk_drop(f, "a.txt", "x");
	turns_settle(f->loop);
	assert_int_equal(f->taken, 1);
	turns_pass(f->loop, 20000);
	assert_int_equal(f->taken, 1);
	f->manner = DONE;
	turns_pass(f->loop, 12000);
	assert_int_equal(f->taken, 2);
	assert_string_equal(f->names[1], "a.txt");
	assert_string_equal(f->bytes[1], "x");
	assert_int_equal(folder_count(&f->folder, "done"), 1);
}

static void drop_many(struct fixture *f, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		char name[32];
		snprintf(name, sizeof(name), "wait-%02u.txt", i);
		desk_drop(f, name, "x");
	}
	turns_settle(f->loop);
}

static void files_put_off_hold_no_new_one_up(void **state)
{
	struct fixture *f = *state;

	f->settings.at_once = 2;
	f->manner = LATER;
	desk_open_spool(f);
	drop_many(f, 10);
	assert_int_equal(f->taken, 10);
	f->manner = DONE;
	desk_drop(f, "now.txt", "x");
	turns_settle(f->loop);
	assert_int_equal(f->taken, 11);
	assert_string_equal(f->names[10], "now.txt");
}

static void what_is_new_goes_before_what_was_put_off(void **state)
{
	struct fixture *f = *state;

	f->settings.at_once = 2;
	f->manner = LATER;
	desk_open_spool(f);
	drop_many(f, 2);
	spool_pause(f->spool);
	turns_pass(f->loop, 31000);
	for (int i = 0; i < 3; i++)
		desk_drop(f, (const char *[]){"a.txt", "b.txt", "c.txt"}[i], "x");
	turns_settle(f->loop);
	desk_forget_seen(f);
	f->manner = DONE;
	spool_resume(f->spool);
	turns_settle(f->loop);
	assert_int_equal(f->taken, 5);
	for (int i = 0; i < 3; i++)
		assert_int_not_equal(f->names[i][0], 'w');
	assert_string_equal(f->names[3], "wait-00.txt");
	assert_string_equal(f->bytes[4], "x");
}

static void files_put_off_are_bounded_and_all_taken_in_the_end(void **state)
{
	struct fixture *f = *state;

	f->settings.at_once = 1;
	f->manner = LATER;
	desk_open_spool(f);
	drop_many(f, 20);
	assert_int_equal(f->taken, 16);
	assert_int_equal(folder_count(&f->folder, "new"), 4);
	turns_pass(f->loop, 31000);
	assert_int_equal(folder_count(&f->folder, "new"), 4);
	f->manner = DONE;
	turns_pass(f->loop, 31000);
	assert_int_equal(folder_count(&f->folder, "done"), 20);
	assert_int_equal(folder_count(&f->folder, "work"), 0);
}

static void a_file_that_goes_before_it_is_taken_is_forgotten(void **state)
{
	struct fixture *f = *state;

	desk_open_spool(f);
	desk_drop(f, "a.txt", "x");
	unlink(folder_at(&f->folder, "new/a.txt"));
	folder_write_text(&f->folder, "new/b.txt", "x");
	turns_pass(f->loop, 1000);
	unlink(folder_at(&f->folder, "new/b.txt"));
	turns_pass(f->loop, 10000);
	assert_int_equal(f->taken, 0);
	assert_int_equal(f->refused, 0);
	assert_int_equal(spool_waiting(f->spool), 0);
}

static void a_name_dropped_twice_is_taken_twice(void **state)
{
	struct fixture *f = *state;

	f->manner = DONE;
	desk_open_spool(f);
	desk_drop(f, "a.txt", "1");
	turns_settle(f->loop);
	desk_drop(f, "a.txt", "2");
	turns_settle(f->loop);
	assert_int_equal(f->taken, 2);
	assert_string_equal(f->bytes[1], "2");
	assert_int_equal(folder_count(&f->folder, "done"), 2);
}

static void a_replaced_folder_is_watched_in_its_turn(void **state)
{
	struct fixture *f = *state;

	f->manner = DONE;
	desk_open_spool(f);
	folder_rename(&f->folder, "new", "old");
	folder_make_in(&f->folder, "new");
	turns_pass(f->loop, 31000);
	desk_drop(f, "a.txt", "x");
	turns_settle(f->loop);
	assert_int_equal(f->taken, 1);
	assert_int_equal(rmdir(folder_at(&f->folder, "new")), 0);
	turns_pass(f->loop, 31000);
	assert_true(folder_has(&f->folder, "new"));
	desk_drop(f, "b.txt", "x");
	turns_settle(f->loop);
	assert_int_equal(f->taken, 2);
}

static void a_removed_target_folder_is_made_again(void **state)
{
	struct fixture *f = *state;

	desk_open_spool(f);
	desk_drop(f, "a.txt", "x");
	turns_settle(f->loop);
	assert_int_equal(rmdir(folder_at(&f->folder, "done")), 0);
	spool_done(f->spool, f->held[0], NULL);
	assert_int_equal(folder_count(&f->folder, "done"), 1);
}

static void any_removed_folder_is_made_again_before_it_is_missed(void **state)
{
	static const char *const names[] = {"work", "tmp", "done", "failed"};
	struct fixture *f = *state;

	f->manner = DONE;
	desk_open_spool(f);
	/* At once where a file needs it … */
	assert_int_equal(rmdir(folder_at(&f->folder, "work")), 0);
	desk_drop(f, "a.txt", "x");
	turns_settle(f->loop);
	assert_int_equal(f->taken, 1);
	/* … and with the next scan where only an officer would. */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char away[32];
		snprintf(away, sizeof(away), "%s.away", names[i]);
		folder_rename(&f->folder, names[i], away);
	}
	turns_pass(f->loop, 31000);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(folder_has(&f->folder, names[i]));
}

static void more_events_than_the_kernel_keeps_lose_nothing(void **state)
{
	struct fixture *f = *state;
	char from[64], to[64];
	char limit[32] = "16384";
	FILE *setting = fopen("/proc/sys/fs/inotify/max_queued_events", "re");

	if (setting != NULL) {
		assert_non_null(fgets(limit, sizeof(limit), setting));
		fclose(setting);
	}
	unsigned int count = (unsigned int)strtoul(limit, NULL, 10) + 1000;
	if (count > 20000) {
		skip();
		return;
	}
	f->manner = DONE;
	desk_open_spool(f);
	for (unsigned int i = 0; i < count; i++) {
		snprintf(from, sizeof(from), "tmp/%u", i);
		snprintf(to, sizeof(to), "new/%u.txt", i);
		folder_write_text(&f->folder, from, "x");
		folder_rename(&f->folder, from, to);
	}
	turns_settle(f->loop);
	for (int i = 0; i < 40 && f->taken < count; i++)
		turns_pass(f->loop, 3000);
	assert_int_equal(f->taken, count);
	assert_int_equal(folder_count(&f->folder, "done"), count);
	assert_int_equal(folder_count(&f->folder, "new"), 0);
}

static void more_files_in_the_making_than_are_watched_are_all_found(void **state)
{
	struct fixture *f = *state;
	char name[64];

	f->manner = DONE;
	desk_open_spool(f);
	for (unsigned int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "new/%u.txt", i);
		folder_write_text(&f->folder, name, "x");
	}
	turns_settle(f->loop);
	assert_int_equal(f->taken, 0);
	assert_int_equal(spool_waiting(f->spool), 4096);
	for (int i = 0; i < 12; i++)
		turns_pass(f->loop, 3100);
	assert_int_equal(f->taken, 5000);
}

static void a_callback_may_close_the_spool(void **state)
{
	struct fixture *f = *state;

	f->manner = CLOSE;
	desk_open_spool(f);
	desk_drop(f, "a.txt", "1");
	desk_drop(f, "b.txt", "2");
	turns_settle(f->loop);
	f->spool = NULL;
	assert_true(f->closed);
	assert_int_equal(f->taken, 1);
	/* Both were claimed at once; whichever was not judged is a leftover for the next start. */
	assert_int_equal(folder_count(&f->folder, "work"), 2);
	assert_int_equal(folder_count(&f->folder, "new"), 0);
}

static void a_root_that_cannot_be_made_is_explained(void **state)
{
	static const struct spool_events events = {.taken = desk_on_taken};
	struct fixture *f = *state;
	struct problems problems;
	struct spool *spool = NULL;

	folder_write_text(&f->folder, "plain", "x");
	f->settings.root = folder_at(&f->folder, "plain");
	problems_init(&problems);
	assert_int_not_equal(spool_open(f->loop, &f->settings, &events, f, &spool, &problems), RESULT_OK);
	assert_null(spool);
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.list[0].field, "paths.spool");
	problems_fini(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(its_folders_are_made),
		CASE(a_file_moved_in_is_taken_at_once_and_ends_in_done),
		CASE(a_refused_file_ends_in_failed_with_both_languages),
		CASE(an_accepted_file_with_notes_has_a_reason_in_done),
		CASE(a_file_copied_in_place_is_taken_when_it_stands_still),
		CASE(a_file_that_grows_without_being_closed_is_not_taken),
		CASE(a_file_whose_time_lies_ahead_is_watched_instead),
		CASE(old_files_found_at_the_start_are_taken_at_once_oldest_first),
		CASE(unfinished_names_are_passed_over_until_they_are_renamed),
		CASE(what_is_no_file_is_refused),
		CASE(a_file_over_the_maximum_is_refused_and_one_of_it_is_not),
		CASE(an_empty_file_is_handed_over_like_any_other),
		CASE(a_strangers_file_is_refused_and_a_members_is_taken),
		CASE(an_unreadable_file_is_refused_with_the_remedy),
		CASE(odd_names_become_safe_ones),
		CASE(very_long_names_keep_their_ending),
		CASE(leftovers_are_handed_over_again_first),
		CASE(only_so_many_are_on_the_desk_and_the_rest_waits),
		CASE(a_young_file_moved_in_stays_complete_through_scans),
		CASE(a_verdict_put_off_comes_back_with_the_next_scan),
		CASE(files_put_off_hold_no_new_one_up),
		CASE(what_is_new_goes_before_what_was_put_off),
		CASE(files_put_off_are_bounded_and_all_taken_in_the_end),
		CASE(a_file_that_goes_before_it_is_taken_is_forgotten),
		CASE(a_name_dropped_twice_is_taken_twice),
		CASE(a_replaced_folder_is_watched_in_its_turn),
		CASE(a_removed_target_folder_is_made_again),
		CASE(any_removed_folder_is_made_again_before_it_is_missed),
		CASE(more_events_than_the_kernel_keeps_lose_nothing),
		CASE(more_files_in_the_making_than_are_watched_are_all_found),
		CASE(a_callback_may_close_the_spool),
		CASE(a_root_that_cannot_be_made_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
