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
#include "http/wire.h"

#define CONNECTIONS    32u
#define CONNECT_MS     5000u
#define TOTAL_MS       30000u
#define REPLY_MOST     (64u << 10)
#define IDLE_EASY_MOST 64u
/* Common servers hang up on a waiting connection after 5 s and more; using one of that age invites doubt. */
#define IDLE_CONNECTION_S 4L
#define NAMES_KEPT_S      300L

struct http {
	struct loop *loop;
	struct wire *wire;
	struct list active; /* in the multi */
	struct list finished; /* their `done` is due */
	unsigned int pending;
	struct deferred deliver;
	CURL *idle[IDLE_EASY_MOST];
	unsigned int idle_count;
	bool delivering;
	bool closing;
	bool wire_closing;
	bool wire_closed;
	char *ca_file; /* libcurl's own defaults */
	char *ca_path;
	void (*closed)(void *arg);
	void *closed_arg;
};

struct http_call {
	struct http *http;
	struct link link;
	void (*done)(void *arg, const struct http_reply *reply);
	void *arg;
	CURL *easy; /* while active */
	struct curl_slist *headers;
	char *body;
	struct buf reply;
	uint64_t began_ms;
	bool begun; /* the connection stood and the request began to leave */
	bool again; /* libcurl wanted to send it a second time */
	bool head_whole; /* the empty line after the reply's headers came */
	bool too_big;
	long sent_before; /* CURLINFO_REQUEST_SIZE before the request: what a proxy's CONNECT took */
	enum http_end end;
	long status;
	uint32_t retry_after_ms;
	uint32_t took_ms;
	char reason[CURL_ERROR_SIZE];
};

static long bytes_sent(const struct http_call *call)
{
	long sent = 0;

	curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &sent);
	return sent - call->sent_before;
}

/*
 * The connection stands and the request is about to leave. libcurl sends a request once more by itself when a kept
 * connection died before a byte of reply, although the server may well have acted on it. It asks here first, each time.
 */
static int on_begin(void *arg, char *peer, char *local, int peer_port, int local_port)
{
	struct http_call *call = arg;

	if (call->begun && bytes_sent(call) > 0) {
		call->again = true;
		return CURL_PREREQFUNC_ABORT;
	}
	call->begun = true;
	curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &call->sent_before);
	return CURL_PREREQFUNC_OK;
}

/* libcurl takes a head that was cut off for a whole reply without a body: it is the empty line that tells. */
static size_t on_head(char *line, size_t size, size_t count, void *arg)
{
	struct http_call *call = arg;
	size_t length = size * count;

	if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
		call->head_whole = false; /* after a 100 comes another head */
	else if ((length == 2 && memcmp(line, "\r\n", 2) == 0) || (length == 1 && *line == '\n'))
		call->head_whole = true;
	return length;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct http_call *call = arg;

	if (!buf_add(&call->reply, bytes, size * count)) {
		call->too_big = true;
		return 0;
	}
	return size * count;
}

static CURL *easy_take(struct http *http)
{
	if (http->idle_count > 0)
		return http->idle[--http->idle_count];
	CURL *easy = curl_easy_init();
	REQUIRE(easy != NULL);
	wire_attach(http->wire, easy);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* A dead name server must not stop the loop: a resolver's thread that is given up is left to end by itself. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, NAMES_KEPT_S);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_S);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "crier/" CRIER_VERSION);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_begin);
	return easy;
}

static void easy_give(struct http *http, CURL *easy)
{
	if (http->closing || http->idle_count == IDLE_EASY_MOST) {
		curl_easy_cleanup(easy);
		return;
	}
	/* Nothing of the call may be reached through the handle while it waits. */
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
	http->idle[http->idle_count++] = easy;
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

/* Why a URL is refused, or NULL. What is not looked at closely here is looked at by libcurl before it connects. */
static const char *url_problem(const char *url, bool allow_plain)
{
	for (const unsigned char *c = (const unsigned char *)url; *c != '\0'; c++)
		if (*c <= 0x20 || *c == 0x7f)
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

static const char *request_problem(const struct http_request *request)
{
	const char *problem = url_problem(request->url, request->route->allow_plain_http);

	if (problem == NULL && request->content_type != NULL && !is_line(request->content_type))
		problem = "a header holds a line break";
	for (const char *const *h = request->headers; problem == NULL && h != NULL && *h != NULL; h++)
		if (!is_line(*h))
			problem = "a header holds a line break";
	return problem;
}

static struct curl_slist *make_headers(const struct http_request *request)
{
	/* Without "Expect" libcurl would hold long bodies back, and send anew after a 417. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	if (request->content_type != NULL) {
		char *line = mem_printf("Content-Type: %s", request->content_type);
		list = curl_slist_append(list, line);
		free(line);
	}
	for (const char *const *h = request->headers; h != NULL && *h != NULL; h++)
		list = curl_slist_append(list, *h);
	REQUIRE(list != NULL);
	return list;
}

static void set_route(const struct http *http, CURL *easy, const struct http_route *route)
{
	bool own = route->ca_file != NULL;

	/* An empty proxy keeps the environment's proxies out. */
	curl_easy_setopt(easy, CURLOPT_PROXY, route->proxy != NULL ? route->proxy : "");
	curl_easy_setopt(easy, CURLOPT_INTERFACE, route->source_address);
	curl_easy_setopt(easy, CURLOPT_CAINFO, own ? route->ca_file : http->ca_file);
	curl_easy_setopt(easy, CURLOPT_CAPATH, own ? NULL : http->ca_path);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
		(long)(route->connect_ms > 0 ? route->connect_ms : CONNECT_MS));
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(route->total_ms > 0 ? route->total_ms : TOTAL_MS));
}

