#ifndef TEXT_TOKEN_H
#define TEXT_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "base/result.h"

/*
 * A compiled template: one flat row of tokens, in the order of the text, with jumps over sections. Internal to
 * mustache.c (which runs it) and token.c (which makes it). Names and texts point into the two blocks that the row owns.
 */
enum token_kind {
	TOKEN_LINE, /* a line of the template begins here: a partial's indentation goes here */
	TOKEN_TEXT,
	TOKEN_FIELD, /* {{name}} */
	TOKEN_RAW, /* {{{name}}} {{&name}} */
	TOKEN_SECTION, /* {{#name}}; `end` is its TOKEN_END */
	TOKEN_INVERTED,
	TOKEN_END,
	TOKEN_PARTIAL, /* `indent` is what stood in front of it where it is alone on its line, else NULL */
};

struct token {
	enum token_kind kind;
	unsigned int line; /* of the template, from 1 */
	const char *text; /* text, or name with a closing zero */
	uint32_t size;
	uint32_t first; /* bytes of a name up to its first dot */
	uint32_t hash; /* value_hash of these */
	uint32_t end;
	uint32_t indent_size;
	const char *indent;
};

struct tokens {
	char *bytes; /* the template */
	char *names;
	struct token *list;
	uint32_t count;
};

/* Fills *tokens (which must be zero). On failure it is zero again and problems say why; see mustache_compile. */
enum result tokens_make(struct tokens *tokens, const char *bytes, size_t size, const char *file,
	struct problems *problems);
void tokens_fini(struct tokens *tokens);

#endif
