#include "audience/combine.h"

#include <roaring/containers/containers.h>
#include <roaring/roaring.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/require.h"

enum { WORDS = BITSET_CONTAINER_SIZE_IN_WORDS, ARRAY_MOST = DEFAULT_MAX_SIZE };

static const roaring_array_t *array_of(const struct set *set)
{
	return &((const roaring_bitmap_t *)(const void *)set)->high_low_container;
}

/* Combines into `out` and counts; inlined into one function for each kind of processor. */
static inline __attribute__((always_inline)) uint32_t combine_bits(const uint64_t *a, const uint64_t *b, uint64_t *out,
	enum combine how)
{
	uint32_t count = 0;

	for (int i = 0; i < WORDS; i++) {
		uint64_t word = how == COMBINE_OR ? a[i] | b[i] : how == COMBINE_AND ? a[i] & b[i] : a[i] & ~b[i];
		out[i] = word;
		count += (uint32_t)__builtin_popcountll(word);
	}
	return count;
}

static inline __attribute__((always_inline)) uint32_t choose(const uint64_t *a, const uint64_t *b, uint64_t *out,
	enum combine how)
{
	switch (how) {
	case COMBINE_AND:
		return combine_bits(a, b, out, COMBINE_AND);
	case COMBINE_AND_NOT:
		return combine_bits(a, b, out, COMBINE_AND_NOT);
	default:
		return combine_bits(a, b, out, COMBINE_OR);
	}
}

static inline __attribute__((always_inline)) uint32_t count_bits(const uint64_t *a, const uint64_t *b)
{
	uint32_t count = 0;

	for (int i = 0; i < WORDS; i++)
		count += (uint32_t)__builtin_popcountll(a[i] & b[i]);
	return count;
}

static uint32_t combine_anywhere(const uint64_t *a, const uint64_t *b, uint64_t *out, enum combine how)
{
	return choose(a, b, out, how);
}

static uint32_t count_anywhere(const uint64_t *a, const uint64_t *b)
{
	return count_bits(a, b);
}

#if defined(__x86_64__)
__attribute__((target("popcnt"))) static uint32_t combine_counting(const uint64_t *a, const uint64_t *b, uint64_t *out,
	enum combine how)
{
	return choose(a, b, out, how);
}

__attribute__((target("popcnt"))) static uint32_t count_counting(const uint64_t *a, const uint64_t *b)
{
	return count_bits(a, b);
}

static bool can_count(void)
{
	return __builtin_cpu_supports("popcnt");
}
#else
#define combine_counting combine_anywhere
#define count_counting   count_anywhere

static bool can_count(void)
{
	return false;
}
#endif

struct combination {
	enum combine how;
	bool counting; /* the processor counts bits by itself */
	bool take; /* the first set's containers may be changed and moved; NULL stands where one was */
	roaring_bitmap_t *out;
	bitset_container_t *spare; /* room for the next bitset */
};

/*
 * Bits as a list. Most words hold none, one or two: so many are taken from each without asking, because how many there are
 * would be guessed wrong every other time.
 */
static void *to_array(const bitset_container_t *bits, uint32_t count)
{
	enum { UNASKED = 2 };
	const uint64_t last = (uint64_t)1 << 63;
	array_container_t *array = array_container_create_given_capacity((int32_t)count + UNASKED);
	uint32_t used = 0;

	REQUIRE(array != NULL);
	for (int i = 0; i < WORDS; i++) {
		uint64_t word = bits->array[i];
		for (int k = 0; k < UNASKED; k++) {
			array->array[used] = (uint16_t)(i * 64 + __builtin_ctzll(word | last));
			used += word != 0;
			word &= word - 1;
		}
		for (; word != 0; word &= word - 1)
			array->array[used++] = (uint16_t)(i * 64 + __builtin_ctzll(word));
	}
	array->cardinality = (int32_t)used;
	return array;
}

/* `a` is container `i` of the first set. */
static void *combine_bitsets(struct combination *combination, roaring_array_t *first, int32_t i,
	const bitset_container_t *b, uint8_t *type)
{
	bitset_container_t *a = first->containers[i], *bits = combination->take ? a : combination->spare;

	if (bits == NULL)
		bits = combination->spare = bitset_container_create();
	REQUIRE(bits != NULL);
	uint32_t count = (combination->counting ? combine_counting : combine_anywhere)(a->array, b->array, bits->array,
		combination->how);
	if (count <= ARRAY_MOST) {
		*type = ARRAY_CONTAINER_TYPE_CODE;
		return to_array(bits, count);
	}
	bits->cardinality = (int32_t)count;
	if (combination->take)
		first->containers[i] = NULL;
	else
		combination->spare = NULL;
	*type = BITSET_CONTAINER_TYPE_CODE;
	return bits;
}

/* Who of the list is among the bits; without branches, which would be guessed wrong every other time. */
static void *keep_listed(const array_container_t *list, const bitset_container_t *bits, uint8_t *type)
{
	array_container_t *array = array_container_create_given_capacity(list->cardinality);
	const uint16_t *from = list->array, *end = from + list->cardinality;
	const uint64_t *words = bits->array;
	uint32_t used = 0;

	REQUIRE(array != NULL);
	uint16_t *to = array->array;
	for (; from < end; from++) {
		unsigned int value = *from;
		to[used] = (uint16_t)value;
		used += words[value >> 6] >> (value & 63) & 1;
	}
	array->cardinality = (int32_t)used;
	*type = ARRAY_CONTAINER_TYPE_CODE;
	return array;
}

