/*
 * Beside the nearest competitor: the same texts, one number a request, from Kannel (bearerbox and smsbox as Debian has them,
 * through its HTTP SMSC) and from crier to the same sink in the same run. The sink answers at once. The rate is from the
 * first to the last request that it sees. crier's ledger is durable; what Kannel's store `file` promises survives a crash of
 * the process, not of the machine, and without a store nothing does.
 *
 * Neither writes a log line for a text. Kannel has its best settings: 100 pending submits, replies after bearerbox took a
 * text, and is fed through 64 kept connections with twenty numbers a request, so that its input is not what binds it. crier starts
 * from a file in its folder and a roster, everything included.
 *
 * What crier does with a hundred numbers a request is printed and is no row: Kannel's figures are of single numbers.
 *
 * Usage: bench_peer [texts] [rounds]     (100000 1)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "gateways.h"
#include "stand.h"
#include "table.h"

#define BEARERBOX "/usr/sbin/bearerbox"
#define SMSBOX    "/usr/sbin/smsbox"

enum { FEEDERS = 64, NUMBERS = 20, WINDOW = 256, ROUNDS_MOST = 9, PATIENCE_S = 120, NOBODY = 65534 };

/* One part of UCS-2, signature included: 【玉山反诈】 is put in front. */
#define TEXT "近日有人冒充警察打电话，要居民把钱转到安全账户。警察没有安全账户，请挂断电话，有疑问打96110。"

struct run {
	double rate, cpu_us; /* texts a second; of all its processes, for a text */
};

/* ---- both ---- */

static void gateways_fresh(struct gateways *gateways, uint32_t texts)
{
	*gateways = (struct gateways){.count = 1, .first_phone = STAND_FIRST_PHONE, .people = texts};
	gateways_start(gateways);
}

/* Waits until everybody has a text, checks that nobody has two, and says how fast it went. */
static double rate_of(const struct gateways *gateways, uint32_t texts)
{
	const struct gateways_seen *seen = gateways->seen;
	uint64_t since = clock_mono_us();

	errno = 0;
	while (atomic_load(&seen->texts) < texts) {
		if (bench_seconds(since) > PATIENCE_S)
			stand_die("the texts do not come");
		usleep(5000);
	}
	if (atomic_load(&seen->texts) != texts || atomic_load(&seen->repeated) + atomic_load(&seen->strange) > 0)
		stand_die("not everybody got one text: no figure");
	return (texts - 1) * 1e6 / (double)(atomic_load(&seen->last_us) - atomic_load(&seen->first_us));
}

/* ---- crier ---- */

static struct run run_crier(struct stand *stand, uint32_t texts, unsigned int batch)
{
	static unsigned int nth;
	struct gateways gateways;
	char config[2048], alert[2048], name[32];
	double before[2], after[2];
	struct run run;

	gateways_fresh(&gateways, texts);
	snprintf(config, sizeof(config),
		"site: { name = \"b\"; signature = \"玉山反诈\"; sender = \"a@b.cn\"; area = \"320583\"; };\n"
		"paths: { spool = \"spool\"; state = \"state\"; control = \"c.sock\"; };\n"
		"channels: ( { name = \"sms\"; kind = \"sms-kannel\"; url = \"http://127.0.0.1:%u/cgi-bin/sendsms\"; user = \"u\";"
		" password_file = \"password\"; dlr = false; rate = \"unlimited\"; window = %d; batch = %u; } );\n",
		gateways.ports[0], WINDOW, batch);
	stand_write(stand, "crierd.conf", config);
	stand_write(stand, "password", "x\n");
	stand_start(stand);
	stand_cpu_s(stand->daemon, &before[0], &before[1]);
	snprintf(name, sizeof(name), "%u.cfg", ++nth);
	snprintf(alert, sizeof(alert),
		"schema = \"fraud-alert/1\"; id = \"P-%u\"; sender = \"a@b.cn\"; fraud_type = \"fake-police\";\n"
		"summary = \"近日有人冒充警察。\"; audiences = [ \"all\" ]; areas = [ \"320583\" ]; urgency = \"immediate\";\n"
		"text = { sms = \"" TEXT "\"; };\n",
		nth);
	stand_drop(stand, name, alert);
	run.rate = rate_of(&gateways, texts);
	stand_cpu_s(stand->daemon, &after[0], &after[1]);
	run.cpu_us = (after[0] + after[1] - before[0] - before[1]) * 1e6 / texts;
	stand_stop(stand);
	gateways_stop(&gateways);
	return run;
}

