#include "bare.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/mem.h"
#include "table.h"

enum { SOCKETS_MOST = 4096, PATIENCE_S = 30 };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- the sink ---- */

static const char kannel_answer[] =
	"HTTP/1.1 202 Accepted\r\nServer: Kannel/1.4.5\r\nContent-Length: 25\r\nContent-type: text/html\r\n\r\n"
	"0: Accepted for delivery\n";
static const char wecom_answer[] =
	"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: 27\r\n\r\n"
	"{\"errcode\":0,\"errmsg\":\"ok\"}";

struct peer {
	char bytes[SINK_REQUEST_MOST];
	size_t have;
};

/* How long the first request is, 0 when it is not whole yet. */
static size_t request_size(const char *bytes, size_t have)
{
	static const char field[] = "Content-Length: ";
	const char *end = memmem(bytes, have, "\r\n\r\n", 4);

	if (end == NULL)
		return 0;
	size_t head = (size_t)(end - bytes) + 4;
	if (bytes[0] == 'G')
		return head;
	const char *length = memmem(bytes, head, field, sizeof(field) - 1);
	size_t whole = head + (length != NULL ? strtoul(length + sizeof(field) - 1, NULL, 10) : 0);
	return have >= whole ? whole : 0;
}

static void note_request(struct sink_seen *seen, const char *bytes, size_t size)
{
	uint64_t now = clock_mono_us();

	if (seen->requests == 0) {
		seen->first_us = now;
		memcpy(seen->sample, bytes, size);
		seen->sample[size] = '\0';
	}
	seen->last_us = now;
	seen->requests++;
}

static bool answer(struct sink_seen *seen, int fd, const char *bytes, size_t size)
{
	bool get = bytes[0] == 'G';
	size_t answer_size = get ? sizeof(kannel_answer) - 1 : sizeof(wecom_answer) - 1;

	note_request(seen, bytes, size);
	return write(fd, get ? kannel_answer : wecom_answer, answer_size) == (ssize_t)answer_size;
}

static bool serve_peer(struct sink_seen *seen, int fd, struct peer *peer)
{
	ssize_t got = read(fd, peer->bytes + peer->have, sizeof(peer->bytes) - peer->have);
	size_t size;

	if (got <= 0)
		return false;
	peer->have += (size_t)got;
	while (peer->have > 0 && (size = request_size(peer->bytes, peer->have)) > 0) {
		if (!answer(seen, fd, peer->bytes, size))
			return false;
		peer->have -= size;
		memmove(peer->bytes, peer->bytes + size, peer->have);
	}
	if (peer->have == sizeof(peer->bytes))
		seen->broken++;
	return peer->have < sizeof(peer->bytes);
}

static void run_sink(struct sink_seen *seen, int listener)
{
	struct peer **peers = mem_calloc(SOCKETS_MOST, sizeof(*peers));
	struct epoll_event events[256], event = {.events = EPOLLIN, .data.fd = listener};
	int epoll = epoll_create1(0), on = 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
	for (;;) {
		int count = epoll_wait(epoll, events, 256, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			if (fd != listener) {
				if (!serve_peer(seen, fd, peers[fd]))
					close(fd);
				continue;
			}
			event.data.fd = accept(listener, NULL, NULL);
			if (event.data.fd < 0 || event.data.fd >= SOCKETS_MOST)
				_exit(1);
			setsockopt(event.data.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
			epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
			free(peers[event.data.fd]);
			peers[event.data.fd] = mem_zalloc(sizeof(struct peer));
		}
	}
}

void sink_start(struct sink *sink)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sink->seen = mmap(NULL, sizeof(*sink->seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sink->seen == MAP_FAILED || bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 4096) != 0 ||
		getsockname(fd, (struct sockaddr *)&at, &size) != 0)
		die("sink");
	sink->port = ntohs(at.sin_port);
	sink->process = fork();
	if (sink->process == 0)
		run_sink(sink->seen, fd);
	close(fd);
}

