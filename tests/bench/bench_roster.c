/*
 * The roster at size: bench_roster [residents, default 1000000]. Lines of CSV into the store with the index built, beside
 * SQLite's own rate of inserting the same people in the same run; memory; and opening and finding. The two alternate, each
 * round in a folder that has nothing yet, three rounds up to a million residents, one of more. Audiences are in bench_audience.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/require.h"
#include "roster/import.h"
#include "roster/roster.h"
#include "table.h"

/* Numbers spread over the prefixes as carriers hand them out: dense runs with gaps, each once, in random order. */
static phone_t nth_phone(uint64_t i, uint64_t count)
{
	static const unsigned int prefixes[] = {138, 139, 150, 151, 177, 186, 189, 199};
	uint64_t each = count / 8 + 1;

	return (phone_t)prefixes[i / each] * 100000000 + i % each * 3 + i % 2;
}

static void write_csv(const char *path, uint64_t count)
{
	static const char *const roles[] = {"", "student", "parent", "finance", "merchant;parent", "jobless", "", ""};
	FILE *out = fopen(path, "w");
	uint64_t step = 7368787; /* a prime: visits all numbers in a scattered order */

	REQUIRE(out != NULL);
	fputs("phone,birth_year,roles,area,language,opt_out\n", out);
	for (uint64_t i = 0, at = 0; i < count; i++, at = (at + step) % count)
		fprintf(out, "%" PRIu64 ",%" PRIu64 ",%s,3205831%02" PRIu64 "%03" PRIu64 ",zh,%d\n",
			nth_phone(at, count), 1935 + at * 31 % 85, roles[at * 17 % 8], at / 7 % 20, at / 3 % 30 + 1,
			at % 97 == 0);
	REQUIRE(fclose(out) == 0);
}

/* SQLite alone: the same number of rows of the same shape, in the best order, in one synced transaction. */
static double plain_inserts(const char *path, uint64_t count)
{
	sqlite3 *db;
	sqlite3_stmt *insert;

	REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
	sqlite3_exec(db,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
		"CREATE TABLE t(phone INTEGER PRIMARY KEY, birth_year, roles, area, language); BEGIN",
		NULL, NULL, NULL);
	REQUIRE(sqlite3_prepare_v2(db, "INSERT INTO t VALUES(?, ?, ?, ?, ?)", -1, &insert, NULL) == SQLITE_OK);
	uint64_t begun = clock_mono_us();
	for (uint64_t i = 0; i < count; i++) {
		sqlite3_bind_int64(insert, 1, (int64_t)nth_phone(i, count));
		sqlite3_bind_int64(insert, 2, 1935 + (int64_t)(i % 85));
		sqlite3_bind_int64(insert, 3, (int64_t)(i % 6));
		sqlite3_bind_int64(insert, 4, (int64_t)(i % 600));
		sqlite3_bind_int64(insert, 5, 1);
		REQUIRE(sqlite3_step(insert) == SQLITE_DONE);
		sqlite3_reset(insert);
	}
	REQUIRE(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
	double took = bench_seconds(begun);
	sqlite3_finalize(insert);
	sqlite3_close(db);
	return took;
}

static double import(const char *state, const char *csv, uint64_t count)
{
	struct roster_import order = {.state = state,
		.fd = open(csv, O_RDONLY),
		.file = "bench.csv",
		.list = "bench",
		.source = "bench",
		.basis = "bench",
		.reject_fd = -1,
		.now_ms = clock_wall_ms()};
	struct roster_totals totals;
	struct problems problems;

	problems_init(&problems);
	uint64_t begun = clock_mono_us();
	REQUIRE(roster_import(&order, &totals, &problems) == RESULT_OK);
	double took = bench_seconds(begun);
	REQUIRE(totals.people == count);
	roster_totals_fini(&totals);
	close(order.fd);
	return took;
}

enum { ROUNDS = 3, ROUNDS_RESIDENTS_MOST = 1000000 };

struct round {
	double inserts, import; /* seconds */
};

static struct roster *open_roster(const char *state)
{
	struct roster *roster = NULL;
	struct problems problems;

	problems_init(&problems);
	REQUIRE(roster_open(state, clock_wall_ms(), &roster, &problems) == RESULT_OK);
	return roster;
}

/* Leaves the roster in `folder`. */
static struct round run_round(const char *folder, const char *csv, uint64_t count)
{
	struct round round;
	char plain[300];

	snprintf(plain, sizeof(plain), "%s/plain.db", folder);
	struct roster *roster = open_roster(folder);
	roster_close(&roster);
	double cpu[3] = {bench_cpu_s()};
	round.inserts = plain_inserts(plain, count);
	cpu[1] = bench_cpu_s();
	round.import = import(folder, csv, count);
	cpu[2] = bench_cpu_s();
	unlink(plain);
	printf("inserts %.2f s, CPU %.2f s; import %.2f s, CPU %.2f s in all its threads\n", round.inserts,
		cpu[1] - cpu[0], round.import, cpu[2] - cpu[1]);
	return round;
}

static void bench_import(const char *folder, uint64_t count)
{
	unsigned int rounds = count <= ROUNDS_RESIDENTS_MOST ? ROUNDS : 1;
	double rates[ROUNDS], plain_rates[ROUNDS];
	char csv[300], fresh[256];

	snprintf(csv, sizeof(csv), "%s/bench.csv", folder);
	write_csv(csv, count);
	for (unsigned int i = 0; i < rounds; i++) {
		bool last = i + 1 == rounds;
		if (!last)
			bench_folder_make(fresh);
		struct round round = run_round(last ? folder : fresh, csv, count);
		if (!last)
			bench_folder_remove(fresh);
		rates[i] = (double)count / round.import;
		plain_rates[i] = (double)count / round.inserts;
	}
	double peak = bench_peak_mib(), again = import(folder, csv, count);
	size_t median = bench_median_round(rates, plain_rates, rounds);
	printf("everybody a second time: %.3f M lines/s, %.2f of the inserts\n", (double)count / again / 1e6,
		(double)count / again / plain_rates[median]);
	row_ceiling("roster import", rates[median], plain_rates[median], MORE_IS_BETTER, 0.40, "lines/s");
	row_target("roster import, memory", peak, 512, "MiB");
	row_target("roster import, seconds for a million", 1e6 / rates[median], 5, "s");
}

static void bench_find(const struct roster *roster, uint64_t count)
{
	const struct people *people = roster_people(roster);
	enum { FINDS = 1000000 };
	uint32_t id;
	uint64_t begun = clock_mono_us(), found = 0;

	for (uint64_t i = 0; i < FINDS; i++)
		found += people_find(people, nth_phone(i * 7368787 % count, count), &id);
	printf("finding a number: %.0f ns\n", bench_seconds(begun) * 1e9 / FINDS);
	REQUIRE(found == FINDS);
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	char folder[256];

	bench_folder_make(folder);
	printf("%" PRIu64 " residents\n", count);
	bench_import(folder, count);
	uint64_t begun = clock_mono_us();
	struct roster *roster = open_roster(folder);
	printf("opening the roster: %.1f ms\n", bench_seconds(begun) * 1e3);
	bench_find(roster, count);
	roster_close(&roster);
	bench_folder_remove(folder);
	return 0;
}
