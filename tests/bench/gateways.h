#ifndef BENCH_GATEWAYS_H
#define BENCH_GATEWAYS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Gateways as fast as can be, in a process of their own: they answer sendsms requests at once (Kannel's way, GET, kept
 * connections) and send one receipt back for every number, by the request's own dlr-url, on kept connections too. One
 * receipt waits on a connection at a time, as providers' pools of clients do; every connection works on a batch of its
 * own, so receipts come scattered over all batches outstanding.
 *
 * What is seen lies in memory shared with the benchmark, which checks it: a figure about something else than everybody
 * once is no figure.
 */
struct gateways_seen {
	_Atomic uint64_t requests, texts, receipts; /* receipts: answered 200, that is durable */
	_Atomic uint64_t repeated; /* numbers that came a second time */
	_Atomic uint64_t strange; /* requests without a readable number, and answers to receipts other than 200 */
	_Atomic uint64_t first_us, last_us; /* monotonic, of requests */
	_Atomic uint64_t last_receipt_us;
	_Atomic uint64_t broken; /* connections that the daemon closed on a receipt that was waiting */
};

struct gateways {
	unsigned int count; /* how many gateways, each with a port of its own */
	uint16_t ports[16]; /* filled at the start */
	uint64_t first_phone; /* and `people` numbers from there are known */
	uint32_t people;
	unsigned int connections; /* for receipts, of all gateways together; 0: no receipts */
	struct gateways_seen *seen;
	pid_t process;
};

/* `count`, `first_phone`, `people` and `connections` are set. */
void gateways_start(struct gateways *gateways);
void gateways_stop(struct gateways *gateways);

/*
 * The same client alone: sends `count` receipts to 127.0.0.1:port under `path` ("/r/token"), waits for every answer.
 * Returns receipts per second.
 */
double gateways_receipts_rate(uint16_t port, const char *path, uint32_t count, unsigned int connections);

#endif
