/* Kannel's sendsms: the URL taken apart again, answers and delivery reports as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "channel/kannel_codec.h"

static phone_t phones[1000];

static const struct message message = {.text = (char *)"【玉山反诈】刷单返利是诈骗 & 100%"};

static const struct kannel_account account = {.url = "http://127.0.0.1:13013/cgi-bin/sendsms",
	.user = "crier",
	.password = "a b&c",
	.receipt_url = "http://10.0.0.1:8080/r/0f/city%20sms"};

static struct batch batch_of(uint32_t count)
{
	for (uint32_t i = 0; i < 1000; i++)
		phones[i] = 13800000001 + i;
	return (struct batch){.name = {12, 3, 31}, .message = &message, .phones = phones, .count = count};
}

/* Percent-decodes one value of a query, by other code than made it: a new string, or NULL. */
static char *value_of(const char *url, const char *name)
{
	char key[32];

	snprintf(key, sizeof(key), "&%s=", name);
	const char *at = strstr(url, key);
	if (at == NULL) {
		key[0] = '?';
		at = strstr(url, key);
	}
	if (at == NULL)
		return NULL;
	char *out = calloc(1, strlen(at) + 1), *to = out;
	for (at += strlen(key); *at != '\0' && *at != '&'; at++) {
		unsigned int byte = (unsigned char)*at;
		if (*at == '%') {
			assert_int_equal(sscanf(at + 1, "%2x", &byte), 1);
			at += 2;
		} else if (*at == '+') {
			byte = ' ';
		}
		*to++ = (char)byte;
	}
	return out;
}

static void assert_value(const char *url, const char *name, const char *expected)
{
	char *value = value_of(url, name);

	if (expected == NULL)
		assert_null(value);
	else
		assert_string_equal(value, expected);
	free(value);
}

static bool add_url(struct buf *out, const struct kannel_account *from, const struct batch *batch)
{
	struct kannel_url parts;

	kannel_url_init(&parts, from);
	bool added = kannel_url_add(out, &parts, batch);
	kannel_url_fini(&parts);
	return added;
}

static void a_url_carries_all_that_the_gateway_needs(void **state)
{
	struct batch batch = batch_of(2);
	struct buf url;

	buf_init(&url, 65536);
	assert_true(add_url(&url, &account, &batch));
	assert_memory_equal(buf_text(&url), "http://127.0.0.1:13013/cgi-bin/sendsms?", 39);
	assert_value(buf_text(&url), "username", "crier");
	assert_value(buf_text(&url), "password", "a b&c");
	assert_value(buf_text(&url), "to", "13800000001 13800000002");
	assert_value(buf_text(&url), "text", message.text);
	assert_value(buf_text(&url), "coding", "2");
	assert_value(buf_text(&url), "charset", "UTF-8");
	assert_value(buf_text(&url), "dlr-mask", "19");
	assert_value(buf_text(&url), "from", NULL);
	assert_value(buf_text(&url), "smsc", NULL);
	assert_value(buf_text(&url), "validity", NULL);
	buf_fini(&url);
}

/*
 * After one decoding Kannel's own escapes stand there, and a percent sign of our address is doubled for it.
 */
static void a_dlr_url_survives_one_decoding(void **state)
{
	struct batch batch = batch_of(1);
	struct buf url;

	buf_init(&url, 65536);
	assert_true(add_url(&url, &account, &batch));
	assert_value(buf_text(&url), "dlr-url",
		"http://10.0.0.1:8080/r/0f/city%%20sms/dlr?b=12-3-31&d=%d&p=%p&a=%A&t=%t");
	buf_fini(&url);
}

static void options_are_carried_where_set(void **state)
{
	struct kannel_account other = account;
	struct batch batch = batch_of(1);
	struct buf url;

	other.url = "http://h/sendsms?account=x";
	other.from = "10690";
	other.smsc = "city 1";
	other.validity_min = 120;
	other.receipt_url = NULL;
	buf_init(&url, 65536);
	assert_true(add_url(&url, &other, &batch));
	assert_memory_equal(buf_text(&url), "http://h/sendsms?account=x&username=crier", 41);
	assert_value(buf_text(&url), "from", "10690");
	assert_value(buf_text(&url), "smsc", "city 1");
	assert_value(buf_text(&url), "validity", "120");
	assert_value(buf_text(&url), "dlr-mask", NULL);
	assert_value(buf_text(&url), "dlr-url", NULL);
	buf_fini(&url);
}

static void a_thousand_numbers_stay_a_url(void **state)
{
	struct batch batch = batch_of(1000);
	struct buf url;

	buf_init(&url, 65536);
	assert_true(add_url(&url, &account, &batch));
	assert_true(url.size < 16384);
	buf_fini(&url);
	buf_init(&url, 1000);
	assert_false(add_url(&url, &account, &batch));
	buf_fini(&url);
}

static void each_batch_has_its_own_text_and_name(void **state)
{
	struct message other = message;
	struct batch batch = batch_of(1);
	struct kannel_url parts;
	struct buf url;

	(void)state;
	buf_init(&url, 65536);
	kannel_url_init(&parts, &account);
	for (int i = 0; i < 4; i++) {
		char text[] = "第0次：100%";
		text[3] = (char)('0' + i / 2);
		other.text = text;
		batch.message = &other;
		batch.name.number = (uint32_t)(100 + i);
		buf_clear(&url);
		assert_true(kannel_url_add(&url, &parts, &batch));
		assert_value(buf_text(&url), "text", text);
		char *report = value_of(buf_text(&url), "dlr-url");
		char *name = mem_printf("b=12-3-%d&", 100 + i);
		assert_non_null(strstr(report, name));
		free(report);
		free(name);
	}
	kannel_url_fini(&parts);
	buf_fini(&url);
}

