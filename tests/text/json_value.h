#ifndef TESTS_TEXT_JSON_VALUE_H
#define TESTS_TEXT_JSON_VALUE_H

/* JSON as a template's data, for cases in files. Everything lives until json_values_free(). */
#include <jansson.h>
#include <stdlib.h>

#include "base/mem.h"
#include "text/value.h"

struct json_values {
	void **blocks;
	size_t count;
};

static inline void *json_values_keep(struct json_values *keep, void *block)
{
	keep->blocks = mem_resize(keep->blocks, keep->count + 1, sizeof(*keep->blocks));
	keep->blocks[keep->count++] = block;
	return block;
}

static inline void json_values_free(struct json_values *keep)
{
	for (size_t i = 0; i < keep->count; i++)
		free(keep->blocks[i]);
	free(keep->blocks);
	*keep = (struct json_values){0};
}

/* The shortest decimal that reads back as the same number. */
static inline char *json_number_text(const json_t *json)
{
	if (json_is_integer(json))
		return mem_printf("%lld", (long long)json_integer_value(json));
	for (int digits = 1; digits < 17; digits++) {
		char *text = mem_printf("%.*g", digits, json_real_value(json));
		if (strtod(text, NULL) == json_real_value(json))
			return text;
		free(text);
	}
	return mem_printf("%.17g", json_real_value(json));
}

static inline struct value json_to_value(const json_t *json, struct json_values *keep)
{
	switch (json == NULL ? JSON_NULL : json_typeof(json)) {
	case JSON_STRING:
		return value_text_sized(json_string_value(json), json_string_length(json));
	case JSON_INTEGER:
	case JSON_REAL:
		return value_number(json_values_keep(keep, json_number_text(json)));
	case JSON_TRUE:
	case JSON_FALSE:
		return value_bool(json_is_true(json));
	case JSON_NULL:
		return value_null();
	case JSON_ARRAY: {
		size_t count = json_array_size(json);
		struct value *items = json_values_keep(keep, mem_calloc(count, sizeof(*items)));
		for (size_t i = 0; i < count; i++)
			items[i] = json_to_value(json_array_get(json, i), keep);
		return value_list(items, count);
	}
	case JSON_OBJECT:
		break;
	}
	size_t count = 0;
	struct field *fields = json_values_keep(keep, mem_calloc(json_object_size(json), sizeof(*fields)));
	const char *name;
	json_t *member;
	json_object_foreach((json_t *)json, name, member)
		fields[count++] = field_make(name, json_to_value(member, keep));
	return value_object(fields, count);
}

#endif
