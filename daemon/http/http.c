#include "http/http.h"

#include <curl/curl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/require.h"
#include "http/courier.h"
#include "http/easy.h"
#include "http/refusal.h"

#define CONNECTIONS    32u
#define IDLE_CALL_MOST 256u /* kept for the next requests when fewer are under way */
#define ORIGIN_MOST    300u
#define KEPT_MOST      (64u << 10) /* memory that a call not in use may hold on to */
#define TEXT_MOST      (64u << 20) /* bytes of one call: bounded by whoever asks */

/*
 * A server as it is written in addresses. The couriers are given as many requests at once as there may be connections; the
 * others wait here, as libcurl would begin each of them anew, the address taken to pieces, whenever one ends.
 */
struct host {
	struct link in_http;
	unsigned int out[HTTP_APART_MOST]; /* calls, by courier */
	struct list waiting;
	bool loopback; /* found to be this very machine, which plain http may reach */
	char origin[]; /* "https://example.cn:8443" */
};

struct http {
	struct loop *loop;
	unsigned int connections; /* to a host, of each courier */
	struct list hosts;
	struct list out; /* with a courier */
	struct list refused; /* their `done` is due, no courier has them */
	struct deferred deliver;
	unsigned int pending;
	struct list idle_calls;
	unsigned int idle_call_count;
	struct easy_trust trust; /* libcurl's own defaults */
	struct runner {
		struct courier *courier;
		unsigned int out; /* calls with it */
	} runners[HTTP_APART_MOST];
	unsigned int runner_count, runners_open;
	bool closing;
	bool ending; /* all is told: the couriers are being closed */
	void (*closed)(void *arg);
	void *closed_arg;
};

struct http_call {
	struct http *http;
	struct link link; /* on its host's `waiting`, or on http's `out`, `refused` or `idle_calls` */
	void (*done)(void *arg, const struct http_reply *reply);
	void *arg;
	struct host *host; /* while it waits or is out */
	struct runner *runner; /* while it is out */
	struct transfer transfer;
};

static void free_call(struct http_call *call)
{
	buf_fini(&call->transfer.url);
	buf_fini(&call->transfer.body);
	buf_fini(&call->transfer.lines);
	buf_fini(&call->transfer.reply);
	free(call);
}

static struct http_call *call_take(struct http *http)
{
	struct link *link = list_first(&http->idle_calls);
	struct http_call *call;

	if (link != NULL) {
		list_remove(link);
		http->idle_call_count--;
		return list_object(link, struct http_call, link);
	}
	call = mem_zalloc(sizeof(*call));
	call->http = http;
	buf_init(&call->transfer.url, TEXT_MOST);
	buf_init(&call->transfer.body, TEXT_MOST);
	buf_init(&call->transfer.lines, TEXT_MOST);
	buf_init(&call->transfer.reply, TEXT_MOST);
	return call;
}

static void call_give(struct http_call *call)
{
	struct http *http = call->http;
	struct transfer *transfer = &call->transfer;

	if (http->closing || http->idle_call_count == IDLE_CALL_MOST) {
		free_call(call);
		return;
	}
	if (transfer->url.room + transfer->body.room + transfer->reply.room > KEPT_MOST) {
		buf_fini(&transfer->url);
		buf_fini(&transfer->body);
		buf_fini(&transfer->reply);
	}
	http->idle_call_count++;
	list_insert_after(&http->idle_calls.head, &call->link); /* the last used is the next: its memory is at hand */
}

static size_t origin_length(const char *url)
{
	const char *name = strstr(url, "://");
	size_t length = name != NULL ? (size_t)(name + 3 - url) + strcspn(name + 3, "/?#") : 0;

	return length < ORIGIN_MOST ? length : ORIGIN_MOST;
}

/* NULL when nothing was sent there yet. */
static struct host *find_host(struct http *http, const char *url)
{
	size_t length = origin_length(url);

	for (struct link *link = list_first(&http->hosts); link != NULL; link = list_next(&http->hosts, link)) {
		struct host *host = list_object(link, struct host, in_http);
		if (strncmp(host->origin, url, length) != 0 || host->origin[length] != '\0')
			continue;
		if (link != list_first(&http->hosts)) {
			list_remove(link); /* requests come in runs to the same one */
			list_insert_after(&http->hosts.head, link);
		}
		return host;
	}
	return NULL;
}

/* There are as many as the configuration names: they stay. */
static struct host *make_host(struct http *http, const char *url)
{
	size_t length = origin_length(url);
	struct host *host = mem_zalloc(sizeof(*host) + length + 1);

	memcpy(host->origin, url, length);
	list_init(&host->waiting);
	list_insert_after(&http->hosts.head, &host->in_http);
	return host;
}

