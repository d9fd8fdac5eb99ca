#ifndef LEDGER_PACK_H
#define LEDGER_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ledger/append.h"

/*
 * How lists stand in the file, as small as they are often: positions as distances, states as runs, receipts with what
 * repeats left out. Integers are little-endian base 128. Reading refuses whatever writing cannot have made.
 *
 *  positions   distance from the one before (the first: from 0), each
 *  exclusions  the same, and one byte of enum state after each
 *  states      'R' and (state byte, run length)…, or 'N' and half a byte each, low half first: what is shorter
 *  receipts    flags and state in one byte; position in 4 bytes; then where the flag is set: lane, count, code (0: length
 *              and bytes follow and join the block's list, n: the n-th of it); at last the distance in time, zigzag
 *
 * Pure: no file and no SQL here. Numbers of enum state are part of the file's format: never renumber them.
 */
void pack_positions(struct buf *out, const uint32_t *positions, uint32_t count);
void pack_exclusions(struct buf *out, const struct ledger_exclusion *list, uint32_t count);

/* Appends `size` states, one byte each. Requires: all below STATE_COUNT. */
void pack_states(struct buf *out, const uint8_t *states, uint32_t size);

/* Lists that grow as needed and are used again; free() them at the end. */
struct unpacked {
	uint32_t *positions;
	struct ledger_exclusion *exclusions;
	uint32_t count;
	size_t room;
};
bool unpack_positions(const void *bytes, size_t size, struct unpacked *out);
bool unpack_exclusions(const void *bytes, size_t size, struct unpacked *out);
void unpacked_fini(struct unpacked *unpacked);

/* False unless the bytes hold exactly `count` states. */
bool unpack_states(const void *bytes, size_t size, uint8_t *states, uint32_t count);

/* The state at `position` without unpacking the rest. */
bool unpack_state(const void *bytes, size_t size, uint32_t position, enum state *state);

/* A block of receipts being written or read. */
#define PACK_CODES     16
#define PACK_CODE_SIZE 24
struct pack_receipts {
	struct buf bytes; /* writing */
	const uint8_t *at, *end; /* reading */
	uint32_t count;
	uint16_t lane;
	int64_t at_ms;
	unsigned int codes;
	char code[PACK_CODES][PACK_CODE_SIZE];
	char other[PACK_CODE_SIZE];
};

/* A block is begun anew when it holds this many bytes. */
#define PACK_BLOCK_MOST 32768

void pack_receipts_init(struct pack_receipts *block);
void pack_receipts_fini(struct pack_receipts *block);
void pack_receipt(struct pack_receipts *block, const struct ledger_receipt *receipt);

/* The bytes must stay while they are read. */
void unpack_receipts(struct pack_receipts *block, const void *bytes, size_t size);

/* 1: *receipt is the next (its code lives until the next call); 0: the end; -1: not what we wrote. */
int unpack_receipt(struct pack_receipts *block, struct ledger_receipt *receipt);

#endif
