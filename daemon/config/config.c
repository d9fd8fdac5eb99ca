#include "config/config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "base/require.h"
#include "config/check.h"
#include "config/files.h"
#include "config/read.h"
#include "config/tables.h"

/* A configuration being made. */
struct making {
	struct config *config;
	const struct node *root;
	const struct config_kind *kinds;
	struct reader reader;
};

static const char *const lists[] = {"areas", "audiences", "channels", "schedules", NULL};

static void refuse_shape(const struct making *making, const struct node *node, bool group)
{
	const struct place place = node_place(node);
	char path[NODE_PATH];

	if (group)
		problem_remedy(problem_add(making->reader.problems, PROBLEM_ERROR, &place, node_path(node, path),
				       N_("must be a group")),
			N_("write name: { … };"));
	else
		problem_remedy(problem_add(making->reader.problems, PROBLEM_ERROR, &place, node_path(node, path),
				       N_("must be a list of groups")),
			N_("write name: ( { … }, { … } );"));
}

/* A group by its key, or NULL where there is none or something else stands there (refused). */
static const struct node *find_group(const struct making *making, const char *key)
{
	const struct node *node = node_find(making->root, key);

	if (node == NULL || node->kind == NODE_GROUP)
		return node;
	refuse_shape(making, node, true);
	return NULL;
}

/* A list of groups by its key, or NULL. */
static const struct node *find_list(const struct making *making, const char *key)
{
	const struct node *node = node_find(making->root, key);
	bool good = node == NULL || node->kind == NODE_LIST;

	for (const struct node *item = good && node != NULL ? node->first : NULL; item != NULL; item = item->next)
		good = good && item->kind == NODE_GROUP;
	if (good)
		return node;
	refuse_shape(making, node, false);
	return NULL;
}

static size_t count_of(const struct node *node)
{
	return node != NULL ? node->count : 0;
}

static void check_sections(const struct making *making)
{
	const char *known[32];
	size_t used = 0;

	for (const struct section *section = tables_sections; section->key != NULL; section++)
		known[used++] = section->key;
	for (size_t i = 0; lists[i] != NULL; i++)
		known[used++] = lists[i];
	known[used] = NULL;
	for (const struct node *node = making->root->first; node != NULL; node = node->next) {
		bool found = false;
		for (size_t i = 0; i < used && !found; i++)
			found = strcmp(known[i], node->key) == 0;
		if (!found)
			read_refuse_key(&making->reader, node, known);
	}
}

static void read_sections(const struct making *making)
{
	for (const struct section *section = tables_sections; section->key != NULL; section++) {
		const struct target target = {section->rows, making->config};
		read_group(&making->reader, find_group(making, section->key), section->key, &target, 1, true);
	}
	/* Callers add what follows the base. */
	char *base = making->config->listen.receipt_base;
	while (base != NULL && *base != '\0' && base[strlen(base) - 1] == '/')
		base[strlen(base) - 1] = '\0';
}

static void read_areas(const struct making *making)
{
	const struct node *list = find_list(making, "areas");
	struct config *config = making->config;

	config->areas = mem_calloc(count_of(list), sizeof(*config->areas));
	for (const struct node *node = list != NULL ? list->first : NULL; node != NULL; node = node->next) {
		const struct target target = {tables_area, &config->areas[config->area_count++]};
		read_group(&making->reader, node, "areas[]", &target, 1, true);
	}
}

static void read_audiences(const struct making *making)
{
	const struct node *group = find_group(making, "audiences");
	struct config *config = making->config;

	config->audiences = mem_calloc(count_of(group), sizeof(*config->audiences));
	for (const struct node *node = group != NULL ? group->first : NULL; node != NULL; node = node->next) {
		if (node->kind != NODE_GROUP) {
			refuse_shape(making, node, true);
			continue;
		}
		struct config_audience *audience = &config->audiences[config->audience_count++];
		const struct target target = {tables_audience, audience};
		audience->name = mem_strdup(node->key);
		read_group(&making->reader, node, node->key, &target, 1, true);
		if (audience->label == NULL)
			audience->label = mem_strdup(audience->name);
	}
}

