#include "testing/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"

#define ROOM_LEAST ((uint64_t)256 << 20)

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "folder: %s: %s\n", what, strerror(errno));
	abort();
}

static void make_below(struct folder *folder, const char *base)
{
	snprintf(folder->path, sizeof(folder->path), "%s/crier-test-XXXXXX", base);
	check(mkdtemp(folder->path) != NULL, folder->path);
}

void folder_make(struct folder *folder)
{
	const char *base = getenv("TMPDIR");

	make_below(folder, base != NULL ? base : "/tmp");
}

void folder_make_fast(struct folder *folder)
{
	const char *memory = "/dev/shm";
	struct statvfs room;

	if (getenv("TMPDIR") == NULL && access(memory, W_OK | X_OK) == 0 && statvfs(memory, &room) == 0 &&
		(uint64_t)room.f_bavail * room.f_frsize >= ROOM_LEAST)
		make_below(folder, memory);
	else
		folder_make(folder);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return remove(path);
}

void folder_remove(struct folder *folder)
{
	nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *folder_at(const struct folder *folder, const char *name)
{
	static char paths[8][1024];
	static unsigned int turn;
	char *path = paths[turn++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder->path, name);
	return path;
}

static void put(const struct folder *folder, const char *name, const void *bytes, size_t size, int flags)
{
	const char *path = folder_at(folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0640);

	check(fd >= 0, path);
	check(write(fd, bytes, size) == (ssize_t)size, path);
	check(close(fd) == 0, path);
}

void folder_write(const struct folder *folder, const char *name, const void *bytes, size_t size)
{
	put(folder, name, bytes, size, O_TRUNC);
}

void folder_write_text(const struct folder *folder, const char *name, const char *text)
{
	put(folder, name, text, strlen(text), O_TRUNC);
}

void folder_append(const struct folder *folder, const char *name, const char *text)
{
	put(folder, name, text, strlen(text), O_APPEND);
}

void folder_rename(const struct folder *folder, const char *from, const char *to)
{
	check(rename(folder_at(folder, from), folder_at(folder, to)) == 0, from);
}

char *folder_read(const struct folder *folder, const char *name, size_t *size)
{
	FILE *file = fopen(folder_at(folder, name), "rbe");
	char *bytes = NULL;
	size_t have = 0, got;

	if (file == NULL)
		return NULL;
	do {
		bytes = mem_resize(bytes, have + 4097, 1);
		got = fread(bytes + have, 1, 4096, file);
		have += got;
	} while (got > 0);
	fclose(file);
	bytes[have] = '\0';
	if (size != NULL)
		*size = have;
	return bytes;
}

bool folder_has(const struct folder *folder, const char *name)
{
	struct stat st;

	return lstat(folder_at(folder, name), &st) == 0;
}

void folder_make_in(const struct folder *folder, const char *name)
{
	check(mkdir(folder_at(folder, name), 0750) == 0, name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char **names_in(const struct folder *folder, const char *name, size_t *count)
{
	DIR *dir = opendir(folder_at(folder, name));
	char **names = NULL;
	struct dirent *entry;

	*count = 0;
	check(dir != NULL, name);
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		names = mem_resize(names, *count + 1, sizeof(*names));
		names[(*count)++] = mem_strdup(entry->d_name);
	}
	closedir(dir);
	if (*count > 0)
		qsort(names, *count, sizeof(*names), by_name);
	return names;
}

unsigned int folder_count(const struct folder *folder, const char *name)
{
	size_t count;
	char **names = names_in(folder, name, &count);

	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
	return (unsigned int)count;
}

char *folder_find(const struct folder *folder, const char *name, const char *part)
{
	size_t count;
	char **names = names_in(folder, name, &count);
	char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (found == NULL && strstr(names[i], part) != NULL)
			found = names[i];
		else
			free(names[i]);
	}
	free(names);
	return found;
}
