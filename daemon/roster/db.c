#include "roster/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "loop/file.h"

static const char *const file_names[] = {"roster.db", "optouts.db"};

static const char *const schemas[] = {
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE list(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL, basis TEXT NOT NULL,"
	" until TEXT, added_ms INTEGER NOT NULL, imported_ms INTEGER NOT NULL, edition INTEGER NOT NULL UNIQUE,"
	" members INTEGER NOT NULL);"
	"CREATE TABLE member(place INTEGER PRIMARY KEY, birth_year INTEGER, roles INTEGER, area INTEGER,"
	" language INTEGER);"
	"CREATE TABLE resident(phone INTEGER PRIMARY KEY, id INTEGER NOT NULL);"
	"CREATE TABLE role_set(id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);"
	"CREATE TABLE area(id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE);"
	"CREATE TABLE language(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
	"CREATE TABLE optout_due(phone INTEGER PRIMARY KEY, source TEXT NOT NULL, at_ms INTEGER NOT NULL);"
	"CREATE VIEW membership AS SELECT list.name AS list, member.place & 0xfffffffff AS phone, birth_year,"
	" role_set.names AS roles, area.code AS area, language.name AS language"
	" FROM list JOIN member ON member.place BETWEEN list.edition << 36 AND (list.edition << 36) + 0xfffffffff"
	" LEFT JOIN role_set ON role_set.id = member.roles LEFT JOIN area ON area.id = member.area"
	" LEFT JOIN language ON language.id = member.language;"
	"INSERT INTO meta VALUES('generation', 0), ('next_id', 1), ('next_edition', 1);",

	"CREATE TABLE optout(phone INTEGER PRIMARY KEY, source TEXT NOT NULL, at_ms INTEGER NOT NULL);",
};

enum { SCHEMA_VERSION = 1 };

enum result db_result(sqlite3 *db)
{
	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return RESULT_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return RESULT_BUSY;
	case SQLITE_FULL:
		return RESULT_NO_SPACE;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return RESULT_CORRUPT;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH:
		return RESULT_DENIED;
	default:
		break;
	}
	int error = sqlite3_system_errno(db);
	return error == ENOSPC || error == EMFILE || error == EACCES ? result_of_errno(error) : RESULT_IO;
}

enum result db_problem(enum db_which which, enum result result, struct problems *problems)
{
	struct place at = {.file = file_names[which]};

	if (result == RESULT_OK)
		return result;
	struct problem *problem = problem_add(problems, PROBLEM_ERROR, &at, NULL,
		N_("the residents' database cannot be used: %s"), result_text(result));
	if (result == RESULT_NO_SPACE)
		problem_remedy(problem, N_("make room on the disk of the state folder"));
	else if (result == RESULT_CORRUPT)
		problem_remedy(problem, N_("stop crierd and bring the file back from a backup"));
	else if (result == RESULT_DENIED)
		problem_remedy(problem,
			N_("the state folder and its files must belong to the user that crierd runs as"));
	else if (result == RESULT_BUSY)
		problem_remedy(problem, N_("another program is writing to it; try again later"));
	return result;
}

enum result db_run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? RESULT_OK : db_result(db);
}

sqlite3_stmt *db_prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	return statement;
}

enum result db_step(sqlite3 *db, sqlite3_stmt *statement)
{
	int status = sqlite3_step(statement);
	enum result result = status == SQLITE_DONE || status == SQLITE_ROW ? RESULT_OK : db_result(db);

	sqlite3_reset(statement);
	return result;
}

enum result db_meta(sqlite3 *db, const char *name, uint64_t *value)
{
	sqlite3_stmt *statement = db_prepare(db, "SELECT value FROM meta WHERE name = ?");

	*value = 0;
	if (statement == NULL)
		return db_result(db);
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	int status = sqlite3_step(statement);
	if (status == SQLITE_ROW)
		*value = (uint64_t)sqlite3_column_int64(statement, 0);
	enum result result = status == SQLITE_ROW || status == SQLITE_DONE ? RESULT_OK : db_result(db);
	sqlite3_finalize(statement);
	return result;
}

enum result db_meta_set(sqlite3 *db, const char *name, uint64_t value)
{
	sqlite3_stmt *statement = db_prepare(db, "INSERT OR REPLACE INTO meta VALUES(?, ?)");

	if (statement == NULL)
		return db_result(db);
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, (int64_t)value);
	enum result result = db_step(db, statement);
	sqlite3_finalize(statement);
	return result;
}

const char *db_text(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text != NULL ? text : "";
}

int64_t db_place(uint64_t edition, uint64_t phone)
{
	return (int64_t)(edition << DB_PHONE_BITS | phone);
}

static enum result version_of(sqlite3 *db, int *version)
{
	sqlite3_stmt *statement = db_prepare(db, "PRAGMA user_version");

	if (statement == NULL)
		return db_result(db);
	enum result result = sqlite3_step(statement) == SQLITE_ROW ? RESULT_OK : db_result(db);
	*version = result == RESULT_OK ? sqlite3_column_int(statement, 0) : 0;
	sqlite3_finalize(statement);
	return result;
}

static enum result create(sqlite3 *db, enum db_which which)
{
	uint64_t lineage;
	enum result result = db_run(db, "BEGIN IMMEDIATE");
	int version = 0;

	if (result == RESULT_OK)
		result = version_of(db, &version);
	if (result == RESULT_OK && version == 0)
		result = db_run(db, schemas[which]);
	if (result == RESULT_OK && version == 0 && which == DB_ROSTER) {
		digest_random(&lineage, sizeof(lineage));
		/* Kept positive: SQLite's numbers have a sign. */
		result = db_meta_set(db, "lineage", lineage >> 1 | 1);
	}
	if (result == RESULT_OK)
		result = db_run(db, "PRAGMA user_version = 1; COMMIT");
	if (result != RESULT_OK)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

static enum result prepare(sqlite3 *db, enum db_which which, struct problems *problems)
{
	int version = 0;
	enum result result = db_run(db,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		"PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = 16777216");

	if (result == RESULT_OK)
		result = version_of(db, &version);
	if (result == RESULT_OK && version == 0)
		result = create(db, which);
	if (result == RESULT_OK && version > SCHEMA_VERSION) {
		struct place at = {.file = file_names[which]};
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL,
				       N_("this file was written by a newer crier")),
			N_("install that version again"));
		return RESULT_INVALID;
	}
	return db_problem(which, result, problems);
}

enum result db_open(const char *state, enum db_which which, sqlite3 **db, struct problems *problems)
{
	char *path = mem_printf("%s/%s", state, file_names[which]);
	sqlite3 *fresh = NULL;
	enum result result = RESULT_OK;

	/* Made by us first, because SQLite would make it readable for others; its side files take its mode. */
	int fd = file->open(AT_FDCWD, path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	if (fd < 0) {
		result = db_problem(which, result_of_errno(errno), problems);
	} else {
		file->close(fd);
		if (sqlite3_open_v2(path, &fresh, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
			result = db_problem(which, db_result(fresh), problems);
	}
	free(path);
	if (result == RESULT_OK) {
		sqlite3_busy_timeout(fresh, 500);
		result = prepare(fresh, which, problems);
	}
	if (result == RESULT_OK)
		*db = fresh;
	else
		sqlite3_close(fresh);
	return result;
}
