#include "testing/air.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/require.h"

/* As the kernel numbers them (include/net/tcp_states.h). */
enum {
	ESTABLISHED = 1,
	SYN_SENT = 2,
	SYN_RECV = 3,
	FIN_WAIT1 = 4,
	FIN_WAIT2 = 5,
	TIME_WAIT = 6,
	CLOSED = 7,
	CLOSE_WAIT = 8,
	LAST_ACK = 9,
	LISTENING = 10,
	CLOSING = 11,
};

/* For a call that may go into a hole. */
#define HOLE_PATIENCE_MS 6

enum { ENDS_MOST = 4096, STUCK_MOST = 64, ROOM = 32 };

struct place {
	struct in6_addr host;
	uint16_t port;
};

/* One end of a connection, or a listener. */
struct end {
	int fd;
	unsigned int state;
	struct place here, there;
	uint64_t sent, unsent, got;
	bool paired;
};

/* An end that waits for what does not come, as it was when it was first seen so. */
struct stuck {
	struct end end;
	uint64_t since_ms;
	bool seen; /* at this look */
};

static struct {
	struct end ends[ENDS_MOST];
	unsigned int count;
	int descriptors; /* none is as high */
	struct stuck stuck[STUCK_MOST];
	unsigned int stuck_count;
} air = {.descriptors = ROOM};

/* Not the clock that the tests stop. */
static uint64_t real_ms(void)
{
	struct timespec ts = {0};

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static struct place place_of(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;
	struct place place = {.host = in6addr_any};

	if (address->ss_family == AF_INET6) {
		place.host = v6->sin6_addr;
		place.port = v6->sin6_port;
	} else if (address->ss_family == AF_INET) {
		memcpy(&place.host.s6_addr[12], &v4->sin_addr, sizeof(v4->sin_addr));
		place.port = v4->sin_port;
	}
	return place;
}

static struct place ask_place(int fd, int (*ask)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);

	if (ask(fd, (struct sockaddr *)&address, &size) != 0)
		address.ss_family = AF_UNSPEC;
	return place_of(&address);
}

static int local_place(int fd, struct sockaddr *address, socklen_t *size)
{
	return getsockname(fd, address, size);
}

static int remote_place(int fd, struct sockaddr *address, socklen_t *size)
{
	return getpeername(fd, address, size);
}

/* False when there is no such descriptor. */
static bool look_at(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
		return errno != EBADF;
	REQUIRE(air.count < ENDS_MOST);
	air.ends[air.count++] = (struct end){.fd = fd,
		.state = info.tcpi_state,
		.here = ask_place(fd, local_place),
		.there = ask_place(fd, remote_place),
		.sent = info.tcpi_bytes_sent - info.tcpi_bytes_retrans,
		.unsent = info.tcpi_notsent_bytes,
		.got = info.tcpi_bytes_received};
	return true;
}

/* Every TCP socket of the process. A new descriptor is the lowest that is free, so there is none beyond much free room. */
static void look_around(void)
{
	int highest = 0;

	air.count = 0;
	for (int fd = 3; fd < air.descriptors; fd++) {
		if (look_at(fd))
			highest = fd;
		if (highest >= air.descriptors - ROOM)
			air.descriptors += ROOM;
	}
	/* After a burst it takes a while to believe that none is up there any more. */
	if (highest < air.descriptors - ROOM - 1)
		air.descriptors--;
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->port == b->port && memcmp(&a->host, &b->host, sizeof(a->host)) == 0;
}

static struct end *other_end(const struct end *end)
{
	for (unsigned int i = 0; i < air.count; i++)
		if (air.ends[i].state != LISTENING && same_place(&air.ends[i].here, &end->there) &&
			same_place(&air.ends[i].there, &end->here))
			return &air.ends[i];
	return NULL;
}

/* What is too long for one instruction, or is kept in a form that is not shown, is refused: a filter too. */
static bool has_filter(int fd)
{
	struct sock_filter first;
	socklen_t length = 1; /* in instructions */

	return getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, &first, &length) != 0 || length > 0;
}

/* Some listener here never answers: it was given a filter that drops what comes (world/hole.h). */
static bool there_is_a_hole(void)
{
	for (unsigned int i = 0; i < air.count; i++)
		if (air.ends[i].state == LISTENING && has_filter(air.ends[i].fd))
			return true;
	return false;
}

static bool said_its_end(const struct end *end)
{
	return end->state == FIN_WAIT1 || end->state == FIN_WAIT2 || end->state == CLOSING || end->state == LAST_ACK ||
		end->state == TIME_WAIT;
}

static bool heard_an_end(const struct end *end)
{
	return end->state == CLOSE_WAIT || end->state == CLOSING || end->state == LAST_ACK || end->state == TIME_WAIT ||
		end->state == CLOSED;
}

/* Whether something is on its way to this end, as far as its own state and the other end's tell. */
static bool awaits(const struct end *end)
{
	if (end->state == LISTENING || end->state == CLOSED)
		return false;
	if (end->state == SYN_SENT)
		return true;
	const struct end *other = other_end(end);
	/* An end whose owner let go of it has sent either its end or a reset. */
	if (other == NULL)
		return !heard_an_end(end);
	if (other->state == CLOSED || other->state == SYN_SENT)
		return !heard_an_end(end);
	return other->sent + other->unsent > end->got || (said_its_end(other) && !heard_an_end(end));
}

static bool same_end(const struct end *a, const struct end *b)
{
	return a->fd == b->fd && a->state == b->state && a->sent == b->sent && a->got == b->got &&
		a->unsent == b->unsent && same_place(&a->here, &b->here) && same_place(&a->there, &b->there);
}

/* Where one calls the kernel does not say before it is answered; on loopback that is a matter of microseconds. */
static uint64_t patience_for(const struct end *end)
{
	return end->state == SYN_SENT && there_is_a_hole() ? HOLE_PATIENCE_MS : AIR_PATIENCE_MS;
}

/* Whether this end has been waiting for so long that nothing will come. */
static bool given_up(const struct end *end, uint64_t now)
{
	for (unsigned int i = 0; i < air.stuck_count; i++) {
		if (!same_end(&air.stuck[i].end, end))
			continue;
		air.stuck[i].seen = true;
		return now - air.stuck[i].since_ms >= patience_for(end);
	}
	if (air.stuck_count < STUCK_MOST)
		air.stuck[air.stuck_count++] = (struct stuck){*end, now, true};
	return false;
}

static void forget_unseen(void)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < air.stuck_count; i++) {
		if (!air.stuck[i].seen)
			continue;
		air.stuck[kept] = air.stuck[i];
		air.stuck[kept++].seen = false;
	}
	air.stuck_count = kept;
}

bool air_is_clear(void)
{
	bool clear = true;
	uint64_t now = real_ms();

	look_around();
	for (unsigned int i = 0; i < air.count; i++)
		if (awaits(&air.ends[i]) && !given_up(&air.ends[i], now))
			clear = false;
	forget_unseen();
	return clear;
}
