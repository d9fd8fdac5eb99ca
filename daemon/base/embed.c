#include "base/embed.h"

#include <string.h>

const struct embed_file *embed_first(const char *prefix)
{
	size_t length = strlen(prefix);

	for (const struct embed_file *file = embed_shipped; file->path != NULL; file++)
		if (strncmp(file->path, prefix, length) == 0)
			return file;
	return NULL;
}

const struct embed_file *embed_find(const char *path)
{
	const struct embed_file *file = embed_first(path);

	return file != NULL && strcmp(file->path, path) == 0 ? file : NULL;
}
