#include "ledger/read.h"

#include "ledger/store.h"

enum result read_rows(sqlite3_stmt *statement, int (*on_row)(void *arg, sqlite3_stmt *row), void *arg)
{
	int go_on = READ_ON;
	int code = SQLITE_ROW;

	while (go_on == READ_ON && (code = sqlite3_step(statement)) == SQLITE_ROW)
		go_on = on_row(arg, statement);
	sqlite3_reset(statement);
	if (go_on == READ_BAD)
		return RESULT_CORRUPT;
	return code == SQLITE_ROW || code == SQLITE_DONE ? RESULT_OK : store_result_of(code);
}

enum result read_sql(struct ledger *ledger, const char *sql, int (*on_row)(void *arg, sqlite3_stmt *row), void *arg)
{
	sqlite3_stmt *statement = store_prepare(ledger->reader, sql);

	if (statement == NULL)
		return store_result(ledger->reader);
	enum result result = read_rows(statement, on_row, arg);

	sqlite3_finalize(statement);
	return result;
}

struct ledger_tombstone read_tombstone(sqlite3_stmt *row)
{
	const char *sender = store_text(row, 1);

	return (struct ledger_tombstone){.id = store_text(row, 0),
		.sender = sender[0] == '\0' ? NULL : sender,
		.drill = sqlite3_column_int(row, 2) != 0,
		.alert = (uint32_t)sqlite3_column_int64(row, 3),
		.until_ms = sqlite3_column_int64(row, 4)};
}
