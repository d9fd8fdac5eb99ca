#include "audience/check.h"

#include <string.h>

#include "audience/bytes.h"

enum {
	COOKIE_RUNS = 12347, /* some containers are runs */
	COOKIE_NO_RUNS = 12346,
	OFFSETS_FROM = 4, /* with runs, offsets are written from this many containers on */
	ARRAY_MOST = 4096, /* a container with more values is a bitset */
	BITSET_BYTES = 8192,
	CONTAINERS_MOST = 65536,
};

/* CRoaring lays its numbers down in the byte order of the machine, which is little-endian on all that crier is built for. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "snapshots and sets are little-endian");

static uint32_t own16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t own64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

struct reader {
	const uint8_t *at, *end;
};

static bool has(const struct reader *reader, size_t size)
{
	return (size_t)(reader->end - reader->at) >= size;
}

/* Takes `size` bytes, or returns NULL. */
static const uint8_t *take(struct reader *reader, size_t size)
{
	const uint8_t *bytes = reader->at;

	if (!has(reader, size))
		return NULL;
	reader->at += size;
	return bytes;
}

struct shape {
	uint32_t containers;
	const uint8_t *runs; /* one bit per container; NULL: none is a run */
	const uint8_t *keys; /* pairs of key and count - 1 */
	const uint8_t *offsets; /* or NULL */
};

static bool read_shape(struct reader *reader, struct shape *shape)
{
	const uint8_t *cookie = take(reader, 4);

	if (cookie == NULL)
		return false;
	*shape = (struct shape){0};
	if (bytes_get16(cookie) == COOKIE_RUNS) {
		shape->containers = (uint32_t)bytes_get16(cookie + 2) + 1;
		shape->runs = take(reader, (shape->containers + 7) / 8);
		if (shape->runs == NULL)
			return false;
	} else {
		const uint8_t *count = take(reader, 4);
		if (bytes_get32(cookie) != COOKIE_NO_RUNS || count == NULL || bytes_get32(count) > CONTAINERS_MOST)
			return false;
		shape->containers = bytes_get32(count);
	}
	shape->keys = take(reader, shape->containers * 4);
	if (shape->keys == NULL)
		return false;
	if (shape->runs == NULL || shape->containers >= OFFSETS_FROM) {
		shape->offsets = take(reader, shape->containers * 4);
		return shape->offsets != NULL;
	}
	return true;
}

/* What one container holds: its lowest and highest value. */
struct span {
	uint32_t low, high;
};

/* Runs of ascending values that do not overlap and stay within 16 bits; *count is how many values they hold. */
static bool check_spans(const uint8_t *run, uint32_t runs, struct span *span, uint32_t *count)
{
	uint32_t total = 0, next = 0;

	span->low = own16(run);
	for (uint32_t i = 0; i < runs; i++, run += 4) {
		uint32_t start = own16(run), last = start + own16(run + 2);
		if (start < next || last > UINT16_MAX)
			return false;
		total += last - start + 1;
		next = last + 1;
	}
	span->high = next - 1;
	*count = total;
	return true;
}

static bool check_runs(struct reader *reader, uint32_t count, struct span *span)
{
	const uint8_t *header = take(reader, 2);
	uint32_t runs = header == NULL ? 0 : own16(header), total;
	const uint8_t *run = runs == 0 ? NULL : take(reader, (size_t)runs * 4);

	return run != NULL && check_spans(run, runs, span, &total) && total == count;
}

static bool check_bits(const uint8_t *bytes, uint32_t count, struct span *span)
{
	uint32_t total = 0, first = 0, last = BITSET_BYTES - 8;
	uint64_t word;

	for (size_t i = 0; i < BITSET_BYTES; i += 8)
		total += (uint32_t)__builtin_popcountll(own64(bytes + i));
	if (total != count)
		return false;
	while ((word = own64(bytes + first)) == 0)
		first += 8;
	span->low = first * 8 + (uint32_t)__builtin_ctzll(word);
	while ((word = own64(bytes + last)) == 0)
		last -= 8;
	span->high = last * 8 + 63 - (uint32_t)__builtin_clzll(word);
	return true;
}

static bool check_values(const uint8_t *values, uint32_t count, struct span *span)
{
	uint32_t wrong = 0;

	/* Without a way out of the loop, so that the compiler may take many values at once. */
	for (uint32_t i = 1; i < count; i++)
		wrong |= own16(values + (size_t)i * 2) <= own16(values + (size_t)(i - 1) * 2);
	span->low = own16(values);
	span->high = own16(values + (size_t)(count - 1) * 2);
	return wrong == 0;
}

static bool check_container(struct reader *reader, const struct shape *shape, uint32_t i, struct span *span)
{
	uint32_t count = (uint32_t)bytes_get16(shape->keys + i * 4 + 2) + 1;

	if (shape->runs != NULL && (shape->runs[i / 8] >> i % 8 & 1) != 0)
		return check_runs(reader, count, span);
	const uint8_t *bytes = take(reader, count > ARRAY_MOST ? BITSET_BYTES : (size_t)count * 2);
	if (bytes == NULL)
		return false;
	return count > ARRAY_MOST ? check_bits(bytes, count, span) : check_values(bytes, count, span);
}

