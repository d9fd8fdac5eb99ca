#include "audience/check.h"

#include "audience/bytes.h"

enum {
	COOKIE_RUNS = 12347, /* some containers are runs */
	COOKIE_NO_RUNS = 12346,
	OFFSETS_FROM = 4, /* with runs, offsets are written from this many containers on */
	ARRAY_MOST = 4096, /* a container with more values is a bitset */
	BITSET_BYTES = 8192,
	CONTAINERS_MOST = 65536,
};

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

static bool check_runs(struct reader *reader, uint32_t count, struct span *span)
{
	const uint8_t *header = take(reader, 2);
	uint32_t runs = header == NULL ? 0 : bytes_get16(header);
	const uint8_t *run = runs == 0 ? NULL : take(reader, (size_t)runs * 4);
	uint32_t total = 0, next = 0;

	if (run == NULL)
		return false;
	span->low = bytes_get16(run);
	for (uint32_t i = 0; i < runs; i++, run += 4) {
		uint32_t start = bytes_get16(run), last = start + bytes_get16(run + 2);
		if (start < next || last > UINT16_MAX)
			return false;
		total += last - start + 1;
		next = last + 1;
	}
	span->high = next - 1;
	return total == count;
}

static bool check_bitset(struct reader *reader, uint32_t count, struct span *span)
{
	const uint8_t *bytes = take(reader, BITSET_BYTES);
	uint32_t total = 0;

	if (bytes == NULL)
		return false;
	for (size_t i = 0; i < BITSET_BYTES; i += 8) {
		uint64_t word = bytes_get64(bytes + i);
		if (word == 0)
			continue;
		if (total == 0)
			span->low = (uint32_t)(i * 8) + (uint32_t)__builtin_ctzll(word);
		span->high = (uint32_t)(i * 8) + 63 - (uint32_t)__builtin_clzll(word);
		total += (uint32_t)__builtin_popcountll(word);
	}
	return total == count;
}

static bool check_array(struct reader *reader, uint32_t count, struct span *span)
{
	const uint8_t *values = take(reader, (size_t)count * 2);
	uint32_t next = 0;

	if (values == NULL)
		return false;
	span->low = bytes_get16(values);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t value = bytes_get16(values + i * 2);
		if (value < next)
			return false;
		next = value + 1;
	}
	span->high = next - 1;
	return true;
}

static bool check_container(struct reader *reader, const struct shape *shape, uint32_t i, struct span *span)
{
	uint32_t count = (uint32_t)bytes_get16(shape->keys + i * 4 + 2) + 1;

	if (shape->runs != NULL && (shape->runs[i / 8] >> i % 8 & 1) != 0)
		return check_runs(reader, count, span);
	if (count > ARRAY_MOST)
		return check_bitset(reader, count, span);
	return check_array(reader, count, span);
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
