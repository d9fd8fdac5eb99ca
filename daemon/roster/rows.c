#include "roster/rows.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/mem.h"
#include "roster/db.h"

enum { CHUNK = 8192, CHUNKS = 4 };

struct chunk {
	struct row rows[CHUNK];
	unsigned int count;
};

/* The virtual tables: the same rows, some of them each. */
enum view { VIEW_PRESENT, VIEW_FRESH, VIEW_OPT_OUT, VIEWS };

static const struct {
	const char *table, *insert;
} views[VIEWS] = {
	[VIEW_PRESENT] = {"rows_present",
		"INSERT INTO member(place, birth_year, roles, area, language)"
		" SELECT place, birth_year, roles, area, language FROM rows_present"},
	[VIEW_FRESH] = {"rows_fresh", "INSERT INTO resident(phone, id) SELECT phone, id FROM rows_fresh"},
	[VIEW_OPT_OUT] = {"rows_opt_out",
		"INSERT OR IGNORE INTO optout_due(phone, source, at_ms) SELECT phone, ?1, ?2 FROM rows_opt_out"},
};

enum column { COLUMN_PLACE, COLUMN_YEAR, COLUMN_ROLES, COLUMN_AREA, COLUMN_LANGUAGE, COLUMN_PHONE, COLUMN_ID };

/* What one virtual table reads from. */
struct source {
	const struct rows *rows;
	enum view view;
};

struct rows {
	sqlite3 *db;
	uint64_t edition, old_edition;
	sqlite3_stmt *inserts[VIEWS], *drop;
	struct source sources[VIEWS];
	const struct chunk *read; /* that the statements are reading */

	/* Chunk number n is chunks[n % CHUNKS]; they are filled here and emptied there, in turn. */
	struct chunk *chunks[CHUNKS];
	pthread_t thread;
	bool running;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t moved;
	unsigned int filled, done; /* how many chunks so far */
	bool last; /* no more will come */
	enum result result;
};

struct table {
	sqlite3_vtab base;
	const struct source *source;
};

struct cursor {
	sqlite3_vtab_cursor base;
	const struct source *source;
	unsigned int at;
};

static int on_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **table, char **error)
{
	int status = sqlite3_declare_vtab(db, "CREATE TABLE x(place, birth_year, roles, area, language, phone, id)");

	if (status != SQLITE_OK)
		return status;
	struct table *fresh = mem_zalloc(sizeof(*fresh));
	fresh->source = aux;
	*table = &fresh->base;
	return SQLITE_OK;
}

static int on_disconnect(sqlite3_vtab *table)
{
	free(table);
	return SQLITE_OK;
}

static int on_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	info->estimatedCost = CHUNK;
	info->estimatedRows = CHUNK;
	return SQLITE_OK;
}

static int on_open(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor)
{
	struct cursor *fresh = mem_zalloc(sizeof(*fresh));

	fresh->source = ((const struct table *)table)->source;
	*cursor = &fresh->base;
	return SQLITE_OK;
}

static int on_close(sqlite3_vtab_cursor *cursor)
{
	free(cursor);
	return SQLITE_OK;
}

static bool shows(enum view view, const struct row *row)
{
	if (view == VIEW_OPT_OUT)
		return row->opt_out;
	return view == VIEW_FRESH ? row->fresh : !row->absent;
}

/* Goes on to the next row that the view shows, from where it stands. */
static void find(struct cursor *cursor)
{
	const struct chunk *chunk = cursor->source->rows->read;

	while (cursor->at < chunk->count && !shows(cursor->source->view, &chunk->rows[cursor->at]))
		cursor->at++;
}

static int on_filter(sqlite3_vtab_cursor *cursor, int number, const char *name, int argc, sqlite3_value **argv)
{
	struct cursor *mine = (struct cursor *)cursor;

	mine->at = 0;
	find(mine);
	return SQLITE_OK;
}

static int on_next(sqlite3_vtab_cursor *cursor)
{
	struct cursor *mine = (struct cursor *)cursor;

	mine->at++;
	find(mine);
	return SQLITE_OK;
}

