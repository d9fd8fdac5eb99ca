/* From an alert to the exact text: signature, counting, shortening, refusals, amounts, places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "text/amount.h"
#include "text/compose.h"
#include "text/fields.h"
#include "text/lint.h"

static struct templates *templates;
static char *no_lines[] = {NULL};

static struct alert plain_alert(void)
{
	return (struct alert){.id = (char *)"a",
		.fraud_type = (char *)"order-brushing",
		.place = (char *)"玉山镇",
		.loss = (char *)"128000",
		.summary = (char *)"我市一居民被骗。",
		.advice = no_lines,
		.keywords = no_lines,
		.areas = no_lines,
		.audiences = no_lines,
		.supersedes = no_lines,
		.cases = 1};
}

static struct text_request request_for(const struct alert *alert, enum medium medium)
{
	return (struct text_request){.alert = alert,
		.type_name = "刷单返利",
		.audience = "student",
		.audience_label = "在校学生",
		.medium = medium,
		.format = FORMAT_MARKDOWN,
		.signature = "玉山反诈",
		.site = "玉山镇反诈中心",
		.region = "我市"};
}

/* Composes and wants success. Free with message_free. */
static struct message *composed(const struct text_request *request)
{
	struct message *message = NULL;
	struct problems problems;

	problems_init(&problems);
	enum result result = text_compose(templates, request, &message, &problems);
	if (result != RESULT_OK)
		print_error("%s\n", problems.list[0].reason[LANG_EN]);
	assert_int_equal(result, RESULT_OK);
	assert_int_equal(problems.count, 0);
	problems_fini(&problems);
	return message;
}

/* Composes and wants a refusal whose reason contains `reason` and whose place is `field`. */
static void refused(const struct text_request *request, const char *reason, const char *field)
{
	struct message *message = NULL;
	struct problems problems;

	problems_init(&problems);
	assert_int_equal(text_compose(templates, request, &message, &problems), RESULT_INVALID);
	assert_null(message);
	assert_int_equal(problems.errors, 1);
	assert_non_null(strstr(problems.list[0].reason[LANG_EN], reason));
	assert_non_null(problems.list[0].remedy[LANG_EN]);
	if (field != NULL)
		assert_string_equal(problems.list[0].field, field);
	problems_fini(&problems);
}

static void the_signature_counts_whoever_writes_it(void **state)
{
	struct alert alert = plain_alert();
	struct text_request request = request_for(&alert, MEDIUM_SMS);
	struct message *ours = composed(&request);

	request.platform_signs = true;
	struct message *theirs = composed(&request);
	assert_memory_equal(ours->text, "【玉山反诈】", strlen("【玉山反诈】"));
	assert_string_equal(theirs->text, ours->text + strlen("【玉山反诈】"));
	assert_int_equal(ours->units, 63);
	assert_int_equal(theirs->units, 63);
	assert_int_equal(theirs->parts, 1);
	message_free(&ours);
	message_free(&theirs);
}

static void a_ready_text_replaces_the_wording_and_is_checked_alike(void **state)
{
	struct alert alert = plain_alert();
	struct text_request request = request_for(&alert, MEDIUM_SMS);

	alert.text[MEDIUM_SMS] = (char *)" 请勿转账，咨询96110。\r\n";
	struct message *message = composed(&request);
	assert_string_equal(message->text, "【玉山反诈】请勿转账，咨询96110。");
	assert_int_equal(message->units, 19);
	message_free(&message);
	alert.text[MEDIUM_SMS] = (char *)"【玉山反诈】请勿转账，咨询96110。"; /* as officers paste it */
	message = composed(&request);
	assert_string_equal(message->text, "【玉山反诈】请勿转账，咨询96110。");
	message_free(&message);
	request.platform_signs = true;
	refused(&request, "【", "text.sms");
	request.platform_signs = false;
	alert.text[MEDIUM_SMS] = (char *)"【昆山公安】请勿转账，咨询96110。";
	refused(&request, "【", "text.sms");
	alert.text[MEDIUM_SMS] = (char *)"请看 http://a.example/x ，咨询96110。";
	refused(&request, "link", "text.sms");
	alert.web = (char *)"https://a.example/x";
	message = composed(&request);
	message_free(&message);
	alert.text[MEDIUM_SMS] = (char *)" \n ";
	refused(&request, "empty", "text.sms");
}

