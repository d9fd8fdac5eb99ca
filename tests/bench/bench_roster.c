/*
 * The roster at size: bench_roster [residents, default 1000000]. Every figure stands beside the raw ceiling measured in the
 * same run: import beside SQLite's own insert rate, an audience beside bare CRoaring, a walk beside a plain column.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <roaring/roaring.h>
#include <sqlite3.h>

#include "audience/cut.h"
#include "audience/expand.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/require.h"
#include "roster/import.h"
#include "roster/roster.h"

enum { TURNS = 5, SLICE = 500 };

static double seconds_since(uint64_t from_us)
{
	return (double)(clock_mono_us() - from_us) / 1e6;
}

static double peak_mib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss / 1024;
}

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
	double took = seconds_since(begun);
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
	double took = seconds_since(begun);
	REQUIRE(totals.people == count);
	roster_totals_fini(&totals);
	close(order.fd);
	return took;
}

static void line(const char *what, double figure, const char *unit, const char *ceiling_name, double ceiling,
	double ratio)
{
	printf("%-34s %12.3f %-10s | %-30s %12.3f | ratio %.2f\n", what, figure, unit, ceiling_name, ceiling, ratio);
}

static void bench_import(const char *state, const char *folder, uint64_t count)
{
	char csv[512], plain[512];

	snprintf(csv, sizeof(csv), "%s/bench.csv", folder);
	snprintf(plain, sizeof(plain), "%s/plain.db", folder);
	write_csv(csv, count);
	double inserts = plain_inserts(plain, count);
	double first = import(state, csv, count), peak = peak_mib();
	double second = import(state, csv, count);
	line("import, everybody new", (double)count / first / 1e6, "M lines/s", "SQLite inserts, M rows/s",
		(double)count / inserts / 1e6, inserts / first);
	line("import again", (double)count / second / 1e6, "M lines/s", "SQLite inserts, M rows/s",
		(double)count / inserts / 1e6, inserts / second);
	printf("%-34s %12.1f MiB\n", "peak memory of an import", peak);
}

/* The alert of the example: elderly and finance people of the county, one channel for a town and one for the rest. */
static void make_order(struct expand_order *order, const struct roster *roster)
{
	static const char *const finance[] = {"finance", NULL};
	static const char *const county[] = {"320583", NULL}, *const town[] = {"320583103", NULL};
	static struct expand_audience audiences[] = {{"elderly", {60, -1, NULL}}, {"finance", {-1, -1, finance}}};
	static struct expand_channel channels[2] = {{.areas = town}, {.areas = NULL}};

	*order = (struct expand_order){.people = roster_people(roster),
		.this_year = 2026,
		.audiences = audiences,
		.audience_count = 2,
		.areas = county,
		.channels = channels,
		.channel_count = 2,
		.opted_out = roster_optouts(roster)};
}

/* The same algebra on bitmaps that are in memory already. */
static double bare_algebra(const struct roster *roster)
{
	const struct people *people = roster_people(roster);
	struct set *sets[] = {people_between(people, PEOPLE_YEAR, "0000", "1966"),
		people_under(people, PEOPLE_ROLE, "finance"), people_beginning(people, PEOPLE_AREA, "320583"),
		people_beginning(people, PEOPLE_AREA, "320583103")};
	const roaring_bitmap_t *b[4], *out = (const roaring_bitmap_t *)(const void *)roster_optouts(roster);
	double best = 1e9;

	for (int i = 0; i < 4; i++)
		b[i] = (const roaring_bitmap_t *)(const void *)sets[i];
	for (int turn = 0; turn < TURNS; turn++) {
		uint64_t begun = clock_mono_us();
		roaring_bitmap_t *elderly = roaring_bitmap_and(b[0], b[2]), *finance = roaring_bitmap_and(b[1], b[2]);
		roaring_bitmap_t *pool = roaring_bitmap_or(elderly, finance), *rest = roaring_bitmap_andnot(pool, out);
		roaring_bitmap_t *there = roaring_bitmap_and(rest, b[3]);
		roaring_bitmap_andnot_inplace(rest, there);
		roaring_bitmap_t *lanes[] = {roaring_bitmap_and(there, elderly), roaring_bitmap_andnot(there, elderly),
			roaring_bitmap_and(rest, elderly), roaring_bitmap_andnot(rest, elderly)};
		double took = seconds_since(begun);
		best = took < best ? took : best;
		roaring_bitmap_t *all[] = {elderly, finance, pool, rest, there, lanes[0], lanes[1], lanes[2], lanes[3]};
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			roaring_bitmap_free(all[i]);
	}
	for (int i = 0; i < 4; i++)
		set_free(&sets[i]);
	return best;
}

