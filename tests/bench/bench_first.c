/*
 * First text: from an alert's rename into new/ to the first byte of its request at a gateway, on an idle daemon, with the
 * intent durable before it leaves. The daemon and the gateway live in processes of their own, as in life. Each alert is for
 * everybody; when its first batch has come it is cancelled, and when it is closed the next one is dropped. Beside it the raw
 * ceiling of the same run: one inotify event, one fdatasync and one byte over loopback.
 *
 * Usage: bench_first [alerts] [residents]     (100 1000000)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "stand.h"
#include "table.h"

enum { ALERTS = 100, PEOPLE = 1000000, TOWNS = 8, REST_US = 20000 };

static const double median_target_ms = 10, share_target_ms = 50;

struct bench {
	struct stand stand;
	sqlite3 *ledger; /* to see when alerts are closed */
	int listener, kept; /* the gateway's */
	unsigned int dropped;
};

static int listen_any(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 16) != 0) {
		stand_die("listen");
	}
	getsockname(fd, (struct sockaddr *)&address, &size);
	*port = ntohs(address.sin_port);
	return fd;
}

/* Waits for a request on the kept connection; returns when its first byte came, and reads the rest. */
static uint64_t first_byte(struct bench *bench)
{
	char bytes[65536];
	size_t got = 0;
	uint64_t at = 0;

	for (;;) {
		struct pollfd fds[] = {{bench->listener, POLLIN, 0}, {bench->kept, POLLIN, 0}};
		errno = 0;
		if (poll(fds, bench->kept >= 0 ? 2 : 1, 20000) <= 0)
			stand_die("no request came");
		if (at == 0)
			at = clock_mono_us();
		if ((fds[0].revents & POLLIN) != 0) {
			close(bench->kept);
			bench->kept = accept(bench->listener, NULL, NULL);
			at = 0;
			continue;
		}
		ssize_t size = recv(bench->kept, bytes + got, sizeof(bytes) - 1 - got, 0);
		if (size <= 0) {
			close(bench->kept);
			bench->kept = -1;
			at = 0;
			continue;
		}
		got += (size_t)size;
		bytes[got] = '\0';
		if (strstr(bytes, "\r\n\r\n") != NULL)
			return at;
	}
}

