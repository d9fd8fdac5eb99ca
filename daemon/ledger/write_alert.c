#include "ledger/write.h"

#include "ledger/audit.h"
#include "ledger/store.h"
#include "ledger/words.h"

static int64_t lane_id(uint32_t alert, uint16_t lane)
{
	return (int64_t)alert << 16 | lane;
}

static int write_alert(struct writer *writer, const struct record_accept *accept)
{
	sqlite3_stmt *statement = writer->statements[WRITE_ALERT];
	const struct ledger_alert *alert = &accept->content.alert;

	sqlite3_bind_int64(statement, 1, alert->number);
	store_bind_text(statement, 2, alert->id);
	store_bind_text(statement, 3, alert->sender);
	store_bind_text(statement, 4, alert->digest);
	store_bind_text(statement, 5, alert->form);
	store_bind_text(statement, 6, alert->file_name);
	store_bind_text(statement, 7, ledger_source_name(alert->source));
	store_bind_text(statement, 8, alert->schedule);
	store_bind_some(statement, 9, alert->occurrence_ms);
	store_bind_text(statement, 10, alert_status_name(alert->status));
	store_bind_text(statement, 11, alert_action_name(alert->action));
	store_bind_text(statement, 12, urgency_name(alert->urgency));
	store_bind_text(statement, 13, level_name(alert->level));
	store_bind_text(statement, 14, alert->fraud_type);
	store_bind_text(statement, 15, alert->title);
	store_bind_text(statement, 16, alert->author);
	store_bind_some(statement, 17, alert->issued_ms);
	store_bind_some(statement, 18, alert->accepted_ms);
	store_bind_some(statement, 19, alert->from_ms);
	store_bind_some(statement, 20, alert->until_ms);
	store_bind_text(statement, 21, accept->supersedes);
	sqlite3_bind_int64(statement, 22, accept->content.lane_count);
	store_bind_text(statement, 23, ledger_state_name(alert->state));
	return writer_step(writer, WRITE_ALERT);
}

static int write_document(struct writer *writer, const struct ledger_alert *alert)
{
	sqlite3_stmt *statement = writer->statements[WRITE_DOCUMENT];

	if (alert->document == NULL)
		return SQLITE_OK;
	sqlite3_bind_int64(statement, 1, alert->number);
	store_bind_blob(statement, 2, alert->document, alert->document_size);
	return writer_step(writer, WRITE_DOCUMENT);
}

static void bind_message(sqlite3_stmt *statement, const struct message *message)
{
	for (int place = 10; place <= 13; place++)
		sqlite3_bind_null(statement, place);
	if (message == NULL)
		return;
	store_bind_text(statement, 10, word_format((int)message->format));
	store_bind_text(statement, 11, message->text);
	sqlite3_bind_int64(statement, 12, message->units);
	sqlite3_bind_int64(statement, 13, message->parts);
}

static int write_lane(struct writer *writer, uint32_t alert, uint16_t number, const struct ledger_lane *lane)
{
	sqlite3_stmt *statement = writer->statements[WRITE_LANE];

	sqlite3_bind_int64(statement, 1, lane_id(alert, number));
	sqlite3_bind_int64(statement, 2, alert);
	sqlite3_bind_int64(statement, 3, number);
	store_bind_text(statement, 4, lane->channel);
	store_bind_text(statement, 5, medium_name(lane->medium));
	store_bind_text(statement, 6, lane->audience);
	store_bind_text(statement, 7, lane->language);
	store_bind_text(statement, 8, lane->area);
	store_bind_text(statement, 9, lane->basis);
	bind_message(statement, lane->message);
	sqlite3_bind_int64(statement, 14, lane->size);
	store_bind_text(statement, 15, state_name(lane->state));
	int code = writer_step(writer, WRITE_LANE);

	if (code != SQLITE_OK || lane->set == NULL)
		return code;
	sqlite3_bind_int64(writer->statements[WRITE_LANE_SET], 1, lane_id(alert, number));
	store_bind_blob(writer->statements[WRITE_LANE_SET], 2, lane->set, lane->set_size);
	return writer_step(writer, WRITE_LANE_SET);
}

