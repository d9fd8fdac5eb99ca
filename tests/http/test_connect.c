/* Connections that are never made: what libcurl opened for them must not stand in the way of anything else. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "http/http.h"
#include "loop/sock.h"
#include "testing/clock.h"
#include "testing/peer.h"
#include "testing/turns.h"

struct fixture {
	struct loop *loop;
	struct http *http;
	int hole; /* a listener that swallows whoever comes, and its address */
	char url[64];
	unsigned int done;
	enum http_end end;
	bool closed;
};

static void on_done(void *arg, const struct http_reply *reply)
{
	struct fixture *f = arg;

	f->done++;
	f->end = reply->end;
}

static void on_closed(void *arg)
{
	*(bool *)arg = true;
}

/* Behind a packet filter that drops what comes, as behind a firewall. */
static int open_hole(uint16_t *port)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &nothing};
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint16_t port;

	fake_clock_stop();
	f->loop = loop_new();
	f->http = http_new(f->loop, 4, 0);
	f->hole = open_hole(&port);
	snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%u/", port);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	http_close(f->http, on_closed, &f->closed);
	turns_until_set(f->loop, &f->closed);
	close(f->hole);
	turns_end(&f->loop);
	fake_clock_go();
	free(f);
	return 0;
}

static void ask(struct fixture *f, const char *url)
{
	static const struct http_route route = {.connect_ms = 1000, .total_ms = 2000};
	struct http_request request = {.method = "GET", .url = url, .route = &route};

	http_send(f->http, &request, on_done, f);
}

static void ask_in_vain(struct fixture *f, unsigned int count)
{
	f->done = 0;
	for (unsigned int i = 0; i < count; i++)
		ask(f, f->url);
	assert_true(turns_until_count(f->loop, &f->done, count));
	assert_int_equal(f->end, HTTP_NOT_SENT);
}

static void on_accepted(void *arg, struct sock *sock)
{
	static const struct sock_events events = {.received = NULL};

	*(bool *)arg = true;
	sock_adopt(sock, &events, NULL);
	sock_close(sock, false);
}

static void on_nothing(void *arg)
{
}

static void on_over(void *arg, int error)
{
	*(int *)arg = error == 0 ? 1 : -error;
}

/* Whoever gets the numbers next is heard by the loop. */
static void a_connect_that_times_out_leaves_its_descriptor_to_others(void **state)
{
	static const struct sock_events events = {.connected = on_nothing, .closed = on_over};
	struct fixture *f = *state;
	bool accepted = false, closed = false;
	int over = 0;

	ask_in_vain(f, 3);
	struct sock_server *server = sock_listen(f->loop, "127.0.0.1", 0, on_accepted, &accepted);
	assert_non_null(server);
	sock_connect(f->loop, "127.0.0.1", sock_server_port(server), 5000, &events, &over);
	for (int i = 0; i < 100 && over == 0; i++)
		turns_settle(f->loop);
	assert_true(accepted);
	assert_int_equal(over, 1);
	sock_server_close(server, on_closed, &closed);
	assert_true(turns_until_set(f->loop, &closed));
}

/* A file may have the number by the time that libcurl lets go of it. */
static void a_file_with_the_number_of_a_dead_connection_stays_open(void **state)
{
	struct fixture *f = *state;
	int files[16];

	ask_in_vain(f, 4);
	for (int i = 0; i < 16; i++)
		files[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ask_in_vain(f, 4);
	for (int i = 0; i < 16; i++) {
		assert_true(fcntl(files[i], F_GETFD) >= 0);
		close(files[i]);
	}
}

static void a_connect_that_is_given_up_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	static const struct http_route route = {.connect_ms = 1000, .total_ms = 2000};
	struct http_request request = {.method = "GET", .url = f->url, .route = &route};

	for (int i = 0; i < 8; i++) {
		f->done = 0;
		struct http_call *call = http_send(f->http, &request, on_done, f);
		turns_settle(f->loop);
		http_cancel(call);
		assert_true(turns_until_count(f->loop, &f->done, 1));
		assert_int_equal(f->end, HTTP_NOT_SENT);
	}
}

static void after_many_that_time_out_a_good_server_is_reached(void **state)
{
	static const struct peer_step step = {PEER_REPLY, NULL};
	struct fixture *f = *state;
	char url[64];

	for (int i = 0; i < 20; i++)
		ask_in_vain(f, 4);
	struct peer *peer = peer_open(f->loop, &step, 1);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", peer_port(peer));
	for (unsigned int i = 0; i < 3; i++) {
		f->done = 0;
		ask(f, url);
		assert_true(turns_until_count(f->loop, &f->done, 1));
		assert_int_equal(f->end, HTTP_REPLIED);
	}
	assert_int_equal(peer_connections(peer), 1); /* and the connection is kept */
	peer_close(peer);
	turns_settle(f->loop);
	peer_free(&peer);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_connect_that_times_out_leaves_its_descriptor_to_others),
		CASE(a_file_with_the_number_of_a_dead_connection_stays_open),
		CASE(a_connect_that_is_given_up_leaves_nothing_behind),
		CASE(after_many_that_time_out_a_good_server_is_reached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
