#include "roster/write.h"

#include <stdlib.h>
#include <string.h>

#include "audience/layout.h"
#include "base/mem.h"
#include "roster/build.h"
#include "roster/db.h"
#include "roster/rows.h"
#include "roster/walk.h"

enum { LOOK_EVERY = 8192 };

/* The build's numbers for the numbers of the file's words; found when first needed. */
struct translation {
	enum words_table table;
	const struct names *names;
	uint32_t *to; /* by number */
};

struct write {
	const struct write_order *order;
	bool dry;
	uint64_t old_edition, edition; /* old: 0 when the list is new */
	uint64_t next_id, generation;
	struct walk residents; /* everybody who has an id */
	struct walk old; /* the old edition */
	struct build *build; /* NULL in a dry run, like what follows */
	struct rows *rows;
	struct translation areas, role_sets, languages;
	uint64_t written;
	enum result result;
};

static void fail(struct write *write, enum result result)
{
	if (write->result == RESULT_OK)
		write->result = result;
}

static void translation_init(struct translation *translation, enum words_table table, const struct names *names)
{
	translation->table = table;
	translation->names = names;
	/* Merging lines of one person may join sets of roles to new ones, up to the maximum. */
	translation->to = mem_calloc((size_t)names->most + 1, sizeof(*translation->to));
}

static uint32_t translate(struct write *write, struct translation *translation, uint32_t number)
{
	if (number == 0)
		return 0;
	uint32_t *to = &translation->to[number];
	if (*to == 0)
		*to = build_word(write->build, translation->table, names_get(translation->names, number));
	/* The store holds as many words as the snapshot can; only very many lists together have more. */
	if (*to == 0)
		fail(write, RESULT_TOO_BIG);
	return *to;
}

/* The store's number. */
static uint32_t stored(struct write *write, enum words_table table, uint32_t number)
{
	return number == 0 ? 0 : words_id(build_words(write->build, table), number);
}

/* Counts who was on the list and is not any more, up to before `phone`; passes over `phone` itself. */
static void count_left(struct write *write, uint64_t phone)
{
	while (write->old.phone < phone) {
		write->order->totals->left++;
		walk_next(&write->old);
	}
	if (write->old.phone == phone && phone != UINT64_MAX)
		walk_next(&write->old);
}

/* Residents in front of `phone` who are not on the new list. */
static void pass_others(struct write *write, uint64_t phone)
{
	while (write->residents.phone < phone) {
		if (!write->dry)
			build_add(write->build, write->residents.phone,
				(uint32_t)sqlite3_column_int64(write->residents.statement, 1), NULL);
		walk_next(&write->residents);
	}
}

/* Into the snapshot and into the store. */
static void put_both(struct write *write, const struct record *record, uint32_t id, bool fresh)
{
	struct build_said said = {
		.birth_year = record->year,
		.roles = translate(write, &write->role_sets, record->roles),
		.area = translate(write, &write->areas, record->area),
		.language = translate(write, &write->languages, record->language),
		.opt_out = record->opt_out != 0,
	};
	struct row row = {
		.phone = record->phone,
		.id = id,
		.roles = stored(write, WORDS_ROLES, said.roles),
		.area = stored(write, WORDS_AREAS, said.area),
		.language = stored(write, WORDS_LANGUAGES, said.language),
		.birth_year = record->year,
		.fresh = fresh,
		.opt_out = said.opt_out,
	};

	build_add(write->build, record->phone, id, &said);
	fail(write, build_result(write->build));
	fail(write, rows_add(write->rows, &row));
}

/* Somebody whom the list does not hold, because no line of theirs was taken; but one of them asked to be left alone. */
static void put_absent(struct write *write, const struct record *record)
{
	struct row row = {.phone = record->phone, .opt_out = true, .absent = true};
	const struct build_said said = {.opt_out = true, .absent = true};

	pass_others(write, record->phone);
	bool known = write->residents.phone == record->phone;
	if (!write->dry) {
		if (known)
			build_add(write->build, record->phone,
				(uint32_t)sqlite3_column_int64(write->residents.statement, 1), &said);
		fail(write, rows_add(write->rows, &row));
	}
	if (known)
		walk_next(&write->residents);
}

