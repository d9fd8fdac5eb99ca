#include "stand.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/app.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/http.h"
#include "loop/signal.h"
#include "roster/import.h"
#include "table.h"

void stand_die(const char *what)
{
	fprintf(stderr, "bench: %s%s%s\n", what, errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
	exit(1);
}

void stand_find_crierd(char out[512])
{
	const char *given = getenv("CRIER_BENCH_CRIERD");
	char self[400];

	if (given != NULL) {
		snprintf(out, 512, "%s", given);
		return;
	}
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[size > 0 ? size : 0] = '\0';
	snprintf(out, 512, "%s/../daemon/crierd", dirname(self));
}

/* What a benchmark that dies leaves behind, its children aside. */
static char leaving[256];
static pid_t leaver;

static void clean_up(void)
{
	if (getpid() == leaver && leaving[0] != '\0')
		bench_folder_remove(leaving);
}

void stand_init(struct stand *stand)
{
	*stand = (struct stand){0};
	bench_folder_make(stand->folder);
	memcpy(leaving, stand->folder, sizeof(leaving));
	leaver = getpid();
	atexit(clean_up);
}

void stand_fini(struct stand *stand)
{
	stand_stop(stand);
	bench_folder_remove(stand->folder);
	leaving[0] = '\0';
}

void stand_write(const struct stand *stand, const char *name, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", stand->folder, name);
	FILE *file = fopen(path, "we");
	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0 || chmod(path, 0600) != 0)
		stand_die(path);
}

static void write_people(const char *path, uint32_t count, unsigned int towns)
{
	FILE *file = fopen(path, "we");

	if (file == NULL)
		stand_die(path);
	fputs("phone,birth_year,area\n", file);
	for (uint32_t i = 0; i < count; i++)
		fprintf(file, "%" PRIu64 ",1950,%u\n", STAND_FIRST_PHONE + i, 320583100 + i % towns);
	if (fclose(file) != 0)
		stand_die(path);
}

void stand_folder(const struct stand *stand, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", stand->folder, name);
	if (mkdir(path, 0700) != 0)
		stand_die(path);
}

static void import(const struct stand *stand, uint32_t count, unsigned int towns)
{
	struct roster_totals totals;
	struct problems problems;
	char state[512], csv[512];

	snprintf(state, sizeof(state), "%s/state", stand->folder);
	snprintf(csv, sizeof(csv), "%s/people.csv", stand->folder);
	mkdir(state, 0700);
	write_people(csv, count, towns);
	int fd = open(csv, O_RDONLY | O_CLOEXEC);
	struct roster_import order = {.state = state,
		.fd = fd,
		.file = "people.csv",
		.list = "all",
		.source = "bench",
		.basis = "bench",
		.reject_fd = -1,
		.now_ms = clock_wall_ms()};
	problems_init(&problems);
	errno = 0;
	if (roster_import(&order, &totals, &problems) != RESULT_OK || totals.people != count)
		stand_die("the residents cannot be imported");
	roster_totals_fini(&totals);
	problems_fini(&problems);
	close(fd);
	unlink(csv);
}

void stand_people(const struct stand *stand, uint32_t count, unsigned int towns)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		log_set_level(LOG_CRIT);
		import(stand, count, towns);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		stand_die("no residents");
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

	(void)number;
	if (runner->app != NULL)
		app_close(runner->app, on_closed, runner);
	runner->app = NULL;
}

static void on_ready(void *arg)
{
	if (write(((struct runner *)arg)->tell, "r", 1) != 1)
		_exit(1);
}

static void run_daemon(const struct stand *stand, int tell)
{
	static const struct signals_events events = {.stop = on_stop};
	struct runner runner = {.loop = loop_new(), .tell = tell};
	struct problems problems;
	char config[512], log[512];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(config, sizeof(config), "%s/crierd.conf", stand->folder);
	struct app_options options = {.config = config,
		.ready = on_ready,
		.arg = &runner,
		.couriers = http_couriers(),
		.drain_ms = 100};
	if (stand->log == NULL) {
		log_set_level(LOG_CRIT);
	} else {
		snprintf(log, sizeof(log), "%s/%s", stand->folder, stand->log);
		if (freopen(log, "w", stderr) == NULL)
			_exit(1);
		setvbuf(stderr, NULL, _IONBF, 0);
	}
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

void stand_start(struct stand *stand)
{
	int told[2];
	char ready;

	if (pipe2(told, O_CLOEXEC) != 0)
		stand_die("pipe");
	fflush(NULL);
	stand->daemon = fork();
	if (stand->daemon == 0)
		run_daemon(stand, told[1]);
	close(told[1]);
	errno = 0;
	if (stand->daemon < 0 || read(told[0], &ready, 1) != 1)
		stand_die("the daemon does not start");
	close(told[0]);
}

void stand_stop(struct stand *stand)
{
	if (stand->daemon <= 0)
		return;
	kill(stand->daemon, SIGTERM);
	waitpid(stand->daemon, NULL, 0);
	stand->daemon = 0;
}

uint64_t stand_drop(const struct stand *stand, const char *name, const char *text)
{
	char part[128], from[512], to[512];

	snprintf(part, sizeof(part), "spool/tmp/%s", name);
	stand_write(stand, part, text);
	snprintf(from, sizeof(from), "%s/%s", stand->folder, part);
	snprintf(to, sizeof(to), "%s/spool/new/%s", stand->folder, name);
	uint64_t at = clock_mono_us();
	if (rename(from, to) != 0)
		stand_die(to);
	return at;
}

double stand_anonymous_mib(pid_t process)
{
	char path[64], line[256];
	double kib = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)process);
	FILE *file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "RssAnon:", 8) == 0)
			kib = strtod(line + 8, NULL);
	if (file != NULL)
		fclose(file);
	return kib / 1024;
}

static double thread_cpu_s(pid_t process, const char *thread)
{
	char path[320], line[1024] = "";
	unsigned long user = 0, kernel = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", (int)process, thread);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return 0;
	const char *rest = fgets(line, sizeof(line), file) != NULL ? strrchr(line, ')') : NULL;
	fclose(file);
	if (rest == NULL || sscanf(rest, ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user, &kernel) != 2)
		return 0;
	return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

void stand_cpu_s(pid_t process, double *main_thread, double *others)
{
	char path[64], name[16];
	const struct dirent *entry;

	*main_thread = *others = 0;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)process);
	snprintf(name, sizeof(name), "%d", (int)process);
	DIR *folder = opendir(path);
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		*(strcmp(entry->d_name, name) == 0 ? main_thread : others) += thread_cpu_s(process, entry->d_name);
	}
	if (folder != NULL)
		closedir(folder);
}
