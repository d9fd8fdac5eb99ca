#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/state.h"

static int open_port(const char *address, uint16_t port)
{
	struct addrinfo want = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char service[8];
	int on = 1;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &want, &found) != 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd >= 0 && (bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0)) {
		int error = errno;
		close(fd);
		errno = error;
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

static uint16_t port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at = {0};
	socklen_t size = sizeof(at);

	if (getsockname(fd, &at.any, &size) != 0)
		return 0;
	return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}

static enum result explain(int error, const char *address, uint16_t port, struct problems *problems)
{
	struct problem *problem;

	switch (error) {
	case EADDRINUSE:
		problem = problem_add(problems, PROBLEM_ERROR, NULL, "listen.port",
			N_("port %u on %s is used by another program"), port, address);
		problem_remedy(problem,
			N_("choose another port, or stop the program that has it (ss -ltnp shows which)"));
		return RESULT_BUSY;
	case EADDRNOTAVAIL:
		problem = problem_add(problems, PROBLEM_ERROR, NULL, "listen.address",
			N_("\"%s\" is not an address of this machine"), address);
		problem_remedy(problem,
			N_("write an address that \"ip address\" shows, or 127.0.0.1 for this machine only"));
		return RESULT_INVALID;
	case EACCES:
	case EPERM:
		problem = problem_add(problems, PROBLEM_ERROR, NULL, "listen.port",
			N_("the service may not use port %u"), port);
		problem_remedy(problem, N_("choose a port of 1024 or above"));
		return RESULT_DENIED;
	default:
		problem_cause(problem_add(problems, PROBLEM_ERROR, NULL, "listen.port",
				      N_("cannot listen on %s port %u"), address, port),
			error);
		return RESULT_IO;
	}
}

int serve_listen(const char *address, uint16_t port, uint16_t *got, enum result *result, struct problems *problems)
{
	int fd = open_port(address, port);

	if (fd < 0) {
		*result = explain(errno, address, port, problems);
		return -1;
	}
	*got = port_of(fd);
	*result = RESULT_OK;
	return fd;
}
