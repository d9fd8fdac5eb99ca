#include "app/memory.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/mem.h"
#include "http/memory.h"
#include "ledger/memory.h"
#include "loop/memory.h"

void memory_rule(void)
{
	loop_memory_rule();
	http_memory_rule();
	ledger_memory_rule();
	json_set_alloc_funcs(mem_lib_malloc, free);
}
