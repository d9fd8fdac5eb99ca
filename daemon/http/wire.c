#include "http/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/require.h"

#define KEPT_CONNECTIONS 256L
/* Of each server, and of all. How many a server gets is decided by who asks: behind a proxy, libcurl counts all as one. */
#define ALL_CONNECTIONS 1024L

struct plug {
	uv_poll_t poll;
	struct wire *wire;
	int fd;
	bool kept; /* we opened it and hear of its end; others (a resolver's pipe) go when libcurl lets go of them */
	bool stands; /* its connection was made: from then on its end is told */
	uint64_t cookie; /* the kernel's name of the socket */
	bool wanted; /* libcurl waits for something on it */
	int events; /* what the poll handle is armed for */
};

struct wire {
	struct loop *loop;
	CURLM *multi;
	void (*turned)(void *arg);
	void *arg;
	struct timer timer; /* at `due_ms` or before */
	uint64_t due_ms; /* what libcurl asked for, 0: nothing */
	struct deferred soon; /* libcurl asked for a timeout of 0 … */
	bool at_once; /* … and still does */
	struct plug **plugs; /* by descriptor */
	unsigned int room;
	unsigned int open; /* poll handles not closed yet */
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

static void finish(void *arg)
{
	struct wire *wire = arg;
	void (*closed)(void *arg) = wire->closed;
	void *closed_arg = wire->closed_arg;

	free(wire->plugs);
	free(wire);
	closed(closed_arg);
}

static void on_plug_closed(uv_handle_t *handle)
{
	struct plug *plug = handle->data;
	struct wire *wire = plug->wire;

	free(plug);
	wire->open--;
	if (wire->closing && wire->open == 0)
		finish(wire);
}

static struct plug *plug_find(const struct wire *wire, int fd)
{
	return fd >= 0 && (unsigned int)fd < wire->room ? wire->plugs[fd] : NULL;
}

static struct plug *plug_new(struct wire *wire, int fd, bool kept)
{
	struct plug *plug = mem_zalloc(sizeof(*plug));

	if (uv_poll_init(loop_uv(wire->loop), &plug->poll, fd) != 0) {
		free(plug);
		return NULL;
	}
	plug->poll.data = plug;
	plug->wire = wire;
	plug->fd = fd;
	plug->kept = kept;
	while ((unsigned int)fd >= wire->room) {
		unsigned int room = wire->room > 0 ? wire->room * 2 : 64;
		wire->plugs = mem_resize(wire->plugs, room, sizeof(struct plug *));
		for (unsigned int i = wire->room; i < room; i++)
			wire->plugs[i] = NULL;
		wire->room = room;
	}
	REQUIRE(wire->plugs[fd] == NULL);
	wire->plugs[fd] = plug;
	wire->open++;
	return plug;
}

/* At once, not later: libcurl closes the descriptor next, and its number may come back. */
static void plug_drop(struct plug *plug)
{
	plug->wire->plugs[plug->fd] = NULL;
	uv_poll_stop(&plug->poll);
	uv_close((uv_handle_t *)&plug->poll, on_plug_closed);
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void plug_arm(struct plug *plug, int events)
{
	if (plug->events == events)
		return;
	plug->events = events;
	if (events == 0)
		uv_poll_stop(&plug->poll);
	else
		uv_poll_start(&plug->poll, events, on_poll);
}

static void work(struct wire *wire, curl_socket_t fd, int bits)
{
	int running;

	curl_multi_socket_action(wire->multi, fd, bits, &running);
	wire->turned(wire->arg);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct plug *plug = poll->data;
	int bits = 0;

	if (!plug->wanted) {
		/* The server closed a waiting connection. libcurl looks before it uses it again; we must not spin. */
		plug_arm(plug, 0);
		return;
	}
	if (status < 0) {
		plug->events = 0; /* libuv stopped it */
		bits = CURL_CSELECT_ERR;
	}
	if ((events & UV_READABLE) != 0)
		bits |= CURL_CSELECT_IN;
	if ((events & UV_WRITABLE) != 0)
		bits |= CURL_CSELECT_OUT;
	work(plug->wire, plug->fd, bits);
}

static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

/*
 * libcurl 7.88 closes a socket whose connection was never made (refused late, timed out, the slower of two) by itself,
 * without CURLOPT_CLOSESOCKETFUNCTION, and only then lets go of it. The descriptor is free by then, or another file's
 * already: kept, our handle would stand in the way of whoever gets the number next.
 */
static bool was_closed(struct plug *plug)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);

