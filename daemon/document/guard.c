#include "document/guard.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/phone.h"
#include "document/document.h"
#include "document/scan.h"

/* What may come next. */
enum state {
	IN_GROUP, /* a name, or the group's end */
	AFTER_NAME, /* = or : */
	AFTER_EQUALS,
	AFTER_SETTING, /* ; or , or a name, or the group's end */
	LIST_BEGUN, /* a value, or the list's end */
	AFTER_ITEM, /* a comma, or the list's end */
	AFTER_COMMA, /* a value */
};

struct level {
	char open; /* '{' for the file itself too */
	unsigned int line; /* where it was opened */
	unsigned int id;
	unsigned int keys;
};

struct key {
	unsigned int group, line;
	const char *text;
	size_t size;
};

struct guard {
	const struct lines *lines;
	struct scan scan;
	enum state state;
	struct level levels[DOCUMENT_DEPTH_MOST + 1];
	size_t depth; /* of the innermost level; 0 is the file */
	unsigned int groups; /* seen so far, to number them */
	struct key *keys;
	size_t key_count;
	struct token name; /* the setting being read */
	unsigned int ran_from, ran_to; /* lines of the last text that went over several lines */
	char stand_in; /* what was meant by a lookalike */
	bool refused; /* something was */
	bool stop; /* to go on would only name consequences */
};

/* Adds an error by problem_add's rules; gives it for problem_remedy. */
#define refuse(guard, line, field, ...) \
	((guard)->refused = true, lines_refuse((guard)->lines, (line), (field), __VA_ARGS__))

/* A word of the file for a message: one line, not long, and without whole phone numbers. `out` is returned. */
enum { SHOWN = 64 };
static const char *shown(const struct token *token, char out[SHOWN])
{
	const char *newline = memchr(token->text, '\n', token->size);
	size_t size = newline != NULL ? (size_t)(newline - token->text) : token->size;

	if (size > SHOWN - 1)
		size = SHOWN - 1;
	while (size > 0 && size < token->size && ((unsigned char)token->text[size] & 0xc0) == 0x80)
		size--;
	phone_mask_text(token->text, size, out, SHOWN);
	return out;
}

/* A closing quote that was forgotten shows only lines later, where the next quote ends the text. */
static bool explained_by_quote(const struct guard *guard, struct problem *problem, unsigned int line)
{
	if (guard->ran_from == 0 || line > guard->ran_to + 1)
		return false;
	problem_remedy(problem,
		N_("the text that begins in line %u runs on to line %u: its closing \" is missing, or was "
		   "typed as a Chinese quotation mark"),
		guard->ran_from, guard->ran_to);
	return true;
}

static struct level *level(struct guard *guard)
{
	return &guard->levels[guard->depth];
}

/* A setting or an item is complete. */
static void value_done(struct guard *guard)
{
	guard->state = level(guard)->open == '{' ? AFTER_SETTING : AFTER_ITEM;
}

static void open_level(struct guard *guard, const struct token *token)
{
	if (guard->depth == DOCUMENT_DEPTH_MOST) {
		struct problem *problem = refuse(guard, token->line, NULL,
			N_("brackets stand inside each other more than %d deep"), DOCUMENT_DEPTH_MOST);
		problem_remedy(problem, N_("check whether closing brackets are missing above"));
		guard->stop = true;
		return;
	}
	guard->depth++;
	*level(guard) = (struct level){.open = token->text[0], .line = token->line, .id = ++guard->groups};
	guard->state = token->text[0] == '{' ? IN_GROUP : LIST_BEGUN;
}

static char closing(char open)
{
	return open == '{' ? '}' : open == '(' ? ')' : ']';
}

static void close_level(struct guard *guard, const struct token *token)
{
	const struct level *open = level(guard);
	char found = token->text[0];

	if (guard->depth > 0 && closing(open->open) == found) {
		guard->depth--;
		value_done(guard);
		return;
	}
	guard->stop = true;
	if (guard->depth == 0) {
		struct problem *problem = refuse(guard, token->line, NULL,
			N_("%c closes nothing: no bracket is open here"), found);
		if (!explained_by_quote(guard, problem, token->line))
			problem_remedy(problem, N_("delete it, or look for one closing bracket too many above"));
		return;
	}
	struct problem *problem = refuse(guard, token->line, NULL,
		N_("found %c, but the %c opened in line %u must be closed first"), found, open->open, open->line);
	if (!explained_by_quote(guard, problem, token->line))
		problem_remedy(problem, N_("type %c before it"), closing(open->open));
}

