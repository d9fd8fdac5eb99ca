#include "loop/sock.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/require.h"
#include "loop/stream.h"

#define READ_SIZE        (64u << 10)
#define DESCRIPTORS_MOST 8
#define LINGER_MS        1000u

enum sock_state {
	SOCK_CONNECTING,
	SOCK_OPEN,
	SOCK_DRAINING, /* no more bytes come in or are taken; what is unsent leaves */
	SOCK_LINGERING, /* all sent and said so; waits for the peer's end, so that nothing on its way is torn up */
	SOCK_ENDED,
};

struct sock {
	struct loop *loop;
	struct sock_events events;
	void *arg;
	enum sock_state state;
	bool local;
	bool adopted;
	bool polling; /* `poll` is initialised */
	bool drain_first; /* asked to drain while connecting */
	bool peer_done; /* the peer sends nothing more */
	bool behind; /* owes the sender a `writable` */
	int fd;
	int descriptor; /* came with the bytes, or -1 */
	int error; /* for `closed` */
	uv_poll_t poll;
	int poll_events; /* what `poll` is armed for now */
	struct timer patience;
	struct deferred flush; /* also carries the end where there is no poll handle */
	struct buf out;
	size_t sent; /* bytes at the front of `out` that have left */
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void finish(void *arg)
{
	struct sock *sock = arg;
	void (*closed)(void *arg, int error) = sock->events.closed;
	void *owner = sock->arg;
	int error = sock->error;

	if (sock->descriptor >= 0)
		close(sock->descriptor);
	buf_fini(&sock->out);
	free(sock);
	if (closed != NULL)
		closed(owner, error);
}

static void on_poll_closed(uv_handle_t *handle)
{
	finish(handle->data);
}

/* The one way out. The descriptor goes at once, the struct when libuv has let go of the handle. */
static void end(struct sock *sock, int error)
{
	if (sock->state == SOCK_ENDED)
		return;
	sock->state = SOCK_ENDED;
	sock->error = error;
	timer_disarm(&sock->patience);
	loop_defer_cancel(sock->loop, &sock->flush);
	if (sock->polling) {
		uv_poll_stop(&sock->poll);
		uv_close((uv_handle_t *)&sock->poll, on_poll_closed);
	} else {
		loop_defer(sock->loop, &sock->flush, finish, sock);
	}
	if (sock->fd >= 0)
		close(sock->fd);
	sock->fd = -1;
}

static void arm(struct sock *sock)
{
	int events = 0;

	if (sock->state == SOCK_ENDED)
		return;
	if (sock->state == SOCK_CONNECTING)
		events = UV_WRITABLE;
	else if (!sock->peer_done && sock->state != SOCK_DRAINING)
		events = UV_READABLE;
	if (sock->state != SOCK_CONNECTING && sock_unsent(sock) > 0)
		events |= UV_WRITABLE;
	if (events == sock->poll_events)
		return;
	sock->poll_events = events;
	int status = events != 0 ? uv_poll_start(&sock->poll, events, on_poll) : uv_poll_stop(&sock->poll);
	if (status != 0)
		end(sock, -status);
}

/* All has left: one who is draining says so and waits a moment for the peer to hang up. */
static void on_all_sent(struct sock *sock)
{
	buf_clear(&sock->out);
	sock->sent = 0;
	if (sock->peer_done) {
		end(sock, 0);
	} else if (sock->state == SOCK_DRAINING) {
		sock->state = SOCK_LINGERING;
		shutdown(sock->fd, SHUT_WR);
		timer_arm(&sock->patience, LINGER_MS);
	}
}

static void flush(void *arg)
{
	struct sock *sock = arg;

	while (sock_unsent(sock) > 0) {
		ssize_t put = send(sock->fd, sock->out.data + sock->sent, sock_unsent(sock), MSG_NOSIGNAL);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN)
			break;
		if (put < 0) {
			end(sock, errno);
			return;
		}
		sock->sent += (size_t)put;
	}
	if (sock_unsent(sock) == 0 && (sock->state == SOCK_DRAINING || sock->peer_done || sock->sent > 0))
		on_all_sent(sock);
	arm(sock);
	if (sock->behind && sock_unsent(sock) < SOCK_UNSENT_LOW && sock->state == SOCK_OPEN) {
		sock->behind = false;
		if (sock->events.writable != NULL)
			sock->events.writable(sock->arg);
	}
}

