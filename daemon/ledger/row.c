#include "ledger/row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/store.h"
#include "ledger/words.h"

/* NULL where the column is. */
static const char *text(sqlite3_stmt *statement, int column)
{
	return (const char *)sqlite3_column_text(statement, column);
}

/* The number of the word in the column; false when there is no such word. NULL counts as "". */
static bool word(sqlite3_stmt *statement, int column, int count, const char *(*name)(int number), int *number)
{
	*number = word_find(store_text(statement, column), count, name);
	return *number >= 0;
}

static bool small(sqlite3_stmt *statement, int column, uint32_t *number)
{
	int64_t big = sqlite3_column_int64(statement, column);

	*number = (uint32_t)big;
	return big >= 0 && big <= UINT32_MAX;
}

static bool lane_number(sqlite3_stmt *statement, int column, uint16_t *number)
{
	int64_t big = sqlite3_column_int64(statement, column);

	*number = (uint16_t)big;
	return big >= 0 && big <= UINT16_MAX;
}

bool row_place(sqlite3_stmt *statement, int column, uint16_t *lane, uint32_t *position)
{
	return lane_number(statement, column, lane) && small(statement, column + 1, position);
}

void row_fini(struct row *row)
{
	mem_strings_free(row->supersedes);
	unpacked_fini(&row->excluded);
	unpacked_fini(&row->refused);
	unpacked_fini(&row->resolved);
	*row = (struct row){0};
}

static char **lines(const char *joined)
{
	char **list = NULL;

	while (joined != NULL && *joined != '\0') {
		size_t length = strcspn(joined, "\n");
		char *line = mem_strndup(joined, length);

		mem_strings_add(&list, line);
		free(line);
		joined += length + (joined[length] == '\n');
	}
	return list;
}

static bool alert_words(sqlite3_stmt *statement, struct ledger_alert *alert)
{
	int source, status, action, urgency, level, state, fate;

	if (!word(statement, 6, 3, word_source, &source) || !word(statement, 9, 4, word_status, &status) ||
		!word(statement, 10, 3, word_action, &action) ||
		!word(statement, 11, URGENCY_COUNT, word_urgency, &urgency) ||
		!word(statement, 12, 4, word_level, &level) || !word(statement, 22, 3, word_state, &state) ||
		!word(statement, 23, 3, word_fate, &fate))
		return false;
	alert->source = (enum ledger_source)source;
	alert->status = (enum alert_status)status;
	alert->action = (enum alert_action)action;
	alert->urgency = (enum urgency)urgency;
	alert->level = (enum level)level;
	alert->state = (enum ledger_state)state;
	alert->fate = (enum ledger_fate)fate;
	return true;
}

bool row_alert(struct row *row, sqlite3_stmt *statement, struct ledger_alert *alert)
{
	*alert = (struct ledger_alert){.id = text(statement, 1),
		.sender = text(statement, 2),
		.digest = text(statement, 3),
		.form = text(statement, 4),
		.file_name = text(statement, 5),
		.schedule = text(statement, 7),
		.occurrence_ms = sqlite3_column_int64(statement, 8),
		.fraud_type = text(statement, 13),
		.title = text(statement, 14),
		.author = text(statement, 15),
		.issued_ms = sqlite3_column_int64(statement, 16),
		.accepted_ms = sqlite3_column_int64(statement, 17),
		.from_ms = sqlite3_column_int64(statement, 18),
		.until_ms = sqlite3_column_int64(statement, 19),
		.fate_ms = sqlite3_column_int64(statement, 25),
		.closed_ms = sqlite3_column_int64(statement, 26),
		.last_send_ms = sqlite3_column_int64(statement, 27)};
	if (!small(statement, 0, &alert->number) || !small(statement, 24, &alert->fate_by) ||
		!lane_number(statement, 21, &alert->lanes) || alert->id == NULL || !alert_words(statement, alert))
		return false;
	mem_strings_free(row->supersedes);
	row->supersedes = lines(text(statement, 20));
	alert->supersedes = row->supersedes;
	if (sqlite3_column_count(statement) > ROW_ALERT_COLUMNS) {
		alert->document = sqlite3_column_blob(statement, ROW_ALERT_COLUMNS);
		alert->document_size = (size_t)sqlite3_column_bytes(statement, ROW_ALERT_COLUMNS);
		/* SQLite has no pointer for no bytes; NULL stays "there was no document". */
		if (alert->document == NULL && sqlite3_column_type(statement, ROW_ALERT_COLUMNS) != SQLITE_NULL)
			alert->document = "";
	}
	return true;
}

