#include "ledger/memory.h"

#include <malloc.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/mem.h"

static void *store_malloc(int size)
{
	return mem_lib_malloc((size_t)size);
}

static void *store_realloc(void *old, int size)
{
	return mem_lib_realloc(old, (size_t)size);
}

static int store_size(void *memory)
{
	return memory != NULL ? (int)malloc_usable_size(memory) : 0;
}

/* SQLite counts in eights. */
static int store_roundup(int size)
{
	return (size + 7) & ~7;
}

static int store_init(void *unused)
{
	return SQLITE_OK;
}

static void store_shutdown(void *unused)
{
}

void ledger_memory_rule(void)
{
	static const struct sqlite3_mem_methods methods = {.xMalloc = store_malloc,
		.xFree = free,
		.xRealloc = store_realloc,
		.xSize = store_size,
		.xRoundup = store_roundup,
		.xInit = store_init,
		.xShutdown = store_shutdown};

	/* Refused once it is in use, which can only be with these. */
	sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}
