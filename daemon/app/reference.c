#include "app/reference.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/embed.h"
#include "base/mem.h"
#include "calendar/rule.h"
#include "loop/file.h"

enum {
	DATA_MOST = 4 << 20,
	TEMPLATE_MOST = 64 << 10,
	TEMPLATES_MOST = 10000,
	DEPTH_MOST = 8,
};

static void cannot_read(const char *path, const char *field, int error, struct problems *problems)
{
	struct place at = {.file = path};
	struct problem *problem = problem_add(problems, PROBLEM_ERROR, &at, field, N_("the file cannot be read"));

	problem_remedy(problem_cause(problem, error), N_("check that it exists and that user crier may read it"));
}

/* One data file: the site's own where there is one, else the shipped one. *owned is to be freed. */
static bool data_file(const struct config *config, const char *name, struct taxonomy_file *found, char **owned,
	struct problems *problems)
{
	char *shipped = mem_printf("conf/data/%s", name);
	const struct embed_file *embedded = embed_find(shipped);
	bool fine = true;

	free(shipped);
	*found = (struct taxonomy_file){name, embedded->data, embedded->size};
	if (config->paths.data == NULL)
		return true;
	char *path = mem_printf("%s/%s", config->paths.data, name);
	size_t size;
	if (file_read_all(AT_FDCWD, path, DATA_MOST, owned, &size) == 0) {
		*found = (struct taxonomy_file){name, *owned, size};
	} else if (errno != ENOENT) {
		cannot_read(path, "paths.data", errno, problems);
		fine = false;
	}
	free(path);
	return fine;
}

static enum result load_taxonomy(const struct config *config, struct taxonomy **taxonomy, struct problems *problems)
{
	struct taxonomy_files files;
	char *owned[4] = {0};
	enum result result = RESULT_INVALID;

	if (data_file(config, "fraud-types.cfg", &files.fraud_types, &owned[0], problems) &&
		data_file(config, "slogans.cfg", &files.slogans, &owned[1], problems) &&
		data_file(config, "areas.cfg", &files.areas, &owned[2], problems) &&
		data_file(config, "audiences.cfg", &files.audiences, &owned[3], problems))
		result = taxonomy_load(&files, taxonomy, problems);
	for (size_t i = 0; i < 4; i++)
		free(owned[i]);
	for (size_t i = 0; result == RESULT_OK && i < config->area_count; i++)
		taxonomy_add_area(*taxonomy, config->areas[i].code, config->areas[i].name);
	return result;
}

struct found {
	struct template_source *sources;
	size_t count;
};

static void add_template(struct found *found, const char *folder, const char *relative, struct problems *problems)
{
	char *path = mem_printf("%s/%s", folder, relative);
	char *bytes;
	size_t size;

	if (file_read_all(AT_FDCWD, path, TEMPLATE_MOST, &bytes, &size) != 0) {
		cannot_read(path, "paths.templates", errno, problems);
	} else {
		found->sources = mem_resize(found->sources, found->count + 1, sizeof(*found->sources));
		found->sources[found->count++] = (struct template_source){mem_strdup(relative), bytes, size};
	}
	free(path);
}

/* Collects every *.mustache below folder/relative. */
static void walk_templates(struct found *found, const char *folder, const char *relative, int depth,
	struct problems *problems)
{
	char *path = mem_printf("%s%s%s", folder, *relative != '\0' ? "/" : "", relative);
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (dir == NULL) {
		cannot_read(path, "paths.templates", errno, problems);
		free(path);
		return;
	}
	while ((entry = readdir(dir)) != NULL && found->count < TEMPLATES_MOST) {
		struct stat st;
		size_t length = strlen(entry->d_name);
		if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &st, 0) != 0)
			continue;
		char *below = mem_printf("%s%s%s", relative, *relative != '\0' ? "/" : "", entry->d_name);
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MOST)
			walk_templates(found, folder, below, depth + 1, problems);
		else if (S_ISREG(st.st_mode) && length > 9 && strcmp(entry->d_name + length - 9, ".mustache") == 0)
			add_template(found, folder, below, problems);
		free(below);
	}
	closedir(dir);
	free(path);
}

static enum result load_templates(const struct config *config, struct templates **templates, struct problems *problems)
{
	struct found found = {0};
	size_t errors = problems->errors;
	enum result result = RESULT_INVALID;

