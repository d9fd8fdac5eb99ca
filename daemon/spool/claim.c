#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "loop/file.h"
#include "spool/name.h"
#include "spool/state.h"

struct job *job_new(struct spool *spool, const char *work_name, const char *name)
{
	struct job *job = mem_zalloc(sizeof(*job));

	job->spool = spool;
	job->work_name = mem_strdup(work_name);
	job->file.work_name = job->work_name;
	job->file.name = name_original(job->work_name);
	job->reason_fd = -1;
	buf_init(&job->reason, 256u << 10);
	return job;
}

void job_free(struct job *job)
{
	buf_fini(&job->reason);
	if (job->reason_fd >= 0)
		file->close(job->reason_fd);
	free(job->work_name);
	free(job->bytes);
	free(job);
}

static enum folder folder_of(const struct job *job)
{
	return job->accepted ? FOLDER_DONE : FOLDER_FAILED;
}

char *job_reason_path(const struct job *job, bool fresh)
{
	const char *folder = folder_name(folder_of(job));

	return fresh ? mem_printf("%s/.%s.tmp", folder, job->work_name)
		     : mem_printf("%s/%s.reason", folder, job->work_name);
}

/* Out of work/. Returns errno. */
static int move_out(struct job *job)
{
	if (folders_move(job->spool, "work", job->work_name, folder_name(folder_of(job)), job->work_name) != 0)
		return errno;
	sync_soon(job->spool, 1u << FOLDER_WORK | 1u << folder_of(job));
	return 0;
}

/* When even the rename fails the verdict is kept and tried again with every scan: it is never asked for twice. */
void job_finish(struct job *job)
{
	int error = move_out(job);

	if (error == 0 || error == ENOENT) {
		job_free(job);
		return;
	}
	log_event(LOG_ERR, "spool", "file=%s move=%s error=%s", log_quote(job->work_name), folder_name(folder_of(job)),
		log_quote(strerror(error)));
	list_push_back(&job->spool->unfinished, &job->link);
}

/* The reason first, and durably: a file that was put aside without one would be a riddle. */
static bool write_reason(struct job *job)
{
	char *path = job_reason_path(job, true);

	job->reason_fd = job->reason.size > 0 ? folders_write(job->spool, path, &job->reason) : -1;
	if (job->reason.size > 0 && job->reason_fd < 0)
		log_event(LOG_ERR, "spool", "file=%s error=%s", log_quote(path), log_quote(strerror(errno)));
	free(path);
	return job->reason_fd >= 0;
}

void job_judged(struct job *job, bool accepted, const struct problems *problems)
{
	job->accepted = accepted;
	free(job->bytes);
	job->bytes = NULL;
	buf_clear(&job->reason);
	if (problems != NULL && problems->count > 0)
		spool_reason(job->file.name, accepted, problems, &job->reason);
	if (write_reason(job))
		sync_job(job->spool, job, 1u << folder_of(job));
	else
		job_finish(job);
}

/* With the reason again, which may have found no room either. */
void job_retry(struct job *job)
{
	if (write_reason(job))
		sync_job(job->spool, job, 1u << folder_of(job));
	else
		job_finish(job);
}

static void refuse(struct job *job, struct problems *problems)
{
	struct spool *spool = job->spool;

	if (spool->events.refused != NULL)
		spool->events.refused(spool->arg, job->file.name, problems);
	job_judged(job, false, problems);
	problems_fini(problems);
}

static void refuse_kind(struct job *job, mode_t mode)
{
	struct problems problems;

	problems_init(&problems);
	struct problem *problem;
	if (S_ISDIR(mode))
		problem = problem_add(&problems, PROBLEM_ERROR, NULL, NULL, N_("this is a folder, not a file"));
	else if (S_ISLNK(mode))
		problem = problem_add(&problems, PROBLEM_ERROR, NULL, NULL, N_("this is a symbolic link, not a file"));
	else
		problem = problem_add(&problems, PROBLEM_ERROR, NULL, NULL,
			N_("this is a device, pipe or socket, not a file"));
	problem_remedy(problem, N_("put the alert file itself here, one file per alert"));
	refuse(job, &problems);
}

