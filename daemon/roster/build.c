#include "roster/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audience/compose.h"
#include "audience/layout.h"
#include "audience/people.h"
#include "base/mem.h"
#include "loop/file.h"
#include "roster/date.h"
#include "roster/db.h"
#include "roster/walk.h"

#define SNAPSHOT_TMP SNAPSHOT_NAME ".tmp"

struct build {
	sqlite3 *roster;
	int folder, fd;
	struct walk optouts, due;
	struct walk *lists; /* newest first */
	size_t list_count;
	struct words words[WORDS_TABLES];
	struct compose *compose;
	struct people_facts facts;
	enum result result; /* the first failure */
};

static void fail(struct build *build, enum result result)
{
	if (build->result == RESULT_OK)
		build->result = result;
}

static bool sink(void *arg, const void *bytes, size_t size)
{
	struct build *build = arg;

	if (build->result == RESULT_OK && file_write_all(build->fd, bytes, size) != 0)
		build->result = result_of_errno(errno);
	return build->result == RESULT_OK;
}

/* Makes the composer know the words from `from` on. */
static void compose_words(struct build *build, enum words_table table, uint32_t from)
{
	const struct names *names = &build->words[table].names;

	for (uint32_t number = from; number <= names->count; number++) {
		const char *word = names_get(names, number);
		if (table == WORDS_ROLES) {
			char **roles = roles_list(word);
			compose_roles(build->compose, roles);
			mem_strings_free(roles);
		} else {
			compose_key(build->compose, table == WORDS_AREAS ? PEOPLE_AREA : PEOPLE_LANGUAGE, word);
		}
	}
}

struct words *build_words(struct build *build, enum words_table table)
{
	return &build->words[table];
}

uint32_t build_word(struct build *build, enum words_table table, const char *word)
{
	uint32_t before = build->words[table].names.count, number = words_number(&build->words[table], word);

	compose_words(build, table, before + 1);
	return number;
}

static uint32_t join_roles(struct build *build, uint32_t a, uint32_t b)
{
	struct names *names = &build->words[WORDS_ROLES].names;
	uint32_t before = names->count, number = roles_union(names, a, b);

	compose_words(build, WORDS_ROLES, before + 1);
	/* So many different sets that no more fit: the newest list's roles are kept. */
	return number != 0 ? number : a;
}

/* The day on which the first list ends, of those that count. */
static void end_by(struct build *build, const char *until)
{
	int64_t day;

	if (until != NULL && date_parse(until, &day) &&
		(build->facts.good_until_day == 0 || day < build->facts.good_until_day))
		build->facts.good_until_day = day;
}

/* Lists that count today, newest first. */
static void open_lists(struct build *build, const struct build_order *order)
{
	char day[16];
	size_t room = 0;
	int status;
	sqlite3_stmt *statement = db_prepare(build->roster,
		"SELECT edition, until FROM list"
		" WHERE (until IS NULL OR until >= ?1) AND (?2 IS NULL OR name <> ?2) ORDER BY edition DESC");

	if (statement == NULL) {
		fail(build, db_result(build->roster));
		return;
	}
	sqlite3_bind_text(statement, 1, date_text(build->facts.made_day, day), -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, order->without_list, -1, SQLITE_STATIC);
	while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
		end_by(build, (const char *)sqlite3_column_text(statement, 1));
		if (build->list_count == room) {
			room = room * 2 + 8;
			build->lists = mem_resize(build->lists, room, sizeof(*build->lists));
		}
		walk_begin(&build->lists[build->list_count++], build->roster,
			"SELECT place, birth_year, roles, area, language FROM member WHERE place BETWEEN ? AND ?"
			" ORDER BY place",
			(uint64_t)sqlite3_column_int64(statement, 0), &build->result);
	}
	if (status != SQLITE_DONE)
		fail(build, db_result(build->roster));
	sqlite3_finalize(statement);
	end_by(build, order->until);
}

static void open_all(struct build *build, const struct build_order *order)
{
	for (enum words_table table = 0; table < WORDS_TABLES; table++) {
		fail(build, words_read(&build->words[table], build->roster, table));
		compose_words(build, table, 1);
	}
	walk_begin(&build->due, build->roster, "SELECT phone FROM optout_due ORDER BY phone", 0, &build->result);
	walk_begin(&build->optouts, order->optouts, "SELECT phone FROM optout ORDER BY phone", 0, &build->result);
	open_lists(build, order);
}

enum result build_begin(const struct build_order *order, struct build **build)
{
	struct build *fresh = mem_zalloc(sizeof(*fresh));

