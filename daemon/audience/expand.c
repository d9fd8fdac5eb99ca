#include "audience/expand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"
#include "flow/area.h"

/*
 * People who are being divided: what is taken out of a share goes into another place, until it is empty. May begin as a
 * view, of which a changed copy is made only when something is to be taken away.
 */
struct share {
	const struct set *set;
	struct set *own; /* the same set, or NULL: it is only read */
};

static void share_drop(struct share *share, const struct set *other)
{
	if (share->own != NULL) {
		set_drop(share->own, other);
		return;
	}
	struct set *rest = set_subtract(share->set, other);
	set_release(&share->set);
	share->set = share->own = rest;
}

static void share_fini(struct share *share)
{
	set_release(&share->set);
	share->own = NULL;
}

/* Moves out whoever is in `other`, as a new set. */
static struct set *share_take(struct share *share, const struct set *other)
{
	struct set *taken = set_intersect(share->set, other);

	if (!set_empty(taken))
		share_drop(share, taken);
	return taken;
}

/* Moves out everybody. */
static struct set *share_take_all(struct share *share)
{
	struct set *all = share->own != NULL ? share->own : set_copy(share->set);

	if (share->own == NULL)
		set_release(&share->set);
	share->set = share->own = set_new();
	return all;
}

/* What is worked out once and used by many steps. */
struct work {
	const struct expand_order *order;
	struct expansion *out;
	const struct set *where; /* the alert's areas; NULL: everywhere */
	const struct set **members; /* the alert's audiences, by index; NULL: everybody */
	const struct set **languages; /* by index into order->languages; NULL until needed */
	size_t language_count;
};

static const char *const only_chinese[] = {"zh", NULL};

static const char *const *languages_of(const struct expand_order *order)
{
	return order->languages != NULL && order->languages[0] != NULL ? order->languages : only_chinese;
}

static bool everybody(const struct audience_rule *rule)
{
	return rule->min_age < 0 && rule->max_age < 0 && (rule->roles == NULL || rule->roles[0] == NULL);
}

/* Fills the sets that the alert names. */
static void find_members(struct work *work)
{
	const struct expand_order *order = work->order;

	if (order->areas != NULL && order->areas[0] != NULL)
		work->where = audience_areas(order->people, order->areas);
	work->members = mem_calloc(order->audience_count, sizeof(*work->members));
	for (size_t i = 0; i < order->audience_count; i++) {
		if (!everybody(&order->audiences[i].rule))
			work->members[i] = audience_members(order->people, &order->audiences[i].rule, order->this_year);
	}
}

/* The union of some of the audiences and the areas: of the sets themselves, or of what is in the areas. */
static struct set *unite_members(const struct work *work, bool first_within)
{
	size_t count = work->order->audience_count;
	const struct set **sets = mem_calloc(count, sizeof(*sets));

	for (size_t i = 0; i < count; i++)
		sets[i] = first_within ? set_intersect(work->members[i], work->where) : work->members[i];
	struct set *all = count == 2 ? set_union(sets[0], sets[1]) : set_union_many(sets, count);
	for (size_t i = 0; first_within && i < count; i++)
		set_release(&sets[i]);
	free(sets);
	return all;
}

/* Whoever is in any of the alert's audiences and in its areas. */
static struct share make_pool(const struct work *work)
{
	/* Below this share of all people a set is made of short lists, above it of bits. */
	enum { SPARSE = 16 };
	const struct expand_order *order = work->order;
	struct set *pool;

	for (size_t i = 0; i < order->audience_count; i++) {
		if (work->members[i] == NULL)
			return (struct share){audience_areas(order->people, order->areas), NULL};
	}
	if (order->audience_count == 1 && work->where == NULL)
		return (struct share){audience_members(order->people, &order->audiences[0].rule, order->this_year),
			NULL};
	if (order->audience_count == 1) {
		pool = set_intersect(work->members[0], work->where);
	} else if (work->where != NULL && set_count(work->where) < people_top(order->people) / SPARSE) {
		/* In a small area, only what is in it is looked at. */
		pool = unite_members(work, true);
	} else {
		/* Bits are united sooner than lists. */
		pool = unite_members(work, false);
		if (work->where != NULL)
			set_keep(pool, work->where);
	}
	return (struct share){pool, pool};
}

static void exclude(struct expansion *out, struct share *rest, enum state reason, const struct set *who)
{
	out->excluded[reason - STATE_OPTED_OUT] = who == NULL ? set_new() : share_take(rest, who);
}

