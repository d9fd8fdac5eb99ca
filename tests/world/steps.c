#include "testing/steps.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/require.h"
#include "loop/file.h"

enum call { CREATE, WRITE, SYNC, RENAME, REMOVE, FOLDER, COMMIT };

/*
 * The names. `what` is a pattern of the whole path, in which a star also stands for slashes; the first row that fits is
 * taken. Several rows may share a name.
 */
static const struct {
	const char *name;
	enum call call;
	const char *what, *to;
} table[] = {
	{"spool: folder made", FOLDER, "*/spool", NULL},
	{"spool: folder made", FOLDER, "*/spool/*", NULL},
	{"spool: file claimed", RENAME, "*/spool/new/*", "*/spool/work/*"},
	{"spool: claim synced", SYNC, "*/spool/work/*", NULL},
	{"spool: reason begun", CREATE, "*/spool/*/.*.tmp", NULL},
	{"spool: reason written", WRITE, "*/spool/*/.*.tmp", NULL},
	{"spool: reason named", RENAME, "*/spool/*/.*.tmp", "*/spool/*.reason"},
	{"spool: reason synced", SYNC, "*/spool/*/.*.tmp", NULL},
	{"spool: file done", RENAME, "*/spool/work/*", "*/spool/done/*"},
	{"spool: file failed", RENAME, "*/spool/work/*", "*/spool/failed/*"},
	{"spool: folder synced", SYNC, "*/spool/new", NULL},
	{"spool: folder named", RENAME, "*/spool/*.tmp", "*/spool/*"},
	{"spool: folder synced", SYNC, "*/spool/work", NULL},
	{"spool: folder synced", SYNC, "*/spool/done", NULL},
	{"spool: folder synced", SYNC, "*/spool/failed", NULL},
	{"spool: folder synced", SYNC, "*/spool", NULL},
	{"state: folder made", FOLDER, "*/state", NULL},
	{"state: folder synced", SYNC, "*/state", NULL},
	{"state: lock made", CREATE, "*/state/*.lock", NULL},
	{"token: begun", CREATE, "*/state/listen.token.tmp", NULL},
	{"token: written", WRITE, "*/state/listen.token.tmp", NULL},
	{"token: synced", SYNC, "*/state/listen.token.tmp", NULL},
	{"token: named", RENAME, "*/state/listen.token.tmp", "*/state/listen.token"},
	{"schedules: begun", CREATE, "*/state/schedules.tmp", NULL},
	{"schedules: written", WRITE, "*/state/schedules.tmp", NULL},
	{"schedules: synced", SYNC, "*/state/schedules.tmp", NULL},
	{"schedules: named", RENAME, "*/state/schedules.tmp", "*/state/schedules"},
	{"clock: begun", CREATE, "*/state/clock.tmp", NULL},
	{"clock: written", WRITE, "*/state/clock.tmp", NULL},
	{"clock: synced", SYNC, "*/state/clock.tmp", NULL},
	{"clock: named", RENAME, "*/state/clock.tmp", "*/state/clock"},
	{"reserve: begun", CREATE, "*/state/ledger.reserve", NULL},
	{"reserve: written", WRITE, "*/state/ledger.reserve", NULL},
	{"reserve: synced", SYNC, "*/state/ledger.reserve", NULL},
	{"reserve: given up", REMOVE, "*/state/ledger.reserve", NULL},
	{"ledger: made", COMMIT, "*/state/ledger.db", NULL},
	{"roster: file made", CREATE, "*/state/roster.db", NULL},
	{"roster: commit", COMMIT, "*/state/roster.db", NULL},
	{"roster: snapshot begun", CREATE, "*/state/roster.snapshot.tmp", NULL},
	{"roster: snapshot written", WRITE, "*/state/roster.snapshot.tmp", NULL},
	{"roster: snapshot synced", SYNC, "*/state/roster.snapshot.tmp", NULL},
	{"roster: snapshot named", RENAME, "*/state/roster.snapshot.tmp", "*/state/roster.snapshot"},
	{"rejects: folder made", FOLDER, "*/state/rejects", NULL},
	{"rejects: begun", CREATE, "*/state/rejects/*", NULL},
	{"rejects: written", WRITE, "*/state/rejects/*", NULL},
	{"rejects: none", REMOVE, "*/state/rejects/*", NULL},
	{"opt-outs: file made", CREATE, "*/state/optouts.db", NULL},
	{"opt-outs: commit", COMMIT, "*/state/optouts.db", NULL},
	/* The folder that the state's and the spool's stand in. */
	{"state: folder synced", SYNC, "*", NULL},
};

