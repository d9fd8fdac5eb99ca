#include "ledger/query.h"

#include <stdio.h>

#include "ledger/read.h"
#include "ledger/row.h"
#include "ledger/store.h"

#define FROM_ALERT "SELECT " ROW_ALERT ", d.bytes FROM alert a LEFT JOIN document d ON d.alert = a.number "
#define FROM_LANE  "SELECT " ROW_LANE_NO_SET ", f.counts FROM lane l LEFT JOIN final f USING (id) "

struct asking {
	struct row row;
	ledger_visit_alert *alert;
	ledger_visit_lane *lane;
	ledger_visit_batch *batch;
	bool (*tombstone)(void *arg, const struct ledger_tombstone *tombstone);
	void *arg;
	bool found;
};

static int on_alert(void *arg, sqlite3_stmt *row)
{
	struct asking *asking = arg;
	struct ledger_alert alert;

	if (!row_alert(&asking->row, row, &alert))
		return READ_BAD;
	asking->found = true;
	return asking->alert(asking->arg, &alert) ? READ_ON : READ_STOP;
}

static int on_lane(void *arg, sqlite3_stmt *row)
{
	struct asking *asking = arg;
	struct ledger_lane lane;
	uint32_t alert;
	uint16_t number;
	uint32_t counts[STATE_COUNT];
	const char *json = (const char *)sqlite3_column_text(row, ROW_LANE_COLUMNS);

	if (!row_lane(&asking->row, row, &alert, &number, &lane) || (json != NULL && !row_counts(json, counts)))
		return READ_BAD;
	return asking->lane(asking->arg, alert, number, &lane, json == NULL ? NULL : counts) ? READ_ON : READ_STOP;
}

static int on_batch(void *arg, sqlite3_stmt *row)
{
	struct asking *asking = arg;
	struct ledger_batch batch;

	if (!row_batch(&asking->row, row, &batch))
		return READ_BAD;
	return asking->batch(asking->arg, &batch) ? READ_ON : READ_STOP;
}

static int on_tombstone(void *arg, sqlite3_stmt *row)
{
	struct asking *asking = arg;
	struct ledger_tombstone tombstone = read_tombstone(row);

	asking->found = true;
	return asking->tombstone(asking->arg, &tombstone) ? READ_ON : READ_STOP;
}

/* Runs a bound statement and finishes it. `statement` may be NULL: it could not be prepared. */
static enum result ask(struct ledger *ledger, sqlite3_stmt *statement, int (*on_row)(void *arg, sqlite3_stmt *row),
	struct asking *asking)
{
	if (statement == NULL)
		return store_result(ledger->reader);
	enum result result = read_rows(statement, on_row, asking);

	sqlite3_finalize(statement);
	row_fini(&asking->row);
	return result;
}

static enum result ask_one(struct ledger *ledger, sqlite3_stmt *statement, int (*on_row)(void *arg, sqlite3_stmt *row),
	struct asking *asking)
{
	enum result result = ask(ledger, statement, on_row, asking);

	return result == RESULT_OK && !asking->found ? RESULT_NOT_FOUND : result;
}

static sqlite3_stmt *prepare(struct ledger *ledger, const char *sql)
{
	return store_prepare(ledger->reader, sql);
}

struct knowing {
	uint32_t *number;
	char *digest;
	bool known;
};

static int on_known(void *arg, sqlite3_stmt *row)
{
	struct knowing *knowing = arg;

	knowing->known = true;
	*knowing->number = (uint32_t)sqlite3_column_int64(row, 0);
	if (knowing->digest != NULL)
		snprintf(knowing->digest, 65, "%s", store_text(row, 1));
	return READ_STOP;
}

enum result query_known(struct ledger *ledger, const char *id, uint32_t *number, char digest[65])
{
	struct knowing knowing = {number, digest, false};
	sqlite3_stmt *statement = prepare(ledger, "SELECT number, digest FROM alert WHERE id = ?1");

	if (statement == NULL)
		return store_result(ledger->reader);
	store_bind_text(statement, 1, id);
	enum result result = read_rows(statement, on_known, &knowing);

	sqlite3_finalize(statement);
	return result == RESULT_OK && !knowing.known ? RESULT_NOT_FOUND : result;
}