	if (config->paths.templates != NULL)
		walk_templates(&found, config->paths.templates, "", 0, problems);
	if (problems->errors == errors)
		result = templates_load_shipped(found.sources, found.count, templates, problems);
	for (size_t i = 0; i < found.count; i++) {
		free((char *)found.sources[i].path);
		free((char *)found.sources[i].bytes);
	}
	free(found.sources);
	return result;
}

enum result reference_load(const struct config *config, struct taxonomy **taxonomy, struct templates **templates,
	struct problems *problems)
{
	enum result result = load_taxonomy(config, taxonomy, problems);

	if (result == RESULT_OK)
		result = load_templates(config, templates, problems);
	if (result != RESULT_OK)
		taxonomy_free(taxonomy);
	return result;
}

/* A reminder goes to groups: by SMS it would reach a whole district by a slip of the pen. */
static void check_groups(const struct config *config, const struct config_schedule *schedule, const struct place *at,
	struct problems *problems)
{
	for (size_t i = 0; i < config->channel_count; i++) {
		const struct channel_config *channel = &config->channels[i];
		if (medium_crowd(channel->medium) == CROWD_GROUPS ||
			!mem_strings_has(schedule->channels, channel->name))
			continue;
		struct problem *problem = problem_add(problems, PROBLEM_ERROR, at, "channels",
			N_("schedule \"%s\" is a reminder, and channel \"%s\" reaches no group"), schedule->name,
			channel->name);
		problem_remedy(problem, N_("name group robots only; what residents are to get by SMS is an alert"));
	}
}

/*
 * Whoever reads a configuration is told of a rule that is over. A start has nobody who reads, and a reminder of last year must
 * not keep the next alert from the residents.
 */
static void check_rule(const struct config_schedule *schedule, const struct place *at, int64_t now_ms, bool starting,
	struct problems *problems)
{
	struct rule *rule = NULL;
	struct problems found;

	problems_init(&found);
	enum result result = rule_parse(schedule->rule, now_ms, at, "rule", &rule, &found);
	if (starting && result == RESULT_NOT_FOUND)
		problem_remedy(problem_add(problems, PROBLEM_WARNING, at, "rule",
				       N_("reminder \"%s\" is over: nothing of it will be sent"), schedule->name),
			N_("take it out, or give its rule a later UNTIL"));
	else
		problems_move(problems, &found);
	problems_fini(&found);
	rule_free(&rule);
}

static void check_schedule(const struct config *config, const struct config_schedule *schedule,
	const struct taxonomy *taxonomy, int64_t now_ms, bool starting, struct problems *problems)
{
	struct place at = {.file = schedule->file, .line = schedule->line};

	if (taxonomy_pack(taxonomy, schedule->pack) == NULL) {
		struct problem *problem = problem_add(problems, PROBLEM_ERROR, &at, "pack",
			N_("schedule \"%s\" names the slogan pack \"%s\", which does not exist"), schedule->name,
			schedule->pack);
		const char *near = taxonomy_nearest_pack(taxonomy, schedule->pack);
		if (near != NULL)
			problem_remedy(problem, N_("did you mean \"%s\"?"), near);
	}
	if (schedule->rule != NULL) {
		check_groups(config, schedule, &at, problems);
		check_rule(schedule, &at, now_ms, starting, problems);
	}
}

void reference_check(const struct config *config, const struct taxonomy *taxonomy, int64_t now_ms, bool starting,
	struct problems *problems)
{
	for (size_t i = 0; i < config->schedule_count; i++)
		check_schedule(config, &config->schedules[i], taxonomy, now_ms, starting, problems);
}

struct alert_context reference_context(const struct config *config, const struct taxonomy *taxonomy,
	struct alert_audience *audiences, int64_t now_ms)
{
	for (size_t i = 0; i < config->audience_count; i++)
		audiences[i] = (struct alert_audience){config->audiences[i].name, config->audiences[i].label};
	return (struct alert_context){
		.taxonomy = taxonomy,
		.now_ms = now_ms,
		.sender = config->site.sender,
		.area = config->site.area,
		.hotline = config->site.hotline,
		.senders = config->intake.senders,
		.phones = config->intake.phones,
		.web_hosts = config->intake.web_hosts,
		.audiences = audiences,
		.audience_count = config->audience_count,
	};
}