enum { ROWS = sizeof(table) / sizeof(table[0]), COUNTS_MOST = 160, NAME_MOST = 48, PATH_ROOM = 1024 };

static struct {
	pthread_mutex_t lock;
	struct file_table calls;
	const struct file_table *real;
	bool watching, frozen;
	const char *name; /* to die at; NULL: only counts */
	enum steps_when when;
	unsigned int left; /* until that */
	bool any;
	enum steps_death death;
	struct {
		char name[NAME_MOST];
		enum steps_when when;
		unsigned int count;
	} counts[COUNTS_MOST];
	size_t count;
	char nameless[PATH_ROOM + 64];
	char full[64]; /* the file for which the disk is full; "": none */
} steps = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The ledger has said which records its commit holds; and a commit is on its way in this thread. */
static _Thread_local bool announced, committing;

bool steps_died(void)
{
	pthread_mutex_lock(&steps.lock);
	bool frozen = steps.frozen;
	pthread_mutex_unlock(&steps.lock);
	return frozen;
}

static void count(const char *name, enum steps_when when)
{
	size_t i = 0;

	while (i < steps.count && (steps.counts[i].when != when || strcmp(steps.counts[i].name, name) != 0))
		i++;
	REQUIRE(i < COUNTS_MOST);
	if (i == steps.count) {
		snprintf(steps.counts[i].name, NAME_MOST, "%s", name);
		steps.counts[i].when = when;
		steps.counts[i].count = 0;
		steps.count++;
	}
	steps.counts[i].count++;
}

static void pass(const char *name, enum steps_when when)
{
	pthread_mutex_lock(&steps.lock);
	if (steps.watching && !steps.frozen) {
		count(name, when);
		bool wanted = steps.any || (steps.name != NULL && steps.when == when && strcmp(steps.name, name) == 0);
		if (wanted && steps.left > 0 && --steps.left == 0) {
			if (steps.death == STEPS_KILL)
				kill(getpid(), SIGKILL);
			steps.frozen = true;
		}
	}
	pthread_mutex_unlock(&steps.lock);
}

/* ---- file calls ---- */

static void path_of_fd(int fd, char path[PATH_ROOM])
{
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t size = readlink(link, path, PATH_ROOM - 1);
	path[size > 0 ? size : 0] = '\0';
}

static void path_of(int dirfd, const char *name, char path[PATH_ROOM])
{
	if (dirfd == AT_FDCWD || name[0] == '/') {
		snprintf(path, PATH_ROOM, "%s", name);
		return;
	}
	path_of_fd(dirfd, path);
	size_t size = strlen(path);
	snprintf(path + size, PATH_ROOM - size, "/%s", name);
}

static void done(enum call call, const char *what, const char *to)
{
	static const char *const calls[] = {"create", "write", "sync", "rename", "remove", "mkdir", "commit"};

	for (size_t i = 0; i < ROWS; i++) {
		if (table[i].call != call || fnmatch(table[i].what, what, 0) != 0 ||
			(table[i].to != NULL && fnmatch(table[i].to, to, 0) != 0))
			continue;
		pass(table[i].name, STEPS_AFTER);
		return;
	}
	pthread_mutex_lock(&steps.lock);
	if (steps.watching && !steps.frozen && steps.nameless[0] == '\0')
		snprintf(steps.nameless, sizeof(steps.nameless), "%s %s %s", calls[call], what, to != NULL ? to : "");
	pthread_mutex_unlock(&steps.lock);
}

