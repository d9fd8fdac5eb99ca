#include "roster/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"

void names_init(struct names *names, uint32_t most)
{
	*names = (struct names){.most = most};
	map_init(&names->map);
}

void names_fini(struct names *names)
{
	for (uint32_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
	map_fini(&names->map);
	*names = (struct names){0};
}

uint32_t names_put(struct names *names, const char *name)
{
	uint64_t number;

	if (map_get(&names->map, name, &number))
		return (uint32_t)number;
	if (names->count == names->most)
		return 0;
	if ((names->count & (names->count - 1)) == 0)
		names->list = mem_resize(names->list, names->count == 0 ? 1 : (size_t)names->count * 2,
			sizeof(*names->list));
	names->list[names->count++] = mem_strdup(name);
	map_put(&names->map, name, names->count);
	return names->count;
}

const char *names_get(const struct names *names, uint32_t number)
{
	REQUIRE(number >= 1 && number <= names->count);
	return names->list[number - 1];
}

/* Compares one role of a word, which ends at a semicolon, with `role`. */
static int compare(const char *word, size_t size, const char *role)
{
	int order = strncmp(word, role, size);

	return order != 0 ? order : role[size] == '\0' ? 0 : -1;
}

bool roles_add(char set[ROLES_ROOM], const char *role)
{
	size_t used = strlen(set), size = strlen(role);
	char *at = set;

	while (*at != '\0') {
		size_t word = strcspn(at, ";");
		int order = compare(at, word, role);
		if (order == 0)
			return true;
		if (order > 0)
			break;
		at += word + (at[word] == ';');
	}
	if (used + size + 2 > ROLES_ROOM)
		return false;
	if (*at == '\0') {
		if (used > 0)
			set[used++] = ';';
		memcpy(set + used, role, size + 1);
		return true;
	}
	memmove(at + size + 1, at, strlen(at) + 1);
	memcpy(at, role, size);
	at[size] = ';';
	return true;
}

char **roles_list(const char *set)
{
	char **list = mem_calloc(1, sizeof(*list));

	while (*set != '\0') {
		size_t size = strcspn(set, ";");
		char *role = mem_strndup(set, size);
		mem_strings_add(&list, role);
		free(role);
		set += size + (set[size] == ';');
	}
	return list;
}

uint32_t roles_union(struct names *names, uint32_t a, uint32_t b)
{
	char set[ROLES_ROOM];

	if (a == b || b == 0)
		return a;
	if (a == 0)
		return b;
	snprintf(set, sizeof(set), "%s", names_get(names, a));
	char **more = roles_list(names_get(names, b));
	bool fits = true;
	for (size_t i = 0; more[i] != NULL && fits; i++)
		fits = roles_add(set, more[i]);
	mem_strings_free(more);
	return fits ? names_put(names, set) : 0;
}
