#include "testing/power.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/require.h"

enum { SECTOR = 512 };

enum { CLEAN, DIRTY, FORGOTTEN /* by a sync that failed: not written, and no sync will */ };

/* One file or folder, whatever it is called. */
struct node {
	struct node *next; /* of all */
	char *path; /* as the living see it; NULL: its last name is gone */
	char *bytes; /* that last */
	size_t size;
	unsigned char *dirty; /* a byte a sector: CLEAN, DIRTY or FORGOTTEN */
	size_t sectors;
	bool resized, folder;
	mode_t mode;
};

/* A name that lasts. */
struct name {
	struct name *next;
	char *path;
	struct node *node;
};

/* A change of names that does not last yet. */
struct change {
	struct change *next;
	enum disk_act act; /* create, mkdir, unlink, rename */
	char *path, *to;
	struct node *node;
	bool linked; /* rename: the new name lasts already */
};

static struct {
	pthread_mutex_t lock;
	char *folders[8];
	unsigned int count;
	struct node *nodes;
	struct name *names;
	struct change *changes; /* oldest first */
	unsigned int seen;
	bool armed, gone;
	enum disk_act act;
	char *part;
	unsigned int left;
	bool after;
	char *failing; /* part of the path of a sync that fails */
	unsigned int failing_left;
} power = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Files as they live. */

static char *read_live(const char *path, size_t *size)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*size = 0;
	if (fd < 0)
		return NULL;
	REQUIRE(fstat(fd, &st) == 0);
	char *bytes = mem_zalloc((size_t)st.st_size + 1);
	ssize_t got = read(fd, bytes, (size_t)st.st_size);

	*size = got > 0 ? (size_t)got : 0;
	close(fd);
	return bytes;
}

/* Nodes and names. */

static struct node *node_at(const char *path)
{
	for (struct node *node = power.nodes; node != NULL; node = node->next)
		if (node->path != NULL && strcmp(node->path, path) == 0)
			return node;
	return NULL;
}

static struct node *node_new(const char *path, bool folder)
{
	struct node *node = mem_zalloc(sizeof(*node));
	struct stat st;

	node->path = mem_strdup(path);
	node->folder = folder;
	node->mode = lstat(path, &st) == 0 ? st.st_mode & 07777 : folder ? 0750 : 0640;
	node->next = power.nodes;
	power.nodes = node;
	return node;
}

static void node_rename(struct node *node, const char *path)
{
	free(node->path);
	node->path = path != NULL ? mem_strdup(path) : NULL;
}

static struct name *name_at(const char *path)
{
	for (struct name *name = power.names; name != NULL; name = name->next)
		if (strcmp(name->path, path) == 0)
			return name;
	return NULL;
}

static void name_set(const char *path, struct node *node)
{
	struct name *name = name_at(path);

	if (name == NULL) {
		name = mem_zalloc(sizeof(*name));
		name->path = mem_strdup(path);
		name->next = power.names;
		power.names = name;
	}
	name->node = node;
}

/* Only while it is still of `node`: something newer may have taken it. */
static void name_drop(const char *path, const struct node *node)
{
	for (struct name **at = &power.names; *at != NULL; at = &(*at)->next) {
		struct name *name = *at;
		if (strcmp(name->path, path) != 0)
			continue;
		if (name->node == node) {
			*at = name->next;
			free(name->path);
			free(name);
		}
		return;
	}
}

static bool is_index(const char *path)
{
	size_t size = strlen(path);

	return size > 4 && strcmp(path + size - 4, "-shm") == 0;
}

/* What came without us is durable as it stands. */
static struct node *adopt(const char *path)
{
	struct node *node = node_at(path);
	struct stat st;

	if (node != NULL || lstat(path, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) || is_index(path))
		return node;
	node = node_new(path, S_ISDIR(st.st_mode));
	if (!node->folder)
		node->bytes = read_live(path, &node->size);
	name_set(path, node);
	return node;
}

static void adopt_below(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct stat st;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		char *path = mem_printf("%s/%s", folder, entry->d_name);
		adopt(path);
		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			adopt_below(path);
		free(path);
	}
	if (dir != NULL)
		closedir(dir);
}

