#include "http/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/require.h"
#include "http/easy.h"
#include "http/wire.h"

#define CONNECTIONS 32u
/* What is kept for the next requests when fewer are under way. */
#define IDLE_EASY_MOST 64u
#define IDLE_CALL_MOST 256u
#define ORIGIN_MOST    300u
#define KEPT_MOST      (64u << 10) /* memory that a call not in use may hold on to */
#define WAITING_MOST   (64u << 20) /* bytes of one call that waits: bounded by whoever asks */

/*
 * A server as it is written in addresses. libcurl is given as many requests at once as there may be connections; the others
 * wait here, as libcurl would begin each of them anew, the address taken to pieces, whenever one ends.
 */
struct host {
	struct link in_http;
	unsigned int active;
	struct list waiting;
	bool loopback; /* found to be this very machine, which plain http may reach */
	char origin[]; /* "https://example.cn:8443" */
};

struct http {
	struct loop *loop;
	struct wire *wire;
	unsigned int connections; /* to a host */
	struct list hosts;
	struct list active; /* in the multi */
	struct list finished; /* their `done` is due */
	unsigned int pending;
	struct deferred deliver;
	struct list idle_easies, idle_calls;
	unsigned int idle_easy_count, idle_call_count;
	struct easy_trust trust; /* libcurl's own defaults */
	bool delivering;
	bool closing;
	bool wire_closing;
	bool wire_closed;
	void (*closed)(void *arg);
	void *closed_arg;
};

struct http_call {
	struct http *http;
	struct link link; /* on its host's `waiting`, or on http's `active`, `finished` or `idle_calls` */
	void (*done)(void *arg, const struct http_reply *reply);
	void *arg;
	struct host *host; /* while it waits or is active */
	struct easy *easy; /* since it is active, until it is told */
	bool active;
	struct http_request request; /* as it was asked for; its texts are below while it waits */
	struct buf url, body, lines;
	uint64_t began_ms;
	enum http_end end;
	long status;
	uint32_t retry_after_ms;
	uint32_t took_ms;
	const char *reason;
};

static struct easy *easy_take(struct http *http)
{
	struct link *link = list_first(&http->idle_easies);

	if (link == NULL)
		return easy_new(http->wire, &http->trust);
	list_remove(link);
	http->idle_easy_count--;
	return list_object(link, struct easy, link);
}

static void easy_give(struct http *http, struct easy *easy)
{
	easy->owner = NULL;
	if (http->wire_closing || http->idle_easy_count == IDLE_EASY_MOST) {
		easy_free(easy);
		return;
	}
	http->idle_easy_count++;
	list_insert_after(&http->idle_easies.head, &easy->link); /* the last used is the next: its memory is at hand */
}

static void free_call(struct http_call *call)
{
	buf_fini(&call->url);
	buf_fini(&call->body);
	buf_fini(&call->lines);
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
	buf_init(&call->url, WAITING_MOST);
	buf_init(&call->body, WAITING_MOST);
	buf_init(&call->lines, WAITING_MOST);
	return call;
}

static void call_give(struct http_call *call)
{
	struct http *http = call->http;

	if (http->closing || http->idle_call_count == IDLE_CALL_MOST) {
		free_call(call);
		return;
	}
	if (call->url.room + call->body.room > KEPT_MOST) {
		buf_fini(&call->url);
		buf_fini(&call->body);
	}
	http->idle_call_count++;
	list_insert_after(&http->idle_calls.head, &call->link);
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

static bool is_line(const char *text)
{
	return strpbrk(text, "\r\n") == NULL;
}

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127;
}

/* No byte up to 0x20, and no 0x7f. Eight at a time, as gateways' addresses are long: such a byte leaves its high bit. */
static bool is_visible(const char *text, size_t length)
{
	const uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
	uint64_t found = 0;

	for (; length >= 8; text += 8, length -= 8) {
		uint64_t bytes;
		memcpy(&bytes, text, 8);
		uint64_t del = bytes ^ (0x7f * ones);
		found |= ((bytes - 0x21 * ones) & ~bytes) | ((del - ones) & ~del);
	}
	for (; length > 0; text++, length--) {
		unsigned char byte = (unsigned char)*text;
		if (byte <= 0x20 || byte == 0x7f)
			return false;
	}
	return (found & high) == 0;
}

