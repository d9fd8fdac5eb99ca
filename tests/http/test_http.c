/* Requests against a server that misbehaves, both on one real loop with a stopped clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <netdb.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http/http.h"
#include "testing/clock.h"
#include "testing/peer.h"
#include "testing/turns.h"

struct answer {
	unsigned int count;
	enum http_end end;
	long status;
	char *body;
	size_t body_size;
	uint32_t retry_after_ms;
	char *reason;
};

struct fixture {
	struct loop *loop;
	struct http *http;
	struct peer *peer;
	struct http_route route;
	struct answer answers[64];
	char url[200];
	bool closed;
};

static void answer_clear(struct answer *answer)
{
	free(answer->body);
	free(answer->reason);
	*answer = (struct answer){0};
}

static void on_done(void *arg, const struct http_reply *reply)
{
	struct answer *answer = arg;
	unsigned int count = answer->count;

	answer_clear(answer);
	answer->count = count + 1;
	answer->end = reply->end;
	answer->status = reply->status;
	answer->body = mem_strndup(reply->body, reply->body_size);
	answer->body_size = reply->body_size;
	answer->retry_after_ms = reply->retry_after_ms;
	answer->reason = mem_strdup(reply->reason);
}

static void on_closed(void *arg)
{
	*(bool *)arg = true;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	fake_clock_stop();
	f->loop = loop_new();
	f->http = http_new(f->loop, 4, 0);
	*state = f;
	return 0;
}

static void close_http(struct fixture *f)
{
	if (f->http == NULL)
		return;
	http_close(f->http, on_closed, &f->closed);
	f->http = NULL;
	turns_settle(f->loop);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	close_http(f);
	bool closed = f->closed;
	if (f->peer != NULL) {
		peer_close(f->peer);
		turns_settle(f->loop);
		peer_free(&f->peer);
	}
	turns_end(&f->loop);
	fake_clock_go();
	for (int i = 0; i < 64; i++)
		answer_clear(&f->answers[i]);
	free(f);
	return closed ? 0 : -1;
}

static void serve(struct fixture *f, const struct peer_step *steps, size_t count)
{
	f->peer = peer_open(f->loop, steps, count);
	snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%u/send?key=abc", peer_port(f->peer));
}

static struct http_call *post(struct fixture *f, unsigned int number)
{
	const char *const headers[] = {"X-Batch: 7", NULL};
	char body[32];

	snprintf(body, sizeof(body), "{\"n\":%u}", number);
	struct http_request request = {.route = &f->route,
		.url = f->url,
		.method = "POST",
		.content_type = "application/json",
		.headers = headers,
		.body = body,
		.body_size = strlen(body)};
	return http_send(f->http, &request, on_done, &f->answers[number]);
}

static struct http_call *get(struct fixture *f, unsigned int number)
{
	struct http_request request = {.route = &f->route, .url = f->url, .method = "GET"};

	return http_send(f->http, &request, on_done, &f->answers[number]);
}

static void a_reply_comes_back_whole_and_later(void **state)
{
	struct fixture *f = *state;

	serve(f,
		(struct peer_step[]){
			{PEER_REPLY, "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nb\0sy"}},
		1);
	post(f, 0);
	assert_int_equal(f->answers[0].count, 0);
	assert_int_equal(http_pending(f->http), 1);
	turns_settle(f->loop);
	/* The peer's text ended at the zero byte: the reply is short of two bytes and so not whole. */
	assert_int_equal(f->answers[0].count, 0);
	peer_hang_up(f->peer);
	turns_settle(f->loop);
	assert_int_equal(f->answers[0].count, 1);
	assert_int_equal(f->answers[0].end, HTTP_IN_DOUBT);
	assert_int_equal(http_pending(f->http), 0);
}

static void status_body_and_wait_are_handed_over(void **state)
{
	struct fixture *f = *state;

	serve(f,
		(struct peer_step[]){
			{PEER_REPLY, "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy"}},
		1);
	post(f, 0);
	turns_settle(f->loop);
	assert_int_equal(f->answers[0].count, 1);
	assert_int_equal(f->answers[0].end, HTTP_REPLIED);
	assert_int_equal(f->answers[0].status, 503);
	assert_string_equal(f->answers[0].body, "busy");
	assert_int_equal(f->answers[0].retry_after_ms, 7000);
	assert_null(f->answers[0].reason);
}

