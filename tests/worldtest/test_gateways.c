/*
 * Kannel, 云MAS and robots over real connections: what they take, what they answer, what they count, and their
 * faults.
 */
#include "ask.h"

struct setting {
	struct loop *loop;
	struct world *world;
	struct world_peer *city, *mas, *robot;
	struct ask ask;
	char *body;
};

static int set_up(void **state)
{
	struct setting *s = mem_zalloc(sizeof(*s));

	fake_clock_stop();
	s->loop = loop_new();
	s->world = world_new(s->loop, &(struct world_options){.seed = 7});
	s->city = world_peer_add(s->world, &(struct world_peer_options){.kind = WORLD_KANNEL, .name = "city"});
	s->mas = world_peer_add(s->world,
		&(struct world_peer_options){.kind = WORLD_YUNMAS,
			.name = "mas",
			.secret = "Secret-1",
			.sign_code = "abcDEF123",
			.signature = "玉山反诈"});
	s->robot = world_peer_add(s->world,
		&(struct world_peer_options){.kind = WORLD_WECOM, .name = "grid", .secret = "key-1"});
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	free(s->body);
	world_free(&s->world);
	turns_end(&s->loop);
	fake_clock_go();
	free(s);
	return 0;
}

static int get_at(struct setting *s, uint16_t port, const char *path)
{
	free(s->body);
	ask_get(&s->ask, s->loop, port, path);
	return ask_for(&s->ask, &s->body);
}

static int get(struct setting *s, const char *path)
{
	return get_at(s, world_http_port(s->world), path);
}

static int post(struct setting *s, const char *path, const char *body)
{
	free(s->body);
	ask_post(&s->ask, s->loop, world_http_port(s->world), path, body);
	return ask_for(&s->ask, &s->body);
}

static struct world_totals totals(struct setting *s, const struct world_peer *peer)
{
	struct world_totals sum;

	world_totals(s->world, peer, &sum);
	return sum;
}

#define SEND "/cgi-bin/sendsms?username=crier&password=secret"
#define ONE  SEND "&to=13800000001&coding=2&charset=UTF-8&text=%E5%8F%8D%E8%AF%88"

/* ---- Kannel ---- */

static void kannel_answers_as_measured(void **state)
{
	static const struct {
		const char *path;
		int status;
		const char *body;
	} cases[] = {
		{ONE, 202, "0: Accepted for delivery"},
		{SEND "&to=13800000001+13800000002&text=hi", 202, "0: Accepted for delivery"},
		{"/cgi-bin/sendsms?user=crier&pass=secret&to=13800000001&text=hi", 202, "0: Accepted for delivery"},
		{"/cgi-bin/sendsms?username=crier&password=wrong&to=1&text=hi", 403,
			"Authorization failed for sendsms"},
		{"/cgi-bin/sendsms?username=other&password=secret&to=1&text=hi", 403,
			"Authorization failed for sendsms"},
		{SEND "&text=hi", 400, "Missing receiver number, rejected"},
		{SEND "&to=abc&text=hi", 400, "Garbage `to' field, rejected."},
		{"/cgi-bin/other", 404, "no such service"},
	};
	struct setting *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(get(s, cases[i].path), cases[i].status);
		assert_string_equal(s->body, cases[i].body);
	}
	assert_int_equal(totals(s, s->city).taken, 4);
	assert_int_equal(totals(s, NULL).strangers, 2);
}

static void texts_are_counted_per_phone(void **state)
{
	struct setting *s = *state;
	struct world_reach reach;
	uint64_t recipients;

	get(s, ONE);
	get(s, ONE);
	get(s, SEND "&to=13800000001+8613800000002&coding=2&text=%53%CD%8B%C8");
	get(s, SEND "&to=13800000003&coding=0&text=%E5%8F%8D+110");
	assert_int_equal(world_phone_count(s->world, 13800000001), 3);
	assert_int_equal(world_phone_count_text(s->world, 13800000001, "反诈"), 3);
	assert_int_equal(world_phone_count_text(s->world, 13800000002, "反诈"), 1);
	assert_int_equal(world_phone_count_text(s->world, 13800000003, "? 110"), 1);
	assert_int_equal(world_phone_count(s->world, 13800000004), 0);
	assert_int_equal(world_texts(s->world), 2);
	assert_string_equal(world_text(s->world, 0, &recipients, NULL), "反诈");
	assert_int_equal(recipients, 4);
	world_reached(s->world, "反诈", &reach);
	assert_int_equal(reach.phones, 2);
	assert_int_equal(reach.once, 1);
	assert_int_equal(reach.more, 1);
	assert_int_equal(reach.texts, 4);
	assert_int_equal(reach.most, 3);
	world_reached(s->world, NULL, &reach);
	assert_int_equal(reach.phones, 3);
	world_reset(s->world);
	assert_int_equal(world_phone_count(s->world, 13800000001), 0);
	assert_int_equal(totals(s, NULL).requests, 0);
}

