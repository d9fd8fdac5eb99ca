#include "world/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/require.h"

#define BODY_MOST             (1u << 20)
#define STREAM_MOST           (1u << 20)
#define MEMORY_PER_CONNECTION (64u << 10)
#define CONNECTIONS_MOST      2000u
#define HANG_MS               (10u * 60u * 1000u)
#define DRIP_MS               1000u
#define HUGE_SIZE             ((size_t)64 << 20)

struct world_httpd {
	struct loop *loop;
	struct MHD_Daemon *daemon;
	uv_poll_t poll;
	uint16_t port;
	const struct world_httpd_events *events;
	void *arg;
	struct list calls;
	struct deferred again;
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

struct world_stream {
	struct buf out;
	void (*ended)(void *arg, struct world_stream *stream);
	void *arg;
	bool idle; /* suspended because there is nothing to say */
	bool over;
	struct world_call *call;
};

struct world_call {
	struct link on_list;
	struct world_httpd *httpd;
	struct MHD_Connection *connection;
	char *method, *path, *query;
	struct buf body;
	int tag;
	bool begun, asked, ready, suspended;
	bool due; /* the next byte of an answer that comes in drops */
	struct timer later;
	struct MHD_Response *response;
	unsigned int status;
	enum world_ending ending;
	struct world_stream *stream;
};

/* ---- the server on the loop ---- */

static void pump(void *arg)
{
	struct world_httpd *httpd = arg;
	MHD_UNSIGNED_LONG_LONG wait;

	if (httpd->closing)
		return;
	for (int i = 0; i < 8; i++) {
		MHD_run(httpd->daemon);
		if (MHD_get_timeout(httpd->daemon, &wait) != MHD_YES || wait > 0)
			return;
	}
	/* It has more to do; everybody else on the loop gets a turn first. */
	loop_defer(httpd->loop, &httpd->again, pump, httpd);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	pump(poll->data);
}

/* A closing connection then sends a reset instead of an orderly end. */
static void arm_reset(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	if (info != NULL)
		setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

/* The whole answer has left: what the library would not do. */
static void misbehave(const struct world_call *call)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(call->connection,
		MHD_CONNECTION_INFO_CONNECTION_FD);

	if (info != NULL && call->ending == WORLD_HANG_UP)
		shutdown(info->connect_fd, SHUT_RDWR);
	if (info != NULL && call->ending == WORLD_TOO_LONG)
		send(info->connect_fd, call->body.data, call->body.size, MSG_NOSIGNAL);
}

/* ---- one request ---- */

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct world_httpd *httpd = cls;
	struct world_call *call = mem_zalloc(sizeof(*call));
	const char *question = strchr(uri, '?');

	call->httpd = httpd;
	call->connection = connection;
	call->query = mem_strdup(question == NULL ? "" : question + 1);
	buf_init(&call->body, BODY_MOST);
	list_push_back(&httpd->calls, &call->on_list);
	return call;
}

static void free_stream(struct world_call *call)
{
	struct world_stream *stream = call->stream;

	if (stream == NULL)
		return;
	call->stream = NULL;
	stream->ended(stream->arg, stream);
	buf_fini(&stream->out);
	free(stream);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
	enum MHD_RequestTerminationCode code)
{
	struct world_call *call = *con_cls;

	if (call == NULL)
		return;
	*con_cls = NULL;
	if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		misbehave(call);
	list_remove(&call->on_list);
	if (call->later.loop != NULL)
		timer_disarm(&call->later);
	free_stream(call);
	if (call->response != NULL)
		MHD_destroy_response(call->response);
	free(call->method);
	free(call->path);
	free(call->query);
	buf_fini(&call->body);
	free(call);
}

static enum MHD_Result queue(struct world_call *call)
{
	if (call->ending == WORLD_RESET_MIDDLE || call->ending == WORLD_RESET || call->ending == WORLD_HANG)
		arm_reset(call->connection);
	if (call->response == NULL)
		return MHD_NO;
	return MHD_queue_response(call->connection, call->status, call->response);
}

static enum MHD_Result begin(struct world_call *call, const char *url, const char *method)
{
	const struct world_httpd *httpd = call->httpd;

	call->begun = true;
	call->method = mem_strdup(method);
	call->path = mem_strdup(url);
	if (httpd->events->begun == NULL || httpd->events->begun(httpd->arg, call))
		return MHD_YES;
	arm_reset(call->connection);
	return MHD_NO;
}