static void the_request_on_the_wire_is_what_was_asked_for(void **state)
{
	struct fixture *f = *state;

	serve(f, (struct peer_step[]){{PEER_REPLY, NULL}}, 1);
	post(f, 3);
	turns_settle(f->loop);
	const char *sent = peer_last(f->peer);
	assert_int_equal(strncmp(sent, "POST /send?key=abc HTTP/1.1\r\n", 29), 0);
	assert_non_null(strstr(sent, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(sent, "\r\nUser-Agent: crier/"));
	assert_non_null(strstr(sent, "\r\nX-Batch: 7\r\n"));
	assert_non_null(strstr(sent, "\r\n\r\n{\"n\":3}"));
	assert_null(strcasestr(sent, "\r\nExpect:"));
	get(f, 4);
	turns_settle(f->loop);
	sent = peer_last(f->peer);
	assert_int_equal(strncmp(sent, "GET /send?key=abc HTTP/1.1\r\n", 28), 0);
	assert_null(strcasestr(sent, "Content-"));
}

static void connections_are_kept_and_bounded(void **state)
{
	struct fixture *f = *state;

	serve(f, (struct peer_step[]){{PEER_REPLY, NULL}}, 1);
	for (unsigned int i = 0; i < 40; i++)
		post(f, i);
	turns_settle(f->loop);
	for (unsigned int i = 0; i < 40; i++)
		assert_int_equal(f->answers[i].end, HTTP_REPLIED);
	assert_int_equal(peer_requests(f->peer), 40);
	assert_in_range(peer_connections(f->peer), 1, 4);
}

static void warm_up(struct fixture *f)
{
	post(f, 60);
	turns_settle(f->loop);
	assert_int_equal(f->answers[60].end, HTTP_REPLIED);
	assert_int_equal(peer_requests(f->peer), 1);
}

static void a_request_swallowed_on_a_kept_connection_is_never_sent_twice(void **state)
{
	struct fixture *f = *state;

	serve(f, (struct peer_step[]){{PEER_REPLY, NULL}, {PEER_CLOSE, NULL}, {PEER_REPLY, NULL}}, 3);
	warm_up(f);
	post(f, 0);
	turns_settle(f->loop);
	assert_int_equal(peer_requests(f->peer), 2);
	assert_int_equal(f->answers[0].count, 1);
	assert_int_equal(f->answers[0].end, HTTP_IN_DOUBT);
	assert_string_equal(f->answers[0].reason, "the connection ended without a reply");
}

static void a_swallowed_get_is_not_sent_twice_either(void **state)
{
	struct fixture *f = *state;

	serve(f, (struct peer_step[]){{PEER_REPLY, NULL}, {PEER_CLOSE, NULL}, {PEER_REPLY, NULL}}, 3);
	warm_up(f);
	get(f, 0);
	turns_settle(f->loop);
	assert_int_equal(peer_requests(f->peer), 2);
	assert_int_equal(f->answers[0].end, HTTP_IN_DOUBT);
}

static void with_other_kept_connections_free_it_is_still_not_sent_twice(void **state)
{
	struct fixture *f = *state;
	struct peer_step steps[] = {{PEER_REPLY, NULL}, {PEER_REPLY, NULL}, {PEER_REPLY, NULL}, {PEER_REPLY, NULL},
		{PEER_CLOSE, NULL}, {PEER_REPLY, NULL}};

	serve(f, steps, 6);
	for (unsigned int i = 10; i < 14; i++)
		post(f, i);
	turns_settle(f->loop);
	assert_int_equal(peer_requests(f->peer), 4);
	assert_int_equal(peer_open_now(f->peer), 4);
	post(f, 0);
	turns_settle(f->loop);
	assert_int_equal(peer_requests(f->peer), 5);
	assert_int_equal(f->answers[0].end, HTTP_IN_DOUBT);
	post(f, 1);
	turns_settle(f->loop);
	assert_int_equal(f->answers[1].end, HTTP_REPLIED);
}

static void a_swallowed_first_request_is_in_doubt(void **state)
{
	struct fixture *f = *state;

	serve(f, (struct peer_step[]){{PEER_CLOSE, NULL}}, 1);
	post(f, 0);
	turns_settle(f->loop);
	assert_int_equal(peer_requests(f->peer), 1);
	assert_int_equal(f->answers[0].end, HTTP_IN_DOUBT);
}

static void a_connection_closed_while_it_waited_is_replaced_without_doubt(void **state)
{
	struct fixture *f = *state;

	serve(f, (struct peer_step[]){{PEER_REPLY, NULL}}, 1);
	warm_up(f);
	peer_hang_up(f->peer);
	turns_settle(f->loop);
	post(f, 0);
	turns_settle(f->loop);
	assert_int_equal(f->answers[0].end, HTTP_REPLIED);
	assert_int_equal(peer_requests(f->peer), 2);
	assert_int_equal(peer_connections(f->peer), 2);
}

static void a_connection_that_waited_long_is_not_used_again(void **state)
{
	struct fixture *f = *state;

	serve(f, (struct peer_step[]){{PEER_REPLY, NULL}}, 1);
	warm_up(f);
	turns_pass(f->loop, 3000);
	post(f, 0);
	turns_settle(f->loop);
	assert_int_equal(peer_connections(f->peer), 1);
	turns_pass(f->loop, 6000);
	post(f, 1);
	turns_settle(f->loop);
	assert_int_equal(f->answers[1].end, HTTP_REPLIED);
	assert_int_equal(peer_connections(f->peer), 2);
}

static void nobody_listening_means_not_sent(void **state)
{
	struct fixture *f = *state;

	serve(f, (struct peer_step[]){{PEER_REPLY, NULL}}, 1);
	peer_close(f->peer);
	turns_settle(f->loop);
	peer_free(&f->peer);
	post(f, 0);
	turns_settle(f->loop);
	assert_int_equal(f->answers[0].end, HTTP_NOT_SENT);
	assert_true(f->answers[0].reason[0] != '\0');
	assert_null(strstr(f->answers[0].reason, "key=abc"));
}

static void tls_that_the_server_does_not_speak_means_not_sent(void **state)
{
	struct fixture *f = *state;

	serve(f, (struct peer_step[]){{PEER_CLOSE, NULL}}, 1);
	snprintf(f->url, sizeof(f->url), "https://127.0.0.1:%u/send", peer_port(f->peer));
	post(f, 0);
	turns_settle(f->loop);
	peer_hang_up(f->peer);
	turns_settle(f->loop);
	assert_int_equal(f->answers[0].count, 1);
	assert_int_equal(f->answers[0].end, HTTP_NOT_SENT);
}

static void a_silent_server_is_in_doubt_after_the_total_time(void **state)
{
	struct fixture *f = *state;

	f->route.total_ms = 8000;
	serve(f, (struct peer_step[]){{PEER_SILENT, NULL}}, 1);
	post(f, 0);
	turns_pass(f->loop, 7900);
	assert_int_equal(f->answers[0].count, 0);
	turns_pass(f->loop, 200);
	assert_int_equal(f->answers[0].count, 1);
	assert_int_equal(f->answers[0].end, HTTP_IN_DOUBT);
	assert_int_equal(peer_requests(f->peer), 1);
}

static void a_reply_cut_short_is_in_doubt(void **state)
{
	static const char *const cut[] = {
		"HTTP/1.1 200 OK\r\nContent-Le",
		"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"errcode\":0",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
		"rubbish that is no reply at all\r\n\r\n",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < 4; i++) {
		serve(f, &(struct peer_step){PEER_LAST, cut[i]}, 1);
		post(f, (unsigned int)i);
		turns_settle(f->loop);
		assert_int_equal(f->answers[i].count, 1);
		assert_int_equal(f->answers[i].end, HTTP_IN_DOUBT);
		assert_int_equal(peer_requests(f->peer), 1);
		peer_close(f->peer);
		turns_settle(f->loop);
		peer_free(&f->peer);
	}
}

static void a_reply_in_drops_is_still_a_reply(void **state)
{
	struct fixture *f = *state;

	serve(f,
		(struct peer_step[]){
			{PEER_DRIP, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"}},
		1);
	post(f, 0);
	turns_pass(f->loop, 200);
	assert_int_equal(f->answers[0].end, HTTP_REPLIED);
	assert_string_equal(f->answers[0].body, "{}");
}

static void trailers_and_interim_replies_do_not_confuse_it(void **state)
{
	struct fixture *f = *state;

	serve(f,
		(struct peer_step[]){{PEER_REPLY,
					     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
					     "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n"},
			{PEER_LAST, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-"}},
		2);
	post(f, 0);
	turns_settle(f->loop);
	assert_int_equal(f->answers[0].end, HTTP_REPLIED);
	assert_string_equal(f->answers[0].body, "{}");
	post(f, 1);
	turns_settle(f->loop);
	assert_int_equal(f->answers[1].end, HTTP_IN_DOUBT);
}

static void a_reply_over_the_maximum_ends_the_call(void **state)
{
	struct fixture *f = *state;
	char text[400];

	snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n%0101d", 0);
	serve(f, &(struct peer_step){PEER_REPLY, text}, 1);
	for (unsigned int i = 0; i < 2; i++) {
		struct http_request request = {.route = &f->route,
			.url = f->url,
			.method = "GET",
			.reply_most = 100 + i};
		http_send(f->http, &request, on_done, &f->answers[i]);
		turns_settle(f->loop);
	}
	assert_int_equal(f->answers[0].end, HTTP_TOO_BIG);
	assert_int_equal(f->answers[1].end, HTTP_REPLIED);
	assert_int_equal(f->answers[1].body_size, 101);
}

static void a_redirect_is_a_reply_like_any_other(void **state)
{
	struct fixture *f = *state;
	char text[200];

	serve(f, &(struct peer_step){PEER_REPLY, "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"},
		1);
	get(f, 0);
	turns_settle(f->loop);
	assert_int_equal(f->answers[0].end, HTTP_REPLIED);
	assert_int_equal(f->answers[0].status, 302);
	assert_int_equal(peer_requests(f->peer), 1);
	(void)text;
}

static void what_we_refuse_never_reaches_the_wire(void **state)
{
	static const struct {
		const char *url;
		bool allow;
		bool refused;
	} cases[] = {
		{"http://192.0.2.1/x", false, true},
		{"http://10.0.0.1:8080/x", false, true},
		{"http://localhost.example.com/x", false, true},
		{"http://127.0.0.1.example.com/", false, true},
		{"http://128.0.0.1/", false, true},
		{"ftp://127.0.0.1/x", true, true},
		{"file:///etc/passwd", true, true},
		{"gopher://127.0.0.1/x", true, true},
		{"http://", true, true},
		{"", true, true},
		{"no address", true, true},
		{"http://127.0.0.1:1/a b", true, true},
		{"http://127.0.0.1:1/a\r\nX: y", true, true},
		{"http://127.0.0.1:1/x", false, false},
		{"http://localhost:1/x", false, false},
		{"http://[::1]:1/x", false, false},
		{"https://127.0.0.1:1/x", false, false},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f->route.allow_plain_http = cases[i].allow;
		struct http_request request = {.route = &f->route, .url = cases[i].url, .method = "GET"};
		http_send(f->http, &request, on_done, &f->answers[i]);
		assert_int_equal(f->answers[i].count, 0);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(turns_until_count(f->loop, &f->answers[i].count, 1));
		assert_int_equal(f->answers[i].end, cases[i].refused ? HTTP_REFUSED : HTTP_NOT_SENT);
	}
}

static void no_blank_or_control_character_reaches_the_wire_wherever_it_stands(void **state)
{
	struct fixture *f = *state;
	unsigned int refused = 0, sent = 0;

	serve(f, (struct peer_step[]){{PEER_REPLY, NULL}}, 1);
	for (unsigned int byte = 1; byte < 256; byte++) {
		for (size_t place = 0; place < 17; place++) {
			char url[200];
			int used = snprintf(url, sizeof(url), "http://127.0.0.1:%u/", peer_port(f->peer));
			memset(url + used, 'a', 17);
			url[used + 17] = '\0';
			url[(size_t)used + place] = (char)byte;
			bool bad = byte <= 0x20 || byte == 0x7f;
			/* One good one of each would be thousands of requests: a few are enough. */
			if (!bad && (byte % 16 != 1 || place % 8 != 0 || byte == '#' || byte == '?'))
				continue;
			struct http_request request = {.route = &f->route, .url = url, .method = "GET"};
			unsigned int before = f->answers[0].count;
			http_send(f->http, &request, on_done, &f->answers[0]);
			assert_true(turns_until_count(f->loop, &f->answers[0].count, before + 1));
			assert_int_equal(f->answers[0].end, bad ? HTTP_REFUSED : HTTP_REPLIED);
			refused += bad;
			sent += !bad;
		}
	}
	assert_int_equal(refused, 33 * 17);
	assert_int_equal(peer_requests(f->peer), sent);
}

/* What waits for a connection is sent as it was asked for, although the asker's words are gone by then. */
static void what_waits_is_sent_whole_and_in_order(void **state)
{
	struct fixture *f = *state;
	char expected[64];

	f->route.total_ms = 8000;
	serve(f,
		(struct peer_step[]){{PEER_SILENT, NULL}, {PEER_SILENT, NULL}, {PEER_SILENT, NULL}, {PEER_SILENT, NULL},
			{PEER_REPLY, NULL}},
		5);
	for (unsigned int i = 0; i < 4; i++)
		get(f, i);
	turns_settle(f->loop);
	struct http_call *given_up = post(f, 5);
	post(f, 6);
	http_cancel(given_up);
	turns_settle(f->loop);
	assert_int_equal(f->answers[5].end, HTTP_NOT_SENT);
	assert_int_equal(f->answers[6].count, 0);
	assert_int_equal(peer_requests(f->peer), 4);
	turns_pass(f->loop, 8100); /* those that hang are given up, and make room */
	assert_int_equal(f->answers[0].end, HTTP_IN_DOUBT);
	assert_int_equal(f->answers[6].end, HTTP_REPLIED);
	assert_int_equal(peer_requests(f->peer), 5);
	const char *sent = peer_last(f->peer);
	assert_int_equal(strncmp(sent, "POST /send?key=abc HTTP/1.1\r\n", 29), 0);
	assert_non_null(strstr(sent, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(sent, "\r\nX-Batch: 7\r\n"));
	snprintf(expected, sizeof(expected), "\r\n\r\n{\"n\":6}");
	assert_non_null(strstr(sent, expected));
}

/* A handle goes from one kind of request to another, to other servers and back: nothing of the one before may stay. */
static void each_request_is_its_own_whatever_came_before(void **state)
{
	static const struct {
		const char *method, *path, *type, *body, *line;
	} cases[] = {
		{"POST", "/a?x=1", "application/json", "{\"long\":\"body\"}", "POST /a?x=1 HTTP/1.1\r\n"},
		{"GET", "/b", NULL, NULL, "GET /b HTTP/1.1\r\n"},
		{"POST", "/a?x=2", "text/plain", "short", "POST /a?x=2 HTTP/1.1\r\n"},
		{"POST", "/a?x=2", "text/plain", "", "POST /a?x=2 HTTP/1.1\r\n"},
		{"GET", "", NULL, NULL, "GET / HTTP/1.1\r\n"},
		{"GET", "?q=%E8", NULL, NULL, "GET /?q=%E8 HTTP/1.1\r\n"},
		{"GET", "/c#part", NULL, NULL, "GET /c HTTP/1.1\r\n"},
		{"GET", "/../d/./e//f?g=/../%2e", NULL, NULL, "GET /../d/./e//f?g=/../%2e HTTP/1.1\r\n"},
		{"POST", "/a?x=1", "application/json", "{\"other\":\"body\"}", "POST /a?x=1 HTTP/1.1\r\n"},
	};
	struct fixture *f = *state;
	char url[300], words[64];

	serve(f, (struct peer_step[]){{PEER_REPLY, NULL}}, 1);
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		size_t k = i % (sizeof(cases) / sizeof(cases[0]));
		snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", peer_port(f->peer), cases[k].path);
		struct http_request request = {.route = &f->route,
			.url = url,
			.method = cases[k].method,
			.content_type = cases[k].type,
			.body = cases[k].body,
			.body_size = cases[k].body != NULL ? strlen(cases[k].body) : 0};
		http_send(f->http, &request, on_done, &f->answers[i]);
		turns_settle(f->loop);
		assert_int_equal(f->answers[i].end, HTTP_REPLIED);
		const char *sent = peer_last(f->peer);
		assert_int_equal(strncmp(sent, cases[k].line, strlen(cases[k].line)), 0);
		snprintf(words, sizeof(words), "\r\nContent-Type: %s\r\n", cases[k].type != NULL ? cases[k].type : "");
		assert_int_equal(strstr(sent, words) != NULL, cases[k].type != NULL);
		assert_int_equal(strcasestr(sent, "\r\nContent-Length:") != NULL, cases[k].body != NULL);
		assert_string_equal(strstr(sent, "\r\n\r\n") + 4, cases[k].body != NULL ? cases[k].body : "");
	}
	assert_int_equal(peer_connections(f->peer), 1);
}

static void a_header_with_a_line_break_is_refused(void **state)
{
	struct fixture *f = *state;
	const char *const headers[] = {"X: a\r\nY: b", NULL};

	serve(f, (struct peer_step[]){{PEER_REPLY, NULL}}, 1);
	struct http_request request = {.route = &f->route, .url = f->url, .method = "GET", .headers = headers};
	http_send(f->http, &request, on_done, &f->answers[0]);
	turns_settle(f->loop);
	assert_int_equal(f->answers[0].end, HTTP_REFUSED);
	assert_int_equal(peer_requests(f->peer), 0);
}

static void giving_up_tells_what_is_known(void **state)
{
	struct fixture *f = *state;

	serve(f, (struct peer_step[]){{PEER_SILENT, NULL}}, 1);
	struct http_call *unsent = post(f, 0);
	http_cancel(unsent);
	assert_int_equal(f->answers[0].count, 0);
	struct http_call *sent = post(f, 1);
	turns_settle(f->loop);
	assert_int_equal(f->answers[0].count, 1);
	assert_int_equal(f->answers[0].end, HTTP_NOT_SENT);
	assert_int_equal(peer_requests(f->peer), 1);
	http_cancel(sent);
	http_cancel(sent);
	assert_int_equal(f->answers[1].count, 0);
	turns_settle(f->loop);
	assert_int_equal(f->answers[1].count, 1);
	assert_int_equal(f->answers[1].end, HTTP_IN_DOUBT);
}

static void closing_ends_every_call_once(void **state)
{
	struct fixture *f = *state;

	serve(f, (struct peer_step[]){{PEER_SILENT, NULL}}, 1);
	for (unsigned int i = 0; i < 6; i++)
		post(f, i);
	turns_settle(f->loop);
	assert_int_equal(peer_requests(f->peer), 4);
	post(f, 6);
	close_http(f);
	assert_true(f->closed);
	for (unsigned int i = 0; i < 7; i++) {
		assert_int_equal(f->answers[i].count, 1);
		assert_int_equal(f->answers[i].end, i < 4 ? HTTP_IN_DOUBT : HTTP_NOT_SENT);
	}
}

struct again {
	struct fixture *f;
	unsigned int left;
	unsigned int done;
};

static void send_again(void *arg, const struct http_reply *reply)
{
	struct again *again = arg;

	again->done++;
	if (again->left == 0)
		return;
	again->left--;
	struct http_request request = {.route = &again->f->route, .url = again->f->url, .method = "GET"};
	http_send(again->f->http, &request, send_again, again);
}

static void a_callback_may_send_the_next_request(void **state)
{
	struct fixture *f = *state;
	struct again again = {f, 20, 0};

	serve(f, (struct peer_step[]){{PEER_REPLY, NULL}}, 1);
	struct http_request request = {.route = &f->route, .url = f->url, .method = "GET"};
	http_send(f->http, &request, send_again, &again);
	turns_settle(f->loop);
	assert_int_equal(again.done, 21);
	assert_int_equal(peer_connections(f->peer), 1);
}

static void on_done_close(void *arg, const struct http_reply *reply)
{
	struct fixture *f = arg;
	struct http *http = f->http;

	f->answers[0].count++;
	f->http = NULL;
	http_close(http, on_closed, &f->closed);
}

static void a_callback_may_close_everything(void **state)
{
	struct fixture *f = *state;

	serve(f, (struct peer_step[]){{PEER_REPLY, NULL}}, 1);
	struct http_request request = {.route = &f->route, .url = f->url, .method = "GET"};
	http_send(f->http, &request, on_done_close, f);
	post(f, 1);
	turns_settle(f->loop);
	assert_int_equal(f->answers[0].count, 1);
	assert_int_equal(f->answers[1].count, 1);
	assert_true(f->closed);
}

/* A name server that does not answer: libcurl's resolver thread stays in here until the test lets it go. */
static sem_t name_asked, name_answer, name_left;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
	int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	if (node == NULL || strcmp(node, "dead.example") != 0) {
		*(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
		return next(node, service, hints, found);
	}
	sem_post(&name_asked);
	sem_wait(&name_answer);
	sem_post(&name_left);
	return EAI_AGAIN;
}

static void a_dead_name_server_holds_up_nobody(void **state)
{
	struct fixture *f = *state;
	struct http_route slow = {.allow_plain_http = true, .connect_ms = 2000};
	struct http_request request = {.route = &slow, .url = "http://dead.example/x", .method = "GET"};

	sem_init(&name_asked, 0, 0);
	sem_init(&name_answer, 0, 0);
	sem_init(&name_left, 0, 0);
	serve(f, (struct peer_step[]){{PEER_REPLY, NULL}}, 1);
	http_send(f->http, &request, on_done, &f->answers[0]);
	struct http_call *given_up = http_send(f->http, &request, on_done, &f->answers[1]);
	http_send(f->http, &request, on_done, &f->answers[3]);
	turns_settle(f->loop);
	for (int i = 0; i < 3; i++)
		sem_wait(&name_asked);
	http_cancel(given_up);
	post(f, 2);
	turns_settle(f->loop);
	assert_int_equal(f->answers[1].end, HTTP_NOT_SENT);
	assert_int_equal(f->answers[2].end, HTTP_REPLIED);
	assert_int_equal(f->answers[0].count, 0);
	turns_pass(f->loop, 2100);
	assert_int_equal(f->answers[0].count, 1);
	assert_int_equal(f->answers[0].end, HTTP_NOT_SENT);
	http_send(f->http, &request, on_done, &f->answers[4]);
	turns_settle(f->loop);
	sem_wait(&name_asked);
	close_http(f);
	assert_true(f->closed);
	assert_int_equal(f->answers[4].end, HTTP_NOT_SENT);
	for (int i = 0; i < 4; i++)
		sem_post(&name_answer);
	for (int i = 0; i < 4; i++)
		sem_wait(&name_left);
}

static void an_idle_client_does_not_wake_up(void **state)
{
	struct fixture *f = *state;

	serve(f, (struct peer_step[]){{PEER_REPLY, NULL}}, 1);
	warm_up(f);
	peer_hang_up(f->peer);
	turns_settle(f->loop); /* would never settle if the closed connection kept waking us */
}

static void the_unreserved_stay_and_all_else_is_escaped(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *text;
	} cases[] = {
		{"", 0, ""},
		{"azAZ09-._~", 10, "azAZ09-._~"},
		{"a b+c/d", 7, "a%20b%2Bc%2Fd"},
		{"\xe8\xad\xa6", 3, "%E8%AD%A6"},
		{"\0\xff%", 3, "%00%FF%25"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = http_escape(cases[i].bytes, cases[i].size);
		assert_string_equal(text, cases[i].text);
		free(text);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_reply_comes_back_whole_and_later),
		CASE(status_body_and_wait_are_handed_over),
		CASE(the_request_on_the_wire_is_what_was_asked_for),
		CASE(connections_are_kept_and_bounded),
		CASE(a_request_swallowed_on_a_kept_connection_is_never_sent_twice),
		CASE(a_swallowed_get_is_not_sent_twice_either),
		CASE(with_other_kept_connections_free_it_is_still_not_sent_twice),
		CASE(a_swallowed_first_request_is_in_doubt),
		CASE(a_connection_closed_while_it_waited_is_replaced_without_doubt),
		CASE(a_connection_that_waited_long_is_not_used_again),
		CASE(nobody_listening_means_not_sent),
		CASE(tls_that_the_server_does_not_speak_means_not_sent),
		CASE(a_silent_server_is_in_doubt_after_the_total_time),
		CASE(a_reply_cut_short_is_in_doubt),
		CASE(a_reply_in_drops_is_still_a_reply),
		CASE(trailers_and_interim_replies_do_not_confuse_it),
		CASE(a_reply_over_the_maximum_ends_the_call),
		CASE(a_redirect_is_a_reply_like_any_other),
		CASE(what_we_refuse_never_reaches_the_wire),
		CASE(no_blank_or_control_character_reaches_the_wire_wherever_it_stands),
		CASE(what_waits_is_sent_whole_and_in_order),
		CASE(each_request_is_its_own_whatever_came_before),
		CASE(a_header_with_a_line_break_is_refused),
		CASE(giving_up_tells_what_is_known),
		CASE(closing_ends_every_call_once),
		CASE(a_callback_may_send_the_next_request),
		CASE(a_callback_may_close_everything),
		CASE(a_dead_name_server_holds_up_nobody),
		CASE(an_idle_client_does_not_wake_up),
		cmocka_unit_test(the_unreserved_stay_and_all_else_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
