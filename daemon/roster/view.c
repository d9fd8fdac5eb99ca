#include "roster/view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "loop/file.h"
#include "roster/build.h"

static enum result map(int folder, struct roster_view *view)
{
	struct stat st;
	int fd = file->open(folder, SNAPSHOT_NAME, O_RDONLY | O_NOFOLLOW, 0);

	if (fd < 0)
		return errno == ENOENT ? RESULT_NOT_FOUND : result_of_errno(errno);
	enum result result = RESULT_OK;
	if (file->fstat(fd, &st) != 0)
		result = result_of_errno(errno);
	else if (!S_ISREG(st.st_mode) || st.st_size <= 0)
		result = RESULT_CORRUPT;
	if (result == RESULT_OK) {
		view->size = (size_t)st.st_size;
		view->bytes = mmap(NULL, view->size, PROT_READ, MAP_SHARED, fd, 0);
		if (view->bytes == MAP_FAILED) {
			view->bytes = NULL;
			result = result_of_errno(errno);
		}
	}
	file->close(fd);
	return result;
}

enum result view_open(int folder, struct roster_view **view)
{
	struct roster_view *fresh = mem_zalloc(sizeof(*fresh));
	enum result result = map(folder, fresh);

	fresh->held = 1;
	if (result == RESULT_OK)
		result = people_open(fresh->bytes, fresh->size, &fresh->people, NULL);
	if (result != RESULT_OK) {
		view_unref(&fresh);
		return result;
	}
	fresh->gone = people_under(fresh->people, PEOPLE_MARK, PEOPLE_GONE);
	*view = fresh;
	return RESULT_OK;
}

void view_ref(struct roster_view *view)
{
	view->held++;
}

void view_unref(struct roster_view **view)
{
	struct roster_view *old = *view;

	*view = NULL;
	if (old == NULL || --old->held > 0)
		return;
	set_release(&old->gone);
	people_free(&old->people);
	if (old->bytes != NULL)
		munmap(old->bytes, old->size);
	free(old);
}
