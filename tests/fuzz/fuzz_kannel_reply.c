/* Kannel's answers: two bytes of status, then the body. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/require.h"
#include "channel/kannel_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome outcome;

	if (size < 2)
		return 0;
	long status = data[0] << 8 | data[1];
	if (kannel_judge(status, (const char *)data + 2, size - 2, 1 + size % 2, &outcome))
		REQUIRE(strlen(outcome.peer) < sizeof(outcome.peer) && (outcome.class != CLASS_OK || status == 202));
	return 0;
}
