#ifndef LOOP_FILE_H
#define LOOP_FILE_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * All of our own file work goes through this one table, so that a test can make any call fail, or lose exactly what was
 * not synced. Each row has the meaning and the errno of the system call of its name; EINTR is handled inside.
 */
struct file_table {
	int (*open)(int dirfd, const char *path, int flags, mode_t mode);
	ssize_t (*read)(int fd, void *bytes, size_t size);
	ssize_t (*write)(int fd, const void *bytes, size_t size);
	int (*fsync)(int fd);
	int (*fdatasync)(int fd);
	int (*rename)(int from_dir, const char *from, int to_dir, const char *to);
	int (*unlink)(int dirfd, const char *path);
	int (*fstat)(int fd, struct stat *st);
	int (*fstatat)(int dirfd, const char *path, struct stat *st, int flags);
	int (*mkdir)(int dirfd, const char *path, mode_t mode);
	int (*ftruncate)(int fd, off_t size);
	int (*close)(int fd);
};

/* The system's own calls; replaced as a whole by tests before anything is opened. */
extern const struct file_table file_system;
extern const struct file_table *file;

/* Writes all bytes or returns -1 with errno. */
int file_write_all(int fd, const void *bytes, size_t size);

/*
 * Reads a whole file of at most `most` bytes into new memory with a closing zero. Returns -1 with errno (EFBIG over the
 * maximum, ELOOP for a symbolic link as last part). The caller frees *bytes.
 */
int file_read_all(int dirfd, const char *path, size_t most, char **bytes, size_t *size);

/*
 * Makes a file durable under its final name: writes `path`.tmp in the same folder, syncs, renames, syncs the folder.
 * Returns 0 or -1 with errno; afterwards the old content or the new stands, never a mixture.
 */
int file_replace(int dirfd, const char *path, const void *bytes, size_t size, mode_t mode);

/* Makes `path` and the missing folders above it, mode 0750 or as given. Returns 0 or -1 with errno. */
int file_make_folders(const char *path, mode_t mode);

/* Syncs a folder, so that renames in it last. */
int file_sync_folder(int dirfd);

#endif
