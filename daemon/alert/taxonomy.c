#include "alert/taxonomy.h"

#include <stdlib.h>
#include <string.h>

#include "alert/catalogue.h"
#include "alert/fold.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "document/document.h"

/* A line longer than this fits no sign's page and no two text messages. */
#define LINE_MOST 200

struct audience_name {
	char *slug;
	char *name;
	char **aliases;
};

struct taxonomy {
	struct fraud_type *types;
	size_t type_count;
	struct slogan_pack *packs;
	size_t pack_count;
	struct audience_name *audiences;
	size_t audience_count;
	struct area_table areas;
};

static void fraud_type_fini(struct fraud_type *type)
{
	free(type->slug);
	free(type->name);
	mem_strings_free(type->aliases);
	mem_strings_free(type->audiences);
	free(type->pack);
}

static void slogan_pack_fini(struct slogan_pack *pack)
{
	free(pack->slug);
	free(pack->name);
	mem_strings_free(pack->lines);
	free(pack->source);
}

static void audience_name_fini(struct audience_name *audience)
{
	free(audience->slug);
	free(audience->name);
	mem_strings_free(audience->aliases);
}

void taxonomy_free(struct taxonomy **taxonomy)
{
	struct taxonomy *t = *taxonomy;

	if (t == NULL)
		return;
	for (size_t i = 0; i < t->type_count; i++)
		fraud_type_fini(&t->types[i]);
	for (size_t i = 0; i < t->pack_count; i++)
		slogan_pack_fini(&t->packs[i]);
	for (size_t i = 0; i < t->audience_count; i++)
		audience_name_fini(&t->audiences[i]);
	free(t->types);
	free(t->packs);
	free(t->audiences);
	area_table_fini(&t->areas);
	free(t);
	*taxonomy = NULL;
}

/* Adds an error at `node` about a name of it. */
#define TAXONOMY_PROBLEM(problems, node, field, ...) \
	do { \
		struct place at_ = node_place(node); \
		problem_add(problems, PROBLEM_ERROR, &at_, field, __VA_ARGS__); \
	} while (0)

static bool slug_good(const char *slug)
{
	size_t length = strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return slug[length] == '\0' && length > 0 && length <= 40 && slug[0] != '-' && slug[0] != '.';
}

/* A slug that is missing, malformed or there already makes the row useless. */
static bool row_slug(const struct node *row, const char *slug, bool taken, struct problems *problems)
{
	if (slug == NULL)
		return false;
	if (!slug_good(slug))
		TAXONOMY_PROBLEM(problems, row, "slug", N_("\"%s\" is not a short name of a-z, 0-9 and -"), slug);
	else if (taken)
		TAXONOMY_PROBLEM(problems, row, "slug", N_("\"%s\" is there twice"), slug);
	else
		return true;
	return false;
}

static void read_pack(struct taxonomy *taxonomy, const struct node *row, struct problems *problems)
{
	static const char *const keys[] = {"slug", "name", "lines", "whole", "source", "year", NULL};
	size_t errors = problems->errors;

	if (!catalogue_row(row, keys, problems))
		return;
	struct slogan_pack pack = {
		.slug = catalogue_string(row, "slug", true, problems),
		.name = catalogue_string(row, "name", true, problems),
		.lines = catalogue_strings(row, "lines", true, problems),
		.whole = catalogue_bool(row, "whole", false, problems),
		.source = catalogue_string(row, "source", false, problems),
		.year = catalogue_integer(row, "year", 0, problems),
	};
	for (size_t i = 0; pack.lines[i] != NULL; i++) {
		if (utf8_length(pack.lines[i]) > LINE_MOST)
			TAXONOMY_PROBLEM(problems, row, "lines", N_("line %zu is longer than %d characters"), i + 1,
				LINE_MOST);
		if (strstr(pack.lines[i], "【") != NULL || strstr(pack.lines[i], "】") != NULL)
			TAXONOMY_PROBLEM(problems, row, "lines", N_("line %zu holds 【】, which only signatures may"),
				i + 1);
	}
	if (!row_slug(row, pack.slug, taxonomy_pack(taxonomy, pack.slug) != NULL, problems) ||
		problems->errors > errors) {
		slogan_pack_fini(&pack);
		return;
	}
	taxonomy->packs = mem_resize(taxonomy->packs, taxonomy->pack_count + 1, sizeof(pack));
	taxonomy->packs[taxonomy->pack_count++] = pack;
}

