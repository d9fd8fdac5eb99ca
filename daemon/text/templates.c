#include "text/templates.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "flow/medium.h"
#include "text/template_lint.h"
#include "text/value.h"

struct entry {
	struct template template;
	char *key; /* what it is looked for by */
	char *parts; /* the path cut at its slashes: language, medium, type, audience stand in it */
	struct mustache *mustache;
	bool shipped;
};

enum { KEY_MOST = 256 };

struct templates {
	struct entry *list; /* by key */
	size_t count;
	uint32_t *table; /* place in the list + 1, by hash of the key; 0: none */
	size_t room; /* of the table */
};

static const char ending[] = ".mustache";

/* Language, medium, type and audience as one word: a look-up compares it as a whole. False when it does not fit. */
static bool make_key(char key[KEY_MOST], const char *language, const char *medium, const char *type,
	const char *audience)
{
	const char *const parts[4] = {language, medium, type, audience};
	char *at = key, *end = key + KEY_MOST;

	for (int i = 0; i < 4; i++) {
		size_t size = strlen(parts[i]);
		if (size + 1 > (size_t)(end - at))
			return false;
		memcpy(at, parts[i], size);
		at += size;
		*at++ = i < 3 ? '/' : '\0';
	}
	return true;
}

/* Names of files that an operator chose: nothing to defend against. */
static size_t place_of(const char *key, size_t room)
{
	return value_hash(key, strlen(key)) % room;
}

