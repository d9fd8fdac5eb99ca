#include "ledger/pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"
#include "base/utf8.h"

_Static_assert(STATE_COUNT <= 16, "half a byte holds a state, and four bits of a receipt's first byte");

#define NUMBER_MOST 10 /* bytes of a 64-bit number, 7 bits each */

static size_t put_number(uint8_t out[NUMBER_MOST], uint64_t number)
{
	size_t size = 0;

	while (number >= 0x80) {
		out[size++] = (uint8_t)(number | 0x80);
		number >>= 7;
	}
	out[size++] = (uint8_t)number;
	return size;
}

static void add_number(struct buf *out, uint64_t number)
{
	uint8_t bytes[NUMBER_MOST];

	buf_add(out, bytes, put_number(bytes, number));
}

static bool get_number(const uint8_t **at, const uint8_t *end, uint64_t *number)
{
	*number = 0;
	for (unsigned int shift = 0; *at < end && shift < 64; shift += 7) {
		uint8_t byte = *(*at)++;

		if (shift == 63 && byte > 1)
			return false;
		*number |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return true;
	}
	return false;
}

static bool get_small(const uint8_t **at, const uint8_t *end, uint32_t *number)
{
	uint64_t big;

	if (!get_number(at, end, &big) || big > UINT32_MAX)
		return false;
	*number = (uint32_t)big;
	return true;
}

void pack_positions(struct buf *out, const uint32_t *positions, uint32_t count)
{
	uint32_t before = 0;

	for (uint32_t i = 0; i < count; i++) {
		REQUIRE(i == 0 || positions[i] > before);
		add_number(out, positions[i] - before);
		before = positions[i];
	}
}

void pack_exclusions(struct buf *out, const struct ledger_exclusion *list, uint32_t count)
{
	uint32_t before = 0;

	for (uint32_t i = 0; i < count; i++) {
		REQUIRE(i == 0 || list[i].position > before);
		add_number(out, list[i].position - before);
		buf_add_byte(out, (unsigned char)list[i].state);
		before = list[i].position;
	}
}

/* The next distance of an ascending list; only the first may be 0. */
static bool get_position(const uint8_t **at, const uint8_t *end, uint32_t index, uint32_t *position)
{
	uint32_t distance;

	if (!get_small(at, end, &distance) || (index > 0 && distance == 0) || distance > UINT32_MAX - *position)
		return false;
	*position += distance;
	return true;
}

static void unpacked_grow(struct unpacked *out)
{
	if (out->count < out->room)
		return;
	out->room = out->room == 0 ? 64 : out->room * 2;
	out->positions = mem_resize(out->positions, out->room, sizeof(*out->positions));
	out->exclusions = mem_resize(out->exclusions, out->room, sizeof(*out->exclusions));
}

bool unpack_positions(const void *bytes, size_t size, struct unpacked *out)
{
	const uint8_t *at = size == 0 ? (const uint8_t *)"" : bytes;
	const uint8_t *end = at + size;
	uint32_t position = 0;

	for (out->count = 0; at < end; out->count++) {
		if (!get_position(&at, end, out->count, &position))
			return false;
		unpacked_grow(out);
		out->positions[out->count] = position;
	}
	return true;
}

bool unpack_exclusions(const void *bytes, size_t size, struct unpacked *out)
{
	const uint8_t *at = size == 0 ? (const uint8_t *)"" : bytes;
	const uint8_t *end = at + size;
	uint32_t position = 0;

	for (out->count = 0; at < end; out->count++) {
		if (!get_position(&at, end, out->count, &position) || at == end || *at >= STATE_COUNT)
			return false;
		unpacked_grow(out);
		out->exclusions[out->count] = (struct ledger_exclusion){position, (enum state) * at++};
	}
	return true;
}

void unpacked_fini(struct unpacked *unpacked)
{
	free(unpacked->positions);
	free(unpacked->exclusions);
	*unpacked = (struct unpacked){0};
}