static void bench_expand(const struct roster *roster)
{
	struct expand_order order;
	double best = 1e9;
	uint32_t pool = 0;

	make_order(&order, roster);
	for (int turn = 0; turn < TURNS; turn++) {
		struct expansion expansion;
		uint64_t begun = clock_mono_us();
		expand(&order, &expansion);
		double took = seconds_since(begun);
		best = took < best ? took : best;
		pool = set_count(expansion.pool);
		expansion_fini(&expansion);
	}
	double bare = bare_algebra(roster);
	printf("%-34s %12" PRIu32 " residents\n", "an alert's pool", pool);
	line("expanding it into lanes", best * 1e3, "ms", "CRoaring on loaded sets, ms", bare * 1e3, bare / best);
}

static void bench_walk(const struct roster *roster, uint64_t count)
{
	const struct people *people = roster_people(roster);
	struct set *everybody = audience_all(people);
	phone_t *column = mem_calloc(count, sizeof(*column));
	struct cut cut;
	double best = 1e9, plain = 1e9;
	uint64_t sum = 0, plain_sum = 0;

	cut_init(&cut, SLICE);
	for (uint32_t i = 0; i < count; i++)
		column[i] = people_phone(people, i + 1);
	for (int turn = 0; turn < TURNS; turn++) {
		uint64_t begun = clock_mono_us();
		for (uint32_t at = 0; at < count; at += SLICE) {
			cut_slice(&cut, people, everybody, at, SLICE, roster_optouts(roster), roster_gone(roster));
			for (uint32_t i = 0; i < cut.count; i++)
				sum += cut.phones[i];
		}
		double took = seconds_since(begun);
		best = took < best ? took : best;
		begun = clock_mono_us();
		for (uint64_t i = 0; i < count; i++) {
			plain_sum += column[i];
			__asm__ volatile("" : "+r"(plain_sum)); /* one after another, as a walk must */
		}
		took = seconds_since(begun);
		plain = took < plain ? took : plain;
	}
	REQUIRE(sum == plain_sum);
	line("walking everybody in slices", best * 1e9 / (double)count, "ns/phone", "u64 column, ns/phone",
		plain * 1e9 / (double)count, plain / best);
	cut_fini(&cut);
	free(column);
	set_free(&everybody);
}

static void bench_find(const struct roster *roster, uint64_t count)
{
	const struct people *people = roster_people(roster);
	enum { FINDS = 1000000 };
	uint32_t id;
	uint64_t begun = clock_mono_us(), found = 0;

	for (uint64_t i = 0; i < FINDS; i++)
		found += people_find(people, nth_phone(i * 7368787 % count, count), &id);
	printf("%-34s %12.1f ns each\n", "finding numbers", seconds_since(begun) * 1e9 / FINDS);
	REQUIRE(found == FINDS);
}

static void bench_open(const char *state, uint64_t count)
{
	struct roster *roster = NULL;
	struct problems problems;

	problems_init(&problems);
	uint64_t begun = clock_mono_us();
	REQUIRE(roster_open(state, clock_wall_ms(), &roster, &problems) == RESULT_OK);
	printf("%-34s %12.3f ms\n", "opening the roster", seconds_since(begun) * 1e3);
	bench_expand(roster);
	bench_walk(roster, count);
	bench_find(roster, count);
	roster_close(&roster);
}

static void make_roster(const char *state)
{
	struct roster *roster = NULL;
	struct problems problems;

	problems_init(&problems);
	REQUIRE(roster_open(state, clock_wall_ms(), &roster, &problems) == RESULT_OK);
	roster_close(&roster);
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	char folder[256];
	const char *base = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%s/crier-bench-XXXXXX", base != NULL ? base : "/tmp");
	REQUIRE(mkdtemp(folder) != NULL);
	printf("%" PRIu64 " residents\n", count);
	make_roster(folder);
	bench_import(folder, folder, count);
	bench_open(folder, count);
	static const char *const names[] = {"bench.csv", "plain.db", "plain.db-wal", "plain.db-shm", "roster.db",
		"roster.db-wal", "roster.db-shm", "optouts.db", "optouts.db-wal", "optouts.db-shm", "roster.snapshot",
		"roster.lock"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[512];
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
	return 0;
}