void sink_stop(struct sink *sink)
{
	kill(sink->process, SIGKILL);
	waitpid(sink->process, NULL, 0);
	munmap(sink->seen, sizeof(*sink->seen));
}

void sink_reset(struct sink *sink)
{
	sink->seen->requests = 0;
}

void sink_wait(const struct sink *sink, uint64_t count)
{
	uint64_t before = 0, since = clock_mono_us();

	while (sink->seen->requests < count) {
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
		if (sink->seen->requests != before) {
			before = sink->seen->requests;
			since = clock_mono_us();
		}
		if (bench_seconds(since) > PATIENCE_S || sink->seen->broken > 0) {
			fprintf(stderr, "the sink saw %llu requests of %llu, %llu broken\n", (unsigned long long)before,
				(unsigned long long)count, (unsigned long long)sink->seen->broken);
			exit(1);
		}
	}
}

double sink_rate(const struct sink *sink)
{
	uint64_t us = sink->seen->last_us - sink->seen->first_us;

	return us > 0 ? (double)(sink->seen->requests - 1) * 1e6 / (double)us : 0;
}

/* ---- the bare client ---- */

static void copy_field(const char *sample, const char *name, char *to, size_t room)
{
	const char *at = strstr(sample, name);

	to[0] = '\0';
	if (at == NULL)
		return;
	at += strlen(name);
	snprintf(to, room, "%.*s", (int)strcspn(at, "\r"), at);
}

void bare_request_of(const struct sink *sink, struct bare_request *request)
{
	const char *sample = sink->seen->sample;
	const char *target = strchr(sample, ' '), *end = strstr(sample, "\r\n\r\n");

	if (target == NULL || end == NULL) {
		fprintf(stderr, "the sink has no sample\n");
		exit(1);
	}
	int written = snprintf(request->target, sizeof(request->target), "%.*s", (int)strcspn(target + 1, " "),
		target + 1);
	snprintf(request->server, sizeof(request->server), "http://127.0.0.1:%u/", sink->port);
	request->body_size = sample[0] == 'P' ? strlen(end + 4) : 0;
	if (written < 0 || (size_t)written >= sizeof(request->target) || request->body_size >= sizeof(request->body))
		die("the sample is too long");
	memcpy(request->body, end + 4, request->body_size);
	request->body[request->body_size] = '\0';
	copy_field(sample, "\r\nUser-Agent: ", request->agent, sizeof(request->agent));
	copy_field(sample, "\r\nContent-Type: ", request->type, sizeof(request->type));
}

struct bare {
	uv_loop_t loop;
	uv_timer_t timer;
	CURLM *multi;
	struct plug **plugs; /* by descriptor */
	unsigned long left; /* requests that are not begun */
	unsigned int running;
};

struct plug {
	uv_poll_t poll;
	struct bare *bare;
	curl_socket_t fd;
	int events;
};

static void drain(struct bare *bare)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(bare->multi, &left)) != NULL) {
		CURL *easy = message->easy_handle;
		if (message->data.result != CURLE_OK) {
			fprintf(stderr, "bare: %s\n", curl_easy_strerror(message->data.result));
			exit(1);
		}
		curl_multi_remove_handle(bare->multi, easy);
		if (bare->left > 0) {
			bare->left--;
			curl_multi_add_handle(bare->multi, easy);
			continue;
		}
		curl_easy_cleanup(easy);
		if (--bare->running == 0)
			uv_stop(&bare->loop);
	}
}