/* Why a URL is refused, or NULL. What is not looked at closely here is looked at by libcurl before it connects. */
static const char *url_problem(const char *url, bool allow_plain)
{
	if (!is_visible(url, strlen(url)))
		return "the address holds a blank or control character";
	if (strncmp(url, "https://", 8) == 0 || (allow_plain && strncmp(url, "http://", 7) == 0))
		return NULL;
	CURLU *parsed = curl_url();
	char *scheme = NULL, *host = NULL;
	const char *problem = NULL;
	if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
		curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
		curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK || *host == '\0')
		problem = "this is not a web address";
	else if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		problem = "the address is neither https nor http";
	else if (strcmp(scheme, "http") == 0 && !allow_plain && !is_loopback(host))
		problem = "plain http is not allowed here";
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(parsed);
	return problem;
}

static const char *request_problem(const struct http_request *request, bool allow_plain)
{
	const char *problem = url_problem(request->url, allow_plain);

	if (problem == NULL && request->content_type != NULL && !is_line(request->content_type))
		problem = "a header holds a line break";
	for (const char *const *h = request->headers; problem == NULL && h != NULL && *h != NULL; h++)
		if (!is_line(*h))
			problem = "a header holds a line break";
	return problem;
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

static void call_start(struct http_call *call, const struct http_request *request)
{
	struct http *http = call->http;

	call->easy = easy_take(http);
	call->easy->owner = call;
	easy_set(call->easy, request, buf_text(&call->lines), &http->trust);
	call->host->active++;
	call->active = true;
	list_push_back(&http->active, &call->link);
	REQUIRE(curl_multi_add_handle(wire_multi(http->wire), call->easy->curl) == CURLM_OK);
}

/* Until its host has room. */
static void call_wait(struct http_call *call, const struct http_request *request)
{
	buf_clear(&call->url);
	buf_clear(&call->body);
	buf_add_text(&call->url, request->url);
	buf_add(&call->body, request->body, request->body_size);
	REQUIRE(!call->url.full && !call->body.full);
	call->request = *request;
	call->request.url = buf_text(&call->url);
	call->request.body = buf_text(&call->body);
	call->request.content_type = NULL; /* in `lines` */
	call->request.headers = NULL;
	call->request.method = strcmp(request->method, "POST") == 0 ? "POST" : "GET";
	list_push_back(&call->host->waiting, &call->link);
}

static void start_waiting(struct http *http, struct host *host)
{
	struct link *link;

	while (!http->closing && host->active < http->connections && (link = list_first(&host->waiting)) != NULL) {
		struct http_call *call = list_object(link, struct http_call, link);
		list_remove(link);
		call_start(call, &call->request);
	}
}

static void on_deliver(void *arg);

/* From here on its `done` is due. Requires: what libcurl knew of it was read out. */
static void call_finish(struct http_call *call, enum http_end end)
{
	struct http *http = call->http;
	struct host *host = call->host;

	call->end = end;
	call->took_ms = (uint32_t)(clock_mono_ms() - call->began_ms);
	list_remove(&call->link);
	list_push_back(&http->finished, &call->link);
	call->host = NULL;
	if (call->active) {
		curl_multi_remove_handle(wire_multi(http->wire), call->easy->curl);
		call->active = false;
		host->active--;
		start_waiting(http, host);
	}
	if (!http->delivering)
		loop_defer(http->loop, &http->deliver, on_deliver, http);
}

static enum http_end end_without_reply(const struct http_call *call)
{
	if (!call->active)
		return HTTP_NOT_SENT;
	if (call->easy->too_big)
		return HTTP_TOO_BIG;
	return easy_left(call->easy) ? HTTP_IN_DOUBT : HTTP_NOT_SENT;
}

static const char *reason_of(const struct easy *easy, CURLcode code)
{
	if (easy->again || (code == CURLE_OK && !easy->head_whole))
		return "the connection ended without a reply";
	if (easy->too_big)
		return "the reply is longer than allowed";
	return easy->words[0] != '\0' ? easy->words : curl_easy_strerror(code);
}

static void call_completed(struct http_call *call, CURLcode code)
{
	const struct easy *easy = call->easy;
	curl_off_t wait_s = 0;
	enum http_end end = HTTP_REPLIED;

	curl_easy_getinfo(easy->curl, CURLINFO_RESPONSE_CODE, &call->status);
	curl_easy_getinfo(easy->curl, CURLINFO_RETRY_AFTER, &wait_s);
	if (wait_s > 0)
		call->retry_after_ms = wait_s < 4000000 ? (uint32_t)wait_s * 1000 : 4000000000u;
	if (!easy->begun && (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL))
		end = HTTP_REFUSED;
	else if (code != CURLE_OK || !easy->head_whole)
		end = end_without_reply(call);
	call->reason = reason_of(easy, code);
	call_finish(call, end);
}

static void call_done(struct http_call *call)
{
	bool replied = call->end == HTTP_REPLIED;
	struct easy *easy = call->easy;
	struct http_reply reply = {
		.end = call->end,
		.status = call->status,
		.body = easy != NULL ? buf_text(&easy->reply) : "",
		.body_size = easy != NULL ? easy->reply.size : 0,
		.retry_after_ms = call->retry_after_ms,
		.took_ms = call->took_ms,
		.reason = replied ? NULL : call->reason,
	};

	call->done(call->arg, &reply);
	if (easy != NULL)
		easy_give(call->http, easy);
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
	if (closed != NULL)
		closed(closed_arg);
}

static void on_wire_closed(void *arg)
{
	struct http *http = arg;

	http->wire_closed = true;
	if (http->pending == 0)
		http_gone(http);
}

static void close_wire(struct http *http)
{
	struct link *link;

	http->wire_closing = true;
	while ((link = list_first(&http->idle_easies)) != NULL) {
		list_remove(link);
		easy_free(list_object(link, struct easy, link));
	}
	wire_close(http->wire, on_wire_closed, http);
}

static void on_deliver(void *arg)
{
	struct http *http = arg;
	struct link *link;

	http->delivering = true;
	while ((link = list_first(&http->finished)) != NULL) {
		list_remove(link);
		http->pending--;
		call_done(list_object(link, struct http_call, link));
	}
	http->delivering = false;
	if (!http->closing || http->pending > 0)
		return;
	if (http->wire_closed)
		http_gone(http);
	else if (!http->wire_closing)
		close_wire(http);
}

/* libcurl has worked: takes every finished transfer out, also when nothing is running any more, then reports. */
static void on_turned(void *arg)
{
	struct http *http = arg;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(wire_multi(http->wire), &left)) != NULL) {
		struct easy *easy = NULL;
		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode code = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&easy);
		call_completed(easy->owner, code);
	}
	/* We come from the loop, not from a caller's http_send(): the callbacks need not wait for the next turn. */
	if (!http->delivering && !list_empty(&http->finished))
		on_deliver(http);
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

