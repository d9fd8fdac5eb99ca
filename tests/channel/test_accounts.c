/*
 * What accounts at HTTP providers do beyond one answer: receipts and texts that are pushed or pulled, waits,
 * limits, what leaves on the wire; and the kinds that reach nobody.
 */
#include <time.h>

#include "gateway.h"
#include "owner.h"

struct bench {
	struct owner owner;
	struct gateway gateway;
	struct message message;
	struct batch batch;
	phone_t phones[10];
};

static void begin(struct bench *bench)
{
	*bench = (struct bench){.message = {.text = (char *)"谨防电信诈骗"}};
	owner_begin(&bench->owner);
	gateway_open(&bench->gateway, bench->owner.loop);
	for (unsigned int i = 0; i < 10; i++)
		bench->phones[i] = 13800000001 + i;
	bench->batch =
		(struct batch){.name = {12, 3, 31}, .message = &bench->message, .phones = bench->phones, .count = 10};
}

static void open_at(struct bench *bench, const char *kind, const char *path, const struct option *more,
	const char *receipt_url)
{
	struct option options[12] = {{"ec_name", "县公安局"}, {"ap_id", "crier"}, {"secret_file", "s3cret"},
		{"sign_code", "abc"}, {"user", "crier"}, {"password_file", "s3cret"}, {"key_file", "k-e-y"},
		{NULL, NULL}};
	static char url[128]; /* outlives the call: options are read during it */
	size_t count = 7;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", sock_server_port(bench->gateway.server), path);
	options[count++] = (struct option){"url", url};
	for (; more != NULL && more->key != NULL; more++)
		options[count++] = *more;
	options[count] = (struct option){NULL, NULL};
	owner_open_at(&bench->owner, kind, options, receipt_url);
}

static void end(struct bench *bench)
{
	owner_close_channel(&bench->owner, 1000);
	owner_close_http(&bench->owner);
	gateway_close(&bench->gateway);
	owner_end(&bench->owner);
}

static void settle(struct bench *bench, enum outcome_class class)
{
	unsigned int before = bench->owner.settled;

	owner_send(&bench->owner, &bench->batch);
	assert_true(turns_until_count(bench->owner.loop, &bench->owner.settled, before + 1));
	if (bench->owner.outcome.class != class)
		fail_msg("%s: %s", outcome_class_name(bench->owner.outcome.class), bench->owner.outcome.peer);
}

struct values {
	const char *names[8], *values[8];
};

static const char *look_up(void *arg, const char *name)
{
	const struct values *values = arg;

	for (size_t i = 0; i < 8 && values->names[i] != NULL; i++)
		if (strcmp(values->names[i], name) == 0)
			return values->values[i];
	return NULL;
}

static int push(struct bench *bench, const char *path, const struct values *values, const char *body)
{
	struct push push = {.path = path,
		.query = look_up,
		.arg = (void *)(uintptr_t)values,
		.body = body,
		.body_size = strlen(body),
		.status = 200,
		.reply = "",
		.reply_type = "text/plain"};

	bench->owner.calling = true;
	channel_push(bench->owner.channel, &push);
	bench->owner.calling = false;
	turns_settle(bench->owner.loop);
	return push.status;
}

static void kannel_reports_come_back_under_the_batchs_name(void **state)
{
	struct values final = {{"b", "d", "p", "a", "t"},
		{"12-3-31", "1", "+8613800000002", "DELIVRD", "2026-11-21 08:30:05"}};
	struct values on_its_way = {{"b", "d", "p"}, {"12-3-31", "8", "13800000002"}};
	struct values reply = {{"p", "a"}, {"13800000002", "退订"}};
	struct bench bench;

	begin(&bench);
	bench.gateway.status = 202;
	bench.gateway.says = "0: Accepted for delivery";
	open_at(&bench, "sms-kannel", "/cgi-bin/sendsms", NULL, "http://10.0.0.1/r/t");
	assert_true(channel_receipted(bench.owner.channel));
	settle(&bench, CLASS_OK);
	assert_non_null(strstr(buf_text(&bench.gateway.last),
		"GET /cgi-bin/sendsms?username=crier&password=s3cret&to=13800000001+"));
	assert_non_null(strstr(buf_text(&bench.gateway.last),
		"dlr-url=http%3A%2F%2F10.0.0.1%2Fr%2Ft%2Fdlr%3Fb%3D12-3-31%26d%3D%25d%26p%3D%25p%26a%3D%25A%26t%3D%25t"));
	assert_int_equal(push(&bench, "dlr", &on_its_way, ""), 200);
	assert_int_equal(bench.owner.received, 0);
	assert_int_equal(push(&bench, "dlr", &final, ""), 200);
	assert_int_equal(bench.owner.received, 1);
	assert_int_equal(bench.owner.receipts[0].phone, 13800000002);
	assert_int_equal(bench.owner.receipts[0].batch.number, 31);
	assert_int_equal(push(&bench, "reply", &reply, ""), 200);
	assert_int_equal(bench.owner.phone, 13800000002);
	assert_string_equal(bench.owner.text, "退订");
	end(&bench);
}

