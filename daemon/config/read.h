#ifndef CONFIG_READ_H
#define CONFIG_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/problem.h"
#include "config/setting.h"
#include "document/node.h"

/*
 * Walks one parsed group against rows of settings and fills the structs behind them: values checked for type and bounds,
 * defaults for what is not written, a problem with file, line and the nearest name for what has no row.
 */
struct reader {
	const char *file; /* the configuration file, for problems about what is not written anywhere */
	const char *folder; /* its folder, absolute: where relative paths begin */
	bool secrets; /* read their content; otherwise only look whether the files are there */
	struct problems *problems;
};

/* Rows, and the struct that their offsets count from. */
struct target {
	const struct setting *rows;
	void *into;
};

/*
 * Fills all targets from `group`; NULL stands for one that is not written, which problems call `name`. `strict`
 * refuses keys that no row has. Requires: the structs are zeroed. Afterwards they are whole, whatever was wrong: lists are
 * never NULL, and read_free works.
 */
void read_group(const struct reader *reader, const struct node *group, const char *name, const struct target *targets,
	size_t target_count, bool strict);

/* Refuses the key of `node`; `known` are the NULL-ended names that may stand there. */
void read_refuse_key(const struct reader *reader, const struct node *node, const char *const *known);

/* Frees what rows put into a struct, secrets overwritten first. */
void read_free(const struct setting *rows, void *into);

#endif
