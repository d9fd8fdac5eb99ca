#ifndef SERVE_STATE_H
#define SERVE_STATE_H

#include <microhttpd.h>
#include <netinet/in.h>

#include "base/buf.h"
#include "base/list.h"
#include "serve/serve.h"

/*
 * What a server and its requests are made of, for the files of this room only. serve.c drives the daemon by its epoll
 * descriptor, request.c takes requests from it and gives replies back, listen.c opens the port.
 */
enum request_state {
	REQUEST_READING, /* its body is still coming */
	REQUEST_WAITING, /* SERVE_LATER: looked at again at each turn, or, after SERVE_POLL_MS, suspended */
	REQUEST_READY, /* `response` is there (or NULL: drop it), to be queued when the daemon comes back to it */
	REQUEST_STREAM,
	REQUEST_ANSWERED, /* the daemon has the reply */
};

struct serve_request {
	struct serve *serve;
	struct MHD_Connection *connection;
	uint64_t id; /* its slot is id % SERVE_CONNECTIONS */
	enum request_state state;
	const char *method;
	const char *path;
	struct buf body;
	size_t body_seen;
	struct MHD_Response *response;
	unsigned int status;
	uint64_t since_ms; /* waiting: monotonic */
	bool suspended; /* waiting, or a stream with nothing to send */
	/* streams */
	struct buf out;
	bool ending;
	bool broken;
	char peer[INET6_ADDRSTRLEN];
};

/*
 * To suspend a connection and to resume it costs two system calls, as much as reading its request. Most late answers come
 * within a commit of the ledger, so a waiting request is at first left where it is, and the daemon offers it again and again.
 */
#define SERVE_POLL_MS 20u

struct serve {
	struct loop *loop;
	struct MHD_Daemon *daemon;
	void *poll; /* uv_poll_t on the daemon's epoll descriptor */
	serve_handler *handler;
	void *arg;
	void (*gone)(void *arg, uint64_t id);
	uint16_t port;
	struct serve_request *slots[SERVE_CONNECTIONS]; /* those in use, in their rooms */
	struct serve_request *rooms[SERVE_CONNECTIONS];
	unsigned int free_slots[SERVE_CONNECTIONS];
	unsigned int free_count;
	uint64_t serial;
	unsigned int streams;
	unsigned int polled; /* waiting and not suspended */
	uint64_t now_ms; /* monotonic, of this turn */
	struct MHD_Response *empty; /* the last reply without a body, for the next */
	char *empty_type;
	unsigned int connections;
	bool starved; /* the daemon could not accept: no descriptors */
	bool blind; /* since then nobody left, and so it has not looked at the door again */
	bool resting; /* its descriptor is not watched for a moment */
	struct list visitors; /* whose next request is still to come, visitor.c */
	struct timer patience; /* with them */
	struct timer timer; /* the daemon's own timeouts */
	struct timer heartbeat; /* of streams */
	struct deferred soon;
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* listen.c: a listening descriptor, or -1 with *result and a problem. */
int serve_listen(const char *address, uint16_t port, uint16_t *got, enum result *result, struct problems *problems);

/* serve.c: the daemon has something to do. */
void serve_kick(struct serve *serve);

/* request.c: the daemon's callbacks. */
enum MHD_Result serve_on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *upload, size_t *upload_size, void **at);
void serve_on_completed(void *arg, struct MHD_Connection *connection, void **at, enum MHD_RequestTerminationCode why);

/* visitor.c: a connection comes or goes; its request is whole; it was answered; whoever takes too long is cut off. */
#define SERVE_CONNECTION_S 30u
void serve_on_visit(void *arg, struct MHD_Connection *connection, void **at, enum MHD_ConnectionNotificationCode what);
void serve_visitor_asked(struct MHD_Connection *connection);
void serve_visitor_answered(struct serve *serve, struct MHD_Connection *connection);
void serve_on_patience(void *arg);

/* stream.c: the reply of a stream; the comment line that keeps it alive; its end, after what was pushed or at once. */
struct MHD_Response *serve_stream_response(struct serve_request *request, const struct serve_reply *reply);
void serve_stream_wake(struct serve_request *request);
void serve_on_heartbeat(void *arg);

/* request.c: further "Name: value" lines of a reply. */
void serve_add_headers(struct MHD_Response *response, const struct serve_reply *reply, const char *type);

/* request.c: wakes a request that waits, to be dropped. */
void serve_break(struct serve_request *request);

/* request.c: gives the kept reply back. */
void serve_forget_empty(struct serve *serve);

#endif
