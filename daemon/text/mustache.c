#include "text/mustache.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "text/escape.h"
#include "text/token.h"

enum { MOST_CONTEXTS = 128 };

struct mustache {
	struct tokens tokens;
};

/* Indentations of the partials around a line, the innermost first. */
struct indent {
	const char *text;
	size_t size;
	const struct indent *outer;
};

struct renderer {
	struct buf *out;
	enum escape escape;
	const struct mustache_partials *partials;
	const struct value *contexts[MOST_CONTEXTS]; /* the last is the nearest */
	unsigned int context_count;
	unsigned int partial_depth;
	unsigned int steps;
};

enum result mustache_compile(const char *bytes, size_t size, const char *file, struct mustache **mustache,
	struct problems *problems)
{
	struct tokens tokens = {0};
	enum result result = tokens_make(&tokens, bytes, size, file, problems);

	if (result != RESULT_OK)
		return result;
	*mustache = mem_zalloc(sizeof(**mustache));
	(*mustache)->tokens = tokens;
	return RESULT_OK;
}

void mustache_free(struct mustache **mustache)
{
	if (*mustache == NULL)
		return;
	tokens_fini(&(*mustache)->tokens);
	free(*mustache);
	*mustache = NULL;
}

/* The first part of a name is sought from the nearest context outwards; the rest only inside what that found. */
static const struct value *look_up(const struct renderer *renderer, const struct token *token)
{
	const struct value *found = NULL;

	if (token->size == 1 && token->text[0] == '.')
		return renderer->contexts[renderer->context_count - 1];
	for (unsigned int i = renderer->context_count; i > 0 && found == NULL; i--)
		found = value_find(renderer->contexts[i - 1], token->text, token->first, token->hash);
	const char *at = token->text + token->first;
	while (found != NULL && *at == '.') {
		size_t size = strcspn(at + 1, ".");
		found = value_find(found, at + 1, size, value_hash(at + 1, size));
		at += 1 + size;
	}
	return found;
}

static bool add_value(struct renderer *renderer, const struct value *value, bool raw)
{
	if (value == NULL)
		return true;
	switch (value->kind) {
	case VALUE_TEXT:
	case VALUE_NUMBER:
		return escape_add(raw ? ESCAPE_NONE : renderer->escape, value->text, value->size, renderer->out);
	case VALUE_BOOL:
		return buf_add_text(renderer->out, value->truth ? "true" : "false");
	case VALUE_NULL:
	case VALUE_LIST:
	case VALUE_OBJECT:
		break;
	}
	return true;
}

static bool add_indent(struct renderer *renderer, const struct indent *indent)
{
	return indent == NULL ||
		(add_indent(renderer, indent->outer) && buf_add(renderer->out, indent->text, indent->size));
}

static bool run(struct renderer *renderer, const struct tokens *tokens, uint32_t from, uint32_t to,
	const struct indent *indent);

static bool run_within(struct renderer *renderer, const struct tokens *tokens, uint32_t section,
	const struct indent *indent, const struct value *context)
{
	if (renderer->context_count == MOST_CONTEXTS)
		return false;
	renderer->contexts[renderer->context_count++] = context;
	bool good = run(renderer, tokens, section + 1, tokens->list[section].end, indent);
	renderer->context_count--;
	return good;
}

static bool run_section(struct renderer *renderer, const struct tokens *tokens, uint32_t section,
	const struct indent *indent)
{
	const struct token *token = &tokens->list[section];
	const struct value *value = look_up(renderer, token);
	bool truth = value != NULL && value_true(value);

	if (truth == (token->kind == TOKEN_INVERTED))
		return true;
	if (!truth || value->kind == VALUE_BOOL)
		return run(renderer, tokens, section + 1, token->end, indent);
	if (value->kind != VALUE_LIST)
		return run_within(renderer, tokens, section, indent, value);
	bool good = true;
	for (size_t i = 0; i < value->size && good; i++)
		good = run_within(renderer, tokens, section, indent, &value->items[i]);
	return good;
}

static bool run_partial(struct renderer *renderer, const struct token *token, const struct indent *indent)
{
	const struct mustache *partial = NULL;

	if (renderer->partials != NULL)
		partial = renderer->partials->find(renderer->partials->arg, token->text);
	if (partial == NULL)
		return true;
	if (renderer->partial_depth == MUSTACHE_MOST_PARTIALS)
		return false;
	/* Alone on its line its lines are indented as that one is; within a line nothing is added to its lines. */
	struct indent own = {token->indent, token->indent_size, indent};
	renderer->partial_depth++;
	bool good = run(renderer, &partial->tokens, 0, partial->tokens.count, token->indent != NULL ? &own : NULL);
	renderer->partial_depth--;
	return good;
}

/* Runs tokens [from, to). False when a bound was reached. */
static bool run(struct renderer *renderer, const struct tokens *tokens, uint32_t from, uint32_t to,
	const struct indent *indent)
{
	bool good = true;

	for (uint32_t i = from; i < to && good; i++) {
		const struct token *token = &tokens->list[i];

		if (++renderer->steps > MUSTACHE_MOST_STEPS)
			return false;
		switch (token->kind) {
		case TOKEN_TEXT:
			good = buf_add(renderer->out, token->text, token->size);
			break;
		case TOKEN_FIELD:
		case TOKEN_RAW:
			good = add_value(renderer, look_up(renderer, token), token->kind == TOKEN_RAW);
			break;
		case TOKEN_LINE:
			good = add_indent(renderer, indent);
			break;
		case TOKEN_SECTION:
		case TOKEN_INVERTED:
			good = run_section(renderer, tokens, i, indent);
			i = token->end;
			break;
		case TOKEN_PARTIAL:
			good = run_partial(renderer, token, indent);
			break;
		case TOKEN_END:
			break;
		}
	}
	return good;
}

enum result mustache_render(const struct mustache *mustache, const struct value *data, enum escape escape,
	const struct mustache_partials *partials, struct buf *out)
{
	struct renderer renderer;

	/* The context stack is left uncleared on purpose: only what is counted is read. */
	renderer.out = out;
	renderer.escape = escape;
	renderer.partials = partials;
	renderer.contexts[0] = data;
	renderer.context_count = 1;
	renderer.partial_depth = 0;
	renderer.steps = 0;
	return run(&renderer, &mustache->tokens, 0, mustache->tokens.count, NULL) && !out->full ? RESULT_OK
												: RESULT_TOO_BIG;
}

void mustache_walk(const struct mustache *mustache,
	void (*visit)(void *arg, enum mustache_use use, const char *name, unsigned int line), void *arg)
{
	const struct tokens *tokens = &mustache->tokens;

	for (uint32_t i = 0; i < tokens->count; i++) {
		const struct token *token = &tokens->list[i];
		if (token->kind == TOKEN_FIELD || token->kind == TOKEN_RAW)
			visit(arg, MUSTACHE_FIELD, token->text, token->line);
		else if (token->kind == TOKEN_SECTION || token->kind == TOKEN_INVERTED)
			visit(arg, MUSTACHE_SECTION, token->text, token->line);
		else if (token->kind == TOKEN_PARTIAL)
			visit(arg, MUSTACHE_PARTIAL, token->text, token->line);
	}
}