static char *repeated(const char *text, size_t times)
{
	struct buf buf;

	buf_init(&buf, 1024 * 1024);
	for (size_t i = 0; i < times; i++)
		buf_add_text(&buf, text);
	return buf_take(&buf);
}

static void long_ready_texts_are_counted_and_bounded(void **state)
{
	struct alert alert = plain_alert();
	struct text_request request = request_for(&alert, MEDIUM_SMS);
	struct problems problems;

	alert.text[MEDIUM_SMS] = repeated("骗", 65); /* 71 with the signature */
	struct message *message = composed(&request);
	assert_int_equal(message->units, 71);
	assert_int_equal(message->parts, 2);
	problems_init(&problems);
	text_lint(message, NULL, NULL, "text.sms", &problems);
	assert_int_equal(problems.count, 1);
	assert_non_null(strstr(problems.list[0].reason[LANG_EN], "71"));
	problems_fini(&problems);
	message_free(&message);
	free(alert.text[MEDIUM_SMS]);
	alert.text[MEDIUM_SMS] = repeated("骗", 494);
	message = composed(&request);
	assert_int_equal(message->units, 500);
	assert_int_equal(message->parts, 8);
	message_free(&message);
	free(alert.text[MEDIUM_SMS]);
	alert.text[MEDIUM_SMS] = repeated("骗", 495);
	refused(&request, "501", "text.sms");
	free(alert.text[MEDIUM_SMS]);
}

static void a_drill_says_so_by_every_medium(void **state)
{
	const struct {
		enum alert_status status;
		const char *mark;
	} cases[] = {{STATUS_EXERCISE, "（演练）"}, {STATUS_TEST, "（测试）"}};

	for (size_t i = 0; i < 2; i++)
		for (int medium = 0; medium < MEDIUM_COUNT; medium++) {
			struct alert alert = plain_alert();
			struct text_request request = request_for(&alert, (enum medium)medium);
			alert.status = cases[i].status;
			struct message *message = composed(&request);
			assert_non_null(strstr(message->text, cases[i].mark));
			assert_int_equal(message->parts, 1);
			message_free(&message);
			alert.text[medium] = (char *)"请勿转账，咨询96110";
			message = composed(&request);
			assert_non_null(strstr(message->text, cases[i].mark));
			message_free(&message);
		}
}

static void an_sms_gives_up_roomy_then_place_then_loss(void **state)
{
	const struct template_source shipped = {"zh/sms/other/all.mustache",
		"{{place}}{{#loss}}被骗{{loss}}{{/loss}}。{{#roomy}}（多说几句）{{/roomy}}请不要转账汇款请不要转账汇款请不要转账汇款咨询{{hotline}}",
		0};
	struct template_source source = shipped;
	const struct {
		size_t signature; /* characters; each step makes room for so many more */
		const char *body;
	} cases[] = {
		{16, "江苏省苏州市昆山市被骗12.8万元。（多说几句）请"},
		{17, "江苏省苏州市昆山市被骗12.8万元。请"},
		{22, "江苏省苏州市昆山市被骗12.8万元。请"},
		{23, "我市被骗12.8万元。请"},
		{29, "我市被骗12.8万元。请"},
		{30, "我市。请"},
		{37, "我市。请"},
		/* Nothing would help: then nothing is given up. */
		{38, "江苏省苏州市昆山市被骗12.8万元。（多说几句）请"},
	};
	struct templates *own = NULL;
	struct problems problems;

	source.size = strlen(source.bytes);
	problems_init(&problems);
	assert_int_equal(templates_load(&source, 1, NULL, 0, &own, &problems), RESULT_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct alert alert = plain_alert();
		struct text_request request = request_for(&alert, MEDIUM_SMS);
		struct message *message = NULL;
		char *signature = repeated("签", cases[i].signature);
		alert.place = (char *)"江苏省苏州市昆山市";
		request.signature = signature;
		assert_int_equal(text_compose(own, &request, &message, &problems), RESULT_OK);
		const char *body = strstr(message->text, "】") + strlen("】");
		if (strncmp(body, cases[i].body, strlen(cases[i].body)) != 0)
			print_error("%zu: %s (%u)\n", i, message->text, message->units);
		assert_memory_equal(body, cases[i].body, strlen(cases[i].body));
		assert_int_equal(message->parts, i < 7 ? 1 : 2);
		message_free(&message);
		free(signature);
	}
	problems_fini(&problems);
	templates_free(&own);
}