/* A dead process changes nothing; what it would have been told does not matter. */
static bool dead(void)
{
	if (!steps_died())
		return false;
	errno = EIO;
	return true;
}

static int watched_open(int dirfd, const char *path, int flags, mode_t mode)
{
	char whole[PATH_ROOM];
	struct stat st;

	if ((flags & (O_CREAT | O_TRUNC)) == 0)
		return steps.real->open(dirfd, path, flags, mode);
	bool there = steps.real->fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (there && (flags & O_TRUNC) == 0)
		return steps.real->open(dirfd, path, flags, mode);
	if (dead())
		return -1;
	int fd = steps.real->open(dirfd, path, flags, mode);
	if (fd >= 0) {
		path_of(dirfd, path, whole);
		done(CREATE, whole, NULL);
	}
	return fd;
}

static ssize_t watched_write(int fd, const void *bytes, size_t size)
{
	char whole[PATH_ROOM];

	if (dead())
		return -1;
	ssize_t put = steps.real->write(fd, bytes, size);
	path_of_fd(fd, whole);
	done(WRITE, whole, NULL);
	return put;
}

static int sync_with(int (*call)(int fd), int fd)
{
	char whole[PATH_ROOM];

	if (dead())
		return -1;
	int status = call(fd);
	path_of_fd(fd, whole);
	done(SYNC, whole, NULL);
	return status;
}

static int watched_fsync(int fd)
{
	return sync_with(steps.real->fsync, fd);
}

static int watched_fdatasync(int fd)
{
	return sync_with(steps.real->fdatasync, fd);
}

static int watched_rename(int from_dir, const char *from, int to_dir, const char *to)
{
	char old[PATH_ROOM], fresh[PATH_ROOM];

	if (dead())
		return -1;
	int status = steps.real->rename(from_dir, from, to_dir, to);
	if (status == 0) {
		path_of(from_dir, from, old);
		path_of(to_dir, to, fresh);
		done(RENAME, old, fresh);
	}
	return status;
}

static int watched_unlink(int dirfd, const char *path)
{
	char whole[PATH_ROOM];

	if (dead())
		return -1;
	int status = steps.real->unlink(dirfd, path);
	if (status == 0) {
		path_of(dirfd, path, whole);
		done(REMOVE, whole, NULL);
	}
	return status;
}

static int watched_mkdir(int dirfd, const char *path, mode_t mode)
{
	char whole[PATH_ROOM];

	if (dead())
		return -1;
	int status = steps.real->mkdir(dirfd, path, mode);
	if (status == 0) {
		path_of(dirfd, path, whole);
		done(FOLDER, whole, NULL);
	}
	return status;
}

/* ---- commits ---- */

static const char *file_of(sqlite3 *db)
{
	const char *path = sqlite3_db_filename(db, "main");

	return path != NULL ? path : "";
}

static const char *commit_name(const char *path)
{
	for (size_t i = 0; i < ROWS; i++)
		if (table[i].call == COMMIT && fnmatch(table[i].what, path, 0) == 0)
			return table[i].name;
	return NULL;
}

/* Just before: what is not 0 turns the commit into a rollback. */
static int on_commit(void *arg)
{
	const char *name = commit_name(file_of(arg));

	if (name == NULL)
		done(COMMIT, file_of(arg), NULL);
	else if (!announced)
		pass(name, STEPS_BEFORE);
	committing = true;
	return steps_died();
}

/* The statement that committed has ended. */
static int on_profile(unsigned int what, void *arg, void *statement, void *ns)
{
	const char *name = commit_name(file_of(arg));

	if (!committing || !sqlite3_get_autocommit(arg))
		return 0;
	committing = false;
	if (!announced && name != NULL)
		pass(name, STEPS_AFTER);
	announced = false; /* its own word for "after" comes once the statement is over */
	return 0;
}