static void refuse_owner(struct job *job, uid_t uid)
{
	struct problems problems;
	char owner[64];

	owner_text(uid, owner, sizeof(owner));
	problems_init(&problems);
	struct problem *problem = problem_add(&problems, PROBLEM_ERROR, NULL, NULL,
		N_("the file belongs to user \"%s\", who may not submit alerts"), owner);
	problem_remedy(problem,
		N_("ask the administrator to add this user to group crier, or have a member submit it"));
	refuse(job, &problems);
}

static void refuse_size(struct job *job)
{
	struct problems problems;

	problems_init(&problems);
	struct problem *problem = problem_add(&problems, PROBLEM_ERROR, NULL, NULL,
		N_("the file is larger than %u KiB, so it cannot be an alert"), SPOOL_FILE_MOST >> 10);
	problem_remedy(problem, N_("submit only the alert text, without pictures or attachments"));
	refuse(job, &problems);
}

static void refuse_unreadable(struct job *job, int error)
{
	struct problems problems;

	problems_init(&problems);
	struct problem *problem = problem_add(&problems, PROBLEM_ERROR, NULL, NULL,
		N_("the service cannot read the file"));
	problem_remedy(problem_cause(problem, error),
		N_("let group crier read it (chmod g+r), or use: crier submit FILE"));
	refuse(job, &problems);
}

static int read_bytes(struct job *job, int *error)
{
	char path[600];
	struct stat st;
	size_t size;

	snprintf(path, sizeof(path), "work/%s", job->work_name);
	if (file_read_all(job->spool->root_fd, path, SPOOL_FILE_MOST, &job->bytes, &size) != 0 ||
		file->fstatat(job->spool->root_fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		*error = errno;
		return -1;
	}
	job->file.bytes = job->bytes;
	job->file.size = size;
	job->file.uid = st.st_uid;
	job->file.mtime_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	return 0;
}

/* Only what will be the same tomorrow is a refusal; a machine in trouble is a reason to come back. */
static void not_read(struct job *job, int error)
{
	struct spool *spool = job->spool;

	if (error == EFBIG) {
		refuse_size(job);
	} else if (error == EACCES || error == EPERM) {
		refuse_unreadable(job, error);
	} else if (error == ENOENT) {
		job_free(job);
	} else {
		log_event(LOG_ERR, "spool", "file=%s error=%s", log_quote(job->work_name), log_quote(strerror(error)));
		spool_delayed(spool, job->file.name, error);
		spool_put_off(spool, job);
	}
}

/* Reads and judges what is in work/. False: the job is refused or put off, and not the caller's any more. */
bool claim_read(struct job *job)
{
	struct spool *spool = job->spool;
	char path[600];
	struct stat st;
	int error;

	snprintf(path, sizeof(path), "work/%s", job->work_name);
	if (file->fstatat(spool->root_fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		not_read(job, errno);
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		refuse_kind(job, st.st_mode);
		return false;
	}
	if (!owners_accept(&spool->owners, st.st_uid)) {
		refuse_owner(job, st.st_uid);
		return false;
	}
	if (read_bytes(job, &error) != 0) {
		not_read(job, error);
		return false;
	}
	return true;
}

void claim_new(struct spool *spool, const char *name)
{
	char *safe = name_safe(name);
	char *work_name = folders_free_name(spool, safe);

	if (folders_move(spool, "new", name, "work", work_name) == 0) {
		spool->claimed++;
		sync_job(spool, job_new(spool, work_name, safe), 1u << FOLDER_NEW);
	} else if (errno != ENOENT) {
		int error = errno;
		log_event(LOG_ERR, "spool", "file=%s claim error=%s", log_quote(name), log_quote(strerror(error)));
		spool_delayed(spool, safe, error);
	}
	free(work_name);
	free(safe);
}
