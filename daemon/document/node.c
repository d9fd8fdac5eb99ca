#include "document/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"
#include "base/utf8.h"

const struct node *node_find(const struct node *group, const char *key)
{
	if (group == NULL || group->kind != NODE_GROUP)
		return NULL;
	for (const struct node *child = group->first; child != NULL; child = child->next) {
		if (strcmp(child->key, key) == 0)
			return child;
	}
	return NULL;
}

const struct node *node_again(const struct node *node)
{
	for (const struct node *next = node->next; next != NULL; next = next->next) {
		if (next->key != NULL && node->key != NULL && strcmp(next->key, node->key) == 0)
			return next;
	}
	return NULL;
}

struct place node_place(const struct node *node)
{
	struct place place = {.line = node->line};

	while (node != NULL && node->file == NULL)
		node = node->parent;
	if (node != NULL)
		place.file = node->file;
	return place;
}

/* Adds the step from `node`'s parent to `node`; what does not fit is cut between characters. */
static size_t add_step(const struct node *node, char *out, size_t used)
{
	size_t room = NODE_PATH - used;
	int length;

	if (node->key != NULL)
		length = snprintf(out + used, room, "%s%.*s", used > 0 ? "." : "", (int)room, node->key);
	else
		length = snprintf(out + used, room, "[%zu]", node->index);
	if (length >= 0 && (size_t)length < room)
		return used + (size_t)length;
	return NODE_PATH - 1;
}

const char *node_path(const struct node *node, char out[NODE_PATH])
{
	const struct node *steps[64];
	size_t depth = 0, used = 0;

	for (; node->parent != NULL && depth < sizeof(steps) / sizeof(steps[0]); node = node->parent)
		steps[depth++] = node;
	out[0] = '\0';
	while (depth > 0 && used < NODE_PATH - 1)
		used = add_step(steps[--depth], out, used);
	/* snprintf cuts between bytes; a key from JSON or Notepad may be Chinese. */
	size_t bad;
	if (!utf8_valid(out, strlen(out), &bad))
		out[bad] = '\0';
	return out;
}

struct node *node_new(enum node_kind kind, const char *key, const char *file, unsigned int line)
{
	struct node *node = mem_zalloc(sizeof(*node));

	node->kind = kind;
	node->key = mem_strdup(key);
	node->file = mem_strdup(file);
	node->line = line;
	return node;
}

void node_add(struct node *parent, struct node *child)
{
	REQUIRE(child->parent == NULL);
	REQUIRE(parent->kind == NODE_LIST || (parent->kind == NODE_GROUP && child->key != NULL));
	child->parent = parent;
	child->index = parent->count;
	child->next = NULL;
	if (parent->last == NULL)
		parent->first = child;
	else
		parent->last->next = child;
	parent->last = child;
	parent->count++;
}

struct node *node_take_first(struct node *parent)
{
	struct node *child = parent->first;

	if (child == NULL)
		return NULL;
	parent->first = child->next;
	if (parent->first == NULL)
		parent->last = NULL;
	parent->count--;
	child->next = NULL;
	child->parent = NULL;
	return child;
}

static void free_tree(struct node *node)
{
	struct node *child;

	/* As deep as the readers allow, and no deeper: DOCUMENT_DEPTH_MOST. */
	while ((child = node_take_first(node)) != NULL)
		free_tree(child);
	if (node->kind == NODE_STRING)
		free(node->text);
	free(node->key);
	free(node->file);
	free(node);
}

void document_free(struct node **root)
{
	if (*root == NULL)
		return;
	REQUIRE((*root)->parent == NULL);
	free_tree(*root);
	*root = NULL;
}
