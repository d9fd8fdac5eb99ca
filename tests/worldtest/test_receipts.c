/*
 * Receipts and replies on their way back, read by a small server of the test; and the page's stream and
 * commands.
 */
#include "ask.h"

#include "world/httpd.h"

#define HEARD_MOST 64

/* The daemon's end: keeps what is fetched or posted. */
struct setting {
	struct loop *loop;
	struct world *world;
	struct world_peer *city;
	struct world_httpd *listener;
	char *heard[HEARD_MOST];
	unsigned int count;
	int status;
	struct ask ask;
	char *body;
	bool listener_closed;
};

static void on_heard(void *arg, struct world_call *call)
{
	struct setting *s = arg;
	struct world_answer answer = {.status = s->status, .type = "text/plain", .body = ""};

	if (s->count < HEARD_MOST)
		s->heard[s->count++] = mem_printf("%s?%s %s", world_call_path(call), world_call_query(call),
			world_call_body(call));
	world_call_answer(call, &answer, 0);
}

static void on_listener_closed(void *arg)
{
	*(bool *)arg = true;
}

static int set_up(void **state)
{
	static const struct world_httpd_events events = {.asked = on_heard};
	struct setting *s = mem_zalloc(sizeof(*s));

	fake_clock_stop();
	s->loop = loop_new();
	s->status = 200;
	s->listener = world_httpd_new(s->loop, "127.0.0.1", 0, &events, s);
	s->world = world_new(s->loop, &(struct world_options){.seed = 7});
	s->city = world_peer_add(s->world, &(struct world_peer_options){.kind = WORLD_KANNEL, .name = "city"});
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	world_free(&s->world);
	world_httpd_close(s->listener, on_listener_closed, &s->listener_closed);
	turns_until_set(s->loop, &s->listener_closed);
	turns_end(&s->loop);
	fake_clock_go();
	for (unsigned int i = 0; i < s->count; i++)
		free(s->heard[i]);
	free(s->body);
	free(s);
	return 0;
}

static void send_text(struct setting *s, int mask, const char *numbers)
{
	char *path = mem_printf(
		"/cgi-bin/sendsms?username=crier&password=secret&to=%s&text=hi&from=1069&dlr-mask=%d&dlr-url="
		"http%%3A%%2F%%2F127.0.0.1%%3A%u%%2Fdlr%%2Ftoken%%3Ftype%%3D%%25d%%26to%%3D%%25p%%26answer%%3D%%25A%%26me%%3D%%25P",
		numbers, mask, world_httpd_port(s->listener));

	free(s->body);
	ask_get(&s->ask, s->loop, world_http_port(s->world), path);
	assert_int_equal(ask_for(&s->ask, &s->body), 202);
	free(path);
}

static struct world_totals totals(struct setting *s)
{
	struct world_totals sum;

	world_totals(s->world, s->city, &sum);
	return sum;
}

static void the_carrier_s_receipt_comes_before_the_handset_s(void **state)
{
	struct setting *s = *state;

	send_text(s, 1 | 2 | 8, "13800000001");
	turns_pass(s->loop, 1000);
	assert_int_equal(s->count, 2);
	assert_string_equal(s->heard[0], "/dlr/token?type=8&to=13800000001&answer=ACK%2F&me=1069 ");
	assert_string_equal(s->heard[1], "/dlr/token?type=1&to=13800000001&answer=stat%3ADELIVRD%20err%3A000&me=1069 ");
	assert_int_equal(totals(s).receipts_due, 2);
	assert_int_equal(totals(s).receipts_sent, 2);
}

static void only_what_the_mask_asks_for_comes(void **state)
{
	static const struct {
		int mask;
		bool gone;
		unsigned int count;
		const char *type;
	} cases[] = {
		{0, false, 0, ""},
		{1, false, 1, "type=1"},
		{2, false, 0, ""},
		{8, false, 1, "type=8"},
		{1, true, 0, ""},
		{3, true, 1, "type=2"},
		{4 | 16, false, 0, ""},
	};
	struct setting *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned int before = s->count;
		world_fault_set(s->city, WORLD_FAULT_UNDELIVERED, cases[i].gone ? WORLD_ALWAYS : 0, 0);
		send_text(s, cases[i].mask, "13800000001");
		turns_pass(s->loop, 1000);
		assert_int_equal(s->count - before, cases[i].count);
		if (cases[i].count > 0)
			assert_non_null(strstr(s->heard[before], cases[i].type));
	}
	assert_int_equal(totals(s).delivered, 5);
	assert_int_equal(totals(s).undelivered, 2);
}

