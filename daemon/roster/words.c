#include "roster/words.h"

#include <stdlib.h>
#include <string.h>

#include "audience/layout.h"
#include "base/mem.h"
#include "roster/db.h"

enum { ID_MOST = 10000000 };

static const struct {
	const char *read, *insert;
	uint32_t most; /* different words; the snapshot numbers languages and sets of roles in 16 bits */
	size_t longest;
} tables[WORDS_TABLES] = {
	[WORDS_ROLES] = {"SELECT id, names FROM role_set", "INSERT INTO role_set(id, names) VALUES(?, ?)", 65000,
		ROLES_ROOM - 1},
	[WORDS_AREAS] = {"SELECT id, code FROM area", "INSERT INTO area(id, code) VALUES(?, ?)", 2000000,
		LAYOUT_KEY - 1},
	[WORDS_LANGUAGES] = {"SELECT id, name FROM language", "INSERT INTO language(id, name) VALUES(?, ?)", 65000,
		LAYOUT_KEY - 1},
};

/* Sets list[at], which grows with zeros up to there. */
static void put_at(uint32_t **list, uint32_t *room, uint32_t at, uint32_t value)
{
	if (at >= *room) {
		uint32_t more = at + at / 2 + 64;
		*list = mem_resize(*list, more, sizeof(**list));
		memset(*list + *room, 0, (more - *room) * sizeof(**list));
		*room = more;
	}
	(*list)[at] = value;
}

static void set_id(struct words *words, uint32_t number, uint32_t id)
{
	put_at(&words->ids, &words->id_room, number - 1, id);
	put_at(&words->numbers, &words->number_room, id, number);
	words->highest = id > words->highest ? id : words->highest;
}

static void read_row(struct words *words, sqlite3_stmt *row)
{
	int64_t id = sqlite3_column_int64(row, 0);
	const char *word = db_text(row, 1);

	/* Numbers are given one after another; what is far beyond any count of words is damage. */
	if (id <= 0 || id > ID_MOST)
		return;
	words->highest = id > words->highest ? (uint32_t)id : words->highest;
	if (strlen(word) > tables[words->table].longest)
		return;
	uint32_t number = names_put(&words->names, word);
	if (number != 0)
		set_id(words, number, (uint32_t)id);
}

enum result words_read(struct words *words, sqlite3 *db, enum words_table table)
{
	sqlite3_stmt *row = db_prepare(db, tables[table].read);
	int status = SQLITE_ERROR;

	*words = (struct words){.table = table};
	names_init(&words->names, tables[table].most);
	while (row != NULL && (status = sqlite3_step(row)) == SQLITE_ROW)
		read_row(words, row);
	enum result result = status == SQLITE_DONE ? RESULT_OK : db_result(db);
	sqlite3_finalize(row);
	words->stored = words->highest;
	return result;
}

void words_fini(struct words *words)
{
	names_fini(&words->names);
	free(words->ids);
	free(words->numbers);
	*words = (struct words){0};
}

uint32_t words_number(struct words *words, const char *word)
{
	return strlen(word) > tables[words->table].longest ? 0 : names_put(&words->names, word);
}

uint32_t words_known(const struct words *words, int64_t id)
{
	return id > 0 && id < words->number_room ? words->numbers[id] : 0;
}

uint32_t words_id(struct words *words, uint32_t number)
{
	if (number > words->id_room || words->ids[number - 1] == 0)
		set_id(words, number, words->highest + 1);
	return words->ids[number - 1];
}

enum result words_store(const struct words *words, sqlite3 *db)
{
	enum result result = RESULT_OK;

	if (words->highest == words->stored)
		return RESULT_OK;
	sqlite3_stmt *insert = db_prepare(db, tables[words->table].insert);
	if (insert == NULL)
		return db_result(db);
	for (uint32_t id = words->stored + 1; id <= words->highest && result == RESULT_OK; id++) {
		sqlite3_bind_int64(insert, 1, id);
		sqlite3_bind_text(insert, 2, names_get(&words->names, words->numbers[id]), -1, SQLITE_STATIC);
		result = db_step(db, insert);
	}
	sqlite3_finalize(insert);
	return result;
}
