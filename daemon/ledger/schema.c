#include "ledger/schema.h"

#define LOCAL(column) "strftime('%Y-%m-%d %H:%M:%S', " column " / 1000, 'unixepoch', 'localtime')"

const char schema_create[] =
	"CREATE TABLE alert ("
	" number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, sender TEXT, digest TEXT, form TEXT, file_name TEXT,"
	" source TEXT NOT NULL, schedule TEXT, occurrence_ms INTEGER, status TEXT NOT NULL, action TEXT NOT NULL,"
	" urgency TEXT NOT NULL, level TEXT NOT NULL, fraud_type TEXT, title TEXT, author TEXT, issued_ms INTEGER,"
	" accepted_ms INTEGER, from_ms INTEGER, until_ms INTEGER, supersedes TEXT, lanes INTEGER NOT NULL,"
	" state TEXT NOT NULL, fate TEXT, fate_by INTEGER, fate_ms INTEGER, closed_ms INTEGER, last_send_ms INTEGER);"
	"CREATE INDEX alert_open ON alert (number) WHERE state = 'open';"
	"CREATE INDEX alert_accepted ON alert (accepted_ms);"
	"CREATE INDEX alert_sent ON alert (last_send_ms) WHERE last_send_ms IS NOT NULL;"
	"CREATE INDEX alert_schedule ON alert (schedule, occurrence_ms) WHERE schedule IS NOT NULL;"
	"CREATE TABLE document (alert INTEGER PRIMARY KEY, bytes BLOB);"

	"CREATE TABLE lane ("
	" id INTEGER PRIMARY KEY, alert INTEGER NOT NULL, lane INTEGER NOT NULL, channel TEXT, medium TEXT NOT NULL,"
	" audience TEXT, language TEXT, area TEXT, basis TEXT, format TEXT, text TEXT, units INTEGER, parts INTEGER,"
	" size INTEGER NOT NULL, state TEXT NOT NULL);"
	"CREATE INDEX lane_channel ON lane (channel) WHERE channel IS NOT NULL;"
	"CREATE TABLE lane_set (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
	"CREATE TABLE final (id INTEGER PRIMARY KEY, counts TEXT NOT NULL, states BLOB NOT NULL);"

	"CREATE TABLE batch ("
	" alert INTEGER, lane INTEGER, number INTEGER, first INTEGER, count INTEGER, attempt INTEGER, tries INTEGER,"
	" intent_ms INTEGER, excluded BLOB, verdict TEXT, class TEXT, how TEXT, outcome_ms INTEGER, provider_id TEXT,"
	" peer TEXT, refused BLOB, resolution TEXT, resolved_ms INTEGER, resolved_by TEXT, resolved BLOB,"
	" PRIMARY KEY (alert, lane, number)) WITHOUT ROWID;"
	"CREATE INDEX batch_unknown ON batch (alert, lane, number) WHERE verdict = 'unknown' AND resolution IS NULL;"

	"CREATE TABLE receipts (id INTEGER PRIMARY KEY, count INTEGER NOT NULL, block BLOB NOT NULL);"
	"CREATE TABLE lane_end ("
	" seq INTEGER PRIMARY KEY, alert INTEGER NOT NULL, lane INTEGER NOT NULL, first INTEGER NOT NULL,"
	" state TEXT NOT NULL, at_ms INTEGER);"
	"CREATE INDEX lane_end_alert ON lane_end (alert);"

	"CREATE TABLE channel (name TEXT PRIMARY KEY, suspended INTEGER NOT NULL DEFAULT 0, suspended_by TEXT, reason TEXT,"
	" at_ms INTEGER, tat_ms INTEGER) WITHOUT ROWID;"
	"CREATE TABLE red_switch (only INTEGER PRIMARY KEY CHECK (only = 1), stopped INTEGER NOT NULL, stopped_by TEXT,"
	" at_ms INTEGER);"
	"CREATE TABLE tombstone (id TEXT, sender TEXT, drill INTEGER NOT NULL, alert INTEGER, until_ms INTEGER,"
	" PRIMARY KEY (id, sender, drill)) WITHOUT ROWID;"
	"CREATE TABLE event (seq INTEGER PRIMARY KEY, at_ms INTEGER, who TEXT, kind TEXT, what TEXT, seal TEXT NOT NULL);"

	"CREATE VIEW v_alert AS SELECT number, id, state, fate, status, urgency, fraud_type, title, file_name, lanes, " LOCAL("accepted_ms") " AS accepted, " LOCAL("until_ms") " AS until, " LOCAL(
		"closed_ms") " AS closed FROM alert;"
			     "CREATE VIEW v_lane AS SELECT l.alert, l.lane, l.channel, l.medium, l.audience, l.language, l.size, l.state,"
			     " f.counts, l.parts, l.text FROM lane l LEFT JOIN final f USING (id);"
			     "CREATE VIEW v_batch AS SELECT b.alert || '-' || b.lane || '-' || b.number AS name, l.channel, b.first, b.count,"
			     " b.attempt, " LOCAL("b.intent_ms") " AS sent, coalesce(b.verdict, 'in doubt') AS verdict, b.class, b.how, " LOCAL(
				     "b.outcome_ms") " AS answered, b.provider_id, b.peer, b.resolution, b.resolved_by"
						     " FROM batch b LEFT JOIN lane l ON l.id = b.alert * 65536 + b.lane;"
						     "CREATE VIEW v_unknown AS SELECT b.alert || '-' || b.lane || '-' || b.number AS name, a.id, l.channel, b.count, " LOCAL(
							     "b.intent_ms") " AS sent, b.peer FROM batch b JOIN alert a ON a.number = b.alert"
									    " LEFT JOIN lane l ON l.id = b.alert * 65536 + b.lane"
									    " WHERE b.verdict = 'unknown' AND b.resolution IS NULL;"
									    "CREATE VIEW v_channel AS SELECT name, suspended, suspended_by, reason, " LOCAL(
										    "at_ms") " AS at FROM channel;"
											     "CREATE VIEW v_event AS SELECT seq, " LOCAL(
												     "at_ms") " AS at, who, kind, what FROM event;";