static void set_request(struct http_call *call, const struct http_request *request)
{
	CURL *easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	if (strcmp(request->method, "POST") == 0) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
	} else {
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	}
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->reason);
}

static void on_deliver(void *arg);

/* From here on its `done` is due. Requires: what libcurl knew of it was read out. */
static void call_finish(struct http_call *call, enum http_end end)
{
	struct http *http = call->http;

	call->end = end;
	call->took_ms = (uint32_t)(clock_mono_ms() - call->began_ms);
	if (call->easy != NULL) {
		curl_multi_remove_handle(wire_multi(http->wire), call->easy);
		easy_give(http, call->easy);
		call->easy = NULL;
	}
	list_remove(&call->link);
	list_push_back(&http->finished, &call->link);
	if (!http->delivering)
		loop_defer(http->loop, &http->deliver, on_deliver, http);
}

static enum http_end end_without_reply(const struct http_call *call)
{
	if (call->too_big)
		return HTTP_TOO_BIG;
	return call->begun && bytes_sent(call) > 0 ? HTTP_IN_DOUBT : HTTP_NOT_SENT;
}

static void call_completed(struct http_call *call, CURLcode code)
{
	curl_off_t wait_s = 0;
	enum http_end end = HTTP_REPLIED;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->status);
	curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &wait_s);
	if (wait_s > 0)
		call->retry_after_ms = wait_s < 4000000 ? (uint32_t)wait_s * 1000 : 4000000000u;
	if (!call->begun && (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL))
		end = HTTP_REFUSED;
	else if (code != CURLE_OK || !call->head_whole)
		end = end_without_reply(call);
	if (call->again || (code == CURLE_OK && !call->head_whole))
		snprintf(call->reason, sizeof(call->reason), "the connection ended without a reply");
	else if (call->too_big)
		snprintf(call->reason, sizeof(call->reason), "the reply is longer than allowed");
	else if (code != CURLE_OK && call->reason[0] == '\0')
		snprintf(call->reason, sizeof(call->reason), "%s", curl_easy_strerror(code));
	call_finish(call, end);
}

static void call_free(struct http_call *call)
{
	curl_slist_free_all(call->headers);
	free(call->body);
	buf_fini(&call->reply);
	free(call);
}

static void call_done(struct http_call *call)
{
	bool replied = call->end == HTTP_REPLIED;
	struct http_reply reply = {
		.end = call->end,
		.status = call->status,
		.body = buf_text(&call->reply),
		.body_size = call->reply.size,
		.retry_after_ms = call->retry_after_ms,
		.took_ms = call->took_ms,
		.reason = replied ? NULL : call->reason,
	};

	call->done(call->arg, &reply);
	call_free(call);
}

/* The last step: nothing is owed to anybody any more. */
static void http_gone(struct http *http)
{
	void (*closed)(void *arg) = http->closed;
	void *closed_arg = http->closed_arg;

	loop_defer_cancel(http->loop, &http->deliver);
	free(http->ca_file);
	free(http->ca_path);
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
	http->wire_closing = true;
	while (http->idle_count > 0)
		curl_easy_cleanup(http->idle[--http->idle_count]);
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
		struct http_call *call = NULL;
		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode code = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
		call_completed(call, code);
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
	http->ca_file = mem_strdup(path);
	path = NULL;
	curl_easy_getinfo(easy, CURLINFO_CAPATH, &path);
	http->ca_path = mem_strdup(path);
	curl_easy_cleanup(easy);
}

struct http *http_new(struct loop *loop, unsigned int connections)
{
	struct http *http = mem_zalloc(sizeof(*http));

	http->loop = loop;
	list_init(&http->active);
	list_init(&http->finished);
	http->wire = wire_new(loop, connections > 0 ? connections : CONNECTIONS, on_turned, http);
	note_defaults(http);
	return http;
}

struct http_call *http_send(struct http *http, const struct http_request *request,
	void (*done)(void *arg, const struct http_reply *reply), void *arg)
{
	struct http_call *call = mem_zalloc(sizeof(*call));

	REQUIRE(strcmp(request->method, "GET") == 0 || strcmp(request->method, "POST") == 0);
	call->http = http;
	call->done = done;
	call->arg = arg;
	call->began_ms = clock_mono_ms();
	buf_init(&call->reply, request->reply_most > 0 ? request->reply_most : REPLY_MOST);
	list_push_back(&http->active, &call->link);
	http->pending++;
	const char *problem = http->closing ? "closing" : request_problem(request);
	if (problem != NULL) {
		snprintf(call->reason, sizeof(call->reason), "%s", problem);
		call_finish(call, http->closing ? HTTP_NOT_SENT : HTTP_REFUSED);
		return call;
	}
	call->body = mem_strndup(request->body_size > 0 ? request->body : "", request->body_size);
	call->headers = make_headers(request);
	call->easy = easy_take(http);
	set_route(http, call->easy, request->route);
	set_request(call, request);
	REQUIRE(curl_multi_add_handle(wire_multi(http->wire), call->easy) == CURLM_OK);
	return call;
}

static void call_give_up(struct http_call *call, const char *reason)
{
	if (call->easy == NULL)
		return; /* finished already: what was learnt stands */
	enum http_end end = end_without_reply(call);
	snprintf(call->reason, sizeof(call->reason), "%s", reason);
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
	while ((link = list_first(&http->active)) != NULL)
		call_give_up(list_object(link, struct http_call, link), "closing");
	loop_defer(http->loop, &http->deliver, on_deliver, http);
}

unsigned int http_pending(const struct http *http)
{
	return http->pending;
}
