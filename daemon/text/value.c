#include "text/value.h"

#include <string.h>

uint32_t value_hash(const char *name, size_t size)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)name[i]) * 16777619u;
	return hash;
}

struct value value_null(void)
{
	return (struct value){.kind = VALUE_NULL};
}

struct value value_bool(bool truth)
{
	return (struct value){.kind = VALUE_BOOL, .truth = truth};
}

struct value value_text(const char *text)
{
	return text == NULL ? value_null() : value_text_sized(text, strlen(text));
}

struct value value_text_sized(const char *text, size_t size)
{
	return (struct value){.kind = VALUE_TEXT, .size = size, .text = text};
}

struct value value_number(const char *digits)
{
	return (struct value){.kind = VALUE_NUMBER, .size = strlen(digits), .text = digits};
}

struct value value_list(const struct value *items, size_t count)
{
	return (struct value){.kind = VALUE_LIST, .size = count, .items = items};
}

struct value value_object(const struct field *fields, size_t count)
{
	return (struct value){.kind = VALUE_OBJECT, .size = count, .fields = fields};
}

struct field field_make(const char *name, struct value value)
{
	return (struct field){.name = name, .hash = value_hash(name, strlen(name)), .value = value};
}

struct field field_text(const char *name, const char *text)
{
	return field_make(name, value_text(text));
}

struct field field_bool(const char *name, bool truth)
{
	return field_make(name, value_bool(truth));
}

const struct value *value_find(const struct value *object, const char *name, size_t size, uint32_t hash)
{
	if (object->kind != VALUE_OBJECT)
		return NULL;
	for (size_t i = 0; i < object->size; i++) {
		const struct field *field = &object->fields[i];
		if (field->hash == hash && strncmp(field->name, name, size) == 0 && field->name[size] == '\0')
			return &field->value;
	}
	return NULL;
}

bool value_true(const struct value *value)
{
	switch (value->kind) {
	case VALUE_NULL:
		return false;
	case VALUE_BOOL:
		return value->truth;
	case VALUE_NUMBER:
		return !(value->size == 1 && value->text[0] == '0');
	case VALUE_TEXT:
	case VALUE_LIST:
		return value->size > 0;
	case VALUE_OBJECT:
		break;
	}
	return true;
}
