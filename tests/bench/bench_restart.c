/*
 * The restart: a state folder with ten million residents and 50 open alerts in which ten million recipients wait; a tenth
 * more were sent to, and half of these have their receipts. Then crierd itself is started, again and again, and ended with
 * SIGKILL: measured is the time from its fork to the first byte of a request at a gateway, and its memory afterwards, mapped
 * files apart. The page cache is warm, as after a crash. Beside the first start stands what a daemon with nothing to
 * remember needs, so that one can see what the memory costs.
 *
 * The alerts are accepted by the daemon itself while the red switch is off; what was sent and received is written through
 * the ledger's own door.
 *
 * Usage: bench_restart [residents] [alerts] [percent sent]     (10000000 50 10); CRIER_BENCH_CRIERD names another crierd than the
 * one built beside this
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ledger/append.h"
#include "ledger/query.h"
#include "ledger/replay.h"
#include "loop/loop.h"
#include "stand.h"
#include "table.h"

enum { RESIDENTS = 10000000, ALERTS = 50, STARTS = 7, BATCH = 20, PERCENT = 10, FIRST_TOWN = 320583100 };

static int listen_any(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 64) != 0)
		stand_die("listen");
	getsockname(fd, (struct sockaddr *)&address, &size);
	*port = ntohs(address.sin_port);
	return fd;
}

static void write_config(const struct stand *stand, uint16_t port)
{
	char config[2048];

	snprintf(config, sizeof(config),
		"site: { name = \"b\"; signature = \"玉山反诈\"; sender = \"a@b.cn\"; area = \"320583\"; };\n"
		"paths: { spool = \"spool\"; state = \"state\"; control = \"c.sock\"; };\n"
		"intake: { open_alerts = 1000; };\n"
		"listen: { address = \"127.0.0.1\"; port = 0; };\n"
		"channels: ( { name = \"sms\"; kind = \"sms-kannel\"; url = \"http://127.0.0.1:%u/cgi-bin/sendsms\"; user = \"u\";"
		" password_file = \"password\"; rate = \"10000/s\"; window = 16; batch = %d; } );\n",
		port, BATCH);
	stand_write(stand, "crierd.conf", config);
	stand_write(stand, "password", "x\n");
}

static void name_state(const struct stand *stand, char out[512])
{
	snprintf(out, 512, "%s/state", stand->folder);
}

static void on_ledger_closed(void *arg)
{
	loop_stop(arg);
}

/* Opens the state's ledger, lets `write` append to it, and closes it when all is durable. */
static void with_ledger(const struct stand *stand, void (*write)(struct loop *loop, struct ledger *ledger, void *arg),
	void *arg)
{
	struct loop *loop = loop_new();
	struct ledger *ledger;
	struct problems problems;
	char state[512];

	problems_init(&problems);
	name_state(stand, state);
	if (ledger_open(loop, state, &ledger, &problems) != RESULT_OK)
		stand_die(problems.count > 0 ? problems.list[0].reason[LANG_EN] : "no ledger");
	write(loop, ledger, arg);
	ledger_close(ledger, on_ledger_closed, loop);
	loop_run(loop);
	problems_fini(&problems);
	loop_free(&loop);
}

static void turn_off(struct loop *loop, struct ledger *ledger, void *arg)
{
	(void)loop;
	(void)arg;
	ledger_switch(ledger, true, "bench", clock_wall_ms(), NULL, NULL);
}

struct past {
	uint64_t waiting, sent, received;
	uint32_t alert, size, percent;
};

static bool on_lane(void *arg, uint32_t alert, uint16_t lane, const struct ledger_lane *content, const uint32_t *counts)
{
	struct past *past = arg;

	(void)counts;
	if (lane == 0 && medium_crowd(content->medium) == CROWD_RESIDENTS) {
		past->alert = alert;
		past->size = content->size;
	}
	return true;
}

/* A run and what became of it; every other run has its receipts, one by one and not in order, as they come. */
static void write_batch(struct ledger *ledger, struct past *past, uint32_t nth, int64_t at_ms)
{
	struct batch_name name = {past->alert, 0, nth + 1};
	struct ledger_receipt receipts[BATCH];
	uint32_t first = nth * BATCH;

	ledger_intent(ledger,
		&(struct ledger_intent){.name = name, .first = first, .count = BATCH, .attempt = 1, .at_ms = at_ms},
		NULL, NULL);
	ledger_outcome(ledger,
		&(struct ledger_outcome){.name = name,
			.verdict = VERDICT_ACCEPTED,
			.class = CLASS_OK,
			.at_ms = at_ms + 20,
			.provider_id = "",
			.peer = "0: Accepted for delivery"},
		NULL, NULL);
	past->sent += BATCH;
	if (nth % 2 != 0)
		return;
	for (uint32_t i = 0; i < BATCH; i++)
		receipts[i] = (struct ledger_receipt){.position = first + (i * 7) % BATCH,
			.count = 1,
			.state = i % 10 == 9 ? STATE_FAILED : STATE_DELIVERED,
			.at_ms = at_ms + 1000 + i,
			.code = i % 10 == 9 ? "UNDELIV" : "DELIVRD"};
	ledger_receipts(ledger, past->alert, receipts, BATCH, NULL, NULL);
	past->received += BATCH;
}