/* Keeps the first descriptor that came along, closes all others: they were open in our process already. */
static void keep_descriptor(struct sock *sock, struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (sock->descriptor < 0)
				sock->descriptor = fd;
			else
				close(fd);
		}
	}
}

static ssize_t receive(struct sock *sock, char *bytes, size_t size)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(DESCRIPTORS_MOST * sizeof(int))];
	} control;
	struct iovec part = {.iov_base = bytes, .iov_len = size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t got;

	if (sock->local) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	do
		got = recvmsg(sock->fd, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got >= 0 && sock->local)
		keep_descriptor(sock, &message);
	return got;
}

/* Returns false when there is no more to read now, or ever. */
static bool read_once(struct sock *sock)
{
	char bytes[READ_SIZE];
	ssize_t got = receive(sock, bytes, sizeof(bytes));

	if (got < 0) {
		if (errno != EAGAIN)
			end(sock, sock->state == SOCK_LINGERING ? 0 : errno);
		return false;
	}
	if (got > 0) {
		if (sock->state == SOCK_OPEN && sock->events.received != NULL)
			sock->events.received(sock->arg, bytes, (size_t)got);
		return true;
	}
	sock->peer_done = true;
	/* A peer that only closed its sending half (a one-shot client) still gets what we have for it. */
	if (sock_unsent(sock) == 0 || sock->state == SOCK_LINGERING)
		end(sock, 0);
	else
		timer_arm(&sock->patience, SOCK_DRAIN_MS);
	return false;
}

static void on_connected(struct sock *sock)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(sock->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		error = errno;
	if (error != 0) {
		end(sock, error);
		return;
	}
	sock->state = sock->drain_first ? SOCK_DRAINING : SOCK_OPEN;
	if (!sock->drain_first) {
		timer_disarm(&sock->patience);
		if (sock->events.connected != NULL)
			sock->events.connected(sock->arg);
	}
	if (sock->state != SOCK_ENDED)
		flush(sock);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct sock *sock = poll->data;

	if (sock->state == SOCK_ENDED)
		return;
	if (sock->state == SOCK_CONNECTING) {
		on_connected(sock);
		return;
	}
	if (status < 0) {
		/* libuv stopped the handle. What came before the reset is still there to read; then the error is. */
		while (read_once(sock))
			;
		if (sock->state != SOCK_ENDED)
			end(sock, sock->peer_done ? EPIPE : -status);
		return;
	}
	if ((events & UV_READABLE) != 0)
		read_once(sock);
	if ((events & UV_WRITABLE) != 0 && sock->state != SOCK_ENDED)
		flush(sock);
	else
		arm(sock);
}

static void on_patience(void *arg)
{
	struct sock *sock = arg;

	end(sock, sock->state == SOCK_LINGERING ? 0 : ETIMEDOUT);
}

static struct sock *sock_new(struct loop *loop, int fd, bool local)
{
	struct sock *sock = mem_zalloc(sizeof(*sock));

	sock->loop = loop;
	sock->fd = fd;
	sock->local = local;
	sock->descriptor = -1;
	buf_init(&sock->out, SOCK_UNSENT_MOST);
	timer_init(&sock->patience, loop, on_patience, sock);
	return sock;
}

/* Puts the descriptor under the loop's eyes; on failure the sock ends by itself, later. */
static void poll_begin(struct sock *sock)
{
	int status = uv_poll_init(loop_uv(sock->loop), &sock->poll, sock->fd);

	if (status != 0) {
		end(sock, -status);
		return;
	}
	sock->polling = true;
	sock->poll.data = sock;
	arm(sock);
}