static void adopt_all(void)
{
	for (unsigned int i = 0; i < power.count; i++) {
		adopt(power.folders[i]);
		adopt_below(power.folders[i]);
	}
}

/* What happens to bytes. */

static void touch(struct node *node, uint64_t at, uint64_t size)
{
	size_t end = size == 0 ? 0 : (size_t)((at + size - 1) / SECTOR) + 1;

	if (end > node->sectors) {
		node->dirty = mem_resize(node->dirty, end, 1);
		memset(node->dirty + node->sectors, 0, end - node->sectors);
		node->sectors = end;
	}
	for (size_t i = (size_t)(at / SECTOR); i < end; i++)
		node->dirty[i] = DIRTY;
	node->resized = true;
}

/* The file of `size` bytes: what lasts, and of the sectors written since those that `keeps` says. */
static void mix(struct node *node, const char *live, size_t live_size, size_t size, bool (*keeps)(void *arg, int how),
	void *arg)
{
	if (size > node->size) {
		node->bytes = mem_resize(node->bytes, size + 1, 1);
		memset(node->bytes + node->size, 0, size - node->size);
	}
	node->size = size;
	for (size_t i = 0; i < node->sectors && i * SECTOR < size; i++) {
		size_t at = i * SECTOR, left = size - at < SECTOR ? size - at : SECTOR;
		if (node->dirty[i] == CLEAN || !keeps(arg, node->dirty[i]) || at >= live_size)
			continue;
		memcpy(node->bytes + at, live + at, live_size - at < left ? live_size - at : left);
		node->dirty[i] = CLEAN;
	}
	node->resized = false;
}

static bool is_pending(const struct node *node)
{
	bool pending = node->resized;

	for (size_t i = 0; i < node->sectors && !pending; i++)
		pending = node->dirty[i] != CLEAN;
	return pending && node->path != NULL;
}

static bool keep_dirty(void *arg, int how)
{
	return how == DIRTY;
}

static void sync_bytes(struct node *node)
{
	size_t size;

	if (!node->resized)
		return;
	char *live = read_live(node->path, &size);
	mix(node, live, size, size, keep_dirty, NULL);
	free(live);
}

/* What happens to names. */

static bool is_in(const char *path, const char *folder)
{
	size_t size = strlen(folder);

	return path != NULL && strncmp(path, folder, size) == 0 && path[size] == '/' &&
		strchr(path + size + 1, '/') == NULL;
}

static void change_free(struct change *change)
{
	free(change->path);
	free(change->to);
	free(change);
}

static void change_add(enum disk_act act, const char *path, const char *to, struct node *node)
{
	struct change *change = mem_zalloc(sizeof(*change)), **end = &power.changes;

	*change = (struct change){.act = act,
		.path = mem_strdup(path),
		.to = to != NULL ? mem_strdup(to) : NULL,
		.node = node};
	while (*end != NULL)
		end = &(*end)->next;
	*end = change;
}

static void change_last(const struct change *change, bool old_name_too)
{
	if (change->act == DISK_CREATE || change->act == DISK_MKDIR)
		name_set(change->path, change->node);
	else if (change->act == DISK_RENAME && !change->linked)
		name_set(change->to, change->node);
	if (change->act == DISK_UNLINK || (change->act == DISK_RENAME && old_name_too))
		name_drop(change->path, change->node);
}

static void sync_names(const char *folder)
{
	for (struct change **at = &power.changes; *at != NULL;) {
		struct change *change = *at;
		bool old = is_in(change->path, folder), new = is_in(change->to, folder);
		if (old || new)
			change_last(change, old);
		if (new)
			change->linked = true;
		if (!old) {
			at = &change->next;
			continue;
		}
		*at = change->next;
		change_free(change);
	}
}

/* One call that has happened. */

