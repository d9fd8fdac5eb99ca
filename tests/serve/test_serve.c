/* The server and raw clients on one real loop with a stopped clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "loop/sock.h"
#include "serve/serve.h"
#include "testing/clock.h"
#include "testing/turns.h"

#define CLIENTS 3

struct client {
	struct sock *sock;
	struct buf got;
	unsigned int closed;
};

struct fixture {
	struct loop *loop;
	struct serve *serve;
	struct client clients[CLIENTS];
	enum serve_verdict verdict;
	struct serve_reply reply;
	bool echo;
	unsigned int asked;
	uint64_t ids[8];
	char seen[4096];
	size_t body_size;
	unsigned int gone;
	uint64_t gone_id;
	bool closed;
	bool close_in_handler;
};

static void note_query(void *arg, const char *name, const char *value)
{
	struct fixture *f = arg;
	size_t used = strlen(f->seen);

	snprintf(f->seen + used, sizeof(f->seen) - used, " [%s=%s]", name, value);
}

static void on_closed(void *arg)
{
	*(bool *)arg = true;
}

static enum serve_verdict handle(void *arg, const struct serve_request *request, struct serve_reply *reply)
{
	struct fixture *f = arg;
	const char *body = serve_body(request, &f->body_size);
	const char *header = serve_header(request, "x-mark");

	f->ids[f->asked++ % 8] = serve_id(request);
	snprintf(f->seen, sizeof(f->seen), "%s %s %s from=%s mark=%s q=%s", serve_method(request), serve_path(request),
		f->body_size < 100 ? body : "(long)", serve_peer(request), header != NULL ? header : "-",
		serve_query(request, "q") != NULL ? serve_query(request, "q") : "(none)");
	serve_each_query(request, note_query, f);
	*reply = f->reply;
	if (f->echo) {
		reply->body = mem_strdup(f->seen);
		reply->body_size = strlen(f->seen);
		reply->body_kind = SERVE_TAKE;
	}
	if (f->close_in_handler) {
		serve_close(f->serve, on_closed, &f->closed);
		f->serve = NULL;
	}
	return f->verdict;
}

static void on_gone(void *arg, uint64_t id)
{
	struct fixture *f = arg;

	f->gone++;
	f->gone_id = id;
}

static void client_received(void *arg, const char *bytes, size_t size)
{
	struct client *client = arg;

	buf_add(&client->got, bytes, size);
}

static void client_closed(void *arg, int error)
{
	struct client *client = arg;

	client->closed++;
	client->sock = NULL;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct problems problems;

	fake_clock_stop();
	f->loop = loop_new();
	problems_init(&problems);
	if (serve_open(f->loop, "127.0.0.1", 0, handle, f, &f->serve, &problems) != RESULT_OK)
		return -1;
	problems_fini(&problems);
	serve_on_gone(f->serve, on_gone);
	for (int i = 0; i < CLIENTS; i++)
		buf_init(&f->clients[i].got, 8u << 20);
	*state = f;
	return 0;
}

static void hang_up(struct fixture *f, int number)
{
	if (f->clients[number].sock != NULL)
		sock_close(f->clients[number].sock, false);
	turns_settle(f->loop);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->serve != NULL)
		serve_close(f->serve, on_closed, &f->closed);
	turns_settle(f->loop);
	for (int i = 0; i < CLIENTS; i++) {
		hang_up(f, i);
		buf_fini(&f->clients[i].got);
	}
	turns_end(&f->loop);
	fake_clock_go();
	bool closed = f->closed;
	free(f);
	return closed ? 0 : -1;
}

static void ask(struct fixture *f, int number, const char *text)
{
	static const struct sock_events events = {.received = client_received, .closed = client_closed};
	struct client *client = &f->clients[number];

	if (client->sock == NULL)
		client->sock = sock_connect(f->loop, "127.0.0.1", serve_port(f->serve), 0, &events, client);
	buf_clear(&client->got);
	sock_send(client->sock, text, strlen(text));
	turns_settle(f->loop);
}

static const char *got(struct fixture *f, int number)
{
	return buf_text(&f->clients[number].got);
}

static void a_request_reaches_the_handler_decoded(void **state)
{
	struct fixture *f = *state;

	f->echo = true;
	ask(f, 0,
		"POST /re%63eipt/x?q=a%20b&empty=&flag&q=second HTTP/1.1\r\nHost: x\r\nX-Mark: m1\r\n"
		"Content-Length: 5\r\n\r\nhello");
	assert_string_equal(f->seen,
		"POST /receipt/x hello from=127.0.0.1 mark=m1 q=a b [q=a b] [empty=] [flag=] [q=second]");
	assert_int_equal(strncmp(got(f, 0), "HTTP/1.1 200 OK\r\n", 17), 0);
	assert_non_null(strstr(got(f, 0), "Content-Type: text/plain; charset=utf-8\r\n"));
	assert_non_null(strstr(got(f, 0), f->seen));
	/* The connection is kept. */
	ask(f, 0, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_string_equal(f->seen, "GET /health  from=127.0.0.1 mark=- q=(none)");
	assert_int_equal(serve_connections(f->serve), 1);
}

