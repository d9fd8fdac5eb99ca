#include "text/escape.h"

#include <stdint.h>
#include <string.h>

/* What stands in place of an ASCII character, or NULL for itself. */
static const char *html(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* WeCom documents no way to quote its markup, so a field never brings any: "<@all>" would call everybody. */
static const char *markdown(unsigned char c)
{
	switch (c) {
	case '*':
		return "＊";
	case '_':
		return "＿";
	case '`':
		return "｀";
	case '[':
		return "［";
	case ']':
		return "］";
	case '<':
		return "＜";
	case '>':
		return "＞";
	case '#':
		return "＃";
	case '\\':
		return "＼";
	case '\n':
	case '\r':
		return " ";
	default:
		return NULL;
	}
}

static const char *sign(unsigned char c)
{
	switch (c) {
	case '\\':
		return "＼";
	case '[':
		return "［";
	case ']':
		return "］";
	default:
		return c < ' ' || c == 0x7f ? " " : NULL;
	}
}

/* Eight bytes in none of which an ASCII character is: nothing in them is ever replaced. */
static bool all_high(const char *text, const char *end)
{
	const uint64_t tops = 0x8080808080808080u;
	uint64_t eight = 0;

	if (end - text >= 8)
		memcpy(&eight, text, sizeof(eight));
	return (eight & tops) == tops;
}

bool escape_add(enum escape escape, const char *text, size_t size, struct buf *out)
{
	const char *(*const guards[])(
		unsigned char) = {[ESCAPE_HTML] = html, [ESCAPE_MARKDOWN] = markdown, [ESCAPE_SIGN] = sign};
	const char *end = text + size, *from = text;

	if (escape == ESCAPE_NONE)
		return buf_add(out, text, size);
	for (; text < end; text++) {
		while (all_high(text, end))
			text += 8;
		if (text == end)
			break;
		const char *instead = (unsigned char)*text < 0x80 ? guards[escape]((unsigned char)*text) : NULL;
		if (instead == NULL)
			continue;
		buf_add(out, from, (size_t)(text - from));
		buf_add_text(out, instead);
		from = text + 1;
	}
	return buf_add(out, from, (size_t)(end - from));
}
