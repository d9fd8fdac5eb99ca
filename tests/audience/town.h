#ifndef AUDIENCE_TOWN_H
#define AUDIENCE_TOWN_H

/* A town of made-up people, kept twice: as plain rows to reckon with, and as a snapshot over its bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "audience/compose.h"
#include "audience/people.h"
#include "base/buf.h"
#include "base/mem.h"

enum { TOWN_MOST = 70000, TOWN_ROLES = 3, TOWN_AREAS = 6, TOWN_LANGUAGES = 3 };

static const char *const town_roles[TOWN_ROLES] = {"finance", "parent", "student"};
static const char *const town_areas[TOWN_AREAS] = {"3205", "320583", "320583100", "320583100001", "320583101",
	"330100"};
static const char *const town_languages[TOWN_LANGUAGES] = {"bo", "en", "zh"};

struct resident {
	phone_t phone;
	bool present, opted_out;
	int year; /* 0: unknown */
	unsigned int roles; /* bits */
	int area, language; /* index, -1: unknown */
};

struct town {
	uint32_t size;
	struct resident *by_id; /* from 1 on */
	struct buf bytes;
	char *aligned;
	struct people *people;
};

static inline bool town_sink(void *arg, const void *bytes, size_t size)
{
	return buf_add(arg, bytes, size);
}

static inline void town_compose(struct town *town, const uint32_t *order)
{
	struct compose *compose = compose_new(town->size, town_sink, &town->bytes);
	uint32_t roles[1 << TOWN_ROLES], areas[TOWN_AREAS], languages[TOWN_LANGUAGES];

	for (unsigned int set = 0; set < 1 << TOWN_ROLES; set++) {
		char *list[TOWN_ROLES + 1];
		size_t count = 0;
		for (int i = 0; i < TOWN_ROLES; i++) {
			if ((set >> i & 1) != 0)
				list[count++] = (char *)(uintptr_t)town_roles[i];
		}
		list[count] = NULL;
		roles[set] = compose_roles(compose, list);
	}
	for (int i = TOWN_AREAS - 1; i >= 0; i--)
		areas[i] = compose_key(compose, PEOPLE_AREA, town_areas[i]);
	for (int i = 0; i < TOWN_LANGUAGES; i++)
		languages[i] = compose_key(compose, PEOPLE_LANGUAGE, town_languages[i]);
	for (uint32_t i = 0; i < town->size; i++) {
		const struct resident *resident = &town->by_id[order[i]];
		struct compose_person person = {.phone = resident->phone,
			.id = order[i],
			.present = resident->present,
			.opted_out = resident->opted_out,
			.birth_year = resident->year,
			.roles = roles[resident->roles],
			.area = resident->area < 0 ? 0 : areas[resident->area],
			.language = resident->language < 0 ? 0 : languages[resident->language]};
		assert_true(compose_add(compose, &person));
	}
	assert_true(compose_end(compose, town->size, &(struct people_facts){3, 4, 5, 6}));
	compose_free(&compose);
}

/* Room for a snapshot, aligned as a mapped file is. */
static inline void *town_room(size_t size)
{
	void *room = aligned_alloc(SET_ALIGN, (size + SET_ALIGN) / SET_ALIGN * SET_ALIGN);

	assert_non_null(room);
	return room;
}

/* `size` people; ids and phones in orders of their own. */
static inline void town_make(struct town *town, uint32_t size, unsigned int seed)
{
	uint32_t *order = mem_calloc((size_t)size + 1, sizeof(*order));

	*town = (struct town){.size = size, .by_id = mem_calloc((size_t)size + 1, sizeof(struct resident))};
	buf_init(&town->bytes, 64 << 20);
	for (uint32_t i = 0; i < size; i++)
		order[i] = i + 1;
	for (uint32_t i = size; i > 1; i--) {
		uint32_t other = (uint32_t)rand_r(&seed) % i, kept = order[i - 1];
		order[i - 1] = order[other];
		order[other] = kept;
	}
	phone_t phone = 13000000000;
	for (uint32_t i = 0; i < size; i++) {
		phone += 1 + (phone_t)(rand_r(&seed) % 10 == 0 ? rand_r(&seed) % 100000 : rand_r(&seed) % 5);
		town->by_id[order[i]] = (struct resident){.phone = phone,
			.present = rand_r(&seed) % 10 != 0,
			.opted_out = rand_r(&seed) % 20 == 0,
			.year = rand_r(&seed) % 8 == 0 ? 0 : 1930 + rand_r(&seed) % 95,
			.roles = (unsigned int)rand_r(&seed) % (1 << TOWN_ROLES),
			.area = rand_r(&seed) % (TOWN_AREAS + 1) - 1,
			.language = rand_r(&seed) % (TOWN_LANGUAGES + 1) - 1};
	}
	town_compose(town, order);
	free(order);
	town->aligned = town_room(town->bytes.size);
	memcpy(town->aligned, town->bytes.data, town->bytes.size);
	assert_int_equal(people_open(town->aligned, town->bytes.size, &town->people, NULL), RESULT_OK);
}

static inline void town_free(struct town *town)
{
	people_free(&town->people);
	buf_fini(&town->bytes);
	free(town->aligned);
	free(town->by_id);
}

#endif
