#include "roster/reject.h"

#include <errno.h>
#include <inttypes.h>

#include "base/require.h"
#include "base/say.h"
#include "loop/file.h"

enum { PIECE = 64 * 1024, LINE = 1024 };

static const char *const texts[ROSTER_REJECT_COUNT] = {
	[REJECT_PHONE_EMPTY] = N_("there is no phone number"),
	[REJECT_PHONE_SPREADSHEET] = N_(
		"a spreadsheet program has shortened the number (such as 1.38E+10): set the column to "
		"text, type or import the numbers again, and save"),
	[REJECT_PHONE] = N_("this is not a mainland mobile number of 11 digits"),
	[REJECT_YEAR] = N_("this is not a year of birth: write four digits, such as 1948"),
	[REJECT_IDENTITY] = N_(
		"the identity number is wrong (length, date or check digit), so no year can be taken from it"),
	[REJECT_ROLE] = N_("a role is a short word; several are parted by semicolons"),
	[REJECT_AREA] = N_("this is neither an area code of 2, 4, 6, 9 or 12 digits nor a name of the area table"),
	[REJECT_LANGUAGE] = N_("this is not a language: write zh, en, ug, bo …"),
	[REJECT_OPT_OUT] = N_("write 1 (has opted out) or 0"),
	[REJECT_COLUMNS] = N_("the line has more cells than there are columns: put cells that hold commas in quotes"),
	[REJECT_NAMELESS] = N_(
		"something stands in a column without a name: name it in the first line, or pass over it with "
		"--discard-extra"),
	[REJECT_QUOTE] = N_("a quote is not closed, or something stands behind the closing one"),
	[REJECT_LONG] = N_("the line is too long to be one"),
	[REJECT_CHARACTERS] = N_("unreadable characters: save the file as \"CSV UTF-8\""),
	[REJECT_VARIETY] = N_(
		"the file has more different roles, areas or languages than a roster can hold: is this the right "
		"column?"),
};

const char *roster_reject_text(enum roster_reject reason)
{
	REQUIRE(reason < ROSTER_REJECT_COUNT);
	return texts[reason];
}

static void flush(struct reject_file *reject)
{
	if (reject->fd >= 0 && reject->result == RESULT_OK && reject->bytes.size > 0 &&
		file_write_all(reject->fd, reject->bytes.data, reject->bytes.size) != 0)
		reject->result = result_of_errno(errno);
	buf_clear(&reject->bytes);
}

void reject_begin(struct reject_file *reject, int fd)
{
	*reject = (struct reject_file){.fd = fd};
	buf_init(&reject->bytes, PIECE + LINE);
	buf_add_text(&reject->bytes, "\xef\xbb\xbf行号 line,字段 field,原因,reason,号码 number\r\n");
}

/* A cell in quotes. */
static void add_quoted(struct buf *out, const char *text)
{
	buf_add_byte(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_add_byte(out, '"');
		buf_add_byte(out, (unsigned char)*text);
	}
	buf_add_byte(out, '"');
}

void reject_add(struct reject_file *reject, uint64_t line, const struct line_result *result)
{
	if (reject->fd < 0)
		return;
	const char *reason = roster_reject_text(result->reason);
	buf_printf(&reject->bytes, "%" PRIu64 ",%s,", line,
		result->field < COLUMN_COUNT ? column_name(result->field) : "");
	add_quoted(&reject->bytes, say(LANG_ZH, reason));
	buf_add_byte(&reject->bytes, ',');
	add_quoted(&reject->bytes, say(LANG_EN, reason));
	buf_printf(&reject->bytes, ",%s\r\n", result->masked);
	if (reject->bytes.size >= PIECE)
		flush(reject);
}

enum result reject_end(struct reject_file *reject)
{
	flush(reject);
	buf_fini(&reject->bytes);
	return reject->result;
}