static void start_connecting(struct sock *sock, const struct sockaddr *to, socklen_t size)
{
	if (sock->fd < 0 || (connect(sock->fd, to, size) != 0 && errno != EINPROGRESS)) {
		end(sock, errno);
		return;
	}
	poll_begin(sock);
}

static void set_nodelay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

struct sock *sock_connect(struct loop *loop, const char *address, uint16_t port, uint32_t patience_ms,
	const struct sock_events *events, void *arg)
{
	struct addrinfo want = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	struct sock *sock = sock_new(loop, -1, false);
	char service[8];

	sock_adopt(sock, events, arg);
	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &want, &found) != 0) {
		end(sock, EINVAL);
		return sock;
	}
	sock->fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock->fd >= 0)
		set_nodelay(sock->fd);
	if (patience_ms > 0)
		timer_arm(&sock->patience, patience_ms);
	start_connecting(sock, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return sock;
}

struct sock *sock_connect_local(struct loop *loop, const char *path, const struct sock_events *events, void *arg)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct sock *sock = sock_new(loop, -1, true);

	sock_adopt(sock, events, arg);
	if (strlen(path) >= sizeof(to.sun_path)) {
		end(sock, ENAMETOOLONG);
		return sock;
	}
	memcpy(to.sun_path, path, strlen(path) + 1);
	sock->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	start_connecting(sock, (struct sockaddr *)&to, sizeof(to));
	return sock;
}

struct sock *sock_from_descriptor(struct loop *loop, int fd, bool local)
{
	struct sock *sock = sock_new(loop, fd, local);

	if (!local)
		set_nodelay(fd);
	sock->state = SOCK_OPEN;
	return sock;
}

bool sock_adopted(const struct sock *sock)
{
	return sock->adopted;
}

void sock_discard(struct sock *sock)
{
	REQUIRE(!sock->adopted && !sock->polling);
	close(sock->fd);
	buf_fini(&sock->out);
	free(sock);
}

void sock_adopt(struct sock *sock, const struct sock_events *events, void *arg)
{
	REQUIRE(!sock->adopted);
	sock->adopted = true;
	sock->events = *events;
	sock->arg = arg;
	if (sock->state == SOCK_OPEN)
		poll_begin(sock);
}

size_t sock_unsent(const struct sock *sock)
{
	return sock->out.size - sock->sent;
}

bool sock_send(struct sock *sock, const void *bytes, size_t size)
{
	if (sock->state > SOCK_OPEN)
		return false;
	if (sock_unsent(sock) + size > SOCK_UNSENT_MOST) {
		sock->behind = true;
		return false;
	}
	if (sock->out.size + size > sock->out.most) {
		buf_drop(&sock->out, sock->sent);
		sock->sent = 0;
	}
	buf_add(&sock->out, bytes, size);
	if (sock_unsent(sock) >= SOCK_UNSENT_LOW)
		sock->behind = true;
	if (sock->state == SOCK_OPEN && (sock->poll_events & UV_WRITABLE) == 0)
		loop_defer(sock->loop, &sock->flush, flush, sock);
	return true;
}

void sock_close(struct sock *sock, bool drain)
{
	if (sock->state == SOCK_ENDED)
		return;
	if (!drain) {
		end(sock, 0);
		return;
	}
	if (sock->state > SOCK_OPEN || sock->drain_first)
		return;
	if (sock->state == SOCK_CONNECTING)
		sock->drain_first = true;
	else
		sock->state = SOCK_DRAINING;
	timer_arm(&sock->patience, SOCK_DRAIN_MS);
	if (sock->state == SOCK_DRAINING) {
		loop_defer(sock->loop, &sock->flush, flush, sock);
		arm(sock);
	}
}

bool sock_peer(const struct sock *sock, uid_t *uid, gid_t *gid, pid_t *pid)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (!sock->local || sock->fd < 0 || getsockopt(sock->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	*uid = peer.uid;
	*gid = peer.gid;
	*pid = peer.pid;
	return true;
}

int sock_take_descriptor(struct sock *sock)
{
	int fd = sock->descriptor;

	sock->descriptor = -1;
	return fd;
}
