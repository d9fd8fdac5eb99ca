#include "text/token.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "text/mustache.h"

enum { MOST_DELIMITER = 8 };

/* The work of one compilation. Offsets count in `bytes`. */
struct maker {
	struct tokens *tokens;
	const char *bytes;
	size_t size;
	size_t done; /* everything before has become tokens */
	unsigned int line;
	size_t names_used;
	uint32_t room;
	char open[MOST_DELIMITER + 1], close[MOST_DELIMITER + 1];
	uint32_t sections[MUSTACHE_MOST_DEPTH]; /* open ones, by token */
	unsigned int depth;
	const char *file;
	struct problems *problems;
};

/* One tag as it stands in the text. */
struct tag {
	size_t from, to; /* with its delimiters */
	char sigil; /* # ^ / ! > = { & or 0 */
	const char *name;
	size_t name_size;
};

static struct problem *complain(struct maker *maker, const char *reason, const char *detail)
{
	struct place at = {maker->file, maker->line};

	/* The reason is one of ours; the detail is a piece of the template. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return problem_add(maker->problems, PROBLEM_ERROR, &at, NULL, reason, detail);
#pragma GCC diagnostic pop
}

static struct token *add(struct maker *maker, enum token_kind kind)
{
	struct tokens *tokens = maker->tokens;

	if (tokens->count == maker->room) {
		maker->room = maker->room == 0 ? 16 : maker->room * 2;
		tokens->list = mem_resize(tokens->list, maker->room, sizeof(*tokens->list));
	}
	struct token *token = &tokens->list[tokens->count++];
	*token = (struct token){.kind = kind, .line = maker->line};
	return token;
}

static bool at_line_start(const struct maker *maker, size_t offset)
{
	return offset == 0 || maker->bytes[offset - 1] == '\n';
}

/* Makes tokens of the text up to `to`, one for each line, and counts the lines. */
static void add_text(struct maker *maker, size_t to)
{
	while (maker->done < to) {
		const char *from = maker->bytes + maker->done;
		const char *end = memchr(from, '\n', to - maker->done);
		size_t size = end == NULL ? to - maker->done : (size_t)(end - from) + 1;

		/* An empty line stays empty inside an indented partial. */
		if (at_line_start(maker, maker->done) && *from != '\n')
			add(maker, TOKEN_LINE);
		struct token *token = add(maker, TOKEN_TEXT);
		token->text = from;
		token->size = (uint32_t)size;
		maker->done += size;
		maker->line += end != NULL;
	}
}

static void count_lines(struct maker *maker, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		maker->line += maker->bytes[i] == '\n';
}

/* Where the line of `offset` begins when nothing but blanks stands before it there; else `offset` + 1. */
static size_t blank_before(const struct maker *maker, size_t offset)
{
	size_t start = offset;

	while (start > maker->done && (maker->bytes[start - 1] == ' ' || maker->bytes[start - 1] == '\t'))
		start--;
	return at_line_start(maker, start) ? start : offset + 1;
}

/* Behind the line end that follows `offset` when nothing but blanks stands before it; else 0. */
static size_t blank_after(const struct maker *maker, size_t offset)
{
	while (offset < maker->size && (maker->bytes[offset] == ' ' || maker->bytes[offset] == '\t'))
		offset++;
	if (offset == maker->size)
		return offset;
	if (maker->bytes[offset] == '\r' && offset + 1 < maker->size)
		offset++;
	return maker->bytes[offset] == '\n' ? offset + 1 : 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(const char **text, size_t *size)
{
	while (*size > 0 && is_blank(**text))
		(*text)++, (*size)--;
	while (*size > 0 && is_blank((*text)[*size - 1]))
		(*size)--;
}

/* Finds the end of the tag that opens at `from`. Returns false with a problem when there is none. */
static bool read_tag(struct maker *maker, size_t from, struct tag *tag)
{
	const char *text = maker->bytes + from + strlen(maker->open);
	const char *end_of_all = maker->bytes + maker->size;
	char closing[MOST_DELIMITER + 2];

	while (text < end_of_all && is_blank(*text))
		text++;
	*tag = (struct tag){.from = from};
	if (text < end_of_all && *text != '\0' && strchr("#^/!>={&", *text) != NULL)
		tag->sigil = *text++;
	closing[0] = tag->sigil == '{' ? '}' : '=';
	snprintf(closing + 1, sizeof(closing) - 1, "%s", maker->close);
	const char *wanted = tag->sigil == '{' || tag->sigil == '=' ? closing : maker->close;
	size_t left = (size_t)(end_of_all - text);
	const char *end = left == 0 ? NULL : memmem(text, left, wanted, strlen(wanted));
	if (end == NULL) {
		problem_remedy(complain(maker, N_("the tag that begins with \"%s\" here has no end"), maker->open),
			N_("close it with \"%s\""), wanted);
		return false;
	}
	tag->name = text;
	tag->name_size = (size_t)(end - text);
	tag->to = (size_t)(end - maker->bytes) + strlen(wanted);
	trim(&tag->name, &tag->name_size);
	return true;
}

/* Blanks inside a name or none at all is a slip of the hand. Comments and delimiters are no names. */
static bool check_name(struct maker *maker, const struct tag *tag)
{
	if (tag->name_size == 0) {
		problem_remedy(complain(maker, N_("there is no name between \"%s\" and its end"), maker->open),
			N_("write a field's name, such as {{place}}"));
		return false;
	}
	for (size_t i = 0; i < tag->name_size; i++) {
		if (!is_blank(tag->name[i]))
			continue;
		char *name = mem_strndup(tag->name, tag->name_size < 60 ? tag->name_size : utf8_cut(tag->name, 60));
		problem_remedy(complain(maker, N_("the name \"%s\" has a blank inside"), name),
			N_("a name is one word; was the end of a tag forgotten?"));
		free(name);
		return false;
	}
	return true;
}

static void set_name(struct maker *maker, struct token *token, const struct tag *tag)
{
	char *name = maker->tokens->names + maker->names_used;
	const char *dot = tag->name_size == 1 ? NULL : memchr(tag->name, '.', tag->name_size);

	memcpy(name, tag->name, tag->name_size);
	name[tag->name_size] = '\0';
	maker->names_used += tag->name_size + 1;
	token->text = name;
	token->size = (uint32_t)tag->name_size;
	token->first = dot == NULL ? token->size : (uint32_t)(dot - tag->name);
	token->hash = value_hash(name, token->first);
}

static bool take_delimiter(const char **text, size_t *size, char out[MOST_DELIMITER + 1])
{
	size_t used = 0;

	while (used < *size && !is_blank((*text)[used]) && (*text)[used] != '=')
		used++;
	if (used == 0 || used > MOST_DELIMITER)
		return false;
	memcpy(out, *text, used);
	out[used] = '\0';
	*text += used;
	*size -= used;
	return true;
}

static bool set_delimiters(struct maker *maker, const struct tag *tag)
{
	const char *text = tag->name;
	size_t size = tag->name_size;
	char open[MOST_DELIMITER + 1], close[MOST_DELIMITER + 1];

	bool good = take_delimiter(&text, &size, open) && size > 0 && is_blank(*text);
	trim(&text, &size);
	if (!good || !take_delimiter(&text, &size, close) || size > 0) {
		problem_remedy(complain(maker, N_("these are no two delimiters"), ""),
			N_("write two of up to 8 characters with a blank between, such as {{=<%% %%>=}}"));
		return false;
	}
	snprintf(maker->open, sizeof(maker->open), "%s", open);
	snprintf(maker->close, sizeof(maker->close), "%s", close);
	return true;
}

static bool open_section(struct maker *maker, const struct tag *tag)
{
	if (maker->depth == MUSTACHE_MOST_DEPTH) {
		problem_remedy(complain(maker, N_("sections stand too deep inside each other"), ""),
			N_("use at most 32 levels"));
		return false;
	}
	maker->sections[maker->depth++] = maker->tokens->count;
	set_name(maker, add(maker, tag->sigil == '#' ? TOKEN_SECTION : TOKEN_INVERTED), tag);
	return true;
}

static bool close_section(struct maker *maker, const struct tag *tag)
{
	char *name = mem_strndup(tag->name, tag->name_size);
	bool good = false;

	if (maker->depth == 0) {
		problem_remedy(complain(maker, N_("{{/%s}} closes no section"), name),
			N_("remove it, or open the section with {{#...}} before"));
	} else {
		struct token *section = &maker->tokens->list[maker->sections[maker->depth - 1]];
		good = strcmp(section->text, name) == 0;
		if (good) {
			section->end = maker->tokens->count;
			maker->depth--;
			add(maker, TOKEN_END);
		} else {
			problem_remedy(complain(maker, N_("{{/%s}} does not close the section that is open"), name),
				N_("close \"%s\" of line %u first"), section->text, section->line);
		}
	}
	free(name);
	return good;
}

/* Makes the tag's token. `indent` is what stood before it on its line when it stands alone there, else NULL. */
static bool add_tag(struct maker *maker, const struct tag *tag, const char *indent)
{
	if (tag->sigil == '!')
		return true;
	if (tag->sigil == '=')
		return set_delimiters(maker, tag);
	if (!check_name(maker, tag))
		return false;
	if (tag->sigil == '#' || tag->sigil == '^')
		return open_section(maker, tag);
	if (tag->sigil == '/')
		return close_section(maker, tag);
	enum token_kind kind = tag->sigil == '>' ? TOKEN_PARTIAL : tag->sigil == 0 ? TOKEN_FIELD : TOKEN_RAW;
	struct token *token = add(maker, kind);
	set_name(maker, token, tag);
	if (indent != NULL) {
		token->indent = indent;
		token->indent_size = (uint32_t)(maker->bytes + tag->from - indent);
	}
	return true;
}

/* Text before the tag, the tag, and the rest of its line where it stands alone. */
static bool take_tag(struct maker *maker, const struct tag *tag)
{
	bool shows = tag->sigil == 0 || tag->sigil == '{' || tag->sigil == '&';
	size_t start = blank_before(maker, tag->from);
	size_t after = shows || start > tag->from ? 0 : blank_after(maker, tag->to);
	bool alone = after > 0;

	add_text(maker, alone ? start : tag->from);
	if (!alone && at_line_start(maker, tag->from))
		add(maker, TOKEN_LINE);
	if (!add_tag(maker, tag, alone ? maker->bytes + start : NULL))
		return false;
	count_lines(maker, tag->from, alone ? after : tag->to);
	maker->done = alone ? after : tag->to;
	return true;
}

static bool make(struct maker *maker)
{
	while (maker->done < maker->size) {
		const char *text = maker->bytes + maker->done;
		const char *open = memmem(text, maker->size - maker->done, maker->open, strlen(maker->open));
		struct tag tag;

		if (open == NULL) {
			add_text(maker, maker->size);
			break;
		}
		size_t from = (size_t)(open - maker->bytes);
		unsigned int line = maker->line;
		count_lines(maker, maker->done, from);
		if (!read_tag(maker, from, &tag))
			return false;
		maker->line = line; /* add_text counts it again */
		if (!take_tag(maker, &tag))
			return false;
	}
	if (maker->depth == 0)
		return true;
	struct token *section = &maker->tokens->list[maker->sections[maker->depth - 1]];
	maker->line = section->line;
	problem_remedy(complain(maker, N_("section \"%s\" is not closed"), section->text), N_("add {{/%s}} behind it"),
		section->text);
	return false;
}

static bool acceptable(struct maker *maker, enum result *result)
{
	size_t bad;

	*result = RESULT_INVALID;
	if (maker->size > MUSTACHE_MOST_BYTES) {
		problem_remedy(complain(maker, N_("the template is too big"), ""),
			N_("a template holds at most 64 KiB"));
		*result = RESULT_TOO_BIG;
		return false;
	}
	if (!utf8_valid(maker->bytes, maker->size, &bad)) {
		count_lines(maker, 0, bad);
		problem_remedy(complain(maker, N_("the template is not UTF-8 text"), ""),
			N_("save it as UTF-8 (in Notepad: Save as, Encoding UTF-8)"));
		return false;
	}
	return true;
}

enum result tokens_make(struct tokens *tokens, const char *bytes, size_t size, const char *file,
	struct problems *problems)
{
	struct maker maker = {.tokens = tokens,
		.bytes = bytes,
		.size = size,
		.line = 1,
		.open = "{{",
		.close = "}}",
		.file = file,
		.problems = problems};
	enum result result;

	if (!acceptable(&maker, &result))
		return result;
	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		maker.size = size -= 3;
	}
	tokens->bytes = mem_strndup(bytes, size);
	tokens->names = mem_zalloc(size + 1); /* a tag is longer than its name and the closing zero */
	maker.bytes = tokens->bytes;
	if (make(&maker))
		return RESULT_OK;
	tokens_fini(tokens);
	return RESULT_INVALID;
}

void tokens_fini(struct tokens *tokens)
{
	free(tokens->bytes);
	free(tokens->names);
	free(tokens->list);
	*tokens = (struct tokens){0};
}
