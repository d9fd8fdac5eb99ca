#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "base/mem.h"
#include "loop/sock.h"
#include "loop/stream.h"

#define ACCEPTS_A_TURN  64
#define OUT_OF_FILES_MS 100u

struct sock_server {
	struct loop *loop;
	void (*accepted)(void *arg, struct sock *sock);
	void *arg;
	int fd;
	bool local;
	bool closing;
	uint16_t port;
	char *path; /* of a local socket: ours to remove while it is the one we made */
	dev_t dev;
	ino_t ino;
	uv_poll_t poll;
	struct timer again;
	void (*closed)(void *arg);
	void *closed_arg;
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void on_again(void *arg)
{
	struct sock_server *server = arg;

	uv_poll_start(&server->poll, UV_READABLE, on_poll);
}

/* Returns false when nobody waits any more, or nobody can be let in now. */
static bool accept_one(struct sock_server *server)
{
	int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		/* Out of descriptors the caller stays in the queue and would wake us without end: look again soon. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			uv_poll_stop(&server->poll);
			timer_arm(&server->again, OUT_OF_FILES_MS);
			return false;
		}
		return errno == EINTR || errno == ECONNABORTED;
	}
	struct sock *sock = sock_from_descriptor(server->loop, fd, server->local);
	server->accepted(server->arg, sock);
	if (!sock_adopted(sock))
		sock_discard(sock);
	return true;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct sock_server *server = poll->data;

	for (int i = 0; i < ACCEPTS_A_TURN && !server->closing; i++)
		if (!accept_one(server))
			break;
}

static struct sock_server *server_new(struct loop *loop, int fd, bool local,
	void (*accepted)(void *arg, struct sock *sock), void *arg)
{
	struct sock_server *server = mem_zalloc(sizeof(*server));

	*server = (struct sock_server){.loop = loop, .fd = fd, .local = local, .accepted = accepted, .arg = arg};
	int status = uv_poll_init(loop_uv(loop), &server->poll, fd);
	if (status != 0) {
		free(server);
		errno = -status;
		return NULL;
	}
	server->poll.data = server;
	timer_init(&server->again, loop, on_again, server);
	uv_poll_start(&server->poll, UV_READABLE, on_poll);
	return server;
}

static int give_up(int fd, int error)
{
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

static int listen_tcp(const char *address, uint16_t port)
{
	struct addrinfo want = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char service[8];
	int on = 1;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &want, &found) != 0)
		return give_up(-1, EINVAL);
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	int status = fd < 0 ? -1 : bind(fd, found->ai_addr, found->ai_addrlen);
	if (status == 0)
		status = listen(fd, SOMAXCONN);
	int error = errno;
	freeaddrinfo(found);
	return status == 0 ? fd : give_up(fd, error);
}

static uint16_t port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_storage room;
	} at = {0};
	socklen_t size = sizeof(at);

	if (getsockname(fd, &at.any, &size) != 0)
		return 0;
	return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}

struct sock_server *sock_listen(struct loop *loop, const char *address, uint16_t port,
	void (*accepted)(void *arg, struct sock *sock), void *arg)
{
	int fd = listen_tcp(address, port);

	if (fd < 0)
		return NULL;
	struct sock_server *server = server_new(loop, fd, false, accepted, arg);
	if (server == NULL) {
		give_up(fd, errno);
		return NULL;
	}
	server->port = port_of(fd);
	return server;
}

/* Removes a socket file whose server is gone. Anything else at that path is somebody's: EEXIST, EADDRINUSE. */
static int clear_old_socket(const struct sockaddr_un *at)
{
	struct stat st;

	if (lstat(at->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return -1;
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	int status = connect(fd, (const struct sockaddr *)at, sizeof(*at));
	int error = status == 0 ? EADDRINUSE : errno;
	close(fd);
	if (error == ECONNREFUSED)
		return unlink(at->sun_path);
	errno = error == EAGAIN ? EADDRINUSE : error;
	return -1;
}

/* Between bind and listen nobody can connect: the time to set who may. */
static int listen_unix(const struct sockaddr_un *at, mode_t mode, gid_t group)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)at, sizeof(*at)) != 0)
		return give_up(fd, errno);
	if ((group != (gid_t)-1 && chown(at->sun_path, (uid_t)-1, group) != 0) || chmod(at->sun_path, mode) != 0 ||
		listen(fd, SOMAXCONN) != 0) {
		int error = errno;
		unlink(at->sun_path);
		return give_up(fd, error);
	}
	return fd;
}

struct sock_server *sock_listen_local(struct loop *loop, const char *path, mode_t mode, gid_t group,
	void (*accepted)(void *arg, struct sock *sock), void *arg)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct stat st;

	if (strlen(path) >= sizeof(at.sun_path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	memcpy(at.sun_path, path, strlen(path) + 1);
	if (clear_old_socket(&at) != 0)
		return NULL;
	int fd = listen_unix(&at, mode, group);
	if (fd < 0)
		return NULL;
	struct sock_server *server = server_new(loop, fd, true, accepted, arg);
	if (server == NULL) {
		give_up(fd, errno);
		return NULL;
	}
	server->path = mem_strdup(path);
	if (lstat(path, &st) == 0) {
		server->dev = st.st_dev;
		server->ino = st.st_ino;
	}
	return server;
}

uint16_t sock_server_port(const struct sock_server *server)
{
	return server->port;
}

static void on_closed(uv_handle_t *handle)
{
	struct sock_server *server = handle->data;
	void (*closed)(void *arg) = server->closed;
	void *arg = server->closed_arg;

	free(server->path);
	free(server);
	if (closed != NULL)
		closed(arg);
}

void sock_server_close(struct sock_server *server, void (*closed)(void *arg), void *arg)
{
	struct stat st;

	if (server->closing)
		return;
	server->closing = true;
	server->closed = closed;
	server->closed_arg = arg;
	timer_disarm(&server->again);
	uv_poll_stop(&server->poll);
	uv_close((uv_handle_t *)&server->poll, on_closed);
	close(server->fd);
	/* Another daemon may have put its own socket there since. */
	if (server->path != NULL && lstat(server->path, &st) == 0 && st.st_dev == server->dev &&
		st.st_ino == server->ino)
		unlink(server->path);
}