static void remember(const struct disk_call *call)
{
	struct node *node = call->act == DISK_CREATE || call->act == DISK_MKDIR ? NULL : adopt(call->path), *under;

	switch (call->act) {
	case DISK_CREATE:
	case DISK_MKDIR:
		under = node_at(call->path);
		if (under == NULL)
			change_add(call->act, call->path, NULL, node_new(call->path, call->folder));
		break;
	case DISK_WRITE:
	case DISK_TRUNCATE:
		if (node != NULL)
			touch(node, call->at, call->act == DISK_WRITE ? call->size : 0);
		break;
	case DISK_SYNC:
		if (call->folder)
			sync_names(call->path);
		else if (node != NULL)
			sync_bytes(node);
		break;
	case DISK_RENAME:
		/* It bears the new name already; adopt() found nothing under the old one if it came without us. */
		under = node_at(call->to);
		if (node == NULL) {
			node = node_new(call->to, false);
			node->bytes = read_live(call->to, &node->size);
			name_set(call->path, node);
		}
		if (under != NULL)
			node_rename(under, NULL);
		node_rename(node, call->to);
		change_add(DISK_RENAME, call->path, call->to, node);
		break;
	case DISK_UNLINK:
		node = node_at(call->path);
		if (node == NULL)
			break; /* it came without us and is gone for good */
		node_rename(node, NULL);
		change_add(DISK_UNLINK, call->path, NULL, node);
		break;
	default:
		break;
	}
}

static bool changes_something(enum disk_act act)
{
	return act != DISK_OPEN && act != DISK_READ;
}

static bool is_meant(const struct disk_call *call)
{
	return (power.act == DISK_ACTS || power.act == call->act) &&
		(strstr(call->path, power.part) != NULL || (call->to != NULL && strstr(call->to, power.part) != NULL));
}

/* From here on nothing changes any more, so that what is pending stands in the living files for power_restore(). */
static void fail_locked(void)
{
	power.gone = true;
	power.armed = false;
	adopt_all();
}

/* The system takes for written what the disk did not take. */
static bool sync_fails(const struct disk_call *call)
{
	if (call->act != DISK_SYNC || call->folder || power.failing == NULL ||
		strstr(call->path, power.failing) == NULL || power.failing_left == 0 || --power.failing_left > 0)
		return false;
	struct node *node = node_at(call->path);
	for (size_t i = 0; node != NULL && i < node->sectors; i++)
		if (node->dirty[i] == DIRTY)
			node->dirty[i] = FORGOTTEN;
	return true;
}

static int on_judge(void *arg, const struct disk_call *call)
{
	int error = 0;

	if (!changes_something(call->act))
		return 0;
	pthread_mutex_lock(&power.lock);
	power.seen++;
	if (!power.gone && power.armed && !power.after && is_meant(call) && --power.left == 0)
		fail_locked();
	error = power.gone || sync_fails(call) ? EIO : 0;
	pthread_mutex_unlock(&power.lock);
	return error;
}

static int on_witness(void *arg, const struct disk_call *call)
{
	if (!changes_something(call->act))
		return 0;
	pthread_mutex_lock(&power.lock);
	if (!power.gone)
		remember(call);
	if (!power.gone && power.armed && power.after && is_meant(call) && --power.left == 0)
		fail_locked();
	int error = power.gone ? EIO : 0;
	pthread_mutex_unlock(&power.lock);
	return error;
}

/* Chance. */

struct chance {
	enum power_luck luck;
	uint64_t state;
};

static unsigned int chance_of(struct chance *chance, unsigned int most)
{
	chance->state = chance->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	switch (chance->luck) {
	case POWER_NOTHING:
		return 0;
	case POWER_EVERYTHING:
		return most;
	default:
		return (unsigned int)(chance->state >> 33) % (most + 1);
	}
}

static bool by_chance(void *arg, int how)
{
	return chance_of(arg, 1) != 0;
}

/* 0: not at all; 1: of a renaming the new name only; 2: all. */
static void settle_names(struct chance *chance)
{
	struct change *change;

	while ((change = power.changes) != NULL) {
		unsigned int how = chance_of(chance, 2);
		power.changes = change->next;
		if (how > 0 && (change->act == DISK_RENAME || how > 1))
			change_last(change, how > 1);
		change_free(change);
	}
}

static void settle_bytes(struct chance *chance)
{
	for (struct node *node = power.nodes; node != NULL; node = node->next) {
		size_t live_size;
		if (!is_pending(node))
			continue;
		char *live = read_live(node->path, &live_size);
		/* As it was, as it is, or in between: grown so far. */
		size_t sizes[] = {node->size, live_size, live_size > node->size ? node->size : live_size};
		sizes[2] += (live_size > node->size ? live_size - node->size : 0) / 2 / SECTOR * SECTOR;
		size_t size = sizes[chance->luck == POWER_SOMETHING ? chance_of(chance, 2) : chance_of(chance, 1)];
		mix(node, live, live_size, size, by_chance, chance);
		free(live);
	}
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return at->level > 0 ? remove(path) : 0;
}

