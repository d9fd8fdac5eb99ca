#include "ledger/store.h"

#include "ledger/schema.h"

/* An operator who looks into the file with sqlite3 may hold it for a moment. */
#define PATIENCE_MS 2000

/* The writer keeps what it touches in key order: a few pages of each table. Sets and documents pass through. */
#define WRITER_SETTINGS \
	"PRAGMA synchronous = FULL;" \
	"PRAGMA foreign_keys = OFF;" \
	"PRAGMA cache_size = -16384;" \
	"PRAGMA wal_autocheckpoint = 0;" \
	"PRAGMA journal_size_limit = 67108864;"

#define READER_SETTINGS \
	"PRAGMA query_only = ON;" \
	"PRAGMA cache_size = -8192;"

enum result store_result_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return RESULT_OK;
	case SQLITE_FULL:
		return RESULT_NO_SPACE;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return RESULT_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_ERROR: /* a table that is not there */
		return RESULT_CORRUPT;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH:
		return RESULT_DENIED;
	default:
		return RESULT_IO;
	}
}

enum result store_result(sqlite3 *db)
{
	if ((sqlite3_errcode(db) & 0xff) == SQLITE_CANTOPEN && sqlite3_system_errno(db) != 0)
		return result_of_errno(sqlite3_system_errno(db));
	return store_result_of(sqlite3_errcode(db));
}

int store_run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

sqlite3_stmt *store_prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
	return statement;
}

int64_t store_number(sqlite3 *db, const char *sql, int64_t missing)
{
	sqlite3_stmt *statement = store_prepare(db, sql);

	if (statement == NULL)
		return missing;
	if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
		missing = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return missing;
}

void store_bind_text(sqlite3_stmt *statement, int place, const char *text)
{
	sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

void store_bind_blob(sqlite3_stmt *statement, int place, const void *bytes, size_t size)
{
	if (bytes == NULL)
		sqlite3_bind_null(statement, place);
	else
		sqlite3_bind_blob64(statement, place, bytes, size, SQLITE_STATIC);
}

void store_bind_some(sqlite3_stmt *statement, int place, int64_t number)
{
	if (number == 0)
		sqlite3_bind_null(statement, place);
	else
		sqlite3_bind_int64(statement, place, number);
}

const char *store_text(sqlite3_stmt *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	return text == NULL ? "" : (const char *)text;
}

void store_problem(sqlite3 *db, const char *path, struct problems *problems)
{
	struct place at = {.file = path};
	enum result result = store_result(db);

	if (result == RESULT_NO_SPACE) {
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL, N_("the disk is full")),
			N_("make room on the disk that holds this folder, then start crier again"));
	} else if (result == RESULT_BUSY) {
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL,
				       N_("another program holds the ledger locked")),
			N_("close that program (an open sqlite3?), then start crier again"));
	} else if (result == RESULT_DENIED) {
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL, N_("crier may not write the ledger")),
			N_("give the folder and its files to user and group crier"));
	} else if (result == RESULT_CORRUPT) {
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL, N_("the ledger is damaged (%s)"),
				       sqlite3_errmsg(db)),
			N_("keep a copy of the folder, then bring the ledger back from a backup"));
	} else {
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL,
				       N_("the ledger cannot be read or written (%s)"), sqlite3_errmsg(db)),
			N_("look at the disk and at the folder's owner and mode, then start crier again"));
	}
}

static enum result failed(sqlite3 **db, const char *path, struct problems *problems)
{
	enum result result = store_result(*db);

	store_problem(*db, path, problems);
	sqlite3_close(*db);
	*db = NULL;
	return result == RESULT_OK ? RESULT_IO : result;
}

static enum result refuse_other(sqlite3 **db, const char *path, struct problems *problems)
{
	struct place at = {.file = path};

	problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL, N_("this file is no ledger of crier")),
		N_("move it out of the folder, or set paths.state to the right folder"));
	sqlite3_close(*db);
	*db = NULL;
	return RESULT_CORRUPT;
}

static enum result refuse_newer(sqlite3 **db, const char *path, int64_t version, struct problems *problems)
{
	struct place at = {.file = path};

	problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL,
			       N_("the ledger was written by a newer crier (format %lld, this one knows %d)"),
			       (long long)version, SCHEMA_VERSION),
		N_("install the newer crier again; an older one must not write this file"));
	sqlite3_close(*db);
	*db = NULL;
	return RESULT_INVALID;
}

/* Wholly or not at all: the two pragmas are part of the transaction. */
static int create(sqlite3 *db)
{
	char stamp[96];

	sqlite3_snprintf(sizeof(stamp), stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
		SCHEMA_APPLICATION, SCHEMA_VERSION);
	int code = store_run(db, "BEGIN IMMEDIATE");

	if (code == SQLITE_OK)
		code = store_run(db, schema_create);
	if (code == SQLITE_OK)
		code = store_run(db, stamp);
	return code;
}

/* Reads the catalogue and the edges of the tables that a start depends on, not the whole file: that may be gigabytes. */
static int look(sqlite3 *db)
{
	return store_run(db,
		"SELECT count(*) FROM sqlite_schema; SELECT max(number) FROM alert;"
		"SELECT max(id) FROM lane; SELECT count(*) FROM (SELECT 1 FROM batch LIMIT 1);"
		"SELECT max(id) FROM receipts; SELECT max(seq) FROM event; SELECT count(*) FROM channel;"
		"SELECT count(*) FROM red_switch; SELECT max(id) FROM final");
}

enum result store_open_writer(const char *path, sqlite3 **db, struct problems *problems)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

	if (sqlite3_open_v2(path, db, flags, NULL) != SQLITE_OK)
		return failed(db, path, problems);
	sqlite3_busy_timeout(*db, PATIENCE_MS);
	sqlite3_extended_result_codes(*db, 1);
	if (store_run(*db, "SELECT count(*) FROM sqlite_schema") != SQLITE_OK)
		return failed(db, path, problems);

	int64_t application = store_number(*db, "PRAGMA application_id", 0);
	int64_t version = store_number(*db, "PRAGMA user_version", 0);
	bool empty = store_number(*db, "SELECT count(*) FROM sqlite_schema", 0) == 0;

	if (!empty && application != SCHEMA_APPLICATION)
		return refuse_other(db, path, problems);
	if (version > SCHEMA_VERSION)
		return refuse_newer(db, path, version, problems);
	if (store_run(*db, "PRAGMA journal_mode = WAL;" WRITER_SETTINGS) != SQLITE_OK ||
		(empty && create(*db) != SQLITE_OK) || look(*db) != SQLITE_OK)
		return failed(db, path, problems);
	return RESULT_OK;
}

enum result store_open_reader(const char *path, sqlite3 **db, struct problems *problems)
{
	if (sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return failed(db, path, problems);
	sqlite3_busy_timeout(*db, PATIENCE_MS);
	sqlite3_extended_result_codes(*db, 1);
	if (store_run(*db, READER_SETTINGS) != SQLITE_OK)
		return failed(db, path, problems);
	return RESULT_OK;
}
