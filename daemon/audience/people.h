#ifndef AUDIENCE_PEOPLE_H
#define AUDIENCE_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audience/set.h"
#include "base/phone.h"
#include "base/problem.h"
#include "base/result.h"

/*
 * A read-only view of everybody, over the bytes of a roster snapshot (audience/layout.h): a column of phone numbers by
 * id, an index from phone to id, and compressed sets by role, birth year, area, language and mark, used where they lie.
 * Whoever maps the bytes (room roster) keeps them in place until people_free, and until every set that was handed out is
 * released. Ids run from 1 to people_top() without gaps.
 *
 * May be read by several threads at once.
 */
struct people;

/* What sets there are. Keys are strings: "student", "1948", "320583100001", "zh". */
enum people_axis {
	PEOPLE_ROLE,
	PEOPLE_YEAR, /* four digits */
	PEOPLE_AREA, /* as area_prefix() (flow/area.h) writes codes */
	PEOPLE_LANGUAGE,
	PEOPLE_MARK, /* PEOPLE_PRESENT, PEOPLE_GONE, PEOPLE_OPTED_OUT */
	PEOPLE_WITHIN, /* the snapshot's own: unions of PEOPLE_AREA, which people_beginning finds */
	PEOPLE_AXIS_COUNT,
};

#define PEOPLE_PRESENT   "present" /* on a list that counts */
#define PEOPLE_GONE      "gone" /* known once, on no list any more */
#define PEOPLE_OPTED_OUT "opted-out" /* when the snapshot was made; room roster knows the newest */

/*
 * Reads `size` bytes at `bytes` (aligned to SET_ALIGN). Every offset, length, order, checksum and set is checked first: bytes
 * from anywhere may be given. RESULT_CORRUPT comes with a problem (`problems` may be NULL). The bytes stay the caller's
 * and must outlive *people.
 */
enum result people_open(const void *bytes, size_t size, struct people **people, struct problems *problems);
void people_free(struct people **people);

/* A view of nobody, for a daemon without a roster and for tests. */
struct people *people_nobody(void);

/* The highest id; 0 when nobody is known. */
uint32_t people_top(const struct people *people);

/* What the snapshot says about itself: the store's generation and lineage, and days since 1970 (local). */
struct people_facts {
	uint64_t generation;
	uint64_t lineage;
	int64_t made_day;
	int64_t good_until_day; /* on the day after it a list stops counting; 0: none ends */
};
const struct people_facts *people_facts(const struct people *people);

/* The number of an id; 0 when there is no such id. */
phone_t people_phone(const struct people *people, uint32_t id);

/* Fills `phones` for `count` ids, 0 for those without a number. Returns how many these are. */
uint32_t people_phones(const struct people *people, const uint32_t *ids, uint32_t count, phone_t *phones);

/* False when the number was never on a list. */
bool people_find(const struct people *people, phone_t phone, uint32_t *id);

/* The same for many numbers in ascending order, much quicker. *place is 0 before the first and kept between calls. */
bool people_find_next(const struct people *people, phone_t phone, uint32_t *place, uint32_t *id);

/* One key of an axis and how many are under it. `key` lives as long as the view. */
struct people_group {
	const char *key;
	uint32_t count;
};

/* How many keys an axis has, and each of them in byte order of the keys. Requires: index < people_groups(). */
size_t people_groups(const struct people *people, enum people_axis axis);
struct people_group people_group(const struct people *people, enum people_axis axis, size_t index);

/*
 * Everybody under exactly this key; born from year `first` to year `last` (four digits), both included; in areas whose
 * codes begin so. Release each with set_release, before the view goes.
 */
const struct set *people_under(const struct people *people, enum people_axis axis, const char *key);
const struct set *people_born(const struct people *people, const char *first, const char *last);
const struct set *people_beginning(const struct people *people, const char *prefix);

#endif
