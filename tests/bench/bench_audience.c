/*
 * Audiences at size: bench_audience [residents, default 10000000]. An alert for the elderly and for one role, in one county of
 * five, without who opted out and who has had enough texts, divided into the lanes of two channels; beside the same algebra
 * written by hand on bitmaps of bare CRoaring that are in memory already. Then the lane in which most are, whose members stand
 * scattered among all residents, walked to phone numbers twice: in one go; and as the daemon does it (ahead_ids, cut_people),
 * in batches of the size that sms-kannel ships with, opt-outs and leavers looked at again. And the time until an alert's
 * first batch is in hand.
 *
 * The snapshot is composed straight into a file and mapped, as the roster does it, without ten million lines of CSV.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <roaring/roaring.h>

#include "app/ahead.h"
#include "audience/compose.h"
#include "audience/cut.h"
#include "audience/expand.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/require.h"
#include "loop/file.h"
#include "table.h"

enum { TURNS = 15, WALKS = 5, BATCH = 20, THIS_YEAR = 2026, AREAS = 5 * 20 * 30, ROLES = 5 };

/* Scatters `i`: what one person is has nothing to do with who comes next. */
static uint64_t scatter(uint64_t i, uint64_t salt)
{
	uint64_t h = (i + salt * 0x632be59bd9b4e019) * 0x9e3779b97f4a7c15;

	h = (h ^ h >> 31) * 0xbf58476d1ce4e5b9;
	return h ^ h >> 29;
}

static bool sink(void *arg, const void *bytes, size_t size)
{
	return file_write_all(*(int *)arg, bytes, size) == 0;
}

static void compose_keys(struct compose *compose)
{
	static const char *const roles[ROLES] = {"student", "parent", "finance", "merchant", "jobless"};
	char code[48];

	for (int i = 0; i < AREAS; i++) {
		snprintf(code, sizeof(code), "32058%d1%02d%03d", i / 600 + 1, i / 30 % 20, i % 30 + 1);
		compose_key(compose, PEOPLE_AREA, code);
	}
	compose_key(compose, PEOPLE_LANGUAGE, "zh");
	for (int i = 0; i < ROLES; i++) {
		char *list[] = {(char *)(uintptr_t)roles[i], NULL};
		compose_roles(compose, list);
	}
}

/* 85 years of birth, 3000 villages, a role for every other person, one in a hundred opted out. */
static void compose_people(const char *path, uint32_t count)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct compose *compose = compose_new(count, sink, &fd);

	REQUIRE(fd >= 0);
	compose_keys(compose);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t dice = scatter(i, 1);
		struct compose_person person = {.phone = 13000000000 + (phone_t)i * 3 + dice % 3,
			.id = i + 1,
			.present = true,
			.opted_out = (dice >> 2) % 100 == 0,
			.birth_year = 1935 + (int)((dice >> 10) % 85),
			.roles = (dice >> 20) % 10 < ROLES ? (uint32_t)((dice >> 20) % 10) + 1 : 0,
			.area = (uint32_t)((dice >> 30) % AREAS) + 1,
			.language = 1};
		REQUIRE(compose_add(compose, &person));
	}
	REQUIRE(compose_end(compose, count, &(struct people_facts){1, 1, 1, 0}));
	compose_free(&compose);
	close(fd);
}

static void *map(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY);
	off_t end = lseek(fd, 0, SEEK_END);

	REQUIRE(fd >= 0 && end > 0);
	*size = (size_t)end;
	void *bytes = mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);
	REQUIRE(bytes != MAP_FAILED);
	close(fd);
	return bytes;
}

/* So many in a hundred, anybody. */
static struct set *make_some(uint32_t count, uint64_t salt, unsigned int percent)
{
	struct set *some = set_new();

	for (uint32_t id = 1; id <= count; id++)
		if (scatter(id, salt) % 100 < percent)
			set_add(some, id);
	return some;
}

struct bench {
	const struct people *people;
	struct set *capped, *gone;
	struct barred *barred;
	struct expand_order order;
	struct expand_audience audiences[2];
	struct expand_channel channels[2];
};

static const char *const finance[] = {"finance", NULL}, *const county[] = {"320583", NULL},
			 *const town[] = {"320583103", NULL};

