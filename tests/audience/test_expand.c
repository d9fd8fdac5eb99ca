/* The division of an alert's residents, against the same reckoned person by person. */
#include "town.h"

#include "flow/area.h"
#include "audience/cut.h"
#include "audience/expand.h"

enum { THIS_YEAR = 2026, CHOICES = 6 };

/* Rules to choose from; the last is `all`. */
static const struct audience_rule rules[CHOICES] = {
	{60, -1, NULL},
	{-1, 17, NULL},
	{-1, -1, (const char *const[]){"student", NULL}},
	{-1, -1, (const char *const[]){"finance", "parent", NULL}},
	{18, 40, (const char *const[]){"家长", NULL}},
	{-1, -1, NULL},
};

static bool fits_rule(const struct resident *r, int rule)
{
	int age = THIS_YEAR - r->year;

	if (!r->present)
		return false;
	switch (rule) {
	case 0:
		return r->year != 0 && age >= 60;
	case 1:
		return r->year != 0 && age <= 17;
	case 2:
		return (r->roles & 4) != 0;
	case 3:
		return (r->roles & 3) != 0;
	case 4:
		return r->year != 0 && age >= 18 && age <= 40 && (r->roles & 2) != 0;
	default:
		return true;
	}
}

static const char *const codes[] = {"320500", "320583", "320583100000", "320583100001", "320583101", "330100", "320000",
	"110000"};

static bool fits_areas(const struct resident *r, const char *const *areas)
{
	if (areas == NULL || *areas == NULL)
		return true;
	for (; *areas != NULL; areas++) {
		if (r->area >= 0 && area_covers(*areas, town_areas[r->area]))
			return true;
	}
	return false;
}

/* One random order; everything that it points at is in here. */
struct dice {
	struct expand_order order;
	int audience_rules[4];
	struct expand_audience audiences[4];
	const char *areas[4];
	struct expand_channel channels[4];
	int channel_rules[4][3];
	struct expand_audience channel_audiences[4][3];
	const char *channel_areas[4][3];
	const char *languages[4];
	const struct set *opted_out;
	struct set *capped;
};

static void throw_areas(const char **areas, int most, unsigned int *seed)
{
	int count = rand_r(seed) % most;

	for (int i = 0; i < count; i++)
		areas[i] = codes[rand_r(seed) % (int)(sizeof(codes) / sizeof(codes[0]))];
	areas[count] = NULL;
}

static void throw_channels(struct dice *dice, unsigned int *seed)
{
	dice->order.channel_count = (size_t)rand_r(seed) % 5;
	for (size_t i = 0; i < dice->order.channel_count; i++) {
		struct expand_channel *channel = &dice->channels[i];
		throw_areas(dice->channel_areas[i], 3, seed);
		channel->areas = dice->channel_areas[i];
		channel->audience_count = (size_t)rand_r(seed) % 4;
		channel->audiences = dice->channel_audiences[i];
		channel->language = rand_r(seed) % 4 == 0 ? "en" : NULL;
		for (size_t k = 0; k < channel->audience_count; k++) {
			dice->channel_rules[i][k] = rand_r(seed) % CHOICES;
			dice->channel_audiences[i][k] = (struct expand_audience){"x", rules[dice->channel_rules[i][k]]};
		}
	}
	dice->order.channels = dice->channels;
}

