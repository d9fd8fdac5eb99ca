#ifndef BENCH_STAND_H
#define BENCH_STAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * One whole daemon in a process of its own, as in life, with a folder for all that it needs: for benchmarks that measure it
 * from outside. Whatever goes wrong ends the benchmark with a word on stderr.
 */
struct stand {
	char folder[256];
	pid_t daemon; /* 0: none */
	const char *
		log; /* file of the folder that takes the daemon's log at the default level; NULL: only what is critical, on stderr */
};

/* The first phone number of stand_people(); the n-th resident has this number plus n. */
#define STAND_FIRST_PHONE UINT64_C(13000000000)

/* An empty folder. Give it back with stand_fini(), which ends the daemon first. */
void stand_init(struct stand *stand);
void stand_fini(struct stand *stand);

/* A file under the folder, mode 0600. */
void stand_write(const struct stand *stand, const char *name, const char *text);

/* A folder under it. */
void stand_folder(const struct stand *stand, const char *name);

/* Residents with numbers in a row, in `towns` towns by turns ("320583100" and up); made in a process of its own. */
void stand_people(const struct stand *stand, uint32_t count, unsigned int towns);

/* Starts the daemon on `crierd.conf` of the folder and waits until it is ready; stand_stop() ends it and waits. */
void stand_start(struct stand *stand);
void stand_stop(struct stand *stand);

/* Hands an alert over: writes it into spool/tmp, renames it into spool/new. Returns the moment of the rename (clock_mono_us). */
uint64_t stand_drop(const struct stand *stand, const char *name, const char *text);

/* Of another process: resident memory without mapped files in MiB, and CPU seconds of its main and its other threads. */
double stand_anonymous_mib(pid_t process);
void stand_cpu_s(pid_t process, double *main_thread, double *others);

/* Path of the program to measure: CRIER_BENCH_CRIERD, or the one that was built beside this. */
void stand_find_crierd(char out[512]);

/* Says why on stderr and ends the benchmark. */
void stand_die(const char *what) __attribute__((noreturn));

#endif
