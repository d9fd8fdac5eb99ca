/*
 * 云MAS's answer to a submit: any bytes give a class or none, and nothing unprintable or unbounded gets out.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/utf8.h"
#include "channel/yunmas_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome outcome;

	if (!yunmas_judge((const char *)data, size, &outcome))
		return 0;
	REQUIRE(strlen(outcome.peer) < sizeof(outcome.peer));
	REQUIRE(strlen(outcome.provider_id) < sizeof(outcome.provider_id));
	REQUIRE(utf8_valid(outcome.peer, strlen(outcome.peer), NULL));
	REQUIRE(outcome.refused_count == 0);
	return 0;
}