/* One person of the list, all lines taken together. */
static void put_person(struct write *write, const struct record *record)
{
	struct roster_totals *totals = write->order->totals;

	totals->people++;
	totals->without_area += record->area == 0;
	totals->without_year += record->year == 0;
	count_left(write, record->phone);
	pass_others(write, record->phone);
	bool fresh = write->residents.phone != record->phone;
	totals->fresh += fresh;
	if (!write->dry) {
		uint64_t id = fresh ? write->next_id++ : (uint64_t)sqlite3_column_int64(write->residents.statement, 1);
		if (id > LAYOUT_TOP_MOST)
			fail(write, RESULT_TOO_BIG);
		else
			put_both(write, record, (uint32_t)id, fresh);
	}
	if (!fresh)
		walk_next(&write->residents);
	write->written++;
	if (write->written % LOOK_EVERY == 0 && !write->order->going_on(write->order->going_on_arg, write->written))
		fail(write, RESULT_CLOSED);
}

/* A later line of the same person: what it says counts more, roles add up, an opt-out stays. */
static void join(struct write *write, struct record *record, const struct record *later)
{
	uint8_t opt_out = record->opt_out | later->opt_out;

	if (record->absent)
		*record = *later;
	record->opt_out = opt_out;
	if (later->absent)
		return;
	uint32_t roles = roles_union(&write->order->names->role_sets, record->roles, later->roles);
	record->roles = roles != 0 ? roles : record->roles;
	record->area = later->area != 0 ? later->area : record->area;
	record->year = later->year != 0 ? later->year : record->year;
	record->language = later->language != 0 ? later->language : record->language;
}

static void put(struct write *write, const struct record *record)
{
	if (record->absent)
		put_absent(write, record);
	else if (record->phone != 0)
		put_person(write, record);
}

static void put_all(struct write *write)
{
	struct record person = {0}, next;
	enum result result;

	while ((result = sorter_next(write->order->sorter, &next)) == RESULT_OK && write->result == RESULT_OK) {
		if (next.phone == person.phone) {
			write->order->totals->repeated += !person.absent && !next.absent;
			join(write, &person, &next);
			continue;
		}
		put(write, &person);
		person = next;
	}
	if (result != RESULT_NOT_FOUND)
		fail(write, result);
	if (write->result == RESULT_OK)
		put(write, &person);
	if (write->result == RESULT_OK) {
		count_left(write, UINT64_MAX);
		pass_others(write, UINT64_MAX);
	}
}

/* The list's present edition, 0 when it is new. */
static void find_list(struct write *write)
{
	sqlite3 *db = write->order->before;
	sqlite3_stmt *statement = db_prepare(db, "SELECT edition FROM list WHERE name = ?");
	int status = SQLITE_ERROR;

	if (statement != NULL) {
		sqlite3_bind_text(statement, 1, write->order->import->list, -1, SQLITE_STATIC);
		status = sqlite3_step(statement);
	}
	if (status == SQLITE_ROW)
		write->old_edition = (uint64_t)sqlite3_column_int64(statement, 0);
	else if (status != SQLITE_DONE)
		fail(write, db_result(db));
	sqlite3_finalize(statement);
}

static void begin_writing(struct write *write)
{
	const struct write_order *order = write->order;
	const struct roster_import *import = order->import;
	uint64_t most = write->next_id - 1 + order->totals->taken;
	struct build_order build = {.roster = order->before,
		.optouts = order->optouts,
		.folder = order->folder,
		.now_ms = import->now_ms,
		.most = (uint32_t)(most < LAYOUT_TOP_MOST ? most : LAYOUT_TOP_MOST),
		.without_list = import->list,
		.until = import->until};
	char *source = mem_printf("list %s", import->list);
	struct rows_order rows = {.db = order->db,
		.edition = write->edition,
		.old_edition = write->old_edition,
		.source = source,
		.at_ms = import->now_ms};

	fail(write, build_begin(&build, &write->build));
	if (write->result == RESULT_OK)
		fail(write, rows_begin(&rows, &write->rows));
	free(source);
}