static int on_eof(sqlite3_vtab_cursor *cursor)
{
	const struct cursor *mine = (const struct cursor *)cursor;

	return mine->at >= mine->source->rows->read->count;
}

static int on_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
	const struct cursor *mine = (const struct cursor *)cursor;
	const struct rows *rows = mine->source->rows;
	const struct row *row = &rows->read->rows[mine->at];
	int64_t value = 0;

	switch ((enum column)column) {
	case COLUMN_PLACE:
		value = db_place(rows->edition, row->phone);
		break;
	case COLUMN_YEAR:
		value = row->birth_year;
		break;
	case COLUMN_ROLES:
		value = row->roles;
		break;
	case COLUMN_AREA:
		value = row->area;
		break;
	case COLUMN_LANGUAGE:
		value = row->language;
		break;
	case COLUMN_PHONE:
		value = (int64_t)row->phone;
		break;
	case COLUMN_ID:
		value = row->id;
		break;
	}
	/* What is not said is NULL, which a column is without any word from here. */
	if (value != 0)
		sqlite3_result_int64(context, value);
	return SQLITE_OK;
}

static int on_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *id)
{
	*id = ((const struct cursor *)cursor)->at;
	return SQLITE_OK;
}

/* Without xCreate the tables are there by their names and nobody can make others. */
static const sqlite3_module module = {
	.xConnect = on_connect,
	.xBestIndex = on_best_index,
	.xDisconnect = on_disconnect,
	.xOpen = on_open,
	.xClose = on_close,
	.xFilter = on_filter,
	.xNext = on_next,
	.xEof = on_eof,
	.xColumn = on_column,
	.xRowid = on_rowid,
};

static enum result prepare(struct rows *rows, const struct rows_order *order)
{
	for (enum view view = 0; view < VIEWS; view++) {
		rows->sources[view] = (struct source){rows, view};
		if (sqlite3_create_module(rows->db, views[view].table, &module, &rows->sources[view]) != SQLITE_OK)
			return db_result(rows->db);
		rows->inserts[view] = db_prepare(rows->db, views[view].insert);
		if (rows->inserts[view] == NULL)
			return db_result(rows->db);
	}
	sqlite3_bind_text(rows->inserts[VIEW_OPT_OUT], 1, order->source, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(rows->inserts[VIEW_OPT_OUT], 2, order->at_ms);
	rows->drop = db_prepare(rows->db, "DELETE FROM member WHERE place BETWEEN ? AND ?");
	return rows->drop != NULL ? RESULT_OK : db_result(rows->db);
}

enum result rows_begin(const struct rows_order *order, struct rows **rows)
{
	struct rows *fresh = mem_zalloc(sizeof(*fresh));

	fresh->db = order->db;
	fresh->edition = order->edition;
	fresh->old_edition = order->old_edition;
	fresh->chunks[0] = mem_zalloc(sizeof(struct chunk));
	pthread_mutex_init(&fresh->lock, NULL);
	pthread_cond_init(&fresh->moved, NULL);
	*rows = fresh;
	fresh->result = prepare(fresh, order);
	return fresh->result;
}

static enum result insert(struct rows *rows, const struct chunk *chunk)
{
	enum result result = RESULT_OK;