static void read_audience(struct taxonomy *taxonomy, const struct node *row, struct problems *problems)
{
	static const char *const keys[] = {"slug", "name", "aliases", NULL};
	size_t errors = problems->errors;

	if (!catalogue_row(row, keys, problems))
		return;
	struct audience_name audience = {
		.slug = catalogue_string(row, "slug", true, problems),
		.name = catalogue_string(row, "name", true, problems),
		.aliases = catalogue_strings(row, "aliases", false, problems),
	};
	for (size_t i = 0; audience.aliases[i] != NULL; i++)
		if (taxonomy_find_audience(taxonomy, audience.aliases[i]) != NULL)
			TAXONOMY_PROBLEM(problems, row, "aliases", N_("\"%s\" already stands for another audience"),
				audience.aliases[i]);
	bool taken = audience.slug != NULL && taxonomy_audience_name(taxonomy, audience.slug) != NULL;
	if (!row_slug(row, audience.slug, taken, problems) || problems->errors > errors) {
		audience_name_fini(&audience);
		return;
	}
	taxonomy->audiences = mem_resize(taxonomy->audiences, taxonomy->audience_count + 1, sizeof(audience));
	taxonomy->audiences[taxonomy->audience_count++] = audience;
}

/* The exact match only: with the forgiving one an alias "招聘诈骗" would clash with a name "招聘". */
static const struct fraud_type *type_named(const struct taxonomy *taxonomy, const char *folded)
{
	for (size_t i = 0; i < taxonomy->type_count; i++) {
		const struct fraud_type *type = &taxonomy->types[i];
		if (fold_matches(type->slug, folded) || fold_matches(type->name, folded))
			return type;
		for (size_t alias = 0; type->aliases[alias] != NULL; alias++)
			if (fold_matches(type->aliases[alias], folded))
				return type;
	}
	return NULL;
}

static void check_type_name(const struct taxonomy *taxonomy, const struct node *row, const char *field,
	const char *name, struct problems *problems)
{
	char *folded = fold_name(name != NULL ? name : "");

	if (type_named(taxonomy, folded) != NULL)
		TAXONOMY_PROBLEM(problems, row, field, N_("\"%s\" already stands for another kind of fraud"), name);
	free(folded);
}

static void check_type(const struct taxonomy *taxonomy, const struct node *row, const struct fraud_type *type,
	struct problems *problems)
{
	check_type_name(taxonomy, row, "name", type->name, problems);
	for (size_t i = 0; type->aliases[i] != NULL; i++)
		check_type_name(taxonomy, row, "aliases", type->aliases[i], problems);
	for (size_t i = 0; type->audiences[i] != NULL; i++)
		if (taxonomy_audience_name(taxonomy, type->audiences[i]) == NULL)
			TAXONOMY_PROBLEM(problems, row, "audiences", N_("audiences.cfg has no audience \"%s\""),
				type->audiences[i]);
	if (type->pack != NULL && taxonomy_pack(taxonomy, type->pack) == NULL)
		TAXONOMY_PROBLEM(problems, row, "pack", N_("slogans.cfg has no pack \"%s\""), type->pack);
}