static void answers_have_their_class(void **state)
{
	static const struct {
		long status;
		const char *body;
		uint32_t count;
		bool judged;
		enum outcome_class class;
		bool split;
	} cases[] = {
		{202, "0: Accepted for delivery", 20, true, CLASS_OK, false},
		{202, "3: Queued for later delivery", 20, true, CLASS_OK, false},
		{202, "", 20, false, 0, false},
		{202, "<html>", 20, false, 0, false},
		{200, "0: Accepted for delivery", 20, false, 0, false},
		{400, "Missing receiver number, rejected", 20, true, CLASS_PERM_MSG, true},
		{400, "Empty text not allowed, rejected", 20, true, CLASS_PERM_MSG, false},
		{400, "Number(s) has/have been denied by white- and/or black-lists.", 20, true, CLASS_PERM_MSG, true},
		{400, "Sender missing and no global set, rejected", 20, true, CLASS_PERM_CHANNEL, false},
		{403, "Authorization failed for sendsms", 20, true, CLASS_PERM_CHANNEL, false},
		/* As 1.4.5 answers for the first number, whatever became of the others. */
		{503, "Temporal failure, try again later.", 20, true, CLASS_AMBIGUOUS, false},
		{503, "Temporal failure, try again later.", 1, true, CLASS_RETRY, false},
		{403, "Not routable. Do not try again.", 20, true, CLASS_AMBIGUOUS, false},
		{403, "Not routable. Do not try again.", 1, true, CLASS_PERM_RCPT, false},
		{503, "<html>Service Unavailable</html>", 20, false, 0, false},
		{500, "", 20, false, 0, false},
		{404, "Not found", 20, false, 0, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome outcome = {0};
		assert_int_equal(kannel_judge(cases[i].status, cases[i].body, strlen(cases[i].body), cases[i].count,
					 &outcome),
			cases[i].judged);
		if (!cases[i].judged)
			continue;
		assert_int_equal(outcome.class, cases[i].class);
		assert_int_equal(outcome.split, cases[i].split);
	}
}

struct query {
	const char *b, *d, *p, *a, *t;
};

static const char *ask(void *arg, const char *name)
{
	const struct query *query = arg;

	switch (name[0]) {
	case 'b':
		return query->b;
	case 'd':
		return query->d;
	case 'p':
		return query->p;
	case 'a':
		return query->a;
	default:
		return query->t;
	}
}

static void reports_are_read(void **state)
{
	static const struct {
		struct query query;
		bool read, final;
		enum receipt_kind kind;
		const char *code;
		int64_t at_ms;
	} cases[] = {
		{{"12-3-31", "1", "13800000001", "stat:DELIVRD", "2026-11-21 08:30:05"}, true, true, RECEIPT_DELIVERED,
			"stat:DELIVRD", INT64_C(1795249805000)},
		{{"12-3-31", "1", "+8613800000001", NULL, "2026-11-21+08:30:05"}, true, true, RECEIPT_DELIVERED,
			"dlr 1", INT64_C(1795249805000)},
		{{"12-3-31", "2", "8613800000001", "", NULL}, true, true, RECEIPT_FAILED, "dlr 2", 77},
		{{"12-3-31", "16", "008613800000001", "NACK/0x0b\n", "%t"}, true, true, RECEIPT_FAILED, "NACK/0x0b?",
			77},
		{{"12-3-31", "2", "13800000001", "id:13800000001 bad and a very long tail", NULL}, true, true,
			RECEIPT_FAILED, "id:138****0001 bad and ", 77},
		{{"12-3-31", "8", "13800000001", "ACK/", NULL}, true, false, RECEIPT_FAILED, NULL, 77},
		{{"12-3-31", "4", "13800000001", "", NULL}, true, false, RECEIPT_FAILED, NULL, 77},
		{{"12-3-31", "7", "13800000001", "", NULL}, false, false, 0, NULL, 0},
		{{"12-3-31", "", "13800000001", "", NULL}, false, false, 0, NULL, 0},
		{{"12-3-31", "1x", "13800000001", "", NULL}, false, false, 0, NULL, 0},
		{{"12-3", "1", "13800000001", "", NULL}, false, false, 0, NULL, 0},
		{{"12-3-31", "1", "12345", "", NULL}, false, false, 0, NULL, 0},
		{{NULL, "1", "13800000001", "", NULL}, false, false, 0, NULL, 0},
		{{"12-3-31", NULL, "13800000001", "", NULL}, false, false, 0, NULL, 0},
		{{"12-3-31", "1", NULL, "", NULL}, false, false, 0, NULL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct query query = cases[i].query;
		struct receipt receipt;
		bool final = false;
		assert_int_equal(kannel_receipt(ask, &query, 77, &receipt, &final), cases[i].read);
		if (!cases[i].read)
			continue;
		assert_int_equal(final, cases[i].final);
		assert_int_equal(receipt.phone, 13800000001);
		assert_int_equal(receipt.batch.alert, 12);
		assert_int_equal(receipt.batch.lane, 3);
		assert_int_equal(receipt.batch.number, 31);
		if (!final)
			continue;
		assert_int_equal(receipt.kind, cases[i].kind);
		assert_string_equal(receipt.code, cases[i].code);
		assert_int_equal(receipt.at_ms, cases[i].at_ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_carries_all_that_the_gateway_needs),
		cmocka_unit_test(a_dlr_url_survives_one_decoding),
		cmocka_unit_test(options_are_carried_where_set),
		cmocka_unit_test(a_thousand_numbers_stay_a_url),
		cmocka_unit_test(each_batch_has_its_own_text_and_name),
		cmocka_unit_test(answers_have_their_class),
		cmocka_unit_test(reports_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