static void throw_dice(struct dice *dice, const struct town *town, unsigned int *seed)
{
	memset(dice, 0, sizeof(*dice));
	dice->order.people = town->people;
	dice->order.this_year = THIS_YEAR;
	dice->order.audience_count = 1 + (size_t)rand_r(seed) % 4;
	for (size_t i = 0; i < dice->order.audience_count; i++) {
		dice->audience_rules[i] = rand_r(seed) % CHOICES;
		dice->audiences[i] = (struct expand_audience){"x", rules[dice->audience_rules[i]]};
	}
	dice->order.audiences = dice->audiences;
	throw_areas(dice->areas, 4, seed);
	dice->order.areas = dice->areas;
	throw_channels(dice, seed);
	dice->opted_out = people_under(town->people, PEOPLE_MARK, PEOPLE_OPTED_OUT);
	dice->order.opted_out = rand_r(seed) % 4 == 0 ? NULL : dice->opted_out;
	dice->capped = set_new();
	for (uint32_t i = 1; i <= town->size; i++) {
		if (rand_r(seed) % 7 == 0)
			set_add(dice->capped, i);
	}
	dice->order.capped = rand_r(seed) % 2 == 0 ? NULL : dice->capped;
	static const char *const offers[] = {"zh", "bo", "en"};
	int offered = rand_r(seed) % 4;
	for (int i = 0; i < offered; i++)
		dice->languages[i] = offers[i];
	dice->order.languages = offered == 0 ? NULL : dice->languages;
}

static bool in_channel(const struct dice *dice, size_t channel, const struct resident *r)
{
	const struct expand_channel *c = &dice->channels[channel];
	bool audience = c->audience_count == 0;

	for (size_t k = 0; k < c->audience_count; k++)
		audience = audience || fits_rule(r, dice->channel_rules[channel][k]);
	return audience && fits_areas(r, c->areas);
}

static const char *language_of(const struct dice *dice, size_t channel, const struct resident *r)
{
	const char *own = r->language < 0 ? "zh" : town_languages[r->language];

	for (size_t i = 0; dice->order.languages != NULL && dice->order.languages[i] != NULL; i++) {
		if (r->language >= 0 && strcmp(dice->order.languages[i], own) == 0)
			return own;
	}
	if (dice->order.languages == NULL && r->language >= 0 && strcmp(own, "zh") == 0)
		return "zh";
	return dice->channels[channel].language == NULL ? "zh" : dice->channels[channel].language;
}

/* Which lane a person belongs in; false when none. */
static bool lane_of(const struct dice *dice, const struct resident *r, size_t *channel, size_t *audience,
	const char **language)
{
	for (*channel = 0; *channel < dice->order.channel_count; ++*channel) {
		if (in_channel(dice, *channel, r))
			break;
	}
	for (*audience = 0; !fits_rule(r, dice->audience_rules[*audience]);)
		++*audience;
	if (*channel == dice->order.channel_count)
		return false;
	*language = language_of(dice, *channel, r);
	return true;
}

static bool in_pool(const struct dice *dice, const struct resident *r)
{
	for (size_t i = 0; i < dice->order.audience_count; i++) {
		if (fits_rule(r, dice->audience_rules[i]))
			return fits_areas(r, dice->order.areas);
	}
	return false;
}

static void check_person(const struct dice *dice, const struct expansion *e, uint32_t id, const struct resident *r)
{
	unsigned int places = 0;
	size_t channel, audience;
	const char *language;
	bool pool = in_pool(dice, r);

	for (size_t i = 0; i < EXPAND_REASONS; i++)
		places += set_contains(e->excluded[i], id);
	const struct expand_lane *found = NULL;
	for (size_t i = 0; i < e->lane_count; i++) {
		if (!set_contains(e->lanes[i].set, id))
			continue;
		places++;
		found = &e->lanes[i];
	}
	assert_int_equal(places, pool);
	if (!pool)
		return;
	bool out = dice->order.opted_out != NULL && r->opted_out;
	bool capped = dice->order.capped != NULL && set_contains(dice->capped, id);
	assert_int_equal(set_contains(expansion_excluded(e, STATE_OPTED_OUT), id), out);
	assert_int_equal(set_contains(expansion_excluded(e, STATE_CAPPED), id), !out && capped);
	if (out || capped)
		return;
	if (!lane_of(dice, r, &channel, &audience, &language)) {
		assert_true(set_contains(expansion_excluded(e, STATE_NO_CHANNEL), id));
		return;
	}
	assert_non_null(found);
	assert_int_equal(found->channel, channel);
	assert_int_equal(found->audience, audience);
	assert_string_equal(found->language, language);
}