static void check_integer(struct guard *guard, const struct token *token)
{
	char digits[40];
	bool hex = token->size > 2 && (token->text[1] == 'x' || token->text[1] == 'X');
	bool wide = token->text[token->size - 1] == 'L';
	size_t size = token->size < sizeof(digits) ? token->size : sizeof(digits) - 1;

	memcpy(digits, token->text, size);
	digits[size] = '\0';
	errno = 0;
	/* libconfig keeps 32 bits without L and lets the rest go, and with L stops at the largest, both in silence. */
	long long value = strtoll(digits, NULL, hex ? 16 : 10);
	bool fits = errno == 0 && token->size < sizeof(digits);
	if (fits && (wide || (value >= INT32_MIN && value <= INT32_MAX)))
		return;
	char word[SHOWN];
	struct problem *problem = refuse(guard, token->line, NULL, N_("the number %s is too large"),
		shown(token, word));
	if (fits)
		problem_remedy(problem,
			N_("write a capital L right behind it; a phone number, a code or an amount of "
			   "money goes in quotation marks"));
	else
		problem_remedy(problem, N_("a phone number, a code or an amount of money goes in quotation marks"));
}

static void check_string(struct guard *guard, const struct token *token)
{
	const char *end = token->text + token->size;

	if (token->size > DOCUMENT_STRING_MOST) {
		struct problem *problem = refuse(guard, token->line, NULL, N_("a text is longer than %d KiB"),
			DOCUMENT_STRING_MOST / 1024);
		if (!explained_by_quote(guard, problem, token->line))
			problem_remedy(problem, N_("shorten it"));
	}
	for (const char *at = token->text; at < end && (at = memchr(at, '\\', (size_t)(end - at))) != NULL; at += 2) {
		if (end - at < 5 || memcmp(at, "\\x00", 4) != 0)
			continue;
		struct problem *problem = refuse(guard, token->line, NULL, N_("a text contains \\x00, a zero byte"));
		problem_remedy(problem, N_("delete it"));
		return;
	}
}

static void not_a_value(struct guard *guard, const struct token *token)
{
	struct problem *problem;
	char field[SHOWN], word[SHOWN];

	shown(&guard->name, field);
	guard->stop = true;
	if (token->kind == TOKEN_NAME || (token->kind == TOKEN_OTHER && (unsigned char)token->text[0] >= 0x80)) {
		problem = refuse(guard, token->line, field, N_("%s stands without quotation marks"),
			shown(token, word));
		if (!explained_by_quote(guard, problem, token->line))
			problem_remedy(problem,
				N_("put text between two \" signs; yes and no are written true and false"));
	} else if (token->kind == TOKEN_OTHER && token->text[0] == '\'') {
		problem = refuse(guard, token->line, field, N_("single quotation marks do not enclose text here"));
		problem_remedy(problem, N_("type \" instead of '"));
	} else {
		problem = refuse(guard, guard->name.line, field, N_("a value is missing"));
		if (!explained_by_quote(guard, problem, token->line))
			problem_remedy(problem, N_("write the value, such as \"text\", 20 or true"));
	}
}

static void on_value(struct guard *guard, const struct token *token)
{
	switch (token->kind) {
	case TOKEN_STRING:
		check_string(guard, token);
		value_done(guard);
		break;
	case TOKEN_INTEGER:
		check_integer(guard, token);
		value_done(guard);
		break;
	case TOKEN_FLOAT:
	case TOKEN_BOOL:
		value_done(guard);
		break;
	case TOKEN_OPEN:
		if (level(guard)->open != '[') {
			open_level(guard, token);
			break;
		}
		problem_remedy(refuse(guard, token->line, NULL, N_("[ ] holds single values only, but %c stands in it"),
				       token->text[0]),
			N_("use ( ) around a list of groups or lists"));
		guard->stop = true;
		break;
	default:
		not_a_value(guard, token);
	}
}

static void add_key(struct guard *guard, const struct token *token)
{
	if (++level(guard)->keys > DOCUMENT_KEYS_MOST) {
		struct problem *problem = refuse(guard, token->line, NULL,
			N_("more than %d settings stand in one group"), DOCUMENT_KEYS_MOST);
		problem_remedy(problem, N_("check whether a closing } is missing above"));
		guard->stop = true;
		return;
	}
	if ((guard->key_count & (guard->key_count + 1)) == 0)
		guard->keys = mem_resize(guard->keys, 2 * (guard->key_count + 1), sizeof(*guard->keys));
	guard->keys[guard->key_count++] =
		(struct key){.group = level(guard)->id, .line = token->line, .text = token->text, .size = token->size};
	guard->name = *token;
	guard->state = AFTER_NAME;
}

