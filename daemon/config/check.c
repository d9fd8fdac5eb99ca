#include "config/check.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "config/address.h"

/* One group under judgement; NULL where it is not written. */
struct scope {
	const struct config *config;
	const struct node *group;
	const char *name; /* of the group, where it is not written */
	struct problems *problems;
};

static struct place place_of(const struct scope *scope, const char *key)
{
	const struct node *node = key != NULL ? node_find(scope->group, key) : NULL;

	if (node == NULL)
		node = scope->group;
	return node != NULL ? node_place(node) : (struct place){.file = scope->config->file};
}

static const char *field_of(const struct scope *scope, const char *key, char out[NODE_PATH])
{
	char path[NODE_PATH];

	if (scope->group != NULL)
		node_path(scope->group, path);
	else
		snprintf(path, sizeof(path), "%s", scope->name);
	if (key == NULL)
		snprintf(out, NODE_PATH, "%s", path);
	else
		snprintf(out, NODE_PATH, "%.180s%s%.70s", path, *path != '\0' ? "." : "", key);
	return out;
}

/* Adds a problem about a setting of the group by problem_add's rules; gives it for problem_remedy. */
#define complain(scope, kind, key, ...) \
	problem_add((scope)->problems, (kind), (const struct place[1]){place_of((scope), (key))}, \
		field_of((scope), (key), (char[NODE_PATH]){0}), __VA_ARGS__)
#define refuse(scope, key, ...) complain((scope), PROBLEM_ERROR, (key), __VA_ARGS__)

static bool is_name(const char *name)
{
	if (!isalnum((unsigned char)*name))
		return false;
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")] == '\0';
}

static void refuse_name(const struct scope *scope, const char *key, const char *name)
{
	problem_remedy(refuse(scope, key, N_("\"%s\" cannot be a name"), name),
		N_("use letters, digits, - and _ only, and begin with a letter or a digit, such as city-sms"));
}

static void check_name(const struct scope *scope, const char *name)
{
	if (name != NULL && !is_name(name))
		refuse_name(scope, "name", name);
}

static void check_area(const struct scope *scope, const char *key, const char *code)
{
	size_t size = code != NULL ? strlen(code) : 0;

	if (code == NULL || (size >= 2 && size <= 14 && strspn(code, "0123456789") == size))
		return;
	problem_remedy(refuse(scope, key, N_("\"%s\" is not an area code"), code),
		N_("write the digits of the code, such as \"320583\" or \"320583100\""));
}

/* Brackets are put around it when a text leaves; two pairs would be refused by the provider. */
static void check_signature(const struct scope *scope, const char *signature)
{
	if (signature != NULL &&
		(strstr(signature, "【") != NULL || strstr(signature, "】") != NULL ||
			strpbrk(signature, "[]") != NULL))
		problem_remedy(refuse(scope, "signature", N_("the signature is written with brackets")),
			N_("remove the brackets; they are added when a text leaves"));
}

static bool has_timezone(const char *name)
{
	if (*name == '/' || strstr(name, "..") != NULL)
		return false;
	char *path = mem_printf("/usr/share/zoneinfo/%s", name);
	struct stat st;
	bool there = stat(path, &st) == 0 && S_ISREG(st.st_mode);
	free(path);
	return there;
}

static void check_site_group(const struct scope *scope)
{
	const struct config *config = scope->config;

	check_area(scope, "area", config->site.area);
	check_signature(scope, config->site.signature);
	if (strspn(config->site.hotline, "0123456789-") != strlen(config->site.hotline))
		problem_remedy(refuse(scope, "hotline", N_("\"%s\" is not a phone number"), config->site.hotline),
			N_("write its digits, such as \"96110\""));
	if (!has_timezone(config->site.timezone))
		problem_remedy(refuse(scope, "timezone", N_("this machine knows no time zone \"%s\""),
				       config->site.timezone),
			N_("write \"Asia/Shanghai\"; if that is refused too, install the package tzdata"));
	if (config->site.sender == NULL && *config->intake.senders == NULL)
		problem_remedy(
			complain(scope, PROBLEM_WARNING, "sender",
				N_("neither site.sender nor intake.senders is set, so alerts from anybody would be refused")),
			N_("add sender = \"…\"; to the group site"));
}

