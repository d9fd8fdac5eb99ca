#ifndef AUDIENCE_LAYOUT_H
#define AUDIENCE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How a roster snapshot lies in bytes; all numbers are little-endian. In order: a mark of 32 bytes; the index (ids as u32
 * in ascending order of their phones); the phone column (5 bytes per id, from id 1 on); the sets, in CRoaring's frozen
 * format, one after another; the directory (LAYOUT_ROW bytes per set, ordered by axis and key); the footer. The index, the
 * column, every set and the directory begin at multiples of 32, so that a set is used where it lies (set_view). It is
 * written from front to back without going back.
 *
 * So that what an alert asks for most is one set: the axis of birth years holds who was born in that year or before it, and
 * the axis PEOPLE_WITHIN holds who lives in or below an area, for each area that has known ones below it. Several rows may
 * name the same set.
 */
enum {
	LAYOUT_MARK = 32,
	LAYOUT_ROW = 96,
	LAYOUT_FOOTER = 96,
	LAYOUT_KEY = 72, /* bytes for a key with its closing zero */
	LAYOUT_PHONE = 5,
	LAYOUT_ALIGN = 32,
};

#define LAYOUT_TOP_MOST 400000000U /* ids; more than all residents of any province */

/* The first bytes of every snapshot; another version of the layout has another mark. */
extern const uint8_t layout_mark[LAYOUT_MARK];

struct layout_footer {
	uint64_t generation, lineage;
	int64_t made_day, good_until_day;
	uint64_t top;
	uint64_t index_at, phones_at, directory_at, directory_rows;
	uint64_t body_sum; /* of everything before the footer */
};

struct layout_row {
	uint32_t axis; /* enum people_axis */
	uint32_t size; /* bytes of the set */
	uint32_t count; /* members */
	uint64_t at;
	const char *key; /* inside the bytes that were read, or the caller's */
};

void layout_footer_put(const struct layout_footer *footer, uint8_t out[LAYOUT_FOOTER]);

/* False when the footer's own sum is wrong. */
bool layout_footer_get(const uint8_t bytes[LAYOUT_FOOTER], struct layout_footer *footer);

/* Requires: the key is shorter than LAYOUT_KEY. */
void layout_row_put(const struct layout_row *row, uint8_t out[LAYOUT_ROW]);

/* False when the key has no closing zero. */
bool layout_row_get(const uint8_t bytes[LAYOUT_ROW], struct layout_row *row);

/* A phone number of the column. */
uint64_t layout_phone_get(const uint8_t *at);
void layout_phone_put(uint8_t *at, uint64_t phone);

/*
 * A sum against damage (not against malice), made to run at memory speed. All pieces but the last must have sizes that
 * are multiples of LAYOUT_ALIGN.
 */
struct layout_sum {
	uint64_t lane[4];
	uint64_t size;
};

void layout_sum_init(struct layout_sum *sum);
void layout_sum_add(struct layout_sum *sum, const uint8_t *bytes, size_t size);
uint64_t layout_sum_end(const struct layout_sum *sum);

#endif
