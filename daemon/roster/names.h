#ifndef ROSTER_NAMES_H
#define ROSTER_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

/*
 * The different words of one column of a file, numbered from 1 in the order in which they came, up to a maximum; so that a
 * record holds a number instead of a word.
 */
struct names {
	struct map map;
	char **list; /* by number - 1 */
	uint32_t count, most;
};

void names_init(struct names *names, uint32_t most);
void names_fini(struct names *names);

/* The number of `name`, which is made known when it is new; 0 when there are too many. */
uint32_t names_put(struct names *names, const char *name);

/* Requires: a number that names_put gave. */
const char *names_get(const struct names *names, uint32_t number);

/* Sets of roles, written as one word: sorted, each once, parted by semicolons. */
enum { ROLES_ROOM = 1024 };

/* Adds a role to the word in `set` unless it is there. Returns false when it does not fit. */
bool roles_add(char set[ROLES_ROOM], const char *role);

/* The number of the union of two sets of roles of `names` (0: the empty set); 0 when there are too many. */
uint32_t roles_union(struct names *names, uint32_t a, uint32_t b);

/* The roles of such a word as a new NULL-ended list to mem_strings_free(). */
char **roles_list(const char *set);

#endif