static void check_paths(const struct scope *scope)
{
	const struct config *config = scope->config;
	const size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	size_t size = strlen(config->paths.control);

	if (size > most)
		problem_remedy(refuse(scope, "control",
				       N_("the path of the socket has %zu bytes, the system allows %zu"), size, most),
			N_("choose a shorter path, such as \"/run/crier/control.sock\""));
	if (strcmp(config->paths.spool, config->paths.state) == 0)
		problem_remedy(refuse(scope, "state", N_("spool and state are the same folder")),
			N_("give each a folder of its own"));
}

static void check_times(const struct scope *scope, int from, int until)
{
	if ((from < 0) != (until < 0))
		problem_remedy(refuse(scope, from < 0 ? "until" : "from", N_("from and until belong together")),
			N_("write both, such as from = \"20:00\"; until = \"08:00\";"));
	else if (from >= 0 && from % (24 * 60) == until % (24 * 60) && (from == until || from != 0))
		problem_remedy(refuse(scope, "until", N_("from and until are the same time")),
			N_("for the whole day write from = \"00:00\"; until = \"24:00\";"));
}

static void check_listen(const struct scope *scope)
{
	const struct config *config = scope->config;

	if (!address_is_numeric(config->listen.address))
		problem_remedy(refuse(scope, "address", N_("\"%s\" is not a numeric address"), config->listen.address),
			N_("write it like \"127.0.0.1\" or \"0.0.0.0\"; the port has a line of its own"));
	if (config->listen.port < 0 && config->listen.receipt_base != NULL)
		problem_remedy(refuse(scope, "port", N_("receipt_base is set, but nothing listens")),
			N_("add port = 8080; or remove receipt_base"));
}

static void check_pauses(const struct scope *retry, const struct scope *signs)
{
	const struct config *config = retry->config;

	if (config->retry.base_ms > config->retry.most_ms)
		problem_remedy(refuse(retry, "base", N_("base is longer than most")),
			N_("make most the longer of the two"));
	if (config->signs.lease_ms < 2 * config->signs.poll_ms)
		problem_remedy(refuse(signs, "lease",
				       N_("lease is shorter than two polls, so a sign would go back between")),
			N_("make lease at least twice as long as poll"));
}

static const struct node *child_at(const struct node *list, size_t number)
{
	const struct node *child = list != NULL ? list->first : NULL;

	while (child != NULL && number-- > 0)
		child = child->next;
	return child;
}

static void check_areas(const struct config *config, const struct node *list, struct problems *problems)
{
	for (size_t i = 0; i < config->area_count; i++) {
		const struct scope scope = {config, child_at(list, i), "areas[]", problems};
		const char *code = config->areas[i].code;
		check_area(&scope, "code", code);
		for (size_t k = 0; code != NULL && k < i; k++) {
			if (config->areas[k].code == NULL || strcmp(config->areas[k].code, code) != 0)
				continue;
			problem_remedy(refuse(&scope, "code", N_("the area %s is listed twice"), code),
				N_("keep one of the two"));
			break;
		}
	}
}

static void check_audiences(const struct config *config, const struct node *group, struct problems *problems)
{
	for (size_t i = 0; i < config->audience_count; i++) {
		const struct config_audience *audience = &config->audiences[i];
		const struct scope scope = {config, node_find(group, audience->name), "audiences", problems};
		if (!is_name(audience->name))
			refuse_name(&scope, NULL, audience->name);
		if (strcmp(audience->name, "all") == 0)
			problem_remedy(refuse(&scope, NULL, N_("\"all\" is built in and means everybody")),
				N_("choose another name"));
		if (audience->min_age >= 0 && audience->max_age >= 0 && audience->min_age > audience->max_age)
			problem_remedy(refuse(&scope, "min_age",
					       N_("min_age is above max_age, so nobody would belong to it")),
				N_("exchange the two"));
	}
}

void check_site(const struct config *config, const struct node *root, struct problems *problems)
{
	const struct scope site = {config, node_find(root, "site"), "site", problems};
	const struct scope paths = {config, node_find(root, "paths"), "paths", problems};
	const struct scope listening = {config, node_find(root, "listen"), "listen", problems};
	const struct scope quiet = {config, node_find(root, "quiet"), "quiet", problems};
	const struct scope retry = {config, node_find(root, "retry"), "retry", problems};
	const struct scope signs = {config, node_find(root, "signs"), "signs", problems};

	check_site_group(&site);
	check_paths(&paths);
	check_listen(&listening);
	check_times(&quiet, config->quiet.from, config->quiet.until);
	check_pauses(&retry, &signs);
	check_areas(config, node_find(root, "areas"), problems);
	check_audiences(config, node_find(root, "audiences"), problems);
}

