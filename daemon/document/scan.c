#include "document/scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

void scan_init(struct scan *scan, const char *text, size_t size)
{
	*scan = (struct scan){.at = text, .end = text + size, .line = 1};
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool begins_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

static bool in_name(char c)
{
	return begins_name(c) || is_digit(c) || c == '-' || c == '_';
}

/* The byte at `at`, 0 at the end. */
static char peek(const struct scan *scan, const char *at)
{
	return at < scan->end ? *at : '\0';
}

/* Moves behind `to`, counting lines. */
static void advance(struct scan *scan, const char *to)
{
	for (; scan->at < to; scan->at++)
		scan->line += *scan->at == '\n';
}

/* Passes over blanks and comments. Returns false when a comment has no end: then `scan` stands at its beginning. */
static bool pass_over(struct scan *scan)
{
	while (scan->at < scan->end) {
		const char *close;
		if (*scan->at == '#' || (*scan->at == '/' && peek(scan, scan->at + 1) == '/')) {
			close = memchr(scan->at, '\n', (size_t)(scan->end - scan->at));
			advance(scan, close != NULL ? close : scan->end);
		} else if (*scan->at == '/' && peek(scan, scan->at + 1) == '*') {
			const char *body = scan->at + 2;
			close = memmem(body, (size_t)(scan->end - body), "*/", 2);
			if (close == NULL)
				return false;
			advance(scan, close + 2);
		} else if (strchr(" \t\n\r\f", *scan->at) != NULL) {
			advance(scan, scan->at + 1);
		} else {
			break;
		}
	}
	return true;
}

static const char *behind_digits(const struct scan *scan, const char *at)
{
	while (is_digit(peek(scan, at)))
		at++;
	return at;
}

static const char *behind_exponent(const struct scan *scan, const char *at)
{
	const char *digits = at + 1;

	if (peek(scan, at) != 'e' && peek(scan, at) != 'E')
		return at;
	if (peek(scan, digits) == '+' || peek(scan, digits) == '-')
		digits++;
	return is_digit(peek(scan, digits)) ? behind_digits(scan, digits) : at;
}

static const char *behind_long(const struct scan *scan, const char *at)
{
	for (int i = 0; i < 2 && peek(scan, at) == 'L'; i++)
		at++;
	return at;
}

/* A number at `scan`, or TOKEN_OTHER with no size where none stands. */
static struct token number(const struct scan *scan)
{
	struct token token = {.kind = TOKEN_OTHER, .text = scan->at, .line = scan->line};
	const char *at = scan->at;

	if (*at == '0' && (peek(scan, at + 1) == 'x' || peek(scan, at + 1) == 'X') && is_hex(peek(scan, at + 2))) {
		for (at += 2; is_hex(peek(scan, at)); at++)
			;
		token.kind = TOKEN_INTEGER;
		token.size = (size_t)(behind_long(scan, at) - scan->at);
		return token;
	}
	if (*at == '-' || *at == '+')
		at++;
	const char *digits = at;
	at = behind_digits(scan, at);
	if (peek(scan, at) == '.') {
		at = behind_exponent(scan, behind_digits(scan, at + 1));
		token.kind = TOKEN_FLOAT;
	} else if (at > digits && behind_exponent(scan, at) > at) {
		at = behind_exponent(scan, at);
		token.kind = TOKEN_FLOAT;
	} else if (at > digits) {
		at = behind_long(scan, at);
		token.kind = TOKEN_INTEGER;
	} else {
		return token;
	}
	token.size = (size_t)(at - scan->at);
	return token;
}

static struct token string(const struct scan *scan)
{
	struct token token = {.kind = TOKEN_STRING, .text = scan->at, .line = scan->line};
	const char *at = scan->at + 1;

	while (at < scan->end && *at != '"')
		at += *at == '\\' && at + 1 < scan->end ? 2 : 1;
	if (at >= scan->end) {
		token.kind = TOKEN_OPEN_STRING;
		at = scan->end - 1;
	}
	token.size = (size_t)(at + 1 - scan->at);
	return token;
}

static struct token name(const struct scan *scan)
{
	struct token token = {.kind = TOKEN_NAME, .text = scan->at, .line = scan->line};
	const char *at = scan->at;

	while (in_name(peek(scan, at)))
		at++;
	token.size = (size_t)(at - scan->at);
	if ((token.size == 4 && strncasecmp(token.text, "true", 4) == 0) ||
		(token.size == 5 && strncasecmp(token.text, "false", 5) == 0))
		token.kind = TOKEN_BOOL;
	return token;
}

static enum token_kind sign(char c)
{
	switch (c) {
	case '=':
	case ':':
		return TOKEN_EQUALS;
	case ',':
		return TOKEN_COMMA;
	case ';':
		return TOKEN_SEMICOLON;
	case '{':
	case '(':
	case '[':
		return TOKEN_OPEN;
	case '}':
	case ')':
	case ']':
		return TOKEN_CLOSE;
	default:
		return TOKEN_OTHER;
	}
}

/* One character, whole, with a meaning or without. */
static struct token character(const struct scan *scan)
{
	struct token token = {.kind = sign(*scan->at), .text = scan->at, .size = 1, .line = scan->line};
	const char *at = scan->at;
	uint32_t code;

	if (utf8_next(&at, scan->end, &code))
		token.size = (size_t)(at - scan->at);
	return token;
}

struct token scan_next(struct scan *scan)
{
	struct token token = {.kind = TOKEN_END};

	if (!pass_over(scan)) {
		token = (struct token){TOKEN_OPEN_COMMENT, scan->at, 2, scan->line};
		scan->at = scan->end;
		return token;
	}
	token.text = scan->at;
	token.line = scan->line;
	if (scan->at == scan->end)
		return token;
	if (*scan->at == '"')
		token = string(scan);
	else if (begins_name(*scan->at))
		token = name(scan);
	else
		token = number(scan);
	if (token.size == 0)
		token = character(scan);
	advance(scan, token.text + token.size);
	return token;
}
