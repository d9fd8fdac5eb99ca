/* The spool on a disk that refuses, or loses what was not synced. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "desk.h"
#include "loop/file.h"
#include "testing/turns.h"

static int broken_rename(int from_dir, const char *from, int to_dir, const char *to)
{
	if (strncmp(to, "done/2", 6) == 0) {
		errno = ENOSPC;
		return -1;
	}
	return file_system.rename(from_dir, from, to_dir, to);
}

static void a_verdict_is_kept_while_the_disk_refuses_and_never_asked_for_twice(void **state)
{
	struct fixture *f = *state;
	struct file_table table = file_system;

	table.rename = broken_rename;
	desk_open_spool(f);
	desk_drop(f, "a.txt", "x");
	turns_settle(f->loop);
	file = &table;
	spool_done(f->spool, f->held[0], NULL);
	turns_pass(f->loop, 95000);
	assert_int_equal(folder_count(&f->folder, "work"), 1);
	file = &file_system;
	turns_pass(f->loop, 31000);
	assert_int_equal(folder_count(&f->folder, "work"), 0);
	assert_int_equal(folder_count(&f->folder, "done"), 1);
	assert_int_equal(f->taken, 1);
}

static atomic_bool syncs_fail;

static int failing_fsync(int fd)
{
	if (!atomic_load(&syncs_fail))
		return file_system.fsync(fd);
	errno = EIO;
	return -1;
}

/* Were it judged, its alert could be sent while the file comes back after a power loss as if it were another. */
static void what_cannot_be_claimed_durably_is_not_judged_until_it_can(void **state)
{
	struct fixture *f = *state;
	struct file_table table = file_system;

	table.fsync = failing_fsync;
	desk_open_spool(f);
	file = &table;
	atomic_store(&syncs_fail, true);
	desk_drop(f, "a.txt", "x");
	turns_pass(f->loop, 95000);
	assert_int_equal(f->taken, 0);
	assert_in_range(f->delayed, 2, 5);
	atomic_store(&syncs_fail, false);
	turns_pass(f->loop, 31000);
	assert_int_equal(f->taken, 1);
	file = &file_system;
}

/* A reason is synced before it has its name, and has it before its file moves. */
static char order[16];

static int noted_fsync(int fd)
{
	char link[64], path[600];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t size = readlink(link, path, sizeof(path) - 1);
	path[size > 0 ? size : 0] = '\0';
	if (strstr(path, ".tmp") != NULL)
		strcat(order, "S");
	else if (strcmp(path + strlen(path) - 6, "failed") == 0)
		strcat(order, "F");
	return file_system.fsync(fd);
}

static int noted_rename(int from_dir, const char *from, int to_dir, const char *to)
{
	if (strncmp(to, "failed/", 7) == 0)
		strcat(order, strstr(to, ".reason") != NULL ? "R" : "M");
	return file_system.rename(from_dir, from, to_dir, to);
}

static void a_reason_lasts_before_its_file_moves(void **state)
{
	struct fixture *f = *state;
	struct file_table table = file_system;
	struct problems problems;

	table.fsync = noted_fsync;
	table.rename = noted_rename;
	desk_open_spool(f);
	desk_drop(f, "a.txt", "x");
	turns_settle(f->loop);
	order[0] = '\0';
	file = &table;
	problems_init(&problems);
	problem_add(&problems, PROBLEM_ERROR, NULL, NULL, "%s", "no");
	spool_failed(f->spool, f->held[0], &problems);
	problems_fini(&problems);
	turns_settle(f->loop);
	file = &file_system;
	assert_string_equal(order, "SRFMF");
}
static void closing_waits_for_the_disk(void **state)
{
	struct fixture *f = *state;

	desk_open_spool(f);
	desk_drop(f, "a.txt", "1");
	desk_drop(f, "b.txt", "2");
	turns_settle(f->loop);
	spool_done(f->spool, f->held[0], NULL);
	desk_close_spool(f);
	assert_int_equal(folder_count(&f->folder, "work"), 1);
	assert_int_equal(folder_count(&f->folder, "done"), 1);
	assert_int_equal(loop_work_pending(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_verdict_is_kept_while_the_disk_refuses_and_never_asked_for_twice),
		CASE(what_cannot_be_claimed_durably_is_not_judged_until_it_can),
		CASE(a_reason_lasts_before_its_file_moves),
		CASE(closing_waits_for_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