static void begin(struct write *write)
{
	const struct write_order *order = write->order;

	fail(write, db_meta(order->before, "next_id", &write->next_id));
	fail(write, db_meta(order->before, "next_edition", &write->edition));
	fail(write, db_meta(order->before, "generation", &write->generation));
	find_list(write);
	if (write->result == RESULT_OK && (write->next_id < 1 || write->next_id - 1 > LAYOUT_TOP_MOST))
		fail(write, RESULT_CORRUPT);
	translation_init(&write->areas, WORDS_AREAS, &order->names->areas);
	translation_init(&write->role_sets, WORDS_ROLES, &order->names->role_sets);
	translation_init(&write->languages, WORDS_LANGUAGES, &order->names->languages);
	if (write->result != RESULT_OK)
		return;
	if (!write->dry)
		begin_writing(write);
	if (write->result != RESULT_OK)
		return;
	walk_begin(&write->residents, order->before, "SELECT phone, id FROM resident ORDER BY phone", 0,
		&write->result);
	if (write->old_edition > 0)
		walk_begin(&write->old, order->before,
			"SELECT place FROM member WHERE place BETWEEN ? AND ? ORDER BY place", write->old_edition,
			&write->result);
}

static void put_list(struct write *write)
{
	const struct roster_import *import = write->order->import;
	sqlite3 *db = write->order->db;
	sqlite3_stmt *list = db_prepare(db,
		"INSERT INTO list(name, source, basis, until, added_ms, imported_ms, edition,"
		" members) VALUES(?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7) ON CONFLICT(name) DO UPDATE SET source = ?2, basis = ?3,"
		" until = ?4, imported_ms = ?5, edition = ?6, members = ?7");
	const char *texts[] = {import->list, import->source, import->basis, import->until};

	if (list == NULL) {
		fail(write, db_result(db));
		return;
	}
	for (int i = 0; i < 4; i++)
		sqlite3_bind_text(list, i + 1, texts[i], -1, SQLITE_STATIC);
	sqlite3_bind_int64(list, 5, import->now_ms);
	sqlite3_bind_int64(list, 6, (int64_t)write->edition);
	sqlite3_bind_int64(list, 7, (int64_t)write->order->totals->people);
	fail(write, db_step(db, list));
	sqlite3_finalize(list);
}

/* The few rows that are left when the many are in. */
static void put_rest(struct write *write)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {{"generation", write->generation + 1}, {"next_id", write->next_id},
		{"next_edition", write->edition + 1}};

	put_list(write);
	for (enum words_table table = 0; table < WORDS_TABLES && write->result == RESULT_OK; table++)
		fail(write, words_store(build_words(write->build, table), write->order->db));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && write->result == RESULT_OK; i++)
		fail(write, db_meta_set(write->order->db, numbers[i].name, numbers[i].value));
}

/* The snapshot is made ready while the last rows go in. */
static void end_writing(struct write *write)
{
	fail(write, rows_last(write->rows));
	if (write->result == RESULT_OK)
		fail(write, build_end(write->build, (uint32_t)(write->next_id - 1), write->generation + 1));
	fail(write, rows_end(write->rows));
	if (write->result == RESULT_OK)
		put_rest(write);
}

enum result write_list(const struct write_order *order)
{
	struct write write = {.order = order, .dry = order->import->dry_run};

	walk_nothing(&write.residents);
	walk_nothing(&write.old);
	begin(&write);
	if (write.result == RESULT_OK)
		put_all(&write);
	walk_end(&write.residents);
	walk_end(&write.old);
	if (write.result == RESULT_OK && !write.dry)
		end_writing(&write);
	rows_free(&write.rows);
	if (write.result != RESULT_OK && write.build != NULL)
		build_discard(order->folder);
	build_free(&write.build);
	free(write.areas.to);
	free(write.role_sets.to);
	free(write.languages.to);
	return write.result;
}
