/*
 * The process dies at every durable step of every job (points_jobs.h), one death a run, and starts again: nobody is lost,
 * nobody is told twice, files are where they belong, and what an operator was told holds. Every step has a name
 * (testing/steps.h); one without a name, one that no job takes, and one of which daemon/README.md says nothing are failures.
 *
 * Then it dies at random moments: after any number of turns of its loop, in any job. CRIER_CRASH_KILLS says how often (40),
 * CRIER_CRASH_SEED when.
 *
 * Where a job takes a step many times, it dies at the first or the last; CRIER_CRASH_STEPS=all: at each. CRIER_CRASH_JOB
 * names the one job to run. Most of the time goes by in waiting for the loop to be quiet, so a few processes share the jobs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "ledger/group.h"
#include "points_jobs.h"
#include "testing/chance.h"

enum { WORKERS = 4, COUNTS_MOST = 160, SEEN_MOST = 400, JOBS_MOST = 64 };

static struct points points;
static unsigned int worker, workers = 1;

/* What a job's run without a death has counted. */
struct counted {
	struct steps_count list[COUNTS_MOST];
	char names[COUNTS_MOST][48];
	size_t count;
};

static void count_steps(const struct points_job *job, struct counted *counted)
{
	const struct points_death none = {0};
	struct steps_count one;

	points_run(&points, job, &none);
	if (steps_nameless() != NULL)
		fail_msg("%s: a durable step without a name: %s", job->name, steps_nameless());
	for (counted->count = 0; steps_counted(counted->count, &one); counted->count++) {
		snprintf(counted->names[counted->count], sizeof(counted->names[0]), "%s", one.name);
		one.name = counted->names[counted->count];
		counted->list[counted->count] = one;
	}
}

/* Unless all are wanted: once each, here the first time and there the last. */
static bool worth_it(const struct steps_count *step, unsigned int nth, size_t at)
{
	const char *steps = getenv("CRIER_CRASH_STEPS");

	if (steps != NULL && strcmp(steps, "all") == 0)
		return true;
	return nth == (at % 2 == 0 ? 1 : step->count);
}

/* The nth of all jobs; NULL past the last. */
static const struct points_job *job_at(size_t at)
{
	for (const struct points_job *job = points_alerts; job->name != NULL; job++)
		if (at-- == 0)
			return job;
	for (const struct points_job *job = points_orders; job->name != NULL; job++)
		if (at-- == 0)
			return job;
	return NULL;
}

static bool chosen(const struct points_job *job)
{
	const char *name = getenv("CRIER_CRASH_JOB");

	return name == NULL || strcmp(name, job->name) == 0;
}

static unsigned int die(const struct points_job *job, const struct points_death *death, unsigned int count)
{
	/* What a failure below belongs to. */
	if (death->name != NULL)
		fprintf(stderr, "%s: dies %s \"%s\" %u of %u\n", job->name,
			death->when == STEPS_BEFORE ? "before" : "after", death->name, death->nth, count);
	else
		fprintf(stderr, "%s: dies after %u turns\n", job->name, death->turns);
	points_run(&points, job, death);
	return points.died;
}

/* Of the jobs that are this worker's: how many turns of the loop they took. */
static struct {
	const struct points_job *job;
	unsigned int turns;
} mine[JOBS_MOST];
static unsigned int mine_count;

static unsigned int die_at_each(const struct points_job *job, const struct counted *counted)
{
	unsigned int deaths = 0;

	for (size_t i = 0; i < counted->count; i++) {
		const struct steps_count *step = &counted->list[i];
		for (unsigned int nth = 1; nth <= step->count; nth++) {
			const struct points_death death = {.name = step->name, .when = step->when, .nth = nth};
			if (worth_it(step, nth, i))
				deaths += die(job, &death, step->count);
		}
	}
	return deaths;
}

/* Every job's every step. */
static void a_death_at_any_step_of_any_job_breaks_no_promise(void **state)
{
	static struct counted counted;
	const struct points_job *job;
	unsigned int deaths = 0, kinds = 0;

	for (size_t k = 0; (job = job_at(k)) != NULL; k++) {
		if (!chosen(job) || k % workers != worker)
			continue;
		count_steps(job, &counted);
		mine[mine_count].job = job;
		mine[mine_count++].turns = points.turns;
		kinds += (unsigned int)counted.count;
		deaths += die_at_each(job, &counted);
	}
	print_message("%u jobs, %u kinds of steps, %u kills\n", mine_count, kinds, deaths);
}

static uint64_t first_seed(void)
{
	return chance_wish("CRIER_CRASH_SEED", (uint64_t)time(NULL) * 2654435761u + (uint64_t)getpid());
}