static bool lane_message(struct row *row, sqlite3_stmt *statement, struct ledger_lane *lane)
{
	int format;

	if (text(statement, 9) == NULL)
		return true;
	if (!word(statement, 8, 2, word_format, &format))
		return false;
	row->message = (struct message){.medium = lane->medium,
		.format = (enum message_format)format,
		.units = (unsigned int)sqlite3_column_int64(statement, 10),
		.parts = (unsigned int)sqlite3_column_int64(statement, 11)};
	/* The struct of room flow has it writable; nobody writes into a row. */
	memcpy(&row->message.text, &(const char *){text(statement, 9)}, sizeof(row->message.text));
	lane->message = &row->message;
	return true;
}

bool row_lane(struct row *row, sqlite3_stmt *statement, uint32_t *alert, uint16_t *number, struct ledger_lane *lane)
{
	*lane = (struct ledger_lane){.channel = text(statement, 2),
		.audience = text(statement, 4),
		.language = text(statement, 5),
		.area = text(statement, 6),
		.basis = text(statement, 7)};
	if (!small(statement, 0, alert) || !lane_number(statement, 1, number) ||
		!medium_find(store_text(statement, 3), &lane->medium) || !small(statement, 12, &lane->size) ||
		!state_find(store_text(statement, 13), &lane->state) || !lane_message(row, statement, lane))
		return false;
	lane->set = sqlite3_column_blob(statement, 14);
	lane->set_size = (size_t)sqlite3_column_bytes(statement, 14);
	if (lane->set == NULL && sqlite3_column_type(statement, 14) != SQLITE_NULL)
		lane->set = "";
	return true;
}

static bool batch_settled(struct row *row, sqlite3_stmt *statement, struct ledger_batch *batch)
{
	int verdict, class, resolution;
	const char *how = store_text(statement, 11);

	if (sqlite3_column_type(statement, 9) == SQLITE_NULL)
		return true;
	if (!word(statement, 9, VERDICT_UNKNOWN + 1, word_verdict, &verdict) ||
		!word(statement, 10, CLASS_AMBIGUOUS + 1, word_class, &class) ||
		!word(statement, 16, 3, word_resolution, &resolution) ||
		!unpack_positions(sqlite3_column_blob(statement, 15), (size_t)sqlite3_column_bytes(statement, 15),
			&row->refused) ||
		!unpack_positions(sqlite3_column_blob(statement, 17), (size_t)sqlite3_column_bytes(statement, 17),
			&row->resolved))
		return false;
	batch->settled = true;
	batch->verdict = (enum verdict)verdict;
	batch->class = (enum outcome_class) class;
	batch->held = strcmp(how, "held") == 0;
	batch->split = strcmp(how, "split") == 0;
	batch->outcome_ms = sqlite3_column_int64(statement, 12);
	batch->refused = row->refused.positions;
	batch->refused_count = row->refused.count;
	batch->resolution = (enum ledger_resolution)resolution;
	batch->resolved = row->resolved.positions;
	batch->resolved_count = row->resolved.count;
	return true;
}

bool row_batch(struct row *row, sqlite3_stmt *statement, struct ledger_batch *batch)
{
	*batch = (struct ledger_batch){.attempt = (unsigned int)sqlite3_column_int64(statement, 5),
		.tries = (unsigned int)sqlite3_column_int64(statement, 6),
		.intent_ms = sqlite3_column_int64(statement, 7),
		.provider_id = store_text(statement, 13),
		.peer = store_text(statement, 14)};
	if (!small(statement, 0, &batch->name.alert) || !lane_number(statement, 1, &batch->name.lane) ||
		!small(statement, 2, &batch->name.number) || !small(statement, 3, &batch->first) ||
		!small(statement, 4, &batch->count) ||
		!unpack_exclusions(sqlite3_column_blob(statement, 8), (size_t)sqlite3_column_bytes(statement, 8),
			&row->excluded))
		return false;
	batch->excluded = row->excluded.exclusions;
	batch->excluded_count = row->excluded.count;
	return batch_settled(row, statement, batch);
}

bool row_counts(const char *json, uint32_t counts[STATE_COUNT])
{
	char name[16];
	const char *at = json;
	unsigned int number;
	int used;
	enum state state;

	memset(counts, 0, STATE_COUNT * sizeof(*counts));
	if (strcmp(json, "{}") == 0)
		return true;
	if (*at != '{')
		return false;
	do {
		at++;
		if (sscanf(at, "\"%15[a-z-]\":%u%n", name, &number, &used) != 2 || !state_find(name, &state))
			return false;
		counts[state] = number;
		at += used;
	} while (*at == ',');
	return strcmp(at, "}") == 0;
}