static void read_type(struct taxonomy *taxonomy, const struct node *row, struct problems *problems)
{
	static const char *const keys[] = {"slug", "name", "aliases", "audiences", "pack", NULL};
	size_t errors = problems->errors;

	if (!catalogue_row(row, keys, problems))
		return;
	struct fraud_type type = {
		.slug = catalogue_string(row, "slug", true, problems),
		.name = catalogue_string(row, "name", true, problems),
		.aliases = catalogue_strings(row, "aliases", false, problems),
		.audiences = catalogue_strings(row, "audiences", true, problems),
		.pack = catalogue_string(row, "pack", true, problems),
	};
	check_type(taxonomy, row, &type, problems);
	if (!row_slug(row, type.slug, taxonomy_type(taxonomy, type.slug) != NULL, problems) ||
		problems->errors > errors) {
		fraud_type_fini(&type);
		return;
	}
	taxonomy->types = mem_resize(taxonomy->types, taxonomy->type_count + 1, sizeof(type));
	taxonomy->types[taxonomy->type_count++] = type;
}

static void read_area(struct taxonomy *taxonomy, const struct node *row, struct problems *problems)
{
	const char *blank = row->kind == NODE_STRING ? strchr(row->text, ' ') : NULL;
	char *code = blank != NULL ? mem_strndup(row->text, (size_t)(blank - row->text)) : NULL;

	if (code != NULL && area_name(&taxonomy->areas, code) != NULL)
		TAXONOMY_PROBLEM(problems, row, code, N_("this area code is there twice"));
	else if (code == NULL || area_add(&taxonomy->areas, code, blank + strspn(blank, " ")) != RESULT_OK)
		TAXONOMY_PROBLEM(problems, row, "areas", N_("must be a code, a blank and a name in quotes"));
	free(code);
}

/* Reads one file and hands every row of its list to `read`. */
static void read_file(struct taxonomy *taxonomy, const struct taxonomy_file *file, const char *list,
	void (*read)(struct taxonomy *, const struct node *, struct problems *), struct problems *problems)
{
	struct node *root = NULL;

	if (document_read_cfg(file->bytes, file->size, file->name, &root, problems) != RESULT_OK)
		return;
	const struct node *rows = catalogue_list(root, list, problems);
	for (const struct node *row = rows != NULL ? rows->first : NULL; row != NULL; row = row->next)
		read(taxonomy, row, problems);
	document_free(&root);
}

enum result taxonomy_load(const struct taxonomy_files *files, struct taxonomy **taxonomy, struct problems *problems)
{
	struct taxonomy *t = mem_zalloc(sizeof(*t));
	size_t errors = problems->errors;

	/* In this order: each file may name what the ones before it define. */
	read_file(t, &files->areas, "areas", read_area, problems);
	read_file(t, &files->audiences, "audiences", read_audience, problems);
	read_file(t, &files->slogans, "packs", read_pack, problems);
	read_file(t, &files->fraud_types, "types", read_type, problems);
	if (problems->errors > errors) {
		taxonomy_free(&t);
		return RESULT_INVALID;
	}
	*taxonomy = t;
	return RESULT_OK;
}

enum result taxonomy_add_area(struct taxonomy *taxonomy, const char *code, const char *name)
{
	return area_add(&taxonomy->areas, code, name);
}

const struct fraud_type *taxonomy_type(const struct taxonomy *taxonomy, const char *slug)
{
	for (size_t i = 0; slug != NULL && i < taxonomy->type_count; i++)
		if (strcmp(taxonomy->types[i].slug, slug) == 0)
			return &taxonomy->types[i];
	return NULL;
}

/* Removes one of the words that people add to the name of a kind. Returns false when there is none to remove. */
static bool cut_ending(char *folded)
{
	static const char *const endings[] = {"电信网络诈骗", "诈骗案件", "诈骗案", "诈骗", "骗局", "案件", "类案",
		"案", "类"};
	size_t length = strlen(folded);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t size = strlen(endings[i]);
		if (length > size && strcmp(folded + length - size, endings[i]) == 0) {
			folded[length - size] = '\0';
			return true;
		}
	}
	return false;
}

const struct fraud_type *taxonomy_find_type(const struct taxonomy *taxonomy, const char *text)
{
	char *folded = fold_name(text);
	const struct fraud_type *type = type_named(taxonomy, folded);

	while (type == NULL && cut_ending(folded))
		type = type_named(taxonomy, folded);
	free(folded);
	return type;
}