/* Each moment is drawn from a seed of its own, so that a failure can be had again. */
static void a_death_at_any_moment_breaks_no_promise(void **state)
{
	unsigned int kills = (unsigned int)chance_wish("CRIER_CRASH_KILLS", 40) / workers + 1, deaths = 0;

	for (unsigned int i = 0; i < kills && mine_count > 0; i++) {
		struct chance chance;
		chance_begin(&chance, first_seed() + i * workers + worker);
		unsigned int k = chance_draw(&chance, mine_count);
		const struct points_death death = {.turns = 1 + chance_draw(&chance, mine[k].turns)};
		deaths += die(mine[k].job, &death, 0);
	}
	print_message("%u kills at random moments\n", deaths);
}

struct seen {
	char names[SEEN_MOST][48];
	size_t count;
};

static bool has(const struct seen *seen, const char *name)
{
	for (size_t i = 0; i < seen->count; i++)
		if (strcmp(seen->names[i], name) == 0)
			return true;
	return false;
}

static void see(struct seen *seen, const struct counted *counted)
{
	for (size_t i = 0; i < counted->count && seen->count < SEEN_MOST; i++)
		if (!has(seen, counted->list[i].name))
			snprintf(seen->names[seen->count++], 48, "%s", counted->list[i].name);
}

/* The part of daemon/README.md that speaks of deaths. */
static char *read_readme(void)
{
	char path[512], *text = NULL;
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/daemon/README.md", getenv("CRIER_SOURCE"));
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	fclose(file);
	char *part = strstr(text, "## If the process dies");
	assert_non_null(part);
	part = strdup(part);
	free(text);
	return part;
}

static unsigned int check_name(const struct seen *seen, const char *readme, const char *name)
{
	char quoted[64];
	unsigned int wrong = 0;

	snprintf(quoted, sizeof(quoted), "`%s`", name);
	if (!has(seen, name)) {
		print_error("no job takes the step \"%s\"\n", name);
		wrong++;
	}
	if (strstr(readme, quoted) == NULL) {
		print_error("daemon/README.md says nothing of the step %s\n", quoted);
		wrong++;
	}
	return wrong;
}

static void every_step_has_a_name_and_a_job(void **state)
{
	static struct counted counted;
	static struct seen seen;
	const struct points_job *job;
	unsigned int wrong = 0;
	char name[48], *readme = read_readme();

	for (size_t k = 0; (job = job_at(k)) != NULL; k++) {
		count_steps(job, &counted);
		see(&seen, &counted);
	}
	for (size_t i = 0; steps_name(i) != NULL; i++)
		if (i == 0 || strcmp(steps_name(i), steps_name(i - 1)) != 0)
			wrong += check_name(&seen, readme, steps_name(i));
	for (int kind = 0; kind < RECORD_COUNT; kind++) {
		snprintf(name, sizeof(name), "ledger: %s", record_name((enum record_kind)kind));
		wrong += check_name(&seen, readme, name);
	}
	print_message("%zu steps by name\n", seen.count);
	free(readme);
	assert_int_equal(wrong, 0);
}

static int tear_down(void **state)
{
	steps_end();
	steps_disk_full("", false);
	stage_close(&points.stage);
	return 0;
}

/* Each worker is this program once more, and ends with us. What it says is shown when it fails. */
static int share(void)
{
	pid_t pids[WORKERS];
	int failed = 0, status;
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)first_seed());
	setenv("CRIER_CRASH_SEED", text, 1);
	print_message("CRIER_CRASH_SEED=%s\n", text);

	for (unsigned int i = 0; i < WORKERS; i++) {
		pid_t parent = getpid();
		char number[16];
		snprintf(number, sizeof(number), "%u", i);
		pids[i] = fork();
		if (pids[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() == parent)
				execl("/proc/self/exe", "test_points", "--worker", number, (char *)NULL);
			_exit(127);
		}
	}
	for (unsigned int i = 0; i < WORKERS; i++)
		if (pids[i] < 0 || waitpid(pids[i], &status, 0) < 0 || status != 0)
			failed++;
	return failed;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest deaths[] = {
		cmocka_unit_test_teardown(a_death_at_any_step_of_any_job_breaks_no_promise, tear_down),
		cmocka_unit_test_teardown(a_death_at_any_moment_breaks_no_promise, tear_down),
	};
	const struct CMUnitTest names[] = {
		cmocka_unit_test_teardown(every_step_has_a_name_and_a_job, tear_down),
	};

	steps_install();
	if (argc == 3 && strcmp(argv[1], "--worker") == 0) {
		worker = (unsigned int)strtoul(argv[2], NULL, 10);
		workers = WORKERS;
		return cmocka_run_group_tests(deaths, NULL, NULL);
	}
	if (argc > 1 || getenv("CRIER_CRASH_JOB") != NULL)
		return cmocka_run_group_tests(deaths, NULL, NULL);
	return cmocka_run_group_tests(names, NULL, NULL) + share();
}