static void ask(struct world_call *call)
{
	static const struct world_answer too_big = {.status = 413, .type = "text/plain"};

	call->asked = true;
	if (call->body.full)
		world_call_answer(call, &too_big, 0);
	else
		call->httpd->events->asked(call->httpd->arg, call);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *upload, size_t *upload_size, void **con_cls)
{
	struct world_call *call = *con_cls;

	if (call == NULL)
		return MHD_NO;
	if (!call->begun)
		return begin(call, url, method);
	if (*upload_size > 0) {
		buf_add(&call->body, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (!call->asked)
		ask(call);
	if (call->ready)
		return queue(call);
	call->suspended = true;
	MHD_suspend_connection(connection);
	return MHD_YES;
}

/* ---- answers ---- */

static void be_ready(void *arg)
{
	struct world_call *call = arg;

	call->ready = true;
	if (!call->suspended)
		return; /* on_request() is about to look */
	call->suspended = false;
	MHD_resume_connection(call->connection);
	loop_defer(call->httpd->loop, &call->httpd->again, pump, call->httpd);
}

/* A body that does not come as it was announced. */
struct odd {
	struct world_call *call;
	enum world_ending ending;
	size_t size; /* bytes that come */
	char bytes[];
};

static void go_on(void *arg)
{
	struct world_call *call = arg;

	call->due = true;
	if (!call->suspended)
		return;
	call->suspended = false;
	MHD_resume_connection(call->connection);
	loop_defer(call->httpd->loop, &call->httpd->again, pump, call->httpd);
}

/* The reader is asked again when `ms` have passed. */
static ssize_t pause_for(struct world_call *call, uint32_t ms)
{
	timer_init(&call->later, call->httpd->loop, go_on, call);
	timer_arm(&call->later, ms);
	call->suspended = true;
	MHD_suspend_connection(call->connection);
	return 0;
}

static ssize_t read_odd(void *cls, uint64_t at, char *out, size_t most)
{
	const struct odd *odd = cls;
	struct world_call *call = odd->call;
	size_t left = at < odd->size ? odd->size - (size_t)at : 0;

	if (left == 0 && odd->ending == WORLD_HUGE) {
		memset(out, ' ', most);
		return (ssize_t)most;
	}
	if (left == 0 && odd->ending == WORLD_STALL && !call->due)
		return pause_for(call, HANG_MS);
	if (left == 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (odd->ending == WORLD_DRIP && !call->due)
		return pause_for(call, DRIP_MS);
	if (odd->ending == WORLD_DRIP) {
		call->due = false;
		left = 1;
	}
	if (left > most)
		left = most;
	memcpy(out, odd->bytes + at, left);
	return (ssize_t)left;
}

static struct MHD_Response *make_odd(struct world_call *call, const struct world_answer *answer)
{
	struct odd *odd = mem_zalloc(sizeof(*odd) + answer->size);
	size_t announced = answer->ending == WORLD_HUGE ? HUGE_SIZE : answer->size;

	odd->call = call;
	odd->ending = answer->ending;
	odd->size = answer->size / 2;
	if (answer->ending == WORLD_HEADERS)
		odd->size = 0;
	else if (answer->ending == WORLD_DRIP || answer->ending == WORLD_HUGE)
		odd->size = answer->size;
	memcpy(odd->bytes, answer->body, odd->size);
	return MHD_create_response_from_callback(announced, 16384, read_odd, odd, free);
}

/* The header tells of the first half only; the second follows behind the library's back. */
static struct MHD_Response *make_too_long(struct world_call *call, const struct world_answer *answer)
{
	size_t half = answer->size / 2;

	buf_clear(&call->body);
	buf_add(&call->body, answer->body + half, answer->size - half);
	return MHD_create_response_from_buffer(half, (void *)(uintptr_t)answer->body, MHD_RESPMEM_MUST_COPY);
}

static bool is_odd(enum world_ending ending)
{
	return ending != WORLD_WHOLE && ending != WORLD_HANG_UP && ending != WORLD_TOO_LONG;
}

static struct MHD_Response *make_response(struct world_call *call, const struct world_answer *answer)
{
	struct MHD_Response *response;

	if (answer->ending == WORLD_RESET || answer->ending == WORLD_HANG)
		return NULL;
	if (answer->ending == WORLD_TOO_LONG)
		response = make_too_long(call, answer);
	else if (is_odd(answer->ending) && answer->size >= 2)
		response = make_odd(call, answer);
	else
		response = MHD_create_response_from_buffer(answer->size, (void *)(uintptr_t)answer->body,
			MHD_RESPMEM_MUST_COPY);
	REQUIRE(response != NULL);
	if (answer->header != NULL)
		MHD_add_response_header(response, answer->header, answer->value);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
	if (answer->server != NULL)
		MHD_add_response_header(response, MHD_HTTP_HEADER_SERVER, answer->server);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	return response;
}

void world_call_answer(struct world_call *call, const struct world_answer *answer, uint32_t delay_ms)
{
	REQUIRE(call->response == NULL && !call->ready && call->later.loop == NULL);
	call->status = (unsigned int)answer->status;
	call->ending = answer->ending;
	call->response = make_response(call, answer);
	if (answer->ending == WORLD_HANG)
		delay_ms = HANG_MS;
	if (delay_ms == 0) {
		be_ready(call);
		return;
	}
	timer_init(&call->later, call->httpd->loop, be_ready, call);
	timer_arm(&call->later, delay_ms);
}

/* ---- event streams ---- */

static ssize_t read_stream(void *cls, uint64_t at, char *out, size_t most)
{
	struct world_stream *stream = cls;

	if (stream->out.size == 0) {
		if (stream->over)
			return MHD_CONTENT_READER_END_OF_STREAM;
		stream->idle = true;
		MHD_suspend_connection(stream->call->connection);
		return 0;
	}
	size_t size = stream->out.size < most ? stream->out.size : most;
	memcpy(out, stream->out.data, size);
	buf_drop(&stream->out, size);
	return (ssize_t)size;
}

static void wake(struct world_stream *stream)
{
	struct world_httpd *httpd = stream->call->httpd;

	if (!stream->idle)
		return;
	stream->idle = false;
	MHD_resume_connection(stream->call->connection);
	loop_defer(httpd->loop, &httpd->again, pump, httpd);
}

struct world_stream *world_call_stream(struct world_call *call, void (*ended)(void *arg, struct world_stream *stream),
	void *arg)
{
	struct world_stream *stream = mem_zalloc(sizeof(*stream));

	*stream = (struct world_stream){.ended = ended, .arg = arg, .call = call};
	buf_init(&stream->out, STREAM_MOST);
	call->stream = stream;
	call->status = 200;
	call->response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, read_stream, stream, NULL);
	REQUIRE(call->response != NULL);
	MHD_add_response_header(call->response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream; charset=utf-8");
	MHD_add_response_header(call->response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	be_ready(call);
	return stream;
}

bool world_stream_send(struct world_stream *stream, const char *bytes, size_t size)
{
	if (stream->over || stream->out.size + size > STREAM_MOST)
		return false;
	buf_add(&stream->out, bytes, size);
	wake(stream);
	return true;
}

/* ---- birth and end ---- */

static struct MHD_Daemon *start(struct world_httpd *httpd, const char *address, uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (inet_pton(AF_INET, address, &at.sin_addr) != 1) {
		errno = EINVAL;
		return NULL;
	}
	errno = 0;
	struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, port, NULL, NULL,
		on_request, httpd, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at, MHD_OPTION_URI_LOG_CALLBACK, on_uri,
		httpd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, httpd, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)MEMORY_PER_CONNECTION, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MOST, MHD_OPTION_END);
	if (daemon == NULL && errno == 0)
		errno = EADDRINUSE;
	return daemon;
}

struct world_httpd *world_httpd_new(struct loop *loop, const char *address, uint16_t port,
	const struct world_httpd_events *events, void *arg)
{
	struct world_httpd *httpd = mem_zalloc(sizeof(*httpd));

	httpd->loop = loop;
	httpd->events = events;
	httpd->arg = arg;
	list_init(&httpd->calls);
	httpd->daemon = start(httpd, address, port);
	if (httpd->daemon == NULL) {
		free(httpd);
		return NULL;
	}
	httpd->port = MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	int epoll = MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	REQUIRE(uv_poll_init(loop_uv(loop), &httpd->poll, epoll) == 0);
	httpd->poll.data = httpd;
	REQUIRE(uv_poll_start(&httpd->poll, UV_READABLE, on_poll) == 0);
	return httpd;
}

uint16_t world_httpd_port(const struct world_httpd *httpd)
{
	return httpd->port;
}

static void on_poll_closed(uv_handle_t *handle)
{
	struct world_httpd *httpd = handle->data;
	void (*closed)(void *arg) = httpd->closed;
	void *arg = httpd->closed_arg;

	MHD_stop_daemon(httpd->daemon); /* completes every call that is still open */
	REQUIRE(list_empty(&httpd->calls));
	free(httpd);
	closed(arg);
}

/* libmicrohttpd may not be stopped while a connection is suspended. */
static void release(struct world_call *call)
{
	if (call->later.loop != NULL)
		timer_disarm(&call->later);
	if (call->stream != NULL) {
		call->stream->over = true;
		if (call->stream->idle)
			MHD_resume_connection(call->connection);
		call->stream->idle = false;
	} else if (call->suspended) {
		call->suspended = false;
		MHD_resume_connection(call->connection);
	}
	arm_reset(call->connection);
}

void world_httpd_close(struct world_httpd *httpd, void (*closed)(void *arg), void *arg)
{
	if (httpd->closing)
		return;
	httpd->closing = true;
	httpd->closed = closed;
	httpd->closed_arg = arg;
	loop_defer_cancel(httpd->loop, &httpd->again);
	for (struct link *at = list_first(&httpd->calls); at != NULL; at = list_next(&httpd->calls, at))
		release(list_object(at, struct world_call, on_list));
	uv_poll_stop(&httpd->poll);
	uv_close((uv_handle_t *)&httpd->poll, on_poll_closed);
}

/* ---- what was asked ---- */

const char *world_call_method(const struct world_call *call)
{
	return call->method;
}

const char *world_call_path(const struct world_call *call)
{
	return call->path;
}

const char *world_call_query(const struct world_call *call)
{
	return call->query;
}

const char *world_call_body(const struct world_call *call)
{
	return buf_text(&call->body);
}

size_t world_call_body_size(const struct world_call *call)
{
	return call->body.size;
}

void world_call_set_tag(struct world_call *call, int tag)
{
	call->tag = tag;
}

int world_call_tag(const struct world_call *call)
{
	return call->tag;
}
