/*
 * How fast facts become durable, beside what SQLite and a plain synced log reach with the same facts in the same run.
 *
 *	bench_ledger [recipients, 1000000]
 *
 * 1. intent and outcome of every batch, as the plan makes them: an outcome follows when its intent is durable, with at
 *    most 1024 batches on the way; memory while all of them are still outstanding, each one's state included. In batches of
 *    100 and in batches of 20, which is what sms-kannel ships with
 * 2. one receipt for each recipient, scattered in golden-section order: in lots of 1000, and one a call, as the daemon writes
 *    them, with at most 1024 not yet durable, which is how many connections it takes: 1024 share a commit, so the time of a
 *    commit, printed beside it, is what bounds this one
 * 3. a steady load: how old the oldest record of each commit is when it is durable, beside the commit interval, which is the
 *    time from one commit to the next. The ledger waits for no clock: a commit begins when the one before has ended, so the
 *    oldest record sees the rest of one and all of the next, and a record that missed a commit would show. What SQLite alone
 *    needs for commits of as many bytes in the same folder is printed too
 * 4. one fact at a time, append to durable, beside a write and an fdatasync
 * 5. start: open and replay
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "flow/tally.h"
#include "ledger/ledger.h"
#include "ledger/replay.h"
#include "table.h"

#define EPOCH  INT64_C(1795000000000)
#define WINDOW 1024 /* batches on the way, and receipts that come one by one */
#define LOT    1000
#define LOTS   64

/* The goals of rows that have no ceiling of their own. */
#define RECIPIENTS_GOAL 2e6
#define RECEIPTS_GOAL   3e5
#define STEADY_RATE     20000
#define STEADY_RECORDS  40000
#define STEADY_ROUNDS   4
#define RAW_MOST        1000000u

struct bench {
	char folder[256];
	struct loop *loop;
	struct ledger *ledger;
	uint32_t recipients, batch, batches;
	uint32_t raw; /* recipients of the ceilings */
	uint32_t alert;
	uint32_t begun, settled, on_the_way;
	uint32_t window;
	uint64_t *latency;
	uint32_t measured;
	uint64_t since_us;
	uint64_t *appended; /* of each record of the steady load */
	double *oldest; /* microseconds, of each commit */
	double *interval; /* microseconds, since the commit before it */
	uint64_t committed_us;
	size_t commits;
	uint64_t commit_count;
};

static void die(const char *what)
{
	fprintf(stderr, "bench_ledger: %s\n", what);
	exit(1);
}

static void open_ledger(struct bench *bench)
{
	struct problems problems;

	problems_init(&problems);
	bench->loop = loop_new();
	if (ledger_open(bench->loop, bench->folder, &bench->ledger, &problems) != RESULT_OK)
		die("cannot open");
	problems_fini(&problems);
}

static void close_ledger(struct bench *bench)
{
	ledger_close(bench->ledger, NULL, NULL);
	loop_run(bench->loop);
	loop_free(&bench->loop);
}

static void accept(struct bench *bench)
{
	static const char set[] = "one set for all";
	struct message message = {.medium = MEDIUM_SMS, .text = (char[]){"warning"}, .units = 7, .parts = 1};
	struct ledger_lane lane = {.channel = "gateway",
		.medium = MEDIUM_SMS,
		.audience = "all",
		.message = &message,
		.set = set,
		.set_size = sizeof(set),
		.size = bench->recipients,
		.state = STATE_WAITING};
	char id[32];
	static unsigned int count;

	snprintf(id, sizeof(id), "bench-%u", ++count);
	bench->alert = ledger_accept(bench->ledger,
		&(struct ledger_acceptance){.alert = {.id = id, .accepted_ms = EPOCH}, .lanes = &lane, .lane_count = 1},
		NULL, NULL);
}

static void begin_batches(struct bench *bench);

static void on_outcome(void *arg, enum result result)
{
	struct bench *bench = arg;

	(void)result;
	bench->settled++;
	bench->on_the_way--;
	begin_batches(bench);
}

struct sent {
	struct bench *bench;
	struct batch_name name;
};

static void on_intent(void *arg, enum result result)
{
	struct sent *sent = arg;
	char id[32];

	(void)result;
	snprintf(id, sizeof(id), "7f%08x-%u", sent->name.number * 2654435761u, sent->name.number);
	ledger_outcome(sent->bench->ledger,
		&(struct ledger_outcome){.name = sent->name,
			.verdict = VERDICT_ACCEPTED,
			.at_ms = EPOCH + sent->name.number,
			.provider_id = id,
			.peer = "0: Accepted"},
		on_outcome, sent->bench);
	free(sent);
}

