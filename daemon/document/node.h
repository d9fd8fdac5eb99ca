#ifndef DOCUMENT_NODE_H
#define DOCUMENT_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"

/*
 * One value of a document, with the place where it stands: the same tree for libconfig, JSON and the Notepad form, so
 * that config and alert judge meaning and never bytes. A plain struct to be read directly; only room document and
 * config's merging build or change one. A node owns its strings and its children.
 */
enum node_kind {
	NODE_STRING,
	NODE_INTEGER,
	NODE_FLOAT,
	NODE_BOOL,
	NODE_LIST, /* libconfig's [ ] and ( ), JSON's [ ]; children without key */
	NODE_GROUP, /* libconfig's { }, JSON's { }; children with key */
};

struct node {
	enum node_kind kind;
	char *key; /* NULL in a list and at the root */
	char *file; /* set at the root and where a tree was merged in; node_place looks upwards. NULL: as above */
	unsigned int line; /* 1 is the first; 0 where not known (JSON) */
	union { /* by kind */
		char *text; /* valid UTF-8 without zero bytes */
		int64_t integer;
		double real;
		bool flag;
	};
	struct node *parent; /* NULL at the root */
	struct node *first, *last; /* children, in the document's order */
	struct node *next; /* the following sibling */
	size_t index; /* among its siblings when it was added; they are taken out from the front, and all of them */
	size_t count; /* children */
};

/* The first child of `group` with this key, or NULL. NULL and nodes that are no group give NULL. */
const struct node *node_find(const struct node *group, const char *key);

/* The following sibling with the same key (the Notepad form allows several), or NULL. */
const struct node *node_again(const struct node *node);

/* Where it stands, for problem_add. Valid as long as the node. */
struct place node_place(const struct node *node);

/*
 * "channels[1].rate", "audiences[1]"; "" at the root. Counts from 0. Cut at the end when it does not fit. `out` holds
 * NODE_PATH bytes; returns `out`.
 */
#define NODE_PATH 256
const char *node_path(const struct node *node, char out[NODE_PATH]);

/* A new node; `key` and `file` are copied and may be NULL. Free with document_free, or hand to node_add. */
struct node *node_new(enum node_kind kind, const char *key, const char *file, unsigned int line);

/* Makes `child` the last child of `parent`. Requires: `child` has no parent; `parent` is a list or a group. */
void node_add(struct node *parent, struct node *child);

/* Takes the first child out and returns it, without parent; NULL when there is none. */
struct node *node_take_first(struct node *parent);

/* Frees a whole tree and sets *root to NULL; NULL is allowed. Requires: it has no parent. */
void document_free(struct node **root);

#endif
