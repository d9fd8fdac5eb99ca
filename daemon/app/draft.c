#include "app/draft.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/caps.h"
#include "flow/area.h"
#include "audience/expand.h"
#include "base/clock.h"
#include "base/mem.h"
#include "text/compose.h"

enum { LANES_MOST = 4096 };

static bool touches(char *const *outlet_areas, char *const *alert_areas)
{
	if (outlet_areas[0] == NULL)
		return true;
	for (size_t i = 0; outlet_areas[i] != NULL; i++)
		for (size_t k = 0; alert_areas[k] != NULL; k++)
			if (area_touches(outlet_areas[i], alert_areas[k]))
				return true;
	return false;
}

/* True when this outlet may carry alerts of this status, and its areas touch the alert's. */
static bool concerned(const struct outlet *outlet, const struct alert *alert)
{
	const struct channel_config *config = outlet->config;

	if (config == NULL || !alert->media[config->medium])
		return false;
	/* A drill stays a drill: only a channel marked for tests ever sees one. */
	if (alert->status != STATUS_ACTUAL && !config->test)
		return false;
	return touches(config->areas, alert->areas);
}

static const struct config_audience *find_audience(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->audience_count; i++)
		if (strcmp(config->audiences[i].name, name) == 0)
			return &config->audiences[i];
	return NULL;
}

static struct expand_audience expand_audience(const struct config *config, const char *name)
{
	const struct config_audience *found = find_audience(config, name);

	if (found == NULL)
		return (struct expand_audience){.name = name, .rule = {.min_age = -1, .max_age = -1}};
	return (struct expand_audience){.name = name,
		.rule = {found->min_age, found->max_age, (const char *const *)found->roles}};
}

static struct expand_audience *expand_audiences(const struct config *config, char *const *names, size_t *count)
{
	*count = mem_strings_count(names);
	struct expand_audience *list = mem_calloc(*count, sizeof(*list));
	for (size_t i = 0; i < *count; i++)
		list[i] = expand_audience(config, names[i]);
	return list;
}