static void begin_batches(struct bench *bench)
{
	while (bench->begun < bench->batches && bench->on_the_way < bench->window &&
		ledger_backlog(bench->ledger) < LEDGER_BACKLOG_MOST) {
		struct sent *sent = mem_zalloc(sizeof(*sent));

		*sent = (struct sent){bench, {bench->alert, 0, ++bench->begun}};
		bench->on_the_way++;
		ledger_intent(bench->ledger,
			&(struct ledger_intent){.name = sent->name,
				.first = (bench->begun - 1) * bench->batch,
				.count = bench->batch,
				.attempt = 1,
				.at_ms = EPOCH + bench->begun,
				.tat_ms = EPOCH + bench->begun},
			on_intent, sent);
	}
}

static double run_batches(struct bench *bench, uint32_t window)
{
	uint64_t since = clock_mono_us();

	bench->begun = bench->settled = bench->on_the_way = 0;
	bench->window = window;
	accept(bench);
	begin_batches(bench);
	while (bench->settled < bench->batches)
		loop_turn(bench->loop);
	return bench->recipients / bench_seconds(since);
}

static uint32_t scattered(uint32_t i, uint32_t size)
{
	return (uint32_t)((uint64_t)(i * 2654435769u) * size >> 32);
}

static void on_lot(void *arg, enum result result)
{
	struct bench *bench = arg;

	(void)result;
	bench->on_the_way--;
}

static uint64_t commits_of(const struct bench *bench)
{
	struct ledger_stats stats;

	ledger_stats(bench->ledger, &stats);
	return stats.commits;
}

static double run_receipts(struct bench *bench, uint32_t size)
{
	uint64_t since = clock_mono_us();
	uint32_t most = size == 1 ? WINDOW : LOTS, count = 0;
	uint64_t before = commits_of(bench);
	struct ledger_receipt lot[LOT];

	bench->on_the_way = 0;
	for (uint32_t i = 0; i < bench->recipients; i++) {
		lot[count++] = (struct ledger_receipt){.position = scattered(i, bench->recipients),
			.count = 1,
			.state = i % 30 == 0 ? STATE_FAILED : STATE_DELIVERED,
			.at_ms = EPOCH + i / 100,
			.code = i % 30 == 0 ? "UNDELIV" : "DELIVRD"};
		if (count < size && i + 1 < bench->recipients)
			continue;
		bench->on_the_way++;
		ledger_receipts(bench->ledger, bench->alert, lot, count, on_lot, bench);
		count = 0;
		while (bench->on_the_way >= most)
			loop_turn(bench->loop);
	}
	while (bench->on_the_way > 0)
		loop_turn(bench->loop);
	double took = bench_seconds(since), commits = (double)(commits_of(bench) - before);
	printf("receipts in lots of %u: %.0f in each commit, which took %.2f ms\n", size, bench->recipients / commits,
		took * 1e3 / commits);
	return bench->recipients / took;
}

static void on_single(void *arg, enum result result)
{
	struct bench *bench = arg;

	(void)result;
	bench->latency[bench->measured++] = clock_mono_us() - bench->since_us;
}

/* Records become durable in their order: the first that is told of a commit is its oldest. */
static void on_steady(void *arg, enum result result)
{
	struct bench *bench = arg;
	uint64_t now_us = clock_mono_us(), commits = commits_of(bench);

	(void)result;
	if (commits != bench->commit_count) {
		bench->oldest[bench->commits] = (double)(now_us - bench->appended[bench->settled]);
		bench->interval[bench->commits++] = (double)(now_us - bench->committed_us);
		bench->committed_us = now_us;
		bench->commit_count = commits;
	}
	bench->settled++;
}

static double milliseconds(uint64_t us)
{
	return (double)us / 1e3;
}

