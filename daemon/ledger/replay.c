#include "ledger/replay.h"

#include <stdlib.h>

#include "base/mem.h"
#include "ledger/read.h"
#include "ledger/row.h"
#include "ledger/store.h"

/* Receipts that are handed over at once. */
#define RECEIPTS_AT_ONCE 1024

struct replaying {
	struct ledger *ledger;
	const struct ledger_replay *events;
	void *arg;
	struct row row;
	sqlite3_stmt *lanes, *batches, *receipts, *ends;
	const char *what; /* table being read, for the problem */
	uint32_t *sizes; /* of the alert's lanes */
	uint16_t lanes_due, lanes_told;
};

/* A run of a lane of the alert that is being told. */
static bool fits(const struct replaying *replaying, uint16_t lane, uint32_t first, uint32_t count)
{
	if (lane >= replaying->lanes_told)
		return false;
	return first <= replaying->sizes[lane] && count <= replaying->sizes[lane] - first;
}

static bool all_fit(const struct replaying *replaying, uint16_t lane, const uint32_t *positions, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!fits(replaying, lane, positions[i], 1))
			return false;
	return true;
}

static bool batch_fits(const struct replaying *replaying, const struct ledger_batch *batch)
{
	uint16_t lane = batch->name.lane;

	for (uint32_t i = 0; i < batch->excluded_count; i++)
		if (!fits(replaying, lane, batch->excluded[i].position, 1))
			return false;
	return batch->count > 0 && fits(replaying, lane, batch->first, batch->count) &&
		all_fit(replaying, lane, batch->refused, batch->refused_count) &&
		all_fit(replaying, lane, batch->resolved, batch->resolved_count);
}

static int on_switch(void *arg, sqlite3_stmt *row)
{
	struct replaying *replaying = arg;

	replaying->events->stopped(replaying->arg, sqlite3_column_int(row, 0) != 0, store_text(row, 1),
		sqlite3_column_int64(row, 2));
	return READ_ON;
}

static int on_channel(void *arg, sqlite3_stmt *row)
{
	struct replaying *replaying = arg;
	struct ledger_channel channel = {.name = store_text(row, 0),
		.suspended = sqlite3_column_int(row, 1) != 0,
		.by = store_text(row, 2),
		.reason = store_text(row, 3),
		.at_ms = sqlite3_column_int64(row, 4),
		.tat_ms = sqlite3_column_int64(row, 5)};

	replaying->events->channel(replaying->arg, &channel);
	return READ_ON;
}

static int on_tombstone(void *arg, sqlite3_stmt *row)
{
	struct replaying *replaying = arg;
	struct ledger_tombstone tombstone = read_tombstone(row);

	replaying->events->tombstone(replaying->arg, &tombstone);
	return READ_ON;
}

static int on_lane(void *arg, sqlite3_stmt *row)
{
	struct replaying *replaying = arg;
	struct ledger_lane lane;
	uint32_t alert;
	uint16_t number;

	if (!row_lane(&replaying->row, row, &alert, &number, &lane) || number != replaying->lanes_told ||
		number >= replaying->lanes_due)
		return READ_BAD;
	replaying->sizes[replaying->lanes_told++] = lane.size;
	if (replaying->events->lane != NULL)
		replaying->events->lane(replaying->arg, alert, number, &lane);
	return READ_ON;
}

static int on_batch(void *arg, sqlite3_stmt *row)
{
	struct replaying *replaying = arg;
	struct ledger_batch batch;

	if (!row_batch(&replaying->row, row, &batch) || !batch_fits(replaying, &batch))
		return READ_BAD;
	replaying->events->batch(replaying->arg, &batch);
	return READ_ON;
}

/* Codes live in the block's list while it is read: a part ends where that list might be written over. */
static int on_receipts(void *arg, sqlite3_stmt *row)
{
	struct replaying *replaying = arg;
	struct ledger_receipt part[RECEIPTS_AT_ONCE];
	struct pack_receipts block;
	uint32_t alert = (uint32_t)(sqlite3_column_int64(row, 0) >> 32);
	size_t count = 0;
	int more;

	unpack_receipts(&block, sqlite3_column_blob(row, 1), (size_t)sqlite3_column_bytes(row, 1));
	while ((more = unpack_receipt(&block, &part[count])) == 1) {
		bool fleeting = part[count].code == block.other;

		if (!fits(replaying, part[count].lane, part[count].position, part[count].count))
			return READ_BAD;
		if (++count == RECEIPTS_AT_ONCE || fleeting) {
			replaying->events->receipts(replaying->arg, alert, part, count);
			count = 0;
		}
	}
	if (count > 0)
		replaying->events->receipts(replaying->arg, alert, part, count);
	return more == 0 ? READ_ON : READ_BAD;
}

static int on_end(void *arg, sqlite3_stmt *row)
{
	struct replaying *replaying = arg;
	struct ledger_end end = {.alert = (uint32_t)sqlite3_column_int64(row, 0),
		.at_ms = sqlite3_column_int64(row, 4)};

	if (!row_place(row, 1, &end.lane, &end.from) || !fits(replaying, end.lane, end.from, 0) ||
		!state_find(store_text(row, 3), &end.state))
		return READ_BAD;
	replaying->events->end(replaying->arg, &end);
	return READ_ON;
}