/* How many of the pool are in each of the alert's audiences, overlaps included. */
static void check_counts(const struct dice *dice, const struct expansion *e, const struct town *town)
{
	assert_int_equal(e->audience_count, dice->order.audience_count);
	for (size_t i = 0; i < e->audience_count; i++) {
		uint32_t count = 0;
		for (uint32_t id = 1; id <= town->size; id++)
			count += in_pool(dice, &town->by_id[id]) &&
				fits_rule(&town->by_id[id], dice->audience_rules[i]);
		assert_int_equal(e->audience_counts[i], count);
	}
}

static void lanes_and_exclusions_partition_the_pool(void **state)
{
	struct town town;
	unsigned int seed = 42;

	town_make(&town, 1500, 17);
	for (int turn = 0; turn < 150; turn++) {
		struct dice dice;
		struct expansion e;
		throw_dice(&dice, &town, &seed);
		expand(&dice.order, &e);
		uint64_t sum = 0;
		for (size_t i = 0; i < EXPAND_REASONS; i++)
			sum += set_count(e.excluded[i]);
		for (size_t i = 0; i < e.lane_count; i++) {
			assert_int_equal(e.lanes[i].count, set_count(e.lanes[i].set));
			assert_true(e.lanes[i].count > 0);
			sum += e.lanes[i].count;
		}
		assert_int_equal(sum, e.pool);
		for (uint32_t id = 1; id <= town.size; id++)
			check_person(&dice, &e, id, &town.by_id[id]);
		check_counts(&dice, &e, &town);
		expansion_fini(&e);
		set_release(&dice.opted_out);
		set_free(&dice.capped);
	}
	town_free(&town);
}

static void capped_is_counting(void **state)
{
	enum { SETS = 9, TOP = 500 };
	struct set *sets[SETS];
	unsigned int seed = 8;

	for (int i = 0; i < SETS; i++) {
		sets[i] = set_new();
		for (int k = 0; k < 200; k++)
			set_add(sets[i], (uint32_t)rand_r(&seed) % TOP);
	}
	for (unsigned int level = 1; level <= SETS + 2; level++) {
		struct audience_cap cap;
		audience_cap_init(&cap, level);
		assert_true(set_empty(audience_cap_reached(&cap)));
		for (int count = 1; count <= SETS; count++) {
			audience_cap_add(&cap, sets[count - 1]);
			for (uint32_t id = 0; id < TOP; id++) {
				unsigned int in = 0;
				for (int i = 0; i < count; i++)
					in += set_contains(sets[i], id);
				assert_int_equal(set_contains(audience_cap_reached(&cap), id), in >= level);
			}
		}
		audience_cap_fini(&cap);
	}
	for (int i = 0; i < SETS; i++)
		set_free(&sets[i]);
}

