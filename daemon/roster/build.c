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
#include "roster/names.h"
#include "roster/db.h"

#define SNAPSHOT_TMP SNAPSHOT_NAME ".tmp"

/* Rows in the order of phones, one at a time. */
struct walk {
	sqlite3_stmt *statement;
	uint64_t phone; /* of the row; UINT64_MAX behind the last */
};

/* From the database's numbers of words to the composer's. */
struct numbers {
	uint32_t *list;
	size_t room;
};

struct build {
	sqlite3 *roster;
	struct walk residents, optouts, due;
	struct walk *lists; /* newest first */
	size_t list_count;
	struct compose *compose;
	struct numbers areas, languages, role_sets;
	struct names role_words; /* the composer's sets of roles, by their number */
	int64_t good_until_day;
	enum result result; /* the first failure */
	int fd;
};

enum { ROLE_WORDS_MOST = 65000 };

static bool sink(void *arg, const void *bytes, size_t size)
{
	struct build *build = arg;

	if (build->result == RESULT_OK && file_write_all(build->fd, bytes, size) != 0)
		build->result = result_of_errno(errno);
	return build->result == RESULT_OK;
}

static void fail(struct build *build, enum result result)
{
	if (build->result == RESULT_OK)
		build->result = result;
}

static void walk_next(struct build *build, struct walk *walk)
{
	const uint64_t phone_mask = ((uint64_t)1 << DB_PHONE_BITS) - 1;
	int status = walk->statement == NULL ? SQLITE_ERROR : sqlite3_step(walk->statement);

	if (status == SQLITE_ROW) {
		walk->phone = (uint64_t)sqlite3_column_int64(walk->statement, 0) & phone_mask;
		return;
	}
	walk->phone = UINT64_MAX;
	if (status != SQLITE_DONE)
		fail(build, walk->statement == NULL ? RESULT_IO : db_result(sqlite3_db_handle(walk->statement)));
}

static void walk_begin(struct build *build, struct walk *walk, sqlite3 *db, const char *sql, uint64_t edition)
{
	walk->statement = db_prepare(db, sql);
	if (walk->statement == NULL) {
		fail(build, db_result(db));
		walk->phone = UINT64_MAX;
		return;
	}
	if (edition > 0) {
		sqlite3_bind_int64(walk->statement, 1, db_place(edition, 0));
		sqlite3_bind_int64(walk->statement, 2, db_place(edition + 1, 0) - 1);
	}
	walk_next(build, walk);
}

/* Goes on to `phone`; true when a row has exactly it. */
static bool walk_to(struct build *build, struct walk *walk, uint64_t phone)
{
	while (walk->phone < phone)
		walk_next(build, walk);
	return walk->phone == phone;
}

static void numbers_set(struct numbers *numbers, size_t from, uint32_t to)
{
	if (from >= numbers->room) {
		size_t room = from * 2 + 64;
		numbers->list = mem_resize(numbers->list, room, sizeof(*numbers->list));
		memset(numbers->list + numbers->room, 0, (room - numbers->room) * sizeof(*numbers->list));
		numbers->room = room;
	}
	numbers->list[from] = to;
}

static uint32_t numbers_get(const struct numbers *numbers, int64_t from)
{
	return from > 0 && (uint64_t)from < numbers->room ? numbers->list[from] : 0;
}

/* The composer's number of a set of roles; makes it known when it is new. */
static uint32_t role_number(struct build *build, const char *word)
{
	uint32_t before = build->role_words.count;
	uint32_t number = names_put(&build->role_words, word);

	if (number > before) {
		char **roles = roles_list(word);
		compose_roles(build->compose, roles);
		mem_strings_free(roles);
	}
	return number;
}

static uint32_t join_roles(struct build *build, uint32_t a, uint32_t b)
{
	uint32_t before = build->role_words.count;
	uint32_t number = roles_union(&build->role_words, a, b);

	if (number > before) {
		char **roles = roles_list(names_get(&build->role_words, number));
		compose_roles(build->compose, roles);
		mem_strings_free(roles);
	}
	/* So many different sets that no more fit: the newest list's roles are kept. */
	return number != 0 ? number : a;
}

enum words { WORDS_AREA, WORDS_LANGUAGE, WORDS_ROLES };

static void read_words(struct build *build, const char *sql, enum words words, struct numbers *numbers)
{
	sqlite3_stmt *statement = db_prepare(build->roster, sql);
	int status = statement == NULL ? SQLITE_ERROR : SQLITE_ROW;

	while (status == SQLITE_ROW && (status = sqlite3_step(statement)) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(statement, 0);
		const char *word = db_text(statement, 1);
		uint32_t number = 0;
		if (id <= 0 || id > INT32_MAX || strlen(word) >= (words == WORDS_ROLES ? ROLES_ROOM : LAYOUT_KEY))
			continue;
		if (words == WORDS_ROLES)
			number = role_number(build, word);
		else
			number = compose_key(build->compose, words == WORDS_AREA ? PEOPLE_AREA : PEOPLE_LANGUAGE, word);
		numbers_set(numbers, (size_t)id, number);
	}
	if (status != SQLITE_DONE)
		fail(build, db_result(build->roster));
	sqlite3_finalize(statement);
}

