/*
 * Requests a second through http/ to a sink in another process, against the ceiling of the same run: libcurl's multi
 * interface on libuv with one kept poll handle per socket and easy handles that are set up once. POST of 300 bytes of
 * JSON on kept connections. Usage: bench_http [SECONDS] [CALLS AT ONCE]
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/http.h"

#define BODY   300
#define ROUNDS 5

static const char answer[] =
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"errcode\":0}";

/* The sink: answers every request that ends in a body of BODY bytes. */
struct peer {
	char bytes[8192];
	size_t have;
};

static bool sink_read(int fd, struct peer *peer)
{
	ssize_t got = read(fd, peer->bytes + peer->have, sizeof(peer->bytes) - 1 - peer->have);

	if (got <= 0)
		return false;
	peer->have += (size_t)got;
	peer->bytes[peer->have] = '\0';
	for (;;) {
		char *end = strstr(peer->bytes, "\r\n\r\n");
		if (end == NULL || peer->have < (size_t)(end - peer->bytes) + 4 + BODY)
			return true;
		size_t whole = (size_t)(end - peer->bytes) + 4 + BODY;
		memmove(peer->bytes, peer->bytes + whole, peer->have - whole + 1);
		peer->have -= whole;
		if (write(fd, answer, sizeof(answer) - 1) < 0)
			return false;
	}
}

static void sink_run(int listener)
{
	static struct peer *peers[65536];
	struct epoll_event events[256], event = {.events = EPOLLIN, .data.fd = listener};
	int epoll = epoll_create1(0), on = 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
	for (;;) {
		int count = epoll_wait(epoll, events, 256, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			if (fd == listener) {
				event.data.fd = accept(listener, NULL, NULL);
				setsockopt(event.data.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
				epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
				free(peers[event.data.fd]);
				peers[event.data.fd] = mem_zalloc(sizeof(struct peer));
			} else if (!sink_read(fd, peers[fd])) {
				close(fd);
			}
		}
	}
}

static pid_t sink_start(uint16_t *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 4096) != 0 ||
		getsockname(fd, (struct sockaddr *)&at, &size) != 0) {
		perror("sink");
		_exit(1);
	}
	*port = ntohs(at.sin_port);
	pid_t child = fork();
	if (child == 0) {
		sink_run(fd);
		_exit(0);
	}
	close(fd);
	return child;
}

static double cpu_s(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
		(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct figure {
	double rate;
	double cpu_us;
};

static struct figure figure_of(unsigned long done, uint64_t began_us, double cpu)
{
	double s = (double)(clock_mono_us() - began_us) / 1e6;

	return (struct figure){(double)done / s, (cpu_s() - cpu) * 1e6 / (double)(done > 0 ? done : 1)};
}

/* ---- through http/ ---- */
struct run {
	struct http *http;
	struct http_request request;
	struct http_route route;
	uint64_t until_us;
	unsigned long done;
	unsigned long failed;
};

static void on_done(void *arg, const struct http_reply *reply)
{
	struct run *run = arg;

	if (reply->end == HTTP_REPLIED && reply->status == 200)
		run->done++;
	else
		run->failed++;
	if (clock_mono_us() < run->until_us)
		http_send(run->http, &run->request, on_done, run);
	else if (http_pending(run->http) == 0)
		http_close(run->http, NULL, NULL);
}

static struct figure measure_http(const char *url, const char *body, unsigned int at_once, unsigned int seconds)
{
	struct loop *loop = loop_new();
	struct run run = {.http = http_new(loop, at_once)};
	uint64_t began = clock_mono_us();
	double cpu = cpu_s();

	run.request = (struct http_request){.route = &run.route,
		.url = url,
		.method = "POST",
		.content_type = "application/json",
		.body = body,
		.body_size = BODY};
	run.until_us = began + seconds * 1000000ull;
	for (unsigned int i = 0; i < at_once; i++)
		http_send(run.http, &run.request, on_done, &run);
	loop_run(loop);
	struct figure figure = figure_of(run.done, began, cpu);
	if (run.failed > 0)
		printf("  %lu failed\n", run.failed);
	loop_free(&loop);
	return figure;
}

/* ---- the ceiling: nothing but libcurl and libuv ---- */
struct bare {
	uv_loop_t loop;
	uv_timer_t timer;
	CURLM *multi;
	uint64_t until_us;
	unsigned long done;
	unsigned int running;
};

struct bare_plug {
	uv_poll_t poll;
	struct bare *bare;
	curl_socket_t fd;
	int events;
};

static struct bare_plug *plugs[65536];

static void bare_drain(struct bare *bare)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(bare->multi, &left)) != NULL) {
		CURL *easy = message->easy_handle;
		bare->done++;
		curl_multi_remove_handle(bare->multi, easy);
		if (clock_mono_us() < bare->until_us) {
			curl_multi_add_handle(bare->multi, easy);
		} else {
			curl_easy_cleanup(easy);
			if (--bare->running == 0)
				uv_stop(&bare->loop);
		}
	}
}

static void bare_work(struct bare *bare, curl_socket_t fd, int bits)
{
	int running;

	curl_multi_socket_action(bare->multi, fd, bits, &running);
	bare_drain(bare);
}

