#include "ledger/history.h"

#include <string.h>

#include "ledger/read.h"
#include "ledger/row.h"
#include "ledger/store.h"

#define ALERT_STATEMENT "SELECT " ROW_ALERT ", NULL FROM alert a "
#define LANE_STATEMENT \
	"SELECT " ROW_LANE \
	", f.counts, f.states FROM lane l LEFT JOIN lane_set s USING (id) LEFT JOIN final f USING (id)" \
	" WHERE l.id >= ?1 << 16 AND l.id < (?1 + 1) << 16 ORDER BY l.id"
#define COLUMN_COUNTS ROW_LANE_COLUMNS
#define COLUMN_STATES (ROW_LANE_COLUMNS + 1)

struct looking {
	struct ledger *ledger;
	struct row alert_row, lane_row, batch_row;
	sqlite3_stmt *lanes, *batch, *receipts;
	const struct ledger_alert *alert;
	int64_t (*locate)(void *arg, const void *set, size_t size);
	bool (*visit)(void *arg, const struct ledger_history *entry);
	bool (*recent)(void *arg, const struct ledger_alert *alert, uint16_t lane, const struct ledger_lane *content,
		const uint32_t *counts);
	void *arg;
	bool stopped;
	uint32_t last; /* alert looked at */
	uint32_t seen;
	struct ledger_history entry;
};

/* The last receipt about the position. */
static int on_receipts(void *arg, sqlite3_stmt *row)
{
	struct looking *looking = arg;
	struct ledger_history *entry = &looking->entry;
	struct pack_receipts block;
	struct ledger_receipt receipt;
	int more;

	unpack_receipts(&block, sqlite3_column_blob(row, 0), (size_t)sqlite3_column_bytes(row, 0));
	while ((more = unpack_receipt(&block, &receipt)) == 1) {
		if (receipt.lane != entry->lane || entry->position < receipt.position ||
			entry->position - receipt.position >= receipt.count)
			continue;
		entry->receipt_ms = receipt.at_ms;
		entry->receipt = receipt.state;
		memcpy(entry->code, receipt.code, strlen(receipt.code) + 1);
	}
	return more == 0 ? READ_ON : READ_BAD;
}

static enum result find_receipt(struct looking *looking)
{
	sqlite3_bind_int64(looking->receipts, 1, looking->alert->number);
	return read_rows(looking->receipts, on_receipts, looking);
}

static int tell(struct looking *looking)
{
	sqlite3_stmt *statement = looking->batch;
	struct ledger_batch batch;
	int go_on = READ_BAD;

	sqlite3_bind_int64(statement, 1, looking->alert->number);
	sqlite3_bind_int64(statement, 2, looking->entry.lane);
	sqlite3_bind_int64(statement, 3, looking->entry.position);
	int code = sqlite3_step(statement);

	if (code == SQLITE_DONE ||
		(code == SQLITE_ROW && row_batch(&looking->batch_row, statement, &batch) &&
			find_receipt(looking) == RESULT_OK)) {
		looking->entry.batch = code == SQLITE_ROW ? &batch : NULL;
		go_on = looking->visit(looking->arg, &looking->entry) ? READ_ON : READ_STOP;
	}
	sqlite3_reset(statement);
	return go_on;
}

static int on_lane(void *arg, sqlite3_stmt *row)
{
	struct looking *looking = arg;
	struct ledger_lane lane;
	uint32_t alert;
	uint16_t number;

	if (!row_lane(&looking->lane_row, row, &alert, &number, &lane))
		return READ_BAD;
	if (lane.set == NULL)
		return READ_ON;
	int64_t position = looking->locate(looking->arg, lane.set, lane.set_size);

	if (position < 0 || position >= lane.size)
		return READ_ON;
	bool final = sqlite3_column_type(row, COLUMN_STATES) != SQLITE_NULL;

	looking->entry = (struct ledger_history){.alert = looking->alert,
		.lane = number,
		.content = &lane,
		.position = (uint32_t)position,
		.final = final,
		.state = lane.state};
	if (final &&
		!unpack_state(sqlite3_column_blob(row, COLUMN_STATES), (size_t)sqlite3_column_bytes(row, COLUMN_STATES),
			(uint32_t)position, &looking->entry.state))
		return READ_BAD;
	int go_on = tell(looking);

	looking->stopped = go_on == READ_STOP;
	return go_on;
}

static int walk_lanes(struct looking *looking, int (*on_row)(void *arg, sqlite3_stmt *row))
{
	sqlite3_bind_int64(looking->lanes, 1, looking->alert->number);
	if (read_rows(looking->lanes, on_row, looking) != RESULT_OK)
		return READ_BAD;
	return looking->stopped ? READ_STOP : READ_ON;
}