/* How many of the states from `at` on are the same. Whole words first: millions of equal ones are the rule. */
static uint32_t run_length(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *begin = at;
	uint64_t pattern = 0x0101010101010101u * *at;
	uint64_t word;

	while (end - at >= 8 && (memcpy(&word, at, 8), word == pattern))
		at += 8;
	while (at < end && *at == *begin)
		at++;
	return (uint32_t)(at - begin);
}

static void pack_nibbles(struct buf *out, const uint8_t *states, uint32_t size)
{
	buf_add_byte(out, 'N');
	for (uint32_t i = 0; i < size; i += 2) {
		unsigned int high = i + 1 < size ? states[i + 1] : 0;

		buf_add_byte(out, (unsigned char)(states[i] | high << 4));
	}
}

void pack_states(struct buf *out, const uint8_t *states, uint32_t size)
{
	size_t begin = out->size;
	size_t nibbles = 1 + ((size_t)size + 1) / 2;

	buf_add_byte(out, 'R');
	for (const uint8_t *at = states, *end = states + size; at < end;) {
		uint32_t run = run_length(at, end);

		REQUIRE(*at < STATE_COUNT);
		buf_add_byte(out, *at);
		add_number(out, run);
		at += run;
		if (out->size - begin <= nibbles)
			continue;
		out->size = begin;
		pack_nibbles(out, states, size);
		return;
	}
}

static bool unpack_runs(const uint8_t *at, const uint8_t *end, uint8_t *states, uint32_t count)
{
	uint32_t done = 0;

	while (at < end) {
		uint8_t state = *at++;
		uint32_t run;

		if (state >= STATE_COUNT || !get_small(&at, end, &run) || run == 0 || run > count - done)
			return false;
		memset(states + done, state, run);
		done += run;
	}
	return done == count;
}

bool unpack_states(const void *bytes, size_t size, uint8_t *states, uint32_t count)
{
	const uint8_t *at = bytes;

	if (size == 0)
		return false;
	if (*at == 'R')
		return unpack_runs(at + 1, at + size, states, count);
	if (*at != 'N' || size - 1 != ((size_t)count + 1) / 2)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		states[i] = (uint8_t)(at[1 + i / 2] >> (i % 2) * 4 & 15);
		if (states[i] >= STATE_COUNT)
			return false;
	}
	return true;
}

bool unpack_state(const void *bytes, size_t size, uint32_t position, enum state *state)
{
	const uint8_t *at = bytes;
	uint64_t done = 0;

	if (size == 0)
		return false;
	const uint8_t *end = at + size;

	if (*at == 'N') {
		if (position / 2 >= size - 1)
			return false;
		*state = (enum state)(at[1 + position / 2] >> (position % 2) * 4 & 15);
		return *state < STATE_COUNT;
	}
	if (*at++ != 'R')
		return false;
	while (at < end) {
		uint32_t run;

		*state = (enum state) * at++;
		if (*state >= STATE_COUNT || !get_small(&at, end, &run))
			return false;
		done += run;
		if (position < done)
			return true;
	}
	return false;
}

/* Receipts. The low four bits of the first byte are the state. */
enum { FLAG_LANE = 0x10, FLAG_COUNT = 0x20, FLAG_CODE = 0x40 };

void pack_receipts_init(struct pack_receipts *block)
{
	*block = (struct pack_receipts){0};
	buf_init(&block->bytes, PACK_BLOCK_MOST + 128);
}

void pack_receipts_fini(struct pack_receipts *block)
{
	buf_fini(&block->bytes);
}

/* The list's number of a code, 1 and up; 0 when it is not there. */
static unsigned int code_find(const struct pack_receipts *block, const char *code, size_t size)
{
	for (unsigned int i = 0; i < block->codes; i++) {
		if (strncmp(block->code[i], code, size) == 0 && block->code[i][size] == '\0')
			return i + 1;
	}
	return 0;
}

static char *code_place(struct pack_receipts *block)
{
	return block->codes < PACK_CODES ? block->code[block->codes++] : block->other;
}

