#include <libconfig.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "document/document.h"
#include "document/guard.h"
#include "document/lines.h"

/* What the guard let through and libconfig still refuses: mixed arrays, and whatever we did not think of. */
static void refuse_error(const struct lines *lines, const config_t *config)
{
	const char *text = config_error_text(config);
	unsigned int line = (unsigned int)config_error_line(config);

	if (text != NULL && strstr(text, "mismatched element type") != NULL) {
		struct problem *problem = lines_refuse(lines, line, NULL,
			N_("the values between [ and ] are not all of one kind"));
		problem_remedy(problem, N_("write them all in quotation marks, or all as whole numbers"));
		return;
	}
	struct problem *problem = lines_refuse(lines, line, NULL, N_("cannot be read (%s)"),
		text != NULL ? text : "libconfig");
	problem_remedy(problem, N_("compare the line, and the one above it, with the examples of the manual"));
}

/* Escapes such as \xff may have made bytes that are no text. */
static void check_text(const struct lines *lines, const struct node *node)
{
	char path[NODE_PATH];

	if (utf8_valid(node->text, strlen(node->text), NULL))
		return;
	struct problem *problem = lines_refuse(lines, node->line, node_path(node, path),
		N_("the \\x sequences do not give valid UTF-8"));
	problem_remedy(problem, N_("type the characters themselves instead of \\x sequences"));
}

static void check_real(const struct lines *lines, const struct node *node)
{
	char path[NODE_PATH];

	if (isfinite(node->real))
		return;
	struct problem *problem = lines_refuse(lines, node->line, node_path(node, path), N_("the number is too large"));
	problem_remedy(problem, N_("write a smaller number"));
}

static enum node_kind kind_of(const config_setting_t *setting)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_GROUP:
		return NODE_GROUP;
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		return NODE_LIST;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return NODE_INTEGER;
	case CONFIG_TYPE_FLOAT:
		return NODE_FLOAT;
	case CONFIG_TYPE_BOOL:
		return NODE_BOOL;
	default:
		return NODE_STRING;
	}
}

static void take_value(const struct lines *lines, const config_setting_t *setting, struct node *node)
{
	switch (node->kind) {
	case NODE_STRING:
		node->text = mem_strdup(config_setting_get_string(setting));
		if (node->text == NULL)
			node->text = mem_strdup("");
		check_text(lines, node);
		break;
	case NODE_INTEGER:
		node->integer = config_setting_get_int64(setting);
		break;
	case NODE_FLOAT:
		node->real = config_setting_get_float(setting);
		check_real(lines, node);
		break;
	case NODE_BOOL:
		node->flag = config_setting_get_bool(setting) == CONFIG_TRUE;
		break;
	case NODE_LIST:
	case NODE_GROUP:
		break;
	}
}

/* As deep as the guard allows. */
static void copy_children(const struct lines *lines, const config_setting_t *setting, struct node *node)
{
	int count = config_setting_length(setting);

	for (int i = 0; i < count; i++) {
		const config_setting_t *from = config_setting_get_elem(setting, (unsigned int)i);
		struct node *child = node_new(kind_of(from), config_setting_name(from), NULL,
			config_setting_source_line(from));
		node_add(node, child);
		take_value(lines, from, child);
		if (child->kind == NODE_LIST || child->kind == NODE_GROUP)
			copy_children(lines, from, child);
	}
}

static enum result parse(const struct lines *lines, struct node **root)
{
	char *text = mem_strndup(lines->text, lines->size);
	size_t errors = lines->problems->errors;
	config_t config;

	config_init(&config);
	if (config_read_string(&config, text) == CONFIG_TRUE) {
		*root = node_new(NODE_GROUP, NULL, lines->name, 1);
		copy_children(lines, config_root_setting(&config), *root);
	} else {
		refuse_error(lines, &config);
	}
	config_destroy(&config);
	free(text);
	if (lines->problems->errors == errors)
		return RESULT_OK;
	document_free(root);
	return RESULT_INVALID;
}

enum result document_read_cfg(const void *bytes, size_t size, const char *name, struct node **root,
	struct problems *problems)
{
	struct lines lines = {.text = bytes, .size = size, .name = name, .problems = problems};
	enum result result;

	*root = NULL;
	result = lines_check_size(&lines);
	if (result == RESULT_OK)
		result = lines_check_text(&lines);
	if (result == RESULT_OK)
		result = guard_check(&lines);
	if (result == RESULT_OK)
		result = parse(&lines, root);
	return result;
}