static void receipts_come_late_doubled_never_and_wrong(void **state)
{
	struct setting *s = *state;

	world_fault_set(s->city, WORLD_FAULT_RECEIPT_LATE, 60000, 0);
	send_text(s, 1, "13800000001");
	turns_pass(s->loop, 59000);
	assert_int_equal(s->count, 0);
	turns_pass(s->loop, 2000);
	assert_int_equal(s->count, 1);
	world_fault_clear(s->city);
	world_fault_set(s->city, WORLD_FAULT_RECEIPT_DOUBLE, 1, 0);
	send_text(s, 1, "13800000001+13800000002");
	turns_pass(s->loop, 1000);
	assert_int_equal(s->count, 4);
	world_fault_set(s->city, WORLD_FAULT_RECEIPT_MISSING, 1, 0);
	send_text(s, 1, "13800000001+13800000002");
	turns_pass(s->loop, 1000);
	assert_int_equal(s->count, 5);
	assert_int_equal(totals(s).receipts_lost, 1);
	world_fault_set(s->city, WORLD_FAULT_RECEIPT_WRONG, 1, 0);
	send_text(s, 1, "13800000001");
	turns_pass(s->loop, 1000);
	assert_non_null(strstr(s->heard[5], "to=19900000001"));
}

static void receipts_change_places(void **state)
{
	struct setting *s = *state;

	world_fault_set(s->city, WORLD_FAULT_RECEIPT_REORDER, 1, 0);
	send_text(s, 1 | 8, "13800000001");
	turns_pass(s->loop, 1000);
	assert_non_null(strstr(s->heard[0], "type=1"));
	assert_non_null(strstr(s->heard[1], "type=8"));
}

static void a_receipt_is_tried_until_it_is_heard(void **state)
{
	struct setting *s = *state;

	s->status = 503;
	send_text(s, 1, "13800000001");
	turns_pass(s->loop, 3000);
	assert_int_equal(s->count, 2);
	s->status = 200;
	turns_pass(s->loop, 2000);
	assert_int_equal(s->count, 3);
	turns_pass(s->loop, 60000);
	assert_int_equal(s->count, 3);
	assert_int_equal(totals(s).receipts_sent, 1);
	s->status = 404;
	send_text(s, 1, "13800000001");
	turns_pass(s->loop, 60000);
	assert_int_equal(s->count, 8);
	assert_int_equal(totals(s).receipts_lost, 1);
}

static void nobody_listening_loses_nothing_but_receipts(void **state)
{
	struct setting *s = *state;
	char path[512];

	snprintf(path, sizeof(path),
		"/cgi-bin/sendsms?username=crier&password=secret&to=13800000001&text=hi&dlr-mask=1&dlr-url="
		"http%%3A%%2F%%2F127.0.0.1%%3A1%%2F");
	ask_get(&s->ask, s->loop, world_http_port(s->world), path);
	assert_int_equal(ask_for(&s->ask, &s->body), 202);
	turns_pass(s->loop, 60000);
	assert_int_equal(totals(s).receipts_lost, 1);
	assert_int_equal(totals(s).delivered, 1);
}

static void a_world_closes_with_receipts_under_way(void **state)
{
	struct setting *s = *state;

	send_text(s, 1 | 8, "13800000001+13800000002+13800000003");
	turns_pass(s->loop, 20);
	world_free(&s->world);
	turns_pass(s->loop, 1000);
	assert_true(s->count < 6);
}

static void yunmas_pushes_one_object_per_number(void **state)
{
	struct setting *s = *state;
	char *url = mem_printf("http://127.0.0.1:%u/mas", world_httpd_port(s->listener));
	struct world_peer *mas = world_peer_add(s->world,
		&(struct world_peer_options){.kind = WORLD_YUNMAS,
			.name = "mas",
			.secret = "Secret-1",
			.report_url = url,
			.reply_url = url});

	free(url);
	ask_post(&s->ask, s->loop, world_http_port(s->world), "/sms/norsubmit",
		"eyJlY05hbWUiOiLmtYvor5Xljr/lhazlronlsYAiLCJhcElkIjoiY3JpZXIiLCJtb2JpbGVzIjoiMTM4MDAwMDAwMDEsMTM4MDAwMDAwMDIi"
		"LCJjb250ZW50Ijoi5Y+N6K+I5rWL6K+V55+t5L+hIiwic2lnbiI6ImFiY0RFRjEyMyIsImFkZFNlcmlhbCI6IiIsIm1hYyI6IjNkMDZh"
		"MmQxYmQ3YWJkYjllYjZmMzMyY2ZhZTA4YjU1In0=");
	assert_int_equal(ask_for(&s->ask, &s->body), 200);
	turns_pass(s->loop, 1000);
	assert_int_equal(s->count, 2);
	assert_non_null(strstr(s->heard[0],
		"/mas? {\"reportStatus\":\"DELIVRD\",\"mobile\":\"13800000001\",\"submitDate\":\"2"));
	world_reply(mas, 13800000002, "退订");
	turns_pass(s->loop, 10);
	assert_int_equal(s->count, 3);
	assert_non_null(strstr(s->heard[2], "\"smsContent\":\"退订\""));
}

