#include "document/encoding.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <string.h>

#include "base/charset.h"
#include "base/utf8.h"

struct mark {
	const char *bytes;
	size_t size;
	const char *charset; /* iconv's name */
};

/* No mark at all comes last and fits everything. */
static const struct mark marks[] = {
	{"\xef\xbb\xbf", 3, "UTF-8"},
	{"\xff\xfe", 2, "UTF-16LE"},
	{"\xfe\xff", 2, "UTF-16BE"},
	{"\x84\x31\x95\x33", 4, "GB18030"},
	{"", 0, NULL},
};

static const struct mark *find_mark(const struct lines *lines)
{
	const struct mark *mark = marks;

	while (lines->size < mark->size || memcmp(lines->text, mark->bytes, mark->size) != 0)
		mark++;
	return mark;
}

/*
 * Converts all of `lines`; false when a byte fits no character: then lines_of(*out's size) is not far from it. *cut_off:
 * the last character is not all there.
 */
static bool convert(iconv_t handle, const struct lines *lines, struct buf *out, bool *cut_off)
{
	char piece[4096];
	char *from = (char *)lines->text; /* iconv's signature is older than const; it only reads */
	size_t left = lines->size;

	*cut_off = false;
	while (left > 0) {
		char *to = piece;
		size_t room = sizeof(piece);
		int error = iconv(handle, &from, &left, &to, &room) == (size_t)-1 ? errno : 0;
		*cut_off = error == EINVAL;
		if (!buf_add(out, piece, sizeof(piece) - room) || (error != 0 && error != E2BIG))
			return false;
	}
	return true;
}

static unsigned int lines_in(const struct buf *buf)
{
	const struct lines done = {.text = buf_text(buf), .size = buf->size};

	return lines_of(&done, done.size);
}

static enum result decode_as(struct lines *lines, const char *charset, struct buf *out)
{
	iconv_t handle = iconv_open("UTF-8", charset);
	struct problem *problem;

	if (handle == (iconv_t)-1) {
		problem = lines_refuse(lines, 0, NULL,
			N_("this machine cannot read %s (its conversion table is missing)"), charset);
		problem_remedy(problem,
			N_("open the file in Notepad, choose Save As, set the encoding to UTF-8 and save"));
		return RESULT_INVALID;
	}
	bool cut_off, good = convert(handle, lines, out, &cut_off);
	iconv_close(handle);
	if (cut_off) {
		problem = lines_refuse(lines, lines_in(out), NULL,
			N_("the text breaks off in the middle of a character"));
		problem_remedy(problem, N_("the file was not copied whole: copy it again"));
		return RESULT_INVALID;
	}
	if (!good) {
		problem = lines_refuse(lines, lines_in(out), NULL, N_("the bytes are neither UTF-8 nor GBK text"));
		problem_remedy(problem,
			N_("check that the right file was chosen; in Notepad choose Save As, set the "
			   "encoding to UTF-8 and save"));
		return RESULT_INVALID;
	}
	lines->text = buf_text(out);
	lines->size = out->size;
	return RESULT_OK;
}

/* Of a text without a mark. One that was cut off or damaged must not become GBK, where all of it is gibberish. */
static const char *guess(const struct lines *lines)
{
	struct charset_scan scan = {0};

	charset_look(&scan, lines->text, lines->size);
	return charset_is_gbk(&scan) ? "GB18030" : "UTF-8";
}

enum result encoding_decode(struct lines *lines, struct buf *out)
{
	const struct mark *mark = find_mark(lines);
	const char *charset = mark->charset;
	enum result result = RESULT_OK;

	lines->text += mark->size;
	lines->size -= mark->size;
	if (charset == NULL) {
		result = lines_check_zero(lines);
		charset = guess(lines);
	}
	/* UTF-8 goes through iconv too when not all of it is: for the line of the first bad byte. */
	if (result == RESULT_OK && (strcmp(charset, "UTF-8") != 0 || !utf8_valid(lines->text, lines->size, NULL)))
		result = decode_as(lines, charset, out);
	return result == RESULT_OK ? lines_check_zero(lines) : result;
}
