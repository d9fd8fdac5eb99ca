#ifndef TEXT_VALUE_H
#define TEXT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a template is filled with. Values are plain and stand in the caller's storage: nothing here allocates, copies
 * a text or frees, so one object can be built once and have a field changed for every message.
 *
 *	struct field fields[] = {field_text("place", "我市"), field_bool("roomy", true)};
 *	struct value data = value_object(fields, 2);
 */
enum value_kind {
	VALUE_NULL, /* there, but empty: false in a section, nothing in the text */
	VALUE_BOOL,
	VALUE_TEXT, /* false in a section when empty */
	VALUE_NUMBER, /* written as a text; false in a section when it is "0" */
	VALUE_LIST,
	VALUE_OBJECT,
};

struct field;

struct value {
	enum value_kind kind;
	bool truth; /* VALUE_BOOL */
	size_t size; /* bytes of `text`, or how many `items` or `fields` */
	union {
		const char *text;
		const struct value *items;
		const struct field *fields;
	};
};

struct field {
	const char *name;
	uint32_t hash; /* value_hash(name): made by the field_ functions */
	struct value value;
};

/* FNV-1a of the name; what makes looking up a field cheap. */
uint32_t value_hash(const char *name, size_t size);

struct value value_null(void);
struct value value_bool(bool truth);
/* NULL gives VALUE_NULL. The text is borrowed. */
struct value value_text(const char *text);
struct value value_text_sized(const char *text, size_t size);
struct value value_number(const char *digits);
struct value value_list(const struct value *items, size_t count);
struct value value_object(const struct field *fields, size_t count);

/* A field of an object; `name` is borrowed. */
struct field field_make(const char *name, struct value value);
struct field field_text(const char *name, const char *text);
struct field field_bool(const char *name, bool truth);

/* The member of an object, or NULL when `object` is no object or has none of this name. */
const struct value *value_find(const struct value *object, const char *name, size_t size, uint32_t hash);

/* What a section asks: false for null, false, an empty text, the number 0 and an empty list. */
bool value_true(const struct value *value);

#endif
