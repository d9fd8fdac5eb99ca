#include "config/read.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "config/value.h"

static const struct setting *find_row(const struct target *targets, size_t count, const char *key, void **into)
{
	for (size_t i = 0; i < count; i++) {
		for (const struct setting *row = targets[i].rows; row != NULL && row->key != NULL; row++) {
			if (strcmp(row->key, key) != 0)
				continue;
			*into = targets[i].into;
			return row;
		}
	}
	return NULL;
}

static void list_names(const char *const *known, struct buf *out)
{
	for (size_t i = 0; known[i] != NULL; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", known[i]);
}

void read_refuse_key(const struct reader *reader, const struct node *node, const char *const *known)
{
	const struct place place = node_place(node);
	const char *near = nearest_name(node->key, known);
	char path[NODE_PATH];
	struct problem *problem = problem_add(reader->problems, PROBLEM_ERROR, &place, node_path(node, path),
		N_("there is no setting of this name here"));

	if (near != NULL) {
		problem_remedy(problem, N_("did you mean %s?"), near);
		return;
	}
	struct buf names;
	buf_init(&names, 4096);
	list_names(known, &names);
	problem_remedy(problem, N_("remove it; possible here are: %s"), buf_text(&names));
	buf_fini(&names);
}

static void refuse_unknown(const struct reader *reader, const struct node *node, const struct target *targets,
	size_t count)
{
	const char *known[128];
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		for (const struct setting *row = targets[i].rows; row != NULL && row->key != NULL; row++) {
			if (used + 1 < sizeof(known) / sizeof(known[0]))
				known[used++] = row->key;
		}
	}
	known[used] = NULL;
	read_refuse_key(reader, node, known);
}

static void refuse_missing(const struct reader *reader, const struct node *group, const char *name,
	const struct setting *row)
{
	const struct place place = group != NULL ? node_place(group) : (struct place){.file = reader->file};
	char path[NODE_PATH];
	char *field = mem_printf("%s.%s", group != NULL ? node_path(group, path) : name, row->key);
	struct problem *problem = problem_add(reader->problems, PROBLEM_ERROR, &place, field,
		N_("this setting is needed and is not there"));

	if (group != NULL)
		problem_remedy(problem, N_("add a line %s = …; to this group"), row->key);
	else
		problem_remedy(problem, N_("add a group %s: { %s = …; };"), name, row->key);
	free(field);
}

/* Defaults, and what must be there. */
static void prepare(const struct reader *reader, const struct node *group, const char *name,
	const struct target *target)
{
	for (const struct setting *row = target->rows; row != NULL && row->key != NULL; row++) {
		value_default(row, target->into);
		if (row->required && node_find(group, row->key) == NULL)
			refuse_missing(reader, group, name, row);
	}
}

void read_group(const struct reader *reader, const struct node *group, const char *name, const struct target *targets,
	size_t target_count, bool strict)
{
	void *into = NULL;

	for (size_t i = 0; i < target_count; i++)
		prepare(reader, group, name, &targets[i]);
	for (const struct node *node = group != NULL ? group->first : NULL; node != NULL; node = node->next) {
		const struct setting *row = find_row(targets, target_count, node->key, &into);
		if (row != NULL)
			value_take(reader, row, node, into);
		else if (strict)
			refuse_unknown(reader, node, targets, target_count);
	}
}

void read_free(const struct setting *rows, void *into)
{
	for (const struct setting *row = rows; row != NULL && row->key != NULL; row++) {
		void *at = (char *)into + row->offset;
		switch (row->type) {
		case SETTING_BOOL:
		case SETTING_INTEGER:
		case SETTING_CHOICE:
		case SETTING_DURATION:
		case SETTING_RATE:
		case SETTING_TIME:
			break;
		case SETTING_STRINGS:
			mem_strings_free(*(char ***)at);
			*(char ***)at = NULL;
			break;
		case SETTING_SECRET:
			if (*(char **)at != NULL)
				explicit_bzero(*(char **)at, strlen(*(char **)at));
			/* fall through */
		default:
			free(*(char **)at);
			*(char **)at = NULL;
		}
	}
}