/* One channel for a town, and one for whoever is elsewhere. */
static void make_order(struct bench *bench)
{
	bench->audiences[0] = (struct expand_audience){"elderly", {60, -1, NULL}};
	bench->audiences[1] = (struct expand_audience){"finance", {-1, -1, finance}};
	bench->channels[0] = (struct expand_channel){.areas = town};
	bench->channels[1] = (struct expand_channel){.areas = NULL};
	bench->order = (struct expand_order){.people = bench->people,
		.this_year = THIS_YEAR,
		.audiences = bench->audiences,
		.audience_count = 2,
		.areas = county,
		.channels = bench->channels,
		.channel_count = 2,
		.opted_out = barred_optouts(bench->barred),
		.capped = bench->capped};
}

/* A bitmap in memory of its own, as one that was loaded. */
static roaring_bitmap_t *loaded(const struct set *set)
{
	roaring_bitmap_t *bitmap = roaring_bitmap_copy((const roaring_bitmap_t *)(const void *)set);

	set_release(&set);
	return bitmap;
}

enum { ELDERLY, FINANCE, COUNTY, TOWN, OUT, CAPPED, SETS };

static void load_sets(const struct bench *bench, roaring_bitmap_t *sets[SETS])
{
	const struct people *people = bench->people;

	sets[ELDERLY] = loaded(audience_members(people, &bench->audiences[0].rule, THIS_YEAR));
	sets[FINANCE] = loaded(audience_members(people, &bench->audiences[1].rule, THIS_YEAR));
	sets[COUNTY] = loaded(audience_areas(people, county));
	sets[TOWN] = loaded(audience_areas(people, town));
	sets[OUT] = loaded(set_copy(barred_optouts(bench->barred)));
	sets[CAPPED] = loaded(set_copy(bench->capped));
}

enum { OPTED_OUT, TOO_OFTEN, LANES, BITMAPS = LANES + 4 };

/* Moves what is in both out of `from`. */
static roaring_bitmap_t *take(roaring_bitmap_t *from, const roaring_bitmap_t *other)
{
	roaring_bitmap_t *taken = roaring_bitmap_and(from, other);

	roaring_bitmap_andnot_inplace(from, taken);
	return taken;
}

/* The same by hand, in the order of steps that needs least: exclusions and lanes with their counts. */
static uint64_t bare_algebra(roaring_bitmap_t *const sets[SETS], roaring_bitmap_t *out[BITMAPS])
{
	roaring_bitmap_t *rest = roaring_bitmap_or(sets[ELDERLY], sets[FINANCE]);

	roaring_bitmap_and_inplace(rest, sets[COUNTY]);
	uint64_t count = roaring_bitmap_get_cardinality(rest);
	out[OPTED_OUT] = take(rest, sets[OUT]);
	out[TOO_OFTEN] = take(rest, sets[CAPPED]);
	roaring_bitmap_t *there = take(rest, sets[TOWN]);
	out[LANES] = take(there, sets[ELDERLY]);
	out[LANES + 1] = there;
	out[LANES + 2] = take(rest, sets[ELDERLY]);
	out[LANES + 3] = rest;
	for (int i = 0; i < BITMAPS; i++)
		count += roaring_bitmap_get_cardinality(out[i]);
	/* How many are in each of the audiences. */
	for (int i = 0; i < 2; i++) {
		count += roaring_bitmap_and_cardinality(out[OPTED_OUT], sets[i]);
		count += roaring_bitmap_and_cardinality(out[TOO_OFTEN], sets[i]);
	}
	count += roaring_bitmap_and_cardinality(out[LANES], sets[FINANCE]);
	count += roaring_bitmap_and_cardinality(out[LANES + 2], sets[FINANCE]);
	return count;
}

static void free_bitmaps(roaring_bitmap_t **bitmaps, int count)
{
	for (int i = 0; i < count; i++)
		roaring_bitmap_free(bitmaps[i]);
}