static void work(struct bare *bare, curl_socket_t fd, int bits)
{
	int running;

	curl_multi_socket_action(bare->multi, fd, bits, &running);
	drain(bare);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct plug *plug = poll->data;

	work(plug->bare, plug->fd,
		((events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0) |
			((events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0) | (status < 0 ? CURL_CSELECT_ERR : 0));
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	struct bare *bare = arg;
	struct plug *plug = bare->plugs[fd];
	int events = what == CURL_POLL_OUT ? UV_WRITABLE
		: what == CURL_POLL_INOUT  ? UV_READABLE | UV_WRITABLE
					   : UV_READABLE;

	(void)easy;
	(void)unused;
	if (plug == NULL) {
		plug = bare->plugs[fd] = mem_zalloc(sizeof(*plug));
		uv_poll_init(&bare->loop, &plug->poll, fd);
		plug->poll.data = plug;
		plug->bare = bare;
		plug->fd = fd;
	}
	if (what != CURL_POLL_REMOVE && plug->events != events) {
		plug->events = events;
		uv_poll_start(&plug->poll, events, on_poll);
	}
	return 0;
}

static void on_plug_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static int on_close(void *arg, curl_socket_t fd)
{
	struct bare *bare = arg;

	if (bare->plugs[fd] != NULL) {
		uv_poll_stop(&bare->plugs[fd]->poll);
		uv_close((uv_handle_t *)&bare->plugs[fd]->poll, on_plug_closed);
		bare->plugs[fd] = NULL;
	}
	return close(fd);
}

static void on_time(uv_timer_t *timer)
{
	work(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct bare *bare = arg;

	(void)multi;
	if (ms < 0)
		uv_timer_stop(&bare->timer);
	else
		uv_timer_start(&bare->timer, on_time, (uint64_t)ms, 0);
	return 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	(void)bytes;
	(void)arg;
	return size * count;
}

static void add(struct bare *bare, const struct bare_request *request, struct curl_slist *headers)
{
	CURL *easy = curl_easy_init();

	curl_easy_setopt(easy, CURLOPT_URL, request->server);
	curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, request->target);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, request->agent[0] != '\0' ? request->agent : NULL);
	if (request->body_size > 0) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)request->body_size);
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	}
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, bare);
	curl_multi_add_handle(bare->multi, easy);
	bare->running++;
	bare->left--;
}

struct bare_figure bare_run(struct sink *sink, const struct bare_request *request, unsigned int at_once,
	unsigned long count)
{
	struct bare bare = {.left = count, .plugs = mem_calloc(SOCKETS_MOST, sizeof(*bare.plugs))};
	char type[96];
	double cpu = bench_cpu_s();

	sink_reset(sink);
	snprintf(type, sizeof(type), "Content-Type: %s", request->type);
	struct curl_slist *headers = curl_slist_append(NULL, type);
	uv_loop_init(&bare.loop);
	uv_timer_init(&bare.loop, &bare.timer);
	bare.timer.data = &bare;
	bare.multi = curl_multi_init();
	curl_multi_setopt(bare.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(bare.multi, CURLMOPT_SOCKETDATA, &bare);
	curl_multi_setopt(bare.multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(bare.multi, CURLMOPT_TIMERDATA, &bare);
	for (unsigned int i = 0; i < at_once && bare.left > 0; i++)
		add(&bare, request, headers);
	uv_run(&bare.loop, UV_RUN_DEFAULT);
	struct bare_figure figure = {.cpu_us = (bench_cpu_s() - cpu) * 1e6 / (double)count};
	sink_wait(sink, count);
	figure.rate = sink_rate(sink);
	curl_multi_cleanup(bare.multi);
	uv_close((uv_handle_t *)&bare.timer, NULL);
	uv_run(&bare.loop, UV_RUN_DEFAULT);
	uv_loop_close(&bare.loop);
	curl_slist_free_all(headers);
	free(bare.plugs);
	return figure;
}

unsigned int bare_best(struct sink *sink, const struct bare_request *request, unsigned long count)
{
	static const unsigned int numbers[] = {16, 32, 64};
	unsigned int best = 0;
	double most = 0;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		double tries[3];
		for (int k = 0; k < 3; k++)
			tries[k] = bare_run(sink, request, numbers[i], count).rate;
		double rate = bench_median(tries, 3);
		if (rate > most) {
			most = rate;
			best = numbers[i];
		}
	}
	return best;
}
