/*
 * What crierd costs when nothing is due. Two daemons run side by side under a service manager's watchdog, as their unit has it:
 * one with 1,000 schedules (reminders to groups, hours away) and 200 channels none of which is a sign; the other with 200
 * signs that play slogans and are read back every 20 s, on pretended cards in a process of their own. Both settle, then are
 * watched for a time that holds a scan of the folder, the watchdog, and polls of the signs.
 *
 * A wake-up is a voluntary context switch of any thread (/proc/PID/task/TID/status): a thread that sleeps switches once each time
 * it goes to sleep again, so this counts every return from epoll_wait that was waited for, and every other wait besides. CPU
 * time is the first number of /proc/PID/task/TID/schedstat, in nanoseconds.
 *
 * Usage: bench_idle [seconds]     (30); CRIER_BENCH_CRIERD names another crierd than the one built beside this
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "stand.h"
#include "table.h"
#include "world/world.h"

enum { SECONDS = 30, SETTLE_S = 8, SCHEDULES = 1000, CHANNELS = 200, SIGNS = 200, CONFIG_MOST = 1 << 20 };

/* What the pretended signs saw, shared with their process. */
struct shown {
	_Atomic uint64_t requests;
	atomic_bool ready;
	char address[SIGNS][32];
};

struct cost {
	uint64_t wakeups, cpu_ns;
};

static void add_head(struct buf *config)
{
	buf_add_text(config,
		"site: { name = \"b\"; signature = \"玉山反诈\"; sender = \"a@b.cn\"; area = \"320583\"; };\n"
		"paths: { spool = \"spool\"; state = \"state\"; control = \"c.sock\"; };\n"
		"channels: (\n");
}

static void add_account(struct buf *config, unsigned int nth)
{
	switch (nth % 3) {
	case 0:
		buf_printf(config,
			"{ name = \"c%u\"; kind = \"sms-kannel\"; url = \"http://127.0.0.1:13013/cgi-bin/sendsms\"; user = \"u\";"
			" password_file = \"password\"; }",
			nth);
		break;
	case 1:
		buf_printf(config,
			"{ name = \"c%u\"; kind = \"sms-yunmas\"; url = \"http://127.0.0.1:1992/sms/norsubmit\"; ec_name = \"x\";"
			" ap_id = \"y\"; secret_file = \"password\"; sign_code = \"z\"; signature = \"玉山反诈\";"
			" signature_by = \"platform\"; signature_state = \"registered\"; }",
			nth);
		break;
	default:
		buf_printf(config,
			"{ name = \"c%u\"; kind = \"wecom-robot\"; url = \"http://127.0.0.1:1993/cgi-bin/webhook/send\";"
			" key_file = \"password\"; owner = \"o\"; reach = \"staff\"; }",
			nth);
	}
}

/* Twice a week each, none within the next five hours, at different minutes. */
static void add_schedules(struct buf *config)
{
	time_t at = time(NULL) + 6 * 3600;
	struct tm tm;

	gmtime_r(&at, &tm);
	int hour = (tm.tm_hour + 8) % 24; /* site.timezone */
	for (unsigned int i = 0; i < SCHEDULES; i++)
		buf_printf(config,
			"%s{ name = \"s%u\"; rule = \"FREQ=WEEKLY;BYDAY=%s;BYHOUR=%d;BYMINUTE=%u;BYSECOND=0\";"
			" channels = [ \"c%u\" ]; pack = \"weekly\"; grace = \"1min\"; }",
			i == 0 ? "" : ",\n", i, i % 2 == 0 ? "MO,TH" : "TU,FR", hour, i % 60,
			2 + i % (CHANNELS / 3) * 3);
}

static void write_config(const struct stand *stand, const struct buf *config)
{
	if (config->full)
		stand_die("the configuration is too long");
	stand_write(stand, "crierd.conf", buf_text(config));
	stand_write(stand, "password", "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa\n");
}

static void configure_accounts(const struct stand *stand)
{
	struct buf config;

	buf_init(&config, CONFIG_MOST);
	add_head(&config);
	for (unsigned int i = 0; i < CHANNELS; i++) {
		buf_add_text(&config, i == 0 ? "" : ",\n");
		add_account(&config, i);
	}
	buf_add_text(&config, " );\nschedules: (\n");
	add_schedules(&config);
	buf_add_text(&config, " );\n");
	write_config(stand, &config);
	buf_fini(&config);
}