static void kannel_without_a_listener_gives_no_receipts(void **state)
{
	struct bench bench;

	begin(&bench);
	bench.gateway.status = 202;
	bench.gateway.says = "3: Queued for later delivery";
	open_at(&bench, "sms-kannel", "/cgi-bin/sendsms", NULL, NULL);
	assert_false(channel_receipted(bench.owner.channel));
	settle(&bench, CLASS_OK);
	assert_null(strstr(buf_text(&bench.gateway.last), "dlr"));
	end(&bench);
	begin(&bench);
	open_at(&bench, "sms-kannel", "/cgi-bin/sendsms", (struct option[]){{"dlr", "false"}, {NULL, NULL}},
		"http://h/r");
	assert_false(channel_receipted(bench.owner.channel));
	end(&bench);
}

static void a_provider_that_moved_or_limits_is_understood(void **state)
{
	static const struct {
		int status;
		const char *header;
		enum outcome_class class;
		uint32_t wait_ms;
	} cases[] = {
		{302, "Location: http://elsewhere/\r\n", CLASS_PERM_CHANNEL, 0},
		{401, "", CLASS_PERM_CHANNEL, 0},
		{404, "", CLASS_PERM_CHANNEL, 0},
		{407, "", CLASS_PERM_CHANNEL, 0},
		{408, "", CLASS_AMBIGUOUS, 0},
		{414, "", CLASS_PERM_MSG, 0},
		{429, "", CLASS_THROTTLE, 1000},
		{429, "Retry-After: 30\r\n", CLASS_THROTTLE, 30000},
		{503, "Retry-After: 5\r\n", CLASS_THROTTLE, 5000},
		{429, "Retry-After: 86400\r\n", CLASS_THROTTLE, 86400000},
		{429, "Retry-After: 86401\r\n", CLASS_THROTTLE, 60000},
		{429, "Retry-After: 315360000\r\n", CLASS_THROTTLE, 60000},
		{429, "Retry-After: 99999999999999999999\r\n", CLASS_THROTTLE, 1000},
		{429, "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", CLASS_THROTTLE, 60000},
		{429, "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\n", CLASS_THROTTLE, 1000},
		{429, "Retry-After: -1\r\n", CLASS_THROTTLE, 1000},
		{429, "Retry-After: soon\r\n", CLASS_THROTTLE, 1000},
		{429, "Retry-After: 0\r\n", CLASS_THROTTLE, 1000},
		{503, "", CLASS_AMBIGUOUS, 0},
		{500, "", CLASS_AMBIGUOUS, 0},
	};
	static const char *const kinds[] = {"sms-yunmas", "sms-kannel", "wecom-robot"};

	for (size_t k = 0; k < 3; k++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct bench bench;
			begin(&bench);
			bench.gateway.status = cases[i].status;
			bench.gateway.header = cases[i].header;
			bench.gateway.says = "<html>";
			bench.batch.count = k == 2 ? 1 : 10;
			open_at(&bench, kinds[k], "/x", NULL, NULL);
			settle(&bench, cases[i].class);
			assert_int_equal(bench.owner.outcome.wait_ms, cases[i].wait_ms);
			assert_int_equal(bench.owner.outcome.split, cases[i].status == 414);
			end(&bench);
		}
	}
}

static void success_in_an_error_page_is_in_doubt(void **state)
{
	struct bench bench;

	begin(&bench);
	bench.gateway.status = 500;
	bench.gateway.says = "{\"rspcod\":\"success\",\"success\":true}";
	open_at(&bench, "sms-yunmas", "/sms/norsubmit", NULL, NULL);
	settle(&bench, CLASS_AMBIGUOUS);
	end(&bench);
	begin(&bench);
	bench.gateway.status = 500;
	bench.gateway.says = "{\"errcode\":0}";
	bench.batch.count = 1;
	open_at(&bench, "wecom-robot", "/send", NULL, NULL);
	settle(&bench, CLASS_AMBIGUOUS);
	end(&bench);
}