static void a_request_cut_into_single_bytes_is_understood(void **state)
{
	struct setting *s = *state;
	const char *text = "GET " ONE " HTTP/1.1\r\nHost: x\r\n\r\n";

	ask_text(&s->ask, s->loop, world_http_port(s->world), "");
	turns_until_set(s->loop, &s->ask.connected);
	for (; *text != '\0'; text++) {
		sock_send(s->ask.sock, text, 1);
		turns_settle(s->loop);
	}
	assert_int_equal(ask_for(&s->ask, &s->body), 202);
	assert_int_equal(world_phone_count(s->world, 13800000001), 1);
}

/* ---- faults ---- */

static void every_fault_keeps_truth_and_answer_apart(void **state)
{
	static const struct {
		enum world_fault fault;
		int status; /* 0: no whole answer */
		const char *body;
		bool taken;
	} cases[] = {
		{WORLD_FAULT_RESET_BEFORE, 0, NULL, false},
		{WORLD_FAULT_AUTH, 403, "Authorization failed for sendsms", false},
		{WORLD_FAULT_THROTTLE, 503, "Temporal failure, try again later.", false},
		{WORLD_FAULT_ERROR, 503, "Temporal failure, try again later.", false},
		{WORLD_FAULT_ERROR_TAKEN, 503, "Temporal failure, try again later.", true},
		{WORLD_FAULT_LIE_ERROR, 202, "4: Temporal failure, try again later.", false},
		{WORLD_FAULT_REFUSE_TEXT, 400, "Charset or body misformed, rejected", false},
		{WORLD_FAULT_DROP, 202, "0: Accepted for delivery", false},
		{WORLD_FAULT_GARBAGE, 202, NULL, true},
		{WORLD_FAULT_WRONG_JSON, 202, NULL, true},
		{WORLD_FAULT_HANG, 0, NULL, true},
		{WORLD_FAULT_HANG_BEFORE, 0, NULL, false},
		{WORLD_FAULT_RESET_AFTER, 0, NULL, true},
		{WORLD_FAULT_RESET_MIDDLE, 0, NULL, true},
		{WORLD_FAULT_CUT, 0, NULL, true},
		{WORLD_FAULT_THROTTLE_ODD, 429, "Temporal failure, try again later.", false},
		{WORLD_FAULT_REDIRECT, 302, "", false},
		{WORLD_FAULT_UNKNOWN_CODE, 202, "77: Perhaps.", true},
		{WORLD_FAULT_EMPTY, 202, "", true},
		{WORLD_FAULT_HEADERS_ONLY, 0, NULL, true},
		{WORLD_FAULT_STALL, 0, NULL, true},
		{WORLD_FAULT_TOO_LONG, 202, NULL, true},
	};
	struct setting *s = *state;
	unsigned int taken = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world_fault_set(s->city, cases[i].fault, 1, 0);
		assert_int_equal(get(s, ONE), cases[i].status);
		if (cases[i].body != NULL)
			assert_string_equal(s->body, cases[i].body);
		taken += cases[i].taken;
		assert_int_equal(world_phone_count(s->world, 13800000001), taken);
		assert_int_equal(totals(s, s->city).faulted, i + 1);
	}
	assert_int_equal(totals(s, s->city).answered_ok, 1);
	assert_int_equal(get(s, ONE), 202);
	assert_int_equal(world_phone_count(s->world, 13800000001), taken + 1);
}

