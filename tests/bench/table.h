#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * What the benchmarks share: rows of the one table that contrib/bench.sh ends with, and small tools to measure with. A row is
 * printed for the reader, and where CRIER_BENCH_FOLDER names a folder it is appended there to `rows.jsonl` (one JSON object a
 * line) and `rows.md` (one table line). Ratios count, bigger is better, a goal is met when ratio ≥ goal. A ratio is always that of the two
 * figures in its own row, so that whoever reads the row can work it out again.
 */
enum better { MORE_IS_BETTER, LESS_IS_BETTER };

/* A figure beside its ceiling of the same run: ratio is figure ÷ ceiling of rates, ceiling ÷ figure of times and costs. */
void row_ceiling(const char *stage, double figure, double ceiling, enum better better, double goal, const char *unit);

/* A figure that has a target and no ceiling (a time, a size: smaller is better): ratio is target ÷ figure, goal 1. */
void row_target(const char *stage, double figure, double target, const char *unit);

/* A rate that has a target and no ceiling: ratio is figure ÷ target, goal 1. */
void row_least(const char *stage, double figure, double target, const char *unit);

/* Seconds since a reading of clock_mono_us(). */
double bench_seconds(uint64_t from_us);

/* The highest resident memory of this process so far, in MiB; the present one, without mapped files, in MiB. */
double bench_peak_mib(void);
double bench_anonymous_mib(void);

/* CPU seconds of this process, all threads. */
double bench_cpu_s(void);

/* Sorts and returns the median, or the value below which `share` (0 to 1) of them lie. Requires: count > 0. */
double bench_median(double *values, size_t count);
double bench_share(double *values, size_t count, double share);

/*
 * Which of `count` rounds has the median ratio of figure to ceiling. Of rounds in alternation that one is shown, its figure
 * beside its own ceiling: medians of either alone would come from rounds that knew nothing of each other.
 */
size_t bench_median_round(const double *figures, const double *ceilings, size_t count);

/* An empty folder under $TMPDIR or /tmp, in `path`; bench_folder_remove takes it away with all that is in it. */
void bench_folder_make(char path[256]);
void bench_folder_remove(const char *path);

#endif