static void a_daily_quota_waits_for_tomorrow(void **state)
{
	struct bench bench;

	begin(&bench);
	fake_clock_set_wall(INT64_C(1795249805000)); /* 16:30:05 in Shanghai */
	bench.gateway.says = "{\"rspcod\":\"OverDailyMax\",\"success\":false}";
	open_at(&bench, "sms-yunmas", "/sms/norsubmit", NULL, NULL);
	settle(&bench, CLASS_DEFER);
	int64_t until = clock_wall_ms() + bench.owner.outcome.wait_ms;
	assert_in_range(until, INT64_C(1795276800000), INT64_C(1795276800000) + 120000);
	/* It still counts yesterday's: its clock is behind ours. That is no reason to wait for a whole day. */
	fake_clock_set_wall(INT64_C(1795276800000) + 60000);
	settle(&bench, CLASS_DEFER);
	assert_in_range(bench.owner.outcome.wait_ms, 60000, 600000);
	end(&bench);
}

#define REPORT(number) \
	"{\"reportStatus\":\"DELIVRD\",\"mobile\":\"" number \
	"\",\"receiveDate\":\"20261121163005\",\"errorCode\":\"\"," \
	"\"msgGroup\":\"0927\"}"

static void yunmas_reports_are_pushed(void **state)
{
	static const struct values nothing;
	struct bench bench;

	begin(&bench);
	bench.gateway.says = "{\"msgGroup\":\"0927\",\"rspcod\":\"success\",\"success\":true}";
	open_at(&bench, "sms-yunmas", "/sms/norsubmit", NULL, "http://h/r");
	assert_true(channel_receipted(bench.owner.channel));
	settle(&bench, CLASS_OK);
	assert_string_equal(bench.owner.outcome.provider_id, "0927");
	assert_int_equal(push(&bench, "report", &nothing, "[" REPORT("13800000001") "," REPORT("13800000002") "]"),
		200);
	assert_int_equal(bench.owner.received, 2);
	assert_string_equal(bench.owner.receipts[1].provider_id, "0927");
	assert_int_equal(bench.owner.receipts[1].batch.number, 0);
	/* one line that makes no sense does not make the platform repeat the others for ever */
	assert_int_equal(push(&bench, "report", &nothing, "[" REPORT("13800000003") "," REPORT("1") "]"), 200);
	assert_int_equal(bench.owner.received, 3);
	assert_int_equal(push(&bench, "report", &nothing, "[" REPORT("13800000003")), 400);
	assert_int_equal(push(&bench, "reply", &nothing, "{\"mobile\":\"13800000009\",\"smsContent\":\"T\"}"), 200);
	assert_int_equal(bench.owner.phone, 13800000009);
	assert_int_equal(push(&bench, "elsewhere", &nothing, ""), 404);
	end(&bench);
}

static void yunmas_reports_are_pulled(void **state)
{
	struct option options[] = {{"report_url", NULL}, {"pull_every", "30000"}, {NULL, NULL}};
	struct bench bench;
	char url[64];

	begin(&bench);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/sms/report", sock_server_port(bench.gateway.server));
	options[0].value = url;
	bench.gateway.says = "[" REPORT("13800000001") "]";
	open_at(&bench, "sms-yunmas", "/sms/norsubmit", options, NULL);
	assert_true(channel_receipted(bench.owner.channel));
	turns_pass(bench.owner.loop, 29000);
	assert_int_equal(bench.gateway.requests, 0);
	turns_pass(bench.owner.loop, 32000);
	assert_int_equal(bench.gateway.requests, 2);
	assert_int_equal(bench.owner.received, 2);
	assert_non_null(strstr(buf_text(&bench.gateway.last), "POST /sms/report"));
	/* a pull that fails is followed by the next; none overtakes one that hangs */
	bench.gateway.manner = MANNER_SILENT;
	turns_pass(bench.owner.loop, 65000);
	bench.gateway.manner = MANNER_ANSWER;
	turns_pass(bench.owner.loop, 65000);
	assert_true(bench.owner.received >= 4);
	end(&bench);
}

static void a_robot_that_is_blocked_again_waits_an_hour(void **state)
{
	struct bench bench;

	begin(&bench);
	bench.batch.count = 1;
	bench.gateway.says = "{\"errcode\":45009,\"errmsg\":\"api freq out of limit\"}";
	open_at(&bench, "wecom-robot", "/send", NULL, NULL);
	settle(&bench, CLASS_THROTTLE);
	assert_int_equal(bench.owner.outcome.wait_ms, 60000);
	turns_pass(bench.owner.loop, 60000);
	settle(&bench, CLASS_THROTTLE);
	assert_int_equal(bench.owner.outcome.wait_ms, 3600000);
	bench.gateway.says = "{\"errcode\":0,\"errmsg\":\"ok\"}";
	settle(&bench, CLASS_OK);
	assert_non_null(strstr(buf_text(&bench.gateway.last), "POST /send?key=k-e-y"));
	bench.gateway.says = "{\"errcode\":45009,\"errmsg\":\"api freq out of limit\"}";
	settle(&bench, CLASS_THROTTLE);
	assert_int_equal(bench.owner.outcome.wait_ms, 60000);
	end(&bench);
}