/* ---- Kannel ---- */

struct kannel {
	char folder[300];
	uint16_t admin, smsbox, receipts, sendsms;
	pid_t bearerbox, box;
};

/* A port that nobody has now. */
static uint16_t free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
		getsockname(fd, (struct sockaddr *)&at, &size) != 0)
		stand_die("no free port");
	close(fd);
	return ntohs(at.sin_port);
}

static int connect_to(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void write_kannel_conf(const struct stand *stand, struct kannel *kannel, uint16_t sink, bool store)
{
	char text[4096], stored[512] = "";

	kannel->admin = free_port();
	kannel->smsbox = free_port();
	kannel->receipts = free_port();
	kannel->sendsms = free_port();
	if (store)
		snprintf(stored, sizeof(stored), "store-type = file\nstore-location = %s/store\n", kannel->folder);
	snprintf(text, sizeof(text),
		"group = core\nadmin-port = %u\nadmin-interface = 127.0.0.1\nadmin-password = unused\nsmsbox-port = %u\n"
		"box-allow-ip = 127.0.0.1\nlog-file = %s/bearerbox.log\nlog-level = 3\nsmsbox-max-pending = 10000\n%s\n"
		"group = smsc\nsmsc = http\nsmsc-id = sink\nsystem-type = generic\nport = %u\nconnect-allow-ip = 127.0.0.1\n"
		"max-pending-submits = 100\nlog-level = 3\nstatus-success-regex = \"Accepted\"\n"
		"send-url = \"http://127.0.0.1:%u/cgi-bin/sendsms?username=u&password=x&to=%%p&coding=2&charset=UTF-16BE&text=%%b\"\n\n"
		"group = smsbox\nbearerbox-host = 127.0.0.1\nbearerbox-port = %u\nsendsms-port = %u\n"
		"sendsms-interface = 127.0.0.1\nlog-file = %s/smsbox.log\nlog-level = 3\nimmediate-sendsms-reply = false\n\n"
		"group = sendsms-user\nusername = u\npassword = x\nconcatenation = false\nmax-messages = 1\n"
		"default-sender = 10690000\n",
		kannel->admin, kannel->smsbox, kannel->folder, stored, kannel->receipts, sink, kannel->smsbox,
		kannel->sendsms, kannel->folder);
	stand_write(stand, "kannel/kannel.conf", text);
}

static pid_t start_box(const struct kannel *kannel, const char *program, const char *name)
{
	char config[400], output[400];

	snprintf(config, sizeof(config), "%s/kannel.conf", kannel->folder);
	snprintf(output, sizeof(output), "%s/%s.out", kannel->folder, name);
	fflush(NULL);
	pid_t child = fork();
	if (child != 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int none = open("/dev/null", O_RDONLY);
	dup2(none, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	execl(program, program, "-v", "4", config, (char *)NULL);
	_exit(127);
}

static void await_port(uint16_t port, pid_t child)
{
	for (int tries = 0; tries < 200; tries++, usleep(50000)) {
		int fd = connect_to(port);
		if (fd >= 0) {
			close(fd);
			return;
		}
		errno = 0;
		if (waitpid(child, NULL, WNOHANG) != 0)
			stand_die("Kannel does not start");
	}
	stand_die("Kannel does not open its port");
}

static void start_kannel(const struct stand *stand, struct kannel *kannel, uint16_t sink, bool store)
{
	snprintf(kannel->folder, sizeof(kannel->folder), "%s/kannel", stand->folder);
	mkdir(kannel->folder, 0700);
	write_kannel_conf(stand, kannel, sink, store);
	kannel->bearerbox = start_box(kannel, BEARERBOX, "bearerbox");
	await_port(kannel->smsbox, kannel->bearerbox);
	kannel->box = start_box(kannel, SMSBOX, "smsbox");
	await_port(kannel->sendsms, kannel->box);
}

static void end(pid_t child)
{
	kill(child, SIGTERM);
	for (int tries = 0; tries < 100; tries++, usleep(50000))
		if (waitpid(child, NULL, WNOHANG) != 0)
			return;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Who hands Kannel its texts: one connection, one request at a time. */
struct feeder {
	int fd;
	uint32_t from; /* the first number of its request */
	size_t got;
	char in[2048];
};

struct feeding {
	const struct kannel *kannel;
	char *escaped; /* the text */
	uint32_t texts, next, taken;
	int epoll;
	struct feeder feeders[FEEDERS];
};

static char *escape(const char *text)
{
	char *escaped = mem_zalloc(strlen(text) * 3 + 1), *out = escaped;

	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
		out += snprintf(out, 4, "%%%02X", *at);
	return escaped;
}

static void send_request(struct feeding *feeding, struct feeder *feeder)
{
	char request[4096];
	int size = snprintf(request, sizeof(request), "GET /cgi-bin/sendsms?username=u&password=x&to=");

	for (uint32_t i = 0; i < NUMBERS && feeder->from + i < feeding->texts; i++)
		size += snprintf(request + size, sizeof(request) - (size_t)size, "%s%" PRIu64, i > 0 ? "+" : "",
			STAND_FIRST_PHONE + feeder->from + i);
	size += snprintf(request + size, sizeof(request) - (size_t)size,
		"&coding=2&charset=UTF-8&text=%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: keep-alive\r\n\r\n",
		feeding->escaped, feeding->kannel->sendsms);
	if (send(feeder->fd, request, (size_t)size, MSG_NOSIGNAL) != size)
		stand_die("smsbox takes no request");
	feeder->got = 0;
}

static void begin_request(struct feeding *feeding, struct feeder *feeder)
{
	if (feeding->next >= feeding->texts) {
		close(feeder->fd);
		feeder->fd = -1;
		return;
	}
	feeder->from = feeding->next;
	feeding->next += NUMBERS;
	send_request(feeding, feeder);
}

/* True when the whole answer has come. */
static bool read_answer(struct feeder *feeder)
{
	ssize_t got = recv(feeder->fd, feeder->in + feeder->got, sizeof(feeder->in) - 1 - feeder->got, 0);

	if (got <= 0)
		stand_die("smsbox closed a connection");
	feeder->got += (size_t)got;
	feeder->in[feeder->got] = '\0';
	const char *body = strstr(feeder->in, "\r\n\r\n");
	const char *length = strcasestr(feeder->in, "\r\nContent-Length:");
	return body != NULL && length != NULL &&
		feeder->got >= (size_t)(body + 4 - feeder->in) + strtoul(length + 17, NULL, 10);
}

static void on_answer(struct feeding *feeding, struct feeder *feeder)
{
	if (!read_answer(feeder))
		return;
	/* While smsbox has no bearerbox yet, and while its queue is full. */
	if (strncmp(feeder->in, "HTTP/1.1 202", 12) != 0) {
		usleep(20000);
		send_request(feeding, feeder);
		return;
	}
	feeding->taken += NUMBERS;
	begin_request(feeding, feeder);
}

static void run_feeder(const struct kannel *kannel, uint32_t texts)
{
	struct feeding feeding = {.kannel = kannel,
		.escaped = escape("【玉山反诈】" TEXT),
		.texts = texts,
		.epoll = epoll_create1(EPOLL_CLOEXEC)};
	struct epoll_event events[FEEDERS];

	for (int i = 0; i < FEEDERS; i++) {
		struct feeder *feeder = &feeding.feeders[i];
		feeder->fd = connect_to(kannel->sendsms);
		if (feeder->fd < 0 ||
			epoll_ctl(feeding.epoll, EPOLL_CTL_ADD, feeder->fd,
				&(struct epoll_event){.events = EPOLLIN, .data.ptr = feeder}) != 0)
			stand_die("smsbox takes no connection");
		begin_request(&feeding, feeder);
	}
	while (feeding.taken < texts) {
		int count = epoll_wait(feeding.epoll, events, FEEDERS, 20000);
		errno = 0;
		if (count == 0)
			stand_die("smsbox does not answer");
		for (int i = 0; i < count; i++)
			on_answer(&feeding, events[i].data.ptr);
	}
}

static double cpu_of(const struct kannel *kannel)
{
	double own[2], box[2];

	stand_cpu_s(kannel->bearerbox, &own[0], &own[1]);
	stand_cpu_s(kannel->box, &box[0], &box[1]);
	return own[0] + own[1] + box[0] + box[1];
}

static struct run run_kannel(const struct stand *stand, uint32_t texts, bool store)
{
	struct gateways gateways;
	struct kannel kannel = {0};
	struct run run;

	gateways_fresh(&gateways, texts);
	start_kannel(stand, &kannel, gateways.ports[0], store);
	double before = cpu_of(&kannel);
	fflush(NULL);
	pid_t feeder = fork();
	if (feeder == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_feeder(&kannel, texts);
		_exit(0);
	}
	run.rate = rate_of(&gateways, texts);
	run.cpu_us = (cpu_of(&kannel) - before) * 1e6 / texts;
	waitpid(feeder, NULL, 0);
	end(kannel.box);
	end(kannel.bearerbox);
	gateways_stop(&gateways);
	return run;
}

/* ---- the table ---- */

static double median_cpu(const struct run *runs, unsigned int count)
{
	double costs[ROUNDS_MOST * 2];

	for (unsigned int i = 0; i < count; i++)
		costs[i] = runs[i].cpu_us;
	return bench_median(costs, count);
}

static double median_rate(const struct run *runs, unsigned int count)
{
	double rates[ROUNDS_MOST * 2];

	for (unsigned int i = 0; i < count; i++)
		rates[i] = runs[i].rate;
	/* Of two, their mean. */
	return count == 2 ? (rates[0] + rates[1]) / 2 : bench_median(rates, count);
}

static void say(const char *who, struct run run)
{
	printf("%-40s %8.0f texts/s   %6.1f us of CPU for a text\n", who, run.rate, run.cpu_us);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	uint32_t texts = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
	unsigned int rounds = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 1;
	struct run ours[ROUNDS_MOST * 2], plain[ROUNDS_MOST], stored[ROUNDS_MOST];
	struct stand stand;

	if (access(BEARERBOX, X_OK) != 0 || access(SMSBOX, X_OK) != 0) {
		fprintf(stderr, "bench_peer: Kannel is not installed (packages kannel and kannel-extras)\n");
		return 77;
	}
	rounds = rounds < 1 ? 1 : rounds > ROUNDS_MOST ? ROUNDS_MOST : rounds;
	stand_init(&stand);
	stand_people(&stand, texts, 1);
	for (unsigned int i = 0; i < rounds; i++) {
		say("crier, durable ledger", ours[i * 2] = run_crier(&stand, texts, 1));
		say("Kannel", plain[i] = run_kannel(&stand, texts, false));
		say("Kannel, store file", stored[i] = run_kannel(&stand, texts, true));
		say("crier, durable ledger", ours[i * 2 + 1] = run_crier(&stand, texts, 1));
		say("crier, 100 numbers a request", run_crier(&stand, texts, 100));
	}
	double our = median_rate(ours, rounds * 2), their = median_rate(plain, rounds);
	double their_stored = median_rate(stored, rounds);

	row_ceiling("peer: Kannel HTTP SMSC", our, their, MORE_IS_BETTER, 4, "texts/s");
	row_ceiling("peer: Kannel HTTP SMSC, store file", our, their_stored, MORE_IS_BETTER, 4, "texts/s");
	double our_cpu = median_cpu(ours, rounds * 2), their_cpu = median_cpu(plain, rounds);
	row_ceiling("peer: Kannel, CPU for a text", our_cpu, their_cpu, LESS_IS_BETTER, 4, "us");
	stand_fini(&stand);
	return 0;
}
