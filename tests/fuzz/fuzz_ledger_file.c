/*
 * The ledger's file after the disk, or somebody, changed it: whatever it says, it is refused in words or read, and what is
 * read fits together. The first byte chooses how a good ledger is spoilt by the rest:
 *   'p' pages: runs of {place 3 bytes, length 1 byte, that many bytes} written over the file
 *   'v' values: runs of {table, row, column, kind, length, bytes} put into it through SQLite
 *   anything else: the rest is the whole file
 */
#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/require.h"
#include "ledger/audit.h"
#include "ledger/history.h"
#include "ledger/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[256], path[300];
static uint8_t *good;
static size_t good_size;
static uint32_t sizes[UINT16_MAX + 1], lanes;

/* ---- a good ledger, made once ---- */
static void write_alert(struct ledger *ledger, const char *id)
{
	char text[] = "text", older[] = "older";
	struct message message = {.medium = MEDIUM_SMS, .text = text, .units = 4, .parts = 1};
	static const uint32_t refused[] = {2, 5};
	static const struct ledger_exclusion excluded[] = {{1, STATE_OPTED_OUT}};
	char *supersedes[] = {older, NULL};
	struct ledger_lane content[] = {
		{.channel = "sms",
			.medium = MEDIUM_SMS,
			.audience = "all",
			.language = "zh",
			.message = &message,
			.set = "set",
			.set_size = 3,
			.size = 40},
		{.medium = MEDIUM_SMS, .set = "set", .set_size = 3, .size = 4, .state = STATE_GONE},
		{.channel = "group",
			.medium = MEDIUM_WECOM,
			.audience = "all",
			.language = "zh",
			.message = &message,
			.size = 1},
	};
	struct ledger_tombstone tombstone = {.id = "unborn", .sender = "a", .until_ms = 9000};
	struct ledger_acceptance acceptance = {.alert = {.id = id,
						       .sender = "a@b.cn",
						       .digest = "d",
						       .document = "doc",
						       .document_size = 3,
						       .form = "cfg",
						       .file_name = "a.cfg",
						       .title = "t",
						       .fraud_type = "fake-police",
						       .until_ms = 9000,
						       .supersedes = supersedes,
						       .schedule = "weekly",
						       .occurrence_ms = 5},
		.lanes = content,
		.lane_count = 3,
		.tombstones = &tombstone,
		.tombstone_count = 1};
	uint32_t alert = ledger_accept(ledger, &acceptance, NULL, NULL);

	for (uint32_t i = 0; i < 4; i++) {
		struct batch_name name = {alert, 0, i + 1};
		ledger_intent(ledger,
			&(struct ledger_intent){.name = name,
				.first = i * 10,
				.count = 10,
				.attempt = 1,
				.at_ms = 100,
				.tat_ms = 200,
				.excluded = excluded,
				.excluded_count = i == 0},
			NULL, NULL);
		if (i < 3)
			ledger_outcome(ledger,
				&(struct ledger_outcome){.name = name,
					.verdict = i == 2 ? VERDICT_UNKNOWN : VERDICT_ACCEPTED,
					.at_ms = 150,
					.provider_id = "p",
					.peer = "answer",
					.refused = refused,
					.refused_count = i == 0 ? 2 : 0},
				NULL, NULL);
	}
	struct ledger_receipt receipts[] = {{0, 3, 4, STATE_DELIVERED, 300, "DELIVRD"},
		{0, 12, 1, STATE_FAILED, 301, "X"}};
	ledger_receipts(ledger, alert, receipts, 2, NULL, NULL);
	ledger_resolve(ledger, (struct batch_name){alert, 0, 3}, LEDGER_DROP, (uint32_t[]){21, 22}, 2, 400, "who", NULL,
		NULL);
	ledger_lane_end(ledger, &(struct ledger_end){alert, 2, 0, STATE_EXPIRED, 500}, NULL, NULL);
}

static void make_good(void)
{
	struct loop *loop = loop_new();
	struct ledger *ledger = NULL;
	struct problems problems;

	problems_init(&problems);
	REQUIRE(ledger_open(loop, folder, &ledger, &problems) == RESULT_OK);
	write_alert(ledger, "one");
	write_alert(ledger, "two");
	uint8_t states[40] = {STATE_DELIVERED};
	struct tally tallies[] = {{.states = states, .size = 40}, {.states = states, .size = 4},
		{.states = states, .size = 1}};
	ledger_close_alert(ledger, 1, 600, tallies, 3, NULL, NULL);
	ledger_channel_state(ledger,
		&(struct ledger_channel){.name = "sms", .suspended = true, .by = "who", .reason = "why", .at_ms = 1},
		NULL, NULL);
	ledger_switch(ledger, true, "who", 700, NULL, NULL);
	ledger_event(ledger, &(struct ledger_event){.at_ms = 1, .who = "who", .kind = "stop", .what = "all"}, NULL,
		NULL);
	ledger_close(ledger, NULL, NULL);
	loop_run(loop);
	loop_free(&loop);
	problems_fini(&problems);
}