static void on_name(struct guard *guard, const struct token *token)
{
	if (token->kind == TOKEN_NAME) {
		add_key(guard, token);
		return;
	}
	if (token->kind == TOKEN_CLOSE) {
		close_level(guard, token);
		return;
	}
	char word[SHOWN];
	guard->stop = true;
	struct problem *problem = refuse(guard, token->line, NULL,
		N_("found %s where the name of a setting is expected"), shown(token, word));
	if (explained_by_quote(guard, problem, token->line))
		return;
	if (token->kind == TOKEN_OTHER && (unsigned char)token->text[0] >= 0x80)
		problem_remedy(problem,
			N_("names are English words as the manual lists them; a remark begins with //"));
	else
		problem_remedy(problem, N_("a setting is written name = value; with one ; at its end"));
}

static void on_equals(struct guard *guard, const struct token *token)
{
	if (token->kind == TOKEN_EQUALS) {
		guard->state = AFTER_EQUALS;
		return;
	}
	char word[SHOWN];
	guard->stop = true;
	struct problem *problem = refuse(guard, guard->name.line, NULL, N_("there is no = behind %s"),
		shown(&guard->name, word));
	if (!explained_by_quote(guard, problem, token->line))
		problem_remedy(problem, N_("a setting is written name = value; with one ; at its end"));
}

static void on_item_end(struct guard *guard, const struct token *token)
{
	if (token->kind == TOKEN_COMMA) {
		guard->state = AFTER_COMMA;
		return;
	}
	if (token->kind == TOKEN_CLOSE) {
		close_level(guard, token);
		return;
	}
	char word[SHOWN];
	guard->stop = true;
	struct problem *problem = refuse(guard, token->line, NULL,
		N_("found %s where a comma or %c is expected, in the list that begins in line %u"), shown(token, word),
		closing(level(guard)->open), level(guard)->line);
	if (!explained_by_quote(guard, problem, token->line))
		problem_remedy(problem, N_("put a comma between two values and %c behind the last"),
			closing(level(guard)->open));
}

static void on_token(struct guard *guard, const struct token *token, enum token_kind previous)
{
	switch (guard->state) {
	case AFTER_SETTING:
		if (token->kind == TOKEN_STRING && previous == TOKEN_STRING) {
			check_string(guard, token);
			break;
		}
		if (token->kind == TOKEN_SEMICOLON || token->kind == TOKEN_COMMA) {
			guard->state = IN_GROUP;
			break;
		}
		on_name(guard, token);
		break;
	case IN_GROUP:
		on_name(guard, token);
		break;
	case AFTER_NAME:
		on_equals(guard, token);
		break;
	case LIST_BEGUN:
		if (token->kind == TOKEN_CLOSE)
			close_level(guard, token);
		else
			on_value(guard, token);
		break;
	case AFTER_COMMA:
		if (token->kind == TOKEN_CLOSE) {
			problem_remedy(refuse(guard, token->line, NULL, N_("a comma stands before %c"), token->text[0]),
				N_("delete the comma behind the last value"));
			close_level(guard, token);
			break;
		}
		on_value(guard, token);
		break;
	case AFTER_EQUALS:
		on_value(guard, token);
		break;
	case AFTER_ITEM:
		if (token->kind == TOKEN_STRING && previous == TOKEN_STRING)
			check_string(guard, token);
		else
			on_item_end(guard, token);
		break;
	}
}

static void on_end(struct guard *guard, const struct token *token)
{
	if (guard->state == AFTER_NAME) {
		on_equals(guard, token);
	} else if (guard->state == AFTER_EQUALS) {
		not_a_value(guard, token);
	} else if (guard->depth > 0) {
		struct problem *problem = refuse(guard, level(guard)->line, NULL,
			N_("the %c opened here is never closed"), level(guard)->open);
		if (!explained_by_quote(guard, problem, token->line))
			problem_remedy(problem, N_("type %c where it ends"), closing(level(guard)->open));
	}
}

static void on_open_end(struct guard *guard, const struct token *token)
{
	guard->stop = true;
	if (token->kind == TOKEN_OPEN_COMMENT) {
		problem_remedy(refuse(guard, token->line, NULL, N_("the remark that begins with /* here has no end")),
			N_("type */ behind it"));
		return;
	}
	/* Where one text ran on into the next, the first is the one to mend. */
	bool ran_on = guard->ran_from != 0 && token->line <= guard->ran_to + 1;
	struct problem *problem = refuse(guard, ran_on ? guard->ran_from : token->line, NULL,
		N_("the text that begins here has no closing quotation mark"));
	if (!explained_by_quote(guard, problem, token->line))
		problem_remedy(problem, N_("type \" with the English keyboard where it ends"));
}