static int by_number(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static void run_latency(struct bench *bench)
{
	enum { TIMES = 2000 };
	struct ledger_receipt receipt = {.count = 1, .state = STATE_DELIVERED, .at_ms = EPOCH};

	bench->latency = mem_calloc(TIMES, sizeof(*bench->latency));
	for (uint32_t i = 0; i < TIMES; i++) {
		bench->since_us = clock_mono_us();
		ledger_receipts(bench->ledger, bench->alert, &receipt, 1, on_single, bench);
		while (bench->measured <= i)
			loop_turn(bench->loop);
	}
	qsort(bench->latency, TIMES, sizeof(*bench->latency), by_number);
	printf("one fact to durable                  p50 %.2f ms   p99 %.2f ms   max %.2f ms\n",
		milliseconds(bench->latency[TIMES / 2]), milliseconds(bench->latency[TIMES * 99 / 100]),
		milliseconds(bench->latency[TIMES - 1]));
	free(bench->latency);
}

static uint64_t file_size(const struct bench *bench, const char *name)
{
	char path[320];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", bench->folder, name);
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* Raw SQLite, the same settings. */
static sqlite3 *raw_open(const struct bench *bench)
{
	char path[320];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/raw.db", bench->folder);
	unlink(path);
	if (sqlite3_open(path, &db) != SQLITE_OK ||
		sqlite3_exec(db,
			"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;"
			"CREATE TABLE row (id INTEGER PRIMARY KEY, state INTEGER, gateway INTEGER, at_ms INTEGER);"
			"CREATE TABLE block (id INTEGER PRIMARY KEY, bytes BLOB)",
			NULL, NULL, NULL) != SQLITE_OK)
		die("raw SQLite");
	return db;
}

static void raw_exec(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(db));
}

/* One row a recipient in key order, transactions of 10 000. */
static double raw_rows(const struct bench *bench)
{
	sqlite3 *db = raw_open(bench);
	sqlite3_stmt *insert;
	uint64_t since = clock_mono_us();

	sqlite3_prepare_v2(db, "INSERT INTO row VALUES (?1, 1, ?2, ?3)", -1, &insert, NULL);
	raw_exec(db, "BEGIN");
	for (uint32_t i = 0; i < bench->raw; i++) {
		sqlite3_bind_int64(insert, 1, i);
		sqlite3_bind_int64(insert, 2, i * 7919);
		sqlite3_bind_int64(insert, 3, EPOCH + i);
		if (sqlite3_step(insert) != SQLITE_DONE)
			die(sqlite3_errmsg(db));
		sqlite3_reset(insert);
		if (i % 10000 == 9999)
			raw_exec(db, "COMMIT; BEGIN");
	}
	raw_exec(db, "COMMIT");
	double rate = bench->raw / bench_seconds(since);

	sqlite3_finalize(insert);
	sqlite3_close(db);
	return rate;
}

/* One row for each 1000 recipients, 24 bytes each, ten rows a transaction. */
static double raw_blocks(const struct bench *bench)
{
	static unsigned char bytes[24 * LOT];
	sqlite3 *db = raw_open(bench);
	sqlite3_stmt *insert;
	uint64_t since = clock_mono_us();

	sqlite3_prepare_v2(db, "INSERT INTO block VALUES (?1, ?2)", -1, &insert, NULL);
	raw_exec(db, "BEGIN");
	for (uint32_t i = 0; i < bench->raw / LOT; i++) {
		memcpy(bytes, &i, sizeof(i));
		sqlite3_bind_int64(insert, 1, i);
		sqlite3_bind_blob(insert, 2, bytes, sizeof(bytes), SQLITE_STATIC);
		if (sqlite3_step(insert) != SQLITE_DONE)
			die(sqlite3_errmsg(db));
		sqlite3_reset(insert);
		if (i % 10 == 9)
			raw_exec(db, "COMMIT; BEGIN");
	}
	raw_exec(db, "COMMIT");
	double rate = bench->raw / bench_seconds(since);

	sqlite3_finalize(insert);
	sqlite3_close(db);
	return rate;
}

/* One row of `bytes` and nothing else in each transaction: microseconds of each. */
static void raw_commits(const struct bench *bench, size_t bytes, double *took_us, size_t count)
{
	sqlite3 *db = raw_open(bench);
	sqlite3_stmt *insert;
	unsigned char *block = mem_zalloc(bytes);

	sqlite3_prepare_v2(db, "INSERT INTO block VALUES (?1, ?2)", -1, &insert, NULL);
	for (size_t i = 0; i < count; i++) {
		uint64_t since = clock_mono_us();
		sqlite3_bind_int64(insert, 1, (int64_t)i);
		sqlite3_bind_blob(insert, 2, block, (int)bytes, SQLITE_STATIC);
		if (sqlite3_step(insert) != SQLITE_DONE)
			die(sqlite3_errmsg(db));
		sqlite3_reset(insert);
		took_us[i] = (double)(clock_mono_us() - since);
	}
	sqlite3_finalize(insert);
	sqlite3_close(db);
	free(block);
}

/* What the receipts of the ledger take on the disk, as they were committed. */
static uint64_t receipt_bytes(const struct bench *bench)
{
	char path[320];
	sqlite3 *db;
	sqlite3_stmt *sum = NULL;

	snprintf(path, sizeof(path), "%s/ledger.db", bench->folder);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(db, "SELECT coalesce(sum(length(block)), 0) FROM receipts", -1, &sum, NULL) !=
			SQLITE_OK ||
		sqlite3_step(sum) != SQLITE_ROW)
		die(sqlite3_errmsg(db));
	uint64_t bytes = (uint64_t)sqlite3_column_int64(sum, 0);
	sqlite3_finalize(sum);
	sqlite3_close(db);
	return bytes;
}

