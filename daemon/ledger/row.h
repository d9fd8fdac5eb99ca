#ifndef LEDGER_ROW_H
#define LEDGER_ROW_H

#include "ledger/inside.h"
#include "ledger/replay.h"

/*
 * Rows of the tables as the structs that append.h and replay.h speak of. Strings and bytes point into SQLite's row:
 * valid until the statement goes on. A row that we cannot have written is refused.
 */

/* Columns in the order that row_alert reads; `document` is the last. */
#define ROW_ALERT \
	"a.number, a.id, a.sender, a.digest, a.form, a.file_name, a.source, a.schedule, a.occurrence_ms, a.status, a.action," \
	" a.urgency, a.level, a.fraud_type, a.title, a.author, a.issued_ms, a.accepted_ms, a.from_ms, a.until_ms," \
	" a.supersedes, a.lanes, a.state, a.fate, a.fate_by, a.fate_ms, a.closed_ms, a.last_send_ms"
#define ROW_ALERT_COLUMNS 28

/* "l.…" of lane, "s.bytes" of lane_set; or NULL in place of a set, which may be megabytes. */
#define ROW_LANE_BARE \
	"l.alert, l.lane, l.channel, l.medium, l.audience, l.language, l.area, l.basis, l.format, l.text, l.units, l.parts," \
	" l.size, l.state"
#define ROW_LANE         ROW_LANE_BARE ", s.bytes"
#define ROW_LANE_NO_SET  ROW_LANE_BARE ", NULL"
#define ROW_LANE_COLUMNS 15

#define ROW_BATCH \
	"b.alert, b.lane, b.number, b.first, b.count, b.attempt, b.tries, b.intent_ms, b.excluded, b.verdict, b.class, b.how," \
	" b.outcome_ms, b.provider_id, b.peer, b.refused, b.resolution, b.resolved"

/* What a row's struct points to besides the row itself. Begin zeroed; row_fini at the end. */
struct row {
	char **supersedes;
	struct message message;
	struct unpacked excluded, refused, resolved;
};
void row_fini(struct row *row);

bool row_alert(struct row *row, sqlite3_stmt *statement, struct ledger_alert *alert);
bool row_lane(struct row *row, sqlite3_stmt *statement, uint32_t *alert, uint16_t *number, struct ledger_lane *lane);
bool row_batch(struct row *row, sqlite3_stmt *statement, struct ledger_batch *batch);

/* A lane's number and a place in it, from two columns. */
bool row_place(sqlite3_stmt *statement, int column, uint16_t *lane, uint32_t *position);

/* {"delivered":980,"failed":20} as written at closing. */
bool row_counts(const char *json, uint32_t counts[STATE_COUNT]);

#endif
