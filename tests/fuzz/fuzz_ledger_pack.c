/* Reads bytes as every packed form of the ledger's file: a damaged file must be refused, never read past. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"
#include "ledger/pack.h"

#define STATES 5000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void receipts(const uint8_t *data, size_t size)
{
	struct pack_receipts block;
	struct ledger_receipt receipt;

	unpack_receipts(&block, data, size);
	while (unpack_receipt(&block, &receipt) == 1)
		REQUIRE(receipt.count > 0 && receipt.state < STATE_COUNT && strlen(receipt.code) < PACK_CODE_SIZE);
}

/* What can be read as a list is a list that can be written. */
static void lists(const uint8_t *data, size_t size)
{
	struct unpacked unpacked = {0};
	struct buf again;

	buf_init(&again, size * 2 + 16);
	if (unpack_positions(data, size, &unpacked))
		pack_positions(&again, unpacked.positions, unpacked.count);
	if (unpack_exclusions(data, size, &unpacked))
		pack_exclusions(&again, unpacked.exclusions, unpacked.count);
	buf_fini(&again);
	unpacked_fini(&unpacked);
}

static void states(const uint8_t *data, size_t size)
{
	uint8_t *all = mem_zalloc(STATES);
	enum state one;

	for (uint32_t count = 1; count <= STATES; count = count * 3 + 1) {
		if (!unpack_states(data, size, all, count))
			continue;
		for (uint32_t i = 0; i < count; i += 7)
			REQUIRE(unpack_state(data, size, i, &one) && one == all[i]);
	}
	free(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	receipts(data, size);
	lists(data, size);
	states(data, size);
	return 0;
}