/* Appends at a steady rate until a round's records are durable. */
static void append_steadily(struct bench *bench)
{
	enum { RECORDS = STEADY_RECORDS / STEADY_ROUNDS };
	struct ledger_receipt receipt = {.count = 1, .state = STATE_DELIVERED, .at_ms = EPOCH};

	bench->begun = bench->settled = 0;
	bench->commit_count = commits_of(bench);
	uint64_t since = bench->committed_us = clock_mono_us();
	while (bench->settled < RECORDS) {
		while (bench->begun < RECORDS && bench->begun < bench_seconds(since) * STEADY_RATE) {
			bench->appended[bench->begun++] = clock_mono_us();
			ledger_receipts(bench->ledger, bench->alert, &receipt, 1, on_steady, bench);
		}
		loop_step(bench->loop);
	}
}

/* The ledger's commits and as many raw ones of their mean size, in alternation. */
static void run_steady(struct bench *bench)
{
	double *raw = mem_calloc(STEADY_RECORDS, sizeof(*raw));
	uint64_t total = 0;

	bench->appended = mem_calloc(STEADY_RECORDS, sizeof(*bench->appended));
	bench->oldest = mem_calloc(STEADY_RECORDS, sizeof(*bench->oldest));
	bench->interval = mem_calloc(STEADY_RECORDS, sizeof(*bench->interval));
	bench->commits = 0;
	for (int i = 0; i < STEADY_ROUNDS; i++) {
		uint64_t before = receipt_bytes(bench);
		size_t first = bench->commits;
		append_steadily(bench);
		size_t commits = bench->commits - first;
		uint64_t bytes = receipt_bytes(bench) - before;
		raw_commits(bench, (size_t)bytes / commits, raw + first, commits);
		total += bytes;
	}
	double oldest = bench_share(bench->oldest, bench->commits, 0.99);
	double interval = bench_share(bench->interval, bench->commits, 0.99);

	printf("%d records/s, %zu commits of %.0f bytes, microseconds: oldest p50 %.0f p99 %.0f, interval p50 %.0f p99 %.0f, raw commit p50 %.0f p99 %.0f\n",
		STEADY_RATE, bench->commits, (double)total / (double)bench->commits,
		bench_median(bench->oldest, bench->commits), oldest, bench_median(bench->interval, bench->commits),
		interval, bench_median(raw, bench->commits), bench_share(raw, bench->commits, 0.99));
	row_ceiling("ledger, oldest record durable, p99", oldest / 1e3, interval / 1e3, LESS_IS_BETTER, 0.5, "ms");
	free(bench->interval);
	free(bench->appended);
	free(bench->oldest);
	free(raw);
}

