#ifndef TESTING_FOLDER_H
#define TESTING_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* A temporary folder of one test, and small things to do in it. Paths are relative to it; errors end the program. */
struct folder {
	char path[96]; /* short enough for a socket in it */
};

void folder_make(struct folder *folder);

/*
 * The same in memory where the system offers it (/dev/shm with room to spare, and no TMPDIR is set): for tests that run
 * through days and are not about the disk, on which every sync would be waited for.
 */
void folder_make_fast(struct folder *folder);

/* Removes it with all that is in it. */
void folder_remove(struct folder *folder);

/* The absolute path of `name` in it, good until the eighth next call. */
const char *folder_at(const struct folder *folder, const char *name);

/* Writes, appends to, renames and reads files. folder_read returns a new string to free(), NULL when there is none. */
void folder_write(const struct folder *folder, const char *name, const void *bytes, size_t size);
void folder_write_text(const struct folder *folder, const char *name, const char *text);
void folder_append(const struct folder *folder, const char *name, const char *text);
void folder_rename(const struct folder *folder, const char *from, const char *to);
char *folder_read(const struct folder *folder, const char *name, size_t *size);
bool folder_has(const struct folder *folder, const char *name);
void folder_make_in(const struct folder *folder, const char *name);

/* How many entries a folder in it has, and the first in byte order whose name contains `part` (a new string, or NULL). */
unsigned int folder_count(const struct folder *folder, const char *name);
char *folder_find(const struct folder *folder, const char *name, const char *part);

#endif
