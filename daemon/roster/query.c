#include "roster/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "roster/date.h"
#include "roster/names.h"
#include "roster/state.h"
#include "roster/db.h"

#define LIST_COLUMNS "list.name, source, basis, until, added_ms, imported_ms, members"

static struct roster_list read_list(sqlite3_stmt *row, int64_t now_ms)
{
	const char *until = (const char *)sqlite3_column_text(row, 3);
	char today[16];

	return (struct roster_list){
		.name = mem_strdup(db_text(row, 0)),
		.source = mem_strdup(db_text(row, 1)),
		.basis = mem_strdup(db_text(row, 2)),
		.until = mem_strdup(until),
		.added_ms = sqlite3_column_int64(row, 4),
		.imported_ms = sqlite3_column_int64(row, 5),
		.members = (uint32_t)sqlite3_column_int64(row, 6),
		.ended = until != NULL && strcmp(until, date_text(date_of(now_ms), today)) < 0,
	};
}

static struct roster_list *add_list(struct roster_list **lists, size_t *count, struct roster_list list)
{
	*lists = mem_resize(*lists, *count + 1, sizeof(**lists));
	(*lists)[*count] = list;
	return &(*lists)[(*count)++];
}

enum result roster_lists(struct roster *roster, int64_t now_ms, struct roster_list **lists, size_t *count)
{
	sqlite3_stmt *row = db_prepare(roster->db, "SELECT " LIST_COLUMNS " FROM list ORDER BY name");
	int status;

	*lists = NULL;
	*count = 0;
	if (row == NULL)
		return db_result(roster->db);
	while ((status = sqlite3_step(row)) == SQLITE_ROW)
		add_list(lists, count, read_list(row, now_ms));
	enum result result = status == SQLITE_DONE ? RESULT_OK : db_result(roster->db);
	sqlite3_finalize(row);
	return result;
}

void roster_lists_free(struct roster_list **lists, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free((*lists)[i].name);
		free((*lists)[i].source);
		free((*lists)[i].basis);
		free((*lists)[i].until);
	}
	free(*lists);
	*lists = NULL;
}

/* What one list says of a person; lists come newest first, so what is known already stays. */
static void merge(struct roster_person *person, sqlite3_stmt *row)
{
	char set[ROLES_ROOM] = "";

	if (person->birth_year == 0)
		person->birth_year = sqlite3_column_int(row, 7);
	if (person->area[0] == '\0')
		snprintf(person->area, sizeof(person->area), "%s", db_text(row, 9));
	if (person->language[0] == '\0')
		snprintf(person->language, sizeof(person->language), "%s", db_text(row, 10));
	for (size_t i = 0; person->roles[i] != NULL; i++)
		roles_add(set, person->roles[i]);
	char **more = roles_list(db_text(row, 8));
	for (size_t i = 0; more[i] != NULL; i++)
		roles_add(set, more[i]);
	mem_strings_free(more);
	mem_strings_free(person->roles);
	person->roles = roles_list(set);
	person->gone = false;
}

static enum result read_memberships(struct roster *roster, int64_t now_ms, struct roster_person *person)
{
	sqlite3_stmt *row = db_prepare(roster->db,
		"SELECT " LIST_COLUMNS ", birth_year, role_set.names, area.code,"
		" language.name FROM list JOIN member ON member.place = (list.edition << 36) + ?"
		" LEFT JOIN role_set ON role_set.id = member.roles LEFT JOIN area ON area.id = member.area"
		" LEFT JOIN language ON language.id = member.language ORDER BY list.edition DESC");
	int status;

	if (row == NULL)
		return db_result(roster->db);
	sqlite3_bind_int64(row, 1, (int64_t)person->phone);
	while ((status = sqlite3_step(row)) == SQLITE_ROW) {
		struct roster_list *list = add_list(&person->lists, &person->list_count, read_list(row, now_ms));
		if (!list->ended)
			merge(person, row);
	}
	enum result result = status == SQLITE_DONE ? RESULT_OK : db_result(roster->db);
	sqlite3_finalize(row);
	return result;
}

static enum result read_id(struct roster *roster, struct roster_person *person)
{
	sqlite3_stmt *row = db_prepare(roster->db, "SELECT id FROM resident WHERE phone = ?");

	if (row == NULL)
		return db_result(roster->db);
	sqlite3_bind_int64(row, 1, (int64_t)person->phone);
	int status = sqlite3_step(row);
	if (status == SQLITE_ROW)
		person->id = (uint32_t)sqlite3_column_int64(row, 0);
	enum result result = status == SQLITE_ROW ? RESULT_OK
		: status == SQLITE_DONE           ? RESULT_NOT_FOUND
						  : db_result(roster->db);
	sqlite3_finalize(row);
	return result;
}

