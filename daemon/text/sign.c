#include "text/sign.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

/* What stands on a Chinese keyboard's half-width side, and characters of other sets that look like one of GB 2312. */
static const struct {
	uint32_t from, to; /* `to` 0: left out */
} twins[] = {
	{0xa0, ' '},
	{0xa5, 0xffe5},
	{0x2002, ' '},
	{0x2003, ' '},
	{0x2009, ' '},
	{0x200b, 0},
	{0x200c, 0},
	{0x200d, 0},
	{0x2010, '-'},
	{0x2011, '-'},
	{0x2013, 0x2014},
	{0x2022, 0xb7},
	{0x2027, 0xb7},
	{0x2212, 0xff0d},
	{0x22c5, 0xb7},
	{0x301c, 0xff5e},
	{0x30fb, 0xb7},
	{0xfe0f, 0},
	{0xfeff, 0},
	{'\\', 0xff3c},
	{'[', 0xff3b},
	{']', 0xff3d},
	{0x2015, 0x2014},
	{0xff65, 0xb7},
};

static uint32_t twin(uint32_t code)
{
	for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++)
		if (twins[i].from == code)
			return twins[i].to;
	return code < ' ' || code == 0x7f || code == 0x3000 ? ' ' : code;
}

/* The full-width form of punctuation that stands beside Chinese. */
static uint32_t widened(uint32_t code, bool *quote_open)
{
	if (code == '"') {
		*quote_open = !*quote_open;
		return *quote_open ? 0x201c : 0x201d;
	}
	return code != 0 && code < 0x80 && strchr(",:;!?()", (int)code) != NULL ? code - 0x20 + 0xff00 : code;
}

/* Chinese characters, and the dashes, quotes and dots that stand among them. */
static bool is_chinese(uint32_t code)
{
	return code >= 0x2e80 || (code >= 0x2014 && code <= 0x2026);
}

/* A full-width mark brings its own gap. */
static bool ends_clause(uint32_t code)
{
	return code == 0xff0c || code == 0xff1a || code == 0xff1b || code == 0xff01 || code == 0xff1f ||
		code == 0x3001 || code == 0x3002;
}

static uint32_t following(const char *at, const char *end)
{
	uint32_t code;

	return utf8_next(&at, end, &code) ? code : 0;
}

bool sign_normalise(const char *text, struct buf *out)
{
	const char *end = text + strlen(text);
	size_t start = out->size;
	bool quote_open = false;
	uint32_t code, before = 0;
	char bytes[4];

	while (text < end && utf8_next(&text, end, &code)) {
		code = twin(code);
		if (code == 0)
			continue;
		if (is_chinese(before) || is_chinese(following(text, end)))
			code = widened(code, &quote_open);
		/* Blanks at the edges and in rows only cost the reader time on a rolling line. */
		if (code == ' ' && (before == ' ' || ends_clause(before) || out->size == start))
			continue;
		before = code;
		buf_add(out, bytes, utf8_put(code, bytes));
	}
	if (out->size > start && out->data[out->size - 1] == ' ' && !out->full)
		out->data[--out->size] = '\0';
	return !out->full;
}
