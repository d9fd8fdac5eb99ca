#include "roster/walk.h"

#include "roster/db.h"

static void over(struct walk *walk, enum result result)
{
	walk->phone = UINT64_MAX;
	if (*walk->result == RESULT_OK)
		*walk->result = result;
}

void walk_nothing(struct walk *walk)
{
	*walk = (struct walk){.phone = UINT64_MAX};
}

void walk_begin(struct walk *walk, sqlite3 *db, const char *sql, uint64_t edition, enum result *result)
{
	*walk = (struct walk){.statement = db_prepare(db, sql), .result = result};
	if (walk->statement == NULL) {
		over(walk, db_result(db));
		return;
	}
	if (edition > 0) {
		sqlite3_bind_int64(walk->statement, 1, db_place(edition, 0));
		sqlite3_bind_int64(walk->statement, 2, db_place(edition + 1, 0) - 1);
	}
	walk_next(walk);
}

void walk_next(struct walk *walk)
{
	const uint64_t phone_mask = ((uint64_t)1 << DB_PHONE_BITS) - 1;

	if (walk->phone == UINT64_MAX)
		return;
	int status = sqlite3_step(walk->statement);
	if (status == SQLITE_ROW)
		walk->phone = (uint64_t)sqlite3_column_int64(walk->statement, 0) & phone_mask;
	else
		over(walk, status == SQLITE_DONE ? RESULT_OK : db_result(sqlite3_db_handle(walk->statement)));
}

bool walk_to(struct walk *walk, uint64_t phone)
{
	while (walk->phone < phone)
		walk_next(walk);
	return walk->phone == phone;
}

void walk_end(struct walk *walk)
{
	sqlite3_finalize(walk->statement);
	walk->statement = NULL;
	walk->phone = UINT64_MAX;
}