static const struct config_kind *find_kind(const struct config_kind *kinds, const char *name)
{
	for (; kinds->name != NULL; kinds++) {
		if (strcmp(kinds->name, name) == 0)
			return kinds;
	}
	return NULL;
}

static void refuse_kind(const struct making *making, const struct node *node)
{
	const struct place place = node_place(node);
	const char *names[64];
	size_t used = 0;
	char path[NODE_PATH];
	struct buf all;

	buf_init(&all, 2000);
	for (const struct config_kind *kind = making->kinds; kind->name != NULL && used < 63; kind++) {
		buf_printf(&all, "%s%s", used > 0 ? ", " : "", kind->name);
		names[used++] = kind->name;
	}
	names[used] = NULL;
	const char *near = nearest_name(node->text, names);
	struct problem *problem = problem_add(making->reader.problems, PROBLEM_ERROR, &place, node_path(node, path),
		N_("there is no kind of channel \"%s\""), node->text);
	if (near != NULL)
		problem_remedy(problem, N_("did you mean \"%s\"?"), near);
	else
		problem_remedy(problem, N_("possible are: %s"), buf_text(&all));
	buf_fini(&all);
}

/* What the kind and the site give where the channel says nothing. */
static void fill_channel(const struct making *making, const struct node *group, const struct config_kind *kind,
	struct channel_config *channel)
{
	if (channel->signature == NULL)
		channel->signature = mem_strdup(making->config->site.signature);
	if (kind == NULL)
		return;
	channel->medium = kind->medium;
	if (node_find(group, "rate") == NULL)
		REQUIRE(setting_parse_rate(kind->rate != NULL ? kind->rate : "unlimited", &channel->rate));
	if (channel->window == 0)
		channel->window = kind->window > 0 ? kind->window : 1;
	if (channel->batch == 0)
		channel->batch = kind->batch > 0 ? kind->batch : 1;
	if (node_find(group, "reach") == NULL)
		channel->reach = kind->medium == MEDIUM_WECOM ? REACH_STAFF : REACH_RESIDENTS;
}

static void read_channel(const struct making *making, const struct node *group, size_t number)
{
	struct channel_config *channel = &making->config->channels[number];
	const struct node *kind_node = node_find(group, "kind");
	const struct config_kind *kind = NULL;
	struct problems *problems = making->reader.problems;
	size_t errors = problems->errors;

	if (kind_node != NULL && kind_node->kind == NODE_STRING) {
		kind = find_kind(making->kinds, kind_node->text);
		if (kind == NULL)
			refuse_kind(making, kind_node);
	}
	if (kind != NULL && kind->options_size > 0) {
		channel->settings = kind->settings;
		channel->options = mem_zalloc(kind->options_size);
	}
	const struct target targets[] = {
		{tables_channel, channel},
		{channel->settings, channel->options},
	};
	channel->line = node_place(group).line;
	channel->file = mem_strdup(node_place(group).file);
	/* Without a kind nobody can say which further keys are right. */
	read_group(&making->reader, group, "channels[]", targets, 2, kind != NULL);
	fill_channel(making, group, kind, channel);
	check_channel(making->config, number, kind, group, problems);
	if (kind != NULL && kind->check != NULL && problems->errors == errors)
		kind->check(channel, problems);
}

static void read_channels(const struct making *making)
{
	const struct node *list = find_list(making, "channels");
	struct config *config = making->config;

	config->channels = mem_calloc(count_of(list), sizeof(*config->channels));
	for (const struct node *node = list != NULL ? list->first : NULL; node != NULL; node = node->next)
		read_channel(making, node, config->channel_count++);
	if (node_find(making->root, "channels") == NULL) {
		const struct place place = {.file = config->file};
		problem_remedy(problem_add(making->reader.problems, PROBLEM_WARNING, &place, "channels",
				       N_("no channel is configured, so nothing can be sent")),
			N_("add a list channels: ( { … } ); as in the sample crierd.conf"));
	}
}