/* The names of all audiences and "all", to look up and to propose. Free the array alone. */
static const char **audience_names(const struct config *config)
{
	const char **names = mem_calloc(config->audience_count + 2, sizeof(*names));

	for (size_t i = 0; i < config->audience_count; i++)
		names[i] = config->audiences[i].name;
	names[config->audience_count] = "all";
	return names;
}

static const char **channel_names(const struct config *config)
{
	const char **names = mem_calloc(config->channel_count + 1, sizeof(*names));
	size_t used = 0;

	for (size_t i = 0; i < config->channel_count; i++) {
		if (config->channels[i].name != NULL)
			names[used++] = config->channels[i].name;
	}
	return names;
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++) {
		if (strcmp(*names, name) == 0)
			return true;
	}
	return false;
}

static void check_channel_audiences(const struct scope *scope, char *const *audiences)
{
	const char **names = audience_names(scope->config);

	for (; *audiences != NULL; audiences++) {
		if (is_one_of(*audiences, names))
			continue;
		struct problem *problem = refuse(scope, "audiences", N_("the audience \"%s\" is not configured"),
			*audiences);
		const char *near = nearest_name(*audiences, names);
		if (near != NULL)
			problem_remedy(problem, N_("did you mean \"%s\"?"), near);
		else
			problem_remedy(problem, N_("add it to the group audiences, or remove it here"));
	}
	free(names);
}

/* Texts and passwords in the clear may leave this machine only where somebody has written that they may. */
static void check_plain_http(const struct scope *scope, const struct channel_config *channel)
{
	struct url url;

	for (const struct setting *row = channel->settings; row != NULL && row->key != NULL; row++) {
		if (row->type != SETTING_URL || channel->allow_plain_http)
			continue;
		const char *text = *(char **)((char *)channel->options + row->offset);
		if (text == NULL || !url_parse(text, &url) || url_has_scheme(&url, "https") || url_is_loopback(&url))
			continue;
		problem_remedy(refuse(scope, row->key, N_("http:// sends texts and passwords unprotected")),
			N_("use https://; if the provider has nothing else, add allow_plain_http = true; to this channel"));
	}
}

static void check_route(const struct scope *scope, const struct channel_config *channel)
{
	struct url url;

	if (channel->proxy != NULL &&
		!(url_parse(channel->proxy, &url) &&
			(url_has_scheme(&url, "http") || url_has_scheme(&url, "https") ||
				url_has_scheme(&url, "socks5") || url_has_scheme(&url, "socks5h"))))
		problem_remedy(refuse(scope, "proxy", N_("is not the address of a proxy")),
			N_("write it like \"http://10.0.0.1:3128\" or \"socks5h://10.0.0.1:1080\""));
	if (channel->source_address != NULL && !address_is_numeric(channel->source_address))
		problem_remedy(refuse(scope, "source_address", N_("\"%s\" is not a numeric address"),
				       channel->source_address),
			N_("write an address of this machine, such as \"10.0.0.5\""));
	if (channel->ca_file != NULL && access(channel->ca_file, R_OK) != 0)
		problem_remedy(problem_cause(refuse(scope, "ca_file", N_("the file %s cannot be read"),
						     channel->ca_file),
				       errno),
			N_("check the path, and that the user crier may read it"));
	if (channel->connect_timeout_ms > channel->timeout_ms)
		problem_remedy(refuse(scope, "connect_timeout", N_("connect_timeout is longer than timeout")),
			N_("make timeout the longer of the two"));
}

static void check_advice(const struct scope *scope, const struct channel_config *channel)
{
	if (channel->medium == MEDIUM_SMS && channel->signature == NULL && !channel->test)
		problem_remedy(complain(scope, PROBLEM_WARNING, "signature",
				       N_("no signature: providers refuse texts without")),
			N_("write the registered signature here or in the group site"));
	if (channel->medium == MEDIUM_WECOM && channel->owner == NULL && !channel->test)
		problem_remedy(complain(scope, PROBLEM_WARNING, "owner", N_("nobody is answerable for this group")),
			N_("add owner = \"…\"; with a name or an officer's number"));
}