/* What is short enough is said whole, into however many sentences it falls. */
static void a_summary_of_many_sentences_keeps_its_end(void **state)
{
	struct alert alert = plain_alert();

	(void)state;
	for (int sentences = 62; sentences <= 66; sentences++) {
		char summary[400] = "";
		for (int i = 0; i < sentences; i++)
			strcat(summary, i % 2 == 0 ? "骗！" : "\n");
		strcat(summary, "请拨96110");
		alert.summary = summary;
		struct text_request request = request_for(&alert, MEDIUM_WECOM);
		struct message *message = composed(&request);
		assert_non_null(strstr(message->text, "请拨96110"));
		message_free(&message);
	}
}

static void wecom_stays_within_its_bytes_and_keeps_what_matters(void **state)
{
	char *advice[21] = {NULL}, *slogans[11] = {NULL};
	struct alert alert = plain_alert();

	for (size_t i = 0; i < 20; i++)
		advice[i] = mem_printf("第%zu条：凡是要求垫付资金做任务的兼职刷单，都是诈骗，请勿相信", i + 1);
	for (size_t i = 0; i < 10; i++)
		slogans[i] = mem_printf("标语%zu：未知链接不点击，陌生来电不轻信，个人信息不透露，转账汇款多核实",
			i + 1);
	alert.advice = advice;
	alert.summary = repeated("有人接到电话后转账汇款，请大家注意防范。", 25);
	for (int format = 0; format < 2; format++) {
		struct text_request request = request_for(&alert, MEDIUM_WECOM);
		request.format = format == 0 ? FORMAT_PLAIN : FORMAT_MARKDOWN;
		request.slogans = slogans;
		unsigned int most = format == 0 ? TEXT_WECOM_PLAIN_MOST : TEXT_WECOM_MARKDOWN_MOST;
		struct message *message = composed(&request);
		assert_int_equal(message->format, request.format);
		assert_int_equal(message->units, strlen(message->text));
		assert_in_range(message->units, most / 2, most);
		assert_non_null(strstr(message->text, "第1条"));
		assert_int_equal(strstr(message->text, "标语10") != NULL, false);
		assert_non_null(strstr(message->text, "96110"));
		assert_int_equal(strstr(message->text, "**") != NULL, format == 1);
		message_free(&message);
	}
	free(alert.summary);
	alert.summary = repeated("无", 2000);
	struct text_request request = request_for(&alert, MEDIUM_WECOM);
	refused(&request, "bytes", NULL);
	free(alert.summary);
	for (size_t i = 0; i < 20; i++)
		free(advice[i]);
	for (size_t i = 0; i < 10; i++)
		free(slogans[i]);
}

static void a_field_brings_no_markup_into_a_group(void **state)
{
	struct alert alert = plain_alert();
	struct text_request request = request_for(&alert, MEDIUM_WECOM);

	alert.summary = (char *)"<@all> [点我](http://bad.example) **快**";
	struct message *message = composed(&request);
	assert_null(strstr(message->text, "<@all>"));
	assert_null(strstr(message->text, "[点我]"));
	assert_null(strstr(message->text, "**快**"));
	message_free(&message);
}

static void a_sign_gets_one_line_in_its_font(void **state)
{
	struct alert alert = plain_alert();
	struct text_request request = request_for(&alert, MEDIUM_LED);

	alert.headline = (char *)"警惕\"刷单\",\n别垫钱\\C1";
	struct message *message = composed(&request);
	assert_string_equal(message->text, "在校学生请注意：警惕“刷单”，别垫钱＼C1。咨询96110");
	message_free(&message);
	alert.headline = (char *)"朱镕基";
	refused(&request, "镕", NULL);
	alert.headline = NULL;
	alert.text[MEDIUM_LED] = (char *)"别转账😀";
	refused(&request, "U+1F600", "text.led");
	alert.text[MEDIUM_LED] = (char *)"别转账";
	request.most = 6;
	message = composed(&request);
	assert_int_equal(message->units, 6);
	message_free(&message);
	request.most = 5;
	refused(&request, "6 bytes", "text.led");
	alert.text[MEDIUM_LED] = NULL;
	request.most = 47; /* the audience word does not fit any more */
	message = composed(&request);
	assert_string_equal(message->text, "反诈提醒：先垫钱的刷单、兼职都是诈骗。咨询96110");
	message_free(&message);
	request.most = 46;
	refused(&request, "47 bytes", NULL);
}