static void the_same_seed_gives_the_same_faults(void **state)
{
	struct setting *s = *state;
	char played[2][65] = {"", ""};

	for (int round = 0; round < 2; round++) {
		struct world *world = world_new(s->loop, &(struct world_options){.seed = 42, .no_page = true});
		struct world_peer *peer = world_peer_add(world,
			&(struct world_peer_options){.kind = WORLD_KANNEL, .name = "city"});
		world_fault_set(peer, WORLD_FAULT_ERROR, 0, 500);
		for (int i = 0; i < 64; i++) {
			ask_get(&s->ask, s->loop, world_http_port(world), ONE);
			played[round][i] = ask_for(&s->ask, &s->body) == 503 ? 'x' : '.';
			free(s->body);
			s->body = NULL;
		}
		world_free(&world);
	}
	assert_string_equal(played[0], played[1]);
	assert_non_null(strchr(played[0], 'x'));
	assert_non_null(strchr(played[0], '.'));
}

static void a_port_in_use_is_refused(void **state)
{
	struct setting *s = *state;
	uint16_t port = world_http_port(s->world), sign_port;

	assert_null(world_new(s->loop, &(struct world_options){.http_port = port}));
	assert_null(world_new(s->loop, &(struct world_options){.page_port = world_page_port(s->world)}));
	assert_null(world_new(s->loop, &(struct world_options){.address = "nowhere"}));
	struct world_peer *sign = world_peer_add(s->world,
		&(struct world_peer_options){.kind = WORLD_ONBON, .name = "a"});
	sign_port = world_peer_port(sign);
	assert_null(world_peer_add(s->world,
		&(struct world_peer_options){.kind = WORLD_ONBON, .name = "b", .port = sign_port}));
	assert_null(world_peer_add(s->world, &(struct world_peer_options){.kind = WORLD_ONBON, .name = "a"}));
	assert_ptr_equal(world_peer_find(s->world, "a"), sign);
	assert_null(world_peer_find(s->world, "b"));
}

static bool is_reply(void *arg)
{
	return ask_answered(arg);
}

static void latency_holds_the_answer_back(void **state)
{
	struct setting *s = *state;

	world_fault_set(s->city, WORLD_FAULT_LATENCY, 3000, 0);
	ask_get(&s->ask, s->loop, world_http_port(s->world), ONE);
	turns_settle(s->loop);
	turns_pass(s->loop, 2900);
	assert_false(is_reply(&s->ask));
	assert_int_equal(world_phone_count(s->world, 13800000001), 1);
	turns_pass(s->loop, 200);
	assert_true(is_reply(&s->ask));
	assert_int_equal(ask_for(&s->ask, &s->body), 202);
}

static void an_answer_may_come_in_drops(void **state)
{
	struct setting *s = *state;

	world_fault_set(s->city, WORLD_FAULT_DRIP, 1, 0);
	ask_get(&s->ask, s->loop, world_http_port(s->world), ONE);
	turns_settle(s->loop);
	turns_pass(s->loop, 20000);
	assert_false(is_reply(&s->ask));
	assert_non_null(strstr(buf_text(&s->ask.reply), "0: Accepted for del"));
	assert_null(strstr(buf_text(&s->ask.reply), "0: Accepted for delivery"));
	turns_pass(s->loop, 10000);
	assert_int_equal(ask_for(&s->ask, &s->body), 202);
	assert_string_equal(s->body, "0: Accepted for delivery");
}

static void a_door_may_swallow_or_be_shut(void **state)
{
	struct setting *s = *state;
	struct world_peer *own = world_peer_add(s->world,
		&(struct world_peer_options){.kind = WORLD_KANNEL, .name = "own", .user = "own", .own_port = true});
	const char *path = "/cgi-bin/sendsms?username=own&password=secret&to=13800000001&text=hi";
	uint16_t port = world_peer_port(own);

	assert_int_not_equal(port, world_http_port(s->world));
	world_fault_set(own, WORLD_FAULT_CONNECT_HANG, WORLD_ALWAYS, 0);
	ask_get(&s->ask, s->loop, port, path);
	turns_settle(s->loop);
	assert_false(s->ask.connected);
	assert_false(s->ask.closed);
	sock_close(s->ask.sock, false);
	assert_int_equal(ask_for(&s->ask, &s->body), 0);
	world_fault_clear(own);
	assert_int_equal(get_at(s, port, path), 202);
	world_fault_set(own, WORLD_FAULT_CONNECT_REFUSED, WORLD_ALWAYS, 0);
	turns_settle(s->loop);
	assert_int_equal(get_at(s, port, path), 0);
	assert_false(s->ask.connected);
	assert_int_equal(get(s, ONE), 202); /* the others' door */
	world_fault_set(own, WORLD_FAULT_CONNECT_REFUSED, 0, 0);
	turns_settle(s->loop);
	assert_int_equal(get_at(s, port, path), 202);
	/* Who shares a door has no such fault. */
	world_fault_set(s->city, WORLD_FAULT_CONNECT_REFUSED, WORLD_ALWAYS, 0);
	assert_int_equal(get(s, ONE), 202);
}

