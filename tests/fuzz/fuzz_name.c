/* File names that anybody chose: what is made of them must be short, printable UTF-8 without a slash. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"
#include "base/utf8.h"
#include "spool/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = mem_strndup((const char *)data, size);
	char *safe = name_safe(name);

	REQUIRE(*safe != '\0' && strlen(safe) <= NAME_SAFE_MOST);
	REQUIRE(utf8_valid(safe, strlen(safe), NULL));
	for (const char *c = safe; *c != '\0'; c++)
		REQUIRE((unsigned char)*c >= 0x20 && *c != 0x7f && *c != '/' && *c != '\\');
	char *again = name_safe(safe);
	REQUIRE(strcmp(safe, again) == 0);
	char *work = name_work(1700000000000, 7, safe);
	REQUIRE(strcmp(name_original(work), safe) == 0);
	name_passed_over(name);
	name_original(name);
	free(again);
	free(work);
	free(safe);
	free(name);
	return 0;
}