	if (!plug->stands)
		plug->stands = plug->cookie != 0 && cookie_of(plug->fd) == plug->cookie &&
			getpeername(plug->fd, (struct sockaddr *)&peer, &size) == 0;
	return !plug->stands;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	struct wire *wire = arg;
	struct plug *plug = plug_find(wire, fd);

	if (what == CURL_POLL_REMOVE) {
		if (plug != NULL && (!plug->kept || was_closed(plug)))
			plug_drop(plug);
		else if (plug != NULL)
			plug->wanted = false;
		return 0;
	}
	if (plug == NULL)
		plug = plug_new(wire, fd, false);
	if (plug == NULL)
		return -1;
	plug->wanted = what != CURL_POLL_NONE;
	if (what == CURL_POLL_OUT)
		plug_arm(plug, UV_WRITABLE);
	else if (what == CURL_POLL_INOUT)
		plug_arm(plug, UV_READABLE | UV_WRITABLE);
	else
		plug_arm(plug, UV_READABLE);
	return 0;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct wire *wire = arg;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);

	if (fd < 0)
		return CURL_SOCKET_BAD;
	struct plug *plug = plug_find(wire, fd);
	if (plug != NULL)
		plug_drop(plug); /* of a socket that was closed before libcurl waited for anything on it */
	plug = plug_new(wire, fd, true);
	if (plug == NULL) {
		close(fd);
		return CURL_SOCKET_BAD;
	}
	plug->cookie = cookie_of(fd);
	return fd;
}

static int on_close(void *arg, curl_socket_t fd)
{
	struct plug *plug = plug_find(arg, fd);

	if (plug != NULL)
		plug_drop(plug);
	return close(fd);
}

static void on_soon(void *arg)
{
	struct wire *wire = arg;

	if (wire->at_once)
		work(wire, CURL_SOCKET_TIMEOUT, 0);
}

static void on_time(void *arg)
{
	struct wire *wire = arg;
	uint64_t now = clock_mono_ms();

	if (wire->due_ms == 0)
		return;
	if (now < wire->due_ms) {
		timer_arm(&wire->timer, wire->due_ms - now);
		return;
	}
	wire->due_ms = 0;
	work(wire, CURL_SOCKET_TIMEOUT, 0);
}

/*
 * Called by libcurl from inside its own functions: only notes the wish. libcurl moves its timeout back and forth several
 * times for each request; the timer is touched only when it would come too late, and looks again when it comes too early.
 */
static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct wire *wire = arg;

	wire->due_ms = 0;
	wire->at_once = ms == 0;
	if (ms == 0)
		loop_defer(wire->loop, &wire->soon, on_soon, wire);
	if (ms <= 0)
		return 0;
	wire->due_ms = clock_mono_ms() + (uint64_t)ms;
	if (!timer_armed(&wire->timer) || wire->timer.due_ms > wire->due_ms)
		timer_arm(&wire->timer, (uint64_t)ms);
	return 0;
}

struct wire *wire_new(struct loop *loop, void (*turned)(void *arg), void *arg)
{
	struct wire *wire = mem_zalloc(sizeof(*wire));

	wire->loop = loop;
	wire->turned = turned;
	wire->arg = arg;
	wire->multi = curl_multi_init();
	REQUIRE(wire->multi != NULL);
	timer_init(&wire->timer, loop, on_time, wire);
	curl_multi_setopt(wire->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(wire->multi, CURLMOPT_SOCKETDATA, wire);
	curl_multi_setopt(wire->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(wire->multi, CURLMOPT_TIMERDATA, wire);
	curl_multi_setopt(wire->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	curl_multi_setopt(wire->multi, CURLMOPT_MAX_HOST_CONNECTIONS, ALL_CONNECTIONS);
	curl_multi_setopt(wire->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, ALL_CONNECTIONS);
	curl_multi_setopt(wire->multi, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
	return wire;
}

CURLM *wire_multi(struct wire *wire)
{
	return wire->multi;
}

void wire_attach(struct wire *wire, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, wire);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, wire);
}

void wire_close(struct wire *wire, void (*closed)(void *arg), void *arg)
{
	wire->closed = closed;
	wire->closed_arg = arg;
	/* Kept connections close in here, through on_socket and on_close. */
	curl_multi_cleanup(wire->multi);
	wire->multi = NULL;
	timer_disarm(&wire->timer);
	loop_defer_cancel(wire->loop, &wire->soon);
	wire->closing = true;
	if (wire->open == 0)
		loop_defer(wire->loop, &wire->soon, finish, wire);
}
