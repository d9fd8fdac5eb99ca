#include "base/require.h"

#include <stdio.h>
#include <stdlib.h>

void require_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "<0>event=broken place=%s:%d condition=\"%s\"\n", file, line, condition);
	abort();
}