static void answer(struct bench *bench)
{
	static const char text[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 26\r\n\r\n0: Accepted for delivery\r\n";

	if (send(bench->kept, text, sizeof(text) - 1, MSG_NOSIGNAL) < 0)
		stand_die("the answer");
}

/* What the machine itself needs: rename, event, fdatasync of 4 KiB, a byte over loopback. */
static void measure_ceiling(const char *folder, double *ms, unsigned int count)
{
	char tmp[512], new[512], log[512], room[4096] = "";
	uint16_t port;
	int listener = listen_any(&port), watch = inotify_init1(IN_CLOEXEC);

	snprintf(tmp, sizeof(tmp), "%s/ceiling.tmp", folder);
	snprintf(new, sizeof(new), "%s/drop", folder);
	mkdir(new, 0700);
	inotify_add_watch(watch, new, IN_MOVED_TO);
	snprintf(new, sizeof(new), "%s/drop/a", folder);
	snprintf(log, sizeof(log), "%s/ceiling.log", folder);
	int fd = open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port)};
	if (connect(out, (struct sockaddr *)&address, sizeof(address)) != 0)
		stand_die("the ceiling");
	int in = accept(listener, NULL, NULL);
	for (unsigned int i = 0; i < count; i++) {
		close(open(tmp, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
		uint64_t began = clock_mono_us();
		char event[4096], byte;
		if (rename(tmp, new) != 0 || read(watch, event, sizeof(event)) <= 0 ||
			write(fd, room, sizeof(room)) < 0 || fdatasync(fd) != 0 || send(out, "x", 1, 0) != 1 ||
			recv(in, &byte, 1, 0) != 1)
			stand_die("the ceiling");
		ms[i] = bench_seconds(began) * 1e3;
		usleep(2000);
	}
	close(in);
	close(out);
	close(fd);
	close(watch);
	close(listener);
}

static uint64_t drop(struct bench *bench, const char *id, const char *rest)
{
	char name[64], text[1024];

	snprintf(name, sizeof(name), "%s.cfg", id);
	snprintf(text, sizeof(text),
		"schema = \"fraud-alert/1\"; id = \"%s\"; sender = \"a@b.cn\"; fraud_type = \"fake-police\";\n"
		"summary = \"近日有人冒充警察打电话给居民。\"; audiences = [ \"all\" ]; areas = [ \"320583\" ];\n"
		"urgency = \"immediate\"; %s\n",
		id, rest);
	return stand_drop(&bench->stand, name, text);
}

static unsigned int ask(struct bench *bench, const char *question)
{
	sqlite3_stmt *statement = NULL;
	unsigned int number = 0;

	if (sqlite3_prepare_v2(bench->ledger, question, -1, &statement, NULL) != SQLITE_OK)
		stand_die(sqlite3_errmsg(bench->ledger));
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = (unsigned int)sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

static void await(struct bench *bench, const char *question)
{
	uint64_t since = clock_mono_us();

	errno = 0;
	while (ask(bench, question) == 0) {
		if (bench_seconds(since) > 20)
			stand_die("an alert does not end");
		usleep(2000);
	}
}

/* One alert for everybody, and its end. Returns milliseconds from the rename to the first byte. */
static double run_alert(struct bench *bench, unsigned int nth)
{
	char id[32], cancel[32], rest[96], question[160];

	snprintf(id, sizeof(id), "B-%u", nth);
	snprintf(cancel, sizeof(cancel), "C-%u", nth);
	snprintf(rest, sizeof(rest), "action = \"cancel\"; supersedes = [ \"%s\" ];", id);
	uint64_t began = drop(bench, id, "");
	double ms = (double)(first_byte(bench) - began) / 1e3;
	drop(bench, cancel, rest);
	snprintf(question, sizeof(question), "SELECT count(*) FROM alert WHERE id = '%s' AND fate = 'cancelled'", id);
	await(bench, question);
	answer(bench);
	snprintf(question, sizeof(question), "SELECT count(*) FROM alert WHERE id = '%s' AND state = 'closed'", id);
	await(bench, question);
	usleep(REST_US);
	return ms;
}

static void start(struct bench *bench, uint32_t people)
{
	char text[2048], path[512];
	uint16_t port;

	bench->listener = listen_any(&port);
	stand_people(&bench->stand, people, TOWNS);
	snprintf(text, sizeof(text),
		"site: { name = \"b\"; signature = \"玉山反诈\"; sender = \"a@b.cn\"; area = \"320583\"; };\n"
		"paths: { spool = \"spool\"; state = \"state\"; control = \"c.sock\"; };\n"
		"channels: ( { name = \"sms\"; kind = \"sms-kannel\"; url = \"http://127.0.0.1:%u/cgi-bin/sendsms\"; user = \"u\";"
		" password_file = \"password\"; dlr = false; rate = \"unlimited\"; window = 1; batch = 100; } );\n",
		port);
	stand_write(&bench->stand, "crierd.conf", text);
	stand_write(&bench->stand, "password", "x\n");
	stand_start(&bench->stand);
	snprintf(path, sizeof(path), "%s/state/ledger.db", bench->stand.folder);
	if (sqlite3_open_v2(path, &bench->ledger, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		stand_die(path);
	sqlite3_busy_timeout(bench->ledger, 5000);
}

static void print(const char *name, double *ms, unsigned int count)
{
	double median = bench_median(ms, count), share = bench_share(ms, count, 0.99), most = bench_share(ms, count, 1);

	printf("%-34s median %8.3f ms   p99 %8.3f ms   most %8.3f ms   n=%u\n", name, median, share, most, count);
}

int main(int argc, char **argv)
{
	unsigned int alerts = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : ALERTS;
	uint32_t people = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : PEOPLE;
	struct bench bench = {.kept = -1};

	alerts = alerts < 2 ? 2 : alerts;
	double *ms = mem_calloc(alerts, sizeof(*ms)), *raw = mem_calloc(alerts, sizeof(*raw));
	stand_init(&bench.stand);
	bench.stand.log = "daemon.log";
	start(&bench, people);
	measure_ceiling(bench.stand.folder, raw, alerts);
	for (unsigned int i = 0; i < alerts; i++)
		ms[i] = run_alert(&bench, i);
	sqlite3_close(bench.ledger);
	stand_fini(&bench.stand);
	printf("%u residents\n", people);
	print("rename to first byte", ms, alerts);
	print("raw: event, fdatasync, loopback", raw, alerts);
	row_target("first text, median", bench_median(ms, alerts), median_target_ms, "ms");
	row_target("first text, p99", bench_share(ms, alerts, 0.99), share_target_ms, "ms");
	free(ms);
	free(raw);
	return 0;
}
