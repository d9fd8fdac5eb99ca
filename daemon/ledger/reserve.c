#include "ledger/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/statvfs.h>

#include "base/digest.h"
#include "loop/file.h"

/* As much again must stay free, or the new reserve would be what fills the disk. */
static bool room_enough(const struct reserve *reserve)
{
	struct statvfs fs;

	if (fstatvfs(reserve->folder, &fs) != 0)
		return true;
	return (uint64_t)fs.f_bavail * fs.f_frsize >= 2 * (uint64_t)RESERVE_BYTES;
}

/* Random bytes: a file of zeros takes no room where the file system compresses. */
static int fill(int fd)
{
	uint8_t bytes[65536];

	digest_random(bytes, sizeof(bytes));
	for (unsigned int done = 0; done < RESERVE_BYTES; done += sizeof(bytes)) {
		bytes[done / sizeof(bytes) % sizeof(bytes)] ^= 0x5a;
		if (file_write_all(fd, bytes, sizeof(bytes)) != 0)
			return -1;
	}
	return file->fdatasync(fd);
}

enum result reserve_make(struct reserve *reserve)
{
	struct stat st;

	reserve->held = file->fstatat(reserve->folder, RESERVE_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(st.st_mode) && st.st_size == RESERVE_BYTES;
	if (reserve->held)
		return RESULT_OK;
	if (!room_enough(reserve))
		return RESULT_NO_SPACE;

	int fd = file->open(reserve->folder, RESERVE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return result_of_errno(errno);
	int failed = fill(fd) == 0 ? 0 : errno;

	file->close(fd);
	if (failed != 0) {
		file->unlink(reserve->folder, RESERVE_NAME);
		return result_of_errno(failed);
	}
	reserve->held = true;
	return RESULT_OK;
}

bool reserve_spend(struct reserve *reserve)
{
	if (!reserve->held)
		return false;
	reserve->held = false;
	return file->unlink(reserve->folder, RESERVE_NAME) == 0;
}
