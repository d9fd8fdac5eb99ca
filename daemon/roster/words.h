#ifndef ROSTER_WORDS_H
#define ROSTER_WORDS_H

#include <stdbool.h>
#include <stdint.h>
#include <sqlite3.h>

#include "base/result.h"
#include "roster/names.h"

/*
 * One of the store's tables of words (role_set, area, language) in memory. A word has two numbers: one counted from 1
 * without gaps, which the snapshot is composed with, and the store's own, which members refer to. A word that is new gets
 * its number of the store when that is first asked for, and is stored with the others of that kind at the end.
 */
enum words_table { WORDS_ROLES, WORDS_AREAS, WORDS_LANGUAGES, WORDS_TABLES };

struct words {
	enum words_table table;
	struct names names;
	uint32_t *ids; /* of the store, by number - 1; 0: not there */
	uint32_t id_room;
	uint32_t *numbers; /* by the store's */
	uint32_t number_room;
	uint32_t highest; /* of the store's numbers, new ones included */
	uint32_t stored; /* up to here they stand in the table */
};

/* Reads the table. Free with words_fini in every case. */
enum result words_read(struct words *words, sqlite3 *db, enum words_table table);
void words_fini(struct words *words);

/* The number of a word, which is made known when it is new; 0 when there are too many. */
uint32_t words_number(struct words *words, const char *word);

/* The number that one of the store stands for; 0: none. */
uint32_t words_known(const struct words *words, int64_t id);

/* The store's number of a word. Requires: `number` was given by words_number. */
uint32_t words_id(struct words *words, uint32_t number);

/* Writes the new ones that members refer to. */
enum result words_store(const struct words *words, sqlite3 *db);

#endif