/* Lists that count on `day`, newest first. */
static void open_lists(struct build *build, const char *day)
{
	sqlite3_stmt *statement = db_prepare(build->roster,
		"SELECT edition, until FROM list"
		" WHERE until IS NULL OR until >= ? ORDER BY edition DESC");

	if (statement == NULL) {
		fail(build, db_result(build->roster));
		return;
	}
	sqlite3_bind_text(statement, 1, day, -1, SQLITE_STATIC);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		int64_t until = 0;
		uint64_t edition = (uint64_t)sqlite3_column_int64(statement, 0);
		if (date_parse(db_text(statement, 1), &until) &&
			(build->good_until_day == 0 || until < build->good_until_day))
			build->good_until_day = until;
		build->lists = mem_resize(build->lists, build->list_count + 1, sizeof(*build->lists));
		walk_begin(build, &build->lists[build->list_count++], build->roster,
			"SELECT place, birth_year, roles, area, language FROM member WHERE place BETWEEN ? AND ?"
			" ORDER BY place",
			edition);
	}
	sqlite3_finalize(statement);
}

static void merge(struct build *build, sqlite3_stmt *row, struct compose_person *person)
{
	uint32_t roles = numbers_get(&build->role_sets, sqlite3_column_int64(row, 2));

	if (person->birth_year == 0)
		person->birth_year = sqlite3_column_int(row, 1);
	if (person->area == 0)
		person->area = numbers_get(&build->areas, sqlite3_column_int64(row, 3));
	if (person->language == 0)
		person->language = numbers_get(&build->languages, sqlite3_column_int64(row, 4));
	person->roles = person->roles == 0 ? roles : join_roles(build, person->roles, roles);
	person->present = true;
}

static void add_resident(struct build *build)
{
	struct compose_person person = {
		.phone = build->residents.phone,
		.id = (uint32_t)sqlite3_column_int64(build->residents.statement, 1),
	};

	for (size_t i = 0; i < build->list_count; i++) {
		if (walk_to(build, &build->lists[i], person.phone))
			merge(build, build->lists[i].statement, &person);
	}
	/* Both, because one does not end the walk of the other. */
	bool known = walk_to(build, &build->optouts, person.phone);
	bool due = walk_to(build, &build->due, person.phone);
	person.opted_out = known || due;
	if (!compose_add(build->compose, &person))
		fail(build, RESULT_CORRUPT);
}

static void build_fini(struct build *build)
{
	sqlite3_finalize(build->residents.statement);
	sqlite3_finalize(build->optouts.statement);
	sqlite3_finalize(build->due.statement);
	for (size_t i = 0; i < build->list_count; i++)
		sqlite3_finalize(build->lists[i].statement);
	free(build->lists);
	compose_free(&build->compose);
	free(build->areas.list);
	free(build->languages.list);
	free(build->role_sets.list);
	names_fini(&build->role_words);
	if (build->fd >= 0)
		file->close(build->fd);
}

static void walk_all(struct build *build, const atomic_bool *cancel)
{
	unsigned int turn = 0;

	while (build->result == RESULT_OK && build->residents.phone != UINT64_MAX) {
		add_resident(build);
		walk_next(build, &build->residents);
		if (++turn % 4096 == 0 && cancel != NULL && atomic_load(cancel))
			fail(build, RESULT_CLOSED);
	}
}

static void open_all(struct build *build, sqlite3 *optouts, const char *day)
{
	read_words(build, "SELECT id, code FROM area", WORDS_AREA, &build->areas);
	read_words(build, "SELECT id, name FROM language", WORDS_LANGUAGE, &build->languages);
	read_words(build, "SELECT id, names FROM role_set", WORDS_ROLES, &build->role_sets);
	walk_begin(build, &build->residents, build->roster, "SELECT phone, id FROM resident ORDER BY phone", 0);
	walk_begin(build, &build->due, build->roster, "SELECT phone FROM optout_due ORDER BY phone", 0);
	walk_begin(build, &build->optouts, optouts, "SELECT phone FROM optout ORDER BY phone", 0);
	open_lists(build, day);
}

static enum result read_facts(sqlite3 *roster, struct people_facts *facts, uint64_t *next_id)
{
	enum result result = db_meta(roster, "generation", &facts->generation);

	if (result == RESULT_OK)
		result = db_meta(roster, "lineage", &facts->lineage);
	if (result == RESULT_OK)
		result = db_meta(roster, "next_id", next_id);
	if (result == RESULT_OK && (*next_id < 1 || *next_id > LAYOUT_TOP_MOST))
		result = RESULT_CORRUPT;
	return result;
}

enum result build_write(sqlite3 *roster, sqlite3 *optouts, int folder, int64_t now_ms, const atomic_bool *cancel)
{
	struct build build = {.roster = roster};
	struct people_facts facts = {.made_day = date_of(now_ms)};
	uint64_t next_id;
	char day[16];

	build.result = read_facts(roster, &facts, &next_id);
	build.fd = file->open(folder, SNAPSHOT_TMP, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
	if (build.fd < 0)
		fail(&build, result_of_errno(errno));
	if (build.result == RESULT_OK) {
		names_init(&build.role_words, ROLE_WORDS_MOST);
		build.compose = compose_new((uint32_t)(next_id - 1), sink, &build);
		open_all(&build, optouts, date_text(facts.made_day, day));
		walk_all(&build, cancel);
		facts.good_until_day = build.good_until_day;
		if (build.result == RESULT_OK && !compose_end(build.compose, &facts))
			fail(&build, RESULT_CORRUPT);
		if (build.result == RESULT_OK && file->fsync(build.fd) != 0)
			fail(&build, result_of_errno(errno));
	}
	build_fini(&build);
	if (build.result != RESULT_OK)
		build_discard(folder);
	return build.result;
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
