/* The answers of a WeChat Work robot. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/require.h"
#include "channel/wecom_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome outcome;
	long code = 1;

	if (wecom_judge((const char *)data, size, &outcome, &code))
		REQUIRE((outcome.class == CLASS_OK) == (code == 0) && strlen(outcome.peer) < sizeof(outcome.peer));
	return 0;
}