	rows->read = chunk;
	for (enum view view = 0; view < VIEWS && result == RESULT_OK; view++)
		result = db_step(rows->db, rows->inserts[view]);
	return result;
}

static enum result drop_old(struct rows *rows)
{
	if (rows->old_edition == 0)
		return RESULT_OK;
	sqlite3_bind_int64(rows->drop, 1, db_place(rows->old_edition, 0));
	sqlite3_bind_int64(rows->drop, 2, db_place(rows->old_edition + 1, 0) - 1);
	return db_step(rows->db, rows->drop);
}

/* Under the lock while the thread runs. */
static void fail(struct rows *rows, enum result result)
{
	if (rows->result == RESULT_OK)
		rows->result = result;
}

/* After a failure chunks are taken all the same, so that nobody waits for room. */
static void *work(void *arg)
{
	struct rows *rows = arg;

	pthread_mutex_lock(&rows->lock);
	for (;;) {
		while (rows->done == rows->filled && !rows->last)
			pthread_cond_wait(&rows->moved, &rows->lock);
		if (rows->done == rows->filled)
			break;
		enum result result = rows->result;
		const struct chunk *chunk = rows->chunks[rows->done % CHUNKS];
		pthread_mutex_unlock(&rows->lock);
		if (result == RESULT_OK)
			result = insert(rows, chunk);
		pthread_mutex_lock(&rows->lock);
		fail(rows, result);
		rows->done++;
		pthread_cond_signal(&rows->moved);
	}
	enum result result = rows->result;
	pthread_mutex_unlock(&rows->lock);
	if (result == RESULT_OK)
		result = drop_old(rows);
	pthread_mutex_lock(&rows->lock);
	fail(rows, result);
	pthread_mutex_unlock(&rows->lock);
	return NULL;
}

/* Signals are for the main thread. */
static bool start(struct rows *rows)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rows->running = pthread_create(&rows->thread, NULL, work, rows) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rows->running;
}

/* Hands over the chunk that is full, and has room for the next when it returns. */
static enum result hand_over(struct rows *rows)
{
	if (!rows->running && !start(rows)) {
		/* No thread to be had: slower, and the same. */
		rows->result = rows->result == RESULT_OK ? insert(rows, rows->chunks[0]) : rows->result;
		rows->chunks[0]->count = 0;
		return rows->result;
	}
	pthread_mutex_lock(&rows->lock);
	rows->filled++;
	pthread_cond_signal(&rows->moved);
	while (rows->filled - rows->done == CHUNKS)
		pthread_cond_wait(&rows->moved, &rows->lock);
	enum result result = rows->result;
	pthread_mutex_unlock(&rows->lock);
	struct chunk **next = &rows->chunks[rows->filled % CHUNKS];
	if (*next == NULL)
		*next = mem_zalloc(sizeof(struct chunk));
	(*next)->count = 0;
	return result;
}

enum result rows_add(struct rows *rows, const struct row *row)
{
	struct chunk *chunk = rows->chunks[rows->filled % CHUNKS];
	enum result result = RESULT_OK;

	if (chunk->count == CHUNK) {
		result = hand_over(rows);
		chunk = rows->chunks[rows->filled % CHUNKS];
	}
	chunk->rows[chunk->count++] = *row;
	return result;
}

enum result rows_last(struct rows *rows)
{
	struct chunk *chunk = rows->chunks[rows->filled % CHUNKS];

	if (!rows->running) {
		if (rows->result == RESULT_OK)
			rows->result = insert(rows, chunk);
		if (rows->result == RESULT_OK)
			rows->result = drop_old(rows);
		return rows->result;
	}
	pthread_mutex_lock(&rows->lock);
	rows->filled++;
	rows->last = true;
	pthread_cond_signal(&rows->moved);
	enum result result = rows->result;
	pthread_mutex_unlock(&rows->lock);
	return result;
}

enum result rows_end(struct rows *rows)
{
	if (rows->running) {
		pthread_join(rows->thread, NULL);
		rows->running = false;
	}
	return rows->result;
}

void rows_free(struct rows **rows)
{
	struct rows *old = *rows;

	*rows = NULL;
	if (old == NULL)
		return;
	if (old->running) {
		pthread_mutex_lock(&old->lock);
		/* Given up: what is still to come is of no use. */
		old->last = true;
		fail(old, RESULT_CLOSED);
		pthread_cond_signal(&old->moved);
		pthread_mutex_unlock(&old->lock);
		rows_end(old);
	}
	for (enum view view = 0; view < VIEWS; view++)
		sqlite3_finalize(old->inserts[view]);
	sqlite3_finalize(old->drop);
	for (int i = 0; i < CHUNKS; i++)
		free(old->chunks[i]);
	pthread_mutex_destroy(&old->lock);
	pthread_cond_destroy(&old->moved);
	free(old);
}
