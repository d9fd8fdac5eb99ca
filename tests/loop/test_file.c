/* The file table's helpers, on a real folder and with calls that fail. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/file.h"
#include "testing/folder.h"

struct fixture {
	struct folder folder;
};

/* What the failing calls of this test do; the table's functions have no argument of their own. */
static struct {
	unsigned int writes;
	size_t write_most;
	int fsync_error;
	int rename_error;
	char order[128];
} fault;

static ssize_t short_write(int fd, const void *bytes, size_t size)
{
	fault.writes++;
	return file_system.write(fd, bytes, size < fault.write_most ? size : fault.write_most);
}

static ssize_t full_disk_write(int fd, const void *bytes, size_t size)
{
	errno = ENOSPC;
	return -1;
}

static int noted_fsync(int fd)
{
	struct stat st;

	fstat(fd, &st);
	strcat(fault.order, S_ISDIR(st.st_mode) ? "D" : "F");
	if (fault.fsync_error != 0 && !S_ISDIR(st.st_mode)) {
		errno = fault.fsync_error;
		return -1;
	}
	return 0;
}

static int noted_rename(int from_dir, const char *from, int to_dir, const char *to)
{
	strcat(fault.order, "R");
	if (fault.rename_error != 0) {
		errno = fault.rename_error;
		return -1;
	}
	return file_system.rename(from_dir, from, to_dir, to);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	memset(&fault, 0, sizeof(fault));
	folder_make(&f->folder);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	file = &file_system;
	folder_remove(&f->folder);
	free(f);
	return 0;
}

static void a_file_is_read_whole_with_a_closing_zero(void **state)
{
	struct fixture *f = *state;
	char *bytes = NULL;
	size_t size = 0;

	folder_write(&f->folder, "a", "ab\0cd", 5);
	assert_int_equal(file_read_all(AT_FDCWD, folder_at(&f->folder, "a"), 5, &bytes, &size), 0);
	assert_int_equal(size, 5);
	assert_memory_equal(bytes, "ab\0cd", 6);
	free(bytes);
	folder_write(&f->folder, "empty", "", 0);
	assert_int_equal(file_read_all(AT_FDCWD, folder_at(&f->folder, "empty"), 5, &bytes, &size), 0);
	assert_int_equal(size, 0);
	assert_string_equal(bytes, "");
	free(bytes);
}

static void what_is_too_long_or_no_file_is_refused(void **state)
{
	struct fixture *f = *state;
	char *bytes = NULL;
	size_t size = 0;

	folder_write(&f->folder, "a", "abcdef", 6);
	assert_int_equal(file_read_all(AT_FDCWD, folder_at(&f->folder, "a"), 5, &bytes, &size), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(symlink("a", folder_at(&f->folder, "link")), 0);
	assert_int_equal(file_read_all(AT_FDCWD, folder_at(&f->folder, "link"), 50, &bytes, &size), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(mkfifo(folder_at(&f->folder, "pipe"), 0600), 0);
	assert_int_equal(file_read_all(AT_FDCWD, folder_at(&f->folder, "pipe"), 50, &bytes, &size), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(file_read_all(AT_FDCWD, f->folder.path, 50, &bytes, &size), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(file_read_all(AT_FDCWD, folder_at(&f->folder, "none"), 50, &bytes, &size), -1);
	assert_int_equal(errno, ENOENT);
	assert_null(bytes);
}

static void files_without_a_size_are_read_as_well(void **state)
{
	char *bytes = NULL;
	size_t size = 0;

	assert_int_equal(file_read_all(AT_FDCWD, "/proc/self/status", 1 << 20, &bytes, &size), 0);
	assert_true(size > 100);
	assert_non_null(strstr(bytes, "Name:"));
	free(bytes);
	assert_int_equal(file_read_all(AT_FDCWD, "/proc/self/status", 20, &bytes, &size), -1);
	assert_int_equal(errno, EFBIG);
}

static void short_writes_are_continued(void **state)
{
	struct fixture *f = *state;
	struct file_table table = file_system;

	table.write = short_write;
	fault.write_most = 3;
	file = &table;
	assert_int_equal(file_replace(AT_FDCWD, folder_at(&f->folder, "a"), "0123456789", 10, 0640), 0);
	file = &file_system;
	assert_int_equal(fault.writes, 4);
	char *text = folder_read(&f->folder, "a", NULL);
	assert_string_equal(text, "0123456789");
	free(text);
}

static void a_replacement_is_synced_before_and_after_its_rename(void **state)
{
	struct fixture *f = *state;
	struct file_table table = file_system;

	table.fsync = noted_fsync;
	table.rename = noted_rename;
	file = &table;
	assert_int_equal(file_replace(AT_FDCWD, folder_at(&f->folder, "a"), "new", 3, 0640), 0);
	file = &file_system;
	assert_string_equal(fault.order, "FRD");
}

static void when_replacing_fails_the_old_content_stands_and_nothing_is_left(void **state)
{
	static const struct {
		int fsync_error;
		int rename_error;
		bool full;
		int error;
	} cases[] = {{EIO, 0, false, EIO}, {0, EACCES, false, EACCES}, {0, 0, true, ENOSPC}};
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		struct file_table table = file_system;
		folder_write_text(&f->folder, "a", "old");
		table.fsync = noted_fsync;
		table.rename = noted_rename;
		if (cases[i].full)
			table.write = full_disk_write;
		fault.fsync_error = cases[i].fsync_error;
		fault.rename_error = cases[i].rename_error;
		file = &table;
		int status = file_replace(AT_FDCWD, folder_at(&f->folder, "a"), "new", 3, 0640);
		int error = errno;
		file = &file_system;
		assert_int_equal(status, -1);
		assert_int_equal(error, cases[i].error);
		char *text = folder_read(&f->folder, "a", NULL);
		assert_string_equal(text, "old");
		free(text);
		assert_int_equal(folder_count(&f->folder, "."), 1);
	}
}

static void missing_folders_are_made_and_present_ones_are_fine(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(file_make_folders(folder_at(&f->folder, "a/b/c"), 0700), 0);
	assert_int_equal(stat(folder_at(&f->folder, "a/b/c"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(file_make_folders(folder_at(&f->folder, "a/b/c"), 0), 0);
	assert_int_equal(file_make_folders(folder_at(&f->folder, "a/b/d/"), 0), 0);
	folder_write_text(&f->folder, "plain", "x");
	assert_int_equal(file_make_folders(folder_at(&f->folder, "plain"), 0), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(file_make_folders(folder_at(&f->folder, "plain/below"), 0), -1);
	assert_int_equal(file_make_folders("", 0), -1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_file_is_read_whole_with_a_closing_zero),
		CASE(what_is_too_long_or_no_file_is_refused),
		CASE(files_without_a_size_are_read_as_well),
		CASE(short_writes_are_continued),
		CASE(a_replacement_is_synced_before_and_after_its_rename),
		CASE(when_replacing_fails_the_old_content_stands_and_nothing_is_left),
		CASE(missing_folders_are_made_and_present_ones_are_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
