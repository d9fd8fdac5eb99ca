#include "roster/write.h"

#include <stdlib.h>
#include <string.h>

#include "audience/layout.h"
#include "base/mem.h"
#include "roster/db.h"

enum {
	LOOK_EVERY = 8192,
	ROW = 16, /* members written by one statement: starting a statement costs as much as a row */
};

#define MEMBER    "(?, ?, ?, ?, ?)"
#define MEMBERS_4 MEMBER ", " MEMBER ", " MEMBER ", " MEMBER

/* Numbers of the database for the numbers of the file's words; found when first needed. */
struct translation {
	const struct names *names;
	uint32_t *to;
	sqlite3_stmt *insert, *find;
};

struct write {
	const struct write_order *order;
	bool dry;
	uint64_t old_edition, edition; /* old: 0 when the list is new */
	uint64_t next_id;
	sqlite3_stmt *member, *members, *resident, *due;
	struct record row[ROW]; /* to be written together */
	int row_count;
	sqlite3_stmt *old; /* the old edition in the order of phones */
	uint64_t old_phone; /* UINT64_MAX behind the last */
	uint64_t written;
	struct translation areas, role_sets, languages;
	enum result result;
};

static void fail(struct write *write, enum result result)
{
	if (write->result == RESULT_OK)
		write->result = result;
}

static sqlite3_stmt *prepare(struct write *write, const char *sql)
{
	sqlite3_stmt *statement = db_prepare(write->order->db, sql);

	if (statement == NULL)
		fail(write, db_result(write->order->db));
	return statement;
}

static void run(struct write *write, sqlite3_stmt *statement)
{
	if (write->result == RESULT_OK)
		fail(write, db_step(write->order->db, statement));
}

static void bind_number(sqlite3_stmt *statement, int place, uint64_t number)
{
	if (number == 0)
		sqlite3_bind_null(statement, place);
	else
		sqlite3_bind_int64(statement, place, (int64_t)number);
}

static void translation_init(struct write *write, struct translation *translation, const struct names *names,
	const char *insert, const char *find)
{
	translation->names = names;
	/* Merging lines of one person may join sets of roles to new ones, up to the maximum. */
	translation->to = mem_calloc((size_t)names->most + 1, sizeof(*translation->to));
	if (!write->dry) {
		translation->insert = prepare(write, insert);
		translation->find = prepare(write, find);
	}
}

static void translation_fini(struct translation *translation)
{
	free(translation->to);
	sqlite3_finalize(translation->insert);
	sqlite3_finalize(translation->find);
}

/* The database's number of a word, which is put there when it is new. */
static uint32_t translate(struct write *write, struct translation *translation, uint32_t number)
{
	if (number == 0 || write->result != RESULT_OK)
		return 0;
	if (translation->to[number] != 0)
		return translation->to[number];
	const char *word = names_get(translation->names, number);
	sqlite3_bind_text(translation->insert, 1, word, -1, SQLITE_STATIC);
	run(write, translation->insert);
	sqlite3_bind_text(translation->find, 1, word, -1, SQLITE_STATIC);
	int status = sqlite3_step(translation->find);
	uint32_t found = status == SQLITE_ROW ? (uint32_t)sqlite3_column_int64(translation->find, 0) : 0;
	if (found == 0)
		fail(write,
			status == SQLITE_ROW || status == SQLITE_DONE ? RESULT_CORRUPT : db_result(write->order->db));
	sqlite3_reset(translation->find);
	translation->to[number] = found;
	return found;
}

static void old_next(struct write *write)
{
	int status = write->old == NULL ? SQLITE_DONE : sqlite3_step(write->old);

	write->old_phone = UINT64_MAX;
	if (status == SQLITE_ROW)
		write->old_phone = (uint64_t)(sqlite3_column_int64(write->old, 0) - db_place(write->old_edition, 0));
	else if (status != SQLITE_DONE)
		fail(write, db_result(write->order->db));
}

/* Counts who was on the list and is not any more, up to before `phone`; passes over `phone` itself. */
static void count_left(struct write *write, uint64_t phone)
{
	while (write->old_phone < phone) {
		write->order->totals->left++;
		old_next(write);
	}
	if (write->old_phone == phone && phone != UINT64_MAX)
		old_next(write);
}

