#ifndef AUDIENCE_SELECT_H
#define AUDIENCE_SELECT_H

#include <stddef.h>
#include <stdint.h>

#include "audience/people.h"
#include "audience/set.h"

/*
 * Who belongs to an audience, and who lives in an area (design.md 2a, Audiences). All results hold people who are on a
 * list, and are released with set_release before the view goes; opt-outs are not taken off here (audience/expand.h does
 * it and counts them).
 */
struct audience_rule {
	int64_t min_age, max_age; /* years, both included; -1: no bound */
	const char *const *roles; /* NULL-ended, ORed; NULL or empty: any */
};

/*
 * Age and roles ANDed; age is `this_year` minus birth year. Who has no birth year is in no age-bound audience. A rule
 * without any key is everybody.
 */
const struct set *audience_members(const struct people *people, const struct audience_rule *rule, int this_year);

/* Everybody. */
const struct set *audience_all(const struct people *people);

/* Everybody in an area or below it (flow/area.h); nobody when `code` is no code. */
const struct set *audience_area(const struct people *people, const char *code);

/* Everybody in any of the NULL-ended codes; NULL or an empty list means everywhere. */
const struct set *audience_areas(const struct people *people, const char *const *codes);

/*
 * Residents in at least `level` of many sets, which are given one after another: for caps such as "2/week" over the alerts of
 * a week. Costs `level` sets of memory.
 */
struct audience_cap {
	struct set **in; /* in[k]: who is in more than k of the sets so far */
	unsigned int level, seen;
};

/* Requires: level ≥ 1. */
void audience_cap_init(struct audience_cap *cap, unsigned int level);
void audience_cap_fini(struct audience_cap *cap);
void audience_cap_add(struct audience_cap *cap, const struct set *set);

/* Who is in so many. Good until the next audience_cap_add. */
const struct set *audience_cap_reached(const struct audience_cap *cap);

#endif