static int remove_one(const char *at, const struct stat *stat, int kind, struct FTW *place)
{
	return remove(at);
}

static void clean(void)
{
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(good);
}

static void begin(void)
{
	const char *under = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%s/crier-ledger-XXXXXX", under != NULL ? under : "/tmp");
	REQUIRE(mkdtemp(folder) != NULL);
	atexit(clean);
	snprintf(path, sizeof(path), "%s/ledger.db", folder);
	make_good();
	FILE *file = fopen(path, "rb");
	struct stat stat;
	REQUIRE(file != NULL && fstat(fileno(file), &stat) == 0);
	good_size = (size_t)stat.st_size;
	good = mem_calloc(good_size, 1);
	REQUIRE(fread(good, 1, good_size, file) == good_size);
	fclose(file);
}

/* ---- spoiling it ---- */
static void write_file(const uint8_t *bytes, size_t size)
{
	static const char *const others[] = {"-wal", "-shm"};
	char other[320];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	REQUIRE(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
	for (size_t i = 0; i < 2; i++) {
		snprintf(other, sizeof(other), "%s%s", path, others[i]);
		unlink(other);
	}
}

static void spoil_pages(const uint8_t *data, size_t size)
{
	uint8_t *bytes = mem_calloc(good_size, 1);

	memcpy(bytes, good, good_size);
	while (size >= 4) {
		size_t place = ((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]) % good_size, length = data[3];
		data += 4;
		size -= 4;
		length = length < size ? length : size;
		length = length < good_size - place ? length : good_size - place;
		memcpy(bytes + place, data, length);
		data += length;
		size -= length;
	}
	write_file(bytes, good_size);
	free(bytes);
}

static const char *const tables[] = {"alert", "lane", "lane_set", "final", "batch", "receipts", "lane_end", "channel",
	"red_switch", "tombstone", "event", "document"};

/* The name of a table's column, by number. False when it has none so high. */
static bool column_name(sqlite3 *db, const char *table, unsigned int number, char name[64])
{
	char sql[128];
	sqlite3_stmt *statement;
	bool found = false;

	snprintf(sql, sizeof(sql), "SELECT name FROM pragma_table_info('%s') WHERE cid = %u", table, number);
	REQUIRE(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK);
	if (sqlite3_step(statement) == SQLITE_ROW) {
		snprintf(name, 64, "%s", (const char *)sqlite3_column_text(statement, 0));
		found = true;
	}
	sqlite3_finalize(statement);
	return found;
}

static void put_value(sqlite3 *db, const uint8_t *head, const uint8_t *bytes, size_t size)
{
	const char *table = tables[head[0] % (sizeof(tables) / sizeof(tables[0]))];
	char column[64], sql[512];
	sqlite3_stmt *statement;
	int64_t number = 0;

	if (!column_name(db, table, head[2] % 30, column))
		return;
	/* The n-th row by the order of the first column: also where there is no rowid. */
	snprintf(sql, sizeof(sql),
		"WITH n AS (SELECT *, row_number() OVER () AS nth FROM %1$s) UPDATE OR IGNORE %1$s SET \"%2$s\" = ?1"
		" WHERE (SELECT count(*) FROM n) > 0 AND \"%2$s\" IS (SELECT \"%2$s\" FROM n WHERE nth = ?2)",
		table, column);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return;
	memcpy(&number, bytes, size < sizeof(number) ? size : sizeof(number));
	switch (head[3] % 4) {
	case 0:
		sqlite3_bind_null(statement, 1);
		break;
	case 1:
		sqlite3_bind_int64(statement, 1, number);
		break;
	case 2:
		sqlite3_bind_text(statement, 1, (const char *)bytes, (int)size, SQLITE_TRANSIENT);
		break;
	default:
		sqlite3_bind_blob(statement, 1, bytes, (int)size, SQLITE_TRANSIENT);
	}
	sqlite3_bind_int(statement, 2, head[1] % 8 + 1);
	sqlite3_step(statement);
	sqlite3_finalize(statement);
}

static void spoil_values(const uint8_t *data, size_t size)
{
	sqlite3 *db;

	write_file(good, good_size);
	REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
	sqlite3_exec(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
	while (size >= 5) {
		size_t length = data[4] < size - 5 ? data[4] : size - 5;
		put_value(db, data, data + 5, length);
		data += 5 + length;
		size -= 5 + length;
	}
	sqlite3_close(db);
}

/* ---- reading it: what restore.c and the orders rely on ---- */
static void fits(uint16_t lane, uint32_t first, uint32_t count)
{
	REQUIRE(lane < lanes && first <= sizes[lane] && count <= sizes[lane] - first);
}

static void on_stopped(void *arg, bool stopped, const char *by, int64_t at_ms)
{
	REQUIRE(by != NULL);
}

static void on_channel(void *arg, const struct ledger_channel *channel)
{
	REQUIRE(channel->name != NULL && channel->by != NULL && channel->reason != NULL);
}

static void on_tombstone(void *arg, const struct ledger_tombstone *tombstone)
{
	REQUIRE(tombstone->id != NULL);
}

static void on_alert(void *arg, const struct ledger_alert *alert)
{
	REQUIRE(alert->id != NULL && alert->urgency < URGENCY_COUNT);
	lanes = 0;
}

static void on_lane(void *arg, uint32_t alert, uint16_t lane, const struct ledger_lane *content)
{
	REQUIRE(lane == lanes && content->state < STATE_COUNT && content->medium < MEDIUM_COUNT);
	REQUIRE(content->message == NULL || content->message->text != NULL);
	sizes[lanes++] = content->size;
}

static void on_batch(void *arg, const struct ledger_batch *batch)
{
	fits(batch->name.lane, batch->first, batch->count);
	for (uint32_t i = 0; i < batch->excluded_count; i++) {
		fits(batch->name.lane, batch->excluded[i].position, 1);
		REQUIRE(batch->excluded[i].state < STATE_COUNT);
	}
	for (uint32_t i = 0; i < batch->refused_count; i++)
		fits(batch->name.lane, batch->refused[i], 1);
	for (uint32_t i = 0; i < batch->resolved_count; i++)
		fits(batch->name.lane, batch->resolved[i], 1);
	REQUIRE(!batch->settled || (batch->provider_id != NULL && batch->peer != NULL));
}

static void on_receipts(void *arg, uint32_t alert, const struct ledger_receipt *receipts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fits(receipts[i].lane, receipts[i].position, receipts[i].count);
		REQUIRE(receipts[i].state < STATE_COUNT);
	}
}

static void on_end(void *arg, const struct ledger_end *end)
{
	fits(end->lane, end->from, 0);
	REQUIRE(end->state < STATE_COUNT);
}

static bool visit_alert(void *arg, const struct ledger_alert *alert)
{
	return true;
}

static bool visit_lane(void *arg, uint32_t alert, uint16_t lane, const struct ledger_lane *content,
	const uint32_t *counts)
{
	return true;
}

static bool visit_recent(void *arg, const struct ledger_alert *alert, uint16_t lane, const struct ledger_lane *content,
	const uint32_t *counts)
{
	return true;
}

static bool visit_batch(void *arg, const struct ledger_batch *batch)
{
	return true;
}

static bool visit_event(void *arg, const struct ledger_event *event)
{
	return true;
}

static bool visit_entry(void *arg, const struct ledger_history *entry)
{
	return true;
}

static int64_t locate(void *arg, const void *set, size_t size)
{
	return 3;
}

static void ask(struct ledger *ledger)
{
	static const struct ledger_filter filter = {.most = 10};
	uint64_t checked, seq;
	uint32_t number, next;
	uint8_t states[40];
	char seal[65];

	ledger_known(ledger, "one", &number, seal);
	ledger_list_alerts(ledger, &filter, visit_alert, NULL);
	ledger_newest_of_chain(ledger, 1, visit_alert, NULL);
	ledger_list_occurrences(ledger, "weekly", 3, visit_alert, NULL);
	ledger_list_lanes(ledger, 1, visit_lane, NULL);
	ledger_list_reminders(ledger, "sms", 3, visit_lane, NULL);
	ledger_lane_states(ledger, 1, 0, states, sizeof(states));
	ledger_list_batches(ledger, (struct batch_name){2, 0, 0}, 10, visit_batch, NULL);
	ledger_list_unknown(ledger, (struct batch_name){0}, 10, visit_batch, NULL);
	ledger_covering_batches(ledger, 2, 0, 3, visit_batch, NULL);
	ledger_history(ledger, 0, 10, locate, visit_entry, NULL, &next);
	ledger_list_recent(ledger, 0, visit_recent, NULL);
	ledger_list_events(ledger, 0, 10, visit_event, NULL);
	ledger_audit(ledger, &checked, &seq, seal);
}

static void read_it(void)
{
	static const struct ledger_replay events = {on_stopped, on_channel, on_tombstone, on_alert, on_lane, on_batch,
		on_receipts, on_end, NULL};
	struct loop *loop = loop_new();
	struct ledger *ledger = NULL;
	struct problems problems;

	problems_init(&problems);
	if (ledger_open(loop, folder, &ledger, &problems) == RESULT_OK) {
		enum result result = ledger_replay(ledger, &events, NULL, &problems);
		REQUIRE((result == RESULT_OK) == (problems.errors == 0));
		ask(ledger);
		ledger_abandon(ledger, NULL, NULL);
	} else {
		REQUIRE(problems.errors > 0);
	}
	loop_run(loop);
	loop_free(&loop);
	problems_fini(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (good == NULL)
		begin();
	if (size == 0)
		return 0;
	if (data[0] == 'p')
		spoil_pages(data + 1, size - 1);
	else if (data[0] == 'v')
		spoil_values(data + 1, size - 1);
	else
		write_file(data + 1, size - 1);
	read_it();
	return 0;
}