bool set_check(const void *bytes, size_t size, struct set_facts *facts)
{
	struct reader reader = {bytes, (const uint8_t *)bytes + size};
	struct set_facts found = {0};
	struct shape shape;

	if (!read_shape(&reader, &shape))
		return false;
	for (uint32_t i = 0; i < shape.containers; i++) {
		struct span span = {0};
		uint32_t key = bytes_get16(shape.keys + i * 4);
		size_t offset = (size_t)(reader.at - (const uint8_t *)bytes);
		if (i > 0 && key <= bytes_get16(shape.keys + (i - 1) * 4))
			return false;
		if (shape.offsets != NULL && bytes_get32(shape.offsets + i * 4) != offset)
			return false;
		if (!check_container(&reader, &shape, i, &span))
			return false;
		if (i == 0)
			found.first = key << 16 | span.low;
		found.last = key << 16 | span.high;
		found.count += (uint32_t)bytes_get16(shape.keys + i * 4 + 2) + 1;
	}
	if (facts != NULL)
		*facts = found;
	return reader.at == reader.end;
}

enum {
	FROZEN_COOKIE = 13766, /* the low 15 bits of the closing word; the others are the number of containers */
	FROZEN_COOKIE_BITS = 15,
	FROZEN_EACH = 5, /* bytes of a container's key, count and kind */
	KIND_BITSET = 1,
	KIND_ARRAY = 2,
	KIND_RUN = 3,
};

struct frozen {
	struct reader bitsets, runs, arrays;
	uint32_t containers;
	const uint8_t *keys, *counts, *kinds;
};

/* Finds where everything lies. False when the parts do not add up to exactly the bytes. */
static bool read_frozen(const uint8_t *bytes, size_t size, struct frozen *frozen)
{
	uint32_t closing;
	uint64_t bitsets = 0, runs = 0, arrays = 0;

	if (size < sizeof(closing))
		return false;
	memcpy(&closing, bytes + size - sizeof(closing), sizeof(closing));
	size -= sizeof(closing);
	frozen->containers = closing >> FROZEN_COOKIE_BITS;
	if ((closing & ((1U << FROZEN_COOKIE_BITS) - 1)) != FROZEN_COOKIE || frozen->containers > CONTAINERS_MOST ||
		size < (size_t)frozen->containers * FROZEN_EACH)
		return false;
	size -= (size_t)frozen->containers * FROZEN_EACH;
	frozen->keys = bytes + size;
	frozen->counts = frozen->keys + (size_t)frozen->containers * 2;
	frozen->kinds = frozen->counts + (size_t)frozen->containers * 2;
	for (uint32_t i = 0; i < frozen->containers; i++) {
		uint32_t count = own16(frozen->counts + (size_t)i * 2);
		bitsets += frozen->kinds[i] == KIND_BITSET ? BITSET_BYTES : 0;
		runs += frozen->kinds[i] == KIND_RUN ? (uint64_t)count * 4 : 0;
		arrays += frozen->kinds[i] == KIND_ARRAY ? ((uint64_t)count + 1) * 2 : 0;
	}
	if (bitsets + runs + arrays != size)
		return false;
	frozen->bitsets = (struct reader){bytes, bytes + bitsets};
	frozen->runs = (struct reader){bytes + bitsets, bytes + bitsets + runs};
	frozen->arrays = (struct reader){bytes + bitsets + runs, bytes + size};
	return true;
}

/* Of a container in frozen bytes; *count is how many values it holds. */
static bool check_frozen_container(struct frozen *frozen, uint32_t i, struct span *span, uint32_t *count)
{
	uint32_t told = own16(frozen->counts + (size_t)i * 2);

	*count = told + 1;
	switch (frozen->kinds[i]) {
	case KIND_BITSET:
		return *count > ARRAY_MOST && check_bits(take(&frozen->bitsets, BITSET_BYTES), *count, span);
	case KIND_ARRAY:
		return *count <= ARRAY_MOST && check_values(take(&frozen->arrays, (size_t)*count * 2), *count, span);
	case KIND_RUN:
		return told > 0 && check_spans(take(&frozen->runs, (size_t)told * 4), told, span, count);
	default:
		return false;
	}
}

bool set_frozen_check(const void *bytes, size_t size, struct set_facts *facts)
{
	struct set_facts found = {0};
	struct frozen frozen;

	if (!read_frozen(bytes, size, &frozen))
		return false;
	for (uint32_t i = 0; i < frozen.containers; i++) {
		struct span span = {0};
		uint32_t key = own16(frozen.keys + (size_t)i * 2), count;
		if (i > 0 && key <= own16(frozen.keys + (size_t)(i - 1) * 2))
			return false;
		if (!check_frozen_container(&frozen, i, &span, &count))
			return false;
		if (i == 0)
			found.first = key << 16 | span.low;
		found.last = key << 16 | span.high;
		found.count += count;
	}
	if (facts != NULL)
		*facts = found;
	return true;
}