/* Chinese quotation marks used as delimiters: the text up to the next quotation mark of any kind on this line. */
static bool take_quoted(struct guard *guard, struct token *token)
{
	const char *at = guard->scan.at;
	size_t size;

	for (; at < guard->scan.end && *at != '\n'; at += size) {
		size = 1;
		if (*at != '"' && lines_lookalike(at, guard->scan.end, &size) != '"')
			continue;
		token->kind = TOKEN_STRING;
		token->size = (size_t)(at + size - token->text);
		guard->scan.at = at + size;
		return true;
	}
	return false;
}

/* Names a character that only looks like syntax and goes on as if the right one stood there, to find all in one go. */
static void on_other(struct guard *guard, struct token *token)
{
	size_t size;
	char ascii = lines_lookalike(token->text, token->text + token->size, &size);

	if (ascii == 0)
		return;
	lines_refuse_lookalike(guard->lines, token->line, token->text, token->size, ascii);
	guard->refused = true;
	guard->stand_in = ascii;
	if (ascii == '"') {
		guard->stop = !take_quoted(guard, token);
		return;
	}
	struct scan scan;
	scan_init(&scan, &guard->stand_in, 1);
	unsigned int line = token->line;
	*token = scan_next(&scan);
	token->line = line;
	guard->stop = token->kind == TOKEN_NAME || token->kind == TOKEN_INTEGER || token->kind == TOKEN_OTHER;
}

static void note_lines(struct guard *guard, const struct token *token)
{
	if (token->kind != TOKEN_STRING || guard->scan.line == token->line)
		return;
	if (guard->ran_to != token->line)
		guard->ran_from = token->line;
	guard->ran_to = guard->scan.line;
}

static void walk(struct guard *guard)
{
	enum token_kind previous = TOKEN_END;

	while (!guard->stop) {
		struct token token = scan_next(&guard->scan);
		if (token.kind == TOKEN_OTHER)
			on_other(guard, &token);
		if (guard->stop)
			break;
		if (token.kind == TOKEN_END && token.text == &guard->stand_in + 1)
			continue; /* a blank that looked otherwise */
		if (token.kind == TOKEN_END) {
			on_end(guard, &token);
			break;
		}
		note_lines(guard, &token);
		if (token.kind == TOKEN_OPEN_STRING || token.kind == TOKEN_OPEN_COMMENT)
			on_open_end(guard, &token);
		else
			on_token(guard, &token, previous);
		previous = token.kind;
	}
}

static int by_group_and_text(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	size_t size = x->size < y->size ? x->size : y->size;
	int order;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	order = memcmp(x->text, y->text, size);
	if (order != 0)
		return order;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return x->text < y->text ? -1 : x->text > y->text;
}

static void check_twice(struct guard *guard)
{
	if (guard->key_count > 1)
		qsort(guard->keys, guard->key_count, sizeof(*guard->keys), by_group_and_text);
	for (size_t i = 1; i < guard->key_count; i++) {
		const struct key *first = &guard->keys[i - 1], *second = &guard->keys[i];
		if (first->group != second->group || first->size != second->size ||
			memcmp(first->text, second->text, first->size) != 0)
			continue;
		char field[SHOWN];
		shown(&(struct token){.text = first->text, .size = first->size}, field);
		struct problem *problem = refuse(guard, second->line, field,
			N_("is set twice, in line %u and again here"), first->line);
		problem_remedy(problem,
			N_("keep one of the two; several values of one setting are written [ \"a\", \"b\" ]"));
	}
}

/* Also inside remarks and texts: whether libconfig would follow it there is nothing to rely on. */
static void check_include(struct guard *guard)
{
	static const char word[] = "@include";
	const char *at = guard->lines->text, *end = at + guard->lines->size;
	unsigned int line = 1;

	for (; at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		while (at < end && strchr(" \t\r\f\v", *at) != NULL)
			at++;
		if ((size_t)(end - at) >= sizeof(word) - 1 && memcmp(at, word, sizeof(word) - 1) == 0) {
			struct problem *problem = refuse(guard, line, NULL, N_("@include is not allowed"));
			problem_remedy(problem,
				N_("write the settings into this file, or into a file of the .d folder "
				   "beside the configuration"));
			guard->stop = true;
			return;
		}
		at = newline != NULL ? newline + 1 : end;
	}
}

enum result guard_check(const struct lines *lines)
{
	struct guard guard = {.lines = lines, .levels = {{.open = '{'}}};

	scan_init(&guard.scan, lines->text, lines->size);
	check_include(&guard);
	walk(&guard);
	if (!guard.stop)
		check_twice(&guard);
	free(guard.keys);
	return guard.refused ? RESULT_INVALID : RESULT_OK;
}