enum result roster_find(struct roster *roster, phone_t phone, int64_t now_ms, struct roster_person *person)
{
	*person = (struct roster_person){.phone = phone, .gone = true, .roles = mem_calloc(1, sizeof(char *))};
	enum result result = roster_optout_get(roster, phone, &person->optout);

	person->opted_out = result == RESULT_OK;
	if (result != RESULT_OK && result != RESULT_NOT_FOUND)
		return result;
	result = read_id(roster, person);
	if (result == RESULT_OK)
		result = read_memberships(roster, now_ms, person);
	return result;
}

void roster_person_fini(struct roster_person *person)
{
	mem_strings_free(person->roles);
	roster_lists_free(&person->lists, person->list_count);
	*person = (struct roster_person){0};
}

static void add_row(struct roster_table *table, const char *key, uint32_t count)
{
	table->rows = mem_resize(table->rows, table->count + 1, sizeof(*table->rows));
	table->rows[table->count++] = (struct roster_count){mem_strdup(key), count};
}

/* One row per set of the axis. Those without any key are counted under "" when every person has at most one key. */
static void count_axis(const struct people *people, enum people_axis axis, uint32_t present, struct roster_table *table)
{
	uint32_t counted = 0;

	for (size_t i = 0; i < people_groups(people, axis); i++) {
		struct people_group group = people_group(people, axis, i);
		add_row(table, group.key, group.count);
		counted += group.count;
	}
	if (axis != PEOPLE_ROLE && counted < present)
		add_row(table, "", present - counted);
}

static void count_ages(const struct people *people, int this_year, uint32_t present, struct roster_table *table)
{
	static const struct {
		const char *key;
		int from, to;
	} bands[] = {
		{"0-17", 0, 17},
		{"18-29", 18, 29},
		{"30-39", 30, 39},
		{"40-49", 40, 49},
		{"50-59", 50, 59},
		{"60-69", 60, 69},
		{"70+", 70, 10000},
	};
	uint32_t counted = 0;

	for (size_t band = 0; band < sizeof(bands) / sizeof(bands[0]); band++) {
		uint32_t count = 0;
		for (size_t i = 0; i < people_groups(people, PEOPLE_YEAR); i++) {
			struct people_group group = people_group(people, PEOPLE_YEAR, i);
			int age = this_year - (int)strtol(group.key, NULL, 10);
			count += age >= bands[band].from && age <= bands[band].to ? group.count : 0;
		}
		add_row(table, bands[band].key, count);
		counted += count;
	}
	add_row(table, "", counted < present ? present - counted : 0);
}

static enum result count_optouts(struct roster *roster, uint32_t *count)
{
	sqlite3_stmt *row = db_prepare(roster->optouts, "SELECT count(*) FROM optout");

	if (row == NULL || sqlite3_step(row) != SQLITE_ROW) {
		sqlite3_finalize(row);
		return db_result(roster->optouts);
	}
	*count = (uint32_t)sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return RESULT_OK;
}

enum result roster_stats(struct roster *roster, int this_year, int64_t now_ms, struct roster_stats *stats)
{
	const struct people *people = roster_people(roster);
	struct roster_list *lists;
	size_t list_count;

	*stats = (struct roster_stats){.known = people_top(people), .gone = set_count(roster_gone(roster))};
	stats->present = stats->known - stats->gone;
	stats->opted_out = set_count(roster_optouts(roster)) -
		set_count_common(roster_optouts(roster), roster_gone(roster));
	count_axis(people, PEOPLE_AREA, stats->present, &stats->areas);
	count_axis(people, PEOPLE_ROLE, stats->present, &stats->roles);
	count_axis(people, PEOPLE_LANGUAGE, stats->present, &stats->languages);
	count_ages(people, this_year, stats->present, &stats->ages);
	enum result result = count_optouts(roster, &stats->optouts);
	if (result == RESULT_OK)
		result = roster_lists(roster, now_ms, &lists, &list_count);
	if (result != RESULT_OK)
		return result;
	for (size_t i = 0; i < list_count; i++)
		add_row(&stats->lists, lists[i].name, lists[i].members);
	roster_lists_free(&lists, list_count);
	return RESULT_OK;
}

static void table_fini(struct roster_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->rows[i].key);
	free(table->rows);
}

void roster_stats_fini(struct roster_stats *stats)
{
	table_fini(&stats->lists);
	table_fini(&stats->areas);
	table_fini(&stats->roles);
	table_fini(&stats->ages);
	table_fini(&stats->languages);
	*stats = (struct roster_stats){0};
}
