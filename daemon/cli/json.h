#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <jansson.h>
#include <stdbool.h>

/* Fields of an answer, absent ones as "" , 0 and false. */
static inline const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value != NULL ? value : "";
}

static inline long long number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static inline bool truth(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

#endif
