#include "text/markdown.h"

#include <string.h>

/* Behind the marks with which a line may begin: quotes, then a heading. */
static const char *skip_line_marks(const char *text)
{
	while (*text == '>') {
		text++;
		text += *text == ' ';
	}
	const char *at = text;
	while (*at == '#')
		at++;
	return at > text && *at == ' ' ? at + 1 : text;
}

/* Behind a mark inside a line, or `text` itself. */
static const char *skip_mark(const char *text)
{
	if (strncmp(text, "**", 2) == 0)
		return text + 2;
	if (strncmp(text, "<font", 5) == 0 || strncmp(text, "</font", 6) == 0) {
		const char *end = text + strcspn(text, ">\n");
		return *end == '>' ? end + 1 : text;
	}
	return text;
}

bool markdown_strip(const char *text, struct buf *out)
{
	text = skip_line_marks(text);
	while (*text != '\0') {
		const char *behind = skip_mark(text);
		if (behind > text) {
			text = behind;
			continue;
		}
		buf_add_byte(out, (unsigned char)*text);
		if (*text++ == '\n')
			text = skip_line_marks(text);
	}
	return !out->full;
}
