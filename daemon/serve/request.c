#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"
#include "serve/state.h"

/* How much of a body that is too long is read before the client is cut off instead of answered. */
#define DISCARD_MOST (4u << 20)

static const char too_long[] = "the request is longer than allowed\n";

static struct serve_request *request_new(struct serve *serve, struct MHD_Connection *connection)
{
	if (serve->free_count == 0)
		return NULL;
	unsigned int slot = serve->free_slots[--serve->free_count];
	/* Each slot keeps its room: what comes a million times should not ask for memory a million times. */
	if (serve->rooms[slot] == NULL)
		serve->rooms[slot] = mem_zalloc(sizeof(*serve->rooms[slot]));
	struct serve_request *request = serve->rooms[slot];
	*request = (struct serve_request){0};
	request->serve = serve;
	request->connection = connection;
	request->id = ++serve->serial * SERVE_CONNECTIONS + slot;
	buf_init(&request->body, SERVE_BODY_MOST);
	buf_init(&request->out, SERVE_STREAM_MOST);
	serve->slots[slot] = request;
	return request;
}

/* Gives back one of ours; the kept one stays. */
static void release(const struct serve *serve, struct MHD_Response *response)
{
	if (response != NULL && response != serve->empty)
		MHD_destroy_response(response);
}

void serve_on_completed(void *arg, struct MHD_Connection *connection, void **at, enum MHD_RequestTerminationCode why)
{
	struct serve *serve = arg;
	struct serve_request *request = *at;

	if (request == NULL)
		return;
	*at = NULL;
	serve_visitor_answered(serve, connection);
	uint64_t id = request->id;
	unsigned int slot = (unsigned int)(id % SERVE_CONNECTIONS);
	bool owed = request->state == REQUEST_WAITING || (request->state == REQUEST_STREAM && !request->ending);
	serve->slots[slot] = NULL;
	serve->free_slots[serve->free_count++] = slot;
	if (request->state == REQUEST_STREAM)
		serve->streams--;
	if (request->state == REQUEST_WAITING && !request->suspended)
		serve->polled--;
	release(serve, request->response);
	buf_fini(&request->body);
	buf_fini(&request->out);
	if (owed && !serve->closing && serve->gone != NULL)
		serve->gone(serve->arg, id);
}

static struct serve_request *find(const struct serve *serve, uint64_t id)
{
	struct serve_request *request = serve->slots[id % SERVE_CONNECTIONS];

	return request != NULL && request->id == id && !serve->closing ? request : NULL;
}

static void add_header_line(struct MHD_Response *response, const char *line)
{
	const char *colon = strchr(line, ':');

	if (colon == NULL)
		return;
	char *name = mem_strndup(line, (size_t)(colon - line));
	MHD_add_response_header(response, name, colon + 1 + strspn(colon + 1, " "));
	free(name);
}

void serve_add_headers(struct MHD_Response *response, const struct serve_reply *reply, const char *type)
{
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type != NULL ? reply->type : type);
	for (const char *const *line = reply->headers; line != NULL && *line != NULL; line++)
		add_header_line(response, *line);
}

struct cut {
	char *bytes;
	size_t size; /* of what is sent before it breaks off */
};

static ssize_t on_cut_read(void *arg, uint64_t at, char *out, size_t most)
{
	struct cut *cut = arg;

	if (at >= cut->size)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	size_t size = cut->size - (size_t)at < most ? cut->size - (size_t)at : most;
	memcpy(out, cut->bytes + at, size);
	return (ssize_t)size;
}

static void on_cut_free(void *arg)
{
	struct cut *cut = arg;

	free(cut->bytes);
	free(cut);
}

static struct MHD_Response *cut_response(const struct serve_reply *reply)
{
	struct cut *cut = mem_zalloc(sizeof(*cut));

	cut->size = reply->cut_after < reply->body_size ? reply->cut_after : reply->body_size;
	cut->bytes = mem_strndup(cut->size > 0 ? reply->body : "", cut->size);
	if (reply->body_kind == SERVE_TAKE)
		free((void *)(uintptr_t)reply->body);
	/* One byte more is announced than can come, so that a cut behind the last byte is a cut as well. */
	return MHD_create_response_from_callback(reply->body_size + (cut->size == reply->body_size), 4096, on_cut_read,
		cut, on_cut_free);
}