static void make_table(struct templates *templates)
{
	templates->room = templates->count * 2 + 1;
	templates->table = mem_calloc(templates->room, sizeof(*templates->table));
	for (size_t i = 0; i < templates->count; i++) {
		size_t at = place_of(templates->list[i].key, templates->room);
		while (templates->table[at] != 0)
			at = (at + 1) % templates->room;
		templates->table[at] = (uint32_t)i + 1;
	}
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

/* A site's own before the shipped one of the same path. */
static int by_key_and_origin(const void *a, const void *b)
{
	int order = by_key(a, b);

	return order != 0 ? order : ((const struct entry *)a)->shipped - ((const struct entry *)b)->shipped;
}

static const struct template *find_exact(const struct templates *templates, const char *language, const char *medium,
	const char *type, const char *audience)
{
	char key[KEY_MOST];

	if (templates->room == 0 || !make_key(key, language, medium, type, audience))
		return NULL;
	for (size_t at = place_of(key, templates->room);; at = (at + 1) % templates->room) {
		uint32_t number = templates->table[at];
		if (number == 0)
			return NULL;
		if (strcmp(templates->list[number - 1].key, key) == 0)
			return &templates->list[number - 1].template;
	}
}

/* The audience's own, else everybody's. */
static const struct template *find_for(const struct templates *templates, const char *language, const char *medium,
	const char *type, const char *audience)
{
	const struct template *found = find_exact(templates, language, medium, type, audience);

	return found != NULL ? found : find_exact(templates, language, medium, type, "all");
}

const struct template *templates_find(const struct templates *templates, const char *language, const char *medium,
	const char *type, const char *audience)
{
	const struct template *found = find_for(templates, language, medium, type, audience);

	if (found == NULL)
		found = find_for(templates, language, medium, "other", audience);
	if (found == NULL && strcmp(language, "zh") != 0)
		return templates_find(templates, "zh", medium, type, audience);
	return found;
}

static const struct mustache *find_piece(const struct template_scope *scope, const char *name)
{
	const char *language = scope->template->language, *medium = scope->template->medium, *slash = strchr(name, '/');
	const struct template *found = NULL;
	char folder[64];

	if (slash == NULL) {
		found = find_for(scope->templates, language, medium, name, scope->audience);
	} else if ((size_t)(slash - name) < sizeof(folder)) {
		memcpy(folder, name, (size_t)(slash - name));
		folder[slash - name] = '\0';
		found = find_exact(scope->templates, language, medium, folder, slash + 1);
	}
	return found != NULL ? found->mustache : NULL;
}

/* A name stands where it stands as long as the templates live: the same place is the same name. */
static const struct mustache *find_partial(void *arg, const char *name)
{
	struct template_scope *scope = arg;

	for (int i = 0; i < TEMPLATE_PIECES; i++) {
		if (scope->names[i] == name)
			return scope->pieces[i];
		if (scope->names[i] == NULL) {
			scope->names[i] = name;
			scope->pieces[i] = find_piece(scope, name);
			return scope->pieces[i];
		}
	}
	return find_piece(scope, name);
}

struct mustache_partials templates_partials(struct template_scope *scope)
{
	return (struct mustache_partials){find_partial, scope};
}

size_t templates_count(const struct templates *templates)
{
	return templates->count;
}

const struct template *templates_at(const struct templates *templates, size_t index)
{
	return &templates->list[index].template;
}

static const char *without_root(const char *path)
{
	return strncmp(path, "templates/", 10) == 0 ? path + 10 : path;
}

static bool has_ending(const char *path)
{
	size_t size = strlen(path);

	return size > sizeof(ending) - 1 && strcmp(path + size - (sizeof(ending) - 1), ending) == 0;
}

/* Cuts LANGUAGE/MEDIUM/TYPE/AUDIENCE.mustache. Returns false, with nothing held, when it is not of that shape. */
static bool cut_path(const char *path, struct entry *entry)
{
	char *parts = mem_strndup(path, strlen(path) - (sizeof(ending) - 1)), *at = parts;
	const char **into[4] = {&entry->template.language, &entry->template.medium, &entry->template.type,
		&entry->template.audience};
	enum medium medium;

	for (int i = 0; i < 4; i++) {
		char *slash = strchr(at, '/');
		if (*at == '\0' || (i < 3) != (slash != NULL) || slash == at) {
			free(parts);
			return false;
		}
		if (slash != NULL)
			*slash = '\0';
		*into[i] = at;
		at = slash != NULL ? slash + 1 : at;
	}
	if (!medium_find(entry->template.medium, &medium)) {
		free(parts);
		return false;
	}
	entry->parts = parts;
	char key[KEY_MOST];
	if (!make_key(key, entry->template.language, entry->template.medium, entry->template.type,
		    entry->template.audience)) {
		free(parts);
		return false;
	}
	entry->key = mem_strdup(key);
	return true;
}

/* A line end at the end of a file is the editor's, not the text's; WeCom's texts have lines and keep theirs. */
static size_t text_size(const struct template *template, const char *bytes, size_t size)
{
	if (strcmp(template->medium, "wecom") == 0)
		return size;
	while (size > 0 && strchr(" \t\r\n", bytes[size - 1]) != NULL && bytes[size - 1] != '\0')
		size--;
	return size;
}

static void add(struct templates *templates, const struct template_source *source, bool shipped,
	struct problems *problems)
{
	const char *path = without_root(source->path);
	struct place at = {path, 0};
	struct entry entry = {0};

	if (!has_ending(path) || !cut_path(path, &entry)) {
		if (!shipped)
			problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL,
					       N_("this is no place for a template")),
				N_("name it LANGUAGE/MEDIUM/TYPE/AUDIENCE.mustache, such as zh/sms/fake-police/elderly.mustache"));
		return;
	}
	size_t size = text_size(&entry.template, source->bytes, source->size);
	if (mustache_compile(source->bytes, size, path, &entry.mustache, problems) != RESULT_OK) {
		free(entry.parts);
		free(entry.key);
		return;
	}
	entry.shipped = shipped;
	entry.template.path = mem_strdup(path);
	entry.template.mustache = entry.mustache;
	templates->list = mem_resize(templates->list, templates->count + 1, sizeof(*templates->list));
	templates->list[templates->count++] = entry;
}

static void entry_fini(struct entry *entry)
{
	mustache_free(&entry->mustache);
	free((char *)entry->template.path);
	free(entry->parts);
	free(entry->key);
}

