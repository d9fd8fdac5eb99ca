#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include "config/read.h"

/*
 * Secrets stand in files of their own, or come as credentials from systemd. Their content is never in a problem.
 */

/*
 * Reads the secret that `node` names: a path (relative to reader->folder), or "credential:NAME" under
 * $CREDENTIALS_DIRECTORY. One final line end is dropped. Returns a new string, "" where reader->secrets is false and the
 * file is there, or NULL with a problem: absent, not readable, readable by everybody, empty, over SECRET_MOST bytes.
 */
enum { SECRET_MOST = 4096 };
char *secret_read(const struct reader *reader, const struct node *node);

/* `path` made absolute against `folder`. A new string. */
char *secret_path(const char *folder, const char *path);

#endif