void serve_forget_empty(struct serve *serve)
{
	if (serve->empty != NULL)
		MHD_destroy_response(serve->empty);
	free(serve->empty_type);
	serve->empty = NULL;
	serve->empty_type = NULL;
}

/* Providers are answered millions of times with nothing but a status: all of them share one reply. */
static struct MHD_Response *empty_response(struct serve *serve, const char *type)
{
	if (serve->empty != NULL && strcmp(serve->empty_type, type) == 0)
		return serve->empty;
	serve_forget_empty(serve);
	serve->empty = MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
	REQUIRE(serve->empty != NULL);
	serve->empty_type = mem_strdup(type);
	MHD_add_response_header(serve->empty, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	return serve->empty;
}

static const char plain[] = "text/plain; charset=utf-8";

static struct MHD_Response *make_response(struct serve *serve, const struct serve_reply *reply)
{
	static const enum MHD_ResponseMemoryMode modes[] = {
		[SERVE_COPY] = MHD_RESPMEM_MUST_COPY,
		[SERVE_TAKE] = MHD_RESPMEM_MUST_FREE,
		[SERVE_STATIC] = MHD_RESPMEM_PERSISTENT,
	};
	struct MHD_Response *response;

	if (reply->cut)
		response = cut_response(reply);
	else if (reply->body_size == 0 && reply->body_kind != SERVE_TAKE && reply->headers == NULL)
		return empty_response(serve, reply->type != NULL ? reply->type : plain);
	else
		response = MHD_create_response_from_buffer(reply->body_size, (void *)(uintptr_t)reply->body,
			modes[reply->body_kind]);
	REQUIRE(response != NULL);
	serve_add_headers(response, reply, plain);
	return response;
}

/* Hands a response over; the daemon keeps its own reference. */
static enum MHD_Result queue(struct serve_request *request, unsigned int status, struct MHD_Response *response)
{
	if (request->state != REQUEST_STREAM)
		request->state = REQUEST_ANSWERED;
	enum MHD_Result result = MHD_queue_response(request->connection, status != 0 ? status : MHD_HTTP_OK, response);
	release(request->serve, response);
	return result;
}

static enum MHD_Result answer_too_long(struct serve_request *request)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(sizeof(too_long) - 1,
		(void *)(uintptr_t)too_long, MHD_RESPMEM_PERSISTENT);

	REQUIRE(response != NULL);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	return queue(request, MHD_HTTP_CONTENT_TOO_LARGE, response);
}

static enum MHD_Result ask_handler(struct serve_request *request)
{
	struct serve *serve = request->serve;
	struct serve_reply reply = {0};

	serve_visitor_asked(request->connection);
	switch (serve->handler(serve->arg, request, &reply)) {
	case SERVE_ANSWER:
		return queue(request, reply.status, make_response(serve, &reply));
	case SERVE_LATER:
		request->state = REQUEST_WAITING;
		request->since_ms = serve->now_ms;
		serve->polled++;
		return MHD_YES;
	case SERVE_STREAM:
		request->state = REQUEST_STREAM;
		return queue(request, reply.status, serve_stream_response(request, &reply));
	case SERVE_DROP:
		break;
	}
	request->state = REQUEST_ANSWERED;
	return MHD_NO;
}

static enum MHD_Result begin(struct serve *serve, struct MHD_Connection *connection, void **at)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
	struct serve_request *request = request_new(serve, connection);

	if (request == NULL)
		return MHD_NO;
	*at = request;
	if (length != NULL && strtoull(length, NULL, 10) > SERVE_BODY_MOST)
		return answer_too_long(request);
	return MHD_YES;
}

static enum MHD_Result take_body(struct serve_request *request, const char *bytes, size_t *size)
{
	request->body_seen += *size;
	if (request->body_seen > DISCARD_MOST)
		return MHD_NO;
	if (request->body_seen <= SERVE_BODY_MOST)
		buf_add(&request->body, bytes, *size);
	*size = 0;
	return MHD_YES;
}

/* Offered again without an answer: left so for a while, then no more. */
static enum MHD_Result wait_on(struct serve_request *request)
{
	struct serve *serve = request->serve;

	if (request->suspended || serve->now_ms - request->since_ms < SERVE_POLL_MS)
		return MHD_YES;
	request->suspended = true;
	serve->polled--;
	MHD_suspend_connection(request->connection);
	return MHD_YES;
}

