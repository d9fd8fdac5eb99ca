#ifndef TEST_LEDGER_TROUBLE_H
#define TEST_LEDGER_TROUBLE_H

/*
 * A disk that gives trouble: an SQLite VFS in front of the system's, and the default one while it is on. Only what
 * SQLite writes goes through it.
 */
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum trouble_kind { TROUBLE_NONE, TROUBLE_FULL, TROUBLE_WRITE, TROUBLE_SYNC };

struct trouble {
	sqlite3_vfs vfs, *real;
	_Atomic(enum trouble_kind) kind;
	atomic_uint refused; /* calls that were */
	atomic_int after; /* writes that still pass before it begins */
};

struct trouble_file {
	sqlite3_file base;
	sqlite3_file *real;
};

static struct trouble trouble;

static sqlite3_file *trouble_real(sqlite3_file *file)
{
	return ((struct trouble_file *)(void *)file)->real;
}

static int trouble_close(sqlite3_file *file)
{
	sqlite3_file *real = trouble_real(file);
	int code = real->pMethods == NULL ? SQLITE_OK : real->pMethods->xClose(real);

	free(real);
	return code;
}

static int trouble_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 at)
{
	return trouble_real(file)->pMethods->xRead(trouble_real(file), bytes, size, at);
}

static int trouble_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
	enum trouble_kind kind = trouble.kind;

	if ((kind == TROUBLE_FULL || kind == TROUBLE_WRITE) && atomic_fetch_sub(&trouble.after, 1) <= 0) {
		trouble.refused++;
		return kind == TROUBLE_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
	}
	return trouble_real(file)->pMethods->xWrite(trouble_real(file), bytes, size, at);
}

static int trouble_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	return trouble_real(file)->pMethods->xTruncate(trouble_real(file), size);
}

static int trouble_sync(sqlite3_file *file, int flags)
{
	if (trouble.kind == TROUBLE_SYNC) {
		trouble.refused++;
		return SQLITE_IOERR_FSYNC;
	}
	return trouble_real(file)->pMethods->xSync(trouble_real(file), flags);
}

static int trouble_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return trouble_real(file)->pMethods->xFileSize(trouble_real(file), size);
}

static int trouble_lock(sqlite3_file *file, int lock)
{
	return trouble_real(file)->pMethods->xLock(trouble_real(file), lock);
}

static int trouble_unlock(sqlite3_file *file, int lock)
{
	return trouble_real(file)->pMethods->xUnlock(trouble_real(file), lock);
}

static int trouble_check_lock(sqlite3_file *file, int *held)
{
	return trouble_real(file)->pMethods->xCheckReservedLock(trouble_real(file), held);
}

static int trouble_control(sqlite3_file *file, int what, void *arg)
{
	return trouble_real(file)->pMethods->xFileControl(trouble_real(file), what, arg);
}

static int trouble_sector(sqlite3_file *file)
{
	return trouble_real(file)->pMethods->xSectorSize(trouble_real(file));
}

static int trouble_device(sqlite3_file *file)
{
	return trouble_real(file)->pMethods->xDeviceCharacteristics(trouble_real(file));
}

static int trouble_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **map)
{
	return trouble_real(file)->pMethods->xShmMap(trouble_real(file), region, size, extend, map);
}

static int trouble_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return trouble_real(file)->pMethods->xShmLock(trouble_real(file), offset, count, flags);
}

static void trouble_shm_barrier(sqlite3_file *file)
{
	trouble_real(file)->pMethods->xShmBarrier(trouble_real(file));
}

static int trouble_shm_unmap(sqlite3_file *file, int remove)
{
	return trouble_real(file)->pMethods->xShmUnmap(trouble_real(file), remove);
}

static int trouble_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	static const sqlite3_io_methods methods = {.iVersion = 2,
		.xClose = trouble_close,
		.xRead = trouble_read,
		.xWrite = trouble_write,
		.xTruncate = trouble_truncate,
		.xSync = trouble_sync,
		.xFileSize = trouble_size,
		.xLock = trouble_lock,
		.xUnlock = trouble_unlock,
		.xCheckReservedLock = trouble_check_lock,
		.xFileControl = trouble_control,
		.xSectorSize = trouble_sector,
		.xDeviceCharacteristics = trouble_device,
		.xShmMap = trouble_shm_map,
		.xShmLock = trouble_shm_lock,
		.xShmBarrier = trouble_shm_barrier,
		.xShmUnmap = trouble_shm_unmap};
	struct trouble_file *ours = (struct trouble_file *)(void *)file;

	(void)vfs;
	ours->real = calloc(1, (size_t)trouble.real->szOsFile);
	int code = trouble.real->xOpen(trouble.real, name, ours->real, flags, out_flags);

	ours->base.pMethods = code == SQLITE_OK ? &methods : NULL;
	if (code != SQLITE_OK)
		free(ours->real);
	return code;
}

static void trouble_install(void)
{
	trouble.real = sqlite3_vfs_find(NULL);
	trouble.vfs = *trouble.real;
	trouble.vfs.zName = "trouble";
	trouble.vfs.szOsFile = sizeof(struct trouble_file);
	trouble.vfs.xOpen = trouble_open;
	trouble.vfs.pNext = NULL;
	sqlite3_vfs_register(&trouble.vfs, 1);
}

#endif
