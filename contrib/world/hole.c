#include "world/hole.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

static bool listens_on(int fd, uint16_t port)
{
	struct sockaddr_in at = {0};
	socklen_t size = sizeof(at);
	int listens = 0;
	socklen_t listens_size = sizeof(listens);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_size) == 0 && listens != 0 &&
		getsockname(fd, (struct sockaddr *)&at, &size) == 0 && at.sin_family == AF_INET &&
		ntohs(at.sin_port) == port;
}

/* The libraries that listen for us do not all tell their descriptor. */
static int find_listener(uint16_t port)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most) != 0)
		return -1;
	for (int fd = 0; fd < (int)(most.rlim_cur < 65536 ? most.rlim_cur : 65536); fd++)
		if (listens_on(fd, port))
			return fd;
	return -1;
}

bool world_hole(uint16_t port, bool on)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &nothing};
	int ignored = 0;
	int fd = find_listener(port);

	if (fd < 0)
		return false;
	if (on)
		return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
	/* Fails where there was none, which is as well. */
	setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof(ignored));
	return true;
}