static void read_schedules(const struct making *making)
{
	const struct node *list = find_list(making, "schedules");
	struct config *config = making->config;

	config->schedules = mem_calloc(count_of(list), sizeof(*config->schedules));
	for (const struct node *node = list != NULL ? list->first : NULL; node != NULL; node = node->next) {
		struct config_schedule *schedule = &config->schedules[config->schedule_count++];
		const struct target target = {tables_schedule, schedule};
		schedule->line = node_place(node).line;
		schedule->file = mem_strdup(node_place(node).file);
		read_group(&making->reader, node, "schedules[]", &target, 1, true);
		check_schedule(config, config->schedule_count - 1, node, making->reader.problems);
	}
}

/* The absolute folder in which `path` stands. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *given = slash == NULL ? mem_strdup(".") : mem_strndup(path, slash == path ? 1 : (size_t)(slash - path));
	char *absolute = realpath(given, NULL);

	if (absolute == NULL)
		return given;
	free(given);
	return absolute;
}

enum result config_read(const char *path, const struct config_kind *kinds, bool secrets, struct config **config,
	struct problems *problems)
{
	size_t errors = problems->errors;
	struct node *root;

	*config = NULL;
	enum result result = files_read(path, &root, problems);
	if (result != RESULT_OK)
		return result;
	char *folder = folder_of(path);
	struct making making = {.config = mem_zalloc(sizeof(struct config)),
		.root = root,
		.kinds = kinds,
		.reader = {.file = path, .folder = folder, .secrets = secrets, .problems = problems}};
	making.config->file = mem_strdup(path);
	check_sections(&making);
	read_sections(&making);
	read_areas(&making);
	read_audiences(&making);
	check_site(making.config, root, problems);
	read_channels(&making);
	read_schedules(&making);
	free(folder);
	document_free(&root);
	*config = making.config;
	if (problems->errors == errors)
		return RESULT_OK;
	config_free(config);
	return RESULT_INVALID;
}

static void free_channel(struct channel_config *channel)
{
	read_free(tables_channel, channel);
	read_free(channel->settings, channel->options);
	free(channel->options);
	free(channel->file);
}

void config_free(struct config **config)
{
	struct config *old = *config;

	if (old == NULL)
		return;
	for (const struct section *section = tables_sections; section->key != NULL; section++)
		read_free(section->rows, old);
	for (size_t i = 0; i < old->area_count; i++)
		read_free(tables_area, &old->areas[i]);
	for (size_t i = 0; i < old->audience_count; i++) {
		read_free(tables_audience, &old->audiences[i]);
		free(old->audiences[i].name);
	}
	for (size_t i = 0; i < old->channel_count; i++)
		free_channel(&old->channels[i]);
	for (size_t i = 0; i < old->schedule_count; i++) {
		read_free(tables_schedule, &old->schedules[i]);
		free(old->schedules[i].file);
	}
	free(old->areas);
	free(old->audiences);
	free(old->channels);
	free(old->schedules);
	free(old->file);
	free(old);
	*config = NULL;
}

static void visit_rows(const struct setting *rows, const char *group,
	void (*visit)(void *arg, const char *group, const struct setting *setting), void *arg)
{
	for (; rows != NULL && rows->key != NULL; rows++)
		visit(arg, group, rows);
}

void config_walk_settings(const struct config_kind *kinds,
	void (*visit)(void *arg, const char *group, const struct setting *setting), void *arg)
{
	char group[128];

	for (const struct section *section = tables_sections; section->key != NULL; section++)
		visit_rows(section->rows, section->key, visit, arg);
	visit_rows(tables_area, "areas[]", visit, arg);
	visit_rows(tables_audience, "audiences.*", visit, arg);
	visit_rows(tables_channel, "channels[]", visit, arg);
	for (const struct config_kind *kind = kinds; kind->name != NULL; kind++) {
		snprintf(group, sizeof(group), "channels[] kind=%s", kind->name);
		visit_rows(kind->settings, group, visit, arg);
	}
	visit_rows(tables_schedule, "schedules[]", visit, arg);
}

struct place config_channel_place(const struct channel_config *channel)
{
	return (struct place){.file = channel->file, .line = channel->line};
}

struct place config_schedule_place(const struct config_schedule *schedule)
{
	return (struct place){.file = schedule->file, .line = schedule->line};
}