/* Content type and further headers, a line each. */
static void add_lines(struct buf *lines, const struct http_request *request)
{
	buf_clear(lines);
	if (request->content_type != NULL) {
		buf_add_text(lines, "Content-Type: ");
		buf_add_text(lines, request->content_type);
		buf_add_byte(lines, '\n');
	}
	for (const char *const *h = request->headers; h != NULL && *h != NULL; h++) {
		buf_add_text(lines, *h);
		buf_add_byte(lines, '\n');
	}
	REQUIRE(!lines->full);
}

static void copy_request(struct transfer *transfer, const struct http_request *request)
{
	buf_clear(&transfer->url);
	buf_clear(&transfer->body);
	buf_add_text(&transfer->url, request->url);
	buf_add(&transfer->body, request->body, request->body_size);
	REQUIRE(!transfer->url.full && !transfer->body.full);
	add_lines(&transfer->lines, request);
	transfer->request = *request;
	transfer->request.url = buf_text(&transfer->url);
	transfer->request.body = buf_text(&transfer->body);
	transfer->request.content_type = NULL; /* in `lines` */
	transfer->request.headers = NULL;
	transfer->request.method = strcmp(request->method, "POST") == 0 ? "POST" : "GET";
}

/*
 * The courier with the fewest calls that may have one more to this host; NULL when none may. In quiet times that is always the
 * first, whose connections are kept.
 */
static struct runner *find_runner(struct http *http, const struct host *host)
{
	struct runner *found = NULL;

	for (unsigned int i = 0; i < http->runner_count; i++) {
		struct runner *runner = &http->runners[i];
		if (host->out[i] < http->connections && (found == NULL || runner->out < found->out))
			found = runner;
	}
	return found;
}

static void call_start(struct http_call *call, struct runner *runner)
{
	struct http *http = call->http;

	call->runner = runner;
	runner->out++;
	call->host->out[runner - http->runners]++;
	list_push_back(&http->out, &call->link);
	courier_send(runner->courier, &call->transfer);
}

static void start_waiting(struct http *http, struct host *host)
{
	struct runner *runner;
	struct link *link;

	while (!http->closing && (link = list_first(&host->waiting)) != NULL &&
		(runner = find_runner(http, host)) != NULL) {
		list_remove(link);
		call_start(list_object(link, struct http_call, link), runner);
	}
}

static void on_deliver(void *arg);

static void call_refuse(struct http_call *call, enum http_end end, const char *reason)
{
	struct http *http = call->http;

	list_remove(&call->link);
	call->host = NULL;
	call->transfer.end = end;
	call->transfer.status = 0;
	call->transfer.retry_after_ms = call->transfer.took_ms = 0;
	call->transfer.reason = reason;
	buf_clear(&call->transfer.reply);
	list_push_back(&http->refused, &call->link);
	loop_defer(http->loop, &http->deliver, on_deliver, http);
}

static void call_done(struct http_call *call)
{
	const struct transfer *transfer = &call->transfer;
	struct http_reply reply = {
		.end = transfer->end,
		.status = transfer->status,
		.body = buf_text(&transfer->reply),
		.body_size = transfer->reply.size,
		.retry_after_ms = transfer->retry_after_ms,
		.took_ms = transfer->took_ms,
		.reason = transfer->reason,
	};

	call->http->pending--;
	call->done(call->arg, &reply);
	call_give(call);
}

/* The last step: nothing is owed to anybody any more. */
static void http_gone(struct http *http)
{
	void (*closed)(void *arg) = http->closed;
	void *closed_arg = http->closed_arg;
	struct link *link;

	loop_defer_cancel(http->loop, &http->deliver);
	while ((link = list_first(&http->idle_calls)) != NULL) {
		list_remove(link);
		free_call(list_object(link, struct http_call, link));
	}
	while ((link = list_first(&http->hosts)) != NULL) {
		list_remove(link);
		free(list_object(link, struct host, in_http));
	}
	free(http->trust.file);
	free(http->trust.path);
	free(http);
	curl_global_cleanup();
	if (closed != NULL)
		closed(closed_arg);
}

static void on_courier_closed(void *arg)
{
	struct http *http = arg;

	if (--http->runners_open == 0 && http->pending == 0)
		http_gone(http);
}

static void close_couriers(struct http *http)
{
	http->ending = true;
	for (unsigned int i = 0; i < http->runner_count; i++)
		courier_close(http->runners[i].courier, on_courier_closed, http);
}

