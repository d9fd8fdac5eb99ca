#include "audience/expand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"

/* What is worked out once and used by many steps. */
struct work {
	const struct expand_order *order;
	struct expansion *out;
	struct set **named; /* the alert's audiences within the pool, by index */
	struct set **languages; /* by index into order->languages; NULL until needed */
	size_t language_count;
};

static const char *const only_chinese[] = {"zh", NULL};

static const char *const *languages_of(const struct expand_order *order)
{
	return order->languages != NULL && order->languages[0] != NULL ? order->languages : only_chinese;
}

/* True when two rules say the same, so that a channel's audience need not be worked out again. */
static bool same_rule(const struct audience_rule *a, const struct audience_rule *b)
{
	static const char *const none[] = {NULL};
	const char *const *x = a->roles != NULL ? a->roles : none;
	const char *const *y = b->roles != NULL ? b->roles : none;

	for (; *x != NULL && *y != NULL; x++, y++) {
		if (strcmp(*x, *y) != 0)
			return false;
	}
	return *x == *y && a->min_age == b->min_age && a->max_age == b->max_age;
}

/* Whoever of the pool is in any of the alert's audiences, which is how the pool begins. */
static void make_pool(struct work *work)
{
	const struct expand_order *order = work->order;
	struct set *where = audience_areas(order->people, order->areas);

	work->named = mem_calloc(order->audience_count, sizeof(*work->named));
	work->out->audience_counts = mem_calloc(order->audience_count, sizeof(*work->out->audience_counts));
	work->out->audience_count = order->audience_count;
	for (size_t i = 0; i < order->audience_count; i++) {
		work->named[i] = audience_members(order->people, &order->audiences[i].rule, order->this_year);
		set_keep(work->named[i], where);
		work->out->audience_counts[i] = set_count(work->named[i]);
	}
	work->out->pool = set_union_many(work->named, order->audience_count);
	set_free(&where);
}

static void exclude(struct expansion *out, struct set *rest, enum state reason, const struct set *who)
{
	out->excluded[reason - STATE_OPTED_OUT] = who == NULL ? set_new() : set_take(rest, who);
}

/* Whoever of `rest` is in one of the channel's audiences. */
static struct set *in_channel_audiences(const struct work *work, const struct expand_channel *channel,
	const struct set *rest)
{
	const struct expand_order *order = work->order;
	struct set *covered = set_new();

	for (size_t i = 0; i < channel->audience_count; i++) {
		struct set *members = NULL;
		for (size_t k = 0; k < order->audience_count && members == NULL; k++) {
			if (same_rule(&channel->audiences[i].rule, &order->audiences[k].rule))
				members = set_copy(work->named[k]);
		}
		if (members == NULL)
			members = audience_members(order->people, &channel->audiences[i].rule, order->this_year);
		set_unite(covered, members);
		set_free(&members);
	}
	set_keep(covered, rest);
	return covered;
}

/* Takes out of `rest` whoever the channel covers. */
static struct set *take_channel(const struct work *work, const struct expand_channel *channel, struct set *rest)
{
	struct set *covered = channel->audience_count == 0 ? set_copy(rest) : in_channel_audiences(work, channel, rest);

	if (channel->areas != NULL && channel->areas[0] != NULL && !set_empty(covered)) {
		struct set *where = audience_areas(work->order->people, channel->areas);
		set_keep(covered, where);
		set_free(&where);
	}
	set_drop(rest, covered);
	return covered;
}

/* Takes over `set`. */
static void add_lane(struct expansion *out, size_t channel, size_t audience, const char *language, struct set *set)
{
	if (set_empty(set)) {
		set_free(&set);
		return;
	}
	out->lanes = mem_resize(out->lanes, out->lane_count + 1, sizeof(*out->lanes));
	struct expand_lane *lane = &out->lanes[out->lane_count++];
	*lane = (struct expand_lane){.channel = channel, .audience = audience, .set = set, .count = set_count(set)};
	snprintf(lane->language, sizeof(lane->language), "%s", language);
}

