/*
 * Requests that threads of their own carry out, against a server in another thread that repeats the path it was asked for:
 * whatever is given up, cut off or closed meanwhile, every call is told once, and of its own request.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "http/http.h"
#include "testing/chance.h"
#include "testing/turns.h"

enum { THREADS = 3, CONNECTIONS = 6, CALLS = 2000, PEERS_MOST = 64 };

/* ---- the server: "/never" gets no answer, "/cut" the end of the connection ---- */

struct server {
	int listener, stop[2];
	uint16_t port;
	pthread_t thread;
	atomic_uint requests, connections;
	struct pollfd polls[PEERS_MOST];
	char in[PEERS_MOST][2048];
	size_t got[PEERS_MOST];
	unsigned int count; /* of polls; the first two are `listener` and `stop` */
};

static void server_drop(struct server *server, unsigned int i)
{
	close(server->polls[i].fd);
	server->count--;
	server->polls[i] = server->polls[server->count];
	memcpy(server->in[i], server->in[server->count], sizeof(server->in[i]));
	server->got[i] = server->got[server->count];
}

/* False: the connection ends. */
static bool server_answer(struct server *server, unsigned int i)
{
	char path[64], reply[256];

	if (strstr(server->in[i], "\r\n\r\n") == NULL)
		return true;
	assert_int_equal(sscanf(server->in[i], "GET %63s ", path), 1);
	server->got[i] = 0;
	atomic_fetch_add(&server->requests, 1);
	if (strcmp(path, "/cut") == 0)
		return false;
	if (strcmp(path, "/never") == 0)
		return true;
	int size = snprintf(reply, sizeof(reply), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(path),
		path);
	return send(server->polls[i].fd, reply, (size_t)size, MSG_NOSIGNAL) == size;
}

static bool server_read(struct server *server, unsigned int i)
{
	size_t room = sizeof(server->in[i]) - 1 - server->got[i];
	ssize_t got = recv(server->polls[i].fd, server->in[i] + server->got[i], room, 0);

	if (got <= 0)
		return false;
	server->got[i] += (size_t)got;
	server->in[i][server->got[i]] = '\0';
	return server_answer(server, i);
}

static void *serve(void *arg)
{
	struct server *server = arg;

	for (;;) {
		poll(server->polls, server->count, -1);
		if (server->polls[1].revents != 0)
			break;
		for (unsigned int i = server->count - 1; i >= 2; i--)
			if (server->polls[i].revents != 0 && !server_read(server, i))
				server_drop(server, i);
		if (server->polls[0].revents != 0 && server->count < PEERS_MOST) {
			server->polls[server->count] = (struct pollfd){accept(server->listener, NULL, NULL), POLLIN, 0};
			server->got[server->count++] = 0;
			atomic_fetch_add(&server->connections, 1);
		}
	}
	while (server->count > 2)
		server_drop(server, server->count - 1);
	return NULL;
}

static void server_open(struct server *server)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);

	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(server->listener, 64), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)&at, &size), 0);
	server->port = ntohs(at.sin_port);
	assert_int_equal(pipe(server->stop), 0);
	server->polls[0] = (struct pollfd){server->listener, POLLIN, 0};
	server->polls[1] = (struct pollfd){server->stop[0], POLLIN, 0};
	server->count = 2;
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void server_close(struct server *server)
{
	assert_int_equal(write(server->stop[1], "x", 1), 1);
	pthread_join(server->thread, NULL);
	close(server->stop[0]);
	close(server->stop[1]);
	close(server->listener);
}

/* ---- the calls ---- */

struct fixture {
	struct loop *loop;
	struct http *http;
	struct server server;
	struct http_route route;
	unsigned int told, replied, in_doubt, not_sent;
	bool closed;
};

struct asked {
	struct fixture *f;
	char path[32];
	unsigned int told;
	struct http_call *call; /* until it is told */
};

static void on_done(void *arg, const struct http_reply *reply)
{
	struct asked *asked = arg;
	struct fixture *f = asked->f;

	assert_int_equal(asked->told++, 0);
	asked->call = NULL;
	f->told++;
	f->replied += reply->end == HTTP_REPLIED;
	f->in_doubt += reply->end == HTTP_IN_DOUBT;
	f->not_sent += reply->end == HTTP_NOT_SENT;
	if (reply->end == HTTP_REPLIED) {
		assert_int_equal(reply->status, 200);
		assert_string_equal(reply->body, asked->path);
		assert_null(reply->reason);
	} else {
		assert_non_null(reply->reason);
	}
}

static void ask(struct asked *asked)
{
	char url[96];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", asked->f->server.port, asked->path);
	struct http_request request = {.route = &asked->f->route, .url = url, .method = "GET"};
	asked->call = http_send(asked->f->http, &request, on_done, asked);
	assert_int_equal(asked->told, 0);
}

static struct asked *ask_many(struct fixture *f, unsigned int count, const char *path, bool numbered)
{
	struct asked *all = calloc(count, sizeof(*all));

	for (unsigned int i = 0; i < count; i++) {
		all[i].f = f;
		if (numbered)
			snprintf(all[i].path, sizeof(all[i].path), "%s%u", path, i);
		else
			snprintf(all[i].path, sizeof(all[i].path), "%s", path);
		ask(&all[i]);
	}
	return all;
}

static void on_closed(void *arg)
{
	*(bool *)arg = true;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->loop = loop_new();
	f->http = http_new(f->loop, CONNECTIONS, THREADS);
	f->route = (struct http_route){.total_ms = 30000};
	server_open(&f->server);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	http_close(f->http, on_closed, &f->closed);
	assert_true(turns_until_set(f->loop, &f->closed));
	server_close(&f->server);
	turns_end(&f->loop);
	free(f);
	return 0;
}

