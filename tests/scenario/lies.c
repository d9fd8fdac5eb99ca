#include "lies.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum {
	SECOND_MS = 1000,
	MINUTE_MS = 60 * SECOND_MS,
	WORDINGS = 2, /* of an alert on a gateway: for students, for the elderly */
	GROWTH_MOST = 1 << 20, /* of a daemon and its world in half an hour with nothing but trouble */
};

static const char *const names[] = {"kannel", "yunmas", "robot", "sign"};
static const char *const ids[] = {"W1", "A1", "B1", "U1", "C1", "A2", "A3"};

struct lie {
	struct stage *stage;
	const char *liar;
	enum world_fault fault;
	bool endless;
	bool with_sign;
	uint64_t faulted_before; /* requests on which the fault was played before the alert that is counted */
	unsigned int wrong;
};

/* Says what is wrong and goes on: one program tells of all lies that are not borne. */
#define LIE_FAIL(lie, format, ...) \
	((lie)->wrong++, \
		print_error("%s of %s%s: " format "\n", world_fault_name((lie)->fault), (lie)->liar, \
			(lie)->endless ? " without end" : "", ##__VA_ARGS__))

static struct world_peer *peer_of(struct lie *lie)
{
	return gateways_peer(lie->stage, lie->liar);
}

/* The provider says that it did not take what it took: nobody can see through that. */
static bool doubles(struct lie *lie)
{
	return lie->fault == WORLD_FAULT_ERROR_TAKEN;
}

/* It says that it took, or showed, what it did not. */
static bool pretends(struct lie *lie)
{
	return lie->fault == WORLD_FAULT_DROP || lie->fault == WORLD_FAULT_SHOWS_OTHER;
}

/* The sums of an alert in one question; NULL: there is none. */
static json_t *sums_of(struct lie *lie, const char *id)
{
	int exit;
	json_t *alert = stage_ask(lie->stage, "alert show", json_pack("{s:s}", "id", id), &exit);
	json_t *sums = json_incref(json_object_get(alert, "sums"));

	json_decref(alert);
	return sums;
}

static long long count_of(const json_t *sums, const char *crowd, const char *state)
{
	return json_integer_value(json_object_get(json_object_get(sums, crowd), state));
}

/* Every tenth number ends in 7. Where a text is refused, each wording has lost a window of batches when it is held. */
static long long refused_most(const struct lie *lie)
{
	if (lie->fault == WORLD_FAULT_REFUSE_SOME)
		return GATEWAYS_PEOPLE / 10;
	return lie->fault == WORLD_FAULT_REFUSE_TEXT ? WORDINGS * GATEWAYS_WINDOW * GATEWAYS_BATCH : 0;
}

/* ---- what must be true at any moment ---- */

static void check_reports(struct lie *lie, const char *id, const json_t *sums)
{
	struct world_reach reach = gateways_reach(lie->stage, id);
	long long told = count_of(sums, "residents", "delivered") + count_of(sums, "residents", "accepted") +
		count_of(sums, "residents", "failed") + count_of(sums, "residents", "held");
	long long doubt = count_of(sums, "residents", "unknown"), flying = count_of(sums, "residents", "in-flight");

	if (reach.more > 0 && !doubles(lie))
		LIE_FAIL(lie, "%llu were told %s twice", (unsigned long long)reach.more, id);
	if (told > (long long)reach.phones && !pretends(lie))
		LIE_FAIL(lie, "%lld reported of %s, %llu reached", told, id, (unsigned long long)reach.phones);
	/* Those that wait may have been reached too where an error was a lie. */
	if ((long long)reach.phones > told + doubt + flying && !doubles(lie))
		LIE_FAIL(lie, "%llu reached by %s, only %lld reported, %lld in doubt, %lld in flight",
			(unsigned long long)reach.phones, id, told, doubt, flying);
	if (count_of(sums, "residents", "refused") > refused_most(lie))
		LIE_FAIL(lie, "people of %s were refused", id);
}

static void check_posts(struct lie *lie, const char *id, const json_t *sums)
{
	long long posted = count_of(sums, "groups", "posted"), posts = gateways_posts(lie->stage, id);

	if (posts > 1 && !doubles(lie))
		LIE_FAIL(lie, "the group was told %s %lld times", id, posts);
	if (posted > posts && !pretends(lie))
		LIE_FAIL(lie, "%s was posted, but nobody saw it", id);
}

/* Everybody is in exactly one state. */
static void check_sums(struct lie *lie, const char *id, json_t *sums)
{
	const char *name, *state;
	json_t *crowd, *count;

	json_object_foreach(sums, name, crowd)
	{
		long long sum = 0;
		json_object_foreach(crowd, state, count)
		{
			bool is_state = strcmp(state, "total") != 0 && strcmp(state, "excluded") != 0;
			sum += is_state ? json_integer_value(count) : 0;
		}
		if (sum != count_of(sums, name, "total"))
			LIE_FAIL(lie, "%s of %s: %lld do not add up to %lld", name, id, sum,
				count_of(sums, name, "total"));
	}
}

static void check_limits(struct lie *lie)
{
	const char *violation = world_violation(lie->stage->world, 0);
	struct world_totals all;

	if (violation != NULL)
		LIE_FAIL(lie, "%s", violation);
	world_totals(lie->stage->world, NULL, &all);
	if (all.malformed > 0)
		LIE_FAIL(lie, "%llu requests that no provider would understand", (unsigned long long)all.malformed);
}

static void check_all(struct lie *lie)
{
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		json_t *sums = sums_of(lie, ids[i]);
		if (sums == NULL)
			continue;
		check_sums(lie, ids[i], sums);
		check_reports(lie, ids[i], sums);
		check_posts(lie, ids[i], sums);
		json_decref(sums);
	}
	check_limits(lie);
}

/* The doubt of one alert: a window of batches, then one person at a time. */
static void check_doubt(struct lie *lie, const char *id)
{
	long long doubt = stage_residents(lie->stage, id, "unknown");
	uint64_t faulted = gateways_totals(lie->stage, lie->liar).faulted - lie->faulted_before;
	long long probes = faulted > GATEWAYS_WINDOW ? (long long)faulted - GATEWAYS_WINDOW : 0;

	if (doubt > GATEWAYS_WINDOW * GATEWAYS_BATCH + probes)
		LIE_FAIL(lie, "%lld of %s in doubt after %llu requests", doubt, id, (unsigned long long)faulted);
}

/* Everybody but the liar has sent all that it had. */
static void check_others(struct lie *lie)
{
	for (size_t i = 0; i < (lie->with_sign ? 4 : 3); i++)
		if (strcmp(names[i], lie->liar) != 0 &&
			gateways_number(lie->stage, names[i], "waiting") +
					gateways_number(lie->stage, names[i], "in_flight") >
				0)
			LIE_FAIL(lie, "it delays %s", names[i]);
}

/* ---- memory ---- */

/* In a program with the address sanitizer mallinfo2() knows nothing. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t allocated(void)
{
	if (__sanitizer_get_current_allocated_bytes != NULL)
		return __sanitizer_get_current_allocated_bytes();
	return mallinfo2().uordblks;
}

/* ---- the hour ---- */

static void switch_on(struct lie *lie, uint32_t permille)
{
	struct world_peer *peer = peer_of(lie);

	world_fault_clear(peer);
	if (lie->fault == WORLD_FAULT_JITTER)
		world_fault_set(peer, lie->fault, 9000, 0);
	else if (lie->fault == WORLD_FAULT_RECEIPT_LATE)
		world_fault_set(peer, lie->fault, 20 * MINUTE_MS, 0);
	else if (world_fault_is_amount(lie->fault))
		world_fault_set(peer, lie->fault, 3000, 0);
	else if (permille == 0 || world_fault_is_door(lie->fault))
		world_fault_set(peer, lie->fault, WORLD_ALWAYS, 0);
	else
		world_fault_set(peer, lie->fault, 0, permille);
}

/* A sign keeps its line for ever: it is cut, so that it has to connect anew. */
static void cut_the_line(struct lie *lie)
{
	if (lie->fault != WORLD_FAULT_CONNECT_HANG)
		return;
	world_fault_set(peer_of(lie), WORLD_FAULT_CONNECT_REFUSED, WORLD_ALWAYS, 0);
	stage_pass(lie->stage, 100);
	world_fault_set(peer_of(lie), WORLD_FAULT_CONNECT_REFUSED, 0, 0);
}

static void resume_if_suspended(struct lie *lie)
{
	if (gateways_suspended_itself(lie->stage, lie->liar))
		gateways_resume(lie->stage, lie->liar);
}

/* Texts that were refused are held until somebody says that they may go. */
static void release_what_is_held(struct lie *lie)
{
	int exit; /* of most alerts nothing is held */

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		json_decref(stage_ask(lie->stage, "queue release",
			json_pack("{s:s, s:s}", "id", ids[i], "channel", lie->liar), &exit));
}

/* Well, then ill: five alerts in 25 minutes. */
static void live_through_the_lie(struct lie *lie)
{
	struct stage *stage = lie->stage;

	gateways_drop(stage, "W1", "today", "");
	stage_pass(stage, 2 * MINUTE_MS);
	check_all(lie);
	if (stage_residents(stage, "W1", "delivered") != GATEWAYS_POOL)
		LIE_FAIL(lie, "not even before it did all get their text");
	switch_on(lie, 0);
	cut_the_line(lie);
	lie->faulted_before = gateways_totals(stage, lie->liar).faulted;
	gateways_drop(stage, "A1", "immediate", "");
	stage_pass(stage, 20 * SECOND_MS);
	check_others(lie);
	check_all(lie);
	stage_pass(stage, 4 * MINUTE_MS);
	check_doubt(lie, "A1");
	check_all(lie);
	if (lie->fault == WORLD_FAULT_AUTH && strcmp(lie->liar, "sign") != 0 &&
		!gateways_suspended_itself(stage, lie->liar))
		LIE_FAIL(lie, "it refused our password and was not suspended");
	gateways_drop(stage, "B1", "today", "");
	stage_pass(stage, 5 * MINUTE_MS);
	gateways_drop(stage, "U1", "immediate", "action = \"update\"; supersedes = [ \"A1\" ];");
	stage_pass(stage, 5 * MINUTE_MS);
	gateways_drop(stage, "C1", "immediate", "action = \"cancel\"; supersedes = [ \"B1\" ];");
	stage_pass(stage, 5 * MINUTE_MS);
	check_all(lie);
}

/* How many recipients of an alert, in all crowds, are in one of two states; 0: there is no such alert. */
static long long in_states(struct lie *lie, const char *id, const char *one, const char *other)
{
	static const char *const crowds[] = {"residents", "groups", "signs"};
	json_t *sums = sums_of(lie, id);
	long long count = 0;

	for (size_t i = 0; i < sizeof(crowds) / sizeof(crowds[0]); i++)
		count += count_of(sums, crowds[i], one) + count_of(sums, crowds[i], other);
	json_decref(sums);
	return count;
}

static bool waits(struct lie *lie, const char *id)
{
	return in_states(lie, id, "waiting", "in-flight") > 0;
}

/* All who are in doubt stand in the list of doubts. */
static void check_list_of_doubts(struct lie *lie)
{
	json_t *answer = stage_ask(lie->stage, "unknown list", NULL, NULL);
	long long listed = json_integer_value(json_object_get(answer, "recipients")), doubt = 0;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		doubt += in_states(lie, ids[i], "unknown", "");
	json_decref(answer);
	if (listed != doubt)
		LIE_FAIL(lie, "%lld are in doubt and %lld listed", doubt, listed);
}

/* Half well, then well: what was left goes through, and a last alert as ever. */
static void come_to_senses(struct lie *lie)
{
	struct stage *stage = lie->stage;

	resume_if_suspended(lie);
	switch_on(lie, 300);
	gateways_drop(stage, "A2", "immediate", "");
	stage_pass(stage, 8 * MINUTE_MS);
	check_all(lie);
	world_fault_clear(peer_of(lie));
	resume_if_suspended(lie);
	release_what_is_held(lie);
	gateways_drop(stage, "A3", "immediate", "");
	stage_pass(stage, 25 * MINUTE_MS);
	/* A robot that is told twice to slow down may be blocked for an hour. */
	for (unsigned int minutes = 0; minutes < 60 && waits(lie, "A3"); minutes++)
		stage_pass(stage, MINUTE_MS);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (waits(lie, ids[i]))
			LIE_FAIL(lie, "%s still waits long after", ids[i]);
	check_all(lie);
	check_list_of_doubts(lie);
	if (stage_residents(stage, "A3", "delivered") != GATEWAYS_POOL)
		LIE_FAIL(lie, "well again, %lld of %d got their text", stage_residents(stage, "A3", "delivered"),
			GATEWAYS_POOL);
	if (stage_count(stage, "A3", "groups", "posted") != 1)
		LIE_FAIL(lie, "well again, the group was not told");
	if (lie->with_sign && strstr(world_sign_showing(peer_of(lie)), "预警A3") == NULL)
		LIE_FAIL(lie, "well again, it shows %s", world_sign_showing(peer_of(lie)));
}

/* It never ends: nothing grows, and a restart in the middle of it changes no sum. */
static void go_on_for_ever(struct lie *lie)
{
	struct stage *stage = lie->stage;
	size_t before = allocated();

	resume_if_suspended(lie);
	stage_pass(stage, 35 * MINUTE_MS);
	check_all(lie);
	size_t after = allocated();
	if (after > before + GROWTH_MOST)
		LIE_FAIL(lie, "memory grew by %zu bytes", after - before);
	stage_kill(stage);
	stage_start(stage);
	stage_pass(stage, 3 * MINUTE_MS);
	check_all(lie);
	check_list_of_doubts(lie);
}

static unsigned int live_through(struct stage *stage, const char *liar, enum world_fault fault, bool endless)
{
	struct lie lie = {stage, liar, fault, endless, strcmp(liar, "sign") == 0, 0, 0};

	if (getenv("LIE_TRACE") != NULL)
		print_message("%s of %s%s\n", world_fault_name(fault), liar, endless ? " without end" : "");
	gateways_open(stage, lie.with_sign);
	live_through_the_lie(&lie);
	if (endless)
		go_on_for_ever(&lie);
	else
		come_to_senses(&lie);
	stage_close(stage);
	return lie.wrong;
}

void lies_live_through_all(struct stage *stage, const char *liar)
{
	static const enum world_kind kinds[] = {WORLD_KANNEL, WORLD_YUNMAS, WORLD_WECOM, WORLD_ONBON};
	const char *only = getenv("LIE");
	unsigned int wrong = 0;
	size_t kind = 0;

	while (strcmp(names[kind], liar) != 0)
		kind++;
	for (enum world_fault fault = 0; fault < WORLD_FAULTS; fault++) {
		if (!world_fault_suits(fault, kinds[kind]) ||
			(only != NULL && strcmp(only, world_fault_name(fault)) != 0))
			continue;
		wrong += live_through(stage, liar, fault, false);
		wrong += live_through(stage, liar, fault, true);
	}
	if (wrong > 0)
		fail_msg("%u times something was not as promised", wrong);
}
