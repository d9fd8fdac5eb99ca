#include "ledger/write.h"

#include "base/require.h"
#include "ledger/store.h"

/* Blocks of receipts that one commit drops: a few megabytes. */
#define PRUNE_BLOCKS "64"

static const char *const sql[WRITE_COUNT] = {
	[WRITE_BEGIN] = "BEGIN IMMEDIATE",
	[WRITE_COMMIT] = "COMMIT",
	[WRITE_ROLLBACK] = "ROLLBACK",
	[WRITE_ALERT] =
		"INSERT INTO alert (number, id, sender, digest, form, file_name, source, schedule, occurrence_ms,"
		" status, action, urgency, level, fraud_type, title, author, issued_ms, accepted_ms, from_ms,"
		" until_ms, supersedes, lanes, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		" ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)",
	[WRITE_DOCUMENT] = "INSERT INTO document (alert, bytes) VALUES (?1, ?2)",
	[WRITE_LANE] =
		"INSERT INTO lane (id, alert, lane, channel, medium, audience, language, area, basis, format, text,"
		" units, parts, size, state)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
	[WRITE_LANE_SET] = "INSERT INTO lane_set (id, bytes) VALUES (?1, ?2)",
	[WRITE_MARK] = "UPDATE alert SET fate = ?2, fate_by = ?3, fate_ms = ?4 WHERE number = ?1",
	[WRITE_TOMBSTONE] = "INSERT INTO tombstone (id, sender, drill, alert, until_ms) VALUES (?1, ?2, ?3, ?4, ?5)"
			    " ON CONFLICT DO UPDATE SET alert = ?4, until_ms = max(until_ms, ?5)",
	[WRITE_INTENT] =
		"INSERT INTO batch (alert, lane, number, first, count, attempt, tries, intent_ms, excluded)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8) ON CONFLICT DO UPDATE SET first = ?4, count = ?5,"
		" attempt = ?6, tries = tries + 1, intent_ms = ?7, excluded = ?8, verdict = NULL, class = NULL,"
		" how = NULL, outcome_ms = NULL, provider_id = NULL, peer = NULL, refused = NULL,"
		" resolution = NULL, resolved_ms = NULL, resolved_by = NULL, resolved = NULL",
	[WRITE_TAT] =
		"INSERT INTO channel (name, tat_ms) SELECT channel, ?2 FROM lane WHERE id = ?1 AND channel IS NOT NULL"
		" ON CONFLICT DO UPDATE SET tat_ms = ?2",
	[WRITE_OUTCOME] = "UPDATE batch SET verdict = ?4, class = ?5, how = ?6, outcome_ms = ?7, provider_id = ?8,"
			  " peer = ?9, refused = ?10 WHERE alert = ?1 AND lane = ?2 AND number = ?3",
	[WRITE_RELEASE] = "UPDATE batch SET how = 'released' WHERE alert = ?1 AND lane = ?2 AND verdict = 'refused'"
			  " AND how = 'held'",
	[WRITE_RESOLVE] = "UPDATE batch SET resolution = ?4, resolved_ms = ?5, resolved_by = ?6, resolved = ?7"
			  " WHERE alert = ?1 AND lane = ?2 AND number = ?3",
	[WRITE_RECEIPTS] = "INSERT INTO receipts (id, count, block) SELECT coalesce(max(id), ?1 << 32) + 1, ?2, ?3"
			   " FROM receipts WHERE id > ?1 << 32 AND id < (?1 + 1) << 32",
	[WRITE_END] = "INSERT INTO lane_end (alert, lane, first, state, at_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
	[WRITE_FINAL] = "INSERT OR REPLACE INTO final (id, counts, states) VALUES (?1, ?2, ?3)",
	[WRITE_CLOSE] = "UPDATE alert SET state = 'closed', closed_ms = ?2,"
			" last_send_ms = (SELECT max(intent_ms) FROM batch WHERE alert = ?1) WHERE number = ?1",
	[WRITE_CHANNEL] =
		"INSERT INTO channel (name, suspended, suspended_by, reason, at_ms, tat_ms)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET suspended = ?2, suspended_by = ?3,"
		" reason = ?4, at_ms = ?5, tat_ms = coalesce(?6, tat_ms)",
	[WRITE_SWITCH] = "INSERT OR REPLACE INTO red_switch (only, stopped, stopped_by, at_ms) VALUES (1, ?1, ?2, ?3)",
	[WRITE_EVENT] = "INSERT INTO event (seq, at_ms, who, kind, what, seal) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[WRITE_LAST_SEAL] = "SELECT seq, seal FROM event ORDER BY seq DESC LIMIT 1",
	[WRITE_PRUNE_NEXT] = "SELECT number FROM alert WHERE state = 'closed' AND closed_ms < ?1 AND EXISTS"
			     " (SELECT 1 FROM receipts WHERE id > number << 32 AND id < (number + 1) << 32) LIMIT 1",
	[WRITE_PRUNE] = "DELETE FROM receipts WHERE id IN (SELECT id FROM receipts"
			" WHERE id > ?1 << 32 AND id < (?1 + 1) << 32 LIMIT " PRUNE_BLOCKS ")",
	[WRITE_PRUNE_TOMBSTONES] = "DELETE FROM tombstone WHERE until_ms < ?1",
};