static void every_call_gets_the_reply_to_its_own_request(void **state)
{
	struct fixture *f = *state;

	for (unsigned int round = 0; round < 3; round++) {
		f->told = f->replied = 0;
		struct asked *all = ask_many(f, CALLS, "/", true);
		assert_true(turns_until_count(f->loop, &f->told, CALLS));
		assert_int_equal(f->replied, CALLS);
		assert_int_equal(http_pending(f->http), 0);
		free(all);
	}
	assert_int_equal(atomic_load(&f->server.requests), 3 * CALLS);
	/* All threads work, and together they keep to the connections that are allowed. */
	assert_in_range(atomic_load(&f->server.connections), 2, CONNECTIONS);
}

static void one_after_another_they_share_one_connection(void **state)
{
	struct fixture *f = *state;
	struct asked one[20] = {0};

	for (unsigned int i = 0; i < 20; i++) {
		one[i].f = f;
		snprintf(one[i].path, sizeof(one[i].path), "/%u", i);
		ask(&one[i]);
		assert_true(turns_until_count(f->loop, &f->told, i + 1));
	}
	assert_int_equal(f->replied, 20);
	assert_int_equal(atomic_load(&f->server.connections), 1);
}

static bool all_are_with_the_server(void *arg)
{
	const struct fixture *f = arg;

	return atomic_load(&f->server.requests) == CONNECTIONS;
}

static void what_is_given_up_is_in_doubt_once_it_left(void **state)
{
	struct fixture *f = *state;
	struct asked *all = ask_many(f, 100, "/never", false);

	assert_true(turns_until(f->loop, all_are_with_the_server, f));
	for (unsigned int i = 0; i < 100; i++)
		http_cancel(all[i].call);
	assert_int_equal(f->told, 0);
	assert_true(turns_until_count(f->loop, &f->told, 100));
	assert_int_equal(f->in_doubt, CONNECTIONS);
	assert_int_equal(f->not_sent, 100 - CONNECTIONS);
	struct asked *more = ask_many(f, 10, "/more-", true);
	assert_true(turns_until_count(f->loop, &f->told, 110));
	assert_int_equal(f->replied, 10);
	free(all);
	free(more);
}

/* Given up in the breath in which it was asked for, while the thread begins others: it ends now, not with its patience. */
static void what_is_given_up_at_once_ends_at_once(void **state)
{
	struct fixture *f = *state;

	http_close(f->http, on_closed, &f->closed);
	assert_true(turns_until_set(f->loop, &f->closed));
	f->closed = false;
	f->http = http_new(f->loop, PEERS_MOST / 2, 1);
	for (unsigned int round = 0; round < 300; round++) {
		struct asked *others = ask_many(f, PEERS_MOST / 4, "/", true);
		struct asked one = {.f = f, .path = "/never"};
		for (unsigned int i = 0; i < round % 50 * 20; i++)
			http_pending(f->http); /* the thread comes as far as it comes */
		ask(&one);
		http_cancel(one.call);
		assert_true(turns_until_count(f->loop, &f->told, (round + 1) * (PEERS_MOST / 4 + 1)));
		free(others);
	}
}

/* Giving up crosses with the answer: the call's memory may be in use again for another by then. */
static void giving_up_at_any_moment_ends_only_that_call(void **state)
{
	struct fixture *f = *state;
	struct asked *all = ask_many(f, CALLS, "/", true);
	struct chance chance;

	chance_begin(&chance, 20261122);
	while (f->told < CALLS) {
		struct asked *one = &all[chance_draw(&chance, CALLS)];
		if (one->call != NULL && chance_draw(&chance, 8) == 0)
			http_cancel(one->call);
		loop_step(f->loop);
	}
	assert_int_equal(f->replied + f->in_doubt + f->not_sent, CALLS);
	assert_true(f->replied > 0);
	free(all);
}

static void a_connection_that_is_cut_is_in_doubt_and_not_sent_again(void **state)
{
	struct fixture *f = *state;
	struct asked *warm = ask_many(f, 20, "/", true);

	assert_true(turns_until_count(f->loop, &f->told, 20));
	struct asked *all = ask_many(f, 50, "/cut", false);
	assert_true(turns_until_count(f->loop, &f->told, 70));
	assert_int_equal(f->in_doubt, 50);
	assert_int_equal(atomic_load(&f->server.requests), 70);
	free(warm);
	free(all);
}

static void at_the_end_every_call_is_told(void **state)
{
	struct fixture *f = *state;
	struct asked *all = ask_many(f, 100, "/never", false);

	assert_true(turns_until(f->loop, all_are_with_the_server, f));
	struct asked *more = ask_many(f, 100, "/", true);
	http_close(f->http, on_closed, &f->closed);
	assert_true(turns_until_set(f->loop, &f->closed));
	assert_int_equal(f->told, 200);
	assert_int_equal(f->in_doubt, CONNECTIONS);
	/* For the end of the test. */
	f->closed = false;
	f->http = http_new(f->loop, 0, 1);
	free(all);
	free(more);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(every_call_gets_the_reply_to_its_own_request),
		CASE(one_after_another_they_share_one_connection),
		CASE(what_is_given_up_is_in_doubt_once_it_left),
		CASE(what_is_given_up_at_once_ends_at_once),
		CASE(giving_up_at_any_moment_ends_only_that_call),
		CASE(a_connection_that_is_cut_is_in_doubt_and_not_sent_again),
		CASE(at_the_end_every_call_is_told),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
