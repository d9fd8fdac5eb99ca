#include "audience/select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/area.h"
#include "audience/role.h"
#include "base/mem.h"
#include "base/require.h"

const struct set *audience_all(const struct people *people)
{
	return people_under(people, PEOPLE_MARK, PEOPLE_PRESENT);
}

static int64_t clamp_year(int64_t year)
{
	return year < 0 ? 0 : year > 9999 ? 9999 : year;
}

static const struct set *by_age(const struct people *people, const struct audience_rule *rule, int this_year)
{
	char first[24], last[24];

	/* The youngest are born last. */
	snprintf(first, sizeof(first), "%04d", (int)clamp_year(rule->max_age < 0 ? 0 : this_year - rule->max_age));
	snprintf(last, sizeof(last), "%04d", (int)clamp_year(rule->min_age < 0 ? 9999 : this_year - rule->min_age));
	return people_born(people, first, last);
}

/* The union of `count` sets, which are released; the set itself when it is only one. */
static const struct set *unite(const struct set **sets, size_t count)
{
	if (count == 1)
		return sets[0];
	const struct set *all = set_union_many(sets, count);
	for (size_t i = 0; i < count; i++)
		set_release(&sets[i]);
	return all;
}

static size_t strings_count(const char *const *strings)
{
	size_t count = 0;

	while (strings[count] != NULL)
		count++;
	return count;
}

static const struct set *by_roles(const struct people *people, const char *const *roles)
{
	const struct set **sets = mem_calloc(strings_count(roles), sizeof(*sets));
	size_t count = 0;
	char name[ROLE_ROOM];

	for (; *roles != NULL; roles++) {
		if (role_name(*roles, strlen(*roles), name))
			sets[count++] = people_under(people, PEOPLE_ROLE, name);
	}
	const struct set *all = unite(sets, count);
	free(sets);
	return all;
}

const struct set *audience_members(const struct people *people, const struct audience_rule *rule, int this_year)
{
	bool roles = rule->roles != NULL && rule->roles[0] != NULL;
	bool ages = rule->min_age >= 0 || rule->max_age >= 0;

	if (!roles && !ages)
		return audience_all(people);
	if (!roles || !ages)
		return roles ? by_roles(people, rule->roles) : by_age(people, rule, this_year);
	const struct set *members = by_roles(people, rule->roles), *aged = by_age(people, rule, this_year);
	const struct set *both = set_intersect(members, aged);
	set_release(&members);
	set_release(&aged);
	return both;
}

const struct set *audience_area(const struct people *people, const char *code)
{
	char prefix[AREA_ROOM];

	if (!area_prefix(code, strlen(code), prefix))
		return set_new();
	return people_beginning(people, prefix);
}

const struct set *audience_areas(const struct people *people, const char *const *codes)
{
	if (codes == NULL || *codes == NULL)
		return audience_all(people);
	size_t count = strings_count(codes);
	const struct set **sets = mem_calloc(count, sizeof(*sets));
	for (size_t i = 0; i < count; i++)
		sets[i] = audience_area(people, codes[i]);
	const struct set *all = unite(sets, count);
	free(sets);
	return all;
}

void audience_cap_init(struct audience_cap *cap, unsigned int level)
{
	REQUIRE(level >= 1);
	*cap = (struct audience_cap){.level = level, .in = mem_calloc(level, sizeof(*cap->in))};
	for (unsigned int k = 0; k < level; k++)
		cap->in[k] = set_new();
}

void audience_cap_fini(struct audience_cap *cap)
{
	for (unsigned int k = 0; k < cap->level; k++)
		set_free(&cap->in[k]);
	free(cap->in);
	*cap = (struct audience_cap){0};
}

void audience_cap_add(struct audience_cap *cap, const struct set *set)
{
	/* Nobody is in more sets than there have been. */
	unsigned int top = cap->seen < cap->level - 1 ? cap->seen : cap->level - 1;

	for (unsigned int k = top; k > 0; k--) {
		struct set *again = set_intersect(cap->in[k - 1], set);
		set_unite(cap->in[k], again);
		set_free(&again);
	}
	set_unite(cap->in[0], set);
	cap->seen++;
}

const struct set *audience_cap_reached(const struct audience_cap *cap)
{
	return cap->in[cap->level - 1];
}
