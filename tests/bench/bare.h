#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The two ends between which requests are measured. The sink: a process that takes HTTP/1.1 on kept connections and answers
 * at once, a GET as Kannel does and a POST as WeCom does, and tells what it saw in shared memory. And the ceiling: libcurl's
 * multi interface on libuv and nothing else, in one thread and so on one core at most, with one kept poll handle per socket, easy handles set up once, the reply read
 * to its end, no pipelining. It gives libcurl the target of a request apart from its server, as libcurl is twice as slow where it
 * has to take a long address to pieces for every request. Both figures are taken at the sink, from the first request to the last.
 */
enum { SINK_REQUEST_MOST = 16384 };

struct sink_seen {
	_Atomic uint64_t requests;
	_Atomic uint64_t first_us, last_us; /* monotonic */
	_Atomic uint64_t broken; /* requests that could not be read */
	char sample[SINK_REQUEST_MOST + 1]; /* the first request since sink_reset(), as text */
};

struct sink {
	struct sink_seen *seen;
	uint16_t port; /* on 127.0.0.1 */
	pid_t process;
};

/* sink_stop() ends the process. Whatever goes wrong ends the benchmark with a word on stderr. */
void sink_start(struct sink *sink);
void sink_stop(struct sink *sink);

/* Forgets what it saw. Requires: no request is on its way. */
void sink_reset(struct sink *sink);

/* Waits until `count` requests have come. Ends the benchmark when none comes for half a minute. */
void sink_wait(const struct sink *sink, uint64_t count);

/* Requests a second, from the first since sink_reset() to the last. */
double sink_rate(const struct sink *sink);

/* One request for the bare client to repeat. */
struct bare_request {
	char server[64]; /* "http://127.0.0.1:18090/" */
	char target[SINK_REQUEST_MOST]; /* "/cgi-bin/sendsms?..." */
	char agent[64];
	char type[64]; /* of the body */
	char body[SINK_REQUEST_MOST];
	size_t body_size; /* 0: GET, else POST */
};

/* The request that the sink has as its sample, to be sent again as it came. */
void bare_request_of(const struct sink *sink, struct bare_request *request);

struct bare_figure {
	double rate; /* requests a second */
	double cpu_us; /* of each */
};

/* Sends `count` requests, `at_once` of them under way at any time. */
struct bare_figure bare_run(struct sink *sink, const struct bare_request *request, unsigned int at_once,
	unsigned long count);

/* Of 16, 32 and 64, the number at which the bare client is fastest with this request, in tries of `count` requests. */
unsigned int bare_best(struct sink *sink, const struct bare_request *request, unsigned long count);

#endif