static int of_alert(struct replaying *replaying, sqlite3_stmt *statement, uint32_t alert, const char *what,
	int (*on_row)(void *arg, sqlite3_stmt *row))
{
	replaying->what = what;
	sqlite3_bind_int64(statement, 1, alert);
	return read_rows(statement, on_row, replaying) == RESULT_OK ? READ_ON : READ_BAD;
}

static int on_alert(void *arg, sqlite3_stmt *row)
{
	struct replaying *replaying = arg;
	const struct ledger_replay *events = replaying->events;
	struct ledger_alert alert;
	int go_on;

	if (!row_alert(&replaying->row, row, &alert))
		return READ_BAD;
	if (events->alert != NULL)
		events->alert(replaying->arg, &alert);
	replaying->sizes = mem_resize(replaying->sizes, alert.lanes + 1u, sizeof(*replaying->sizes));
	replaying->lanes_due = alert.lanes;
	replaying->lanes_told = 0;
	go_on = of_alert(replaying, replaying->lanes, alert.number, "lane", on_lane);
	if (replaying->lanes_told < replaying->lanes_due)
		go_on = READ_BAD;
	if (go_on == READ_ON && events->batch != NULL)
		go_on = of_alert(replaying, replaying->batches, alert.number, "batch", on_batch);
	if (go_on == READ_ON && events->receipts != NULL)
		go_on = of_alert(replaying, replaying->receipts, alert.number, "receipts", on_receipts);
	if (go_on == READ_ON && events->end != NULL)
		go_on = of_alert(replaying, replaying->ends, alert.number, "lane_end", on_end);
	if (go_on == READ_ON && events->alert_done != NULL)
		events->alert_done(replaying->arg, alert.number);
	return go_on;
}

static enum result whole_table(struct replaying *replaying, const char *what, const char *sql,
	int (*on_row)(void *arg, sqlite3_stmt *row))
{
	replaying->what = what;
	return read_sql(replaying->ledger, sql, on_row, replaying);
}

static enum result replay_tables(struct replaying *replaying)
{
	const struct ledger_replay *events = replaying->events;
	enum result result = RESULT_OK;

	if (events->stopped != NULL)
		result = whole_table(replaying, "red_switch", "SELECT stopped, stopped_by, at_ms FROM red_switch",
			on_switch);
	if (result == RESULT_OK && events->channel != NULL)
		result = whole_table(replaying, "channel",
			"SELECT name, suspended, suspended_by, reason, at_ms, tat_ms FROM channel", on_channel);
	if (result == RESULT_OK && events->tombstone != NULL)
		result = whole_table(replaying, "tombstone", "SELECT " READ_TOMBSTONE " FROM tombstone", on_tombstone);
	if (result == RESULT_OK)
		result = whole_table(replaying, "alert",
			"SELECT " ROW_ALERT ", d.bytes FROM alert a LEFT JOIN document d ON d.alert = a.number"
			" WHERE a.state = 'open' ORDER BY a.number",
			on_alert);
	return result;
}

static bool prepare(struct replaying *replaying)
{
	sqlite3 *db = replaying->ledger->reader;

	replaying->lanes = store_prepare(db,
		"SELECT " ROW_LANE " FROM lane l LEFT JOIN lane_set s USING (id)"
		" WHERE l.id >= ?1 << 16 AND l.id < (?1 + 1) << 16 ORDER BY l.id");
	replaying->batches = store_prepare(db,
		"SELECT " ROW_BATCH " FROM batch b WHERE b.alert = ?1 ORDER BY b.lane, b.number");
	replaying->receipts = store_prepare(db,
		"SELECT id, block FROM receipts WHERE id > ?1 << 32 AND id < (?1 + 1) << 32 ORDER BY id");
	replaying->ends = store_prepare(db,
		"SELECT alert, lane, first, state, at_ms FROM lane_end WHERE alert = ?1 ORDER BY seq");
	return replaying->lanes != NULL && replaying->batches != NULL && replaying->receipts != NULL &&
		replaying->ends != NULL;
}

static void fini(struct replaying *replaying)
{
	sqlite3_finalize(replaying->lanes);
	sqlite3_finalize(replaying->batches);
	sqlite3_finalize(replaying->receipts);
	sqlite3_finalize(replaying->ends);
	row_fini(&replaying->row);
	free(replaying->sizes);
}

enum result ledger_replay(struct ledger *ledger, const struct ledger_replay *events, void *arg,
	struct problems *problems)
{
	struct replaying replaying = {.ledger = ledger, .events = events, .arg = arg, .what = "alert"};
	struct place at = {.file = ledger->path};
	/* One snapshot for all of it. */
	enum result result = prepare(&replaying) && store_run(ledger->reader, "BEGIN") == SQLITE_OK
		? replay_tables(&replaying)
		: RESULT_CORRUPT;

	fini(&replaying);
	if (sqlite3_get_autocommit(ledger->reader) == 0)
		store_run(ledger->reader, "COMMIT");
	if (result != RESULT_OK)
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, replaying.what,
				       N_("the ledger does not read as it was written")),
			N_("keep a copy of the folder, then bring the ledger back from a backup"));
	return result;
}