static int write_marks(struct writer *writer, const struct ledger_acceptance *content)
{
	sqlite3_stmt *statement = writer->statements[WRITE_MARK];
	int code = SQLITE_OK;

	for (size_t i = 0; i < content->mark_count && code == SQLITE_OK; i++) {
		sqlite3_bind_int64(statement, 1, content->marks[i].alert);
		store_bind_text(statement, 2, ledger_fate_name(content->marks[i].fate));
		sqlite3_bind_int64(statement, 3, content->alert.number);
		sqlite3_bind_int64(statement, 4, content->alert.accepted_ms);
		code = writer_step(writer, WRITE_MARK);
	}
	return code;
}

static int write_tombstones(struct writer *writer, const struct ledger_acceptance *content)
{
	sqlite3_stmt *statement = writer->statements[WRITE_TOMBSTONE];
	int code = SQLITE_OK;

	for (size_t i = 0; i < content->tombstone_count && code == SQLITE_OK; i++) {
		const struct ledger_tombstone *tombstone = &content->tombstones[i];

		store_bind_text(statement, 1, tombstone->id);
		store_bind_text(statement, 2, tombstone->sender == NULL ? "" : tombstone->sender);
		sqlite3_bind_int(statement, 3, tombstone->drill);
		sqlite3_bind_int64(statement, 4, content->alert.number);
		sqlite3_bind_int64(statement, 5, tombstone->until_ms);
		code = writer_step(writer, WRITE_TOMBSTONE);
	}
	return code;
}

int write_accept(struct writer *writer, const struct record_accept *accept)
{
	const struct ledger_acceptance *content = &accept->content;
	int code = write_alert(writer, accept);

	if (code == SQLITE_OK)
		code = write_document(writer, &content->alert);
	for (uint16_t i = 0; i < content->lane_count && code == SQLITE_OK; i++)
		code = write_lane(writer, content->alert.number, i, &content->lanes[i]);
	if (code == SQLITE_OK)
		code = write_marks(writer, content);
	if (code == SQLITE_OK)
		code = write_tombstones(writer, content);
	return code;
}

int write_close(struct writer *writer, const struct record_close *record)
{
	sqlite3_stmt *final = writer->statements[WRITE_FINAL];
	sqlite3_stmt *alert = writer->statements[WRITE_CLOSE];

	for (uint16_t i = 0; i < record->lane_count; i++) {
		sqlite3_bind_int64(final, 1, lane_id(record->alert, i));
		store_bind_text(final, 2, record->counts[i]);
		store_bind_blob(final, 3, record->states[i].bytes, record->states[i].size);
		int code = writer_step(writer, WRITE_FINAL);

		if (code != SQLITE_OK)
			return code;
	}
	sqlite3_bind_int64(alert, 1, record->alert);
	sqlite3_bind_int64(alert, 2, record->at_ms);
	return writer_step(writer, WRITE_CLOSE);
}

int write_event(struct writer *writer, const struct ledger_event *event)
{
	sqlite3_stmt *last = writer->statements[WRITE_LAST_SEAL];
	sqlite3_stmt *statement = writer->statements[WRITE_EVENT];
	struct ledger_event sealed = *event;
	char seal[65];
	int code = sqlite3_step(last);

	sealed.seq = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(last, 0) + 1 : 1;
	audit_seal(code == SQLITE_ROW ? store_text(last, 1) : "", &sealed, seal);
	sqlite3_reset(last);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return code;
	sqlite3_bind_int64(statement, 1, (int64_t)sealed.seq);
	sqlite3_bind_int64(statement, 2, sealed.at_ms);
	store_bind_text(statement, 3, sealed.who);
	store_bind_text(statement, 4, sealed.kind);
	store_bind_text(statement, 5, sealed.what);
	sqlite3_bind_text(statement, 6, seal, -1, SQLITE_STATIC);
	return writer_step(writer, WRITE_EVENT);
}
