#ifndef TEST_LEDGER_POWER_H
#define TEST_LEDGER_POWER_H

/*
 * A machine whose power fails: an SQLite VFS that keeps, beside every file, what of it was synced. At the n-th sync the
 * power is gone: from then on nothing becomes durable, though every call succeeds. power_restore() then makes the files as
 * a disk would show them: what was synced, and of what was written later some sectors, as chance has it.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POWER_SECTOR 512

struct power {
	sqlite3_vfs vfs, *real;
	atomic_int syncs_left; /* until the power fails; negative: it did */
};

struct power_file {
	sqlite3_file base;
	sqlite3_file *real;
	char *path;
};

static struct power power;

static bool power_gone(void)
{
	return power.syncs_left < 0;
}

static sqlite3_file *power_real(sqlite3_file *file)
{
	return ((struct power_file *)(void *)file)->real;
}

static char *power_read(const char *path, size_t *size)
{
	struct stat st;
	int fd = open(path, O_RDONLY);

	*size = 0;
	if (fd < 0 || fstat(fd, &st) != 0)
		return NULL;
	char *bytes = malloc((size_t)st.st_size + 1);
	ssize_t got = read(fd, bytes, (size_t)st.st_size);

	close(fd);
	*size = got < 0 ? 0 : (size_t)got;
	return bytes;
}

static void power_write(const char *path, const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	close(fd);
}

static int power_close(sqlite3_file *file)
{
	sqlite3_file *real = power_real(file);
	int code = real->pMethods->xClose(real);

	free(((struct power_file *)(void *)file)->path);
	free(real);
	return code;
}

static int power_sync(sqlite3_file *file, int flags)
{
	const char *path = ((struct power_file *)(void *)file)->path;
	char synced[512];
	size_t size;

	if (power_gone() || atomic_fetch_sub(&power.syncs_left, 1) <= 0)
		return SQLITE_OK;
	(void)flags;
	char *bytes = power_read(path, &size);

	snprintf(synced, sizeof(synced), "%s.synced", path);
	power_write(synced, bytes, size);
	free(bytes);
	return SQLITE_OK;
}

static int power_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
	char synced[512];

	(void)vfs;
	snprintf(synced, sizeof(synced), "%s.synced", path);
	if (!power_gone())
		unlink(synced);
	return power.real->xDelete(power.real, path, sync_folder);
}

#define POWER_PASS(name, parameters, arguments) \
	static int power_##name parameters \
	{ \
		return power_real(file)->pMethods->name arguments; \
	}
#define REAL power_real(file)

POWER_PASS(xRead, (sqlite3_file * file, void *bytes, int size, sqlite3_int64 at), (REAL, bytes, size, at))
POWER_PASS(xWrite, (sqlite3_file * file, const void *bytes, int size, sqlite3_int64 at), (REAL, bytes, size, at))
POWER_PASS(xTruncate, (sqlite3_file * file, sqlite3_int64 size), (REAL, size))
POWER_PASS(xFileSize, (sqlite3_file * file, sqlite3_int64 *size), (REAL, size))
POWER_PASS(xLock, (sqlite3_file * file, int lock), (REAL, lock))
POWER_PASS(xUnlock, (sqlite3_file * file, int lock), (REAL, lock))
POWER_PASS(xCheckReservedLock, (sqlite3_file * file, int *held), (REAL, held))
POWER_PASS(xFileControl, (sqlite3_file * file, int what, void *arg), (REAL, what, arg))
POWER_PASS(xSectorSize, (sqlite3_file * file), (REAL))
POWER_PASS(xDeviceCharacteristics, (sqlite3_file * file), (REAL))
POWER_PASS(xShmMap, (sqlite3_file * file, int region, int size, int extend, void volatile **map),
	(REAL, region, size, extend, map))
POWER_PASS(xShmLock, (sqlite3_file * file, int offset, int count, int flags), (REAL, offset, count, flags))
POWER_PASS(xShmUnmap, (sqlite3_file * file, int drop), (REAL, drop))

static void power_barrier(sqlite3_file *file)
{
	power_real(file)->pMethods->xShmBarrier(power_real(file));
}

static int power_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	static const sqlite3_io_methods methods = {.iVersion = 2,
		.xClose = power_close,
		.xRead = power_xRead,
		.xWrite = power_xWrite,
		.xTruncate = power_xTruncate,
		.xSync = power_sync,
		.xFileSize = power_xFileSize,
		.xLock = power_xLock,
		.xUnlock = power_xUnlock,
		.xCheckReservedLock = power_xCheckReservedLock,
		.xFileControl = power_xFileControl,
		.xSectorSize = power_xSectorSize,
		.xDeviceCharacteristics = power_xDeviceCharacteristics,
		.xShmMap = power_xShmMap,
		.xShmLock = power_xShmLock,
		.xShmBarrier = power_barrier,
		.xShmUnmap = power_xShmUnmap};
	struct power_file *ours = (struct power_file *)(void *)file;

	(void)vfs;
	ours->real = calloc(1, (size_t)power.real->szOsFile);
	int code = power.real->xOpen(power.real, name, ours->real, flags, out_flags);

	ours->base.pMethods = code == SQLITE_OK ? &methods : NULL;
	if (code != SQLITE_OK) {
		free(ours->real);
		return code;
	}
	ours->path = strdup(name == NULL ? "/dev/null" : name);
	return SQLITE_OK;
}

static void power_install(void)
{
	power.real = sqlite3_vfs_find(NULL);
	power.vfs = *power.real;
	power.vfs.zName = "power";
	power.vfs.szOsFile = sizeof(struct power_file);
	power.vfs.xOpen = power_open;
	power.vfs.xDelete = power_delete;
	power.vfs.pNext = NULL;
	sqlite3_vfs_register(&power.vfs, 1);
}

/* What the disk shows of one file after the power failed. */
static void power_restore(const char *path, uint64_t *chance)
{
	char synced[512];
	size_t old_size, new_size;

	snprintf(synced, sizeof(synced), "%s.synced", path);
	char *old = power_read(synced, &old_size), *new = power_read(path, &new_size);

	unlink(path);
	for (size_t at = 0; old != NULL && new != NULL &&at < old_size &&at < new_size; at += POWER_SECTOR) {
		size_t left = old_size < new_size ? old_size - at : new_size - at;

		*chance = *chance * UINT64_C(6364136223846793005) + 1442695040888963407u;
		if (*chance >> 63 != 0)
			memcpy(old + at, new + at, left < POWER_SECTOR ? left : POWER_SECTOR);
	}
	if (old != NULL)
		power_write(path, old, old_size);
	free(old);
	free(new);
}

#endif
