#include "roster/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "loop/file.h"

enum result lock_take(struct lock *lock, int folder, struct problems *problems)
{
	struct place at = {.file = "roster.lock"};
	int error;

	lock->fd = file->open(folder, "roster.lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	if (lock->fd >= 0 && flock(lock->fd, LOCK_EX | LOCK_NB) == 0)
		return RESULT_OK;
	error = errno;
	if (lock->fd >= 0)
		file->close(lock->fd);
	lock->fd = -1;
	if (error == EWOULDBLOCK) {
		problem_remedy(problem_add(problems, PROBLEM_ERROR, NULL, NULL,
				       N_("another import of residents is running")),
			N_("wait until it has ended, then try again"));
		return RESULT_BUSY;
	}
	problem_add(problems, PROBLEM_ERROR, &at, NULL, N_("the file cannot be used: %s"),
		result_text(result_of_errno(error)));
	return result_of_errno(error);
}

void lock_give(struct lock *lock)
{
	if (lock->fd >= 0)
		file->close(lock->fd);
	lock->fd = -1;
}
