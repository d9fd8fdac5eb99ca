#include "roster/optout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "roster/state.h"
#include "roster/db.h"

enum { DRAIN_PIECE = 2000, READ_PIECE = 4096 };

void optout_changed(struct roster *roster, phone_t phone)
{
	if (!roster->remembering)
		return;
	/* Grows by doubling: at every power of two. */
	if ((roster->changed_count & (roster->changed_count - 1)) == 0)
		roster->changed = mem_resize(roster->changed,
			roster->changed_count == 0 ? 1 : roster->changed_count * 2, sizeof(*roster->changed));
	roster->changed[roster->changed_count++] = phone;
}

static const char insert_sql[] = "INSERT OR IGNORE INTO optout VALUES(?, ?, ?)";

static enum result insert(sqlite3 *optouts, sqlite3_stmt *statement, phone_t phone, const char *source, int64_t at_ms)
{
	sqlite3_bind_int64(statement, 1, (int64_t)phone);
	sqlite3_bind_text(statement, 2, source, (int)utf8_cut(source, 120), SQLITE_STATIC);
	sqlite3_bind_int64(statement, 3, at_ms);
	enum result result = db_step(optouts, statement);
	return result == RESULT_OK && sqlite3_changes(optouts) == 0 ? RESULT_EXISTS : result;
}

static void put_in_force(struct roster *roster, phone_t phone)
{
	uint32_t id;

	if (people_find(roster_people(roster), phone, &id))
		barred_add(roster->barred, id);
}

enum result roster_optout_add(struct roster *roster, phone_t phone, const char *source, int64_t at_ms)
{
	sqlite3_stmt *statement = db_prepare(roster->optouts, insert_sql);

	if (statement == NULL)
		return db_result(roster->optouts);
	enum result result = insert(roster->optouts, statement, phone, source, at_ms);
	sqlite3_finalize(statement);
	optout_changed(roster, phone);
	if (result == RESULT_OK || result == RESULT_EXISTS)
		put_in_force(roster, phone);
	return result;
}

static struct roster_optout *find_owed(const struct roster *roster, phone_t phone)
{
	for (size_t i = 0; i < roster->owed_count; i++)
		if (roster->owed[i].phone == phone)
			return &roster->owed[i];
	return NULL;
}

bool roster_optout_owed(const struct roster *roster)
{
	return roster->owed_count > 0;
}

enum result roster_optout_keep(struct roster *roster, phone_t phone, const char *source, int64_t at_ms)
{
	/* While others wait this one joins them: each try may hold up the loop for half a second. */
	if (roster->owed_count == 0) {
		roster->owed_why = roster_optout_add(roster, phone, source, at_ms);
		if (roster->owed_why == RESULT_OK || roster->owed_why == RESULT_EXISTS)
			return roster->owed_why;
	}
	if (find_owed(roster, phone) != NULL)
		return roster->owed_why;
	struct roster_optout owed = {.phone = phone, .at_ms = at_ms};
	snprintf(owed.source, sizeof(owed.source), "%s", source);
	roster->owed = mem_resize(roster->owed, roster->owed_count + 1, sizeof(*roster->owed));
	roster->owed[roster->owed_count++] = owed;
	optout_changed(roster, phone);
	put_in_force(roster, phone);
	return roster->owed_why;
}

static enum result write_owed(struct roster *roster, sqlite3_stmt *statement)
{
	enum result result = db_run(roster->optouts, "BEGIN IMMEDIATE");