static void on_deliver(void *arg)
{
	struct http *http = arg;
	struct link *link;

	while ((link = list_first(&http->refused)) != NULL) {
		list_remove(link);
		call_done(list_object(link, struct http_call, link));
	}
	if (!http->closing || http->pending > 0)
		return;
	if (!http->ending)
		close_couriers(http);
	else if (http->runners_open == 0)
		http_gone(http);
}

/* A courier has brought the answer. The connection has its next request before anybody thinks about this reply. */
static void on_carried(void *arg, struct transfer *transfer)
{
	struct http *http = arg;
	struct http_call *call = list_object(transfer, struct http_call, transfer);
	struct host *host = call->host;

	list_remove(&call->link);
	call->runner->out--;
	host->out[call->runner - http->runners]--;
	call->host = NULL;
	call->runner = NULL;
	start_waiting(http, host);
	call_done(call);
	if (http->closing && http->pending == 0)
		loop_defer(http->loop, &http->deliver, on_deliver, http);
}

static void note_defaults(struct http *http)
{
	CURL *easy = curl_easy_init();
	char *path = NULL;

	REQUIRE(easy != NULL);
	curl_easy_getinfo(easy, CURLINFO_CAINFO, &path);
	http->trust.file = mem_strdup(path);
	path = NULL;
	curl_easy_getinfo(easy, CURLINFO_CAPATH, &path);
	http->trust.path = mem_strdup(path);
	curl_easy_cleanup(easy);
}

unsigned int http_couriers(void)
{
	cpu_set_t processors;
	int count = sched_getaffinity(0, sizeof(processors), &processors) == 0 ? CPU_COUNT(&processors) : 1;

	return count >= 4 ? 2 : 1;
}

struct http *http_new(struct loop *loop, unsigned int connections, unsigned int apart)
{
	struct http *http = mem_zalloc(sizeof(*http));

	REQUIRE(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK && apart <= HTTP_APART_MOST);
	http->loop = loop;
	http->runner_count = http->runners_open = apart > 0 ? apart : 1;
	connections = connections > 0 ? connections : CONNECTIONS;
	http->connections = (connections + http->runner_count - 1) / http->runner_count;
	list_init(&http->hosts);
	list_init(&http->out);
	list_init(&http->refused);
	list_init(&http->idle_calls);
	note_defaults(http);
	for (unsigned int i = 0; i < http->runner_count; i++)
		http->runners[i].courier = courier_new(loop, apart > 0, &http->trust, on_carried, http);
	return http;
}

struct http_call *http_send(struct http *http, const struct http_request *request,
	void (*done)(void *arg, const struct http_reply *reply), void *arg)
{
	struct http_call *call = call_take(http);

	REQUIRE(strcmp(request->method, "GET") == 0 || strcmp(request->method, "POST") == 0);
	call->done = done;
	call->arg = arg;
	call->host = NULL;
	call->runner = NULL;
	http->pending++;
	struct host *host = find_host(http, request->url);
	bool allow_plain = request->route->allow_plain_http || (host != NULL && host->loopback);
	const char *problem = http->closing ? "closing" : refusal_of(request, allow_plain);
	if (problem != NULL) {
		call_refuse(call, http->closing ? HTTP_NOT_SENT : HTTP_REFUSED, problem);
		return call;
	}
	if (host == NULL)
		host = make_host(http, request->url);
	host->loopback = host->loopback ||
		(!allow_plain && strncmp(request->url, "http://", 7) == 0 && strlen(host->origin) < ORIGIN_MOST);
	copy_request(&call->transfer, request);
	call->host = host;
	struct runner *runner = find_runner(http, host);
	if (runner != NULL)
		call_start(call, runner);
	else
		list_push_back(&host->waiting, &call->link);
	return call;
}

void http_cancel(struct http_call *call)
{
	if (call->runner != NULL)
		courier_give_up(call->runner->courier, &call->transfer);
	else if (call->host != NULL)
		call_refuse(call, HTTP_NOT_SENT, "given up");
}

void http_close(struct http *http, void (*closed)(void *arg), void *arg)
{
	struct link *link;

	if (http->closing)
		return;
	http->closing = true;
	http->closed = closed;
	http->closed_arg = arg;
	for (struct link *at = list_first(&http->hosts); at != NULL; at = list_next(&http->hosts, at)) {
		struct host *host = list_object(at, struct host, in_http);
		while ((link = list_first(&host->waiting)) != NULL)
			http_cancel(list_object(link, struct http_call, link));
	}
	for (link = list_first(&http->out); link != NULL; link = list_next(&http->out, link))
		http_cancel(list_object(link, struct http_call, link));
	loop_defer(http->loop, &http->deliver, on_deliver, http);
}

unsigned int http_pending(const struct http *http)
{
	return http->pending;
}
