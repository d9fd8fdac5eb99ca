#include "config/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"

static const char credential[] = "credential:";

char *secret_path(const char *folder, const char *path)
{
	return *path == '/' ? mem_strdup(path) : mem_printf("%s/%s", folder, path);
}

#define refuse(reader, node, ...) \
	problem_add((reader)->problems, PROBLEM_ERROR, &(struct place){node_place(node).file, (node)->line}, \
		node_path((node), (char[NODE_PATH]){0}), __VA_ARGS__)

static bool is_credential(const struct node *node)
{
	return strncmp(node->text, credential, sizeof(credential) - 1) == 0;
}

/* The path of the file, or NULL with a problem. */
static char *find(const struct reader *reader, const struct node *node)
{
	const char *name = node->text + sizeof(credential) - 1;
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (!is_credential(node))
		return secret_path(reader->folder, node->text);
	if (*name == '\0' || strchr(name, '/') != NULL || *name == '.') {
		problem_remedy(refuse(reader, node, N_("\"%s\" is not the name of a credential"), name),
			N_("write credential:NAME, with the NAME of a LoadCredential= line of the unit"));
		return NULL;
	}
	if (folder == NULL || *folder != '/') {
		problem_remedy(refuse(reader, node, N_("no credentials were handed over by systemd")),
			N_("add LoadCredential=%s:/path/of/the/file to the unit, or write the path of the file here"),
			name);
		return NULL;
	}
	return mem_printf("%s/%s", folder, name);
}

static void refuse_open(const struct reader *reader, const struct node *node, const char *path, int error)
{
	if (error == ENOENT || error == ENOTDIR)
		problem_remedy(refuse(reader, node, N_("the secret file %s does not exist"), path),
			N_("create it with the secret as its only line, then run: chmod 640 %1$s; chgrp crier %1$s"),
			path);
	else if (error == EACCES || error == EPERM)
		problem_remedy(refuse(reader, node, N_("the secret file %s may not be read by this user"), path),
			N_("run as root: chmod 640 %1$s; chgrp crier %1$s"), path);
	else
		problem_remedy(problem_cause(refuse(reader, node, N_("the secret file %s cannot be opened"), path),
				       error),
			N_("check the path"));
}

static bool check_file(const struct reader *reader, const struct node *node, const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode)) {
		problem_remedy(refuse(reader, node, N_("%s is not an ordinary file"), path),
			N_("write the path of the file that holds the secret"));
		return false;
	}
	if (!is_credential(node) && (st->st_mode & (S_IROTH | S_IWOTH)) != 0) {
		problem_remedy(refuse(reader, node,
				       N_("everybody on this machine may read or change the secret file %s"), path),
			N_("run: chmod 640 %s"), path);
		return false;
	}
	if (st->st_size > SECRET_MOST) {
		problem_remedy(refuse(reader, node, N_("the secret file %s is larger than %d bytes"), path,
				       SECRET_MOST),
			N_("check that the right file is named; it holds the secret and nothing else"));
		return false;
	}
	return true;
}

/* What was read, without its last line end, or NULL with a problem. */
static char *content(const struct reader *reader, const struct node *node, const char *path, const char *bytes,
	size_t size)
{
	/* Notepad puts its mark in front, and no provider knows a secret with it. */
	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		size -= 3;
	}
	if (size > 0 && bytes[size - 1] == '\n')
		size--;
	if (size > 0 && bytes[size - 1] == '\r')
		size--;
	if (size == 0) {
		problem_remedy(refuse(reader, node, N_("the secret file %s is empty"), path),
			N_("write the secret into it as its only line"));
		return NULL;
	}
	if (memchr(bytes, '\0', size) != NULL || memchr(bytes, '\n', size) != NULL || !utf8_valid(bytes, size, NULL)) {
		problem_remedy(refuse(reader, node, N_("the secret file %s is not one line of text"), path),
			N_("write the secret into it as its only line"));
		return NULL;
	}
	return mem_strndup(bytes, size);
}

static char *read_open(const struct reader *reader, const struct node *node, const char *path, int fd)
{
	char bytes[SECRET_MOST];
	struct stat st;
	size_t size = 0;
	ssize_t got = 0;

	if (fstat(fd, &st) != 0) {
		refuse_open(reader, node, path, errno);
		return NULL;
	}
	if (!check_file(reader, node, path, &st))
		return NULL;
	while (size < sizeof(bytes) && (got = read(fd, bytes + size, sizeof(bytes) - size)) > 0)
		size += (size_t)got;
	char *secret = NULL;
	if (got < 0)
		refuse_open(reader, node, path, errno);
	else
		secret = content(reader, node, path, bytes, size);
	explicit_bzero(bytes, sizeof(bytes));
	return secret;
}

/* Whoever may not even look is not told that it is missing. */
static char *look_only(const struct reader *reader, const struct node *node, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return mem_strdup("");
		refuse_open(reader, node, path, errno);
		return NULL;
	}
	return check_file(reader, node, path, &st) ? mem_strdup("") : NULL;
}

static char *open_and_read(const struct reader *reader, const struct node *node, const char *path)
{
	/* Without O_NONBLOCK a pipe in its place would hold the start for ever. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		refuse_open(reader, node, path, errno);
		return NULL;
	}
	char *secret = read_open(reader, node, path, fd);
	close(fd);
	return secret;
}

char *secret_read(const struct reader *reader, const struct node *node)
{
	char *path = find(reader, node);

	if (path == NULL)
		return NULL;
	char *secret = reader->secrets ? open_and_read(reader, node, path) : look_only(reader, node, path);
	free(path);
	return secret;
}