static void status_type_and_headers_are_the_handlers(void **state)
{
	static const char *const headers[] = {"Retry-After: 30", "X-Other:  two words", NULL};
	struct fixture *f = *state;

	f->reply = (struct serve_reply){.status = 503,
		.type = "application/json",
		.headers = headers,
		.body = "{}",
		.body_size = 2,
		.body_kind = SERVE_STATIC};
	ask(f, 0, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(strncmp(got(f, 0), "HTTP/1.1 503 ", 13), 0);
	assert_non_null(strstr(got(f, 0), "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(got(f, 0), "\r\nRetry-After: 30\r\n"));
	assert_non_null(strstr(got(f, 0), "\r\nX-Other: two words\r\n"));
	assert_non_null(strstr(got(f, 0), "\r\n\r\n{}"));
}

static void requests_in_a_row_are_answered_in_order(void **state)
{
	struct fixture *f = *state;

	f->echo = true;
	ask(f, 0,
		"GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(f->asked, 3);
	const char *one = strstr(got(f, 0), "GET /1"), *three = strstr(got(f, 0), "GET /3");
	assert_true(one != NULL && three != NULL && one < three);
}

static void a_body_over_the_maximum_is_answered_413(void **state)
{
	struct fixture *f = *state;
	char *chunk = malloc(70000);

	ask(f, 0, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n");
	assert_int_equal(strncmp(got(f, 0), "HTTP/1.1 413 ", 13), 0);
	assert_int_equal(f->asked, 0);
	ask(f, 1, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	snprintf(chunk, 70000, "10000\r\n%065536d\r\n", 0);
	for (int i = 0; i < 17; i++) {
		sock_send(f->clients[1].sock, chunk, strlen(chunk));
		turns_settle(f->loop);
	}
	ask(f, 1, "0\r\n\r\n");
	assert_int_equal(strncmp(got(f, 1), "HTTP/1.1 413 ", 13), 0);
	assert_int_equal(f->asked, 0);
	free(chunk);
}

static void a_body_of_exactly_the_maximum_is_taken(void **state)
{
	struct fixture *f = *state;
	char *part = calloc(1, 65537);

	memset(part, 'x', 65536);
	ask(f, 0, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n");
	for (int i = 0; i < 16; i++) {
		sock_send(f->clients[0].sock, part, 65536);
		turns_settle(f->loop);
	}
	assert_int_equal(f->asked, 1);
	assert_int_equal(f->body_size, 1048576);
	free(part);
}

static void an_answer_may_come_later(void **state)
{
	struct fixture *f = *state;
	struct serve_reply reply = {.status = 202, .body = "late", .body_size = 4};

	f->verdict = SERVE_LATER;
	ask(f, 0, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
	ask(f, 1, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(f->asked, 2);
	turns_pass(f->loop, 120000); /* longer than an idle client may be */
	assert_int_equal(f->clients[0].got.size, 0);
	assert_true(serve_answer(f->serve, f->ids[0], &reply));
	assert_false(serve_answer(f->serve, f->ids[0], &reply));
	turns_settle(f->loop);
	assert_int_equal(strncmp(got(f, 0), "HTTP/1.1 202 ", 13), 0);
	assert_non_null(strstr(got(f, 0), "\r\n\r\nlate"));
	assert_int_equal(f->clients[1].got.size, 0);
	reply.body = mem_strdup("taken");
	reply.body_kind = SERVE_TAKE;
	assert_false(serve_answer(f->serve, 999999, &reply));
	assert_true(f->asked == 2 && f->gone == 0);
}

static void dropping_closes_without_a_byte(void **state)
{
	struct fixture *f = *state;

	f->verdict = SERVE_DROP;
	ask(f, 0, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
	assert_int_equal(f->clients[0].closed, 1);
	assert_int_equal(f->clients[0].got.size, 0);
	f->verdict = SERVE_LATER;
	ask(f, 1, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
	assert_int_equal(f->clients[1].closed, 0);
	serve_drop(f->serve, f->ids[1]);
	turns_settle(f->loop);
	assert_int_equal(f->clients[1].closed, 1);
	assert_int_equal(f->clients[1].got.size, 0);
}

static void a_reply_can_be_cut_anywhere(void **state)
{
	static const size_t cuts[] = {0, 3, 10};
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		f->reply =
			(struct serve_reply){.body = "0123456789", .body_size = 10, .cut = true, .cut_after = cuts[i]};
		ask(f, i, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
		const char *body = strstr(got(f, i), "\r\n\r\n");
		assert_non_null(body);
		assert_int_equal(strlen(body + 4), cuts[i]);
		assert_int_equal(f->clients[i].closed, 1);
		assert_non_null(strstr(got(f, i), i == 2 ? "Content-Length: 11" : "Content-Length: 10"));
	}
}

static void a_stream_carries_what_is_pushed_until_it_is_ended(void **state)
{
	struct fixture *f = *state;

	f->verdict = SERVE_STREAM;
	f->reply = (struct serve_reply){.body = "data: first\n\n", .body_size = 13};
	ask(f, 0, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_non_null(strstr(got(f, 0), "Content-Type: text/event-stream"));
	assert_non_null(strstr(got(f, 0), "data: first\n\n"));
	turns_pass(f->loop, 300000);
	assert_non_null(strstr(got(f, 0), ":\n\n")); /* the heartbeat */
	assert_int_equal(f->clients[0].closed, 0);
	assert_true(serve_push(f->serve, f->ids[0], "data: two\n\n", 11));
	assert_true(serve_push(f->serve, f->ids[0], "data: three\n\n", 13));
	turns_settle(f->loop);
	assert_non_null(strstr(got(f, 0), "data: two\n\ndata: three\n\n"));
	serve_push(f->serve, f->ids[0], "data: last\n\n", 12);
	serve_drop(f->serve, f->ids[0]);
	assert_false(serve_push(f->serve, f->ids[0], "x", 1));
	turns_settle(f->loop);
	assert_non_null(strstr(got(f, 0), "data: last\n\n"));
	assert_non_null(strstr(got(f, 0), "\r\n0\r\n\r\n"));
	assert_int_equal(f->gone, 0);
}

static void a_listener_that_leaves_is_noticed_at_the_heartbeat(void **state)
{
	struct fixture *f = *state;

	f->verdict = SERVE_STREAM;
	ask(f, 0, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
	hang_up(f, 0);
	turns_pass(f->loop, 60000);
	assert_int_equal(f->gone, 1);
	assert_true(f->gone_id == f->ids[0]);
	assert_false(serve_push(f->serve, f->ids[0], "x", 1));
	assert_int_equal(serve_connections(f->serve), 0);
}

static void a_listener_that_is_too_far_behind_is_dropped(void **state)
{
	struct fixture *f = *state;
	char *bytes = calloc(1, SERVE_STREAM_MOST);

	f->verdict = SERVE_STREAM;
	ask(f, 0, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(serve_push(f->serve, f->ids[0], bytes, SERVE_STREAM_MOST));
	assert_false(serve_push(f->serve, f->ids[0], "x", 1));
	turns_settle(f->loop);
	assert_int_equal(f->gone, 1);
	assert_int_equal(f->clients[0].closed, 1);
	free(bytes);
}

static void an_idle_client_is_sent_away(void **state)
{
	struct fixture *f = *state;

	ask(f, 0, "GET / HT");
	turns_pass(f->loop, 20000);
	assert_int_equal(f->clients[0].closed, 0);
	turns_pass(f->loop, 20000);
	assert_int_equal(f->clients[0].closed, 1);
	assert_int_equal(f->asked, 0);
}

static void rubbish_is_answered_or_cut_off_and_never_reaches_the_handler(void **state)
{
	static const char *const rubbish[] = {
		"\r\n\r\n\r\n\r\nGARBAGE\r\n\r\n",
		"GET\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"GET / HTTP/9.9\r\n\r\n",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
		ask(f, 0, rubbish[i]);
		hang_up(f, 0);
		assert_int_equal(f->asked, 0);
	}
}

static void a_busy_port_and_a_foreign_address_are_explained(void **state)
{
	struct fixture *f = *state;
	struct problems problems;
	struct serve *other = NULL;

	problems_init(&problems);
	assert_int_equal(serve_open(f->loop, "127.0.0.1", serve_port(f->serve), handle, f, &other, &problems),
		RESULT_BUSY);
	assert_null(other);
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.list[0].field, "listen.port");
	assert_non_null(problems.list[0].remedy[LANG_EN]);
	assert_true(strcmp(problems.list[0].reason[LANG_ZH], problems.list[0].reason[LANG_EN]) != 0);
	assert_int_equal(serve_open(f->loop, "192.0.2.77", 0, handle, f, &other, &problems), RESULT_INVALID);
	assert_string_equal(problems.list[1].field, "listen.address");
	assert_int_equal(serve_open(f->loop, "a name", 0, handle, f, &other, &problems), RESULT_INVALID);
	problems_fini(&problems);
}

static void closing_breaks_off_whatever_is_open(void **state)
{
	struct fixture *f = *state;

	f->verdict = SERVE_LATER;
	ask(f, 0, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	f->verdict = SERVE_STREAM;
	ask(f, 1, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	ask(f, 2, "GET / HTT");
	serve_close(f->serve, on_closed, &f->closed);
	f->serve = NULL;
	assert_false(f->closed);
	turns_settle(f->loop);
	assert_true(f->closed);
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(f->clients[i].closed, 1);
	assert_int_equal(f->gone, 0);
}

static void a_handler_may_close_the_server(void **state)
{
	struct fixture *f = *state;

	f->close_in_handler = true;
	ask(f, 0, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(f->closed);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_request_reaches_the_handler_decoded),
		CASE(status_type_and_headers_are_the_handlers),
		CASE(requests_in_a_row_are_answered_in_order),
		CASE(a_body_over_the_maximum_is_answered_413),
		CASE(a_body_of_exactly_the_maximum_is_taken),
		CASE(an_answer_may_come_later),
		CASE(dropping_closes_without_a_byte),
		CASE(a_reply_can_be_cut_anywhere),
		CASE(a_stream_carries_what_is_pushed_until_it_is_ended),
		CASE(a_listener_that_leaves_is_noticed_at_the_heartbeat),
		CASE(a_listener_that_is_too_far_behind_is_dropped),
		CASE(an_idle_client_is_sent_away),
		CASE(rubbish_is_answered_or_cut_off_and_never_reaches_the_handler),
		CASE(a_busy_port_and_a_foreign_address_are_explained),
		CASE(closing_breaks_off_whatever_is_open),
		CASE(a_handler_may_close_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