static void a_world_closes_while_requests_hang(void **state)
{
	struct setting *s = *state;

	world_fault_set(s->city, WORLD_FAULT_HANG, WORLD_ALWAYS, 0);
	ask_get(&s->ask, s->loop, world_http_port(s->world), ONE);
	turns_settle(s->loop);
	assert_int_equal(world_phone_count(s->world, 13800000001), 1);
	world_free(&s->world);
	assert_true(turns_until_set(s->loop, &s->ask.closed));
	ask_end(&s->ask);
}

/* ---- limits ---- */

static void sliding_windows_are_checked(void **state)
{
	struct setting *s = *state;
	struct world_peer *slow = world_peer_add(s->world,
		&(struct world_peer_options){.kind = WORLD_KANNEL,
			.name = "slow",
			.user = "slow",
			.limit = 3,
			.limit_ms = 1000,
			.enforce = true});
	const char *path = "/cgi-bin/sendsms?username=slow&password=secret&to=13800000001+13800000002&text=hi";

	assert_int_equal(get(s, path), 202);
	assert_int_equal(get(s, path), 503);
	assert_int_equal(world_phone_count(s->world, 13800000001), 1);
	assert_int_equal(totals(s, slow).violations, 1);
	assert_non_null(strstr(world_violation(s->world, 0), "slow: 4 units within 1000 ms, 3 are permitted"));
	turns_pass(s->loop, 1000);
	assert_int_equal(get(s, path), 202);
	assert_null(world_violation(s->world, 1));
	assert_int_equal(world_most_in(slow, 1000), 4);
	assert_int_equal(world_most_in(slow, 1001), 6);
	assert_int_equal(world_largest_request(slow), 2);
}

/* ---- 云MAS: the body of operators.md 2.1, whose signature code and numbers are those of the vector ---- */

static const char vector[] =
	"eyJlY05hbWUiOiLmtYvor5Xljr/lhazlronlsYAiLCJhcElkIjoiY3JpZXIiLCJtb2JpbGVzIjoiMTM4MDAwMDAwMDEsMTM4"
	"MDAwMDAwMDIiLCJjb250ZW50Ijoi5Y+N6K+I5rWL6K+V55+t5L+hIiwic2lnbiI6ImFiY0RFRjEyMyIsImFkZFNlcmlhbCI6"
	"IiIsIm1hYyI6IjNkMDZhMmQxYmQ3YWJkYjllYjZmMzMyY2ZhZTA4YjU1In0=";

static void yunmas_takes_the_vector(void **state)
{
	struct setting *s = *state;
	char quoted[sizeof(vector) + 2];

	snprintf(quoted, sizeof(quoted), "\"%s\"", vector);
	assert_int_equal(post(s, "/sms/norsubmit", vector), 200);
	assert_non_null(strstr(s->body, "{\"msgGroup\":\"0927"));
	assert_non_null(strstr(s->body, "\"rspcod\":\"success\",\"success\":true}"));
	assert_int_equal(world_phone_count_text(s->world, 13800000001, "【玉山反诈】反诈测试短信"), 1);
	assert_int_equal(world_phone_count(s->world, 13800000002), 1);
	assert_int_equal(post(s, "/sms/norsubmit", quoted), 200);
	assert_int_equal(world_phone_count(s->world, 13800000002), 2);
	assert_int_equal(totals(s, s->mas).answered_ok, 4);
}