static size_t put_code(struct pack_receipts *block, const char *code, uint8_t *out)
{
	size_t length = utf8_cut(code, PACK_CODE_SIZE - 1);
	unsigned int known = code_find(block, code, length);
	size_t size = put_number(out, known);

	if (known != 0)
		return size;
	char *place = code_place(block);

	memcpy(place, code, length);
	place[length] = '\0';
	out[size++] = (uint8_t)length;
	memcpy(out + size, code, length);
	return size + length;
}

void pack_receipt(struct pack_receipts *block, const struct ledger_receipt *receipt)
{
	uint8_t bytes[1 + 4 + NUMBER_MOST * 4 + 1 + PACK_CODE_SIZE];
	size_t size = 5;
	uint64_t distance = (uint64_t)receipt->at_ms - (uint64_t)block->at_ms;

	REQUIRE(receipt->count > 0);
	bytes[0] = (uint8_t)receipt->state;
	for (int i = 0; i < 4; i++)
		bytes[1 + i] = (uint8_t)(receipt->position >> i * 8);
	if (receipt->lane != block->lane) {
		bytes[0] |= FLAG_LANE;
		size += put_number(bytes + size, receipt->lane);
	}
	if (receipt->count != 1) {
		bytes[0] |= FLAG_COUNT;
		size += put_number(bytes + size, receipt->count);
	}
	if (receipt->code != NULL && receipt->code[0] != '\0') {
		bytes[0] |= FLAG_CODE;
		size += put_code(block, receipt->code, bytes + size);
	}
	size += put_number(bytes + size, distance << 1 ^ -(distance >> 63));
	block->lane = receipt->lane;
	block->at_ms = receipt->at_ms;
	block->count++;
	buf_add(&block->bytes, bytes, size);
}

void unpack_receipts(struct pack_receipts *block, const void *bytes, size_t size)
{
	const uint8_t *at = size == 0 ? (const uint8_t *)"" : bytes;

	*block = (struct pack_receipts){.at = at, .end = at + size};
}

static bool get_code(struct pack_receipts *block, const char **code)
{
	uint32_t known;

	if (!get_small(&block->at, block->end, &known) || known > block->codes)
		return false;
	if (known != 0) {
		*code = block->code[known - 1];
		return true;
	}
	if (block->at == block->end || *block->at >= PACK_CODE_SIZE || *block->at > block->end - block->at - 1)
		return false;
	size_t length = *block->at++;
	char *place = code_place(block);

	memcpy(place, block->at, length);
	place[length] = '\0';
	block->at += length;
	*code = place;
	return true;
}

static bool get_lane(struct pack_receipts *block)
{
	uint32_t lane;

	if (!get_small(&block->at, block->end, &lane) || lane > UINT16_MAX)
		return false;
	block->lane = (uint16_t)lane;
	return true;
}

int unpack_receipt(struct pack_receipts *block, struct ledger_receipt *receipt)
{
	uint64_t distance;

	if (block->at == block->end)
		return 0;
	if (block->end - block->at < 6)
		return -1;
	uint8_t flags = *block->at++;

	*receipt = (struct ledger_receipt){.state = (enum state)(flags & 15), .count = 1, .code = ""};
	for (int i = 0; i < 4; i++)
		receipt->position |= (uint32_t)*block->at++ << i * 8;
	if ((flags & 0x80) != 0 || receipt->state >= STATE_COUNT || ((flags & FLAG_LANE) != 0 && !get_lane(block)) ||
		((flags & FLAG_COUNT) != 0 && !get_small(&block->at, block->end, &receipt->count)) ||
		((flags & FLAG_CODE) != 0 && !get_code(block, &receipt->code)) ||
		!get_number(&block->at, block->end, &distance) || receipt->count == 0)
		return -1;
	block->at_ms = (int64_t)((uint64_t)block->at_ms + (distance >> 1 ^ -(distance & 1)));
	receipt->lane = block->lane;
	receipt->at_ms = block->at_ms;
	block->count++;
	return 1;
}
