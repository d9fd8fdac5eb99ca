/*
 * The whole daemon: one alert to many residents through eight gateways that are as fast as can be, at unlimited rate, with
 * batches of 100, everything durable, and a receipt by HTTP for every single resident. The time runs from the alert's rename
 * into new/ to the answer of the last receipt, which is given when it is durable.
 *
 * Receipts come one by one, Kannel's way, which is the hardest: so the slowest stage is an HTTP server that takes a million
 * requests, and the ceiling is bare libmicrohttpd, set up as room serve sets it up, that does nothing but answer the same
 * requests of the same client. It is measured in the same run, before and after.
 *
 * Usage: bench_whole [residents] [connections]     (1000000 256)
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "gateways.h"
#include "stand.h"
#include "table.h"

enum { CHANNELS = 8, CEILING_RECEIPTS = 200000, PATIENCE_S = 600 };

/* ---- the ceiling ---- */

static enum MHD_Result on_bare(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *upload, size_t *upload_size, void **at)
{
	static char seen;

	(void)url;
	(void)method;
	(void)version;
	(void)upload;
	(void)upload_size;
	if (*at == NULL) {
		*at = &seen;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, arg);
}

/* As serve/serve.c: epoll, suspension possible, no threads, 16 KiB and 30 s for each connection. One reply for all. */
static void run_bare(int tell)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(0, (void *)(uintptr_t) "",
		MHD_RESPMEM_PERSISTENT);
	struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_bare,
		response, MHD_OPTION_CONNECTION_LIMIT, 1024u, MHD_OPTION_CONNECTION_TIMEOUT, 30u,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16384, MHD_OPTION_END);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (daemon == NULL)
		_exit(1);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
	uint16_t port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	int epoll = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	if (write(tell, &port, sizeof(port)) != sizeof(port))
		_exit(1);
	int outer = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(outer, EPOLL_CTL_ADD, epoll, &(struct epoll_event){.events = EPOLLIN});
	for (;;) {
		struct epoll_event event;
		MHD_UNSIGNED_LONG_LONG wait_ms = 1000;
		if (MHD_get_timeout(daemon, &wait_ms) != MHD_YES || wait_ms > 1000)
			wait_ms = 1000;
		epoll_wait(outer, &event, 1, (int)wait_ms);
		MHD_run(daemon);
	}
}

static double measure_bare(unsigned int connections, double *cpu_us)
{
	int told[2];
	uint16_t port;
	double others;

	if (pipe2(told, O_CLOEXEC) != 0)
		stand_die("pipe");
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		run_bare(told[1]);
	if (child < 0 || read(told[0], &port, sizeof(port)) != sizeof(port))
		stand_die("libmicrohttpd does not start");
	close(told[0]);
	close(told[1]);
	double rate = gateways_receipts_rate(port, "/r/0123456789abcdef0123456789abcdef", CEILING_RECEIPTS,
		connections);
	stand_cpu_s(child, cpu_us, &others);
	*cpu_us *= 1e6 / CEILING_RECEIPTS;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return rate;
}

/* ---- the run ---- */

static void write_config(const struct stand *stand, const struct gateways *gateways)
{
	char config[8192];
	int size = snprintf(config, sizeof(config),
		"site: { name = \"b\"; signature = \"玉山反诈\"; sender = \"a@b.cn\"; area = \"320583\"; };\n"
		"paths: { spool = \"spool\"; state = \"state\"; control = \"c.sock\"; };\n"
		"listen: { port = 0; };\nchannels: (\n");

	for (unsigned int i = 0; i < CHANNELS; i++)
		size += snprintf(config + size, sizeof(config) - (size_t)size,
			" %c{ name = \"sms-%u\"; kind = \"sms-kannel\"; areas = [ \"%u\" ]; rate = \"unlimited\"; batch = 100;"
			" url = \"http://127.0.0.1:%u/cgi-bin/sendsms\"; user = \"u\"; password_file = \"password\"; }\n",
			i == 0 ? ' ' : ',', i, 320583100 + i, gateways->ports[i]);
	snprintf(config + size, sizeof(config) - (size_t)size, ");\n");
	stand_write(stand, "crierd.conf", config);
	stand_write(stand, "password", "x\n");
}

/*
 * Waits until `count` receipts are answered. The highest anonymous memory on the way comes back: RssAnon, looked at every 20 ms,
 * so without mapped files, the roster's snapshot among them, which the system may drop when it needs the room.
 */
static double follow(const struct stand *stand, const struct gateways_seen *seen, uint32_t count, double *sent_s,
	uint64_t began)
{
	double peak = 0;
	uint64_t last = 0, changed = clock_mono_us();

	*sent_s = 0;
	while (atomic_load(&seen->receipts) < count) {
		uint64_t now = atomic_load(&seen->receipts) + atomic_load(&seen->texts);
		double mib = stand_anonymous_mib(stand->daemon);
		peak = mib > peak ? mib : peak;
		if (*sent_s == 0 && atomic_load(&seen->texts) >= count)
			*sent_s = (double)(atomic_load(&seen->last_us) - began) / 1e6;
		if (now != last)
			changed = clock_mono_us();
		last = now;
		errno = 0;
		if (bench_seconds(changed) > 20 || bench_seconds(began) > PATIENCE_S) {
			fprintf(stderr,
				"texts %" PRIu64 " receipts %" PRIu64 " strange %" PRIu64 " broken %" PRIu64 "\n",
				atomic_load(&seen->texts), atomic_load(&seen->receipts), atomic_load(&seen->strange),
				atomic_load(&seen->broken));
			stand_die("the broadcast stands still");
		}
		usleep(20000);
	}
	return peak;
}