static const struct set *speakers(struct work *work, size_t language)
{
	const char *name = languages_of(work->order)[language];

	if (work->languages[language] == NULL)
		work->languages[language] = people_under(work->order->people, PEOPLE_LANGUAGE, name);
	return work->languages[language];
}

/* Divides one channel's people of one wording by language. Takes over `set`. */
static void add_languages(struct work *work, size_t channel, size_t audience, struct set *set)
{
	const char *fallback = work->order->channels[channel].language;
	const char *const *languages = languages_of(work->order);
	size_t first = work->out->lane_count;

	if (fallback == NULL)
		fallback = "zh";
	for (size_t i = 0; languages[i] != NULL && !set_empty(set); i++) {
		if (strcmp(languages[i], fallback) != 0)
			add_lane(work->out, channel, audience, languages[i], set_take(set, speakers(work, i)));
	}
	add_lane(work->out, channel, audience, fallback, set);
	/* The fallback's lane, which most people are in, comes first. */
	size_t count = work->out->lane_count - first;
	if (count > 1 && strcmp(work->out->lanes[first + count - 1].language, fallback) == 0) {
		struct expand_lane last = work->out->lanes[first + count - 1];
		memmove(&work->out->lanes[first + 1], &work->out->lanes[first], (count - 1) * sizeof(last));
		work->out->lanes[first] = last;
	}
}

static void add_channel(struct work *work, size_t channel, struct set *covered)
{
	for (size_t i = 0; i < work->order->audience_count && !set_empty(covered); i++)
		add_languages(work, channel, i, set_take(covered, work->named[i]));
	/* The pool is the union of the alert's audiences, so nobody is left. */
	REQUIRE(set_empty(covered));
}

static void work_fini(struct work *work)
{
	for (size_t i = 0; i < work->order->audience_count; i++)
		set_free(&work->named[i]);
	for (size_t i = 0; i < work->language_count; i++)
		set_free(&work->languages[i]);
	free(work->named);
	free(work->languages);
}

void expand(const struct expand_order *order, struct expansion *expansion)
{
	struct work work = {.order = order, .out = expansion};

	*expansion = (struct expansion){0};
	while (languages_of(order)[work.language_count] != NULL)
		work.language_count++;
	work.languages = mem_calloc(work.language_count, sizeof(*work.languages));
	make_pool(&work);
	struct set *rest = set_copy(expansion->pool);
	struct set *gone = people_under(order->people, PEOPLE_MARK, PEOPLE_GONE);
	exclude(expansion, rest, STATE_GONE, gone);
	exclude(expansion, rest, STATE_OPTED_OUT, order->opted_out);
	exclude(expansion, rest, STATE_CAPPED, order->capped);
	for (size_t i = 0; i < order->channel_count && !set_empty(rest); i++) {
		struct set *covered = take_channel(&work, &order->channels[i], rest);
		add_channel(&work, i, covered);
		set_free(&covered);
	}
	expansion->excluded[STATE_NO_CHANNEL - STATE_OPTED_OUT] = rest;
	set_free(&gone);
	work_fini(&work);
	for (size_t i = 0; i < expansion->lane_count; i++)
		set_shrink(expansion->lanes[i].set);
}

void expansion_fini(struct expansion *expansion)
{
	set_free(&expansion->pool);
	for (size_t i = 0; i < EXPAND_REASONS; i++)
		set_free(&expansion->excluded[i]);
	for (size_t i = 0; i < expansion->lane_count; i++)
		set_free(&expansion->lanes[i].set);
	free(expansion->lanes);
	free(expansion->audience_counts);
	*expansion = (struct expansion){0};
}

const struct set *expansion_excluded(const struct expansion *expansion, enum state reason)
{
	REQUIRE(state_excluded(reason));
	return expansion->excluded[reason - STATE_OPTED_OUT];
}
