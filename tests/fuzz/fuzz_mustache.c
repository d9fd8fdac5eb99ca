/*
 * Any bytes as a template: compiled, walked, rendered with every escaping, and with itself as its only piece. The first
 * byte chooses the escaping, so that seeds stay readable behind it.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/require.h"
#include "base/utf8.h"
#include "text/mustache.h"

static const struct mustache *itself(void *arg, const char *name)
{
	return arg;
}

static void seen(void *arg, enum mustache_use use, const char *name, unsigned int line)
{
	REQUIRE(name[0] != '\0' && line > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mustache *mustache = NULL;
	struct problems problems;
	struct buf out;

	if (size == 0)
		return 0;
	problems_init(&problems);
	buf_init(&out, 16 * 1024);
	enum result result = mustache_compile((const char *)data + 1, size - 1, "fuzz", &mustache, &problems);
	REQUIRE((result == RESULT_OK) == (mustache != NULL) && (result == RESULT_OK) == (problems.errors == 0));
	if (mustache != NULL) {
		struct value items[3] = {value_text("一"), value_bool(true), value_null()};
		struct field inner[1] = {field_text("b", "<\\*[】")};
		struct field fields[4] = {field_text("place", "我市&\n"), field_make("a", value_object(inner, 1)),
			field_make("l", value_list(items, 3)), field_make("n", value_number("0"))};
		struct value object = value_object(fields, 4);
		struct mustache_partials partials = {itself, mustache};
		mustache_walk(mustache, seen, NULL);
		result = mustache_render(mustache, &object, (enum escape)(data[0] % 4), &partials, &out);
		REQUIRE(result == RESULT_OK || result == RESULT_TOO_BIG);
		REQUIRE(result != RESULT_OK || utf8_valid(buf_text(&out), out.size, NULL));
	}
	mustache_free(&mustache);
	buf_fini(&out);
	problems_fini(&problems);
	return 0;
}
