#include "config/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "document/document.h"

static enum result refuse_file(const char *path, int error, struct problems *problems)
{
	const struct place place = {.file = path};
	struct problem *problem;

	switch (error) {
	case ENOENT:
	case ENOTDIR:
		problem = problem_add(problems, PROBLEM_ERROR, &place, NULL,
			N_("the configuration file does not exist"));
		problem_remedy(problem, N_("give the right path with -c FILE, or copy the sample crierd.conf there"));
		break;
	case EACCES:
	case EPERM:
		problem = problem_add(problems, PROBLEM_ERROR, &place, NULL,
			N_("the configuration file may not be read by this user"));
		problem_remedy(problem, N_("run as root: chmod 640 %1$s; chgrp crier %1$s"), path);
		break;
	default:
		problem = problem_cause(problem_add(problems, PROBLEM_ERROR, &place, NULL, N_("cannot be read")),
			error);
		problem_remedy(problem, N_("check the path and the disk"));
	}
	return result_of_errno(error);
}

static enum result read_all(int fd, const char *path, struct buf *bytes, struct problems *problems)
{
	char piece[16384];
	ssize_t got;

	/* One byte more than allowed is enough for document_read_cfg to say so. */
	while (!bytes->full && (got = read(fd, piece, sizeof(piece))) != 0) {
		if (got < 0 && errno != EINTR)
			return refuse_file(path, errno, problems);
		if (got > 0)
			buf_add(bytes, piece, (size_t)got);
	}
	return RESULT_OK;
}

static enum result check_regular(int fd, const char *path, struct problems *problems)
{
	const struct place place = {.file = path};
	struct stat st;

	if (fstat(fd, &st) != 0)
		return refuse_file(path, errno, problems);
	if (S_ISREG(st.st_mode))
		return RESULT_OK;
	problem_remedy(problem_add(problems, PROBLEM_ERROR, &place, NULL, N_("is not an ordinary file")),
		N_("give the path of the configuration file itself"));
	return RESULT_INVALID;
}

static enum result read_one(const char *path, struct node **root, struct problems *problems)
{
	struct buf bytes;
	enum result result;

	/* Without O_NONBLOCK a pipe in its place would hold the start for ever. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return refuse_file(path, errno, problems);
	buf_init(&bytes, DOCUMENT_SIZE_MOST + 16384);
	result = check_regular(fd, path, problems);
	if (result == RESULT_OK)
		result = read_all(fd, path, &bytes, problems);
	close(fd);
	if (result == RESULT_OK)
		result = document_read_cfg(buf_text(&bytes), bytes.size, path, root, problems);
	buf_fini(&bytes);
	return result;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_part(const char *name)
{
	size_t size = strlen(name);

	return name[0] != '.' && size > 5 && strcmp(name + size - 5, ".conf") == 0;
}

/* The names in `folder`, sorted; a folder that is not there has none. */
static enum result list_parts(const char *folder, char ***names, struct problems *problems)
{
	const struct place place = {.file = folder};
	struct dirent *entry;
	DIR *dir = opendir(folder);
	size_t count = 0;

	*names = mem_zalloc(sizeof(**names));
	if (dir == NULL && (errno == ENOENT || errno == ENOTDIR))
		return RESULT_OK;
	if (dir == NULL)
		return refuse_file(folder, errno, problems);
	while ((entry = readdir(dir)) != NULL && count <= FILES_MOST) {
		if (!is_part(entry->d_name))
			continue;
		mem_strings_add(names, entry->d_name);
		count++;
	}
	closedir(dir);
	if (count > FILES_MOST) {
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &place, NULL,
				       N_("the folder has more than %d files"), FILES_MOST),
			N_("put several channels into one file"));
		return RESULT_TOO_BIG;
	}
	qsort(*names, count, sizeof(**names), by_bytes);
	return RESULT_OK;
}

static void refuse_twice(const struct node *first, const struct node *second, const char *file,
	struct problems *problems)
{
	const struct place here = {.file = file, .line = second->line}, there = node_place(first);
	char path[NODE_PATH];
	struct problem *problem = problem_add(problems, PROBLEM_ERROR, &here, node_path(first, path),
		N_("is set already in %s line %u"), there.file != NULL ? there.file : "", there.line);

	problem_remedy(problem, N_("keep it in one of the two files"));
}

static void move_children(struct node *into, struct node *from, const char *file)
{
	struct node *child;

	while ((child = node_take_first(from)) != NULL) {
		if (child->file == NULL)
			child->file = mem_strdup(file);
		node_add(into, child);
	}
}

static void merge_child(struct node *into, struct node *child, const char *file, struct problems *problems)
{
	/* `into` is ours to change; node_find only looks. */
	struct node *there = (struct node *)node_find(into, child->key);

	if (there == NULL) {
		if (child->file == NULL)
			child->file = mem_strdup(file);
		node_add(into, child);
		return;
	}
	if (there->kind == NODE_LIST && child->kind == NODE_LIST) {
		move_children(there, child, file);
	} else if (there->kind == NODE_GROUP && child->kind == NODE_GROUP) {
		struct node *inner;
		while ((inner = node_take_first(child)) != NULL)
			merge_child(there, inner, file, problems);
	} else {
		refuse_twice(there, child, file, problems);
	}
	document_free(&child);
}

void files_merge(struct node *into, struct node *from, struct problems *problems)
{
	struct node *child;

	while ((child = node_take_first(from)) != NULL)
		merge_child(into, child, from->file, problems);
}

static enum result merge_folder(const char *folder, struct node *root, struct problems *problems)
{
	char **names;
	enum result result = list_parts(folder, &names, problems);

	for (size_t i = 0; result == RESULT_OK && names[i] != NULL; i++) {
		struct node *part = NULL;
		char *path = mem_printf("%s/%s", folder, names[i]);
		/* One bad part does not keep the others from being judged: all problems in one go. */
		if (read_one(path, &part, problems) == RESULT_OK)
			files_merge(root, part, problems);
		document_free(&part);
		free(path);
	}
	mem_strings_free(names);
	return result;
}

enum result files_read(const char *path, struct node **root, struct problems *problems)
{
	size_t errors = problems->errors;
	enum result result;

	*root = NULL;
	result = read_one(path, root, problems);
	if (result != RESULT_OK)
		return result;
	char *folder = mem_printf("%s.d", path);
	result = merge_folder(folder, *root, problems);
	free(folder);
	if (result == RESULT_OK && problems->errors > errors)
		result = RESULT_INVALID;
	if (result != RESULT_OK)
		document_free(root);
	return result;
}
