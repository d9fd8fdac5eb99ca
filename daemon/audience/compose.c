#include "audience/compose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audience/bytes.h"
#include "audience/set.h"
#include "base/mem.h"
#include "base/require.h"

enum {
	PIECE = 256 * 1024, /* a multiple of LAYOUT_ALIGN */
	FIRST_YEAR = 1900,
	YEARS = 256,
	PRESENT = 1,
	OPTED_OUT = 2,
	GIVEN = 4,
};

struct keys {
	char **names;
	uint32_t count;
};

struct compose {
	bool (*sink)(void *arg, const void *bytes, size_t size);
	void *arg;
	bool failed;
	uint8_t *piece;
	size_t filled;
	uint64_t written; /* with what is in `piece` */
	struct layout_sum sum;

	uint32_t most, highest, added;
	uint32_t top; /* known at the end */
	uint8_t *phones; /* the column, as it will lie */
	uint8_t *marks, *years;
	uint16_t *languages;
	uint32_t *roles, *areas;

	struct keys area_keys, language_keys, role_keys;
	uint32_t **role_sets; /* by number - 1: zero-ended numbers of role_keys */
	uint32_t role_set_count;

	uint8_t *rows;
	size_t row_count;
	void *frozen; /* room for one set as bytes */
	size_t frozen_room;
};

/* Where a set has been written. */
struct stored {
	uint64_t at;
	uint32_t size, count;
};

static void flush(struct compose *compose)
{
	layout_sum_add(&compose->sum, compose->piece, compose->filled);
	if (!compose->failed && !compose->sink(compose->arg, compose->piece, compose->filled))
		compose->failed = true;
	compose->filled = 0;
}

static void put(struct compose *compose, const void *bytes, size_t size)
{
	const uint8_t *from = bytes;

	compose->written += size;
	while (size > 0) {
		size_t part = PIECE - compose->filled < size ? PIECE - compose->filled : size;
		memcpy(compose->piece + compose->filled, from, part);
		compose->filled += part;
		from += part;
		size -= part;
		if (compose->filled == PIECE)
			flush(compose);
	}
}

static void align(struct compose *compose)
{
	static const uint8_t zeros[LAYOUT_ALIGN];

	put(compose, zeros, (LAYOUT_ALIGN - compose->written % LAYOUT_ALIGN) % LAYOUT_ALIGN);
}

struct compose *compose_new(uint32_t most, bool (*sink)(void *arg, const void *bytes, size_t size), void *arg)
{
	struct compose *compose = mem_zalloc(sizeof(*compose));
	size_t room = (size_t)most + 1;

	REQUIRE(most <= LAYOUT_TOP_MOST);
	compose->sink = sink;
	compose->arg = arg;
	compose->most = most;
	compose->piece = mem_zalloc(PIECE);
	compose->phones = mem_calloc(room, LAYOUT_PHONE);
	compose->marks = mem_calloc(room, sizeof(*compose->marks));
	compose->years = mem_calloc(room, sizeof(*compose->years));
	compose->roles = mem_calloc(room, sizeof(*compose->roles));
	compose->languages = mem_calloc(room, sizeof(*compose->languages));
	compose->areas = mem_calloc(room, sizeof(*compose->areas));
	layout_sum_init(&compose->sum);
	put(compose, layout_mark, LAYOUT_MARK);
	return compose;
}

static void keys_fini(struct keys *keys)
{
	for (uint32_t i = 0; i < keys->count; i++)
		free(keys->names[i]);
	free(keys->names);
}

void compose_free(struct compose **compose)
{
	struct compose *old = *compose;

	if (old == NULL)
		return;
	keys_fini(&old->area_keys);
	keys_fini(&old->language_keys);
	keys_fini(&old->role_keys);
	for (uint32_t i = 0; i < old->role_set_count; i++)
		free(old->role_sets[i]);
	free(old->role_sets);
	free(old->piece);
	free(old->phones);
	free(old->marks);
	free(old->years);
	free(old->roles);
	free(old->languages);
	free(old->areas);
	free(old->rows);
	free(old->frozen);
	free(old);
	*compose = NULL;
}

static uint32_t keys_add(struct keys *keys, const char *name)
{
	REQUIRE(strlen(name) < LAYOUT_KEY);
	/* Grows by doubling: at every power of two. */
	if ((keys->count & (keys->count - 1)) == 0)
		keys->names = mem_resize(keys->names, keys->count == 0 ? 1 : (size_t)keys->count * 2,
			sizeof(*keys->names));
	keys->names[keys->count++] = mem_strdup(name);
	return keys->count;
}