static void bare_on_poll(uv_poll_t *poll, int status, int events)
{
	struct bare_plug *plug = poll->data;

	bare_work(plug->bare, plug->fd,
		((events & UV_READABLE) ? CURL_CSELECT_IN : 0) | ((events & UV_WRITABLE) ? CURL_CSELECT_OUT : 0) |
			(status < 0 ? CURL_CSELECT_ERR : 0));
}

static int bare_on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	struct bare *bare = arg;
	struct bare_plug *plug = plugs[fd];
	int events = what == CURL_POLL_OUT ? UV_WRITABLE
		: what == CURL_POLL_INOUT  ? UV_READABLE | UV_WRITABLE
					   : UV_READABLE;

	if (plug == NULL) {
		plug = plugs[fd] = mem_zalloc(sizeof(*plug));
		uv_poll_init(&bare->loop, &plug->poll, fd);
		plug->poll.data = plug;
		plug->bare = bare;
		plug->fd = fd;
	}
	if (what != CURL_POLL_REMOVE && plug->events != events) {
		plug->events = events;
		uv_poll_start(&plug->poll, events, bare_on_poll);
	}
	return 0;
}

static void bare_plug_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static int bare_on_close(void *arg, curl_socket_t fd)
{
	if (plugs[fd] != NULL) {
		uv_poll_stop(&plugs[fd]->poll);
		uv_close((uv_handle_t *)&plugs[fd]->poll, bare_plug_closed);
		plugs[fd] = NULL;
	}
	return close(fd);
}

static void bare_on_time(uv_timer_t *timer)
{
	bare_work(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int bare_on_timer(CURLM *multi, long ms, void *arg)
{
	struct bare *bare = arg;

	if (ms < 0)
		uv_timer_stop(&bare->timer);
	else
		uv_timer_start(&bare->timer, bare_on_time, (uint64_t)ms, 0);
	return 0;
}

static size_t bare_on_body(char *bytes, size_t size, size_t count, void *arg)
{
	return size * count;
}

static void bare_add(struct bare *bare, const char *url, const char *body, struct curl_slist *headers)
{
	CURL *easy = curl_easy_init();

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)BODY);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, bare_on_body);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, bare_on_close);
	curl_multi_add_handle(bare->multi, easy);
	bare->running++;
}

static struct figure measure_bare(const char *url, const char *body, unsigned int at_once, unsigned int seconds)
{
	struct bare bare = {0};
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	uint64_t began = clock_mono_us();
	double cpu = cpu_s();

	uv_loop_init(&bare.loop);
	uv_timer_init(&bare.loop, &bare.timer);
	bare.timer.data = &bare;
	bare.multi = curl_multi_init();
	curl_multi_setopt(bare.multi, CURLMOPT_SOCKETFUNCTION, bare_on_socket);
	curl_multi_setopt(bare.multi, CURLMOPT_SOCKETDATA, &bare);
	curl_multi_setopt(bare.multi, CURLMOPT_TIMERFUNCTION, bare_on_timer);
	curl_multi_setopt(bare.multi, CURLMOPT_TIMERDATA, &bare);
	bare.until_us = began + seconds * 1000000ull;
	for (unsigned int i = 0; i < at_once; i++)
		bare_add(&bare, url, body, headers);
	uv_run(&bare.loop, UV_RUN_DEFAULT);
	struct figure figure = figure_of(bare.done, began, cpu);
	curl_multi_cleanup(bare.multi);
	uv_close((uv_handle_t *)&bare.timer, NULL);
	uv_run(&bare.loop, UV_RUN_DEFAULT);
	uv_loop_close(&bare.loop);
	curl_slist_free_all(headers);
	return figure;
}

static int by_rate(const void *a, const void *b)
{
	double x = ((const struct figure *)a)->rate, y = ((const struct figure *)b)->rate;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 2;
	unsigned int at_once = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 16;
	struct figure ours[ROUNDS], bare[ROUNDS];
	char body[BODY + 1], url[64];
	uint16_t port;
	pid_t sink = sink_start(&port);

	memset(body, 'x', BODY);
	body[BODY] = '\0';
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/send", port);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	for (int i = 0; i < ROUNDS; i++) {
		ours[i] = measure_http(url, body, at_once, seconds);
		bare[i] = measure_bare(url, body, at_once, seconds);
	}
	kill(sink, SIGKILL);
	waitpid(sink, NULL, 0);
	qsort(ours, ROUNDS, sizeof(ours[0]), by_rate);
	qsort(bare, ROUNDS, sizeof(bare[0]), by_rate);
	struct figure o = ours[ROUNDS / 2], b = bare[ROUNDS / 2];
	printf("http/, %u at once:          %8.0f requests/s, %5.1f us CPU each (median of %d)\n", at_once, o.rate,
		o.cpu_us, ROUNDS);
	printf("bare libcurl on libuv:      %8.0f requests/s, %5.1f us CPU each\n", b.rate, b.cpu_us);
	printf("ratio:                      %8.2f\n", o.rate / b.rate);
	curl_global_cleanup();
	return 0;
}
