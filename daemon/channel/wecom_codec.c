#include "channel/wecom_codec.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/phone.h"

static json_t *list(char *const *words)
{
	json_t *array = json_array();

	for (; words != NULL && *words != NULL; words++)
		json_array_append_new(array, json_string(*words));
	return array;
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

static json_t *make_text(const char *content, const struct wecom_mentions *mentions)
{
	json_t *text = json_object();

	json_object_set_new(text, "content", json_string(content));
	if (mentions->users != NULL && mentions->users[0] != NULL)
		json_object_set_new(text, "mentioned_list", list(mentions->users));
	if (mentions->mobiles != NULL && mentions->mobiles[0] != NULL)
		json_object_set_new(text, "mentioned_mobile_list", list(mentions->mobiles));
	return text;
}

enum result wecom_body_add(struct buf *out, const struct message *message, const struct wecom_mentions *mentions)
{
	bool markdown = message->format == FORMAT_MARKDOWN;
	const char *type = markdown ? "markdown" : "text";
	struct buf content;

	buf_init(&content, markdown ? WECOM_MARKDOWN_MOST : WECOM_TEXT_MOST);
	buf_add_text(&content, message->text);
	if (markdown)
		add_marks(&content, mentions->users);
	if (content.full) {
		buf_fini(&content);
		return RESULT_TOO_BIG;
	}
	json_t *body = json_object();
	json_object_set_new(body, "msgtype", json_string(type));
	json_t *part = markdown ? json_pack("{s:s}", "content", buf_text(&content))
				: make_text(buf_text(&content), mentions);
	json_object_set_new(body, type, part);
	char *dumped = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	buf_fini(&content);
	bool added = dumped != NULL && buf_add_text(out, dumped);
	free(dumped);
	return added ? RESULT_OK : RESULT_TOO_BIG;
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

bool wecom_judge(const char *body, size_t size, struct outcome *outcome, long *code)
{
	json_t *document = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
	const json_t *value = json_object_get(document, "errcode");
	bool is_number = json_is_integer(value);
	long number = is_number ? (long)json_integer_value(value) : 0;

	json_decref(document);
	if (!is_number)
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
