#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/file.h"
#include "spool/name.h"
#include "spool/state.h"

static const struct {
	const char *name;
	mode_t mode;
} folders[FOLDERS] = {
	[FOLDER_TMP] = {"tmp", 02770},
	[FOLDER_NEW] = {"new", 02770},
	[FOLDER_WORK] = {"work", 02750},
	[FOLDER_DONE] = {"done", 02750},
	[FOLDER_FAILED] = {"failed", 02750},
};

const char *folder_name(enum folder folder)
{
	return folders[folder].name;
}

static int explain(struct problems *problems, const char *path, int error)
{
	struct problem *problem = problem_add(problems, PROBLEM_ERROR, NULL, "paths.spool",
		N_("cannot use the folder %s"), path);

	problem_remedy(problem_cause(problem, error), N_("create it, and let the service's user write in it"));
	errno = error;
	return -1;
}

static bool is_there(const char *path, int *status)
{
	struct stat st;

	if (file->fstatat(AT_FDCWD, path, &st, 0) != 0)
		return false;
	errno = S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
	*status = S_ISDIR(st.st_mode) ? 0 : -1;
	return true;
}

static void give_to_group(const struct spool *spool, const char *path)
{
	if (spool->group != (gid_t)-1 && chown(path, (uid_t)-1, spool->group) != 0)
		log_event(LOG_WARNING, "spool", "folder=%s group=%u error=%s", log_quote(path),
			(unsigned int)spool->group, strerror(errno));
}

static int make_root(const struct spool *spool)
{
	int status;

	if (is_there(spool->root, &status))
		return status;
	if (file_make_folders(spool->root, 0750) != 0)
		return -1;
	give_to_group(spool, spool->root);
	return chmod(spool->root, 0750);
}

/* So that the names of the folders last. */
static int sync_root(const struct spool *spool)
{
	int fd = file->open(AT_FDCWD, spool->root, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return -1;
	int status = file_sync_folder(fd);
	file->close(fd);
	return status;
}

/*
 * Mode and group are set on what we made ourselves; what the installer or an administrator made stays as it is. It has its
 * name only when it has them: one that was left half made would be taken for somebody's wish, and nobody could drop a file.
 */
static int make_one(const struct spool *spool, const char *path, mode_t mode)
{
	int status;

	if (is_there(path, &status))
		return status;
	char *fresh = mem_printf("%s.tmp", path);
	status = file_make_folders(fresh, 0750);
	if (status == 0) {
		give_to_group(spool, fresh);
		status = chmod(fresh, mode);
	}
	if (status == 0)
		status = file->rename(AT_FDCWD, fresh, AT_FDCWD, path);
	if (status == 0)
		status = sync_root(spool);
	int error = errno;
	free(fresh);
	errno = error;
	return status;
}

static int make_all(struct spool *spool, struct problems *problems)
{
	if (make_root(spool) != 0)
		return explain(problems, spool->root, errno);
	for (size_t i = 0; i < FOLDERS; i++) {
		char *path = mem_printf("%s/%s", spool->root, folders[i].name);
		int status = make_one(spool, path, folders[i].mode);
		if (status == 0 && access(path, R_OK | W_OK | X_OK) != 0)
			status = -1;
		if (status != 0)
			explain(problems, path, errno);
		free(path);
		if (status != 0)
			return -1;
	}
	return 0;
}

enum result folders_open(struct spool *spool, struct problems *problems)
{
	if (make_all(spool, problems) != 0)
		return result_of_errno(errno);
	spool->root_fd = file->open(AT_FDCWD, spool->root, O_RDONLY | O_DIRECTORY, 0);
	if (spool->root_fd < 0) {
		explain(problems, spool->root, errno);
		return result_of_errno(errno);
	}
	return RESULT_OK;
}

bool folders_stand(const struct spool *spool)
{
	struct stat path, held;

	if (spool->root_fd < 0 || file->fstatat(AT_FDCWD, spool->root, &path, 0) != 0 ||
		file->fstat(spool->root_fd, &held) != 0 || path.st_dev != held.st_dev || path.st_ino != held.st_ino)
		return false;
	for (size_t i = 0; i < FOLDERS; i++)
		if (file->fstatat(spool->root_fd, folders[i].name, &path, 0) != 0 || !S_ISDIR(path.st_mode))
			return false;
	return true;
}

/* Somebody removed or exchanged folders under us: makes what is missing and holds on to what is there now. */
void folders_renew(struct spool *spool)
{
	struct problems problems;
	struct buf text;

	problems_init(&problems);
	if (spool->root_fd >= 0)
		file->close(spool->root_fd);
	spool->root_fd = -1;
	if (folders_open(spool, &problems) != RESULT_OK) {
		buf_init(&text, 4096);
		problems_text(&problems, LANG_EN, &text);
		log_event(LOG_ERR, "spool", "error=%s", log_quote(buf_text(&text)));
		buf_fini(&text);
	}
	problems_fini(&problems);
}

static void path_in(char out[600], const char *folder, const char *name)
{
	snprintf(out, 600, "%s/%s", folder, name);
}

int folders_move(struct spool *spool, const char *from, const char *from_name, const char *to, const char *to_name)
{
	char old[600], fresh[600];

	path_in(old, from, from_name);
	path_in(fresh, to, to_name);
	int status = file->rename(spool->root_fd, old, spool->root_fd, fresh);
	struct stat st;
	if (status == 0 || errno != ENOENT)
		return status;
	/* The file is still there: it is the target that was removed. */
	if (file->fstatat(spool->root_fd, old, &st, AT_SYMLINK_NOFOLLOW) == 0 || strcmp(from, "work") == 0) {
		folders_renew(spool);
		return file->rename(spool->root_fd, old, spool->root_fd, fresh);
	}
	errno = ENOENT;
	return status;
}

/* No file of ours has this name yet, wherever the clock was set meanwhile. */
char *folders_free_name(struct spool *spool, const char *safe)
{
	static const char *const places[] = {"work", "done", "failed"};
	struct stat st;

	for (;;) {
		char *name = name_work(clock_wall_ms(), ++spool->number, safe);
		bool taken = false;
		for (int i = 0; i < 3 && !taken; i++) {
			char path[600];
			path_in(path, places[i], name);
			taken = file->fstatat(spool->root_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
		}
		if (!taken)
			return name;
		free(name);
	}
}

/* Writes the reason beside where it will stand. Returns the descriptor, for its sync, or -1 with errno. */
int folders_write(struct spool *spool, const char *path, const struct buf *text)
{
	int fd = file->open(spool->root_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0640);

	if (fd < 0 || file_write_all(fd, text->data, text->size) == 0)
		return fd;
	int error = errno;
	file->close(fd);
	file->unlink(spool->root_fd, path);
	errno = error;
	return -1;
}