/* The beginning of each alert was sent, in the last minutes. */
static void write_past(struct loop *loop, struct ledger *ledger, void *arg)
{
	struct past *past = arg;
	int64_t now_ms = clock_wall_ms();

	for (uint32_t alert = 1; alert <= 100000; alert++) {
		past->alert = 0;
		if (ledger_list_lanes(ledger, alert, on_lane, past) != RESULT_OK || past->alert == 0)
			break;
		uint32_t batches = (uint32_t)((uint64_t)past->size * past->percent / 100 / BATCH);
		for (uint32_t nth = 0; nth < batches; nth++) {
			write_batch(ledger, past, nth, now_ms - 300000 + nth / 10);
			while (ledger_backlog(ledger) > LEDGER_BACKLOG_MOST)
				loop_turn(loop);
		}
		past->waiting += past->size - batches * BATCH;
	}
	ledger_switch(ledger, false, "bench", now_ms, NULL, NULL);
}

static unsigned int count_files(const struct stand *stand, const char *name)
{
	const struct dirent *entry;
	unsigned int count = 0;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", stand->folder, name);
	DIR *folder = opendir(path);
	while (folder != NULL && (entry = readdir(folder)) != NULL)
		count += entry->d_name[0] != '.';
	if (folder != NULL)
		closedir(folder);
	return count;
}

static void accept_alerts(struct stand *stand, unsigned int alerts, unsigned int towns)
{
	char name[32], text[1024];

	with_ledger(stand, turn_off, NULL);
	stand_start(stand);
	for (unsigned int i = 0; i < alerts; i++) {
		snprintf(name, sizeof(name), "%u.cfg", i);
		snprintf(text, sizeof(text),
			"schema = \"fraud-alert/1\"; id = \"B-%u\"; sender = \"a@b.cn\"; fraud_type = \"fake-police\";\n"
			"summary = \"第%u次。\"; audiences = [ \"all\" ]; areas = [ \"%u\" ]; urgency = \"immediate\";\n",
			i, i, FIRST_TOWN + i % towns);
		stand_drop(stand, name, text);
	}
	for (int patience = 0; count_files(stand, "spool/done") < alerts; patience++) {
		if (patience == 6000 || count_files(stand, "spool/failed") > 0)
			stand_die("the alerts were not accepted");
		usleep(10000);
	}
	stand_stop(stand);
}

static pid_t start(const struct stand *stand, const char *crierd)
{
	char config[512], log[512];
	pid_t child = fork();

	if (child != 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(config, sizeof(config), "%s/crierd.conf", stand->folder);
	snprintf(log, sizeof(log), "%s/log", stand->folder);
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDERR_FILENO);
	execl(crierd, "crierd", "-c", config, (char *)NULL);
	_exit(127);
}

/* Until somebody connects and the first byte of a request is there. The gateway answers nothing: it is only just asked. */
static void await_byte(int listener, pid_t child, int *connection)
{
	struct pollfd fd = {listener, POLLIN, 0};
	char byte;

	while (poll(&fd, 1, 100) == 0)
		if (waitpid(child, NULL, WNOHANG) == child)
			stand_die("crierd ended; its log is in the folder");
	*connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (*connection < 0 || recv(*connection, &byte, 1, 0) != 1)
		stand_die("no request");
}

static void drain(int listener)
{
	int fd;

	fcntl(listener, F_SETFL, O_NONBLOCK);
	while ((fd = accept(listener, NULL, NULL)) >= 0)
		close(fd);
	fcntl(listener, F_SETFL, 0);
}

/* `open`: the recipients of whom it has still something to expect. */
static void measure(const struct stand *stand, int listener, uint64_t open)
{
	double seconds[STARTS], mib = 0;
	char crierd[512];

	stand_find_crierd(crierd);
	for (int i = 0; i < STARTS; i++) {
		int connection;
		uint64_t from = clock_mono_us();
		pid_t child = start(stand, crierd);
		await_byte(listener, child, &connection);
		seconds[i] = bench_seconds(from);
		usleep(300000);
		double now = stand_anonymous_mib(child);
		mib = now > mib ? now : mib;
		printf("  start %d: %.3f s, %.1f MiB\n", i + 1, seconds[i], now);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		close(connection);
		drain(listener);
	}
	row_target("restart, first send", bench_median(seconds, STARTS), 1, "s");
	row_target("restart, anonymous memory", mib, 256, "MiB");
	row_target("restart, anonymous memory of an open one", mib * 1048576 / (double)open, 16, "B/recipient");
}

int main(int argc, char **argv)
{
	uint32_t residents = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : RESIDENTS;
	unsigned int alerts = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : ALERTS;
	unsigned int towns = alerts > 10 ? alerts - alerts / 10 : alerts;
	struct past past = {.percent = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : PERCENT};
	struct stand stand;
	uint16_t port;
	uint64_t from = clock_mono_us();

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	stand_init(&stand);
	int listener = listen_any(&port);
	write_config(&stand, port);
	stand_people(&stand, residents, towns);
	printf("%u residents after %.1f s\n", residents, bench_seconds(from));
	accept_alerts(&stand, alerts, towns);
	printf("%u alerts after %.1f s\n", alerts, bench_seconds(from));
	with_ledger(&stand, write_past, &past);
	printf("%llu wait, %llu were sent to, %llu have receipts, after %.1f s\n", (unsigned long long)past.waiting,
		(unsigned long long)past.sent, (unsigned long long)past.received, bench_seconds(from));
	measure(&stand, listener, past.waiting + past.sent - past.received);
	stand_fini(&stand);
	return 0;
}
