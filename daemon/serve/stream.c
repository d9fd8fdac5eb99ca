#include <string.h>

#include "base/require.h"
#include "serve/state.h"

#define HEARTBEAT_MS 15000u
#define BLOCK        4096u

/* Nothing to send: the connection sleeps until something is pushed, else the daemon would ask without end. */
static ssize_t on_read(void *arg, uint64_t at, char *out, size_t most)
{
	struct serve_request *request = arg;

	if (request->broken)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (request->out.size == 0 && request->ending)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (request->out.size == 0) {
		request->suspended = true;
		MHD_suspend_connection(request->connection);
		return 0;
	}
	size_t size = request->out.size < most ? request->out.size : most;
	memcpy(out, request->out.data, size);
	buf_drop(&request->out, size);
	return (ssize_t)size;
}

struct MHD_Response *serve_stream_response(struct serve_request *request, const struct serve_reply *reply)
{
	struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, on_read, request,
		NULL);

	REQUIRE(response != NULL);
	serve_add_headers(response, reply, "text/event-stream; charset=utf-8");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (reply->body_size > 0 && !buf_add(&request->out, reply->body, reply->body_size))
		request->broken = true;
	request->serve->streams++;
	if (!timer_armed(&request->serve->heartbeat))
		timer_arm(&request->serve->heartbeat, HEARTBEAT_MS);
	return response;
}

void serve_stream_wake(struct serve_request *request)
{
	if (!request->suspended)
		return;
	request->suspended = false;
	MHD_resume_connection(request->connection);
}

/* A sleeping connection is not watched: writing to it is how a client that left is noticed. */
void serve_on_heartbeat(void *arg)
{
	struct serve *serve = arg;

	for (unsigned int i = 0; i < SERVE_CONNECTIONS; i++) {
		struct serve_request *request = serve->slots[i];
		if (request != NULL && request->state == REQUEST_STREAM && request->suspended)
			serve_push(serve, request->id, ":\n\n", 3);
	}
	if (serve->streams > 0)
		timer_arm(&serve->heartbeat, HEARTBEAT_MS);
}