static uint64_t ask(sqlite3 *db, const char *question)
{
	sqlite3_stmt *statement = NULL;
	uint64_t number = 0;

	if (sqlite3_prepare_v2(db, question, -1, &statement, NULL) != SQLITE_OK)
		stand_die(sqlite3_errmsg(db));
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = (uint64_t)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

/* The ledger must say of everybody that they were delivered to, once, and nothing else of anybody. */
static void check(const struct stand *stand, const struct gateways_seen *seen, uint32_t count)
{
	char path[512];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/state/ledger.db", stand->folder);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		stand_die(path);
	for (int tries = 0; tries < 1000 && ask(db, "SELECT count(*) FROM alert WHERE state = 'closed'") == 0; tries++)
		usleep(10000);
	uint64_t delivered = ask(db, "SELECT sum(json_extract(counts, '$.delivered')) FROM final");
	uint64_t size = ask(db, "SELECT sum(size) FROM lane");
	uint64_t receipts = ask(db, "SELECT sum(count) FROM receipts");
	sqlite3_close(db);
	errno = 0;
	if (atomic_load(&seen->texts) != count || atomic_load(&seen->repeated) + atomic_load(&seen->strange) > 0 ||
		delivered != count || size != count || receipts != count) {
		fprintf(stderr,
			"texts %" PRIu64 " repeated %" PRIu64 " strange %" PRIu64 " delivered %" PRIu64 " of %" PRIu64
			", receipts %" PRIu64 "\n",
			atomic_load(&seen->texts), atomic_load(&seen->repeated), atomic_load(&seen->strange), delivered,
			size, receipts);
		stand_die("not everybody was served once: no figure");
	}
	printf("report: %" PRIu64 " delivered of %" PRIu64 ", each once; %" PRIu64 " receipts kept\n", delivered, size,
		receipts);
}

int main(int argc, char **argv)
{
	uint32_t people = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	unsigned int connections = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 256;
	struct gateways gateways = {.count = CHANNELS,
		.first_phone = STAND_FIRST_PHONE,
		.people = people,
		.connections = connections};
	struct stand stand;
	double sent_s, cpu[2], before[2], bare_cpu[2];
	char stage[64];

	stand_init(&stand);
	stand.log = "daemon.log";
	stand_people(&stand, people, CHANNELS);
	double bare = measure_bare(connections, &bare_cpu[0]);
	gateways_start(&gateways);
	write_config(&stand, &gateways);
	stand_start(&stand);
	stand_cpu_s(stand.daemon, &before[0], &before[1]);
	uint64_t began = stand_drop(&stand, "alert.cfg",
		"schema = \"fraud-alert/1\"; id = \"B-1\"; sender = \"a@b.cn\"; fraud_type = \"fake-police\";\n"
		"summary = \"近日有人冒充警察打电话给居民。\"; audiences = [ \"all\" ]; areas = [ \"320583\" ];\n"
		"urgency = \"immediate\";\n");
	double peak = follow(&stand, gateways.seen, people, &sent_s, began);
	double took = (double)(atomic_load(&gateways.seen->last_receipt_us) - began) / 1e6;
	stand_cpu_s(stand.daemon, &cpu[0], &cpu[1]);
	check(&stand, gateways.seen, people);
	uint64_t requests = atomic_load(&gateways.seen->requests);
	stand_stop(&stand);
	gateways_stop(&gateways);
	double again = measure_bare(connections, &bare_cpu[1]);
	double rate = people / took, ceiling = (bare + again) / 2;

	printf("%u residents, %u gateways, %" PRIu64
	       " requests out; texts out in %.2f s, all receipts durable in %.2f s\n",
		people, CHANNELS, requests, sent_s, took);
	printf("bare libmicrohttpd: %.0f and %.0f receipts/s, %.1f and %.1f us of CPU each\n", bare, again, bare_cpu[0],
		bare_cpu[1]);
	printf("the daemon: %.2f us of CPU per recipient on the loop, %.2f us beside it (disk)\n",
		(cpu[0] - before[0]) * 1e6 / people, (cpu[1] - before[1]) * 1e6 / people);
	snprintf(stage, sizeof(stage), "whole, %u residents", people);
	row_ceiling(stage, rate, ceiling, MORE_IS_BETTER, 0.6, "recipients/s");
	snprintf(stage, sizeof(stage), "whole, %u residents, anonymous memory", people);
	row_target(stage, peak, 256, "MiB");
	stand_fini(&stand);
	return 0;
}