static void check_same(const struct expansion *expansion, roaring_bitmap_t *const bare[BITMAPS])
{
	size_t lane = 0;

	for (int i = 0; i < 4; i++) {
		/* Among few people a lane may have nobody, and is then left out. */
		if (roaring_bitmap_is_empty(bare[LANES + i]))
			continue;
		REQUIRE(lane < expansion->lane_count);
		REQUIRE(roaring_bitmap_equals((const roaring_bitmap_t *)(const void *)expansion->lanes[lane++].set,
			bare[LANES + i]));
	}
	REQUIRE(lane == expansion->lane_count);
	for (int i = 0; i < 2; i++)
		REQUIRE(roaring_bitmap_equals((const roaring_bitmap_t *)(const void *)expansion_excluded(expansion,
						      i == 0 ? STATE_OPTED_OUT : STATE_CAPPED),
			bare[OPTED_OUT + i]));
}

static void bench_sets(const struct bench *bench)
{
	roaring_bitmap_t *sets[SETS], *bare[BITMAPS];
	double ours[TURNS], theirs[TURNS];
	uint64_t sum = 0;
	uint32_t pool = 0;

	load_sets(bench, sets);
	for (int turn = 0; turn < TURNS; turn++) {
		struct expansion expansion;
		uint64_t begun = clock_mono_us();
		expand(&bench->order, &expansion);
		ours[turn] = bench_seconds(begun) * 1e3;
		begun = clock_mono_us();
		sum += bare_algebra(sets, bare);
		theirs[turn] = bench_seconds(begun) * 1e3;
		check_same(&expansion, bare);
		pool = expansion.pool;
		expansion_fini(&expansion);
		free_bitmaps(bare, BITMAPS);
	}
	REQUIRE(sum > 0);
	free_bitmaps(sets, SETS);
	double mine = bench_median(ours, TURNS), raw = bench_median(theirs, TURNS);
	printf("a pool of %" PRIu32 " residents in four lanes\n", pool);
	row_ceiling("audience sets", mine, raw, LESS_IS_BETTER, 0.80, "ms");
}

/* What stands at a lane's next places, as the daemon cuts it. Returns how many; 0 past the end. */
static uint32_t cut_batch(const struct bench *bench, struct ahead *ahead, struct cut *cut, const struct set *lane,
	uint32_t first, uint32_t count)
{
	uint32_t got;
	const uint32_t *ids = ahead_ids(ahead, 1, 0, lane, first, count, &got);

	cut_people(cut, bench->people, bench->barred, ids, got);
	return got;
}

static void bench_first_batch(const struct bench *bench)
{
	double took[TURNS];
	struct cut cut = {0};

	for (int turn = 0; turn < TURNS; turn++) {
		struct ahead *ahead = ahead_new();
		struct expansion expansion;
		uint64_t begun = clock_mono_us();
		expand(&bench->order, &expansion);
		uint32_t got = cut_batch(bench, ahead, &cut, expansion.lanes[0].set, 0, BATCH);
		took[turn] = bench_seconds(begun) * 1e3;
		REQUIRE(got > 0 && cut.phones[0] != 0);
		expansion_fini(&expansion);
		ahead_free(&ahead);
	}
	double first = took[0], slowest = bench_share(took, TURNS, 1);
	printf("the first time of all took %.3f ms, the slowest of %d %.3f ms\n", first, TURNS, slowest);
	row_target("audience, first batch", bench_median(took, TURNS), 5, "ms");
	cut_fini(&cut);
}

/* Nanoseconds for each of a lane's `count` people, in batches; *sum of their phones. A new ahead remembers nothing. */
static double walk(const struct bench *bench, const struct set *lane, uint32_t count, uint32_t batch, uint64_t *sum)
{
	struct ahead *ahead = ahead_new();
	struct cut cut = {0};
	uint32_t waiting = 0;
	uint64_t begun = clock_mono_us();

	*sum = 0;
	for (uint32_t at = 0; at < count; at += batch) {
		uint32_t got = cut_batch(bench, ahead, &cut, lane, at, batch);
		for (uint32_t i = 0; i < got; i++) {
			*sum += cut.phones[i];
			waiting += cut.states[i] == STATE_WAITING;
		}
	}
	double each = bench_seconds(begun) * 1e9 / count;
	/* Who opted out is in no lane; who went since may be in any. */
	REQUIRE(waiting + set_count_common(lane, bench->gone) == count);
	cut_fini(&cut);
	ahead_free(&ahead);
	return each;
}