struct http *http_new(struct loop *loop, unsigned int connections)
{
	struct http *http = mem_zalloc(sizeof(*http));

	http->loop = loop;
	http->connections = connections > 0 ? connections : CONNECTIONS;
	list_init(&http->hosts);
	list_init(&http->active);
	list_init(&http->finished);
	list_init(&http->idle_easies);
	list_init(&http->idle_calls);
	http->wire = wire_new(loop, http->connections, on_turned, http);
	note_defaults(http);
	return http;
}

struct http_call *http_send(struct http *http, const struct http_request *request,
	void (*done)(void *arg, const struct http_reply *reply), void *arg)
{
	struct http_call *call = call_take(http);

	REQUIRE(strcmp(request->method, "GET") == 0 || strcmp(request->method, "POST") == 0);
	call->done = done;
	call->arg = arg;
	call->easy = NULL;
	call->host = NULL;
	call->status = 0;
	call->retry_after_ms = 0;
	call->began_ms = clock_mono_ms();
	http->pending++;
	struct host *host = find_host(http, request->url);
	bool allow_plain = request->route->allow_plain_http || (host != NULL && host->loopback);
	call->reason = http->closing ? "closing" : request_problem(request, allow_plain);
	if (call->reason != NULL) {
		call_finish(call, http->closing ? HTTP_NOT_SENT : HTTP_REFUSED);
		return call;
	}
	add_lines(&call->lines, request);
	if (host == NULL)
		host = make_host(http, request->url);
	host->loopback = host->loopback ||
		(!allow_plain && strncmp(request->url, "http://", 7) == 0 && strlen(host->origin) < ORIGIN_MOST);
	call->host = host;
	if (call->host->active < http->connections)
		call_start(call, request);
	else
		call_wait(call, request);
	return call;
}

static void call_give_up(struct http_call *call, const char *reason)
{
	if (call->host == NULL)
		return; /* finished already: what was learnt stands */
	enum http_end end = end_without_reply(call);
	call->reason = reason;
	call_finish(call, end);
}

void http_cancel(struct http_call *call)
{
	call_give_up(call, "given up");
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
			call_give_up(list_object(link, struct http_call, link), "closing");
	}
	while ((link = list_first(&http->active)) != NULL)
		call_give_up(list_object(link, struct http_call, link), "closing");
	loop_defer(http->loop, &http->deliver, on_deliver, http);
}

unsigned int http_pending(const struct http *http)
{
	return http->pending;
}