uint32_t compose_key(struct compose *compose, enum people_axis axis, const char *key)
{
	REQUIRE(axis == PEOPLE_AREA || axis == PEOPLE_LANGUAGE);
	REQUIRE(axis == PEOPLE_AREA || compose->language_keys.count < UINT16_MAX);
	return keys_add(axis == PEOPLE_AREA ? &compose->area_keys : &compose->language_keys, key);
}

static uint32_t role_number(struct compose *compose, const char *role)
{
	for (uint32_t i = 0; i < compose->role_keys.count; i++) {
		if (strcmp(compose->role_keys.names[i], role) == 0)
			return i + 1;
	}
	return keys_add(&compose->role_keys, role);
}

uint32_t compose_roles(struct compose *compose, char *const *roles)
{
	uint32_t *numbers = mem_calloc(mem_strings_count(roles) + 1, sizeof(*numbers));

	for (size_t i = 0; roles[i] != NULL; i++)
		numbers[i] = role_number(compose, roles[i]);
	compose->role_sets = mem_resize(compose->role_sets, (size_t)compose->role_set_count + 1,
		sizeof(*compose->role_sets));
	compose->role_sets[compose->role_set_count++] = numbers;
	return compose->role_set_count;
}

bool compose_add(struct compose *compose, const struct compose_person *person)
{
	uint8_t id[4];
	uint32_t i = person->id;

	if (i == 0 || i > compose->most || (compose->marks[i] & GIVEN) != 0)
		return false;
	bytes_put32(id, i);
	put(compose, id, sizeof(id));
	compose->added++;
	compose->highest = i > compose->highest ? i : compose->highest;
	layout_phone_put(compose->phones + (size_t)(i - 1) * LAYOUT_PHONE, person->phone);
	compose->marks[i] = (uint8_t)(GIVEN | (person->present ? PRESENT : 0) | (person->opted_out ? OPTED_OUT : 0));
	if (!person->present)
		return true;
	if (person->birth_year > FIRST_YEAR - 1 && person->birth_year < FIRST_YEAR + YEARS - 1)
		compose->years[i] = (uint8_t)(person->birth_year - FIRST_YEAR + 1);
	compose->roles[i] = person->roles;
	compose->areas[i] = person->area;
	compose->languages[i] = (uint16_t)person->language;
	return true;
}

static void put_row(struct compose *compose, enum people_axis axis, const char *key, const struct stored *stored)
{
	struct layout_row row = {.axis = axis,
		.key = key,
		.count = stored->count,
		.at = stored->at,
		.size = stored->size};

	if ((compose->row_count & (compose->row_count - 1)) == 0)
		compose->rows = mem_resize(compose->rows, compose->row_count == 0 ? 1 : compose->row_count * 2,
			LAYOUT_ROW);
	layout_row_put(&row, compose->rows + compose->row_count++ * LAYOUT_ROW);
}

/* Writes one set, which is made as small as it can be first, and its row. Empty sets are left out. */
static struct stored put_set(struct compose *compose, enum people_axis axis, const char *key, struct set *set)
{
	struct stored stored = {.count = set_count(set)};

	if (stored.count == 0)
		return stored;
	set_shrink(set);
	align(compose);
	stored.at = compose->written;
	stored.size = (uint32_t)set_frozen_bytes(set);
	if (stored.size > compose->frozen_room) {
		free(compose->frozen);
		compose->frozen_room = ((size_t)stored.size * 2 + SET_ALIGN) / SET_ALIGN * SET_ALIGN;
		compose->frozen = aligned_alloc(SET_ALIGN, compose->frozen_room);
		REQUIRE(compose->frozen != NULL);
	}
	set_freeze(set, compose->frozen);
	put(compose, compose->frozen, stored.size);
	put_row(compose, axis, key, &stored);
	return stored;
}

/* Ids sorted by a column's value: those with value v are ids[from[v]] up to before ids[from[v + 1]], ascending. */
struct grouped {
	uint32_t *ids;
	size_t *from;
};

/* A column's value for an id. */
typedef uint32_t (*column)(const struct compose *compose, uint32_t id);

static uint32_t column_area(const struct compose *compose, uint32_t id)
{
	return compose->areas[id];
}

static uint32_t column_language(const struct compose *compose, uint32_t id)
{
	return compose->languages[id];
}