static int on_connection(sqlite3 *db, const char **error, const void *api)
{
	sqlite3_commit_hook(db, on_commit, db);
	sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, on_profile, db);
	return SQLITE_OK;
}

/* ---- a full disk, as SQLite meets it ---- */

static bool no_room(int fd)
{
	char whole[PATH_ROOM];

	pthread_mutex_lock(&steps.lock);
	bool full = steps.full[0] != '\0';
	pthread_mutex_unlock(&steps.lock);
	if (!full)
		return false;
	path_of_fd(fd, whole);
	if (strstr(whole, steps.full) == NULL)
		return false;
	errno = ENOSPC;
	return true;
}

static ssize_t limited_write(int fd, const void *bytes, size_t size)
{
	return no_room(fd) ? -1 : write(fd, bytes, size);
}

static ssize_t limited_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	return no_room(fd) ? -1 : pwrite(fd, bytes, size, at);
}

void steps_disk_full(const char *name, bool full)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	pthread_mutex_lock(&steps.lock);
	snprintf(steps.full, sizeof(steps.full), "%s", full ? name : "");
	pthread_mutex_unlock(&steps.lock);
	vfs->xSetSystemCall(vfs, "write", full ? (sqlite3_syscall_ptr)limited_write : NULL);
	vfs->xSetSystemCall(vfs, "pwrite", full ? (sqlite3_syscall_ptr)limited_pwrite : NULL);
	vfs->xSetSystemCall(vfs, "pwrite64", full ? (sqlite3_syscall_ptr)limited_pwrite : NULL);
}

void steps_ledger(const char *step, void *arg)
{
	char name[NAME_MOST];
	bool before = strncmp(step, "before ", 7) == 0;
	const char *space = strchr(step, ' ');

	announced = before;
	snprintf(name, sizeof(name), "ledger: %s", space != NULL ? space + 1 : step);
	pass(name, before ? STEPS_BEFORE : STEPS_AFTER);
}

/* ---- the test's side ---- */

void steps_install(void)
{
	REQUIRE(steps.real == NULL);
	steps.real = file;
	steps.calls = *file;
	steps.calls.open = watched_open;
	steps.calls.write = watched_write;
	steps.calls.fsync = watched_fsync;
	steps.calls.fdatasync = watched_fdatasync;
	steps.calls.rename = watched_rename;
	steps.calls.unlink = watched_unlink;
	steps.calls.mkdir = watched_mkdir;
	file = &steps.calls;
	sqlite3_auto_extension((void (*)(void))on_connection);
}

static void begin(const char *name, enum steps_when when, unsigned int nth, enum steps_death death, bool any)
{
	pthread_mutex_lock(&steps.lock);
	REQUIRE(steps.real != NULL);
	steps.name = name;
	steps.when = when;
	steps.left = nth;
	steps.death = death;
	steps.any = any;
	steps.count = 0;
	steps.frozen = false;
	steps.watching = true;
	pthread_mutex_unlock(&steps.lock);
}

void steps_begin(const char *name, enum steps_when when, unsigned int nth, enum steps_death death)
{
	begin(name, when, nth, death, false);
}

void steps_begin_any(unsigned int nth, enum steps_death death)
{
	begin(NULL, STEPS_AFTER, nth, death, true);
}

void steps_end(void)
{
	pthread_mutex_lock(&steps.lock);
	steps.watching = steps.frozen = false;
	pthread_mutex_unlock(&steps.lock);
}

bool steps_counted(size_t at, struct steps_count *counted)
{
	if (at >= steps.count)
		return false;
	*counted = (struct steps_count){steps.counts[at].name, steps.counts[at].when, steps.counts[at].count};
	return true;
}

const char *steps_nameless(void)
{
	return steps.nameless[0] != '\0' ? steps.nameless : NULL;
}

const char *steps_name(size_t at)
{
	return at < ROWS ? table[at].name : NULL;
}