/* Called at the head, for each part of the body, at the end, and again while it waits and after a suspension. */
enum MHD_Result serve_on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *upload, size_t *upload_size, void **at)
{
	struct serve_request *request = *at;

	if (request != NULL && request->state == REQUEST_WAITING)
		return wait_on(request);
	if (request == NULL)
		return begin(arg, connection, at);
	if (request->state == REQUEST_READY) {
		struct MHD_Response *response = request->response;
		request->response = NULL;
		request->state = REQUEST_ANSWERED;
		return response != NULL ? queue(request, request->status, response) : MHD_NO;
	}
	if (request->state != REQUEST_READING)
		return MHD_YES;
	if (*upload_size > 0)
		return take_body(request, upload, upload_size);
	if (request->body_seen > SERVE_BODY_MOST)
		return answer_too_long(request);
	request->method = method;
	request->path = url;
	return ask_handler(request);
}

/* A waiting request is to be offered once more. */
static void ready(struct serve_request *request)
{
	request->state = REQUEST_READY;
	if (request->suspended)
		MHD_resume_connection(request->connection);
	else
		request->serve->polled--;
	request->suspended = false;
}

bool serve_answer(struct serve *serve, uint64_t id, const struct serve_reply *reply)
{
	struct serve_request *request = find(serve, id);

	if (request == NULL || request->state != REQUEST_WAITING) {
		if (reply->body_kind == SERVE_TAKE)
			free((void *)(uintptr_t)reply->body);
		return false;
	}
	request->response = make_response(serve, reply);
	request->status = reply->status;
	ready(request);
	serve_kick(serve);
	return true;
}

void serve_break(struct serve_request *request)
{
	if (request->state == REQUEST_WAITING) {
		ready(request); /* without a response */
	} else if (request->state == REQUEST_STREAM) {
		request->ending = true;
		serve_stream_wake(request);
	}
}

void serve_drop(struct serve *serve, uint64_t id)
{
	struct serve_request *request = find(serve, id);

	if (request == NULL)
		return;
	serve_break(request);
	serve_kick(serve);
}

bool serve_push(struct serve *serve, uint64_t id, const void *bytes, size_t size)
{
	struct serve_request *request = find(serve, id);

	if (request == NULL || request->state != REQUEST_STREAM || request->ending || request->broken)
		return false;
	if (!buf_add(&request->out, bytes, size))
		request->broken = true;
	serve_stream_wake(request);
	serve_kick(serve);
	return !request->broken;
}

const char *serve_method(const struct serve_request *request)
{
	return request->method;
}

const char *serve_path(const struct serve_request *request)
{
	return request->path;
}

const char *serve_query(const struct serve_request *request, const char *name)
{
	const char *value = NULL;
	size_t size;

	if (MHD_lookup_connection_value_n(request->connection, MHD_GET_ARGUMENT_KIND, name, strlen(name), &value,
		    &size) != MHD_YES)
		return NULL;
	return value != NULL ? value : "";
}

const char *serve_header(const struct serve_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

struct walk {
	void (*each)(void *arg, const char *name, const char *value);
	void *arg;
};

static enum MHD_Result on_query(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct walk *walk = arg;

	walk->each(walk->arg, name, value != NULL ? value : "");
	return MHD_YES;
}

void serve_each_query(const struct serve_request *request, void (*each)(void *arg, const char *name, const char *value),
	void *arg)
{
	struct walk walk = {each, arg};

	MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, on_query, &walk);
}

const char *serve_body(const struct serve_request *request, size_t *size)
{
	*size = request->body.size;
	return buf_text(&request->body);
}

const char *serve_peer(const struct serve_request *at)
{
	struct serve_request *request = at->serve->slots[at->id % SERVE_CONNECTIONS];
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(request->connection,
		MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info != NULL ? info->client_addr : NULL;

	if (address != NULL && address->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, request->peer,
			sizeof(request->peer));
	else if (address != NULL && address->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, request->peer,
			sizeof(request->peer));
	/* An IPv4 client of a socket that listens on both. */
	return strncmp(request->peer, "::ffff:", 7) == 0 ? request->peer + 7 : request->peer;
}

uint64_t serve_id(const struct serve_request *request)
{
	return request->id;
}
