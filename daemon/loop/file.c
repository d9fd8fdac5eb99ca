#include "loop/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

static int system_open(int dirfd, const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = openat(dirfd, path, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

static ssize_t system_read(int fd, void *bytes, size_t size)
{
	ssize_t got;

	do
		got = read(fd, bytes, size);
	while (got < 0 && errno == EINTR);
	return got;
}

static ssize_t system_write(int fd, const void *bytes, size_t size)
{
	ssize_t put;

	do
		put = write(fd, bytes, size);
	while (put < 0 && errno == EINTR);
	return put;
}

static int system_fsync(int fd)
{
	int status;

	do
		status = fsync(fd);
	while (status < 0 && errno == EINTR);
	return status;
}

static int system_fdatasync(int fd)
{
	int status;

	do
		status = fdatasync(fd);
	while (status < 0 && errno == EINTR);
	return status;
}

static int system_rename(int from_dir, const char *from, int to_dir, const char *to)
{
	return renameat(from_dir, from, to_dir, to);
}

static int system_unlink(int dirfd, const char *path)
{
	return unlinkat(dirfd, path, 0);
}

static int system_fstat(int fd, struct stat *st)
{
	return fstat(fd, st);
}

static int system_fstatat(int dirfd, const char *path, struct stat *st, int flags)
{
	return fstatat(dirfd, path, st, flags);
}

static int system_mkdir(int dirfd, const char *path, mode_t mode)
{
	return mkdirat(dirfd, path, mode);
}

static int system_ftruncate(int fd, off_t size)
{
	int status;

	do
		status = ftruncate(fd, size);
	while (status < 0 && errno == EINTR);
	return status;
}

static int system_close(int fd)
{
	/* Linux has freed the descriptor also when it says EINTR: closing again might hit somebody else's. */
	int status = close(fd);

	return status < 0 && errno == EINTR ? 0 : status;
}

const struct file_table file_system = {
	.open = system_open,
	.read = system_read,
	.write = system_write,
	.fsync = system_fsync,
	.fdatasync = system_fdatasync,
	.rename = system_rename,
	.unlink = system_unlink,
	.fstat = system_fstat,
	.fstatat = system_fstatat,
	.mkdir = system_mkdir,
	.ftruncate = system_ftruncate,
	.close = system_close,
};

const struct file_table *file = &file_system;

int file_write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t put = file->write(fd, at, size);
		if (put < 0)
			return -1;
		if (put == 0) {
			errno = EIO;
			return -1;
		}
		at += put;
		size -= (size_t)put;
	}
	return 0;
}

static int close_with_errno(int fd, int error)
{
	file->close(fd);
	errno = error;
	return -1;
}

/*
 * Reads to the end. What fstat said is only where to begin: files of /proc have no size, others grow meanwhile. One byte
 * more than `most` is asked for, which tells a file that is too long.
 */
static int read_to_end(int fd, size_t expected, size_t most, char **bytes, size_t *size)
{
	size_t room = expected < most ? expected + 1 : most + 1;
	size_t have = 0;

	*bytes = mem_resize(NULL, room + 1, 1);
	for (;;) {
		if (have == room && room <= most) {
			room = room * 2 + 4096 <= most ? room * 2 + 4096 : most + 1;
			*bytes = mem_resize(*bytes, room + 1, 1);
		}
		ssize_t got = file->read(fd, *bytes + have, room - have);
		if (got < 0)
			return errno;
		have += (size_t)got;
		if (have > most)
			return EFBIG;
		if (got == 0)
			break;
	}
	(*bytes)[have] = '\0';
	*size = have;
	return 0;
}

int file_read_all(int dirfd, const char *path, size_t most, char **bytes, size_t *size)
{
	/* O_NONBLOCK: a FIFO that somebody put there must not stop us; it means nothing on regular files. */
	int fd = file->open(dirfd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;

	if (fd < 0)
		return -1;
	if (file->fstat(fd, &st) != 0)
		return close_with_errno(fd, errno);
	if (!S_ISREG(st.st_mode))
		return close_with_errno(fd, S_ISDIR(st.st_mode) ? EISDIR : EINVAL);
	if (st.st_size > 0 && (uint64_t)st.st_size > most)
		return close_with_errno(fd, EFBIG);
	char *into = NULL;
	int error = read_to_end(fd, (size_t)st.st_size, most, &into, size);
	if (error != 0) {
		free(into);
		return close_with_errno(fd, error);
	}
	file->close(fd);
	*bytes = into;
	return 0;
}

/* The folder that `path` stands in, as a new string. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return mem_strdup(".");
	return slash == path ? mem_strdup("/") : mem_strndup(path, (size_t)(slash - path));
}

static int sync_folder_of(int dirfd, const char *path)
{
	char *folder = folder_of(path);
	int fd = file->open(dirfd, folder, O_RDONLY | O_DIRECTORY, 0);

	free(folder);
	if (fd < 0)
		return -1;
	if (file->fsync(fd) != 0)
		return close_with_errno(fd, errno);
	file->close(fd);
	return 0;
}

int file_replace(int dirfd, const char *path, const void *bytes, size_t size, mode_t mode)
{
	char *fresh = mem_printf("%s.tmp", path);
	int fd = file->open(dirfd, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
	int error = 0;

	if (fd < 0) {
		error = errno;
	} else {
		if (file_write_all(fd, bytes, size) != 0 || file->fsync(fd) != 0)
			error = errno;
		if (file->close(fd) != 0 && error == 0)
			error = errno;
		if (error == 0 && file->rename(dirfd, fresh, dirfd, path) != 0)
			error = errno;
		if (error != 0)
			file->unlink(dirfd, fresh);
		else if (sync_folder_of(dirfd, path) != 0)
			error = errno;
	}
	free(fresh);
	errno = error;
	return error == 0 ? 0 : -1;
}

/* Makes one folder; one that is there already is as good. */
static int make_folder(const char *path, mode_t mode)
{
	struct stat st;

	if (file->mkdir(AT_FDCWD, path, mode) == 0)
		return sync_folder_of(AT_FDCWD, path);
	if (errno != EEXIST)
		return -1;
	if (file->fstatat(AT_FDCWD, path, &st, 0) != 0)
		return -1;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	return 0;
}

int file_make_folders(const char *path, mode_t mode)
{
	char *part = mem_strdup(path);
	mode_t with = mode != 0 ? mode : 0750;
	int status = 0;

	for (char *at = part + 1; status == 0 && *path != '\0' && *at != '\0'; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		struct stat st;
		/* Only what is missing is made: one may pass through folders in which one may not create. */
		if (file->fstatat(AT_FDCWD, part, &st, 0) != 0)
			status = make_folder(part, with);
		*at = '/';
	}
	if (status == 0)
		status = make_folder(part, with);
	int error = errno;
	free(part);
	errno = error;
	return status;
}

int file_sync_folder(int dirfd)
{
	return file->fsync(dirfd);
}
