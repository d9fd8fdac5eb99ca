#ifndef DOCUMENT_SCAN_H
#define DOCUMENT_SCAN_H

#include <stddef.h>

/*
 * The words of libconfig's form, cut exactly as libconfig 1.5 cuts them (its scanner.l, and measured), so that the guard
 * judges what libconfig will read. Comments and blanks are passed over. Text is valid UTF-8 without zero bytes.
 */
enum token_kind {
	TOKEN_END,
	TOKEN_NAME,
	TOKEN_BOOL,
	TOKEN_INTEGER, /* with sign, hex and L as they stand */
	TOKEN_FLOAT,
	TOKEN_STRING, /* with its quotes */
	TOKEN_EQUALS, /* = or : */
	TOKEN_COMMA,
	TOKEN_SEMICOLON,
	TOKEN_OPEN, /* { ( [ */
	TOKEN_CLOSE, /* } ) ] */
	TOKEN_OTHER, /* a character that has no meaning here, whole */
	TOKEN_OPEN_STRING, /* its closing quote is missing */
	TOKEN_OPEN_COMMENT, /* its closing mark is missing; libconfig would pass over the rest in silence */
};

struct token {
	enum token_kind kind;
	const char *text;
	size_t size;
	unsigned int line; /* where it begins */
};

struct scan {
	const char *at, *end;
	unsigned int line;
};

void scan_init(struct scan *scan, const char *text, size_t size);

/* The next word. After TOKEN_END, and the two open ones, always TOKEN_END. */
struct token scan_next(struct scan *scan);

#endif
