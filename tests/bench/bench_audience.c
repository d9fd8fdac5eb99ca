/*
 * Audiences at size: bench_audience [residents, default 10000000]. An alert for the elderly and for one role, in one county of
 * five, without who opted out and who has had enough texts, divided into the lanes of two channels; beside the same algebra
 * written by hand on bitmaps of bare CRoaring that are in memory already. Then everybody, walked to phone numbers in slices,
 * and the time until an alert's first slice is in hand.
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

#include "audience/compose.h"
#include "audience/cut.h"
#include "audience/expand.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/require.h"
#include "loop/file.h"
#include "table.h"

enum { TURNS = 15, WALKS = 5, SLICE = 500, THIS_YEAR = 2026, AREAS = 5 * 20 * 30, ROLES = 5 };

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

/* Three in a hundred have had all the texts of their week. */
static struct set *make_capped(uint32_t count)
{
	struct set *capped = set_new();

	for (uint32_t id = 1; id <= count; id++)
		if (scatter(id, 7) % 100 < 3)
			set_add(capped, id);
	return capped;
}

struct bench {
	const struct people *people;
	struct set *opted_out, *capped;
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
		.opted_out = bench->opted_out,
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
	sets[OUT] = loaded(set_copy(bench->opted_out));
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
	row_ceiling("audience sets", mine, raw, raw / mine, 0.80, "ms");
}

static void bench_first_slice(const struct bench *bench)
{
	double took[TURNS];
	struct cut cut;

	cut_init(&cut, SLICE);
	for (int turn = 0; turn < TURNS; turn++) {
		struct expansion expansion;
		uint64_t begun = clock_mono_us();
		expand(&bench->order, &expansion);
		cut_slice(&cut, bench->people, expansion.lanes[0].set, 0, SLICE, bench->opted_out, NULL);
		took[turn] = bench_seconds(begun) * 1e3;
		REQUIRE(cut.count > 0 && cut.phones[0] != 0);
		expansion_fini(&expansion);
	}
	printf("the first time of all took %.3f ms, the slowest of %d %.3f ms\n", took[0], TURNS,
		bench_share(took, TURNS, 1));
	row_target("audience first slice", bench_median(took, TURNS), 5, "ms");
	cut_fini(&cut);
}

/* Everybody in slices, as they are sent to; beside a plain column in memory. */
static void bench_walk(const struct bench *bench, uint32_t count)
{
	const struct set *everybody = audience_all(bench->people);
	phone_t *column = mem_calloc(count, sizeof(*column));
	double ours[WALKS], plain[WALKS];
	uint64_t sum = 0, plain_sum = 0;
	struct cut cut;

	cut_init(&cut, SLICE);
	for (uint32_t i = 0; i < count; i++)
		column[i] = people_phone(bench->people, i + 1);
	for (int turn = 0; turn < WALKS; turn++) {
		uint64_t begun = clock_mono_us();
		for (uint32_t at = 0; at < count; at += SLICE) {
			cut_slice(&cut, bench->people, everybody, at, SLICE, bench->opted_out, NULL);
			for (uint32_t i = 0; i < cut.count; i++)
				sum += cut.phones[i];
		}
		ours[turn] = bench_seconds(begun) * 1e9 / count;
		begun = clock_mono_us();
		for (uint32_t i = 0; i < count; i++) {
			plain_sum += column[i];
			__asm__ volatile("" : "+r"(plain_sum)); /* one after another, as a walk must */
		}
		plain[turn] = bench_seconds(begun) * 1e9 / count;
	}
	REQUIRE(sum == plain_sum);
	printf("a plain column of numbers in memory: %.3f ns a phone\n", bench_median(plain, WALKS));
	row_target("audience walk", bench_median(ours, WALKS), 10, "ns a phone");
	cut_fini(&cut);
	free(column);
	set_release(&everybody);
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
	bench.opted_out = set_copy(out);
	set_release(&out);
	bench.capped = make_capped(count);
	make_order(&bench);
	bench_first_slice(&bench);
	bench_sets(&bench);
	bench_walk(&bench, count);
	set_free(&bench.opted_out);
	set_free(&bench.capped);
	people_free(&people);
	munmap(bytes, size);
	bench_folder_remove(folder);
	return 0;
}