static int year_of(int64_t now_ms)
{
	time_t seconds = (time_t)(now_ms / 1000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	return tm.tm_year + 1900;
}

/* The wording of one lane. NULL, with problems, when it cannot be made. */
static struct message *compose(struct app *app, const struct alert *alert, const struct outlet *outlet,
	const char *audience, const char *language, struct problems *problems)
{
	const struct channel_config *config = outlet->config;
	const struct fraud_type *type = taxonomy_type(app->taxonomy, alert->fraud_type);
	const struct slogan_pack *advice = type != NULL ? taxonomy_pack(app->taxonomy, type->pack) : NULL;
	const struct slogan_pack *slogans = alert->slogan != NULL ? taxonomy_pack(app->taxonomy, alert->slogan) : NULL;
	const struct config_audience *found = find_audience(app->config, audience);
	struct text_request request = {
		.alert = alert,
		.type_name = type != NULL ? type->name : alert->fraud_type,
		.audience = audience,
		.audience_label = found != NULL ? found->label : NULL,
		.medium = config->medium,
		.format = channel_format(config),
		.language = language,
		.signature = config->signature,
		.platform_signs = config->signature_by == SIGNATURE_BY_PLATFORM,
		.hotline = app->config->site.hotline,
		.site = app->config->site.name,
		.region = text_region(taxonomy_area_name(app->taxonomy, app->config->site.area)),
		.advice = advice != NULL ? advice->lines : NULL,
		.slogans = slogans != NULL ? slogans->lines : NULL,
		.rule = SEGMENT_MAINLAND,
		.most = channel_text_most(config),
	};
	struct message *message = NULL;

	text_compose(app->templates, &request, &message, problems);
	return message;
}

static struct draft_lane *add_lane(struct draft *draft)
{
	draft->lanes = mem_resize(draft->lanes, (size_t)draft->count + 1, sizeof(*draft->lanes));
	struct draft_lane *lane = &draft->lanes[draft->count++];
	*lane = (struct draft_lane){.state = STATE_WAITING};
	return lane;
}

/* Takes over the set. */
static void add_excluded(struct draft *draft, enum state state, struct set **set)
{
	if (set_empty(*set))
		return;
	struct draft_lane *lane = add_lane(draft);
	lane->medium = MEDIUM_SMS;
	lane->state = state;
	lane->set = *set;
	lane->size = set_count(*set);
	*set = NULL;
}

/* Whoever found no room would be nobody's: then it is not an alert at all. */
static bool has_room(struct draft *draft, struct problems *problems)
{
	if (draft->count < LANES_MOST)
		return true;
	if (!draft->overfull)
		problem_remedy(
			problem_add(problems, PROBLEM_ERROR, NULL, NULL,
				N_("it would go out in more than %d ways (audiences × channels × languages, groups and signs)"),
				LANES_MOST),
			N_("divide it: fewer areas, audiences or media in each"));
	draft->overfull = true;
	return false;
}

static void take_expansion(struct app *app, const struct alert *alert, const struct expand_order *order,
	struct outlet *const *outlets, struct expansion *expansion, struct draft *draft, struct problems *problems)
{
	draft->crowd[CROWD_RESIDENTS] = expansion->pool;
	draft->audience_counts = expansion->audience_counts;
	draft->audience_count = expansion->audience_count;
	expansion->audience_counts = NULL;
	for (size_t i = 0; i < draft->audience_count; i++)
		if (draft->audience_counts[i] == 0)
			problem_add(problems, PROBLEM_WARNING, NULL, "audiences",
				N_("nobody in these areas belongs to the audience \"%s\""), order->audiences[i].name);
	for (size_t i = 0; i < expansion->lane_count && has_room(draft, problems); i++) {
		struct expand_lane *from = &expansion->lanes[i];
		struct draft_lane *lane = add_lane(draft);
		lane->outlet = outlets[from->channel];
		lane->medium = MEDIUM_SMS;
		lane->audience = mem_strdup(order->audiences[from->audience].name);
		lane->language = mem_strdup(from->language);
		lane->set = from->set;
		lane->size = from->count;
		from->set = NULL;
		lane->message = compose(app, alert, lane->outlet, lane->audience, lane->language, problems);
	}
	for (enum state state = STATE_OPTED_OUT; state < STATE_COUNT; state++)
		add_excluded(draft, state, &expansion->excluded[state - STATE_OPTED_OUT]);
}

/* Residents: who of them each SMS channel serves, in which words. */
static void draft_residents(struct app *app, const struct alert *alert, const struct replaced *replaced,
	struct draft *draft, struct problems *problems)
{
	static const char *const languages[] = {"zh", "en", NULL};
	struct expand_channel *channels = mem_calloc(app->outlet_count, sizeof(*channels));
	struct outlet **outlets = mem_calloc(app->outlet_count, sizeof(struct outlet *));
	struct expand_order order = {
		.people = roster_people(app->roster),
		.this_year = year_of(clock_wall_ms()),
		.areas = (const char *const *)alert->areas,
		.channels = channels,
		.opted_out = roster_optouts(app->roster),
		.languages = languages,
	};
	struct expansion expansion;

	struct expand_audience *audiences = expand_audiences(app->config, alert->audiences, &order.audience_count);
	order.audiences = audiences;
	for (unsigned int i = 0; i < app->outlet_count; i++) {
		struct outlet *outlet = app->outlets[i];
		if (!concerned(outlet, alert) || outlet->config->medium != MEDIUM_SMS)
			continue;
		struct expand_channel *channel = &channels[order.channel_count];
		channel->areas = (const char *const *)outlet->config->areas;
		channel->language = outlet->config->language;
		channel->audiences = expand_audiences(app->config, outlet->config->audiences, &channel->audience_count);
		outlets[order.channel_count++] = outlet;
	}
	order.capped = caps_bind(app, alert) ? caps_reached(app, replaced) : NULL;
	expand(&order, &expansion);
	take_expansion(app, alert, &order, outlets, &expansion, draft, problems);
	expansion_fini(&expansion);
	for (size_t i = 0; i < order.channel_count; i++)
		free((void *)channels[i].audiences);
	free(audiences);
	free(channels);
	free(outlets);
}

/* The words for a group or a sign: the first named audience that it serves, "all" where it lists none; NULL: none. */
static const char *audience_served(const struct outlet *outlet, const struct alert *alert)
{
	char *const *serves = outlet->config->audiences;

	if (serves[0] == NULL)
		return "all";
	for (size_t i = 0; alert->audiences[i] != NULL; i++)
		if (strcmp(alert->audiences[i], "all") == 0 || mem_strings_has(serves, alert->audiences[i]))
			return alert->audiences[i];
	return mem_strings_has(serves, "all") ? "all" : NULL;
}

static void draft_outlet(struct app *app, const struct alert *alert, struct outlet *outlet, struct draft *draft,
	struct problems *problems)
{
	const char *audience = audience_served(outlet, alert);

	if (audience == NULL || !has_room(draft, problems))
		return;
	struct draft_lane *lane = add_lane(draft);
	lane->outlet = outlet;
	lane->medium = outlet->config->medium;
	lane->audience = mem_strdup(audience);
	lane->language = mem_strdup(outlet->config->language);
	lane->size = 1;
	lane->message = compose(app, alert, outlet, audience, lane->language, problems);
	draft->crowd[medium_crowd(lane->medium)]++;
}

void draft_make_for(struct app *app, const struct alert *alert, struct outlet *outlet, struct draft *draft,
	struct problems *problems)
{
	draft_outlet(app, alert, outlet, draft, problems);
}

static void warn_unserved(const struct alert *alert, const struct draft *draft, struct problems *problems)
{
	bool served = false;

	for (uint16_t i = 0; i < draft->count; i++)
		served = served || draft->lanes[i].outlet != NULL;
	if (served)
		return;
	struct problem *problem = problem_add(problems, PROBLEM_WARNING, NULL, NULL,
		alert->status == STATUS_ACTUAL ? N_("no channel serves this alert: nobody will be told")
					       : N_("no test channel serves this drill: nobody will be told"));
	problem_remedy(problem,
		alert->status == STATUS_ACTUAL
			? N_("check areas, audiences and channels of the alert against the configured channels")
			: N_("a channel takes drills only with test = true"));
}

void draft_make(struct app *app, const struct alert *alert, const struct replaced *replaced, struct draft *draft,
	struct problems *problems)
{
	*draft = (struct draft){0};
	if (alert->media[MEDIUM_SMS])
		draft_residents(app, alert, replaced, draft, problems);
	for (unsigned int i = 0; i < app->outlet_count; i++) {
		struct outlet *outlet = app->outlets[i];
		if (concerned(outlet, alert) && outlet->config->medium != MEDIUM_SMS)
			draft_outlet(app, alert, outlet, draft, problems);
	}
	warn_unserved(alert, draft, problems);
}

void draft_fini(struct draft *draft)
{
	for (uint16_t i = 0; i < draft->count; i++) {
		struct draft_lane *lane = &draft->lanes[i];
		free(lane->audience);
		free(lane->language);
		message_free(&lane->message);
		set_free(&lane->set);
	}
	free(draft->lanes);
	free(draft->audience_counts);
	*draft = (struct draft){0};
}