static void kannel_hands_replies_to_its_get_url(void **state)
{
	struct setting *s = *state;
	char *url = mem_printf("http://127.0.0.1:%u/mo?from=%%p&to=%%P&text=%%a", world_httpd_port(s->listener));
	struct world_peer *peer = world_peer_add(s->world,
		&(struct world_peer_options){.kind = WORLD_KANNEL, .name = "two", .user = "two", .reply_url = url});

	free(url);
	world_reply(peer, 13800000001, "TD");
	turns_pass(s->loop, 10);
	assert_string_equal(s->heard[0], "/mo?from=13800000001&to=1069&text=TD ");
}

/* ---- the page ---- */

static int page(struct setting *s, bool post, const char *path, const char *body)
{
	free(s->body);
	if (post)
		ask_post(&s->ask, s->loop, world_page_port(s->world), path, body);
	else
		ask_get(&s->ask, s->loop, world_page_port(s->world), path);
	return ask_for(&s->ask, &s->body);
}

static void the_page_is_there(void **state)
{
	struct setting *s = *state;

	assert_int_equal(page(s, false, "/", NULL), 200);
	assert_non_null(strstr(s->body, "world.js"));
	assert_int_equal(page(s, false, "/world.js", NULL), 200);
	assert_int_equal(page(s, false, "/world.css", NULL), 200);
	assert_int_equal(page(s, false, "/../secret", NULL), 404);
	assert_int_equal(page(s, false, "/report", NULL), 200);
	assert_non_null(strstr(s->body, "\"reach\""));
}

static void commands_switch_faults(void **state)
{
	static const struct {
		const char *body;
		int status;
	} cases[] = {
		{"{\"peer\":\"city\",\"fault\":\"error\",\"next\":1}", 200},
		{"{\"peer\":\"nobody\",\"fault\":\"error\"}", 400},
		{"{\"peer\":\"city\",\"fault\":\"rain\"}", 400},
		{"{\"peer\":\"city\",\"mains\":false}", 400},
		{"{\"peer\":\"city\",\"reply\":{\"phone\":\"1\"}}", 400},
		{"[]", 400},
		{"{", 400},
		{"{}", 400},
	};
	struct setting *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(page(s, true, "/control", cases[i].body), cases[i].status);
	ask_get(&s->ask, s->loop, world_http_port(s->world),
		"/cgi-bin/sendsms?username=crier&password=secret&to=13800000001&text=hi");
	free(s->body);
	assert_int_equal(ask_for(&s->ask, &s->body), 503);
	assert_int_equal(page(s, true, "/control", "{\"reset\":true}"), 200);
	assert_int_equal(totals(s).requests, 0);
}

static unsigned int frames(const struct ask *ask)
{
	unsigned int count = 0;

	for (const char *at = strstr(buf_text(&ask->reply), "data: "); at != NULL; at = strstr(at + 1, "data: "))
		count++;
	return count;
}

static void the_stream_tells_in_batches_and_rests(void **state)
{
	struct setting *s = *state;
	struct ask stream;

	ask_get(&stream, s->loop, world_page_port(s->world), "/events");
	turns_until_set(s->loop, &stream.connected);
	turns_settle(s->loop);
	assert_int_equal(frames(&stream), 1);
	assert_non_null(strstr(buf_text(&stream.reply), "\"switches\""));
	turns_pass(s->loop, 5000);
	assert_int_equal(frames(&stream), 1);
	send_text(s, 0, "13800000001");
	send_text(s, 0, "13800000002");
	turns_pass(s->loop, 400);
	assert_true(frames(&stream) <= 3);
	assert_non_null(strstr(buf_text(&stream.reply), "138****0002"));
	ask_end(&stream);
	turns_pass(s->loop, 40000);
	/* Reader gone or still there, the world closes: the tear-down sees to that. */
	ask_get(&stream, s->loop, world_page_port(s->world), "/events");
	turns_until_set(s->loop, &stream.connected);
	turns_settle(s->loop);
	world_free(&s->world);
	turns_until_set(s->loop, &stream.closed);
	ask_end(&stream);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_carrier_s_receipt_comes_before_the_handset_s),
		TEST(only_what_the_mask_asks_for_comes),
		TEST(receipts_come_late_doubled_never_and_wrong),
		TEST(receipts_change_places),
		TEST(a_receipt_is_tried_until_it_is_heard),
		TEST(nobody_listening_loses_nothing_but_receipts),
		TEST(a_world_closes_with_receipts_under_way),
		TEST(yunmas_pushes_one_object_per_number),
		TEST(kannel_hands_replies_to_its_get_url),
		TEST(the_page_is_there),
		TEST(commands_switch_faults),
		TEST(the_stream_tells_in_batches_and_rests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
