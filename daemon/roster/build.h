#ifndef ROSTER_BUILD_H
#define ROSTER_BUILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sqlite3.h>

#include "base/result.h"
#include "roster/words.h"

/*
 * Derives the snapshot from the store in one pass over residents and lists in the order of phones. Where lists differ,
 * the one imported last wins, field by field; roles add up. Lists past their `until` do not count.
 *
 * An import builds in the same pass in which it writes: then what the new list says comes from the import, and everything
 * else from the store as it was.
 */
#define SNAPSHOT_NAME "roster.snapshot"

struct build;

struct build_order {
	sqlite3 *roster, *optouts; /* read from, as of one moment, until build_end */
	int folder; /* a descriptor of the roster's folder */
	int64_t now_ms;
	uint32_t most; /* no id will be higher */
	const char *without_list; /* its members are not read, because it is being replaced; NULL: all lists */
	const char *until; /* of the new list in its place, or NULL */
};

/* Begins roster.snapshot.tmp. Free with build_free in every case. */
enum result build_begin(const struct build_order *order, struct build **build);
void build_free(struct build **build);

/* Words as the store has them. A number of words_number() that is new must be told by build_word before it is used. */
struct words *build_words(struct build *build, enum words_table table);

/* The number of a word, known to the snapshot too; 0 when there are too many. */
uint32_t build_word(struct build *build, enum words_table table, const char *word);

/* What a list says of somebody; words by number, 0: nothing. */
struct build_said {
	int birth_year;
	uint32_t roles, area, language;
	bool opt_out; /* it asks for one */
	bool absent; /* that is all it says: they are not on it */
};

/*
 * Adds the next resident, in ascending order of phones; `said`: what the new list says, NULL: they are not on it. Failures
 * are told by build_end, or by build_result before.
 */
void build_add(struct build *build, uint64_t phone, uint32_t id, const struct build_said *said);
enum result build_result(const struct build *build);

/*
 * Writes the rest of roster.snapshot.tmp, synced. RESULT_CORRUPT when the ids were not exactly those from 1 to `top`. On
 * failure the file is gone.
 */
enum result build_end(struct build *build, uint32_t top, uint64_t generation);

/* All of it for a store that does not change; inside the caller's transaction. Requires: the roster's lock is held. */
enum result build_write(sqlite3 *roster, sqlite3 *optouts, int folder, int64_t now_ms);

/* Puts the written file in its place, durably; or takes it away again. */
enum result build_publish(int folder);
void build_discard(int folder);

#endif