static void check_kind(const struct scope *scope, const struct channel_config *channel, const struct config_kind *kind)
{
	if (kind->batch_limit > 0 && channel->batch > kind->batch_limit)
		problem_remedy(refuse(scope, "batch", N_("%lld recipients are more than one request of %s can carry"),
				       (long long)channel->batch, kind->name),
			N_("write a number from 1 to %u"), kind->batch_limit);
	check_plain_http(scope, channel);
	check_advice(scope, channel);
}

void check_channel(const struct config *config, size_t number, const struct config_kind *kind, const struct node *group,
	struct problems *problems)
{
	const struct channel_config *channel = &config->channels[number];
	const struct scope scope = {config, group, "channels[]", problems};

	check_name(&scope, channel->name);
	for (size_t i = 0; channel->name != NULL && i < number; i++) {
		const struct channel_config *other = &config->channels[i];
		if (other->name == NULL || strcmp(other->name, channel->name) != 0)
			continue;
		problem_remedy(refuse(&scope, "name", N_("another channel, in %s line %u, is called \"%s\" too"),
				       other->file, other->line, channel->name),
			N_("give each channel a name of its own"));
		break;
	}
	for (char **area = channel->areas; *area != NULL; area++)
		check_area(&scope, "areas", *area);
	check_channel_audiences(&scope, channel->audiences);
	check_signature(&scope, channel->signature);
	check_route(&scope, channel);
	if (kind != NULL)
		check_kind(&scope, channel, kind);
}

static const struct channel_config *find_channel(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->channel_count; i++) {
		const struct channel_config *channel = &config->channels[i];
		if (channel->name != NULL && strcmp(channel->name, name) == 0)
			return channel;
	}
	return NULL;
}

static void refuse_channel(const struct scope *scope, const char *name)
{
	const char **names = channel_names(scope->config);
	const char *near = nearest_name(name, names);
	struct problem *problem = refuse(scope, "channels", N_("there is no channel \"%s\""), name);

	if (near != NULL)
		problem_remedy(problem, N_("did you mean \"%s\"?"), near);
	else
		problem_remedy(problem, N_("add such a channel, or remove the name here"));
	free(names);
}

static void check_schedule_channels(const struct scope *scope, const struct config_schedule *schedule)
{
	if (schedule->channels[0] == NULL)
		problem_remedy(refuse(scope, "channels", N_("the schedule feeds no channel")),
			N_("write channels = [ \"…\" ]; with the name of a channel"));
	for (char **name = schedule->channels; *name != NULL; name++) {
		const struct channel_config *channel = find_channel(scope->config, *name);
		if (channel == NULL)
			refuse_channel(scope, *name);
		else if (schedule->rule == NULL && schedule->from >= 0 && channel->kind != NULL &&
			channel->medium != MEDIUM_LED)
			problem_remedy(refuse(scope, "channels", N_("from and until are for signs, and \"%s\" is none"),
					       *name),
				N_("write a rule instead, such as rule = \"FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=9\";"));
	}
}

void check_schedule(const struct config *config, size_t number, const struct node *group, struct problems *problems)
{
	const struct config_schedule *schedule = &config->schedules[number];
	const struct scope scope = {config, group, "schedules[]", problems};
	bool window = schedule->from >= 0 || schedule->until >= 0;

	check_name(&scope, schedule->name);
	for (size_t i = 0; schedule->name != NULL && i < number; i++) {
		const struct config_schedule *other = &config->schedules[i];
		if (other->name == NULL || strcmp(other->name, schedule->name) != 0)
			continue;
		problem_remedy(refuse(&scope, "name", N_("another schedule, in %s line %u, is called \"%s\" too"),
				       other->file, other->line, schedule->name),
			N_("give each schedule a name of its own"));
		break;
	}
	if (schedule->rule != NULL && window)
		problem_remedy(refuse(&scope, "rule", N_("a rule and from/until exclude each other")),
			N_("keep the rule for a reminder, or from and until for slogans on signs"));
	else if (schedule->rule == NULL && !window)
		problem_remedy(refuse(&scope, "rule", N_("the schedule does not say when")),
			N_("add a rule for a reminder, or from and until for slogans on signs"));
	else
		check_times(&scope, schedule->from, schedule->until);
	check_schedule_channels(&scope, schedule);
}
