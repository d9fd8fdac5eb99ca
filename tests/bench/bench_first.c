/*
 * First text: from an alert's rename into new/ to the first byte of its request at a gateway, on an idle daemon, with the
 * intent durable before it leaves. The daemon and a listening socket live in two processes, as in life. Beside it the raw
 * ceiling of the same run: one inotify event, one fdatasync and one loopback request.
 *
 * Usage: bench_first [alerts] [residents]     (100 10000)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/app.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/signal.h"
#include "roster/import.h"

enum { ALERTS = 100, PEOPLE = 10000 };

static char folder[64];

static void write_text(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
		perror(path);
		exit(1);
	}
	chmod(path, 0600);
}

static int listen_any(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 16) != 0) {
		perror("listen");
		exit(1);
	}
	getsockname(fd, (struct sockaddr *)&address, &size);
	*port = ntohs(address.sin_port);
	return fd;
}

static void import(unsigned int people)
{
	struct roster_totals totals;
	struct problems problems;
	char state[96], csv[96];

	snprintf(state, sizeof(state), "%s/state", folder);
	snprintf(csv, sizeof(csv), "%s/people.csv", folder);
	mkdir(state, 0700);
	FILE *file = fopen(csv, "w");
	fputs("phone,birth_year,area\n", file);
	for (unsigned int i = 0; i < people; i++)
		fprintf(file, "138%08u,1950,320583100\n", i);
	fclose(file);
	int fd = open(csv, O_RDONLY | O_CLOEXEC);
	problems_init(&problems);
	struct roster_import order = {.state = state,
		.fd = fd,
		.file = "people.csv",
		.list = "all",
		.source = "bench",
		.basis = "bench",
		.reject_fd = -1,
		.now_ms = clock_wall_ms()};
	if (roster_import(&order, &totals, &problems) != RESULT_OK)
		exit(1);
	roster_totals_fini(&totals);
	problems_fini(&problems);
	close(fd);
}

struct runner {
	struct loop *loop;
	struct app *app;
	struct signals *signals;
	int tell;
};

static void on_closed(void *arg)
{
	signals_close(((struct runner *)arg)->signals, NULL, NULL);
}

static void on_stop(void *arg, int number)
{
	struct runner *runner = arg;

	if (runner->app != NULL)
		app_close(runner->app, on_closed, runner);
	runner->app = NULL;
}

static void on_ready(void *arg)
{
	if (write(((struct runner *)arg)->tell, "r", 1) != 1)
		exit(1);
}

/* The daemon, in a process of its own. */
static void run_daemon(int tell)
{
	static const struct signals_events events = {.stop = on_stop};
	struct runner runner = {.loop = loop_new(), .tell = tell};
	struct problems problems;
	char config[96];

	snprintf(config, sizeof(config), "%s/crierd.conf", folder);
	struct app_options options = {.config = config, .ready = on_ready, .arg = &runner, .drain_ms = 100};
	log_set_level(LOG_CRIT);
	problems_init(&problems);
	runner.signals = signals_open(runner.loop, &events, &runner);
	if (app_open(runner.loop, &options, &runner.app, &problems) != RESULT_OK) {
		fprintf(stderr, "%s\n", problems.list[0].reason[LANG_EN]);
		_exit(1);
	}
	loop_run(runner.loop);
	loop_free(&runner.loop);
	_exit(0);
}

