#include "http/memory.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/require.h"

void http_memory_rule(void)
{
	REQUIRE(curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_lib_malloc, free, mem_lib_realloc, mem_lib_strdup,
			mem_lib_calloc) == CURLE_OK);
}
