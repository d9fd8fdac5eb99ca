#ifndef LEDGER_RESERVE_H
#define LEDGER_RESERVE_H

#include <stdbool.h>

#include "base/result.h"

/*
 * A file that only takes room. When the disk is full it is given up, so that what already happened outside (outcomes,
 * receipts) can still be written down while somebody makes room.
 */
#define RESERVE_NAME  "ledger.reserve"
#define RESERVE_BYTES (8u << 20)

struct reserve {
	int folder; /* descriptor, the caller's */
	bool held;
};

/* Makes the file unless it is there whole. Afterwards held says whether it is. Blocks. */
enum result reserve_make(struct reserve *reserve);

/* Gives the room back. False when there was none to give. */
bool reserve_spend(struct reserve *reserve);

#endif