	for (size_t i = 0; i < roster->owed_count && result == RESULT_OK; i++) {
		const struct roster_optout *owed = &roster->owed[i];
		result = insert(roster->optouts, statement, owed->phone, owed->source, owed->at_ms);
		result = result == RESULT_EXISTS ? RESULT_OK : result;
	}
	if (result == RESULT_OK)
		result = db_run(roster->optouts, "COMMIT");
	if (result != RESULT_OK)
		sqlite3_exec(roster->optouts, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

enum result roster_optout_settle(struct roster *roster, size_t *written)
{
	sqlite3_stmt *statement = db_prepare(roster->optouts, insert_sql);

	*written = 0;
	roster->owed_why = statement == NULL ? db_result(roster->optouts) : write_owed(roster, statement);
	sqlite3_finalize(statement);
	if (roster->owed_why != RESULT_OK)
		return roster->owed_why;
	/* A worker may have read the store before they were in it. */
	for (size_t i = 0; i < roster->owed_count; i++)
		optout_changed(roster, roster->owed[i].phone);
	*written = roster->owed_count;
	roster->owed_count = 0;
	return RESULT_OK;
}

void optout_add_owed(const struct roster *roster, const struct people *people, struct barred *barred)
{
	uint32_t id;

	for (size_t i = 0; i < roster->owed_count; i++)
		if (people_find(people, roster->owed[i].phone, &id))
			barred_add(barred, id);
}

/* True when there was one. */
static bool forget_owed(struct roster *roster, phone_t phone)
{
	struct roster_optout *owed = find_owed(roster, phone);

	if (owed != NULL)
		*owed = roster->owed[--roster->owed_count];
	return owed != NULL;
}

enum result roster_optout_remove(struct roster *roster, phone_t phone)
{
	sqlite3_stmt *statement = db_prepare(roster->optouts, "DELETE FROM optout WHERE phone = ?");
	uint32_t id;

	if (statement == NULL)
		return db_result(roster->optouts);
	sqlite3_bind_int64(statement, 1, (int64_t)phone);
	enum result result = db_step(roster->optouts, statement);
	if (result == RESULT_OK && sqlite3_changes(roster->optouts) == 0)
		result = RESULT_NOT_FOUND;
	sqlite3_finalize(statement);
	if ((result == RESULT_OK || result == RESULT_NOT_FOUND) && forget_owed(roster, phone))
		result = RESULT_OK;
	optout_changed(roster, phone);
	if (result == RESULT_OK && people_find(roster_people(roster), phone, &id))
		barred_remove(roster->barred, id);
	return result;
}

static struct roster_optout read_row(sqlite3_stmt *statement)
{
	struct roster_optout optout = {
		.phone = (phone_t)sqlite3_column_int64(statement, 0),
		.at_ms = sqlite3_column_int64(statement, 2),
	};

	snprintf(optout.source, sizeof(optout.source), "%s", db_text(statement, 1));
	return optout;
}

enum result roster_optout_get(struct roster *roster, phone_t phone, struct roster_optout *optout)
{
	const struct roster_optout *owed = find_owed(roster, phone);
	sqlite3_stmt *statement = NULL;

	if (owed != NULL) {
		*optout = *owed;
		return RESULT_OK;
	}
	statement = db_prepare(roster->optouts, "SELECT phone, source, at_ms FROM optout WHERE phone = ?");
	if (statement == NULL)
		return db_result(roster->optouts);
	sqlite3_bind_int64(statement, 1, (int64_t)phone);
	int status = sqlite3_step(statement);
	if (status == SQLITE_ROW)
		*optout = read_row(statement);
	enum result result = status == SQLITE_ROW ? RESULT_OK
		: status == SQLITE_DONE           ? RESULT_NOT_FOUND
						  : db_result(roster->optouts);
	sqlite3_finalize(statement);
	return result;
}

enum result roster_optout_list(struct roster *roster, phone_t after, uint32_t most,
	void (*visit)(void *arg, const struct roster_optout *optout), void *arg, uint32_t *count)
{
	sqlite3_stmt *statement = db_prepare(roster->optouts,
		"SELECT phone, source, at_ms FROM optout WHERE phone > ? ORDER BY phone LIMIT ?");
	int status;

	*count = 0;
	if (statement == NULL)
		return db_result(roster->optouts);
	sqlite3_bind_int64(statement, 1, (int64_t)after);
	sqlite3_bind_int64(statement, 2, most);
	while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
		struct roster_optout optout = read_row(statement);
		visit(arg, &optout);
		++*count;
	}
	enum result result = status == SQLITE_DONE ? RESULT_OK : db_result(roster->optouts);
	sqlite3_finalize(statement);
	return result;
}

enum result optout_read(sqlite3 *optouts, const struct people *people, struct set **set)
{
	sqlite3_stmt *statement = db_prepare(optouts, "SELECT phone FROM optout ORDER BY phone");
	uint32_t ids[READ_PIECE], count = 0, place = 0;
	int status;

	if (statement == NULL)
		return db_result(optouts);
	struct set *fresh = set_new();
	while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
		count += people_find_next(people, (phone_t)sqlite3_column_int64(statement, 0), &place, &ids[count]);
		if (count == READ_PIECE) {
			set_add_many(fresh, ids, count);
			count = 0;
		}
	}
	set_add_many(fresh, ids, count);
	enum result result = status == SQLITE_DONE ? RESULT_OK : db_result(optouts);
	sqlite3_finalize(statement);
	if (result == RESULT_OK)
		*set = fresh;
	else
		set_free(&fresh);
	return result;
}

/* Copies one piece; *last is the highest number copied, 0 when nothing was left. */
static enum result copy_piece(sqlite3_stmt *read, sqlite3_stmt *write, sqlite3 *roster, sqlite3 *optouts, int64_t *last)
{
	enum result result = RESULT_OK;
	int status;

	*last = 0;
	while (result == RESULT_OK && (status = sqlite3_step(read)) != SQLITE_DONE) {
		if (status != SQLITE_ROW) {
			result = db_result(roster);
			break;
		}
		*last = sqlite3_column_int64(read, 0);
		for (int i = 0; i < 3; i++)
			sqlite3_bind_value(write, i + 1, sqlite3_column_value(read, i));
		result = db_step(optouts, write);
	}
	sqlite3_reset(read);
	return result;
}

/* One piece: copied and durable over there before it is taken away here. */
static enum result drain_piece(sqlite3_stmt *read, sqlite3_stmt *write, sqlite3_stmt *drop, sqlite3 *roster,
	sqlite3 *optouts, int64_t *last)
{
	enum result result = db_run(optouts, "BEGIN IMMEDIATE");

	if (result == RESULT_OK)
		result = copy_piece(read, write, roster, optouts, last);
	if (result == RESULT_OK)
		result = db_run(optouts, "COMMIT");
	if (result != RESULT_OK) {
		sqlite3_exec(optouts, "ROLLBACK", NULL, NULL, NULL);
		return result;
	}
	sqlite3_bind_int64(drop, 1, *last);
	return db_step(roster, drop);
}

enum result optout_drain(sqlite3 *roster, sqlite3 *optouts)
{
	sqlite3_stmt *read = db_prepare(roster, "SELECT phone, source, at_ms FROM optout_due ORDER BY phone LIMIT ?");
	sqlite3_stmt *write = db_prepare(optouts, insert_sql);
	sqlite3_stmt *drop = db_prepare(roster, "DELETE FROM optout_due WHERE phone <= ?");
	enum result result = read != NULL && write != NULL && drop != NULL ? RESULT_OK : RESULT_IO;
	int64_t last = 1;

	if (result == RESULT_OK)
		sqlite3_bind_int64(read, 1, DRAIN_PIECE);
	while (result == RESULT_OK && last > 0)
		result = drain_piece(read, write, drop, roster, optouts, &last);
	sqlite3_finalize(read);
	sqlite3_finalize(write);
	sqlite3_finalize(drop);
	return result;
}
