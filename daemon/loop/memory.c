#include "loop/memory.h"

#include <stdlib.h>
#include <uv.h>

#include "base/mem.h"
#include "base/require.h"

void loop_memory_rule(void)
{
	REQUIRE(uv_replace_allocator(mem_lib_malloc, mem_lib_realloc, mem_lib_calloc, free) == 0);
}