static void write_file(const struct name *name)
{
	int fd = open(name->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	/* In a folder that did not last nobody finds it. */
	if (fd < 0)
		return;
	REQUIRE(write(fd, name->node->bytes, name->node->size) == (ssize_t)name->node->size);
	REQUIRE(fchmod(fd, name->node->mode) == 0 && close(fd) == 0);
}

/* Folders by depth, as their names grow longer below. */
static void write_folders(void)
{
	for (size_t depth = 1; depth < 64; depth++) {
		for (const struct name *name = power.names; name != NULL; name = name->next) {
			size_t slashes = 0;
			for (const char *c = name->path; *c != '\0'; c++)
				slashes += *c == '/';
			if (name->node->folder && slashes == depth && mkdir(name->path, 0700) == 0)
				chmod(name->path, name->node->mode);
		}
	}
}

static void forget(void)
{
	struct change *change;
	struct name *name;
	struct node *node;

	while ((change = power.changes) != NULL) {
		power.changes = change->next;
		change_free(change);
	}
	while ((name = power.names) != NULL) {
		power.names = name->next;
		free(name->path);
		free(name);
	}
	while ((node = power.nodes) != NULL) {
		power.nodes = node->next;
		free(node->path);
		free(node->bytes);
		free(node->dirty);
		free(node);
	}
}

void power_restore(enum power_luck luck, uint64_t seed)
{
	struct chance chance = {luck, seed};

	REQUIRE(power.gone);
	settle_bytes(&chance);
	settle_names(&chance);
	for (unsigned int i = 0; i < power.count; i++)
		nftw(power.folders[i], remove_one, 16, FTW_DEPTH | FTW_PHYS);
	write_folders();
	for (const struct name *name = power.names; name != NULL; name = name->next)
		if (!name->node->folder)
			write_file(name);
	forget();
	power.gone = power.armed = false;
	adopt_all();
}

/* The switch. */

void power_on(const char *const *folders)
{
	for (power.count = 0; folders[power.count] != NULL; power.count++)
		power.folders[power.count] = mem_strdup(folders[power.count]);
	power.seen = 0;
	power.gone = power.armed = false;
	adopt_all();
	disk_install(folders, &(struct disk_events){.judge = on_judge, .witness = on_witness});
}

void power_off(void)
{
	disk_remove();
	forget();
	while (power.count > 0)
		free(power.folders[--power.count]);
	free(power.part);
	free(power.failing);
	power.part = power.failing = NULL;
}

void power_fail_at(enum disk_act act, const char *part, unsigned int nth, bool after)
{
	REQUIRE(nth > 0);
	pthread_mutex_lock(&power.lock);
	free(power.part);
	power.part = mem_strdup(part);
	power.act = act;
	power.left = nth;
	power.after = after;
	power.armed = true;
	pthread_mutex_unlock(&power.lock);
}

void power_sync_fails_at(const char *part, unsigned int nth)
{
	REQUIRE(nth > 0);
	pthread_mutex_lock(&power.lock);
	free(power.failing);
	power.failing = mem_strdup(part);
	power.failing_left = nth;
	pthread_mutex_unlock(&power.lock);
}

void power_spare(void)
{
	pthread_mutex_lock(&power.lock);
	power.armed = false;
	pthread_mutex_unlock(&power.lock);
}

void power_fail(void)
{
	pthread_mutex_lock(&power.lock);
	if (!power.gone)
		fail_locked();
	pthread_mutex_unlock(&power.lock);
}

bool power_gone(void)
{
	pthread_mutex_lock(&power.lock);
	bool gone = power.gone;
	pthread_mutex_unlock(&power.lock);
	return gone;
}

unsigned int power_changes(void)
{
	pthread_mutex_lock(&power.lock);
	unsigned int seen = power.seen;
	pthread_mutex_unlock(&power.lock);
	return seen;
}
