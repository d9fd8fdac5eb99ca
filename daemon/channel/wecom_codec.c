#include "channel/wecom_codec.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/phone.h"

/* How many bytes from `text` on can stand in a JSON string as they are. Eight at a time: such a byte leaves its high bit. */
static size_t plain_length(const char *text, size_t length)
{
	const uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
	size_t at = 0;

	for (; length - at >= 8; at += 8) {
		uint64_t bytes;
		memcpy(&bytes, text + at, 8);
		uint64_t quote = bytes ^ ('"' * ones), slash = bytes ^ ('\\' * ones);
		uint64_t found = ((bytes - 0x20 * ones) & ~bytes) | ((quote - ones) & ~quote) |
			((slash - ones) & ~slash);
		if ((found & high) != 0)
			break;
	}
	while (at < length && (unsigned char)text[at] >= 0x20 && text[at] != '"' && text[at] != '\\')
		at++;
	return at;
}

static void add_escape(struct buf *out, unsigned char byte)
{
	if (byte >= 0x20)
		buf_printf(out, "\\%c", byte);
	else if (byte == '\n')
		buf_add_text(out, "\\n");
	else
		buf_printf(out, "\\u%04x", byte);
}

/*
 * A JSON string, as RFC 8259 section 7 has it. Written here: the library would first copy each text into a
 * document of its own, and a thousand robots get a text each.
 */
static void add_string(struct buf *out, const char *text)
{
	size_t left = strlen(text);

	buf_add_byte(out, '"');
	while (left > 0) {
		size_t plain = plain_length(text, left);
		buf_add(out, text, plain);
		text += plain;
		left -= plain;
		if (left == 0)
			break;
		add_escape(out, (unsigned char)*text++);
		left--;
	}
	buf_add_byte(out, '"');
}

/* ,"name":["a","b"]; nothing where nobody is listed. */
static void add_list(struct buf *out, const char *name, char *const *words)
{
	char before = '[';

	if (words == NULL || *words == NULL)
		return;
	buf_add_byte(out, ',');
	add_string(out, name);
	buf_add_byte(out, ':');
	for (; *words != NULL; words++) {
		buf_add_byte(out, (unsigned char)before);
		add_string(out, *words);
		before = ',';
	}
	buf_add_byte(out, ']');
}

/* In markdown a mention is a mark in the content. */
static void add_marks(struct buf *content, char *const *users)
{
	const char *before = "\n";

	for (; users != NULL && *users != NULL; users++) {
		if (strcmp(*users, "@all") == 0)
			continue;
		buf_printf(content, "%s<@%s>", before, *users);
		before = " ";
	}
}

size_t wecom_marks_size(char *const *users)
{
	struct buf marks;

	buf_init(&marks, WECOM_MARKDOWN_MOST);
	add_marks(&marks, users);
	size_t size = marks.size;
	buf_fini(&marks);
	return size;
}

enum result wecom_body_add(struct buf *out, const struct message *message, const struct wecom_mentions *mentions)
{
	bool markdown = message->format == FORMAT_MARKDOWN;
	struct buf content;

	buf_init(&content, markdown ? WECOM_MARKDOWN_MOST : WECOM_TEXT_MOST);
	buf_add_text(&content, message->text);
	if (markdown)
		add_marks(&content, mentions->users);
	if (content.full) {
		buf_fini(&content);
		return RESULT_TOO_BIG;
	}
	buf_reserve(out, content.size + 200);
	buf_add_text(out,
		markdown ? "{\"msgtype\":\"markdown\",\"markdown\":{\"content\":"
			 : "{\"msgtype\":\"text\",\"text\":{\"content\":");
	add_string(out, buf_text(&content));
	buf_fini(&content);
	if (!markdown) {
		add_list(out, "mentioned_list", mentions->users);
		add_list(out, "mentioned_mobile_list", mentions->mobiles);
	}
	buf_add_text(out, "}}");
	return out->full ? RESULT_TOO_BIG : RESULT_OK;
}

static const struct code {
	long number;
	enum outcome_class class;
	uint32_t wait_ms;
	const char *words;
} codes[] = {
	{-1, CLASS_RETRY, 0, "system busy"},
	{0, CLASS_OK, 0, "ok"},
	{40001, CLASS_PERM_CHANNEL, 0, "secret is wrong"},
	{40008, CLASS_PERM_MSG, 0, "message type"},
	{40009, CLASS_PERM_MSG, 0, "image size"},
	{40013, CLASS_PERM_CHANNEL, 0, "corpid is wrong"},
	{40014, CLASS_PERM_CHANNEL, 0, "token is wrong"},
	{40033, CLASS_PERM_MSG, 0, "illegal character"},
	{40035, CLASS_PERM_MSG, 0, "bad parameter"},
	{40056, CLASS_PERM_CHANNEL, 0, "agentid is wrong"},
	{40058, CLASS_PERM_MSG, 0, "bad parameter"},
	{40063, CLASS_PERM_MSG, 0, "empty parameter"},
	{41001, CLASS_PERM_CHANNEL, 0, "token is missing"},
	{42001, CLASS_PERM_CHANNEL, 0, "token has expired"},
	{44001, CLASS_PERM_MSG, 0, "empty media"},
	{44004, CLASS_PERM_MSG, 0, "empty text"},
	{45001, CLASS_PERM_MSG, 0, "media too big"},
	{45002, CLASS_PERM_MSG, 0, "text too long"},
	{45008, CLASS_PERM_MSG, 0, "too many articles"},
	{WECOM_TOO_OFTEN, CLASS_THROTTLE, 60000, "too often"},
	{45033, CLASS_THROTTLE, 2000, "too many calls at once"},
	{48002, CLASS_PERM_CHANNEL, 0, "no permission"},
	{60011, CLASS_PERM_RCPT, 0, "no rights on a member"},
	{60020, CLASS_PERM_CHANNEL, 0, "our address is not allowed"},
	{60111, CLASS_PERM_RCPT, 0, "unknown member"},
	{81013, CLASS_PERM_RCPT, 0, "no valid recipient"},
	{82001, CLASS_PERM_RCPT, 0, "no valid recipient"},
	{82002, CLASS_PERM_MSG, 0, "too many parties"},
	{82003, CLASS_PERM_MSG, 0, "too many tags"},
	{93000, CLASS_PERM_CHANNEL, 0, "webhook is wrong or the robot was removed from the group"},
	{93004, CLASS_PERM_CHANNEL, 0, "robot is disabled"},
	{93008, CLASS_PERM_CHANNEL, 0, "robot is not in the group"},
};

static bool read_code(const char *body, size_t size, long *number)
{
	static const char ok[] = "{\"errcode\":0,\"errmsg\":\"ok\"}"; /* nearly all answers, to the byte */

	*number = 0;
	if (size == sizeof(ok) - 1 && memcmp(body, ok, size) == 0)
		return true;
	json_t *document = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
	const json_t *value = json_object_get(document, "errcode");
	bool is_number = json_is_integer(value);

	if (is_number)
		*number = (long)json_integer_value(value);
	json_decref(document);
	return is_number;
}

bool wecom_judge(const char *body, size_t size, struct outcome *outcome, long *code)
{
	long number;

	if (!read_code(body, size, &number))
		return false;
	if (code != NULL)
		*code = number;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].number != number)
			continue;
		*outcome = outcome_make(codes[i].class, codes[i].wait_ms, "%ld %s", number, codes[i].words);
		return true;
	}
	/* Not taken, that much is sure; errmsg is left out, it holds our address and sometimes the key. */
	*outcome = outcome_make(CLASS_RETRY, 0, "%ld", number);
	return true;
}
