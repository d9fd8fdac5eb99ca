#ifndef CONFIG_FILES_H
#define CONFIG_FILES_H

#include "base/problem.h"
#include "base/result.h"
#include "document/node.h"

/*
 * The configuration's files, read and merged into one tree: the file itself, then every *.conf of the folder beside it
 * whose name has ".d" added, in byte order.
 */

/*
 * Reads `path` and its folder. On RESULT_OK *root is new (document_free). Otherwise *root is NULL and `problems` says
 * why. Files are regular ones of at most DOCUMENT_SIZE_MOST bytes, at most FILES_MOST of them.
 */
enum { FILES_MOST = 1000 };
enum result files_read(const char *path, struct node **root, struct problems *problems);

/*
 * Moves what `from` holds to the end of `into`: lists append, groups merge, anything else set in both is refused with
 * both places. Requires: two groups. Afterwards `from` is as good as empty.
 */
void files_merge(struct node *into, struct node *from, struct problems *problems);

#endif