static void yunmas_takes_templates(void **state)
{
	/* The vector of the reference; once with its variables as JSON text, once as an array. */
	static const char *const bodies[] = {
		"eyJlY05hbWUiOiLmtYvor5Xljr/lhazlronlsYAiLCJhcElkIjoiY3JpZXIiLCJ0ZW1wbGF0ZUlkIjoiVFBMMSIsIm1vYmls"
		"ZXMiOiIxMzgwMDAwMDAwMSwxMzgwMDAwMDAwMiIsInBhcmFtcyI6IltcIuWIt+WNlei/lOWIqVwiLFwiOTYxMTBcIl0iLCJz"
		"aWduIjoiYWJjREVGMTIzIiwiYWRkU2VyaWFsIjoiIiwibWFjIjoiNjY3NGM0MWZmZWNiY2RlNWQxZDI1NjJmZDZkNTk4Yzci"
		"fQ==",
		"eyJlY05hbWUiOiLmtYvor5Xljr/lhazlronlsYAiLCJhcElkIjoiY3JpZXIiLCJ0ZW1wbGF0ZUlkIjoiVFBMMSIsIm1vYmls"
		"ZXMiOiIxMzgwMDAwMDAwMSwxMzgwMDAwMDAwMiIsInBhcmFtcyI6WyLliLfljZXov5TliKkiLCI5NjExMCJdLCJzaWduIjoi"
		"YWJjREVGMTIzIiwiYWRkU2VyaWFsIjoiIiwibWFjIjoiNjY3NGM0MWZmZWNiY2RlNWQxZDI1NjJmZDZkNTk4YzcifQ==",
	};
	struct setting *s = *state;

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(post(s, "/sms/tmpsubmit", bodies[i]), 200);
		assert_non_null(strstr(s->body, "success\":true"));
	}
	assert_int_equal(world_phone_count_text(s->world, 13800000002, "【玉山反诈】TPL1:[\"刷单返利\",\"96110\"]"), 2);
}

static void yunmas_refuses_in_its_own_words(void **state)
{
	struct setting *s = *state;

	/*
	 * Base64 of {"apId":"crier","mobiles":"13800000001","content":"x","sign":"abcDEF123","mac":"00"} and
	 * of {"apId":"who"}
	 */
	post(s, "/sms/norsubmit",
		"eyJhcElkIjoiY3JpZXIiLCJtb2JpbGVzIjoiMTM4MDAwMDAwMDEiLCJjb250ZW50IjoieCIsInNpZ24iOiJhYmNERUYx"
		"MjMiLCJtYWMiOiIwMCJ9");
	assert_string_equal(s->body, "{\"msgGroup\":\"\",\"rspcod\":\"IllegalMac\",\"success\":false}");
	post(s, "/sms/norsubmit", "eyJhcElkIjoid2hvIn0=");
	assert_non_null(strstr(s->body, "InvalidUsrOrPwd"));
	post(s, "/sms/norsubmit", "not base64");
	assert_non_null(strstr(s->body, "InvalidMessage"));
	assert_int_equal(totals(s, NULL).strangers, 3);
	assert_int_equal(totals(s, NULL).taken, 0);
}

static void yunmas_reports_wait_to_be_pulled(void **state)
{
	struct setting *s = *state;
	/* Base64 of {"ecName":"x","apId":"crier","secretKey":"Secret-1"} */
	const char *pull = "eyJlY05hbWUiOiJ4IiwiYXBJZCI6ImNyaWVyIiwic2VjcmV0S2V5IjoiU2VjcmV0LTEifQ==";

	post(s, "/sms/norsubmit", vector);
	turns_pass(s->loop, 1000);
	world_reply(s->mas, 13800000002, "T");
	post(s, "/sms/report", pull);
	assert_non_null(strstr(s->body, "\"reportStatus\":\"DELIVRD\",\"mobile\":[\"13800000001\"]"));
	assert_non_null(strstr(s->body, "13800000002"));
	assert_non_null(strstr(s->body, "\"msgGroup\":\"0927"));
	assert_int_equal(totals(s, s->mas).receipts_sent, 2);
	post(s, "/sms/report", pull);
	assert_string_equal(s->body, "[]");
	post(s, "/sms/deliver", pull);
	assert_non_null(strstr(s->body, "\"smsContent\":\"T\""));
	post(s, "/sms/report", "eyJhcElkIjoiY3JpZXIifQ==");
	assert_non_null(strstr(s->body, "InvalidUsrOrPwd"));
}