/* Whoever is in one of the channel's audiences. Requires: it has some. */
static const struct set *channel_audiences(const struct work *work, const struct expand_channel *channel)
{
	const struct expand_order *order = work->order;
	const struct set **sets = mem_calloc(channel->audience_count, sizeof(*sets)), *all;

	for (size_t i = 0; i < channel->audience_count; i++)
		sets[i] = audience_members(order->people, &channel->audiences[i].rule, order->this_year);
	all = channel->audience_count == 1 ? sets[0] : set_union_many(sets, channel->audience_count);
	for (size_t i = 0; channel->audience_count > 1 && i < channel->audience_count; i++)
		set_release(&sets[i]);
	free(sets);
	return all;
}

/* True when everybody in the alert's areas is in one of `areas`, by the codes alone. */
static bool areas_cover(const char *const *areas, const char *const *alert)
{
	if (areas == NULL || areas[0] == NULL)
		return true;
	if (alert == NULL || alert[0] == NULL)
		return false;
	for (; *alert != NULL; alert++) {
		size_t i = 0;
		while (areas[i] != NULL && !area_covers(areas[i], *alert))
			i++;
		if (areas[i] == NULL)
			return false;
	}
	return true;
}

/* Whoever the channel covers; NULL: everybody in the alert's areas. */
static const struct set *channel_covers(const struct work *work, const struct expand_channel *channel)
{
	const struct set *who = channel->audience_count > 0 ? channel_audiences(work, channel) : NULL;

	if (areas_cover(channel->areas, work->order->areas))
		return who;
	const struct set *where = audience_areas(work->order->people, channel->areas);
	if (who == NULL)
		return where;
	const struct set *both = set_intersect(who, where);
	set_release(&who);
	set_release(&where);
	return both;
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

/* Takes whoever the channel covers out of `rest`, and divides them by wording. */
static void add_channel(struct work *work, size_t channel, struct share *rest)
{
	const struct set *who = channel_covers(work, &work->order->channels[channel]);
	struct set *covered = who == NULL ? share_take_all(rest) : share_take(rest, who);
	size_t last = work->order->audience_count - 1;

	set_release(&who);
	for (size_t i = 0; i < last && !set_empty(covered); i++) {
		if (work->members[i] == NULL)
			last = i;
		else
			add_languages(work, channel, i, set_take(covered, work->members[i]));
	}
	/* The pool is the union of the audiences, so who is in none of the others is in the last. */
	add_languages(work, channel, last, covered);
}

/*
 * How many of the pool are in an audience, reckoned from how the pool was divided: who is in a lane worded for a later
 * audience is not in this one, so the largest sets need not be looked at again.
 */
static uint32_t count_audience(const struct work *work, size_t audience)
{
	const struct set *members = work->members[audience];
	const struct expansion *out = work->out;
	uint32_t count = 0;

	if (members == NULL)
		return out->pool;
	for (size_t i = 0; i < EXPAND_REASONS; i++)
		count += set_count_common(out->excluded[i], members);
	for (size_t i = 0; i < out->lane_count; i++) {
		const struct expand_lane *lane = &out->lanes[i];
		if (lane->audience <= audience)
			count += lane->audience == audience ? lane->count : set_count_common(lane->set, members);
	}
	return count;
}

static void count_audiences(struct work *work)
{
	struct expansion *out = work->out;

	out->audience_count = work->order->audience_count;
	out->audience_counts = mem_calloc(out->audience_count, sizeof(*out->audience_counts));
	for (size_t i = 0; i < out->audience_count; i++)
		out->audience_counts[i] = count_audience(work, i);
}

static void work_fini(struct work *work)
{
	for (size_t i = 0; i < work->order->audience_count; i++)
		set_release(&work->members[i]);
	for (size_t i = 0; i < work->language_count; i++)
		set_release(&work->languages[i]);
	set_release(&work->where);
	free(work->members);
	free(work->languages);
}

void expand(const struct expand_order *order, struct expansion *expansion)
{
	struct work work = {.order = order, .out = expansion};

	*expansion = (struct expansion){0};
	while (languages_of(order)[work.language_count] != NULL)
		work.language_count++;
	work.languages = mem_calloc(work.language_count, sizeof(*work.languages));
	find_members(&work);
	struct share rest = make_pool(&work);
	expansion->pool = set_count(rest.set);
	const struct set *gone = people_under(order->people, PEOPLE_MARK, PEOPLE_GONE);
	exclude(expansion, &rest, STATE_GONE, gone);
	exclude(expansion, &rest, STATE_OPTED_OUT, order->opted_out);
	exclude(expansion, &rest, STATE_CAPPED, order->capped);
	for (size_t i = 0; i < order->channel_count && !set_empty(rest.set); i++)
		add_channel(&work, i, &rest);
	expansion->excluded[STATE_NO_CHANNEL - STATE_OPTED_OUT] = share_take_all(&rest);
	share_fini(&rest);
	count_audiences(&work);
	set_release(&gone);
	work_fini(&work);
}

void expansion_fini(struct expansion *expansion)
{
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
