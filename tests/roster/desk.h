#ifndef ROSTER_DESK_H
#define ROSTER_DESK_H

/* What the tests of this room share: a temporary state folder, and imports as an officer would order them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
#include <cmocka.h>

#include "roster/import.h"
#include "roster/query.h"
#include "roster/roster.h"
#include "testing/folder.h"

#define NOW_MS INT64_C(1795240800000) /* 2026-11-21 14:00 +08:00 */
#define DAY_MS INT64_C(86400000)

struct desk {
	struct folder folder;
	struct roster *roster;
	struct roster_import order; /* changed by tests before an import */
	struct roster_totals totals;
	struct problems problems;
};

static inline void desk_open_roster(struct desk *desk, int64_t now_ms)
{
	roster_close(&desk->roster);
	assert_int_equal(roster_open(desk->folder.path, now_ms, &desk->roster, &desk->problems), RESULT_OK);
}

static inline int desk_setup(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	setenv("TZ", "Asia/Shanghai", 1);
	folder_make(&desk->folder);
	problems_init(&desk->problems);
	desk_open_roster(desk, NOW_MS);
	desk->order = (struct roster_import){.state = desk->folder.path,
		.file = "residents.csv",
		.list = "玉山镇",
		.source = "玉山派出所",
		.basis = "反电信网络诈骗法",
		.reject_fd = -1,
		.now_ms = NOW_MS};
	*state = desk;
	return 0;
}

static inline int desk_teardown(void **state)
{
	struct desk *desk = *state;

	roster_close(&desk->roster);
	roster_totals_fini(&desk->totals);
	problems_fini(&desk->problems);
	folder_remove(&desk->folder);
	free(desk);
	return 0;
}

/* Imports bytes under desk->order; refreshes when it went well. Rejected lines go to "rejects.csv" of the folder. */
static inline enum result desk_import_bytes(struct desk *desk, const void *bytes, size_t size)
{
	struct folder elsewhere;

	folder_make(&elsewhere);
	folder_write(&elsewhere, "in.csv", bytes, size);
	desk->order.fd = open(folder_at(&elsewhere, "in.csv"), O_RDONLY);
	desk->order.reject_fd = open(folder_at(&desk->folder, "rejects.csv"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	roster_totals_fini(&desk->totals);
	problems_fini(&desk->problems);
	enum result result = roster_import(&desk->order, &desk->totals, &desk->problems);
	close(desk->order.fd);
	close(desk->order.reject_fd);
	folder_remove(&elsewhere);
	if (result == RESULT_OK && !desk->order.dry_run)
		assert_int_equal(roster_refresh(desk->roster, &desk->problems), RESULT_OK);
	return result;
}

static inline enum result desk_import(struct desk *desk, const char *text)
{
	return desk_import_bytes(desk, text, strlen(text));
}

/* The id of a number, 0 when there is none. */
static inline uint32_t desk_id(struct desk *desk, phone_t phone)
{
	uint32_t id;

	return people_find(roster_people(desk->roster), phone, &id) ? id : 0;
}

/* True when the person is in the snapshot's set. */
static inline bool desk_under(struct desk *desk, enum people_axis axis, const char *key, phone_t phone)
{
	const struct people *people = roster_people(desk->roster);
	const struct set *set = axis == PEOPLE_YEAR ? people_born(people, key, key) : people_under(people, axis, key);
	bool in = set_contains(set, desk_id(desk, phone));

	set_release(&set);
	return in;
}

/* True when a problem says this, in English. */
static inline bool desk_told(const struct desk *desk, const char *part)
{
	for (size_t i = 0; i < desk->problems.count; i++) {
		const struct problem *problem = &desk->problems.list[i];
		if (strstr(problem->reason[LANG_EN], part) != NULL)
			return true;
		if (problem->remedy[LANG_EN] != NULL && strstr(problem->remedy[LANG_EN], part) != NULL)
			return true;
	}
	return false;
}

/* True when any file of the state folder holds these bytes. */
static inline bool desk_holds(const struct desk *desk, const char *part)
{
	static const char *const names[] = {"roster.db", "roster.db-wal", "optouts.db", "optouts.db-wal",
		"roster.snapshot", "rejects.csv"};
	bool held = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t size;
		char *bytes = folder_read(&desk->folder, names[i], &size);
		held = held || (bytes != NULL && memmem(bytes, size, part, strlen(part)) != NULL);
		free(bytes);
	}
	return held;
}

#endif
