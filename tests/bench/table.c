#include "table.h"

#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

static void append(const char *name, const char *line)
{
	const char *folder = getenv("CRIER_BENCH_FOLDER");
	char path[512];

	if (folder == NULL || folder[0] == '\0')
		return;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "ae");
	if (file == NULL || fputs(line, file) < 0 || fclose(file) != 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
}

/* `beside`: what the figure is measured by, a ceiling or a target. */
static void row(const char *stage, double figure, const char *beside, double value, double ratio, double goal,
	const char *unit)
{
	bool ceiling = strcmp(beside, "ceiling") == 0;
	char line[512], given[32];

	snprintf(given, sizeof(given), "%.6g", value);
	printf("%-48s %10.4g %-16s %-7s %-10s ratio %8.3f goal %.2f  %s\n", stage, figure, unit, beside, given, ratio,
		goal, ratio >= goal ? "met" : "MISSED");
	fflush(stdout);
	snprintf(line, sizeof(line),
		"{\"stage\": \"%s\", \"figure\": %.6g, \"ceiling\": %s, \"target\": %s, \"ratio\": %.4g, \"goal\": %.4g, \"unit\": \"%s\"}\n",
		stage, figure, ceiling ? given : "null", ceiling ? "null" : given, ratio, goal, unit);
	append("rows.jsonl", line);
	snprintf(line, sizeof(line), "| %s | %.4g | %s%s | %s | %.3f | %.2f | %s |\n", stage, figure,
		ceiling ? "" : "target ", given, unit, ratio, goal, ratio >= goal ? "yes" : "**no**");
	append("rows.md", line);
}

void row_ceiling(const char *stage, double figure, double ceiling, enum better better, double goal, const char *unit)
{
	row(stage, figure, "ceiling", ceiling, better == MORE_IS_BETTER ? figure / ceiling : ceiling / figure, goal,
		unit);
}

void row_target(const char *stage, double figure, double target, const char *unit)
{
	row(stage, figure, "target", target, figure > 0 ? target / figure : 1e9, 1, unit);
}

void row_least(const char *stage, double figure, double target, const char *unit)
{
	row(stage, figure, "target", target, figure / target, 1, unit);
}

double bench_seconds(uint64_t from_us)
{
	return (double)(clock_mono_us() - from_us) / 1e6;
}

/* A line of a status file of this process, in KiB. */
static double status_kib(const char *field)
{
	char line[256];
	double kib = 0;
	FILE *file = fopen("/proc/self/status", "re");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, field, strlen(field)) == 0)
			kib = strtod(line + strlen(field), NULL);
	if (file != NULL)
		fclose(file);
	return kib;
}

double bench_peak_mib(void)
{
	return status_kib("VmHWM:") / 1024;
}

double bench_anonymous_mib(void)
{
	return status_kib("RssAnon:") / 1024;
}

double bench_cpu_s(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double bench_share(double *values, size_t count, double share)
{
	qsort(values, count, sizeof(*values), by_size);
	size_t at = (size_t)((double)count * share);
	return values[at < count ? at : count - 1];
}

double bench_median(double *values, size_t count)
{
	return bench_share(values, count, 0.5);
}

size_t bench_median_round(const double *figures, const double *ceilings, size_t count)
{
	double *ratios = mem_calloc(count, sizeof(*ratios));
	size_t round = 0;

	for (size_t i = 0; i < count; i++)
		ratios[i] = figures[i] / ceilings[i];
	double median = bench_median(ratios, count);
	free(ratios);
	while (round + 1 < count && figures[round] / ceilings[round] != median)
		round++;
	return round;
}

void bench_folder_make(char path[256])
{
	const char *under = getenv("TMPDIR");

	snprintf(path, 256, "%s/crier-bench-XXXXXX", under != NULL && under[0] != '\0' ? under : "/tmp");
	if (mkdtemp(path) == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *place)
{
	(void)stat;
	(void)kind;
	(void)place;
	return remove(path);
}

void bench_folder_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