/* The same in one go: from the set to phone numbers and nothing else. */
static double walk_bare(const struct bench *bench, const struct set *lane, uint32_t count, uint64_t *sum)
{
	struct set_cursor *cursor = set_cursor_new(lane);
	uint32_t ids[1024], got;
	phone_t phones[1024];
	uint64_t begun = clock_mono_us();

	*sum = 0;
	while ((got = set_cursor_read(cursor, ids, sizeof(ids) / sizeof(ids[0]))) > 0) {
		people_phones(bench->people, ids, got, phones);
		for (uint32_t i = 0; i < got; i++)
			*sum += phones[i];
	}
	double each = bench_seconds(begun) * 1e9 / count;
	set_cursor_free(&cursor);
	return each;
}

/* The lane in which most are, a copy. */
static struct set *largest_lane(const struct bench *bench)
{
	struct expansion expansion;
	size_t most = 0;

	expand(&bench->order, &expansion);
	for (size_t i = 1; i < expansion.lane_count; i++)
		if (set_count(expansion.lanes[i].set) > set_count(expansion.lanes[most].set))
			most = i;
	struct set *lane = set_copy(expansion.lanes[most].set);
	expansion_fini(&expansion);
	return lane;
}

/* A lane in batches, as they are sent to; beside its numbers in a plain column in memory. */
static void bench_walk(const struct bench *bench)
{
	static const uint32_t others[] = {1, 100, 500};
	struct set *lane = largest_lane(bench);
	uint32_t count = set_count(lane), id;
	phone_t *column = mem_calloc(count, sizeof(*column));
	double ours[WALKS], bare[WALKS], plain[WALKS];
	uint64_t sum, bare_sum, plain_sum;

	for (uint32_t i = 0; i < count && set_select(lane, i, &id); i++)
		column[i] = people_phone(bench->people, id);
	for (int turn = 0; turn < WALKS; turn++) {
		ours[turn] = walk(bench, lane, count, BATCH, &sum);
		bare[turn] = walk_bare(bench, lane, count, &bare_sum);
		plain_sum = 0;
		uint64_t begun = clock_mono_us();
		for (uint32_t i = 0; i < count; i++) {
			plain_sum += column[i];
			__asm__ volatile("" : "+r"(plain_sum)); /* one after another, as a walk must */
		}
		plain[turn] = bench_seconds(begun) * 1e9 / count;
		REQUIRE(sum == plain_sum && bare_sum == plain_sum);
	}
	printf("a lane of %" PRIu32 "; a plain column of its numbers in memory: %.3f ns a phone\n", count,
		bench_median(plain, WALKS));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		printf("in batches of %" PRIu32 ": %.1f ns a phone\n", others[i],
			walk(bench, lane, count, others[i], &sum));
	row_target("audience, walk", bench_median(bare, WALKS), 10, "ns a phone");
	row_target("audience, walk in batches of 20", bench_median(ours, WALKS), 10, "ns a phone");
	free(column);
	set_free(&lane);
}

int main(int argc, char **argv)
{
	uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000000;
	struct people *people = NULL;
	struct bench bench = {0};
	char folder[256], path[300];
	size_t size;

	bench_folder_make(folder);
	snprintf(path, sizeof(path), "%s/snapshot", folder);
	uint64_t begun = clock_mono_us();
	compose_people(path, count);
	printf("%" PRIu32 " residents, snapshot composed in %.1f s", count, bench_seconds(begun));
	void *bytes = map(path, &size);
	begun = clock_mono_us();
	REQUIRE(people_open(bytes, size, &people, NULL) == RESULT_OK);
	printf(", %.1f MiB, checked and opened in %.1f ms\n", (double)size / 1048576, bench_seconds(begun) * 1e3);
	bench.people = people;
	const struct set *out = people_under(people, PEOPLE_MARK, PEOPLE_OPTED_OUT);
	bench.capped = make_some(count, 7, 3); /* have had all the texts of their week */
	bench.gone = make_some(count, 8, 2);
	bench.barred = barred_new(count, set_copy(out), bench.gone);
	set_release(&out);
	make_order(&bench);
	bench_first_batch(&bench);
	bench_sets(&bench);
	bench_walk(&bench);
	set_free(&bench.capped);
	barred_free(&bench.barred);
	set_free(&bench.gone);
	people_free(&people);
	munmap(bytes, size);
	bench_folder_remove(folder);
	return 0;
}
