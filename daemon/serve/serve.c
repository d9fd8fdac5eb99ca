#include "serve/serve.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/require.h"
#include "serve/state.h"

#define STARVED_MS 100u
/* For the head of a request and, with what is left, its answer's. The daemon clears all of it for every request. */
#define CONNECTION_MEMORY (16u << 10)

static void on_poll(uv_poll_t *poll, int status, int events);

/* Out of descriptors, the daemon is woken by whoever waits at the door without being able to let him in. */
static void rest(struct serve *serve)
{
	serve->starved = false;
	serve->resting = true;
	uv_poll_stop(serve->poll);
	timer_arm(&serve->timer, STARVED_MS);
}

/* Its own words are the only sign of it. */
static void on_words(void *arg, const char *format, va_list args)
{
	struct serve *serve = arg;

	if (strstr(format, "resource limit") != NULL)
		serve->starved = serve->blind = true;
}

/* Lets the daemon do what is ready, then asks when it wants to be called again. */
static void turn(void *arg)
{
	struct serve *serve = arg;
	MHD_UNSIGNED_LONG_LONG wait_ms;

	if (serve->closing)
		return;
	serve->now_ms = clock_mono_ms();
	if (serve->resting)
		uv_poll_start(serve->poll, UV_READABLE, on_poll);
	serve->resting = false;
	MHD_run(serve->daemon);
	if (serve->closing)
		return;
	if (serve->starved) {
		rest(serve);
		return;
	}
	if (MHD_get_timeout(serve->daemon, &wait_ms) != MHD_YES)
		timer_disarm(&serve->timer);
	else if (wait_ms > 0)
		timer_arm(&serve->timer, wait_ms);
	else if (serve->polled == 0)
		serve_kick(serve);
	else
		timer_arm(&serve->timer, 1); /* for those that wait; whatever else there is has its event */
}

void serve_kick(struct serve *serve)
{
	if (!serve->closing)
		loop_defer(serve->loop, &serve->soon, turn, serve);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	turn(poll->data);
}

static struct MHD_Daemon *start_daemon(struct serve *serve, int fd)
{
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		serve_on_request, serve, MHD_OPTION_EXTERNAL_LOGGER, on_words, serve, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, SERVE_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, SERVE_CONNECTION_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_CONNECTION,
		serve_on_visit, serve, MHD_OPTION_NOTIFY_COMPLETED, serve_on_completed, serve, MHD_OPTION_END);
}

static bool start(struct serve *serve, int fd)
{
	serve->daemon = start_daemon(serve, fd);
	if (serve->daemon == NULL)
		return false;
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(serve->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	uv_poll_t *poll = mem_zalloc(sizeof(*poll));
	REQUIRE(info != NULL && uv_poll_init(loop_uv(serve->loop), poll, info->epoll_fd) == 0);
	poll->data = serve;
	serve->poll = poll;
	uv_poll_start(poll, UV_READABLE, on_poll);
	return true;
}

enum result serve_open(struct loop *loop, const char *address, uint16_t port, serve_handler *handler, void *arg,
	struct serve **out, struct problems *problems)
{
	enum result result;
	uint16_t got = 0;
	int fd = serve_listen(address, port, &got, &result, problems);

	if (fd < 0)
		return result;
	struct serve *serve = mem_zalloc(sizeof(*serve));
	serve->loop = loop;
	serve->handler = handler;
	serve->arg = arg;
	serve->port = got;
	for (unsigned int i = 0; i < SERVE_CONNECTIONS; i++)
		serve->free_slots[serve->free_count++] = SERVE_CONNECTIONS - 1 - i;
	list_init(&serve->visitors);
	timer_init(&serve->patience, loop, serve_on_patience, serve);
	timer_init(&serve->timer, loop, turn, serve);
	timer_init(&serve->heartbeat, loop, serve_on_heartbeat, serve);
	if (!start(serve, fd)) {
		problem_add(problems, PROBLEM_ERROR, NULL, "listen.port",
			N_("the web service on port %u did not start"), got);
		close(fd);
		free(serve);
		return RESULT_IO;
	}
	*out = serve;
	return RESULT_OK;
}

void serve_on_gone(struct serve *serve, void (*gone)(void *arg, uint64_t id))
{
	serve->gone = gone;
}

uint16_t serve_port(const struct serve *serve)
{
	return serve->port;
}

static void on_poll_closed(uv_handle_t *handle)
{
	struct serve *serve = handle->data;
	void (*closed)(void *arg) = serve->closed;
	void *arg = serve->closed_arg;

	free(handle);
	free(serve);
	if (closed != NULL)
		closed(arg);
}

/* Not inside serve_close(), which a handler may have called from within the daemon. */
static void stop(void *arg)
{
	struct serve *serve = arg;
	uv_poll_t *poll = serve->poll;

	uv_poll_stop(poll);
	/* The daemon insists that nobody is suspended when it ends. */
	for (unsigned int i = 0; i < SERVE_CONNECTIONS; i++)
		if (serve->slots[i] != NULL)
			serve_break(serve->slots[i]);
	uv_close((uv_handle_t *)poll, on_poll_closed);
	MHD_stop_daemon(serve->daemon);
	serve_forget_empty(serve);
	for (unsigned int i = 0; i < SERVE_CONNECTIONS; i++)
		free(serve->rooms[i]);
}

void serve_close(struct serve *serve, void (*closed)(void *arg), void *arg)
{
	if (serve->closing)
		return;
	serve->closing = true;
	serve->closed = closed;
	serve->closed_arg = arg;
	timer_disarm(&serve->timer);
	timer_disarm(&serve->patience);
	timer_disarm(&serve->heartbeat);
	loop_defer_cancel(serve->loop, &serve->soon);
	loop_defer(serve->loop, &serve->soon, stop, serve);
}

unsigned int serve_connections(const struct serve *serve)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(serve->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info != NULL ? info->num_connections : 0;
}
