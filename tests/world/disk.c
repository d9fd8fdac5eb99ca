#include "testing/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/require.h"
#include "loop/file.h"

enum { FOLDERS_MOST = 8 };

/* The table's functions and SQLite's have no argument of ours, so there is one disk in a process. */
static struct {
	char *folders[FOLDERS_MOST];
	unsigned int count;
	struct disk_events events;
	sqlite3_vfs vfs, *real;
} disk;

const char *disk_act_name(enum disk_act act)
{
	static const char *const names[DISK_ACTS] = {"open", "create", "read", "write", "truncate", "sync", "rename",
		"unlink", "mkdir"};

	return names[act];
}

bool disk_has(const char *path)
{
	for (unsigned int i = 0; i < disk.count; i++) {
		size_t size = strlen(disk.folders[i]);
		if (strncmp(path, disk.folders[i], size) == 0 && (path[size] == '/' || path[size] == '\0'))
			return true;
	}
	return false;
}

/* 0, or -1 with errno. */
static int tell(int (*event)(void *arg, const struct disk_call *call), const struct disk_call *call)
{
	int error = event != NULL && disk_has(call->path) ? event(disk.events.arg, call) : 0;

	if (error != 0)
		errno = error;
	return error != 0 ? -1 : 0;
}

static int judge(const struct disk_call *call)
{
	return tell(disk.events.judge, call);
}

static int witness(const struct disk_call *call)
{
	return tell(disk.events.witness, call);
}

/* The table. */

/* What a descriptor stands for; "" where that has no name any more. */
static void path_of_fd(int fd, char path[PATH_MAX])
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t size = readlink(link, path, PATH_MAX - 1);
	path[size > 0 ? size : 0] = '\0';
	if (size > 10 && strcmp(path + size - 10, " (deleted)") == 0)
		path[0] = '\0';
}

static void path_at(int dirfd, const char *name, char path[PATH_MAX])
{
	if (name[0] == '/') {
		snprintf(path, PATH_MAX, "%s", name);
		return;
	}
	if (dirfd == AT_FDCWD)
		REQUIRE(getcwd(path, PATH_MAX) != NULL);
	else
		path_of_fd(dirfd, path);
	size_t size = strlen(path);
	if (strcmp(name, ".") != 0)
		snprintf(path + size, PATH_MAX - size, "/%s", name);
}

static int disk_open(int dirfd, const char *name, int flags, mode_t mode)
{
	char path[PATH_MAX];
	struct stat st;

	path_at(dirfd, name, path);
	bool fresh = (flags & O_CREAT) != 0 && lstat(path, &st) != 0;
	struct disk_call call = {.act = fresh ? DISK_CREATE : DISK_OPEN, .path = path};
	struct disk_call cut = {.act = DISK_TRUNCATE, .path = path};
	bool cuts = !fresh && (flags & O_TRUNC) != 0;
	if (judge(&call) != 0 || (cuts && judge(&cut) != 0))
		return -1;
	int fd = file_system.open(dirfd, name, flags, mode);
	if (fd < 0 || (witness(&call) == 0 && (!cuts || witness(&cut) == 0)))
		return fd;
	int error = errno;
	file_system.close(fd);
	errno = error;
	return -1;
}

static ssize_t disk_read(int fd, void *bytes, size_t size)
{
	char path[PATH_MAX];
	struct disk_call call = {.act = DISK_READ, .path = path, .size = size};

	path_of_fd(fd, path);
	return judge(&call) == 0 ? file_system.read(fd, bytes, size) : -1;
}

static ssize_t disk_write(int fd, const void *bytes, size_t size)
{
	char path[PATH_MAX];
	off_t at = lseek(fd, 0, SEEK_CUR);
	struct disk_call call = {.act = DISK_WRITE, .path = path, .at = at > 0 ? (uint64_t)at : 0, .size = size};

	path_of_fd(fd, path);
	if (judge(&call) != 0)
		return -1;
	ssize_t put = file_system.write(fd, bytes, size);
	if (put < 0)
		return put;
	call.size = (uint64_t)put;
	return witness(&call) == 0 ? put : -1;
}

static int disk_fsync(int fd)
{
	char path[PATH_MAX];
	struct stat st;

	path_of_fd(fd, path);
	if (!disk_has(path))
		return file_system.fsync(fd);
	struct disk_call call = {.act = DISK_SYNC, .path = path, .folder = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)};
	return judge(&call) == 0 && witness(&call) == 0 ? 0 : -1;
}

static int disk_rename(int from_dir, const char *from, int to_dir, const char *to)
{
	char path[PATH_MAX], new_path[PATH_MAX];
	struct disk_call call = {.act = DISK_RENAME, .path = path, .to = new_path};

	path_at(from_dir, from, path);
	path_at(to_dir, to, new_path);
	if (judge(&call) != 0)
		return -1;
	int status = file_system.rename(from_dir, from, to_dir, to);
	return status == 0 ? witness(&call) : status;
}

