#ifndef ROSTER_QUERY_H
#define ROSTER_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/phone.h"
#include "base/result.h"
#include "roster/optout.h"
#include "roster/roster.h"

/* What operators ask about residents: one number, the lists, and counts. Everything returned is a copy. */

/* A list as it was imported last. */
struct roster_list {
	char *name, *source, *basis;
	char *until; /* "2026-12-31", the last day on which it counts, or NULL */
	int64_t added_ms; /* when the list was first imported */
	int64_t imported_ms; /* when it was imported last */
	uint32_t members;
	bool ended; /* past `until` */
};

/* All lists by name. Free with roster_lists_free. */
enum result roster_lists(struct roster *roster, int64_t now_ms, struct roster_list **lists, size_t *count);
void roster_lists_free(struct roster_list **lists, size_t count);

/* A resident. Attributes are merged over the lists that count; empty strings and 0 mean unknown. */
struct roster_person {
	phone_t phone;
	uint32_t id;
	bool gone;
	int birth_year;
	char **roles; /* NULL-ended */
	char area[16];
	char language[16];
	bool opted_out;
	struct roster_optout optout; /* when opted_out */
	struct roster_list *lists; /* that it is on, ended ones too */
	size_t list_count;
};

/*
 * RESULT_NOT_FOUND when the number was never on a list; then `opted_out` and `optout` are filled all the same. Free with
 * roster_person_fini in every case.
 */
enum result roster_find(struct roster *roster, phone_t phone, int64_t now_ms, struct roster_person *person);
void roster_person_fini(struct roster_person *person);

/* One line of a table. `key` "" means unknown. */
struct roster_count {
	char *key;
	uint32_t count;
};

struct roster_table {
	struct roster_count *rows;
	size_t count;
};

/* Of the residents on lists that count; who has several roles is counted under each. */
struct roster_stats {
	uint32_t known, present, gone;
	uint32_t opted_out; /* present ones */
	uint32_t optouts; /* all opt-outs, of unknown numbers too */
	struct roster_table lists; /* by name */
	struct roster_table areas; /* by code prefix */
	struct roster_table roles;
	struct roster_table ages; /* "0-17", "18-29", "30-39" … "60-69", "70+", "" */
	struct roster_table languages;
};

enum result roster_stats(struct roster *roster, int this_year, int64_t now_ms, struct roster_stats *stats);
void roster_stats_fini(struct roster_stats *stats);

#endif
