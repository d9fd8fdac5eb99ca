/* The WeChat Work robot's bodies and its table of codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "channel/wecom_codec.h"

static char *const nobody[] = {NULL};
static char *const users[] = {(char *)"zhang", (char *)"@all", (char *)"li", NULL};
static char *const mobiles[] = {(char *)"13800000001", NULL};

static void bodies_are_raw_utf8_json(void **state)
{
	static const struct {
		enum message_format format;
		const char *text;
		char *const *users, *const *mobiles;
		const char *body;
	} cases[] = {
		{FORMAT_PLAIN, "刷单\"返利\"\n是诈骗", nobody, nobody,
			"{\"msgtype\":\"text\",\"text\":{\"content\":\"刷单\\\"返利\\\"\\n是诈骗\"}}"},
		{FORMAT_PLAIN, "a", users, mobiles,
			"{\"msgtype\":\"text\",\"text\":{\"content\":\"a\",\"mentioned_list\":[\"zhang\",\"@all\",\"li\"],"
			"\"mentioned_mobile_list\":[\"13800000001\"]}}"},
		{FORMAT_MARKDOWN, "# 提醒", nobody, mobiles,
			"{\"msgtype\":\"markdown\",\"markdown\":{\"content\":\"# 提醒\"}}"},
		{FORMAT_MARKDOWN, "# 提醒", users, nobody,
			"{\"msgtype\":\"markdown\",\"markdown\":{\"content\":\"# 提醒\\n<@zhang> <@li>\"}}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message message = {.format = cases[i].format, .text = (char *)cases[i].text};
		struct wecom_mentions mentions = {cases[i].users, cases[i].mobiles};
		struct buf body;
		buf_init(&body, 65536);
		assert_int_equal(wecom_body_add(&body, &message, &mentions), RESULT_OK);
		assert_string_equal(buf_text(&body), cases[i].body);
		buf_fini(&body);
	}
}

static void every_character_reads_back(void **state)
{
	struct wecom_mentions mentions = {nobody, nobody};
	char text[300] = "";
	size_t used = 0;
	struct buf body;

	(void)state;
	for (int byte = 1; byte < 128; byte++)
		text[used++] = (char)byte;
	strcpy(text + used, "警惕€😀\"");
	for (int format = 0; format < 2; format++) {
		struct message message = {.format = format == 0 ? FORMAT_PLAIN : FORMAT_MARKDOWN, .text = text};
		buf_init(&body, 65536);
		assert_int_equal(wecom_body_add(&body, &message, &mentions), RESULT_OK);
		json_t *read = json_loadb(body.data, body.size, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(read);
		const json_t *part = json_object_get(read, format == 0 ? "text" : "markdown");
		assert_string_equal(json_string_value(json_object_get(part, "content")), text);
		json_decref(read);
		buf_fini(&body);
	}
	buf_init(&body, 20);
	struct message message = {.text = text};
	assert_int_equal(wecom_body_add(&body, &message, &mentions), RESULT_TOO_BIG);
	buf_fini(&body);
}

static void contents_are_limited_in_bytes(void **state)
{
	static const struct {
		enum message_format format;
		size_t size;
		char *const *users;
		enum result result;
	} cases[] = {
		{FORMAT_PLAIN, 2048, nobody, RESULT_OK},
		{FORMAT_PLAIN, 2049, nobody, RESULT_TOO_BIG},
		{FORMAT_MARKDOWN, 4096, nobody, RESULT_OK},
		{FORMAT_MARKDOWN, 4097, nobody, RESULT_TOO_BIG},
		{FORMAT_MARKDOWN, 4090, users, RESULT_TOO_BIG},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message message = {.format = cases[i].format, .text = calloc(1, cases[i].size + 1)};
		struct wecom_mentions mentions = {cases[i].users, nobody};
		struct buf body;
		memset(message.text, 'x', cases[i].size);
		buf_init(&body, 65536);
		assert_int_equal(wecom_body_add(&body, &message, &mentions), cases[i].result);
		assert_int_equal(body.size > 0, cases[i].result == RESULT_OK);
		buf_fini(&body);
		free(message.text);
	}
}

static void codes_have_their_class(void **state)
{
	static const struct {
		long code;
		enum outcome_class class;
		uint32_t wait_ms;
	} cases[] = {
		{0, CLASS_OK, 0},
		{-1, CLASS_RETRY, 0},
		{40001, CLASS_PERM_CHANNEL, 0},
		{40008, CLASS_PERM_MSG, 0},
		{40009, CLASS_PERM_MSG, 0},
		{40013, CLASS_PERM_CHANNEL, 0},
		{40014, CLASS_PERM_CHANNEL, 0},
		{40033, CLASS_PERM_MSG, 0},
		{40035, CLASS_PERM_MSG, 0},
		{40056, CLASS_PERM_CHANNEL, 0},
		{40058, CLASS_PERM_MSG, 0},
		{40063, CLASS_PERM_MSG, 0},
		{41001, CLASS_PERM_CHANNEL, 0},
		{42001, CLASS_PERM_CHANNEL, 0},
		{44001, CLASS_PERM_MSG, 0},
		{44004, CLASS_PERM_MSG, 0},
		{45001, CLASS_PERM_MSG, 0},
		{45002, CLASS_PERM_MSG, 0},
		{45008, CLASS_PERM_MSG, 0},
		{45009, CLASS_THROTTLE, 60000},
		{45033, CLASS_THROTTLE, 2000},
		{48002, CLASS_PERM_CHANNEL, 0},
		{60020, CLASS_PERM_CHANNEL, 0},
		{60011, CLASS_PERM_RCPT, 0},
		{60111, CLASS_PERM_RCPT, 0},
		{81013, CLASS_PERM_RCPT, 0},
		{82001, CLASS_PERM_RCPT, 0},
		{82002, CLASS_PERM_MSG, 0},
		{82003, CLASS_PERM_MSG, 0},
		{93000, CLASS_PERM_CHANNEL, 0},
		{93004, CLASS_PERM_CHANNEL, 0},
		{93008, CLASS_PERM_CHANNEL, 0},
		{12345678, CLASS_RETRY, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome outcome;
		char body[160];
		long code;
		snprintf(body, sizeof(body), "{\"errcode\":%ld,\"errmsg\":\"from ip: 10.1.2.3, key=k-e-y\"}",
			cases[i].code);
		assert_true(wecom_judge(body, strlen(body), &outcome, &code));
		assert_int_equal(code, cases[i].code);
		assert_int_equal(outcome.class, cases[i].class);
		assert_int_equal(outcome.wait_ms, cases[i].wait_ms);
		assert_null(strstr(outcome.peer, "k-e-y"));
		assert_null(strstr(outcome.peer, "10.1.2.3"));
	}
}

static void what_has_no_code_is_not_judged(void **state)
{
	static const char *const cases[] = {"", "{}", "[0]", "{\"errcode\":\"0\"}", "{\"errcode\":0",
		"{\"errcode\":0.0}", "{\"errcode\":0,\"errcode\":1}", "ok"};
	struct outcome outcome;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_false(wecom_judge(cases[i], strlen(cases[i]), &outcome, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_are_raw_utf8_json),
		cmocka_unit_test(every_character_reads_back),
		cmocka_unit_test(contents_are_limited_in_bytes),
		cmocka_unit_test(codes_have_their_class),
		cmocka_unit_test(what_has_no_code_is_not_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