static int on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct writer *writer = arg;

	(void)db;
	(void)name;
	writer->wal_pages = pages;
	return SQLITE_OK;
}

bool writer_init(struct writer *writer, sqlite3 *db)
{
	*writer = (struct writer){.db = db};
	for (int i = 0; i < WRITE_COUNT; i++) {
		writer->statements[i] = store_prepare(db, sql[i]);
		if (writer->statements[i] == NULL)
			return false;
	}
	sqlite3_wal_hook(db, on_wal, writer);
	return true;
}

void writer_fini(struct writer *writer, bool tidy)
{
	for (int i = 0; i < WRITE_COUNT; i++)
		sqlite3_finalize(writer->statements[i]);
	if (!tidy)
		sqlite3_db_config(writer->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	REQUIRE(sqlite3_close(writer->db) == SQLITE_OK);
	*writer = (struct writer){0};
}

int writer_step(struct writer *writer, enum write_statement which)
{
	int code = sqlite3_step(writer->statements[which]);

	sqlite3_reset(writer->statements[which]);
	return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

static void bind_name(sqlite3_stmt *statement, struct batch_name name)
{
	sqlite3_bind_int64(statement, 1, name.alert);
	sqlite3_bind_int64(statement, 2, name.lane);
	sqlite3_bind_int64(statement, 3, name.number);
}

static void bind_packed(sqlite3_stmt *statement, int place, const struct packed *packed)
{
	store_bind_blob(statement, place, packed->size == 0 ? NULL : packed->bytes, packed->size);
}

static int write_mark(struct writer *writer, const struct record *record)
{
	sqlite3_stmt *statement = writer->statements[WRITE_MARK];
	enum ledger_fate fate = record->as.mark.fate;

	sqlite3_bind_int64(statement, 1, record->as.mark.alert);
	store_bind_text(statement, 2, fate == LEDGER_STANDS ? NULL : ledger_fate_name(fate));
	sqlite3_bind_int64(statement, 3, 0);
	sqlite3_bind_int64(statement, 4, record->as.mark.at_ms);
	return writer_step(writer, WRITE_MARK);
}

static int write_intent(struct writer *writer, const struct record *record)
{
	sqlite3_stmt *statement = writer->statements[WRITE_INTENT];
	const struct ledger_intent *intent = &record->as.intent.content;

	bind_name(statement, intent->name);
	sqlite3_bind_int64(statement, 4, intent->first);
	sqlite3_bind_int64(statement, 5, intent->count);
	sqlite3_bind_int64(statement, 6, intent->attempt);
	sqlite3_bind_int64(statement, 7, intent->at_ms);
	bind_packed(statement, 8, &record->as.intent.excluded);
	return writer_step(writer, WRITE_INTENT);
}

/* The batch's row changes only if its intent is there. */
static int update_batch(struct writer *writer, enum write_statement which)
{
	int code = writer_step(writer, which);

	if (code == SQLITE_OK && sqlite3_changes(writer->db) != 1)
		writer->orphans++;
	return code;
}

static int write_outcome(struct writer *writer, const struct record *record)
{
	sqlite3_stmt *statement = writer->statements[WRITE_OUTCOME];
	const struct ledger_outcome *outcome = &record->as.outcome.content;

	bind_name(statement, outcome->name);
	store_bind_text(statement, 4, verdict_name(outcome->verdict));
	store_bind_text(statement, 5, outcome_class_name(outcome->class));
	store_bind_text(statement, 6, outcome->split ? "split" : outcome->held ? "held" : NULL);
	sqlite3_bind_int64(statement, 7, outcome->at_ms);
	store_bind_text(statement, 8, outcome->provider_id);
	store_bind_text(statement, 9, outcome->peer);
	bind_packed(statement, 10, &record->as.outcome.refused);
	return update_batch(writer, WRITE_OUTCOME);
}

static int write_release(struct writer *writer, const struct record *record)
{
	sqlite3_bind_int64(writer->statements[WRITE_RELEASE], 1, record->as.release.alert);
	sqlite3_bind_int(writer->statements[WRITE_RELEASE], 2, record->as.release.lane);
	return writer_step(writer, WRITE_RELEASE);
}

static int write_resolve(struct writer *writer, const struct record *record)
{
	sqlite3_stmt *statement = writer->statements[WRITE_RESOLVE];

	bind_name(statement, record->as.resolve.name);
	store_bind_text(statement, 4, ledger_resolution_name(record->as.resolve.resolution));
	sqlite3_bind_int64(statement, 5, record->as.resolve.at_ms);
	store_bind_text(statement, 6, record->as.resolve.who);
	bind_packed(statement, 7, &record->as.resolve.positions);
	return update_batch(writer, WRITE_RESOLVE);
}

static int write_receipts(struct writer *writer, const struct record_receipts *record)
{
	sqlite3_stmt *statement = writer->statements[WRITE_RECEIPTS];

	sqlite3_bind_int64(statement, 1, record->alert);
	sqlite3_bind_int64(statement, 2, record->block.count);
	store_bind_blob(statement, 3, record->block.bytes.data, record->block.bytes.size);
	return writer_step(writer, WRITE_RECEIPTS);
}

static int write_end(struct writer *writer, const struct ledger_end *end)
{
	sqlite3_stmt *statement = writer->statements[WRITE_END];

	sqlite3_bind_int64(statement, 1, end->alert);
	sqlite3_bind_int64(statement, 2, end->lane);
	sqlite3_bind_int64(statement, 3, end->from);
	store_bind_text(statement, 4, state_name(end->state));
	sqlite3_bind_int64(statement, 5, end->at_ms);
	return writer_step(writer, WRITE_END);
}

static int write_channel(struct writer *writer, const struct ledger_channel *channel)
{
	sqlite3_stmt *statement = writer->statements[WRITE_CHANNEL];

	store_bind_text(statement, 1, channel->name);
	sqlite3_bind_int(statement, 2, channel->suspended);
	store_bind_text(statement, 3, channel->by);
	store_bind_text(statement, 4, channel->reason);
	sqlite3_bind_int64(statement, 5, channel->at_ms);
	store_bind_some(statement, 6, channel->tat_ms);
	return writer_step(writer, WRITE_CHANNEL);
}

static int write_switch(struct writer *writer, const struct record *record)
{
	sqlite3_stmt *statement = writer->statements[WRITE_SWITCH];
	struct ledger_event event = {.at_ms = record->as.red_switch.at_ms,
		.who = record->as.red_switch.by,
		.kind = record->as.red_switch.stopped ? "stop" : "start",
		.what = ""};

	sqlite3_bind_int(statement, 1, record->as.red_switch.stopped);
	store_bind_text(statement, 2, record->as.red_switch.by);
	sqlite3_bind_int64(statement, 3, record->as.red_switch.at_ms);
	int code = writer_step(writer, WRITE_SWITCH);

	return code == SQLITE_OK ? write_event(writer, &event) : code;
}

static int write_prune(struct writer *writer, struct record *record)
{
	sqlite3_stmt *next = writer->statements[WRITE_PRUNE_NEXT];
	int64_t alert = 0;

	sqlite3_bind_int64(next, 1, record->as.prune.before_ms);
	int code = sqlite3_step(next);

	record->as.prune.more = code == SQLITE_ROW;
	if (code == SQLITE_ROW)
		alert = sqlite3_column_int64(next, 0);
	sqlite3_reset(next);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return code;
	sqlite3_bind_int64(writer->statements[WRITE_PRUNE_TOMBSTONES], 1, record->as.prune.now_ms);
	code = writer_step(writer, WRITE_PRUNE_TOMBSTONES);
	if (code != SQLITE_OK || !record->as.prune.more)
		return code;
	sqlite3_bind_int64(writer->statements[WRITE_PRUNE], 1, alert);
	return writer_step(writer, WRITE_PRUNE);
}

static int write_record(struct writer *writer, struct record *record)
{
	switch (record->kind) {
	case RECORD_ACCEPT:
		return write_accept(writer, record->as.accept);
	case RECORD_MARK:
		return write_mark(writer, record);
	case RECORD_INTENT:
		return write_intent(writer, record);
	case RECORD_OUTCOME:
		return write_outcome(writer, record);
	case RECORD_RELEASE:
		return write_release(writer, record);
	case RECORD_RESOLVE:
		return write_resolve(writer, record);
	case RECORD_RECEIPT:
		return write_receipts(writer, record->as.receipts);
	case RECORD_END:
		return write_end(writer, &record->as.end);
	case RECORD_CLOSE:
		return write_close(writer, &record->as.close);
	case RECORD_CHANNEL:
		return write_channel(writer, &record->as.channel);
	case RECORD_SWITCH:
		return write_switch(writer, record);
	case RECORD_EVENT:
		return write_event(writer, &record->as.event);
	case RECORD_PRUNE:
		return write_prune(writer, record);
	case RECORD_COUNT:
		break;
	}
	return SQLITE_INTERNAL;
}

static int write_tats(struct writer *writer, struct group *group)
{
	int code = SQLITE_OK;

	group_sort_tats(group);
	for (size_t i = 0; i < group->tat_count && code == SQLITE_OK; i++) {
		const struct group_tat *tat = &group->tats[i];

		sqlite3_bind_int64(writer->statements[WRITE_TAT], 1, (int64_t)tat->alert << 16 | tat->lane);
		sqlite3_bind_int64(writer->statements[WRITE_TAT], 2, tat->tat_ms);
		code = writer_step(writer, WRITE_TAT);
	}
	return code;
}

int writer_commit(struct writer *writer, struct group *group, void (*before)(void *arg), void *arg)
{
	uint64_t orphans = writer->orphans;
	int code = writer_step(writer, WRITE_BEGIN);

	if (code != SQLITE_OK)
		return code;
	for (struct record *record = group->first; record != NULL && code == SQLITE_OK; record = record->next)
		code = write_record(writer, record);
	if (code == SQLITE_OK)
		code = write_tats(writer, group);
	if (code == SQLITE_OK) {
		before(arg);
		code = writer_step(writer, WRITE_COMMIT);
	}
	if (code == SQLITE_OK)
		return SQLITE_OK;
	/* SQLite has rolled back by itself after some errors; the group stays as it is for the next try. */
	if (sqlite3_get_autocommit(writer->db) == 0)
		writer_step(writer, WRITE_ROLLBACK);
	writer->orphans = orphans;
	return code;
}