/* Gives the number an id unless it has one. */
static void put_resident(struct write *write, uint64_t phone)
{
	sqlite3_bind_int64(write->resident, 1, (int64_t)phone);
	if (write->dry) {
		/* Only looks whether there is one. */
		int status = sqlite3_step(write->resident);
		write->order->totals->fresh += status == SQLITE_DONE;
		sqlite3_reset(write->resident);
		return;
	}
	if (write->next_id > LAYOUT_TOP_MOST) {
		fail(write, RESULT_TOO_BIG);
		return;
	}
	sqlite3_bind_int64(write->resident, 2, (int64_t)write->next_id);
	run(write, write->resident);
	if (write->result == RESULT_OK && sqlite3_changes(write->order->db) > 0) {
		write->next_id++;
		write->order->totals->fresh++;
	}
}

static void bind_member(struct write *write, sqlite3_stmt *statement, int place, const struct record *record)
{
	sqlite3_bind_int64(statement, place + 1, db_place(write->edition, record->phone));
	bind_number(statement, place + 2, record->year);
	bind_number(statement, place + 3, translate(write, &write->role_sets, record->roles));
	bind_number(statement, place + 4, translate(write, &write->areas, record->area));
	bind_number(statement, place + 5, translate(write, &write->languages, record->language));
}

/* Writes the row of members, whole or what is there of it. */
static void put_row(struct write *write)
{
	for (int i = 0; i < write->row_count; i++) {
		bool whole = write->row_count == ROW;
		bind_member(write, whole ? write->members : write->member, whole ? i * 5 : 0, &write->row[i]);
		if (!whole || i + 1 == ROW)
			run(write, whole ? write->members : write->member);
	}
	write->row_count = 0;
}

static void put_member(struct write *write, const struct record *record)
{
	write->row[write->row_count++] = *record;
	if (write->row_count == ROW)
		put_row(write);
}

static void put_due(struct write *write, uint64_t phone)
{
	sqlite3_bind_int64(write->due, 1, (int64_t)phone);
	run(write, write->due);
}

/* One person of the list, all lines taken together. */
static void put_person(struct write *write, const struct record *record)
{
	struct roster_totals *totals = write->order->totals;

	totals->people++;
	totals->without_area += record->area == 0;
	totals->without_year += record->year == 0;
	count_left(write, record->phone);
	put_resident(write, record->phone);
	if (!write->dry) {
		put_member(write, record);
		if (record->opt_out)
			put_due(write, record->phone);
	}
	write->written++;
	if (write->written % LOOK_EVERY == 0 && !write->order->going_on(write->order->going_on_arg, write->written))
		fail(write, RESULT_CLOSED);
}

/* A later line of the same person: what it says counts more, roles add up, an opt-out stays. */
static void join(struct write *write, struct record *record, const struct record *later)
{
	uint32_t roles = roles_union(&write->order->names->role_sets, record->roles, later->roles);

	record->roles = roles != 0 ? roles : record->roles;
	record->area = later->area != 0 ? later->area : record->area;
	record->year = later->year != 0 ? later->year : record->year;
	record->language = later->language != 0 ? later->language : record->language;
	record->opt_out |= later->opt_out;
}

static void put_all(struct write *write)
{
	struct record person = {0}, next;
	enum result result;

	while ((result = sorter_next(write->order->sorter, &next)) == RESULT_OK && write->result == RESULT_OK) {
		if (next.phone == person.phone) {
			join(write, &person, &next);
			write->order->totals->repeated++;
			continue;
		}
		if (person.phone != 0)
			put_person(write, &person);
		person = next;
	}
	if (result != RESULT_NOT_FOUND)
		fail(write, result);
	if (write->result == RESULT_OK && person.phone != 0)
		put_person(write, &person);
	if (write->result == RESULT_OK)
		put_row(write);
	if (write->result == RESULT_OK)
		count_left(write, UINT64_MAX);
}

/* The list's present edition, 0 when it is new. */
static void find_list(struct write *write)
{
	sqlite3_stmt *statement = prepare(write, "SELECT edition FROM list WHERE name = ?");

	if (statement == NULL)
		return;
	sqlite3_bind_text(statement, 1, write->order->import->list, -1, SQLITE_STATIC);
	int status = sqlite3_step(statement);
	if (status == SQLITE_ROW)
		write->old_edition = (uint64_t)sqlite3_column_int64(statement, 0);
	else if (status != SQLITE_DONE)
		fail(write, db_result(write->order->db));
	sqlite3_finalize(statement);
}