	fresh->roster = order->roster;
	fresh->folder = order->folder;
	fresh->facts.made_day = date_of(order->now_ms);
	*build = fresh;
	fail(fresh, db_meta(order->roster, "lineage", &fresh->facts.lineage));
	fresh->fd = file->open(order->folder, SNAPSHOT_TMP, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
	if (fresh->fd < 0)
		fail(fresh, result_of_errno(errno));
	fresh->compose = compose_new(order->most, sink, fresh);
	open_all(fresh, order);
	if (fresh->result != RESULT_OK)
		build_discard(order->folder);
	return fresh->result;
}

void build_free(struct build **build)
{
	struct build *old = *build;

	*build = NULL;
	if (old == NULL)
		return;
	walk_end(&old->optouts);
	walk_end(&old->due);
	for (size_t i = 0; i < old->list_count; i++)
		walk_end(&old->lists[i]);
	free(old->lists);
	for (enum words_table table = 0; table < WORDS_TABLES; table++)
		words_fini(&old->words[table]);
	compose_free(&old->compose);
	if (old->fd >= 0)
		file->close(old->fd);
	free(old);
}

static void merge(struct build *build, sqlite3_stmt *row, struct compose_person *person)
{
	uint32_t roles = words_known(&build->words[WORDS_ROLES], sqlite3_column_int64(row, 2));

	if (person->birth_year == 0)
		person->birth_year = sqlite3_column_int(row, 1);
	if (person->area == 0)
		person->area = words_known(&build->words[WORDS_AREAS], sqlite3_column_int64(row, 3));
	if (person->language == 0)
		person->language = words_known(&build->words[WORDS_LANGUAGES], sqlite3_column_int64(row, 4));
	person->roles = person->roles == 0 ? roles : join_roles(build, person->roles, roles);
	person->present = true;
}

void build_add(struct build *build, uint64_t phone, uint32_t id, const struct build_said *said)
{
	struct compose_person person = {.phone = phone, .id = id, .present = said != NULL && !said->absent};

	if (said != NULL) {
		person.birth_year = said->birth_year;
		person.roles = said->roles;
		person.area = said->area;
		person.language = said->language;
	}
	for (size_t i = 0; i < build->list_count; i++) {
		if (walk_to(&build->lists[i], phone))
			merge(build, build->lists[i].statement, &person);
	}
	/* Both, because one does not end the walk of the other. */
	bool known = walk_to(&build->optouts, phone);
	bool due = walk_to(&build->due, phone);
	person.opted_out = known || due || (said != NULL && said->opt_out);
	if (!compose_add(build->compose, &person))
		fail(build, RESULT_CORRUPT);
}

enum result build_result(const struct build *build)
{
	return build->result;
}

enum result build_end(struct build *build, uint32_t top, uint64_t generation)
{
	build->facts.generation = generation;
	if (build->result == RESULT_OK && !compose_end(build->compose, top, &build->facts))
		fail(build, RESULT_CORRUPT);
	if (build->result == RESULT_OK && file->fsync(build->fd) != 0)
		fail(build, result_of_errno(errno));
	if (build->result != RESULT_OK)
		build_discard(build->folder);
	return build->result;
}

enum result build_write(sqlite3 *roster, sqlite3 *optouts, int folder, int64_t now_ms)
{
	struct build_order order = {.roster = roster, .optouts = optouts, .folder = folder, .now_ms = now_ms};
	uint64_t generation, next_id;
	struct build *build = NULL;
	struct walk residents;
	enum result result = db_meta(roster, "generation", &generation);

	if (result == RESULT_OK)
		result = db_meta(roster, "next_id", &next_id);
	if (result == RESULT_OK && (next_id < 1 || next_id - 1 > LAYOUT_TOP_MOST))
		result = RESULT_CORRUPT;
	if (result != RESULT_OK)
		return result;
	order.most = (uint32_t)(next_id - 1);
	result = build_begin(&order, &build);
	if (result == RESULT_OK) {
		walk_begin(&residents, roster, "SELECT phone, id FROM resident ORDER BY phone", 0, &build->result);
		while (build->result == RESULT_OK && residents.phone != UINT64_MAX) {
			build_add(build, residents.phone, (uint32_t)sqlite3_column_int64(residents.statement, 1), NULL);
			walk_next(&residents);
		}
		walk_end(&residents);
		result = build_end(build, order.most, generation);
	}
	build_free(&build);
	return result;
}

enum result build_publish(int folder)
{
	if (file->rename(folder, SNAPSHOT_TMP, folder, SNAPSHOT_NAME) != 0 || file_sync_folder(folder) != 0)
		return result_of_errno(errno);
	return RESULT_OK;
}

void build_discard(int folder)
{
	file->unlink(folder, SNAPSHOT_TMP);
}