static int disk_unlink(int dirfd, const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	struct disk_call call = {.act = DISK_UNLINK, .path = path};

	path_at(dirfd, name, path);
	call.last = lstat(path, &st) == 0 && st.st_nlink == 1;
	if (judge(&call) != 0)
		return -1;
	int status = file_system.unlink(dirfd, name);
	return status == 0 ? witness(&call) : status;
}

static int disk_mkdir(int dirfd, const char *name, mode_t mode)
{
	char path[PATH_MAX];
	struct disk_call call = {.act = DISK_MKDIR, .path = path, .folder = true};

	path_at(dirfd, name, path);
	if (judge(&call) != 0)
		return -1;
	int status = file_system.mkdir(dirfd, name, mode);
	return status == 0 ? witness(&call) : status;
}

static int disk_ftruncate(int fd, off_t size)
{
	char path[PATH_MAX];
	struct disk_call call = {.act = DISK_TRUNCATE, .path = path, .size = (uint64_t)size};

	path_of_fd(fd, path);
	if (judge(&call) != 0)
		return -1;
	int status = file_system.ftruncate(fd, size);
	return status == 0 ? witness(&call) : status;
}

/* The VFS. */

struct disk_file {
	sqlite3_file base;
	sqlite3_file *real;
	char *path;
	bool log_is_fresh; /* the first sync of a new log syncs its folder too, as SQLite's own VFS does */
};

static struct disk_file *ours(sqlite3_file *base)
{
	return (struct disk_file *)(void *)base;
}

static sqlite3_file *real_of(sqlite3_file *base)
{
	return ours(base)->real;
}

static int vfs_close(sqlite3_file *base)
{
	sqlite3_file *real = real_of(base);
	int code = real->pMethods->xClose(real);

	free(ours(base)->path);
	free(real);
	return code;
}

static int vfs_read(sqlite3_file *base, void *bytes, int size, sqlite3_int64 at)
{
	struct disk_call call = {.act = DISK_READ,
		.path = ours(base)->path,
		.sqlite = true,
		.at = (uint64_t)at,
		.size = (uint64_t)size};

	if (judge(&call) != 0)
		return SQLITE_IOERR_READ;
	return real_of(base)->pMethods->xRead(real_of(base), bytes, size, at);
}

static int vfs_write(sqlite3_file *base, const void *bytes, int size, sqlite3_int64 at)
{
	struct disk_call call = {.act = DISK_WRITE,
		.path = ours(base)->path,
		.sqlite = true,
		.at = (uint64_t)at,
		.size = (uint64_t)size};

	if (judge(&call) != 0)
		return errno == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
	int code = real_of(base)->pMethods->xWrite(real_of(base), bytes, size, at);
	return code != SQLITE_OK || witness(&call) == 0 ? code : SQLITE_IOERR_WRITE;
}

static int vfs_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	struct disk_call call = {.act = DISK_TRUNCATE,
		.path = ours(base)->path,
		.sqlite = true,
		.size = (uint64_t)size};

	if (judge(&call) != 0)
		return SQLITE_IOERR_TRUNCATE;
	int code = real_of(base)->pMethods->xTruncate(real_of(base), size);
	return code != SQLITE_OK || witness(&call) == 0 ? code : SQLITE_IOERR_TRUNCATE;
}

static int sync_folder_of(const char *path)
{
	char *folder = mem_strndup(path, (size_t)(strrchr(path, '/') - path));
	struct disk_call call = {.act = DISK_SYNC, .path = folder, .folder = true, .sqlite = true};
	int status = judge(&call) == 0 ? witness(&call) : -1;

	free(folder);
	return status;
}

static int vfs_sync(sqlite3_file *base, int flags)
{
	struct disk_call call = {.act = DISK_SYNC, .path = ours(base)->path, .sqlite = true};

	if (!disk_has(call.path))
		return real_of(base)->pMethods->xSync(real_of(base), flags);
	if (judge(&call) != 0 || witness(&call) != 0)
		return SQLITE_IOERR_FSYNC;
	if (ours(base)->log_is_fresh)
		sync_folder_of(call.path); /* SQLite does not ask how that went either */
	ours(base)->log_is_fresh = false;
	return SQLITE_OK;
}

/* The index of the log is a file too: it may not find room. */
static int vfs_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **map)
{
	char *path = mem_printf("%s-shm", ours(base)->path);
	struct disk_call call = {.act = DISK_WRITE,
		.path = path,
		.sqlite = true,
		.at = (uint64_t)region * (uint64_t)size,
		.size = (uint64_t)size};
	struct stat st;
	bool grows = extend != 0 && (stat(path, &st) != 0 || (uint64_t)st.st_size < call.at + call.size);
	int code = grows && judge(&call) != 0
		? SQLITE_IOERR_SHMSIZE
		: real_of(base)->pMethods->xShmMap(real_of(base), region, size, extend, map);

	free(path);
	return code;
}

#define VFS_PASS(name, parameters, arguments) \
	static int vfs_##name parameters \
	{ \
		return real_of(base)->pMethods->name arguments; \
	}