/* A log of 32 bytes for each recipient, synced every 10 000. */
static double raw_log(const struct bench *bench)
{
	static unsigned char bytes[32 * 10000];
	char path[320];
	uint64_t since = clock_mono_us();

	snprintf(path, sizeof(path), "%s/raw.log", bench->folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (uint32_t i = 0; i < bench->raw; i += 10000) {
		memcpy(bytes, &i, sizeof(i));
		if (write(fd, bytes, sizeof(bytes)) != sizeof(bytes) || fdatasync(fd) != 0)
			die("raw log");
	}
	close(fd);
	unlink(path);
	return bench->raw / bench_seconds(since);
}

static void raw_latency(const struct bench *bench)
{
	enum { TIMES = 2000 };
	static uint64_t latency[TIMES];
	char path[320];

	snprintf(path, sizeof(path), "%s/raw.log", bench->folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (int i = 0; i < TIMES; i++) {
		uint64_t since = clock_mono_us();

		if (write(fd, "one fact of thirty-two bytes....", 32) != 32 || fdatasync(fd) != 0)
			die("raw log");
		latency[i] = clock_mono_us() - since;
	}
	close(fd);
	unlink(path);
	qsort(latency, TIMES, sizeof(*latency), by_number);
	printf("  write and fdatasync alone          p50 %.2f ms   p99 %.2f ms\n", milliseconds(latency[TIMES / 2]),
		milliseconds(latency[TIMES * 99 / 100]));
}

static void on_batch(void *arg, const struct ledger_batch *batch)
{
	*(uint64_t *)arg += batch->count;
}

static void on_receipts(void *arg, uint32_t alert, const struct ledger_receipt *receipts, size_t count)
{
	(void)alert;
	(void)receipts;
	*(uint64_t *)arg += count;
}

static void run_start(struct bench *bench)
{
	static const struct ledger_replay events = {.batch = on_batch, .receipts = on_receipts};
	struct problems problems;
	uint64_t since = clock_mono_us(), told = 0;

	open_ledger(bench);
	double opened = bench_seconds(since);

	problems_init(&problems);
	since = clock_mono_us();
	if (ledger_replay(bench->ledger, &events, &told, &problems) != RESULT_OK)
		die("replay");
	double replayed = bench_seconds(since);

	printf("start: open %.0f ms, replay %.0f ms for %" PRIu64 " recipients of batches and receipts (%.1f M/s)\n",
		opened * 1e3, replayed * 1e3, told, (double)told / replayed / 1e6);
	close_ledger(bench);
}

struct figures {
	double batches, receipts; /* recipients a second */
	double memory, size; /* bytes of a recipient: while all are outstanding, and on the disk in the end */
};

/*
 * Everybody in batches of so many, then their receipts in lots of so many, in a ledger that is new and stays in bench->folder.
 * Memory is what the ledger takes with the byte that the daemon keeps of each; the whole daemon's is in bench_restart.
 */
static struct figures run_all(struct bench *bench, uint32_t batch, uint32_t lot)
{
	struct figures figures;
	struct tally tally;
	double before = bench_anonymous_mib();

	bench->batch = batch;
	bench->batches = bench->recipients / batch;
	bench_folder_make(bench->folder);
	open_ledger(bench);
	tally_init(&tally, bench->recipients, STATE_WAITING);
	figures.batches = run_batches(bench, WINDOW);
	tally_move_all(&tally, 0, bench->recipients, STATE_WAITING, STATE_IN_FLIGHT);
	figures.memory = (bench_anonymous_mib() - before) * 1048576 / bench->recipients;
	figures.receipts = run_receipts(bench, lot);
	tally_fini(&tally);
	close_ledger(bench);
	figures.size = (double)file_size(bench, "ledger.db") / bench->recipients;
	return figures;
}

static void print_raw(const struct bench *bench)
{
	double rows = raw_rows(bench), blocks = raw_blocks(bench), log = raw_log(bench);

	printf("for comparison, recipients/s         SQLite rows in key order %.2f M, blocks %.2f M, synced log %.2f M\n",
		rows / 1e6, blocks / 1e6, log / 1e6);
}

int main(int argc, char **argv)
{
	struct bench bench = {.recipients = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000};

	if (bench.recipients < 10000)
		die("at least 10000 recipients");
	bench.raw = bench.recipients < RAW_MOST ? bench.recipients : RAW_MOST;
	printf("%u recipients\n", bench.recipients);
	struct figures hundred = run_all(&bench, 100, LOT);
	bench_folder_remove(bench.folder);
	struct figures twenty = run_all(&bench, 20, 1);
	print_raw(&bench);
	row_least("ledger, batches of 100", hundred.batches, RECIPIENTS_GOAL, "recipients/s");
	row_least("ledger, batches of 20", twenty.batches, RECIPIENTS_GOAL, "recipients/s");
	row_least("ledger, receipts, 1000 a call", hundred.receipts, RECEIPTS_GOAL, "receipts/s");
	row_least("ledger, receipts, one a call", twenty.receipts, RECEIPTS_GOAL, "receipts/s");
	row_target("ledger, bytes on disk", twenty.size, 64, "B/recipient");
	row_target("ledger and tally alone, memory", twenty.memory, 16, "B/recipient");
	printf("in batches of 100: %.1f bytes on the disk, %.1f in memory\n", hundred.size, hundred.memory);
	run_start(&bench);
	open_ledger(&bench);
	run_steady(&bench);
	run_latency(&bench);
	raw_latency(&bench);
	close_ledger(&bench);
	bench_folder_remove(bench.folder);
	return 0;
}
