/* 云MAS bodies against the vectors of operators.md 2.1, and its answers, reports and replies as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "channel/yunmas_codec.h"

static const phone_t phones[] = {13800000001, 13800000002};

static const struct yunmas_account plain = {.ec_name = "测试县公安局",
	.ap_id = "crier",
	.secret = "Secret-1",
	.sign_code = "abcDEF123",
	.add_serial = ""};

#define PLAIN_BODY \
	"eyJlY05hbWUiOiLmtYvor5Xljr/lhazlronlsYAiLCJhcElkIjoiY3JpZXIiLCJtb2JpbGVzIjoiMTM4MDAwMDAwMDEsMTM4MDAwMDAwMDIi" \
	"LCJjb250ZW50Ijoi5Y+N6K+I5rWL6K+V55+t5L+hIiwic2lnbiI6ImFiY0RFRjEyMyIsImFkZFNlcmlhbCI6IiIsIm1hYyI6IjNkMDZhMmQx" \
	"YmQ3YWJkYjllYjZmMzMyY2ZhZTA4YjU1In0="

static void the_plain_mac_equals_the_vector(void **state)
{
	char mac[33];

	assert_string_equal(yunmas_mac(&plain, "13800000001,13800000002", "反诈测试短信", mac),
		"3d06a2d1bd7abdb9eb6f332cfae08b55");
}

static void the_template_mac_equals_the_vector(void **state)
{
	struct yunmas_account account = plain;
	char mac[33];

	account.template_id = "TPL1";
	assert_string_equal(yunmas_mac(&account, "13800000001,13800000002", "[\"刷单返利\",\"96110\"]", mac),
		"6674c41ffecbcde5d1d2562fd6d598c7");
}

static void the_body_equals_the_vector(void **state)
{
	struct yunmas_account account = plain;
	struct buf body;

	buf_init(&body, 65536);
	assert_true(yunmas_submit_add(&body, &account, phones, 2, "反诈测试短信"));
	assert_string_equal(buf_text(&body), PLAIN_BODY);
	buf_clear(&body);
	account.quoted = true;
	assert_true(yunmas_submit_add(&body, &account, phones, 2, "反诈测试短信"));
	assert_string_equal(buf_text(&body), "\"" PLAIN_BODY "\"");
	buf_fini(&body);
}

static void five_thousand_numbers_fit(void **state)
{
	phone_t *many = calloc(YUNMAS_MOBILES_MOST, sizeof(*many));
	struct buf body;

	for (size_t i = 0; i < YUNMAS_MOBILES_MOST; i++)
		many[i] = 13800000000 + i;
	buf_init(&body, 256 * 1024);
	assert_true(yunmas_submit_add(&body, &plain, many, YUNMAS_MOBILES_MOST, "短信"));
	buf_fini(&body);
	free(many);
}

static void codes_have_their_class(void **state)
{
	static const struct {
		const char *body;
		enum outcome_class class;
		bool split;
		const char *provider_id;
	} cases[] = {
		{"{\"msgGroup\":\"0927\",\"rspcod\":\"success\",\"success\":true}", CLASS_OK, false, "0927"},
		{"{\"msgGroup\":\"0927\",\"rspcod\":\"success\"}", CLASS_OK, false, "0927"},
		{"{\"rspcod\":\"success\",\"success\":false}", CLASS_AMBIGUOUS, false, ""},
		{"{\"rspcod\":\"IllegalMac\",\"success\":true}", CLASS_AMBIGUOUS, false, ""},
		{"{\"rspcod\":\"IllegalMac\",\"success\":false,\"msgGroup\":\"\"}", CLASS_PERM_CHANNEL, false, ""},
		{"{\"rspcod\":\"InvalidUsrOrPwd\",\"success\":false}", CLASS_PERM_CHANNEL, false, ""},
		{"{\"rspcod\":\"IllegalSignId\",\"success\":false}", CLASS_PERM_CHANNEL, false, ""},
		{"{\"rspcod\":\"NoSignId\"}", CLASS_PERM_CHANNEL, false, ""},
		{"{\"rspcod\":\"IllegalIpAddress\"}", CLASS_PERM_CHANNEL, false, ""},
		{"{\"rspcod\":\"NotLoadedSign\"}", CLASS_PERM_CHANNEL, false, ""},
		{"{\"rspcod\":\"InvalidMessage\"}", CLASS_PERM_MSG, false, ""},
		{"{\"rspcod\":\"IllegalMsgfmt\"}", CLASS_PERM_MSG, false, ""},
		{"{\"rspcod\":\"IllegalProtocol\"}", CLASS_PERM_MSG, false, ""},
		{"{\"rspcod\":\"TooManyMobiles\"}", CLASS_PERM_MSG, true, ""},
		{"{\"rspcod\":\"InvalidMobile\",\"success\":false}", CLASS_PERM_MSG, true, ""},
		{"{\"rspcod\":\"IllegalUseTemplate\"}", CLASS_PERM_MSG, false, ""},
		{"{\"rspcod\":\"SystemBusy\"}", CLASS_THROTTLE, false, ""},
		{"{\"rspcod\":\"QueueOverLimit\"}", CLASS_THROTTLE, false, ""},
		{"{\"rspcod\":\"FlowOverLimit\"}", CLASS_THROTTLE, false, ""},
		{"{\"rspcod\":\"RequestTooOften\"}", CLASS_THROTTLE, false, ""},
		{"{\"rspcod\":\"OverDailyMax\"}", CLASS_DEFER, false, ""},
		{"{\"rspcod\":\"InternalError\"}", CLASS_RETRY, false, ""},
		{"{\"rspcod\":\"FastChNotFound\"}", CLASS_RETRY, false, ""},
		{"{\"rspcod\":\"IllegalState\"}", CLASS_RETRY, false, ""},
		{"{\"rspcod\":\"RequestTimeout\",\"success\":false}", CLASS_AMBIGUOUS, false, ""},
		{"{\"rspcod\":\"TransportError\"}", CLASS_AMBIGUOUS, false, ""},
		{"{\"rspcod\":\"Whatever\",\"success\":false}", CLASS_RETRY, false, ""},
		{"{\"rspcod\":\"Whatever\"}", CLASS_AMBIGUOUS, false, ""},
		{"{\"rspcod\":\"Whatever\",\"success\":true,\"msgGroup\":\"7\"}", CLASS_AMBIGUOUS, false, "7"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome outcome;
		assert_true(yunmas_judge(cases[i].body, strlen(cases[i].body), &outcome));
		assert_int_equal(outcome.class, cases[i].class);
		assert_int_equal(outcome.split, cases[i].split);
		assert_string_equal(outcome.provider_id, cases[i].provider_id);
	}
}

static void what_is_no_answer_is_not_judged(void **state)
{
	static const char *const cases[] = {"", "{", "[]", "null", "\"success\"", "{\"rspcod\":7}",
		"{\"success\":true}", "{\"rspcod\":\"success\",\"rspcod\":\"success\"}", "<html>success</html>"};
	struct outcome outcome;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_false(yunmas_judge(cases[i], strlen(cases[i]), &outcome));
}

static void a_number_in_a_code_is_masked(void **state)
{
	const char *body = "{\"rspcod\":\"Bad13800000001\",\"success\":false}";
	struct outcome outcome;

	assert_true(yunmas_judge(body, strlen(body), &outcome));
	assert_null(strstr(outcome.peer, "13800000001"));
}

struct got {
	struct receipt receipts[8];
	phone_t phones[8];
	char texts[8][64];
	unsigned int count;
};

static void take_receipt(void *arg, const struct receipt *receipt)
{
	struct got *got = arg;

	got->receipts[got->count++] = *receipt;
}

#define REPORT(status, mobile, code) \
	"{\"reportStatus\":\"" status "\",\"mobile\":" mobile ",\"submitDate\":\"20261121163000\"," \
	"\"receiveDate\":\"20261121163005\",\"errorCode\":\"" code "\",\"msgGroup\":\"0927\"}"

static void reports_are_read_one_and_many(void **state)
{
	static const struct {
		const char *body;
		enum result result;
		unsigned int count;
		enum receipt_kind first;
		const char *code;
	} cases[] = {
		{REPORT("DELIVRD", "\"13800000001\"", "DELIVRD"), RESULT_OK, 1, RECEIPT_DELIVERED, "DELIVRD"},
		{REPORT("UNDELIV", "\"13800000001\"", "DB:0140"), RESULT_OK, 1, RECEIPT_FAILED, "DB:0140"},
		{REPORT("EXPIRED", "\"+8613800000001\"", ""), RESULT_OK, 1, RECEIPT_FAILED, "EXPIRED"},
		{REPORT("DELIVRD", "[\"13800000001\",\"13800000002\"]", ""), RESULT_OK, 2, RECEIPT_DELIVERED,
			"DELIVRD"},
		{"[" REPORT("DELIVRD", "\"13800000001\"", "") "," REPORT("X", "\"13800000002\"", "") "]", RESULT_OK, 2,
			RECEIPT_DELIVERED, "DELIVRD"},
		{"[" REPORT("DELIVRD", "\"13800000001\"", "") ",7,{}]", RESULT_NOT_FOUND, 1, RECEIPT_DELIVERED,
			"DELIVRD"},
		{"[" REPORT("ACCEPTD", "\"13800000002\"", "") "," REPORT("DELIVRD", "\"13800000001\"", "") "]",
			RESULT_OK, 1, RECEIPT_DELIVERED, "DELIVRD"},
		{REPORT("ENROUTE", "\"13800000001\"", ""), RESULT_OK, 0, 0, ""},
		{"[]", RESULT_OK, 0, 0, ""},
		{REPORT("DELIVRD", "\"12345\"", ""), RESULT_NOT_FOUND, 0, 0, ""},
		{"{\"reportStatus\":\"DELIVRD\"", RESULT_INVALID, 0, 0, ""},
		{"", RESULT_INVALID, 0, 0, ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct got got = {.count = 0};
		assert_int_equal(yunmas_reports(cases[i].body, strlen(cases[i].body), 1, take_receipt, &got),
			cases[i].result);
		assert_int_equal(got.count, cases[i].count);
		if (got.count == 0)
			continue;
		assert_int_equal(got.receipts[0].kind, cases[i].first);
		assert_int_equal(got.receipts[0].phone, 13800000001);
		assert_string_equal(got.receipts[0].code, cases[i].code);
		assert_string_equal(got.receipts[0].provider_id, "0927");
		assert_int_equal(got.receipts[0].at_ms, INT64_C(1795249805000));
	}
}

static void take_text(void *arg, phone_t phone, const char *text)
{
	struct got *got = arg;

	got->phones[got->count] = phone;
	snprintf(got->texts[got->count++], 64, "%.60s", text);
}

static void replies_are_read(void **state)
{
	const char *one = "{\"mobile\":\"13800000001\",\"smsContent\":\"退订\",\"sendTime\":\"2026-11-21 16:30:00\","
			  "\"addSerial\":\"1065\"}";
	struct got got = {.count = 0};

	assert_int_equal(yunmas_replies(one, strlen(one), take_text, &got), RESULT_OK);
	assert_int_equal(got.count, 1);
	assert_int_equal(got.phones[0], 13800000001);
	assert_string_equal(got.texts[0], "退订");
	assert_int_equal(yunmas_replies("[{}]", 4, take_text, &got), RESULT_NOT_FOUND);
	assert_int_equal(yunmas_replies("T", 1, take_text, &got), RESULT_INVALID);
	assert_int_equal(got.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_plain_mac_equals_the_vector),
		cmocka_unit_test(the_template_mac_equals_the_vector),
		cmocka_unit_test(the_body_equals_the_vector),
		cmocka_unit_test(five_thousand_numbers_fit),
		cmocka_unit_test(codes_have_their_class),
		cmocka_unit_test(what_is_no_answer_is_not_judged),
		cmocka_unit_test(a_number_in_a_code_is_masked),
		cmocka_unit_test(reports_are_read_one_and_many),
		cmocka_unit_test(replies_are_read),
	};

	setenv("TZ", "Asia/Shanghai", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
