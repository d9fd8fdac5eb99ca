#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/phone.h"
#include "base/utf8.h"
#include "document/document.h"
#include "document/lines.h"

/* Behind the string that begins at `at`, or `end`. */
static const char *behind_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++) {
		if (*at == '\\' && at + 1 < end)
			at++;
	}
	return at < end ? at + 1 : end;
}

/* Before jansson recurses: how deep, and which signs only look like JSON's own. */
static bool check_outside_strings(const struct lines *lines)
{
	const char *at = lines->text, *end = at + lines->size;
	unsigned int line = 1; /* counted along: to count again for each problem would take minutes */
	size_t depth = 0, size;
	bool good = true;

	for (; at < end; at += size) {
		size = 1;
		if (*at == '"') {
			size = (size_t)(behind_string(at, end) - at);
			line += lines_within(at, size);
			continue;
		}
		line += *at == '\n';
		if (*at == '{' || *at == '[')
			depth++;
		else if ((*at == '}' || *at == ']') && depth > 0)
			depth--;
		if (depth > DOCUMENT_DEPTH_MOST) {
			lines_refuse(lines, line, NULL, N_("brackets stand inside each other more than %d deep"),
				DOCUMENT_DEPTH_MOST);
			return false;
		}
		char ascii = lines_lookalike(at, end, &size);
		if (ascii == 0)
			continue;
		lines_refuse_lookalike(lines, line, at, size, ascii);
		good = false;
		if (ascii == '"')
			return false; /* from here on inside and outside are not known */
	}
	return good;
}

/* jansson quotes a piece of the document, cut between bytes: one line of whole characters without phone numbers. */
static void clean(const char *words, char out[JSON_ERROR_TEXT_LENGTH])
{
	char raw[JSON_ERROR_TEXT_LENGTH];
	const char *at = words, *end = words + strlen(words);
	size_t used = 0;
	uint32_t code;

	while (at < end && used + 4 < sizeof(raw)) {
		if (!utf8_next(&at, end, &code))
			at++;
		else
			used += utf8_put(code < ' ' ? ' ' : code, raw + used);
	}
	phone_mask_text(raw, used, out, JSON_ERROR_TEXT_LENGTH);
}

static void refuse_error(const struct lines *lines, const json_error_t *error)
{
	unsigned int line = error->line > 0 ? (unsigned int)error->line : 1;
	struct problem *problem;
	char text[JSON_ERROR_TEXT_LENGTH];

	clean(error->text, text);
	switch (json_error_code(error)) {
	case json_error_duplicate_key:
		problem = lines_refuse(lines, line, NULL, N_("a name is set twice in one object (%s)"), text);
		problem_remedy(problem, N_("keep one of the two"));
		break;
	case json_error_numeric_overflow:
		problem = lines_refuse(lines, line, NULL, N_("the number is too large"));
		problem_remedy(problem, N_("a phone number, a code or an amount of money goes in quotation marks"));
		break;
	case json_error_premature_end_of_input:
		problem = lines_refuse(lines, line, NULL, N_("the text ends in the middle (%s)"), text);
		problem_remedy(problem, N_("look for a missing closing } or ] or \""));
		break;
	case json_error_end_of_input_expected:
		problem = lines_refuse(lines, line, NULL, N_("something stands behind the end of the object (%s)"),
			text);
		problem_remedy(problem, N_("delete what stands behind the last }"));
		break;
	case json_error_null_character:
	case json_error_null_byte_in_key:
		problem = lines_refuse(lines, line, NULL, N_("a text contains \\u0000, a zero byte"));
		problem_remedy(problem, N_("delete it"));
		break;
	default:
		problem = lines_refuse(lines, line, NULL, N_("is not valid JSON (%s)"), text);
		problem_remedy(problem,
			N_("names and texts stand between \" signs, a comma between two settings and none "
			   "behind the last; JSON has no remarks"));
	}
}

static struct node *convert(const struct lines *lines, json_t *value, const char *key, struct node *parent);

static void convert_children(const struct lines *lines, json_t *value, struct node *node)
{
	const char *key;
	json_t *child;
	size_t index;

	if (json_is_object(value)) {
		json_object_foreach(value, key, child) convert(lines, child, key, node);
	} else {
		json_array_foreach(value, index, child) convert(lines, child, NULL, node);
	}
}

static enum node_kind kind_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return NODE_GROUP;
	case JSON_ARRAY:
		return NODE_LIST;
	case JSON_INTEGER:
		return NODE_INTEGER;
	case JSON_REAL:
		return NODE_FLOAT;
	case JSON_TRUE:
	case JSON_FALSE:
		return NODE_BOOL;
	default:
		return NODE_STRING;
	}
}

static void refuse_null(const struct lines *lines, const struct node *node)
{
	char path[NODE_PATH];
	struct problem *problem = lines_refuse(lines, 0, node_path(node, path), N_("null is not a value here"));

	problem_remedy(problem, N_("leave the setting out, or write its value"));
}

static void refuse_long(const struct lines *lines, const struct node *node)
{
	char path[NODE_PATH];
	struct problem *problem = lines_refuse(lines, 0, node_path(node, path), N_("a text is longer than %d KiB"),
		DOCUMENT_STRING_MOST / 1024);

	problem_remedy(problem, N_("shorten it"));
}

/* Adds `value` below `parent`, as deep as check_outside_strings allows; NULL makes the root. */
static struct node *convert(const struct lines *lines, json_t *value, const char *key, struct node *parent)
{
	struct node *node = node_new(kind_of(value), key, parent == NULL ? lines->name : NULL, 0);

	if (parent != NULL)
		node_add(parent, node);
	switch (node->kind) {
	case NODE_STRING:
		/* null comes here too, is refused, and must leave a whole tree to free. */
		node->text = mem_strdup(json_is_string(value) ? json_string_value(value) : "");
		if (json_is_null(value))
			refuse_null(lines, node);
		else if (json_string_length(value) > DOCUMENT_STRING_MOST)
			refuse_long(lines, node);
		break;
	case NODE_INTEGER:
		node->integer = json_integer_value(value);
		break;
	case NODE_FLOAT:
		node->real = json_real_value(value);
		break;
	case NODE_BOOL:
		node->flag = json_is_true(value);
		break;
	case NODE_LIST:
	case NODE_GROUP:
		convert_children(lines, value, node);
		break;
	}
	return node;
}

static enum result parse(const struct lines *lines, struct node **root)
{
	size_t errors = lines->problems->errors;
	json_error_t error;
	json_t *json = json_loadb(lines->text, lines->size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	if (json == NULL) {
		refuse_error(lines, &error);
		return RESULT_INVALID;
	}
	if (json_is_object(json)) {
		*root = convert(lines, json, NULL, NULL);
	} else {
		struct problem *problem = lines_refuse(lines, 1, NULL, N_("the document is no JSON object"));
		problem_remedy(problem, N_("begin it with { and end it with }"));
	}
	json_decref(json);
	if (lines->problems->errors == errors)
		return RESULT_OK;
	document_free(root);
	return RESULT_INVALID;
}

enum result document_read_json(const void *bytes, size_t size, const char *name, struct node **root,
	struct problems *problems)
{
	struct lines lines = {.text = bytes, .size = size, .name = name, .problems = problems};
	enum result result;

	*root = NULL;
	result = lines_check_size(&lines);
	if (result == RESULT_OK)
		result = lines_check_text(&lines);
	if (result == RESULT_OK && !check_outside_strings(&lines))
		result = RESULT_INVALID;
	if (result == RESULT_OK)
		result = parse(&lines, root);
	return result;
}
