#include "testing/chance.h"

#include <stdlib.h>

void chance_begin(struct chance *chance, uint64_t seed)
{
	chance->state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

uint32_t chance_draw(struct chance *chance, uint32_t most)
{
	/* xorshift64*: spread is all that it needs. */
	chance->state ^= chance->state >> 12;
	chance->state ^= chance->state << 25;
	chance->state ^= chance->state >> 27;
	return (uint32_t)((chance->state * UINT64_C(2685821657736338717) >> 32) % most);
}

uint64_t chance_wish(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}
