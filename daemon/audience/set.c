#include "audience/set.h"

#include <roaring/roaring.h>
#include <stdlib.h>
#include <string.h>

#include "audience/check.h"
#include "audience/combine.h"
#include "base/mem.h"
#include "base/require.h"

/* A set is CRoaring's bitmap; `struct set` is only its name outside this file and has no members. */
static roaring_bitmap_t *bits(struct set *set)
{
	return (roaring_bitmap_t *)(void *)set;
}

static const roaring_bitmap_t *bits_of(const struct set *set)
{
	return (const roaring_bitmap_t *)(const void *)set;
}

/* CRoaring answers NULL when memory runs out. */
static struct set *own(roaring_bitmap_t *bitmap)
{
	REQUIRE(bitmap != NULL);
	return (struct set *)(void *)bitmap;
}

struct set *set_new(void)
{
	return own(roaring_bitmap_create());
}

struct set *set_range(uint32_t first, uint32_t last)
{
	struct set *set = set_new();

	if (first <= last)
		roaring_bitmap_add_range_closed(bits(set), first, last);
	return set;
}

struct set *set_copy(const struct set *set)
{
	return own(roaring_bitmap_copy(bits_of(set)));
}

void set_free(struct set **set)
{
	if (*set != NULL)
		roaring_bitmap_free(bits(*set));
	*set = NULL;
}

void set_release(const struct set **set)
{
	if (*set != NULL)
		roaring_bitmap_free(bits_of(*set));
	*set = NULL;
}

void set_add(struct set *set, uint32_t id)
{
	roaring_bitmap_add(bits(set), id);
}

void set_remove(struct set *set, uint32_t id)
{
	roaring_bitmap_remove(bits(set), id);
}

void set_add_many(struct set *set, const uint32_t *ids, size_t count)
{
	if (count > 0)
		roaring_bitmap_add_many(bits(set), count, ids);
}

struct set *set_union(const struct set *a, const struct set *b)
{
	return combine_new(a, b, COMBINE_OR);
}

struct set *set_intersect(const struct set *a, const struct set *b)
{
	return combine_new(a, b, COMBINE_AND);
}

struct set *set_subtract(const struct set *a, const struct set *b)
{
	return combine_new(a, b, COMBINE_AND_NOT);
}

struct set *set_union_many(const struct set *const *sets, size_t count)
{
	if (count == 0)
		return set_new();
	return own(roaring_bitmap_or_many(count, (const roaring_bitmap_t **)(uintptr_t)sets));
}

void set_unite(struct set *set, const struct set *other)
{
	combine_into(set, other, COMBINE_OR);
}

void set_keep(struct set *set, const struct set *other)
{
	combine_into(set, other, COMBINE_AND);
}

void set_drop(struct set *set, const struct set *other)
{
	combine_into(set, other, COMBINE_AND_NOT);
}

struct set *set_take(struct set *set, const struct set *other)
{
	struct set *taken = set_intersect(set, other);

	set_drop(set, taken);
	return taken;
}

uint32_t set_count(const struct set *set)
{
	return (uint32_t)roaring_bitmap_get_cardinality(bits_of(set));
}

uint32_t set_count_common(const struct set *a, const struct set *b)
{
	return combine_count(a, b);
}

bool set_empty(const struct set *set)
{
	return roaring_bitmap_is_empty(bits_of(set));
}

bool set_equal(const struct set *a, const struct set *b)
{
	return roaring_bitmap_equals(bits_of(a), bits_of(b));
}

bool set_contains(const struct set *set, uint32_t id)
{
	return roaring_bitmap_contains(bits_of(set), id);
}

bool set_rank(const struct set *set, uint32_t id, uint32_t *position)
{
	if (!set_contains(set, id))
		return false;
	/* CRoaring counts the members up to and with the value. */
	*position = (uint32_t)(roaring_bitmap_rank(bits_of(set), id) - 1);
	return true;
}

bool set_select(const struct set *set, uint32_t position, uint32_t *id)
{
	return roaring_bitmap_select(bits_of(set), position, id);
}

void set_shrink(struct set *set)
{
	roaring_bitmap_run_optimize(bits(set));
	roaring_bitmap_shrink_to_fit(bits(set));
}

size_t set_bytes(const struct set *set)
{
	return roaring_bitmap_portable_size_in_bytes(bits_of(set));
}

bool set_dump(const struct set *set, struct buf *out)
{
	size_t size = set_bytes(set);
	char *bytes = mem_zalloc(size);

	roaring_bitmap_portable_serialize(bits_of(set), bytes);
	bool added = buf_add(out, bytes, size);
	free(bytes);
	return added;
}

enum result set_load(const void *bytes, size_t size, struct set **set)
{
	/* The library trusts orders and counts that it reads; set_check does not. */
	if (!set_check(bytes, size, NULL))
		return RESULT_CORRUPT;
	*set = own(roaring_bitmap_portable_deserialize_safe(bytes, size));
	return RESULT_OK;
}

size_t set_frozen_bytes(const struct set *set)
{
	return roaring_bitmap_frozen_size_in_bytes(bits_of(set));
}

void set_freeze(const struct set *set, void *out)
{
	REQUIRE((uintptr_t)out % SET_ALIGN == 0);
	roaring_bitmap_frozen_serialize(bits_of(set), out);
}

const struct set *set_view(const void *bytes, size_t size)
{
	const roaring_bitmap_t *view = roaring_bitmap_frozen_view(bytes, size);

	REQUIRE(view != NULL);
	return (const struct set *)(const void *)view;
}

struct set_cursor {
	const struct set *set;
	roaring_uint32_iterator_t at;
};

struct set_cursor *set_cursor_new(const struct set *set)
{
	struct set_cursor *cursor = mem_zalloc(sizeof(*cursor));

	cursor->set = set;
	roaring_init_iterator(bits_of(set), &cursor->at);
	return cursor;
}

void set_cursor_free(struct set_cursor **cursor)
{
	free(*cursor);
	*cursor = NULL;
}

void set_cursor_seek(struct set_cursor *cursor, uint32_t position)
{
	uint32_t id;

	roaring_init_iterator(bits_of(cursor->set), &cursor->at);
	if (set_select(cursor->set, position, &id))
		roaring_move_uint32_iterator_equalorlarger(&cursor->at, id);
	else
		cursor->at.has_value = false;
}

void set_cursor_find(struct set_cursor *cursor, uint32_t id)
{
	roaring_init_iterator(bits_of(cursor->set), &cursor->at);
	roaring_move_uint32_iterator_equalorlarger(&cursor->at, id);
}

uint32_t set_cursor_read(struct set_cursor *cursor, uint32_t *ids, uint32_t most)
{
	if (!cursor->at.has_value || most == 0)
		return 0;
	return roaring_read_uint32_iterator(&cursor->at, ids, most);
}