/* ---- the robot ---- */

#define HOOK "/cgi-bin/webhook/send?key=key-1"

static void robots_answer_with_error_codes(void **state)
{
	static const struct {
		const char *path, *body, *answer;
	} cases[] = {
		{HOOK, "{\"msgtype\":\"text\",\"text\":{\"content\":\"反诈\"}}", "{\"errcode\":0,\"errmsg\":\"ok\"}"},
		{"/cgi-bin/webhook/send?key=x", "{}", "{\"errcode\":93000"},
		{HOOK, "{", "{\"errcode\":47001"},
		{HOOK, "{\"msgtype\":\"poem\"}", "{\"errcode\":40008"},
		{HOOK, "{\"msgtype\":\"text\",\"text\":{\"content\":\"\"}}", "{\"errcode\":44004"},
	};
	struct setting *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(post(s, cases[i].path, cases[i].body), 200);
		assert_int_equal(strncmp(s->body, cases[i].answer, strlen(cases[i].answer)), 0);
	}
	assert_string_equal(world_message(s->robot, 0)->text, "反诈");
	assert_null(world_message(s->robot, 1));
}

static void mentions_are_kept(void **state)
{
	struct setting *s = *state;

	post(s, HOOK,
		"{\"msgtype\":\"text\",\"text\":{\"content\":\"看 <@wang> 这里\",\"mentioned_list\":[\"li\",\"@all\"],"
		"\"mentioned_mobile_list\":[\"13800000001\"]}}");
	assert_string_equal(world_message(s->robot, 0)->mentions, "li @all 13800000001 wang");
	assert_string_equal(world_message(s->robot, 0)->type, "text");
}

static void a_group_refuses_what_is_too_long(void **state)
{
	struct setting *s = *state;
	char long_text[4200], body[4300];

	for (int size = 4096; size <= 4097; size++) {
		memset(long_text, 'a', sizeof(long_text));
		long_text[size] = '\0';
		snprintf(body, sizeof(body), "{\"msgtype\":\"markdown\",\"markdown\":{\"content\":\"%s\"}}", long_text);
		post(s, HOOK, body);
		assert_non_null(strstr(s->body, size == 4096 ? "\"errcode\":0" : "\"errcode\":45002"));
	}
	assert_non_null(strstr(world_violation(s->world, 0), "more than 4096 bytes"));
}

static void the_twenty_first_message_of_a_minute_is_refused(void **state)
{
	struct setting *s = *state;
	const char *text = "{\"msgtype\":\"text\",\"text\":{\"content\":\"反诈\"}}";

	for (int i = 0; i < 20; i++) {
		post(s, HOOK, text);
		assert_non_null(strstr(s->body, "\"errcode\":0"));
		turns_pass(s->loop, 1000);
	}
	assert_null(world_violation(s->world, 0));
	post(s, HOOK, text);
	assert_non_null(strstr(s->body, "{\"errcode\":45009,\"errmsg\":\"api freq out of limit"));
	assert_non_null(world_violation(s->world, 0));
	turns_pass(s->loop, 40000);
	post(s, HOOK, text);
	assert_non_null(strstr(s->body, "\"errcode\":0"));
	assert_int_equal(totals(s, s->robot).taken, 21);
	assert_int_equal(totals(s, s->robot).throttled, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(kannel_answers_as_measured),
		TEST(texts_are_counted_per_phone),
		TEST(a_request_cut_into_single_bytes_is_understood),
		TEST(every_fault_keeps_truth_and_answer_apart),
		TEST(the_same_seed_gives_the_same_faults),
		TEST(a_port_in_use_is_refused),
		TEST(latency_holds_the_answer_back),
		TEST(a_world_closes_while_requests_hang),
		TEST(an_answer_may_come_in_drops),
		TEST(a_door_may_swallow_or_be_shut),
		TEST(sliding_windows_are_checked),
		TEST(yunmas_takes_the_vector),
		TEST(yunmas_takes_templates),
		TEST(yunmas_refuses_in_its_own_words),
		TEST(yunmas_reports_wait_to_be_pulled),
		TEST(robots_answer_with_error_codes),
		TEST(mentions_are_kept),
		TEST(a_group_refuses_what_is_too_long),
		TEST(the_twenty_first_message_of_a_minute_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
