#include "document/lines.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "document/document.h"

unsigned int lines_within(const char *text, size_t size)
{
	const char *end = text + size;
	unsigned int count = 0;

	while (text < end && (text = memchr(text, '\n', (size_t)(end - text))) != NULL) {
		text++;
		count++;
	}
	return count;
}

unsigned int lines_of(const struct lines *lines, size_t at)
{
	return 1 + lines_within(lines->text, at < lines->size ? at : lines->size);
}

enum result lines_check_size(const struct lines *lines)
{
	if (lines->size <= DOCUMENT_SIZE_MOST)
		return RESULT_OK;
	struct problem *problem = lines_refuse(lines, 0, NULL,
		N_("the file is too large: %zu KiB, at most %d are taken"), lines->size / 1024 + 1,
		DOCUMENT_SIZE_MOST / 1024);
	problem_remedy(problem,
		N_("check that the right file was chosen; a long configuration is split into several "
		   "files in the .d folder beside it"));
	return RESULT_TOO_BIG;
}

static bool begins_as_utf16(const char *text, size_t size)
{
	return size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

enum result lines_check_zero(const struct lines *lines)
{
	const char *zero = lines->size > 0 ? memchr(lines->text, '\0', lines->size) : NULL;

	if (zero == NULL)
		return RESULT_OK;
	struct problem *problem = lines_refuse(lines, lines_of(lines, (size_t)(zero - lines->text)), NULL,
		N_("the file contains a zero byte, so it is no text"));
	problem_remedy(problem, N_("check that the right file was chosen, and save it again as UTF-8 text"));
	return RESULT_INVALID;
}

enum result lines_check_text(struct lines *lines)
{
	size_t bad;

	if (begins_as_utf16(lines->text, lines->size)) {
		struct problem *problem = lines_refuse(lines, 1, NULL,
			N_("the file is saved as UTF-16 (\"Unicode\"), UTF-8 is needed"));
		problem_remedy(problem, N_("open it in Notepad, choose Save As, set the encoding to UTF-8 and save"));
		return RESULT_INVALID;
	}
	if (lines->size >= 3 && memcmp(lines->text, "\xef\xbb\xbf", 3) == 0) {
		lines->text += 3;
		lines->size -= 3;
	}
	if (lines_check_zero(lines) != RESULT_OK)
		return RESULT_INVALID;
	if (utf8_valid(lines->text, lines->size, &bad))
		return RESULT_OK;
	struct problem *problem = lines_refuse(lines, lines_of(lines, bad), NULL,
		N_("the file is not saved as UTF-8 (it may be GBK, which Windows calls ANSI)"));
	problem_remedy(problem, N_("open it in Notepad, choose Save As, set the encoding to UTF-8 and save"));
	return RESULT_INVALID;
}

/* Beside the full-width forms of ASCII, which are found by their distance. */
static const struct {
	uint32_t code;
	char ascii;
} lookalikes[] = {
	{0x201c, '"'}, /* “ */
	{0x201d, '"'}, /* ” */
	{0x201e, '"'}, /* „ */
	{0x300c, '"'}, /* 「 */
	{0x300d, '"'}, /* 」 */
	{0x300e, '"'}, /* 『 */
	{0x300f, '"'}, /* 』 */
	{0x2018, '"'}, /* ‘ */
	{0x2019, '"'}, /* ’ */
	{0x3001, ','}, /* 、 */
	{0x3010, '['}, /* 【 */
	{0x3011, ']'}, /* 】 */
	{0x3014, '['}, /* 〔 */
	{0x3015, ']'}, /* 〕 */
	{0x3000, ' '}, /* ideographic space */
	{0x00a0, ' '}, /* no-break space */
	{0x2236, ':'}, /* ∶ */
};

char lines_lookalike(const char *at, const char *end, size_t *size)
{
	const char *from = at;
	uint32_t code;

	*size = 1;
	if (!utf8_next(&at, end, &code) || code < 0x80)
		return 0;
	*size = (size_t)(at - from);
	for (size_t i = 0; i < sizeof(lookalikes) / sizeof(lookalikes[0]); i++) {
		if (lookalikes[i].code == code)
			return lookalikes[i].ascii;
	}
	/* Full-width letters and digits too: a name typed with the wrong keyboard state. */
	return code >= 0xff01 && code <= 0xff5e ? (char)(code - 0xff01 + 0x21) : 0;
}

void lines_refuse_lookalike(const struct lines *lines, unsigned int line, const char *at, size_t size, char ascii)
{
	if (ascii == ' ') {
		struct problem *problem = lines_refuse(lines, line, NULL,
			N_("there is a full-width or special blank outside quotation marks"));
		problem_remedy(problem, N_("delete it and type an ordinary blank with the English keyboard"));
		return;
	}
	struct problem *problem = lines_refuse(lines, line, NULL,
		N_("the Chinese (full-width) character %.*s stands outside quotation marks"), (int)size, at);
	problem_remedy(problem, N_("switch to the English keyboard and type %c in its place"), ascii);
}