/* Answers one request on a kept connection and closes it when asked; returns when its first byte came. */
static uint64_t first_byte(int listener, int *kept)
{
	static const char answer[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 25\r\n\r\n0: Accepted for delivery\r\n";
	char bytes[65536];

	for (;;) {
		struct pollfd fds[] = {{listener, POLLIN, 0}, {*kept, POLLIN, 0}};
		if (poll(fds, *kept >= 0 ? 2 : 1, 10000) <= 0) {
			fprintf(stderr, "no request came\n");
			exit(1);
		}
		if ((fds[0].revents & POLLIN) != 0) {
			if (*kept >= 0)
				close(*kept);
			*kept = accept(listener, NULL, NULL);
			continue;
		}
		uint64_t at = clock_mono_us();
		ssize_t got = recv(*kept, bytes, sizeof(bytes), 0);
		if (got <= 0) {
			close(*kept);
			*kept = -1;
			continue;
		}
		if (send(*kept, answer, sizeof(answer) - 1, MSG_NOSIGNAL) < 0)
			exit(1);
		return at;
	}
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void print_row(const char *name, uint64_t *us, unsigned int count)
{
	qsort(us, count, sizeof(*us), by_size);
	printf("%-34s median %8.3f ms   p99 %8.3f ms   most %8.3f ms   n=%u\n", name, (double)us[count / 2] / 1000,
		(double)us[count * 99 / 100] / 1000, (double)us[count - 1] / 1000, count);
}

/* What the machine itself needs: rename, event, fdatasync of 4 KiB, a byte over loopback. */
static void measure_ceiling(uint64_t *us, unsigned int count)
{
	char tmp[128], new[128], log[128], room[4096] = "";
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
		exit(1);
	int in = accept(listener, NULL, NULL);
	for (unsigned int i = 0; i < count; i++) {
		close(open(tmp, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
		uint64_t began = clock_mono_us();
		char event[4096], byte;
		if (rename(tmp, new) != 0 || read(watch, event, sizeof(event)) <= 0 ||
			write(fd, room, sizeof(room)) < 0 || fdatasync(fd) != 0 || send(out, "x", 1, 0) != 1 ||
			recv(in, &byte, 1, 0) != 1)
			exit(1);
		us[i] = clock_mono_us() - began;
		usleep(2000);
	}
	close(in);
	close(out);
	close(fd);
	close(watch);
	close(listener);
}

static void drop(unsigned int nth, uint64_t *began)
{
	char name[64], from[160], to[160], text[1024];

	snprintf(name, sizeof(name), "spool/tmp/%u.cfg", nth);
	snprintf(text, sizeof(text),
		"schema = \"fraud-alert/1\"; id = \"B-%u\"; sender = \"a@b.cn\"; fraud_type = \"fake-police\";\n"
		"summary = \"第%u次。\"; audiences = [ \"all\" ]; areas = [ \"320583\" ]; urgency = \"immediate\";\n",
		nth, nth);
	write_text(name, text);
	snprintf(from, sizeof(from), "%s/%s", folder, name);
	snprintf(to, sizeof(to), "%s/spool/new/%u.cfg", folder, nth);
	*began = clock_mono_us();
	if (rename(from, to) != 0)
		exit(1);
}

int main(int argc, char **argv)
{
	unsigned int alerts = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : ALERTS;
	unsigned int people = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : PEOPLE;
	uint64_t *us = mem_calloc(alerts + 1, sizeof(*us)), *raw = mem_calloc(alerts + 1, sizeof(*raw));
	char config[2048], template[] = "/tmp/crier-bench-XXXXXX";
	uint16_t port;
	int kept = -1, told[2];

	snprintf(folder, sizeof(folder), "%s", mkdtemp(template));
	measure_ceiling(raw, alerts);
	int listener = listen_any(&port);
	/* One batch is the whole audience, so that each alert is one request. */
	snprintf(config, sizeof(config),
		"site: { name = \"b\"; signature = \"玉山反诈\"; sender = \"a@b.cn\"; area = \"320583\"; };\n"
		"paths: { spool = \"spool\"; state = \"state\"; control = \"c.sock\"; };\n"
		"intake: { open_alerts = 1000; };\n"
		"channels: ( { name = \"sms\"; kind = \"sms-kannel\"; url = \"http://127.0.0.1:%u/cgi-bin/sendsms\"; user = \"u\";"
		" password_file = \"password\"; dlr = false; rate = \"unlimited\"; window = 1; batch = 1000; } );\n",
		port);
	write_text("crierd.conf", config);
	write_text("password", "x\n");
	import(people < 1000 ? people : 1000);
	if (pipe(told) != 0)
		return 1;
	pid_t child = fork();
	if (child == 0)
		run_daemon(told[1]);
	char ready;
	close(told[1]);
	if (read(told[0], &ready, 1) != 1)
		return 1;
	for (unsigned int i = 0; i < alerts; i++) {
		uint64_t began;
		usleep(20000);
		drop(i, &began);
		us[i] = first_byte(listener, &kept) - began;
	}
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
	print_row("rename to first byte", us, alerts);
	print_row("raw: event, fdatasync, loopback", raw, alerts);
	printf("ratio of the medians: %.2f (ceiling / figure)\n", (double)raw[alerts / 2] / (double)us[alerts / 2]);
	char *const clean[] = {"rm", "-rf", folder, NULL};
	if (fork() == 0)
		execv("/bin/rm", clean);
	wait(NULL);
	free(us);
	free(raw);
	return 0;
}