static uint32_t column_roles(const struct compose *compose, uint32_t id)
{
	return compose->roles[id];
}

static uint32_t column_year(const struct compose *compose, uint32_t id)
{
	return compose->years[id];
}

/* Counting sort; values run from 0 to `most`. */
static void group(const struct compose *compose, column value, uint32_t most, struct grouped *grouped)
{
	size_t *from = mem_calloc((size_t)most + 3, sizeof(*from));

	grouped->ids = mem_calloc((size_t)compose->top + 1, sizeof(*grouped->ids));
	for (uint32_t id = 1; id <= compose->top; id++)
		from[value(compose, id) + 2]++;
	for (size_t v = 2; v < (size_t)most + 3; v++)
		from[v] += from[v - 1];
	/* from[v + 1] is where the next id of value v goes, and so ends up as where v + 1 begins. */
	for (uint32_t id = 1; id <= compose->top; id++)
		grouped->ids[from[value(compose, id) + 1]++] = id;
	grouped->from = from;
}

static void grouped_fini(struct grouped *grouped)
{
	free(grouped->ids);
	free(grouped->from);
}

static void add_group(struct set *set, const struct grouped *grouped, uint32_t value)
{
	set_add_many(set, grouped->ids + grouped->from[value], grouped->from[value + 1] - grouped->from[value]);
}

struct named {
	const char *name;
	uint32_t number;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

/* The keys in the order of the directory. */
static struct named *sorted(const struct keys *keys)
{
	struct named *list = mem_calloc((size_t)keys->count + 1, sizeof(*list));

	for (uint32_t i = 0; i < keys->count; i++)
		list[i] = (struct named){keys->names[i], i + 1};
	if (keys->count > 0)
		qsort(list, keys->count, sizeof(*list), by_name);
	return list;
}

static void put_languages(struct compose *compose)
{
	struct named *list = sorted(&compose->language_keys);
	struct grouped grouped;

	group(compose, column_language, compose->language_keys.count, &grouped);
	for (uint32_t i = 0; i < compose->language_keys.count; i++) {
		struct set *set = set_new();
		add_group(set, &grouped, list[i].number);
		put_set(compose, PEOPLE_LANGUAGE, list[i].name, set);
		set_free(&set);
	}
	grouped_fini(&grouped);
	free(list);
}

/* An area and all known ones below it. */
struct node {
	char key[LAYOUT_KEY];
	struct set *set;
	struct stored stored;
};

/* Takes over the nodes' sets. */
static struct set *unite_nodes(struct node *nodes, size_t count)
{
	const struct set **sets = mem_calloc(count, sizeof(*sets));