static void configure_signs(const struct stand *stand, const struct shown *shown)
{
	struct buf config;

	buf_init(&config, CONFIG_MOST);
	add_head(&config);
	for (unsigned int i = 0; i < SIGNS; i++)
		buf_printf(&config,
			"%s{ name = \"g%u\"; kind = \"led-onbon\"; address = \"%s\"; width = 128; height = 32; }",
			i == 0 ? "" : ",\n", i, shown->address[i]);
	buf_add_text(&config,
		" );\nschedules: ( { name = \"s\"; from = \"00:00\"; until = \"24:00\"; pack = \"three-no-one-more\";\n"
		" channels = [ ");
	for (unsigned int i = 0; i < SIGNS; i++)
		buf_printf(&config, "%s\"g%u\"", i == 0 ? "" : ", ", i);
	buf_add_text(&config, " ]; } );\n");
	write_config(stand, &config);
	buf_fini(&config);
}

struct teller {
	struct world *world;
	struct shown *shown;
	struct timer timer;
};

static void on_tell(void *arg)
{
	struct teller *teller = arg;
	struct world_totals totals;

	world_totals(teller->world, NULL, &totals);
	atomic_store(&teller->shown->requests, totals.requests);
	timer_arm(&teller->timer, 50);
}

static void run_signs(struct shown *shown)
{
	struct loop *loop = loop_new();
	struct teller teller = {.shown = shown};
	char name[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	teller.world = world_new(loop, &(struct world_options){.no_page = true, .seed = 1});
	if (teller.world == NULL)
		stand_die("no pretended signs");
	for (unsigned int i = 0; i < SIGNS; i++) {
		snprintf(name, sizeof(name), "g%u", i);
		struct world_peer *sign = world_peer_add(teller.world,
			&(struct world_peer_options){.kind = WORLD_ONBON, .name = name});
		if (sign == NULL)
			stand_die("no pretended sign");
		snprintf(shown->address[i], sizeof(shown->address[i]), "%s", world_peer_url(sign));
	}
	timer_init(&teller.timer, loop, on_tell, &teller);
	on_tell(&teller);
	atomic_store(&shown->ready, true);
	loop_run(loop);
	_exit(1);
}

static pid_t start_signs(struct shown *shown)
{
	pid_t child = fork();

	if (child == 0)
		run_signs(shown);
	while (!atomic_load(&shown->ready)) {
		if (child < 0 || waitpid(child, NULL, WNOHANG) == child)
			stand_die("the pretended signs ended");
		usleep(1000);
	}
	return child;
}

/* The service manager's end of NOTIFY_SOCKET. */
static int listen_manager(const struct stand *stand, char path[300])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(path, 300, "%s/notify", stand->folder);
	if (strlen(path) >= sizeof(address.sun_path))
		stand_die("the folder has too long a name");
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		stand_die(path);
	return fd;
}

static void run_crierd(const struct stand *stand, const char *manager)
{
	char crierd[512], config[512], log[512];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	stand_find_crierd(crierd);
	snprintf(config, sizeof(config), "%s/crierd.conf", stand->folder);
	snprintf(log, sizeof(log), "%s/log", stand->folder);
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDERR_FILENO);
	close(fd);
	setenv("NOTIFY_SOCKET", manager, 1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	unsetenv("WATCHDOG_PID");
	execl(crierd, "crierd", "-c", config, (char *)NULL);
	_exit(127);
}

/* Starts crierd itself and waits for READY=1. What it says later stays in the socket, which has room for it. */
static int start_crierd(struct stand *stand)
{
	struct timeval patience = {.tv_sec = 30};
	char manager[300], word[64] = "";
	int fd = listen_manager(stand, manager);
	uint64_t from = clock_mono_us();

	fflush(NULL);
	stand->daemon = fork();
	if (stand->daemon == 0)
		run_crierd(stand, manager);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while (strncmp(word, "READY=1", 7) != 0)
		if (recv(fd, word, sizeof(word) - 1, 0) <= 0)
			stand_die("crierd is not ready");
	printf("  ready after %.3f s\n", bench_seconds(from));
	return fd;
}

