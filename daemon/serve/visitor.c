#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "serve/state.h"

/* For a whole request, from the connection or the last answer on; also how long a connection may be idle. */
#define REQUEST_MS (SERVE_CONNECTION_S * 1000u)

/*
 * A connection. The daemon's own timeout begins anew with each byte, so somebody who sends a byte a second would keep
 * his place for ever, and some hundred such keep every provider away.
 */
struct visitor {
	struct link in_serve; /* while no whole request of his is here; by `since_ms` */
	int fd;
	uint64_t since_ms;
};

static struct visitor *visitor_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

static void arm(struct serve *serve)
{
	struct link *first = list_first(&serve->visitors);

	if (first == NULL || timer_armed(&serve->patience) || serve->closing)
		return;
	uint64_t due = list_object(first, struct visitor, in_serve)->since_ms + REQUEST_MS, now = clock_mono_ms();
	timer_arm(&serve->patience, due > now ? due - now : 1);
}

/* The daemon sees the end of the connection and does the rest. */
void serve_on_patience(void *arg)
{
	struct serve *serve = arg;
	uint64_t now = clock_mono_ms();
	struct link *first;

	while ((first = list_first(&serve->visitors)) != NULL) {
		struct visitor *visitor = list_object(first, struct visitor, in_serve);
		if (visitor->since_ms + REQUEST_MS > now)
			break;
		list_remove(first);
		shutdown(visitor->fd, SHUT_RDWR);
	}
	arm(serve);
}

void serve_on_visit(void *arg, struct MHD_Connection *connection, void **at, enum MHD_ConnectionNotificationCode what)
{
	struct serve *serve = arg;
	struct visitor *visitor = *at;

	serve->connections += what == MHD_CONNECTION_NOTIFY_STARTED;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (visitor != NULL)
			list_remove(&visitor->in_serve);
		free(visitor);
		*at = NULL;
		/*
		 * Full, or out of descriptors, the daemon has taken its eyes off the door until somebody leaves, and looks
		 * again when it is run the next time. With nobody left inside, nothing else would run it.
		 */
		if (serve->connections-- >= SERVE_CONNECTIONS || serve->blind)
			serve_kick(serve);
		serve->blind = false;
		return;
	}
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (info == NULL)
		return;
	*at = visitor = mem_zalloc(sizeof(*visitor));
	visitor->fd = info->connect_fd;
	visitor->since_ms = clock_mono_ms();
	list_push_back(&serve->visitors, &visitor->in_serve);
	arm(serve);
}

void serve_visitor_asked(struct MHD_Connection *connection)
{
	struct visitor *visitor = visitor_of(connection);

	if (visitor != NULL)
		list_remove(&visitor->in_serve);
}

void serve_visitor_answered(struct serve *serve, struct MHD_Connection *connection)
{
	struct visitor *visitor = visitor_of(connection);

	if (visitor == NULL)
		return;
	list_remove(&visitor->in_serve);
	visitor->since_ms = serve->now_ms;
	list_push_back(&serve->visitors, &visitor->in_serve);
	arm(serve);
}
