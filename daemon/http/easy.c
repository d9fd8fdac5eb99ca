#include "http/easy.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"

#define CONNECT_MS 5000u
#define TOTAL_MS   30000u
#define REPLY_MOST (64u << 10)
#define TEXT_MOST  (64u << 20) /* of what we send: bounded by whoever asks */
#define KEPT_MOST  (64u << 10) /* memory that a waiting handle may hold on to, for each of its buffers */
/* Common servers hang up on a waiting connection after 5 s and more; using one of that age invites doubt. */
#define IDLE_CONNECTION_S 4L
#define NAMES_KEPT_S      300L
/* What libcurl reads at once. Answers are short, and it takes and gives back this memory for every transfer. */
#define READ_SIZE 1024L

static long bytes_sent(const struct easy *easy)
{
	long sent = 0;

	curl_easy_getinfo(easy->curl, CURLINFO_REQUEST_SIZE, &sent);
	return sent - easy->sent_before;
}

bool easy_left(const struct easy *easy)
{
	return easy->begun && bytes_sent(easy) > 0;
}

/*
 * The connection stands and the request is about to leave. libcurl sends a request once more by itself when a kept
 * connection died before a byte of reply, although the server may well have acted on it. It asks here first, each time.
 */
static int on_begin(void *arg, char *peer, char *local, int peer_port, int local_port)
{
	struct easy *easy = arg;

	if (easy_left(easy)) {
		easy->again = true;
		return CURL_PREREQFUNC_ABORT;
	}
	easy->begun = true;
	curl_easy_getinfo(easy->curl, CURLINFO_REQUEST_SIZE, &easy->sent_before);
	return CURL_PREREQFUNC_OK;
}

/* libcurl takes a head that was cut off for a whole reply without a body: it is the empty line that tells. */
static size_t on_head(char *line, size_t size, size_t count, void *arg)
{
	struct easy *easy = arg;
	size_t length = size * count;

	if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
		easy->head_whole = false; /* after a 100 comes another head */
	else if ((length == 2 && memcmp(line, "\r\n", 2) == 0) || (length == 1 && *line == '\n'))
		easy->head_whole = true;
	return length;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct easy *easy = arg;

	if (!buf_add(&easy->reply, bytes, size * count)) {
		easy->too_big = true;
		return 0;
	}
	return size * count;
}

/* What is the same for all requests. */
static void set_once(struct easy *easy)
{
	CURL *curl = easy->curl;

	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, READ_SIZE);
	/* A dead name server must not stop the loop: a resolver's thread that is given up is left to end by itself. */
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(curl, CURLOPT_DNS_CACHE_TIMEOUT, NAMES_KEPT_S);
	curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_S);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* An empty proxy keeps the environment's proxies out. */
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "");
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, easy);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, easy);
	curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_begin);
	curl_easy_setopt(curl, CURLOPT_PREREQDATA, easy);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, easy->words);
	curl_easy_setopt(curl, CURLOPT_PRIVATE, easy);
}

static void set_trust(struct easy *easy, const struct easy_trust *trust)
{
	bool own = easy->ca_file != NULL;

	curl_easy_setopt(easy->curl, CURLOPT_CAINFO, own ? easy->ca_file : trust->file);
	curl_easy_setopt(easy->curl, CURLOPT_CAPATH, own ? NULL : trust->path);
}

struct easy *easy_new(struct wire *wire, const struct easy_trust *trust)
{
	struct easy *easy = mem_zalloc(sizeof(*easy));

	easy->curl = curl_easy_init();
	easy->parsed = curl_url();
	REQUIRE(easy->curl != NULL && easy->parsed != NULL);
	buf_init(&easy->reply, REPLY_MOST);
	buf_init(&easy->server, TEXT_MOST);
	buf_init(&easy->target, TEXT_MOST);
	buf_init(&easy->lines, TEXT_MOST);
	wire_attach(wire, easy->curl);
	set_once(easy);
	set_trust(easy, trust);
	return easy;
}

void easy_free(struct easy *easy)
{
	curl_easy_cleanup(easy->curl);
	curl_url_cleanup(easy->parsed);
	curl_slist_free_all(easy->headers);
	buf_fini(&easy->reply);
	buf_fini(&easy->server);
	buf_fini(&easy->target);
	buf_fini(&easy->lines);
	free(easy->proxy);
	free(easy->source);
	free(easy->ca_file);
	free(easy);
}

/* Puts `text` in the place of *held. Returns false when it stood there already. Both may be NULL. */
static bool replace(char **held, const char *text)
{
	if (*held == text || (*held != NULL && text != NULL && strcmp(*held, text) == 0))
		return false;
	free(*held);
	*held = mem_strdup(text);
	return true;
}

static bool replace_buf(struct buf *held, const char *text, size_t size)
{
	if (held->size == size && (size == 0 || memcmp(held->data, text, size) == 0))
		return false;
	if (held->room > KEPT_MOST)
		buf_fini(held);
	buf_clear(held);
	REQUIRE(buf_add(held, text, size));
	return true;
}