static uint64_t switches_of(const char *task)
{
	char path[320], line[256];
	unsigned long long count = 0;

	snprintf(path, sizeof(path), "%s/status", task);
	FILE *file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "voluntary_ctxt_switches: %llu", &count);
	if (file != NULL)
		fclose(file);
	return count;
}

static uint64_t cpu_of(const char *task)
{
	unsigned long long ns = 0;
	char path[320];

	snprintf(path, sizeof(path), "%s/schedstat", task);
	FILE *file = fopen(path, "re");
	if (file != NULL && fscanf(file, "%llu", &ns) != 1)
		ns = 0;
	if (file != NULL)
		fclose(file);
	return ns;
}

/* Of all threads so far. The pool's threads stay, so none is lost in between. */
static struct cost cost_of(pid_t process)
{
	struct cost cost = {0};
	const struct dirent *entry;
	char tasks[64], task[300];

	snprintf(tasks, sizeof(tasks), "/proc/%d/task", (int)process);
	DIR *folder = opendir(tasks);
	if (folder == NULL)
		stand_die("the daemon ended");
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(task, sizeof(task), "%s/%.200s", tasks, entry->d_name);
		cost.wakeups += switches_of(task);
		cost.cpu_ns += cpu_of(task);
	}
	closedir(folder);
	return cost;
}

static struct cost since(struct cost from, pid_t process)
{
	struct cost now = cost_of(process);

	return (struct cost){now.wakeups - from.wakeups, now.cpu_ns - from.cpu_ns};
}

static double percent(struct cost cost, double seconds)
{
	return (double)cost.cpu_ns / seconds / 1e7;
}

static void watch(const struct stand *accounts, const struct stand *signs, const struct shown *shown, int seconds)
{
	struct cost of_accounts, of_signs;

	sleep(SETTLE_S);
	uint64_t polls = atomic_load(&shown->requests);
	uint64_t from = clock_mono_us();
	of_accounts = cost_of(accounts->daemon);
	of_signs = cost_of(signs->daemon);
	sleep((unsigned int)seconds);
	of_accounts = since(of_accounts, accounts->daemon);
	of_signs = since(of_signs, signs->daemon);
	double spent = bench_seconds(from);
	polls = atomic_load(&shown->requests) - polls;
	printf("  %d schedules, %d channels: %llu wake-ups in %.0f s, %.3f %% CPU, %.1f MiB\n", SCHEDULES, CHANNELS,
		(unsigned long long)of_accounts.wakeups, spent, percent(of_accounts, spent),
		stand_anonymous_mib(accounts->daemon));
	printf("  %d signs: %llu polls, %llu wake-ups in %.0f s, %.3f %% CPU, %.1f MiB\n", SIGNS,
		(unsigned long long)polls, (unsigned long long)of_signs.wakeups, spent, percent(of_signs, spent),
		stand_anonymous_mib(signs->daemon));
	if (polls < SIGNS)
		stand_die("the signs were not polled");
	row_target("idle, wakeups a second", (double)of_accounts.wakeups / spent, 1, "1/s");
	row_target("idle, CPU", percent(of_accounts, spent), 0.1, "%");
	row_target("idle, 200 signs, wakeups per poll", (double)of_signs.wakeups / (double)polls, 2, "1");
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : SECONDS;
	struct shown *shown = mmap(NULL, sizeof(*shown), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct stand accounts, signs;

	setvbuf(stdout, NULL, _IOLBF, 0);
	pid_t cards = start_signs(shown);
	stand_init(&accounts);
	stand_init(&signs);
	configure_accounts(&accounts);
	configure_signs(&signs, shown);
	int managers[] = {start_crierd(&accounts), start_crierd(&signs)};
	watch(&accounts, &signs, shown, seconds < 20 ? 20 : seconds);
	stand_fini(&accounts);
	stand_fini(&signs);
	close(managers[0]);
	close(managers[1]);
	kill(cards, SIGKILL);
	waitpid(cards, NULL, 0);
	return 0;
}