enum result ledger_find_alert(struct ledger *ledger, const char *id, ledger_visit_alert *visit, void *arg)
{
	struct asking asking = {.alert = visit, .arg = arg};
	sqlite3_stmt *statement = prepare(ledger, FROM_ALERT "WHERE a.id = ?1");

	store_bind_text(statement, 1, id);
	return ask_one(ledger, statement, on_alert, &asking);
}

enum result ledger_get_alert(struct ledger *ledger, uint32_t number, ledger_visit_alert *visit, void *arg)
{
	struct asking asking = {.alert = visit, .arg = arg};
	sqlite3_stmt *statement = prepare(ledger, FROM_ALERT "WHERE a.number = ?1");

	sqlite3_bind_int64(statement, 1, number);
	return ask_one(ledger, statement, on_alert, &asking);
}

enum result ledger_list_alerts(struct ledger *ledger, const struct ledger_filter *filter, ledger_visit_alert *visit,
	void *arg)
{
	struct asking asking = {.alert = visit, .arg = arg};
	bool all = !filter->open && !filter->closed && !filter->stored;
	/* Lists do not show documents: NULL keeps the megabytes where they are. */
	sqlite3_stmt *statement = prepare(ledger,
		"SELECT " ROW_ALERT ", NULL FROM alert a WHERE a.number < ?1 AND (?2 = 0 OR a.accepted_ms >= ?2)"
		" AND (?3 = 0 OR a.accepted_ms < ?3) AND (?4 AND a.state = 'open' OR ?5 AND a.state = 'closed'"
		" OR ?6 AND a.state = 'stored') ORDER BY a.number DESC LIMIT ?7");

	sqlite3_bind_int64(statement, 1, filter->before == 0 ? INT64_MAX : filter->before);
	sqlite3_bind_int64(statement, 2, filter->from_ms);
	sqlite3_bind_int64(statement, 3, filter->to_ms);
	sqlite3_bind_int(statement, 4, all || filter->open);
	sqlite3_bind_int(statement, 5, all || filter->closed);
	sqlite3_bind_int(statement, 6, all || filter->stored);
	sqlite3_bind_int64(statement, 7, filter->most);
	return ask(ledger, statement, on_alert, &asking);
}

/* The last of the chain is the one that nobody took the place of. A number grows along it, so it has an end. */
enum result ledger_newest_of_chain(struct ledger *ledger, uint32_t number, ledger_visit_alert *visit, void *arg)
{
	struct asking asking = {.alert = visit, .arg = arg};
	sqlite3_stmt *statement = prepare(ledger,
		"WITH RECURSIVE chain (number) AS (SELECT fate_by FROM alert WHERE number = ?1 AND fate_by > number"
		" UNION ALL SELECT a.fate_by FROM alert a JOIN chain c ON a.number = c.number WHERE a.fate_by > a.number) " FROM_ALERT
		"WHERE a.number = (SELECT max(number) FROM chain)");

	sqlite3_bind_int64(statement, 1, number);
	return ask_one(ledger, statement, on_alert, &asking);
}

enum result ledger_find_tombstone(struct ledger *ledger, const char *id, int64_t now_ms,
	bool (*visit)(void *arg, const struct ledger_tombstone *tombstone), void *arg)
{
	struct asking asking = {.tombstone = visit, .arg = arg};
	sqlite3_stmt *statement = prepare(ledger,
		"SELECT " READ_TOMBSTONE " FROM tombstone WHERE id = ?1 AND until_ms >= ?2");

	store_bind_text(statement, 1, id);
	sqlite3_bind_int64(statement, 2, now_ms);
	return ask_one(ledger, statement, on_tombstone, &asking);
}

enum result ledger_list_lanes(struct ledger *ledger, uint32_t alert, ledger_visit_lane *visit, void *arg)
{
	struct asking asking = {.lane = visit, .arg = arg};
	sqlite3_stmt *statement = prepare(ledger,
		FROM_LANE "WHERE l.id >= ?1 << 16 AND l.id < (?1 + 1) << 16 ORDER BY l.id");

	sqlite3_bind_int64(statement, 1, alert);
	return ask(ledger, statement, on_lane, &asking);
}