static void a_key_pasted_with_the_address_is_warned_of_and_ignored(void **state)
{
	const struct channel_kind *kind = channel_kind_find("wecom-robot");
	struct problems problems;
	struct bench bench;

	begin(&bench);
	bench.batch.count = 1;
	bench.gateway.says = "{\"errcode\":0,\"errmsg\":\"ok\"}";
	open_at(&bench, "wecom-robot", "/send?key=pasted", NULL, NULL);
	settle(&bench, CLASS_OK);
	assert_non_null(strstr(buf_text(&bench.gateway.last), "POST /send?key=k-e-y HTTP"));
	problems_init(&problems);
	kind->check(&bench.owner.config, &problems);
	assert_int_equal(problems.count, 1);
	assert_int_equal(problems.errors, 0);
	problems_fini(&problems);
	end(&bench);
}

/* What --check says of options that contradict each other. */
static void contradicting_options_are_refused(void **state)
{
	static const struct {
		const char *kind;
		struct option options[5];
		const char *field; /* NULL: nothing is wrong */
	} cases[] = {
		{"led-onbon", {{"width", "128"}, {"height", "32"}, {"font", "32"}}, NULL},
		{"led-onbon", {{"width", "128"}, {"height", "16"}, {"font", "24"}}, "height"},
		{"led-onbon", {{"width", "128"}, {"height", "32"}, {"area_id", "5"}}, "area_id"},
		{"led-onbon", {{"width", "128"}, {"height", "32"}, {"area_id", "5"}, {"device", "5k"}}, NULL},
		{"led-onbon", {{"width", "100"}, {"height", "32"}, {"device", "5k"}}, "width"},
		{"sms-yunmas", {{"url", "http://h/"}}, NULL},
		{"sms-yunmas", {{"url", "http://h/"}, {"pull_every", "30000"}}, "pull_every"},
		{"sms-yunmas", {{"url", "http://h/"}, {"pull_every", "30"}, {"report_url", "http://h/r"}},
			"pull_every"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct owner owner = {.loop = NULL};
		struct problems problems;
		problems_init(&problems);
		owner_configure(&owner, cases[i].kind, cases[i].options);
		channel_kind_find(cases[i].kind)->check(&owner.config, &problems);
		assert_int_equal(problems.count, cases[i].field != NULL);
		if (cases[i].field != NULL)
			assert_string_equal(problems.list[0].field, cases[i].field);
		problems_fini(&problems);
		owner_free_options(&owner);
	}
}

static void a_post_too_long_never_leaves(void **state)
{
	struct bench bench;

	begin(&bench);
	bench.batch.count = 1;
	bench.message.text = calloc(1, 3000);
	memset(bench.message.text, 'x', 2049);
	open_at(&bench, "wecom-robot", "/send", NULL, NULL);
	settle(&bench, CLASS_PERM_MSG);
	assert_int_equal(bench.gateway.requests, 0);
	free(bench.message.text);
	end(&bench);
}

static void the_owner_hears_once_when_a_peer_goes_and_comes(void **state)
{
	struct bench bench;

	begin(&bench);
	bench.gateway.status = 202;
	bench.gateway.manner = MANNER_RESET;
	open_at(&bench, "sms-kannel", "/x", NULL, NULL);
	settle(&bench, CLASS_AMBIGUOUS);
	settle(&bench, CLASS_AMBIGUOUS);
	assert_int_equal(bench.owner.notes, 1);
	assert_false(bench.owner.well);
	bench.gateway.manner = MANNER_ANSWER;
	bench.gateway.says = "0: Accepted for delivery";
	settle(&bench, CLASS_OK);
	turns_settle(bench.owner.loop);
	assert_int_equal(bench.owner.notes, 2);
	assert_true(bench.owner.well);
	end(&bench);
}

static void the_wording_follows_the_setting(void **state)
{
	struct owner owner = {.loop = NULL};

	owner_configure(&owner, "wecom-robot", NULL);
	assert_int_equal(channel_format(&owner.config), FORMAT_MARKDOWN);
	assert_int_equal(channel_text_most(&owner.config), 4096);
	owner_free_options(&owner);
	owner_configure(&owner, "wecom-robot", (struct option[]){{"format", "text"}, {NULL, NULL}});
	assert_int_equal(channel_format(&owner.config), FORMAT_PLAIN);
	assert_int_equal(channel_text_most(&owner.config), 2048);
	owner_free_options(&owner);
	owner_configure(&owner, "sms-kannel", NULL);
	assert_int_equal(channel_text_most(&owner.config), 0);
	assert_int_equal(channel_format(&owner.config), FORMAT_PLAIN);
	owner_free_options(&owner);
}

static void null_refuses_every_nth_and_gives_the_others_receipts(void **state)
{
	struct bench bench;

	begin(&bench);
	open_at(&bench, "null", "/", (struct option[]){{"refuse", "4"}, {"receipts", "true"}, {NULL, NULL}}, NULL);
	assert_true(channel_receipted(bench.owner.channel));
	settle(&bench, CLASS_OK);
	assert_int_equal(bench.owner.outcome.refused_count, 2);
	assert_int_equal(bench.owner.refused[0], 3);
	assert_int_equal(bench.owner.refused[1], 7);
	turns_settle(bench.owner.loop);
	assert_int_equal(bench.owner.received, 8);
	assert_int_equal(bench.owner.receipts[3].phone, bench.phones[4]);
	/* the count goes on over batches */
	settle(&bench, CLASS_OK);
	assert_int_equal(bench.owner.outcome.refused_count, 3);
	assert_int_equal(bench.owner.refused[0], 1);
	end(&bench);
}

static void null_may_refuse_everybody(void **state)
{
	struct bench bench;

	begin(&bench);
	open_at(&bench, "null", "/", (struct option[]){{"refuse", "1"}, {"receipts", "true"}, {NULL, NULL}}, NULL);
	settle(&bench, CLASS_PERM_RCPT);
	assert_int_equal(bench.owner.outcome.verdict, VERDICT_REFUSED);
	assert_int_equal(bench.owner.outcome.refused_count, 10);
	turns_settle(bench.owner.loop);
	assert_int_equal(bench.owner.received, 0);
	end(&bench);
}

static void null_signs_are_read_back(void **state)
{
	struct bench bench;

	begin(&bench);
	bench.batch.count = 1;
	bench.batch.phones = NULL;
	bench.batch.action = BATCH_SHOW;
	open_at(&bench, "null-sign", "/", (struct option[]){{"receipts", "true"}, {NULL, NULL}}, NULL);
	settle(&bench, CLASS_OK);
	turns_settle(bench.owner.loop);
	assert_int_equal(bench.owner.received, 1);
	assert_int_equal(bench.owner.receipts[0].kind, RECEIPT_SHOWN);
	end(&bench);
}

static void null_takes_ten_thousand_at_once(void **state)
{
	phone_t *phones = calloc(10000, sizeof(*phones));
	struct bench bench;

	for (uint32_t i = 0; i < 10000; i++)
		phones[i] = 13800000000 + i;
	begin(&bench);
	bench.batch.phones = phones;
	bench.batch.count = 10000;
	open_at(&bench, "null", "/", (struct option[]){{"receipts", "true"}, {NULL, NULL}}, NULL);
	settle(&bench, CLASS_OK);
	turns_settle(bench.owner.loop);
	assert_int_equal(bench.owner.received, 10000);
	end(&bench);
	free(phones);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kannel_reports_come_back_under_the_batchs_name),
		cmocka_unit_test(kannel_without_a_listener_gives_no_receipts),
		cmocka_unit_test(a_provider_that_moved_or_limits_is_understood),
		cmocka_unit_test(success_in_an_error_page_is_in_doubt),
		cmocka_unit_test(a_daily_quota_waits_for_tomorrow),
		cmocka_unit_test(yunmas_reports_are_pushed),
		cmocka_unit_test(yunmas_reports_are_pulled),
		cmocka_unit_test(a_robot_that_is_blocked_again_waits_an_hour),
		cmocka_unit_test(a_key_pasted_with_the_address_is_warned_of_and_ignored),
		cmocka_unit_test(contradicting_options_are_refused),
		cmocka_unit_test(a_post_too_long_never_leaves),
		cmocka_unit_test(the_owner_hears_once_when_a_peer_goes_and_comes),
		cmocka_unit_test(the_wording_follows_the_setting),
		cmocka_unit_test(null_refuses_every_nth_and_gives_the_others_receipts),
		cmocka_unit_test(null_may_refuse_everybody),
		cmocka_unit_test(null_signs_are_read_back),
		cmocka_unit_test(null_takes_ten_thousand_at_once),
	};

	setenv("TZ", "Asia/Shanghai", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