static void begin(struct write *write)
{
	const struct write_order *order = write->order;
	const struct roster_import *import = order->import;

	fail(write, db_meta(order->db, "next_id", &write->next_id));
	fail(write, db_meta(order->db, "next_edition", &write->edition));
	find_list(write);
	translation_init(write, &write->areas, &order->names->areas, "INSERT OR IGNORE INTO area(code) VALUES(?)",
		"SELECT id FROM area WHERE code = ?");
	translation_init(write, &write->role_sets, &order->names->role_sets,
		"INSERT OR IGNORE INTO role_set(names) VALUES(?)", "SELECT id FROM role_set WHERE names = ?");
	translation_init(write, &write->languages, &order->names->languages,
		"INSERT OR IGNORE INTO language(name) VALUES(?)", "SELECT id FROM language WHERE name = ?");
	write->resident = prepare(write,
		write->dry ? "SELECT 1 FROM resident WHERE phone = ?" : "INSERT OR IGNORE INTO resident VALUES(?, ?)");
	write->member = prepare(write, "INSERT INTO member VALUES" MEMBER);
	write->members = prepare(write,
		"INSERT INTO member VALUES" MEMBERS_4 ", " MEMBERS_4 ", " MEMBERS_4 ", " MEMBERS_4);
	write->due = prepare(write, "INSERT OR IGNORE INTO optout_due VALUES(?, ?, ?)");
	write->old = prepare(write, "SELECT place FROM member WHERE place BETWEEN ? AND ? ORDER BY place");
	if (write->result != RESULT_OK)
		return;
	char *source = mem_printf("list %s", import->list);
	sqlite3_bind_text(write->due, 2, source, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(write->due, 3, import->now_ms);
	free(source);
	sqlite3_bind_int64(write->old, 1, db_place(write->old_edition, 0));
	sqlite3_bind_int64(write->old, 2, db_place(write->old_edition + 1, 0) - 1);
	old_next(write);
}

/* The list's row, and the old edition's members out. */
static void replace_list(struct write *write)
{
	const struct roster_import *import = write->order->import;
	sqlite3_stmt *list = prepare(write,
		"INSERT INTO list(name, source, basis, until, added_ms, imported_ms, edition,"
		" members) VALUES(?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7) ON CONFLICT(name) DO UPDATE SET source = ?2, basis = ?3,"
		" until = ?4, imported_ms = ?5, edition = ?6, members = ?7");
	sqlite3_stmt *drop = prepare(write, "DELETE FROM member WHERE place BETWEEN ? AND ?");

	if (write->result == RESULT_OK) {
		const char *texts[] = {import->list, import->source, import->basis, import->until};
		for (int i = 0; i < 4; i++)
			sqlite3_bind_text(list, i + 1, texts[i], -1, SQLITE_STATIC);
		sqlite3_bind_int64(list, 5, import->now_ms);
		sqlite3_bind_int64(list, 6, (int64_t)write->edition);
		sqlite3_bind_int64(list, 7, (int64_t)write->order->totals->people);
		run(write, list);
		sqlite3_bind_int64(drop, 1, db_place(write->old_edition, 0));
		sqlite3_bind_int64(drop, 2, db_place(write->old_edition + 1, 0) - 1);
		if (write->old_edition > 0)
			run(write, drop);
	}
	sqlite3_finalize(list);
	sqlite3_finalize(drop);
}

static void count_up(struct write *write)
{
	sqlite3 *db = write->order->db;
	uint64_t generation = 0;

	if (write->result != RESULT_OK)
		return;
	fail(write, db_meta(db, "generation", &generation));
	if (write->result == RESULT_OK)
		fail(write, db_meta_set(db, "generation", generation + 1));
	if (write->result == RESULT_OK)
		fail(write, db_meta_set(db, "next_id", write->next_id));
	if (write->result == RESULT_OK)
		fail(write, db_meta_set(db, "next_edition", write->edition + 1));
}

enum result write_list(const struct write_order *order)
{
	struct write write = {.order = order, .dry = order->import->dry_run};

	begin(&write);
	if (write.result == RESULT_OK)
		put_all(&write);
	/* The walk over the old edition ends before its rows go. */
	sqlite3_finalize(write.old);
	if (write.result == RESULT_OK && !write.dry) {
		replace_list(&write);
		count_up(&write);
	}
	sqlite3_finalize(write.member);
	sqlite3_finalize(write.members);
	sqlite3_finalize(write.resident);
	sqlite3_finalize(write.due);
	translation_fini(&write.areas);
	translation_fini(&write.role_sets);
	translation_fini(&write.languages);
	return write.result;
}