	for (size_t i = 0; i < count; i++)
		sets[i] = nodes[i].set;
	struct set *all = set_union_many(sets, count);
	free(sets);
	for (size_t i = 0; i < count; i++)
		set_free(&nodes[i].set);
	return all;
}

/* The nodes of one level up: those with the same first `length` characters become one. Returns how many there are then. */
static size_t join_areas(struct compose *compose, struct node *nodes, size_t count, size_t length)
{
	size_t kept = 0, next;

	for (size_t i = 0; i < count; i = next) {
		struct node node = nodes[i];
		for (next = i + 1;
			next < count && strlen(node.key) >= length && strncmp(node.key, nodes[next].key, length) == 0;)
			next++;
		if (strlen(node.key) > length || next > i + 1) {
			node.key[length] = '\0';
			if (next > i + 1) {
				node.set = unite_nodes(&nodes[i], next - i);
				node.stored = put_set(compose, PEOPLE_WITHIN, node.key, node.set);
			} else {
				put_row(compose, PEOPLE_WITHIN, node.key, &node.stored);
			}
		}
		nodes[kept++] = node;
	}
	return kept;
}

static void put_areas(struct compose *compose)
{
	/* Province, prefecture, county, town, village; what lies below is a key of its own. */
	static const size_t levels[] = {12, 9, 6, 4, 2};
	struct named *list = sorted(&compose->area_keys);
	struct node *nodes = mem_calloc((size_t)compose->area_keys.count + 1, sizeof(*nodes));
	struct grouped grouped;
	size_t count = 0;

	group(compose, column_area, compose->area_keys.count, &grouped);
	for (uint32_t i = 0; i < compose->area_keys.count; i++) {
		struct node *node = &nodes[count];
		node->set = set_new();
		add_group(node->set, &grouped, list[i].number);
		node->stored = put_set(compose, PEOPLE_AREA, list[i].name, node->set);
		snprintf(node->key, sizeof(node->key), "%s", list[i].name);
		if (node->stored.count > 0)
			count++;
		else
			set_free(&node->set);
	}
	grouped_fini(&grouped);
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		count = join_areas(compose, nodes, count, levels[i]);
	for (size_t i = 0; i < count; i++)
		set_free(&nodes[i].set);
	free(nodes);
	free(list);
}

static bool has_role(const uint32_t *set, uint32_t role)
{
	while (*set != 0 && *set != role)
		set++;
	return *set == role;
}

static void put_roles(struct compose *compose)
{
	struct named *list = sorted(&compose->role_keys);
	struct grouped grouped;

	group(compose, column_roles, compose->role_set_count, &grouped);
	for (uint32_t i = 0; i < compose->role_keys.count; i++) {
		struct set *set = set_new();
		for (uint32_t k = 0; k < compose->role_set_count; k++) {
			if (has_role(compose->role_sets[k], list[i].number))
				add_group(set, &grouped, k + 1);
		}
		put_set(compose, PEOPLE_ROLE, list[i].name, set);
		set_free(&set);
	}
	grouped_fini(&grouped);
	free(list);
}

/* Each year's set holds those of the years before it too. */
static void put_years(struct compose *compose)
{
	struct set *until = set_new();
	struct grouped grouped;

	group(compose, column_year, YEARS - 1, &grouped);
	for (uint32_t i = 1; i < YEARS; i++) {
		struct set *born = set_new();
		char key[24];
		snprintf(key, sizeof(key), "%04u", FIRST_YEAR - 1 + i);
		add_group(born, &grouped, i);
		if (!set_empty(born)) {
			set_unite(until, born);
			put_set(compose, PEOPLE_YEAR, key, until);
		}
		set_free(&born);
	}
	set_free(&until);
	grouped_fini(&grouped);
}

/* Everybody whose marks under `mask` are `wanted`. */
static void put_mark(struct compose *compose, const char *key, uint8_t mask, uint8_t wanted)
{
	enum { SOME = 4096 };
	uint32_t *ids = mem_calloc(SOME, sizeof(*ids));
	struct set *set = set_new();
	size_t count = 0;

	for (uint32_t id = 1; id <= compose->top; id++) {
		if ((compose->marks[id] & mask) == wanted)
			ids[count++] = id;
		if (count == SOME || id == compose->top) {
			set_add_many(set, ids, count);
			count = 0;
		}
	}
	put_set(compose, PEOPLE_MARK, key, set);
	set_free(&set);
	free(ids);
}

/* The order of the directory. */
static int by_place(const void *a, const void *b)
{
	struct layout_row x, y;

	REQUIRE(layout_row_get(a, &x) && layout_row_get(b, &y));
	return x.axis != y.axis ? (x.axis < y.axis ? -1 : 1) : strcmp(x.key, y.key);
}

bool compose_end(struct compose *compose, uint32_t top, const struct people_facts *facts)
{
	struct layout_footer footer = {.generation = facts->generation,
		.lineage = facts->lineage,
		.made_day = facts->made_day,
		.good_until_day = facts->good_until_day,
		.top = top,
		.index_at = LAYOUT_MARK};
	uint8_t bytes[LAYOUT_FOOTER];

	if (compose->added != top || compose->highest != top)
		return false;
	compose->top = top;
	align(compose);
	footer.phones_at = compose->written;
	put(compose, compose->phones, (size_t)compose->top * LAYOUT_PHONE);
	align(compose);
	put_roles(compose);
	put_years(compose);
	put_areas(compose);
	put_languages(compose);
	put_mark(compose, PEOPLE_GONE, PRESENT, 0);
	put_mark(compose, PEOPLE_OPTED_OUT, OPTED_OUT, OPTED_OUT);
	put_mark(compose, PEOPLE_PRESENT, PRESENT, PRESENT);
	align(compose);
	if (compose->row_count > 0)
		qsort(compose->rows, compose->row_count, LAYOUT_ROW, by_place);
	footer.directory_at = compose->written;
	footer.directory_rows = compose->row_count;
	put(compose, compose->rows, compose->row_count * LAYOUT_ROW);
	flush(compose);
	footer.body_sum = layout_sum_end(&compose->sum);
	layout_footer_put(&footer, bytes);
	return !compose->failed && compose->sink(compose->arg, bytes, sizeof(bytes));
}
