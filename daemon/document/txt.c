#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/phone.h"
#include "base/utf8.h"
#include "document/document.h"
#include "document/encoding.h"
#include "document/lines.h"

enum { NAME_MOST = 8 /* characters of a name on an indented line; longer is running text */ };

/* A piece of a line. */
struct piece {
	const char *at, *end;
};

static bool is_blank(uint32_t code)
{
	return code == ' ' || code == '\t' || code == '\f' || code == '\v' || code == 0x3000 || code == 0x00a0 ||
		code == 0xfeff;
}

static bool is_colon(uint32_t code)
{
	return code == ':' || code == 0xff1a || code == 0xfe55 || code == 0x2236;
}

static struct piece trim(struct piece piece)
{
	const char *at = piece.at, *end = piece.at;
	uint32_t code;

	while (utf8_next(&at, piece.end, &code) && is_blank(code))
		piece.at = at;
	for (at = piece.at; utf8_next(&at, piece.end, &code);) {
		if (!is_blank(code))
			end = at;
	}
	piece.end = end > piece.at ? end : piece.at;
	return piece;
}

/* Cuts `line` at its first colon. Returns false when it has none. */
static bool cut(struct piece line, struct piece *name, struct piece *value)
{
	const char *at = line.at, *before = at;
	uint32_t code;

	for (; utf8_next(&at, line.end, &code); before = at) {
		if (!is_colon(code))
			continue;
		*name = trim((struct piece){line.at, before});
		*value = trim((struct piece){at, line.end});
		return true;
	}
	return false;
}

/* People indent whole files. On an indented line only a short word without punctuation or digits is a name. */
static bool reads_as_name(struct piece name)
{
	size_t count = 0;
	uint32_t code;

	while (utf8_next(&name.at, name.end, &code)) {
		bool punctuation = (code < 0x80 && strchr("0123456789,.!?;()[]\"'/\\", (int)code) != NULL) ||
			(code >= 0x2010 && code <= 0x2040) || (code >= 0x3001 && code <= 0x3011) ||
			(code >= 0xff01 && code <= 0xff20);
		if (punctuation || ++count > NAME_MOST)
			return false;
	}
	return count > 0;
}

static char *piece_text(struct piece piece)
{
	return mem_strndup(piece.at, (size_t)(piece.end - piece.at));
}

/* "类　型" is "类型", "Fraud Type" stays: blanks go where a neighbour is not ASCII. */
static char *key_text(struct piece name)
{
	char *raw = piece_text(name), *key = utf8_narrow(raw);
	char *to = key;

	for (const char *from = key; *from != '\0'; from++) {
		bool wide = (unsigned char)from[1] >= 0x80 || (to > key && (unsigned char)to[-1] >= 0x80);
		if ((*from == ' ' || *from == '\t') && (wide || from[1] == ' '))
			continue;
		*to++ = *from;
	}
	*to = '\0';
	free(raw);
	return key;
}

static bool is_long(const struct node *node)
{
	return strlen(node->text) > DOCUMENT_STRING_MOST;
}

static void check_length(const struct lines *lines, const struct node *node)
{
	if (!is_long(node))
		return;
	struct problem *problem = lines_refuse(lines, node->line, NULL, N_("a text is longer than %d KiB"),
		DOCUMENT_STRING_MOST / 1024);
	problem_remedy(problem, N_("shorten it"));
}

/* Chinese joins without a blank; between two ASCII words one is needed. */
static void append(const struct lines *lines, struct node *node, struct piece more)
{
	/* Refused already. Each further line would copy it again. */
	if (is_long(node))
		return;
	size_t size = strlen(node->text);
	bool blank = size > 0 && (unsigned char)node->text[size - 1] < 0x80 && (unsigned char)*more.at < 0x80;
	char *joined = mem_printf("%s%s%.*s", node->text, blank ? " " : "", (int)(more.end - more.at), more.at);

	free(node->text);
	node->text = joined;
	check_length(lines, node);
}

static bool skipped(struct piece line)
{
	size_t size = (size_t)(line.end - line.at);

	return size == 0 || line.at[0] == '#' || (size >= 2 && memcmp(line.at, "//", 2) == 0);
}

static void refuse_line(const struct lines *lines, unsigned int number, struct piece line)
{
	char *whole = piece_text(line), text[128];

	phone_mask_text(whole, utf8_cut(whole, 60), text, sizeof(text));
	free(whole);
	struct problem *problem = lines_refuse(lines, number, NULL, N_("the line \"%s\" has no colon"), text);
	problem_remedy(problem,
		N_("write a name, a colon and its content, such as 类型：刷单返利; to go on with the line "
		   "above, begin the line with a blank"));
}

static void on_line(const struct lines *lines, unsigned int number, struct piece whole, struct node *root)
{
	struct piece line = trim(whole), name, value;
	bool indented = line.at > whole.at;

	if (skipped(line))
		return;
	bool field = cut(line, &name, &value) && (!indented || reads_as_name(name) || root->last == NULL);
	if (!field && indented && root->last != NULL) {
		append(lines, root->last, line);
		return;
	}
	if (!field) {
		refuse_line(lines, number, line);
		return;
	}
	if (name.at == name.end) {
		struct problem *problem = lines_refuse(lines, number, NULL,
			N_("there is no name in front of the colon"));
		problem_remedy(problem, N_("write a name, a colon and its content, such as 类型：刷单返利"));
		return;
	}
	char *key = key_text(name);
	struct node *node = node_new(NODE_STRING, key, NULL, number);
	node->text = piece_text(value);
	node_add(root, node);
	check_length(lines, node);
	free(key);
}

static void read_lines(const struct lines *lines, struct node *root)
{
	const char *at = lines->text, *end = at + lines->size;

	for (unsigned int number = 1; at < end; number++) {
		const char *stop = at;
		while (stop < end && *stop != '\n' && *stop != '\r')
			stop++;
		if (number > DOCUMENT_LINES_MOST) {
			struct problem *problem = lines_refuse(lines, number, NULL,
				N_("the text has more than %d lines"), DOCUMENT_LINES_MOST);
			problem_remedy(problem, N_("check that the right file was chosen"));
			return;
		}
		on_line(lines, number, (struct piece){at, stop}, root);
		at = stop + 1;
		if (stop + 1 < end && stop[0] == '\r' && stop[1] == '\n')
			at++;
	}
}

enum result document_read_txt(const void *bytes, size_t size, const char *name, struct node **root,
	struct problems *problems)
{
	struct lines lines = {.text = bytes, .size = size, .name = name, .problems = problems};
	size_t errors = problems->errors;
	struct buf text;
	enum result result;

	*root = NULL;
	result = lines_check_size(&lines);
	if (result != RESULT_OK)
		return result;
	buf_init(&text, 4 * DOCUMENT_SIZE_MOST);
	result = encoding_decode(&lines, &text);
	if (result == RESULT_OK) {
		*root = node_new(NODE_GROUP, NULL, name, 1);
		read_lines(&lines, *root);
	}
	buf_fini(&text);
	if (problems->errors == errors)
		return RESULT_OK;
	document_free(root);
	return RESULT_INVALID;
}