static void english_has_a_text_too(void **state)
{
	struct alert alert = plain_alert();

	for (int medium = 0; medium < MEDIUM_COUNT; medium++) {
		struct text_request request = request_for(&alert, (enum medium)medium);
		request.language = "en";
		struct message *message = composed(&request);
		assert_non_null(strstr(message->text, "96110"));
		assert_non_null(strstr(message->text, "Ask") != NULL ? message->text : strstr(message->text, "ask"));
		message_free(&message);
	}
}

static void the_alert_wins_over_the_site(void **state)
{
	struct alert alert = plain_alert();
	struct text_request request = request_for(&alert, MEDIUM_SMS);

	request.audience = "all";
	alert.fraud_type = (char *)"fake-police";
	request.hotline = "051296110";
	struct message *message = composed(&request);
	assert_non_null(strstr(message->text, "咨询051296110"));
	message_free(&message);
	alert.hotline = (char *)"96110";
	request.loss = "约10万元";
	message = composed(&request);
	assert_non_null(strstr(message->text, "咨询96110"));
	assert_non_null(strstr(message->text, "约10万元"));
	message_free(&message);
}

static void amounts_are_said_exactly(void **state)
{
	const struct {
		const char *yuan, *spoken;
	} cases[] = {
		{"128000", "12.8万元"},
		{"46000", "4.6万元"},
		{"460000", "46万元"},
		{"800", "800元"},
		{"10000", "1万元"},
		{"9999", "9999元"},
		{"9999.50", "9999.5元"},
		{"123456", "12.3456万元"},
		{"128000.00", "12.8万元"},
		{"123456.78", "123456.78元"},
		{"100000001", "10000.0001万元"},
		{"150000000", "1.5亿元"},
		{"0.5", "0.5元"},
		{"0000128000", "12.8万元"},
		{"0", NULL},
		{"0.00", NULL},
		{"", NULL},
		{"12a", NULL},
		{"1.", NULL},
		{"1.234", NULL},
		{"-5", NULL},
		{"1234567890123456", NULL},
	};
	char out[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good = amount_spoken(cases[i].yuan, out, sizeof(out));
		assert_int_equal(good, cases[i].spoken != NULL);
		assert_string_equal(out, good ? cases[i].spoken : "");
	}
}

static void places_finer_than_a_county_become_the_region(void **state)
{
	const char *coarse[] = {"我市", "昆山市", "江苏省昆山市", "吴中区", "德清县", "全国", "境外"};
	const char *fine[] = {"玉山镇", "幸福小区", "开发区", "某村", "人民路100号", "工业园区", "城南社区", "实验中学",
		"菜市场"};

	for (size_t i = 0; i < sizeof(coarse) / sizeof(coarse[0]); i++)
		assert_true(fields_place_is_coarse(coarse[i]));
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		assert_false(fields_place_is_coarse(fine[i]));
	assert_string_equal(text_region("昆山市"), "我市");
	assert_string_equal(text_region("德清县"), "我县");
	assert_string_equal(text_region("吴中区"), "我区");
	assert_string_equal(text_region("鄂伦春自治旗"), "我旗");
	assert_null(text_region("玉山镇"));
	assert_null(text_region(NULL));
}

static int load(void **state)
{
	struct problems problems;

	problems_init(&problems);
	templates_load_shipped(NULL, 0, &templates, &problems);
	problems_fini(&problems);
	return templates == NULL ? -1 : 0;
}

static int unload(void **state)
{
	templates_free(&templates);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_signature_counts_whoever_writes_it),
		cmocka_unit_test(a_ready_text_replaces_the_wording_and_is_checked_alike),
		cmocka_unit_test(long_ready_texts_are_counted_and_bounded),
		cmocka_unit_test(a_drill_says_so_by_every_medium),
		cmocka_unit_test(an_sms_gives_up_roomy_then_place_then_loss),
		cmocka_unit_test(a_summary_of_many_sentences_keeps_its_end),
		cmocka_unit_test(wecom_stays_within_its_bytes_and_keeps_what_matters),
		cmocka_unit_test(a_field_brings_no_markup_into_a_group),
		cmocka_unit_test(a_sign_gets_one_line_in_its_font),
		cmocka_unit_test(english_has_a_text_too),
		cmocka_unit_test(the_alert_wins_over_the_site),
		cmocka_unit_test(amounts_are_said_exactly),
		cmocka_unit_test(places_finer_than_a_county_become_the_region),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
