#ifndef AUDIENCE_COMPOSE_H
#define AUDIENCE_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audience/layout.h"
#include "audience/people.h"
#include "base/phone.h"

/*
 * Composes a snapshot (audience/layout.h) from residents given in ascending order of their phones, and hands its bytes out
 * from front to back. Pure: where the bytes go is the caller's. Needs about 20 bytes of memory per resident.
 */
struct compose;

/*
 * No id will be higher than `most`; what is not used of it costs no memory. Requires: most ≤ LAYOUT_TOP_MOST. `sink` is
 * given the bytes piece by piece and returns false when it cannot take them; then compose_end fails.
 */
struct compose *compose_new(uint32_t most, bool (*sink)(void *arg, const void *bytes, size_t size), void *arg);
void compose_free(struct compose **compose);

/*
 * Makes a key known and returns its number, counted from 1 on each axis. Requires: not known yet, shorter than
 * LAYOUT_KEY; at most 65535 languages. Only PEOPLE_AREA and PEOPLE_LANGUAGE are given this way.
 */
uint32_t compose_key(struct compose *compose, enum people_axis axis, const char *key);

/* The same for a set of roles, `roles` NULL-ended and each once. */
uint32_t compose_roles(struct compose *compose, char *const *roles);

struct compose_person {
	phone_t phone;
	uint32_t id;
	bool present; /* on a list; else gone, and what follows is left out of account */
	bool opted_out;
	int birth_year; /* 1900 … 2154, or 0 */
	uint32_t roles; /* from compose_roles, or 0 */
	uint32_t area; /* from compose_key, or 0 */
	uint32_t language; /* from compose_key, or 0 */
};

/*
 * Returns false, and adds nothing, when the id is not one of 1 … most or was given before. Requires: phones strictly ascend
 * and are not 0.
 */
bool compose_add(struct compose *compose, const struct compose_person *person);

/* Hands out the rest. Returns false when the sink failed, or when not exactly the ids from 1 to `top` were given. */
bool compose_end(struct compose *compose, uint32_t top, const struct people_facts *facts);

#endif