static int on_alert(void *arg, sqlite3_stmt *row)
{
	struct looking *looking = arg;
	struct ledger_alert alert;

	if (!row_alert(&looking->alert_row, row, &alert))
		return READ_BAD;
	looking->alert = &alert;
	looking->last = alert.number;
	looking->seen++;
	return walk_lanes(looking, on_lane);
}

static bool prepare(struct looking *looking)
{
	sqlite3 *db = looking->ledger->reader;

	looking->lanes = store_prepare(db, LANE_STATEMENT);
	looking->batch = store_prepare(db,
		"SELECT " ROW_BATCH " FROM batch b WHERE b.alert = ?1 AND b.lane = ?2 AND b.first <= ?3"
		" AND b.first + b.count > ?3 ORDER BY b.number DESC LIMIT 1");
	looking->receipts = store_prepare(db,
		"SELECT block FROM receipts WHERE id > ?1 << 32 AND id < (?1 + 1) << 32 ORDER BY id");
	return looking->lanes != NULL && looking->batch != NULL && looking->receipts != NULL;
}

/* Walks `statement`, a question for alerts, and finishes everything. */
static enum result look(struct looking *looking, sqlite3_stmt *statement, int (*on_row)(void *arg, sqlite3_stmt *row))
{
	enum result result = store_result(looking->ledger->reader);

	if (statement != NULL && prepare(looking))
		result = read_rows(statement, on_row, looking);
	sqlite3_finalize(statement);
	sqlite3_finalize(looking->lanes);
	sqlite3_finalize(looking->batch);
	sqlite3_finalize(looking->receipts);
	row_fini(&looking->alert_row);
	row_fini(&looking->lane_row);
	row_fini(&looking->batch_row);
	return result;
}

enum result ledger_history(struct ledger *ledger, uint32_t before, unsigned int most,
	int64_t (*locate)(void *arg, const void *set, size_t size),
	bool (*visit)(void *arg, const struct ledger_history *entry), void *arg, uint32_t *next)
{
	struct looking looking = {.ledger = ledger, .locate = locate, .visit = visit, .arg = arg};
	sqlite3_stmt *statement = store_prepare(ledger->reader,
		ALERT_STATEMENT "WHERE a.number < ?1 AND a.schedule IS NULL ORDER BY a.number DESC LIMIT ?2");

	sqlite3_bind_int64(statement, 1, before == 0 ? INT64_MAX : before);
	sqlite3_bind_int64(statement, 2, most);
	enum result result = look(&looking, statement, on_alert);

	*next = result == RESULT_OK && looking.seen == most && looking.last > 1 ? looking.last : 0;
	return result;
}

static int on_recent_lane(void *arg, sqlite3_stmt *row)
{
	struct looking *looking = arg;
	struct ledger_lane lane;
	uint32_t alert;
	uint16_t number;
	uint32_t counts[STATE_COUNT];
	const char *json = (const char *)sqlite3_column_text(row, COLUMN_COUNTS);

	if (!row_lane(&looking->lane_row, row, &alert, &number, &lane) || (json != NULL && !row_counts(json, counts)))
		return READ_BAD;
	if (lane.set == NULL || lane.message == NULL || medium_crowd(lane.medium) != CROWD_RESIDENTS)
		return READ_ON;
	looking->stopped = !looking->recent(looking->arg, looking->alert, number, &lane, json == NULL ? NULL : counts);
	return looking->stopped ? READ_STOP : READ_ON;
}

static int on_recent(void *arg, sqlite3_stmt *row)
{
	struct looking *looking = arg;
	struct ledger_alert alert;

	if (!row_alert(&looking->alert_row, row, &alert))
		return READ_BAD;
	looking->alert = &alert;
	return walk_lanes(looking, on_recent_lane);
}

enum result ledger_list_recent(struct ledger *ledger, int64_t since_ms,
	bool (*visit)(void *arg, const struct ledger_alert *alert, uint16_t lane, const struct ledger_lane *content,
		const uint32_t *counts),
	void *arg)
{
	struct looking looking = {.ledger = ledger, .recent = visit, .arg = arg};
	/* Two questions that an index answers each, instead of one that reads every alert there ever was. */
	sqlite3_stmt *statement = store_prepare(ledger->reader,
		ALERT_STATEMENT "WHERE a.number IN (SELECT number FROM alert WHERE state = 'open' UNION"
				" SELECT number FROM alert WHERE last_send_ms >= ?1)"
				" AND a.status = 'actual' AND a.urgency IN ('today', 'routine') ORDER BY a.number");

	sqlite3_bind_int64(statement, 1, since_ms);
	return look(&looking, statement, on_recent);
}
