#ifndef AUDIENCE_SET_H
#define AUDIENCE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/result.h"

/*
 * A set of residents: their permanent numbers (ids), in ascending order. A thin owner around a compressed bitmap of
 * CRoaring, so that no other file knows that library. A place in the order, counted from 0, is a `position`.
 *
 * Not safe for two threads when one of them changes it; reading from many is fine.
 *
 * A `const struct set *` that a function hands out may be a view: a set that lies in somebody else's bytes, made in a
 * microsecond, and never changed. Whoever was given one releases it; set_copy makes one's own of it.
 */
struct set;

/* An empty set. Free with set_free. */
struct set *set_new(void);

/* Every id from `first` to `last`, both included; empty when last < first. */
struct set *set_range(uint32_t first, uint32_t last);
struct set *set_copy(const struct set *set);

/* NULL inside is allowed. Afterwards *set is NULL. */
void set_free(struct set **set);

/* The same for a set that is only read, a view or not. */
void set_release(const struct set **set);

void set_add(struct set *set, uint32_t id);
void set_remove(struct set *set, uint32_t id);

/* Adds `count` ids; quickest when they ascend. */
void set_add_many(struct set *set, const uint32_t *ids, size_t count);

/* Each makes a new set and changes neither argument. */
struct set *set_union(const struct set *a, const struct set *b);
struct set *set_intersect(const struct set *a, const struct set *b);
struct set *set_subtract(const struct set *a, const struct set *b);

/* All of `count` sets together; quicker than one after another. */
struct set *set_union_many(const struct set *const *sets, size_t count);

/* Each changes `set` itself. */
void set_unite(struct set *set, const struct set *other);
void set_keep(struct set *set, const struct set *other); /* only what is in both stays */
void set_drop(struct set *set, const struct set *other);

/* Moves what is in both out of `set` and returns it. */
struct set *set_take(struct set *set, const struct set *other);

uint32_t set_count(const struct set *set);
uint32_t set_count_common(const struct set *a, const struct set *b);
bool set_empty(const struct set *set);
bool set_equal(const struct set *a, const struct set *b);
bool set_contains(const struct set *set, uint32_t id);

/* The position of `id`. Returns false when it is not in the set. */
bool set_rank(const struct set *set, uint32_t id, uint32_t *position);

/* The id at `position`. Returns false past the end. */
bool set_select(const struct set *set, uint32_t position, uint32_t *id);

/* Makes it as small in memory as it can be; for sets that are kept. */
void set_shrink(struct set *set);

/*
 * As bytes in the portable Roaring format (RoaringFormatSpec), added to `out`. Returns false when `out` is too small.
 * set_bytes says how many there will be.
 */
size_t set_bytes(const struct set *set);
bool set_dump(const struct set *set, struct buf *out);

/*
 * Reads what set_dump wrote; bytes from anywhere may be given. RESULT_CORRUPT when set_check (audience/check.h) says no; then
 * *set is untouched.
 */
enum result set_load(const void *bytes, size_t size, struct set **set);

/*
 * As bytes that a view can lie in: CRoaring's frozen format, `size` = set_frozen_bytes(set) of them. `out` is aligned to
 * SET_ALIGN.
 */
enum { SET_ALIGN = 32 };
size_t set_frozen_bytes(const struct set *set);
void set_freeze(const struct set *set, void *out);

/*
 * A view of what set_freeze wrote. The bytes must stay as long as the view. Requires: set_frozen_check (audience/check.h)
 * has passed these very bytes, and they are aligned to SET_ALIGN.
 */
const struct set *set_view(const void *bytes, size_t size);

/*
 * Walks a set in slices. The set must stay and must not change meanwhile.
 */
struct set_cursor;

/* Stands at position 0. */
struct set_cursor *set_cursor_new(const struct set *set);
void set_cursor_free(struct set_cursor **cursor);

/* Stands at `position`; past the end nothing more is read. */
void set_cursor_seek(struct set_cursor *cursor, uint32_t position);

/* Stands at the first member that is `id` or higher: cheaper than a position, as nothing is counted. */
void set_cursor_find(struct set_cursor *cursor, uint32_t id);

/* Reads at most `most` ids into `ids` and moves on. Returns how many; 0 at the end. */
uint32_t set_cursor_read(struct set_cursor *cursor, uint32_t *ids, uint32_t most);

#endif