VFS_PASS(xFileSize, (sqlite3_file * base, sqlite3_int64 *size), (real_of(base), size))
VFS_PASS(xLock, (sqlite3_file * base, int lock), (real_of(base), lock))
VFS_PASS(xUnlock, (sqlite3_file * base, int lock), (real_of(base), lock))
VFS_PASS(xCheckReservedLock, (sqlite3_file * base, int *held), (real_of(base), held))
VFS_PASS(xFileControl, (sqlite3_file * base, int what, void *arg), (real_of(base), what, arg))
VFS_PASS(xSectorSize, (sqlite3_file * base), (real_of(base)))
VFS_PASS(xDeviceCharacteristics, (sqlite3_file * base), (real_of(base)))
VFS_PASS(xShmLock, (sqlite3_file * base, int offset, int count, int flags), (real_of(base), offset, count, flags))
VFS_PASS(xShmUnmap, (sqlite3_file * base, int drop), (real_of(base), drop))

static void vfs_barrier(sqlite3_file *base)
{
	real_of(base)->pMethods->xShmBarrier(real_of(base));
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out_flags)
{
	static const sqlite3_io_methods methods = {.iVersion = 2,
		.xClose = vfs_close,
		.xRead = vfs_read,
		.xWrite = vfs_write,
		.xTruncate = vfs_truncate,
		.xSync = vfs_sync,
		.xFileSize = vfs_xFileSize,
		.xLock = vfs_xLock,
		.xUnlock = vfs_xUnlock,
		.xCheckReservedLock = vfs_xCheckReservedLock,
		.xFileControl = vfs_xFileControl,
		.xSectorSize = vfs_xSectorSize,
		.xDeviceCharacteristics = vfs_xDeviceCharacteristics,
		.xShmMap = vfs_shm_map,
		.xShmLock = vfs_xShmLock,
		.xShmBarrier = vfs_barrier,
		.xShmUnmap = vfs_xShmUnmap};
	struct stat st;
	const char *path = name != NULL ? name : "";
	bool fresh = name != NULL && (flags & SQLITE_OPEN_CREATE) != 0 && lstat(name, &st) != 0;
	struct disk_call call = {.act = fresh ? DISK_CREATE : DISK_OPEN, .path = path, .sqlite = true};

	base->pMethods = NULL;
	if (judge(&call) != 0)
		return SQLITE_CANTOPEN;
	*ours(base) = (struct disk_file){.real = mem_calloc(1, (size_t)disk.real->szOsFile)};
	int code = disk.real->xOpen(disk.real, name, ours(base)->real, flags, out_flags);
	if (code != SQLITE_OK) {
		free(ours(base)->real);
		return code;
	}
	ours(base)->path = mem_strdup(path);
	ours(base)->log_is_fresh = fresh && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
	base->pMethods = &methods;
	if (witness(&call) == 0)
		return SQLITE_OK;
	vfs_close(base);
	base->pMethods = NULL;
	return SQLITE_CANTOPEN;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
	struct disk_call call = {.act = DISK_UNLINK, .path = path, .sqlite = true, .last = true};

	if (judge(&call) != 0)
		return SQLITE_IOERR_DELETE;
	int code = disk.real->xDelete(disk.real, path, 0);
	if (code != SQLITE_OK)
		return code;
	if (witness(&call) != 0)
		return SQLITE_IOERR_DELETE;
	return sync_folder != 0 && sync_folder_of(path) != 0 ? SQLITE_IOERR_DIR_FSYNC : SQLITE_OK;
}

void disk_install(const char *const *folders, const struct disk_events *events)
{
	static struct file_table table;

	REQUIRE(disk.count == 0);
	for (; folders[disk.count] != NULL; disk.count++) {
		REQUIRE(disk.count < FOLDERS_MOST);
		disk.folders[disk.count] = mem_strdup(folders[disk.count]);
	}
	disk.events = *events;
	table = file_system;
	table.open = disk_open;
	table.read = disk_read;
	table.write = disk_write;
	table.fsync = table.fdatasync = disk_fsync;
	table.rename = disk_rename;
	table.unlink = disk_unlink;
	table.mkdir = disk_mkdir;
	table.ftruncate = disk_ftruncate;
	file = &table;
	disk.real = sqlite3_vfs_find("unix");
	disk.vfs = *disk.real;
	disk.vfs.zName = "disk";
	disk.vfs.szOsFile = sizeof(struct disk_file);
	disk.vfs.xOpen = vfs_open;
	disk.vfs.xDelete = vfs_delete;
	disk.vfs.pNext = NULL;
	REQUIRE(sqlite3_vfs_register(&disk.vfs, 1) == SQLITE_OK);
}

void disk_remove(void)
{
	if (disk.count == 0)
		return;
	file = &file_system;
	sqlite3_vfs_register(disk.real, 1);
	sqlite3_vfs_unregister(&disk.vfs);
	while (disk.count > 0)
		free(disk.folders[--disk.count]);
	disk.events = (struct disk_events){0};
}