static void drop_replaced(struct templates *templates)
{
	size_t kept = 0;

	for (size_t i = 0; i < templates->count; i++) {
		if (kept > 0 && by_key(&templates->list[kept - 1], &templates->list[i]) == 0)
			entry_fini(&templates->list[i]);
		else
			templates->list[kept++] = templates->list[i];
	}
	templates->count = kept;
}

/* The folders of the shipped wordings, NULL-ended. Borrowed from the entries; the list is for free(). */
static const char **shipped_types(const struct templates *templates)
{
	const char **names = mem_calloc(templates->count + 1, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; i < templates->count; i++) {
		const struct entry *entry = &templates->list[i];
		if (entry->shipped && (count == 0 || strcmp(names[count - 1], entry->template.type) != 0))
			names[count++] = entry->template.type;
	}
	return names;
}

/* A folder that is no fraud type would lie there unused and in silence. */
static void check_types(const struct templates *templates, struct problems *problems)
{
	const char **names = shipped_types(templates);

	for (size_t i = 0; i < templates->count && names[0] != NULL; i++) {
		const struct template *template = &templates->list[i].template;
		struct place at = {template->path, 0};
		bool known = templates->list[i].shipped || template->type[0] == '_';

		for (size_t k = 0; names[k] != NULL && !known; k++)
			known = strcmp(names[k], template->type) == 0;
		if (known)
			continue;
		const char *nearest = nearest_name(template->type, names);
		struct problem *problem = problem_add(problems, PROBLEM_WARNING, &at, NULL,
			N_("no fraud type is called \"%s\": this wording is used only when one is added"),
			template->type);
		if (nearest != NULL)
			problem_remedy(problem, N_("did you mean \"%s\"?"), nearest);
		else
			problem_remedy(problem, N_("name the folder after a fraud type, such as fake-police"));
	}
	free(names);
}

static void add_all(struct templates *templates, const struct template_source *sources, size_t count, bool shipped,
	struct problems *problems)
{
	for (size_t i = 0; i < count; i++)
		add(templates, &sources[i], shipped, problems);
}

enum result templates_load(const struct template_source *shipped, size_t shipped_count,
	const struct template_source *replacing, size_t replacing_count, struct templates **templates,
	struct problems *problems)
{
	struct templates *made = mem_zalloc(sizeof(*made));
	size_t errors = problems->errors;

	add_all(made, replacing, replacing_count, false, problems);
	add_all(made, shipped, shipped_count, true, problems);
	if (made->count > 0)
		qsort(made->list, made->count, sizeof(*made->list), by_key_and_origin);
	check_types(made, problems);
	drop_replaced(made);
	make_table(made);
	for (size_t i = 0; i < made->count; i++)
		template_lint(made, &made->list[i].template, problems);
	if (problems->errors > errors) {
		templates_free(&made);
		return RESULT_INVALID;
	}
	*templates = made;
	return RESULT_OK;
}

enum result templates_load_shipped(const struct template_source *replacing, size_t replacing_count,
	struct templates **templates, struct problems *problems)
{
	static const char folder[] = "templates/";
	struct template_source *shipped = NULL;
	size_t count = 0;

	for (const struct embed_file *file = embed_first(folder);
		file != NULL && file->path != NULL && strncmp(file->path, folder, sizeof(folder) - 1) == 0; file++) {
		shipped = mem_resize(shipped, count + 1, sizeof(*shipped));
		shipped[count++] = (struct template_source){file->path, file->data, file->size};
	}
	enum result result = templates_load(shipped, count, replacing, replacing_count, templates, problems);
	free(shipped);
	return result;
}

void templates_free(struct templates **templates)
{
	if (*templates == NULL)
		return;
	for (size_t i = 0; i < (*templates)->count; i++)
		entry_fini(&(*templates)->list[i]);
	free((*templates)->list);
	free((*templates)->table);
	free(*templates);
	*templates = NULL;
}