static void set_route(struct easy *easy, const struct http_route *route, const struct easy_trust *trust)
{
	uint32_t connect_ms = route->connect_ms > 0 ? route->connect_ms : CONNECT_MS;
	uint32_t total_ms = route->total_ms > 0 ? route->total_ms : TOTAL_MS;

	if (replace(&easy->proxy, route->proxy))
		curl_easy_setopt(easy->curl, CURLOPT_PROXY, easy->proxy != NULL ? easy->proxy : "");
	if (replace(&easy->source, route->source_address))
		curl_easy_setopt(easy->curl, CURLOPT_INTERFACE, easy->source);
	if (replace(&easy->ca_file, route->ca_file))
		set_trust(easy, trust);
	if (easy->connect_ms != connect_ms)
		curl_easy_setopt(easy->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
	if (easy->total_ms != total_ms)
		curl_easy_setopt(easy->curl, CURLOPT_TIMEOUT_MS, (long)total_ms);
	easy->connect_ms = connect_ms;
	easy->total_ms = total_ms;
}

/*
 * Where the address of the server ends and the request's target begins; the whole length where libcurl has to look at all of
 * it: a proxy is told the whole address, a fragment is left out, a missing path is filled in.
 */
static size_t server_length(const struct http_request *request)
{
	const char *host = strstr(request->url, "://");

	if (host == NULL || request->route->proxy != NULL)
		return strlen(request->url);
	host += 3;
	size_t length = strcspn(host, "/?#");
	if (length == 0 || host[length] != '/' || strchr(host, '#') != NULL)
		return strlen(request->url);
	return (size_t)(host - request->url) + length;
}

/* libcurl learns the server as text, which it goes back to, and taken to pieces, which saves it the work. */
static void set_server(struct easy *easy)
{
	const char *server = buf_text(&easy->server);
	bool parsed = curl_url_set(easy->parsed, CURLUPART_URL, server, CURLU_PATH_AS_IS) == CURLUE_OK;

	curl_easy_setopt(easy->curl, CURLOPT_URL, server);
	curl_easy_setopt(easy->curl, CURLOPT_CURLU, parsed ? easy->parsed : NULL);
}

static void set_url(struct easy *easy, const struct http_request *request)
{
	size_t length = server_length(request);
	const char *target = request->url + length;
	bool targeted = *target != '\0';

	if (replace_buf(&easy->server, request->url, length))
		set_server(easy);
	if (replace_buf(&easy->target, target, strlen(target)) || targeted != easy->targeted)
		curl_easy_setopt(easy->curl, CURLOPT_REQUEST_TARGET, targeted ? target : NULL);
	easy->targeted = targeted;
}

static void set_headers(struct easy *easy, const char *lines)
{
	if (!replace_buf(&easy->lines, lines, strlen(lines)) && easy->headers != NULL)
		return;
	curl_slist_free_all(easy->headers);
	/* Without "Expect" libcurl would hold long bodies back, and send anew after a 417. */
	easy->headers = curl_slist_append(NULL, "Expect:");
	/* As a header of ours libcurl prints it once for a request, as its own option twice. */
	easy->headers = curl_slist_append(easy->headers, "User-Agent: crier/" CRIER_VERSION);
	while (*lines != '\0') {
		size_t length = strcspn(lines, "\n");
		char *line = mem_strndup(lines, length);
		easy->headers = curl_slist_append(easy->headers, line);
		REQUIRE(easy->headers != NULL);
		free(line);
		lines += length + (lines[length] == '\n');
	}
	curl_easy_setopt(easy->curl, CURLOPT_HTTPHEADER, easy->headers);
}

static void set_body(struct easy *easy, const struct http_request *request)
{
	bool post = strcmp(request->method, "POST") == 0;

	if (!post) {
		if (easy->post)
			curl_easy_setopt(easy->curl, CURLOPT_HTTPGET, 1L);
		easy->post = false;
		return;
	}
	if (!easy->post)
		curl_easy_setopt(easy->curl, CURLOPT_POST, 1L);
	easy->post = true;
	curl_easy_setopt(easy->curl, CURLOPT_POSTFIELDS, request->body_size > 0 ? request->body : "");
	curl_easy_setopt(easy->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
}

void easy_set(struct easy *easy, const struct http_request *request, const char *lines, const struct easy_trust *trust)
{
	set_route(easy, request->route, trust);
	set_url(easy, request);
	set_headers(easy, lines);
	set_body(easy, request);
	if (easy->reply.room > KEPT_MOST)
		buf_fini(&easy->reply);
	buf_clear(&easy->reply);
	easy->reply.most = request->reply_most > 0 ? request->reply_most : REPLY_MOST;
	easy->begun = easy->again = easy->head_whole = easy->too_big = false;
	easy->sent_before = 0;
	easy->words[0] = '\0';
}