/* One container of both. */
static void add_pair(struct combination *combination, roaring_array_t *a, int32_t i, const roaring_array_t *b,
	int32_t k)
{
	const void *x = a->containers[i], *y = b->containers[k];
	uint8_t x_type = a->typecodes[i], y_type = b->typecodes[k], type;
	void *result;

	if (x_type == BITSET_CONTAINER_TYPE_CODE && y_type == BITSET_CONTAINER_TYPE_CODE)
		result = combine_bitsets(combination, a, i, y, &type);
	else if (combination->how == COMBINE_AND && x_type == ARRAY_CONTAINER_TYPE_CODE &&
		y_type == BITSET_CONTAINER_TYPE_CODE)
		result = keep_listed(x, y, &type);
	else if (combination->how == COMBINE_AND && x_type == BITSET_CONTAINER_TYPE_CODE &&
		y_type == ARRAY_CONTAINER_TYPE_CODE)
		result = keep_listed(y, x, &type);
	else if (combination->how == COMBINE_AND)
		result = container_and(x, x_type, y, y_type, &type);
	else if (combination->how == COMBINE_OR)
		result = container_or(x, x_type, y, y_type, &type);
	else
		result = container_andnot(x, x_type, y, y_type, &type);
	REQUIRE(result != NULL);
	if (container_nonzero_cardinality(result, type))
		ra_append(&combination->out->high_low_container, a->keys[i], result, type);
	else
		container_free(result, type);
}

/* A container that only one of the sets has. */
static void add_copy(struct combination *combination, const roaring_array_t *from, int32_t i)
{
	void *copy = container_clone(from->containers[i], from->typecodes[i]);

	REQUIRE(copy != NULL);
	ra_append(&combination->out->high_low_container, from->keys[i], copy, from->typecodes[i]);
}

/* Moves container `i` of the first set. */
static void add_moved(struct combination *combination, roaring_array_t *from, int32_t i)
{
	ra_append(&combination->out->high_low_container, from->keys[i], from->containers[i], from->typecodes[i]);
	from->containers[i] = NULL;
}

/* Both sets together. The first is changed only when its containers may be taken. */
static roaring_bitmap_t *combine(roaring_array_t *a, const roaring_array_t *b, enum combine how, bool take)
{
	struct combination combination = {.how = how,
		.counting = can_count(),
		.take = take,
		.out = roaring_bitmap_create_with_capacity((uint32_t)a->size)};
	int32_t i = 0, k = 0;

	REQUIRE(combination.out != NULL);
	while (i < a->size || k < b->size) {
		bool in_a = i < a->size && (k == b->size || a->keys[i] <= b->keys[k]);
		bool in_b = k < b->size && (i == a->size || b->keys[k] <= a->keys[i]);
		if (in_a && in_b)
			add_pair(&combination, a, i, b, k);
		else if (in_a && how != COMBINE_AND && take)
			add_moved(&combination, a, i);
		else if (in_a && how != COMBINE_AND)
			add_copy(&combination, a, i);
		else if (in_b && how == COMBINE_OR)
			add_copy(&combination, b, k);
		i += in_a;
		k += in_b;
	}
	if (combination.spare != NULL)
		bitset_container_free(combination.spare);
	return combination.out;
}

struct set *combine_new(const struct set *a, const struct set *b, enum combine how)
{
	/* Only read, as nothing is taken. */
	roaring_array_t first = *array_of(a);

	return (struct set *)(void *)combine(&first, array_of(b), how, false);
}

static bool has_bitsets(const roaring_array_t *array)
{
	for (int32_t i = 0; i < array->size; i++) {
		if (array->typecodes[i] == BITSET_CONTAINER_TYPE_CODE)
			return true;
	}
	return false;
}

void combine_into(struct set *set, const struct set *other, enum combine how)
{
	roaring_bitmap_t *mine = (roaring_bitmap_t *)(void *)set;
	const roaring_bitmap_t *theirs = (const roaring_bitmap_t *)(const void *)other;

	/* Short lists are quickly put into large sets, or taken out of them, in place. */
	if (!has_bitsets(array_of(set)) || !has_bitsets(array_of(other))) {
		if (how == COMBINE_AND)
			roaring_bitmap_and_inplace(mine, theirs);
		else if (how == COMBINE_OR)
			roaring_bitmap_or_inplace(mine, theirs);
		else
			roaring_bitmap_andnot_inplace(mine, theirs);
		return;
	}
	roaring_array_t *array = &mine->high_low_container;
	REQUIRE((array->flags & ROARING_FLAG_FROZEN) == 0);
	roaring_bitmap_t *fresh = combine(array, array_of(other), how, true);
	for (int32_t i = 0; i < array->size; i++) {
		if (array->containers[i] != NULL)
			container_free(array->containers[i], array->typecodes[i]);
	}
	ra_clear_without_containers(array);
	*array = fresh->high_low_container;
	free(fresh);
}

uint32_t combine_count(const struct set *a_set, const struct set *b_set)
{
	const roaring_array_t *a = array_of(a_set), *b = array_of(b_set);
	bool counting = can_count();
	uint32_t count = 0;

	for (int32_t i = 0, k = 0; i < a->size && k < b->size;) {
		uint16_t x = a->keys[i], y = b->keys[k];
		if (x == y) {
			const void *one = a->containers[i], *two = b->containers[k];
			if (a->typecodes[i] == BITSET_CONTAINER_TYPE_CODE &&
				b->typecodes[k] == BITSET_CONTAINER_TYPE_CODE)
				count += (counting ? count_counting
						   : count_anywhere)(((const bitset_container_t *)one)->array,
					((const bitset_container_t *)two)->array);
			else
				count += (uint32_t)container_and_cardinality(one, a->typecodes[i], two,
					b->typecodes[k]);
		}
		i += x <= y;
		k += y <= x;
	}
	return count;
}