static void a_batch_looks_again_at_opt_outs_and_leavers(void **state)
{
	static const uint32_t ids[] = {11, 12, 13, 14, 15, 5000};
	struct town town;
	struct cut cut = {0};

	town_make(&town, 100, 6);
	/* an id that this roster does not have is never sent to anybody, whatever the sets say */
	struct set *out = set_range(12, 13), *gone = set_range(13, 14);
	set_add(out, 5000);
	struct barred *barred = barred_new(people_top(town.people), out, gone);
	cut_people(&cut, town.people, barred, ids, 6);
	assert_int_equal(cut.phones[0], town.by_id[11].phone);
	assert_int_equal(cut.phones[4], town.by_id[15].phone);
	assert_int_equal(cut.states[0], STATE_WAITING);
	assert_int_equal(cut.states[1], STATE_OPTED_OUT);
	assert_int_equal(cut.states[2], STATE_GONE);
	assert_int_equal(cut.states[3], STATE_GONE);
	assert_int_equal(cut.states[4], STATE_WAITING);
	assert_int_equal(cut.states[5], STATE_GONE);
	/* one opts out, two want texts again, of whom one is gone all the same */
	barred_add(barred, 15);
	barred_remove(barred, 12);
	barred_remove(barred, 13);
	barred_add(barred, 6000);
	barred_remove(barred, 5000);
	cut_people(&cut, town.people, barred, ids, 5);
	assert_int_equal(cut.states[1], STATE_WAITING);
	assert_int_equal(cut.states[2], STATE_GONE);
	assert_int_equal(cut.states[4], STATE_OPTED_OUT);
	assert_true(set_contains(barred_optouts(barred), 15));
	assert_int_equal(set_count(barred_optouts(barred)), 2);
	cut_people(&cut, town.people, barred, ids, 0);
	cut_fini(&cut);
	barred_free(&barred);
	set_free(&gone);
	town_free(&town);
}

/* Opts out or in again, while batches are cut. */
static void change_some(struct barred *barred, unsigned int *seed)
{
	for (int i = rand_r(seed) % 20; i > 0; i--) {
		uint32_t id = 1 + (uint32_t)rand_r(seed) % 3000;
		if (rand_r(seed) % 2 == 0)
			barred_add(barred, id);
		else
			barred_remove(barred, id);
	}
}

static void a_batch_says_the_same_as_asking_one_by_one(void **state)
{
	struct town town;
	struct cut cut = {0};
	uint32_t ids[300];
	unsigned int seed = 31;

	town_make(&town, 3000, 8);
	for (int turn = 0; turn < 60; turn++) {
		struct set *sets[3] = {set_new(), set_new(), set_new()};
		for (int i = 0; i < 2000; i++)
			set_add(sets[i % 3], 1 + (uint32_t)rand_r(&seed) % (turn % 2 == 0 ? 3000 : 800));
		struct barred *barred = barred_new(people_top(town.people), sets[1], sets[2]);
		struct set_cursor *cursor = set_cursor_new(sets[0]);
		uint32_t got;
		while ((got = set_cursor_read(cursor, ids, 1 + (uint32_t)rand_r(&seed) % 300)) > 0) {
			cut_people(&cut, town.people, barred, ids, got);
			for (uint32_t i = 0; i < got; i++) {
				assert_int_equal(cut.phones[i], people_phone(town.people, ids[i]));
				assert_int_equal(cut.states[i],
					set_contains(sets[2], ids[i])                          ? STATE_GONE
						: set_contains(barred_optouts(barred), ids[i]) ? STATE_OPTED_OUT
											       : STATE_WAITING);
			}
			change_some(barred, &seed);
		}
		set_cursor_free(&cursor);
		barred_free(&barred);
		set_free(&sets[0]);
		set_free(&sets[2]);
	}
	cut_fini(&cut);
	town_free(&town);
}

static void nobody_known_expands_to_nobody(void **state)
{
	struct people *people = people_nobody();
	struct expand_audience all = {"all", {-1, -1, NULL}};
	struct expand_channel channel = {0};
	struct expand_order order = {.people = people,
		.this_year = THIS_YEAR,
		.audiences = &all,
		.audience_count = 1,
		.channels = &channel,
		.channel_count = 1};
	struct expansion e;

	expand(&order, &e);
	assert_int_equal(e.pool, 0);
	assert_int_equal(e.lane_count, 0);
	expansion_fini(&e);
	people_free(&people);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lanes_and_exclusions_partition_the_pool),
		cmocka_unit_test(capped_is_counting),
		cmocka_unit_test(a_batch_looks_again_at_opt_outs_and_leavers),
		cmocka_unit_test(a_batch_says_the_same_as_asking_one_by_one),
		cmocka_unit_test(nobody_known_expands_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