enum result ledger_list_reminders(struct ledger *ledger, const char *channel, unsigned int most,
	ledger_visit_lane *visit, void *arg)
{
	struct asking asking = {.lane = visit, .arg = arg};
	sqlite3_stmt *statement = prepare(ledger,
		FROM_LANE "WHERE l.channel = ?1 AND (SELECT schedule FROM alert a WHERE a.number = l.alert) IS NOT NULL"
			  " ORDER BY l.id DESC LIMIT ?2");

	store_bind_text(statement, 1, channel);
	sqlite3_bind_int64(statement, 2, most);
	return ask(ledger, statement, on_lane, &asking);
}

enum result ledger_lane_states(struct ledger *ledger, uint32_t alert, uint16_t lane, uint8_t *states, uint32_t size)
{
	sqlite3_stmt *statement = prepare(ledger, "SELECT states FROM final WHERE id = ?1");
	enum result result = RESULT_NOT_FOUND;

	if (statement == NULL)
		return store_result(ledger->reader);
	sqlite3_bind_int64(statement, 1, (int64_t)alert << 16 | lane);
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		result = unpack_states(sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0),
				 states, size)
			? RESULT_OK
			: RESULT_CORRUPT;
	else if (code != SQLITE_DONE)
		result = store_result_of(code);
	sqlite3_finalize(statement);
	return result;
}

static void bind_after(sqlite3_stmt *statement, struct batch_name after, unsigned int most)
{
	sqlite3_bind_int64(statement, 1, after.alert);
	sqlite3_bind_int64(statement, 2, after.lane);
	sqlite3_bind_int64(statement, 3, after.number);
	sqlite3_bind_int64(statement, 4, most);
}

enum result ledger_list_batches(struct ledger *ledger, struct batch_name after, unsigned int most,
	ledger_visit_batch *visit, void *arg)
{
	struct asking asking = {.batch = visit, .arg = arg};
	sqlite3_stmt *statement = prepare(ledger,
		"SELECT " ROW_BATCH " FROM batch b WHERE b.alert = ?1 AND (b.lane, b.number) > (?2, ?3)"
		" ORDER BY b.lane, b.number LIMIT ?4");

	bind_after(statement, after, most);
	return ask(ledger, statement, on_batch, &asking);
}

enum result ledger_covering_batches(struct ledger *ledger, uint32_t alert, uint16_t lane, uint32_t position,
	ledger_visit_batch *visit, void *arg)
{
	struct asking asking = {.batch = visit, .arg = arg};
	sqlite3_stmt *statement = prepare(ledger,
		"SELECT " ROW_BATCH " FROM batch b WHERE b.alert = ?1 AND b.lane = ?2 AND b.first <= ?3"
		" AND b.first + b.count > ?3 ORDER BY b.number");

	sqlite3_bind_int64(statement, 1, alert);
	sqlite3_bind_int64(statement, 2, lane);
	sqlite3_bind_int64(statement, 3, position);
	return ask(ledger, statement, on_batch, &asking);
}

enum result ledger_list_unknown(struct ledger *ledger, struct batch_name after, unsigned int most,
	ledger_visit_batch *visit, void *arg)
{
	struct asking asking = {.batch = visit, .arg = arg};
	sqlite3_stmt *statement = prepare(ledger,
		"SELECT " ROW_BATCH " FROM batch b WHERE b.verdict = 'unknown' AND b.resolution IS NULL"
		" AND b.alert IN (SELECT number FROM alert WHERE state = 'open')"
		" AND (b.alert, b.lane, b.number) > (?1, ?2, ?3) ORDER BY b.alert, b.lane, b.number LIMIT ?4");

	bind_after(statement, after, most);
	return ask(ledger, statement, on_batch, &asking);
}

enum result ledger_list_occurrences(struct ledger *ledger, const char *schedule, unsigned int most,
	ledger_visit_alert *visit, void *arg)
{
	struct asking asking = {.alert = visit, .arg = arg};
	sqlite3_stmt *statement = prepare(ledger,
		"SELECT " ROW_ALERT ", NULL FROM alert a WHERE a.schedule = ?1 ORDER BY a.occurrence_ms DESC LIMIT ?2");

	store_bind_text(statement, 1, schedule);
	sqlite3_bind_int64(statement, 2, most);
	return ask(ledger, statement, on_alert, &asking);
}
