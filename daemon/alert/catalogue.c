#include "alert/catalogue.h"

#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"

/* The place of `node`, and its path as the field. */
#define CATALOGUE_PROBLEM(problems, node, ...) \
	do { \
		struct place at_ = node_place(node); \
		char path_[NODE_PATH]; \
		problem_add(problems, PROBLEM_ERROR, &at_, node_path(node, path_), __VA_ARGS__); \
	} while (0)

const struct node *catalogue_list(const struct node *root, const char *key, struct problems *problems)
{
	const struct node *list = node_find(root, key);

	if (list == NULL || list->kind != NODE_LIST || list->count == 0 || root->count != 1) {
		CATALOGUE_PROBLEM(problems, root, N_("the file must hold one list named \"%s\" and nothing else"), key);
		return NULL;
	}
	return list;
}

bool catalogue_row(const struct node *row, const char *const *keys, struct problems *problems)
{
	if (row->kind != NODE_GROUP) {
		CATALOGUE_PROBLEM(problems, row, N_("must be a group in { }"));
		return false;
	}
	bool good = true;
	for (const struct node *child = row->first; child != NULL; child = child->next) {
		size_t i = 0;
		while (keys[i] != NULL && strcmp(keys[i], child->key) != 0)
			i++;
		if (keys[i] != NULL)
			continue;
		struct place at = node_place(child);
		const char *nearest = nearest_name(child->key, keys);
		struct problem *problem = problem_add(problems, PROBLEM_ERROR, &at, child->key,
			N_("there is no such field"));
		if (nearest != NULL)
			problem_remedy(problem, N_("did you mean \"%s\"?"), nearest);
		good = false;
	}
	return good;
}

/* The child, when it is there and of this kind. */
static const struct node *catalogue_child(const struct node *row, const char *key, enum node_kind kind, bool required,
	const char *wanted, struct problems *problems)
{
	const struct node *child = node_find(row, key);

	if (child == NULL) {
		if (required)
			CATALOGUE_PROBLEM(problems, row, N_("\"%s\" is missing"), key);
		return NULL;
	}
	if (child->kind == kind)
		return child;
	struct place at = node_place(child);
	struct problem *problem = problem_add(problems, PROBLEM_ERROR, &at, key, N_("has the wrong kind of value"));
	problem_remedy(problem, N_("write it like %s"), wanted);
	return NULL;
}

char *catalogue_string(const struct node *row, const char *key, bool required, struct problems *problems)
{
	const struct node *child = catalogue_child(row, key, NODE_STRING, required, "\"...\"", problems);

	if (child != NULL && *child->text == '\0') {
		CATALOGUE_PROBLEM(problems, child, N_("is empty"));
		return NULL;
	}
	return child != NULL ? mem_strdup(child->text) : NULL;
}

char **catalogue_strings(const struct node *row, const char *key, bool required, struct problems *problems)
{
	char **strings = mem_calloc(1, sizeof(*strings));
	const struct node *list = catalogue_child(row, key, NODE_LIST, required, "[ \"...\", \"...\" ]", problems);

	if (list == NULL)
		return strings;
	if (required && list->count == 0)
		CATALOGUE_PROBLEM(problems, list, N_("is empty"));
	for (const struct node *item = list->first; item != NULL; item = item->next) {
		if (item->kind == NODE_STRING && *item->text != '\0')
			mem_strings_add(&strings, item->text);
		else
			CATALOGUE_PROBLEM(problems, item, N_("must be text in quotes"));
	}
	return strings;
}

int64_t catalogue_integer(const struct node *row, const char *key, int64_t fallback, struct problems *problems)
{
	const struct node *child = catalogue_child(row, key, NODE_INTEGER, false, "2023", problems);

	return child != NULL ? child->integer : fallback;
}

bool catalogue_bool(const struct node *row, const char *key, bool fallback, struct problems *problems)
{
	const struct node *child = catalogue_child(row, key, NODE_BOOL, false, "true", problems);

	return child != NULL ? child->flag : fallback;
}
