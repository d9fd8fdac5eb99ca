/*
 * From rename into new/ to the spool's `taken`, against the ceiling of the same run: rename to a raw inotify event behind
 * uv_poll. One file every few ms from another process, then many back to back. Usage: bench_spool [FILES]
 */
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "spool/spool.h"

struct run {
	struct loop *loop;
	struct spool *spool;
	uv_loop_t raw;
	uv_poll_t poll;
	int inotify;
	unsigned int wanted;
	unsigned int count;
	double *us;
	char root[64];
};

/* The name of a file is the moment of its rename. */
static void note(struct run *run, const char *name)
{
	uint64_t now = clock_mono_us();

	if (run->count < run->wanted)
		run->us[run->count++] = (double)(now - strtoull(name, NULL, 10));
}

static void on_taken(void *arg, struct spool_file *taken)
{
	struct run *run = arg;

	note(run, taken->name);
	spool_done(run->spool, taken, NULL);
	if (run->count == run->wanted)
		spool_close(run->spool, NULL, NULL);
}

static void on_raw(uv_poll_t *poll, int status, int unused)
{
	struct run *run = poll->data;
	char bytes[65536] __attribute__((aligned(8)));
	ssize_t got = read(run->inotify, bytes, sizeof(bytes));

	for (ssize_t at = 0; at < got;) {
		const struct inotify_event *event = (const struct inotify_event *)(const void *)(bytes + at);
		note(run, event->name);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	if (run->count == run->wanted)
		uv_close((uv_handle_t *)poll, NULL);
}

/* The officer: another process that writes tmp/x and renames it. */
static pid_t drop_files(const struct run *run, unsigned int gap_us)
{
	char from[128], to[128];
	pid_t child = fork();

	if (child != 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	usleep(200000);
	for (unsigned int i = 0; i < run->wanted; i++) {
		snprintf(from, sizeof(from), "%s/tmp/x%u", run->root, i);
		int fd = open(from, O_WRONLY | O_CREAT, 0640);
		if (write(fd, "type: refund\n", 13) != 13)
			_exit(1);
		close(fd);
		snprintf(to, sizeof(to), "%s/new/%llu-%u", run->root, (unsigned long long)clock_mono_us(), i);
		rename(from, to);
		if (gap_us > 0)
			usleep(gap_us);
	}
	_exit(0);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return remove(path);
}

static double report(struct run *run, const char *what)
{
	qsort(run->us, run->count, sizeof(double), by_value);
	double median = run->us[run->count / 2];
	printf("%-34s p50 %8.0f us   p99 %8.0f us\n", what, median, run->us[run->count * 99 / 100]);
	free(run->us);
	nftw(run->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return median;
}

static void prepare(struct run *run, unsigned int files)
{
	*run = (struct run){.wanted = files, .us = calloc(files, sizeof(double)), .root = "/tmp/crier-bench-XXXXXX"};
	if (mkdtemp(run->root) == NULL)
		abort();
}

static double measure_spool(unsigned int files, unsigned int gap_us, const char *what)
{
	static const struct spool_events events = {.taken = on_taken};
	struct run run;
	struct problems problems;

	prepare(&run, files);
	run.loop = loop_new();
	problems_init(&problems);
	struct spool_settings settings = {.root = run.root, .group = (gid_t)-1};
	if (spool_open(run.loop, &settings, &events, &run, &run.spool, &problems) != RESULT_OK)
		abort();
	pid_t child = drop_files(&run, gap_us);
	loop_run(run.loop);
	waitpid(child, NULL, 0);
	loop_free(&run.loop);
	return report(&run, what);
}

static double measure_raw(unsigned int files, unsigned int gap_us, const char *what)
{
	struct run run;
	char path[128];

	prepare(&run, files);
	snprintf(path, sizeof(path), "%s/tmp", run.root);
	mkdir(path, 0750);
	snprintf(path, sizeof(path), "%s/new", run.root);
	mkdir(path, 0750);
	uv_loop_init(&run.raw);
	run.inotify = inotify_init1(IN_NONBLOCK);
	inotify_add_watch(run.inotify, path, IN_MOVED_TO);
	uv_poll_init(&run.raw, &run.poll, run.inotify);
	run.poll.data = &run;
	uv_poll_start(&run.poll, UV_READABLE, on_raw);
	pid_t child = drop_files(&run, gap_us);
	uv_run(&run.raw, UV_RUN_DEFAULT);
	waitpid(child, NULL, 0);
	close(run.inotify);
	uv_loop_close(&run.raw);
	return report(&run, what);
}

int main(int argc, char **argv)
{
	unsigned int files = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 1000;

	if (files == 0)
		return 2;
	double raw = measure_raw(files, 2000, "raw inotify, one every 2 ms");
	double ours = measure_spool(files, 2000, "spool: rename to taken, every 2 ms");
	printf("difference %.0f us, ratio %.2f (the spool also claims, checks and reads the file)\n", ours - raw,
		ours / raw);
	measure_raw(files * 5, 0, "raw inotify, back to back");
	measure_spool(files * 5, 0, "spool: rename to taken, back to back");
	return 0;
}