const struct fraud_type *taxonomy_types(const struct taxonomy *taxonomy, size_t *count)
{
	*count = taxonomy->type_count;
	return taxonomy->types;
}

const struct slogan_pack *taxonomy_pack(const struct taxonomy *taxonomy, const char *slug)
{
	for (size_t i = 0; slug != NULL && i < taxonomy->pack_count; i++)
		if (strcmp(taxonomy->packs[i].slug, slug) == 0)
			return &taxonomy->packs[i];
	return NULL;
}

const struct slogan_pack *taxonomy_find_pack(const struct taxonomy *taxonomy, const char *text)
{
	for (size_t i = 0; i < taxonomy->pack_count; i++)
		if (fold_same(taxonomy->packs[i].slug, text) || fold_same(taxonomy->packs[i].name, text))
			return &taxonomy->packs[i];
	return NULL;
}

const struct slogan_pack *taxonomy_packs(const struct taxonomy *taxonomy, size_t *count)
{
	*count = taxonomy->pack_count;
	return taxonomy->packs;
}

const char *taxonomy_find_audience(const struct taxonomy *taxonomy, const char *text)
{
	char *folded = fold_name(text);
	const char *slug = NULL;

	for (size_t i = 0; i < taxonomy->audience_count && slug == NULL; i++) {
		const struct audience_name *audience = &taxonomy->audiences[i];
		bool hit = fold_matches(audience->slug, folded) || fold_matches(audience->name, folded);
		for (size_t alias = 0; audience->aliases[alias] != NULL && !hit; alias++)
			hit = fold_matches(audience->aliases[alias], folded);
		if (hit)
			slug = audience->slug;
	}
	free(folded);
	return slug;
}

const char *taxonomy_audience_name(const struct taxonomy *taxonomy, const char *slug)
{
	for (size_t i = 0; i < taxonomy->audience_count; i++)
		if (strcmp(taxonomy->audiences[i].slug, slug) == 0)
			return taxonomy->audiences[i].name;
	return NULL;
}

enum result taxonomy_find_area(const struct taxonomy *taxonomy, const char *text, const char *near,
	char code[AREA_CODE])
{
	return area_find(&taxonomy->areas, text, near, code);
}

const char *taxonomy_area_name(const struct taxonomy *taxonomy, const char *code)
{
	return area_name(&taxonomy->areas, code);
}

char *taxonomy_area_full_name(const struct taxonomy *taxonomy, const char *code)
{
	return area_full_name(&taxonomy->areas, code);
}

const char *taxonomy_nearest_type(const struct taxonomy *taxonomy, const char *text)
{
	size_t most = 1, count = 0;

	for (size_t i = 0; i < taxonomy->type_count; i++)
		most += 2 + mem_strings_count(taxonomy->types[i].aliases);
	const char **names = mem_calloc(most, sizeof(*names));
	for (size_t i = 0; i < taxonomy->type_count; i++) {
		names[count++] = taxonomy->types[i].slug;
		names[count++] = taxonomy->types[i].name;
		for (char **alias = taxonomy->types[i].aliases; *alias != NULL; alias++)
			names[count++] = *alias;
	}
	const char *nearest = nearest_name(text, names);
	free(names);
	return nearest;
}

const char *taxonomy_nearest_pack(const struct taxonomy *taxonomy, const char *text)
{
	const char **names = mem_calloc(taxonomy->pack_count + 1, sizeof(*names));

	for (size_t i = 0; i < taxonomy->pack_count; i++)
		names[i] = taxonomy->packs[i].slug;
	const char *nearest = nearest_name(text, names);
	free(names);
	return nearest;
}

const char *taxonomy_nearest_area(const struct taxonomy *taxonomy, const char *text)
{
	const char **names = mem_calloc(taxonomy->areas.count + 1, sizeof(*names));

	for (size_t i = 0; i < taxonomy->areas.count; i++)
		names[i] = taxonomy->areas.rows[i].name;
	const char *nearest = nearest_name(text, names);
	free(names);
	return nearest;
}
