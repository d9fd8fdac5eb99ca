/*
 * Whatever one gateway, robot or sign does, the sums are right, nobody is told twice but by its own lie, the others are
 * served as ever, and when it is well again everything goes on by itself (design.md, promises 1 to 5).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stage.h"
#include "testing/peer.h"

enum { PEOPLE = 120, POOL = 48, STUDENTS = 30, WINDOW = 4, BATCH = 4, RATE = 100, PARTS_MOST = 4 };

#define SENDING "rate = \"100/s\"; window = 4; batch = 4; timeout = \"10s\";"
#define PATIENT "retry: { base = \"1s\"; most = \"20s\"; };\n"

static struct stage stage;
static struct peer *puppet; /* a gateway that answers as told, in one of the tests */

/* Students are served by "sms", the elderly by "mas". */
static void open_stage(bool with_sign)
{
	char channels[4096];

	stage_open(&stage, "2026-11-23T10:00:00");
	stage_roster(&stage, PEOPLE);
	struct world_peer *sms = world_peer_add(stage.world,
		&(struct world_peer_options){.kind = WORLD_KANNEL,
			.name = "kannel",
			.user = "kannel",
			.secret = "s3cret",
			.limit = RATE + BATCH * PARTS_MOST,
			.limit_ms = 1000});
	struct world_peer *mas = world_peer_add(stage.world,
		&(struct world_peer_options){.kind = WORLD_YUNMAS,
			.name = "yunmas",
			.user = "crier",
			.secret = "s3cret",
			.limit = RATE + BATCH * PARTS_MOST,
			.limit_ms = 1000});
	const char *norsubmit = world_peer_url(mas);
	const char *end = strstr(norsubmit, "/sms/");
	char *group = strdup(world_peer_url(world_peer_find(stage.world, "group")));
	group[strcspn(group, "?")] = '\0';
	int size = snprintf(channels, sizeof(channels),
		" { name = \"kannel\"; kind = \"sms-kannel\"; url = \"%s\"; user = \"kannel\"; password_file = \"password\";"
		" audiences = [ \"student\" ]; " SENDING " },\n"
		" { name = \"yunmas\"; kind = \"sms-yunmas\"; url = \"%.*s/sms/norsubmit\"; ec_name = \"ec\"; ap_id = \"crier\";"
		" secret_file = \"password\"; sign_code = \"sc\"; signature_by = \"platform\";"
		" report_url = \"%.*s/sms/report\"; pull_every = \"5s\"; " SENDING " },\n"
		" { name = \"group\"; kind = \"wecom-robot\"; url = \"%s\"; key_file = \"key\"; timeout = \"10s\"; }",
		world_peer_url(sms), (int)(end - norsubmit), norsubmit, (int)(end - norsubmit), norsubmit, group);
	free(group);
	if (with_sign)
		snprintf(channels + size, sizeof(channels) - (size_t)size,
			",\n { name = \"sign\"; kind = \"led-onbon\"; address = \"%s\"; width = 128; height = 32; }",
			world_peer_url(world_peer_find(stage.world, "sign")));
	stage_config_of(&stage, channels, PATIENT);
	stage_start(&stage);
}

static int tear_down(void **state)
{
	if (puppet != NULL) {
		stage_stop(&stage);
		peer_close(puppet);
		stage_pass(&stage, 1000);
		peer_free(&puppet);
	}
	stage_close(&stage);
	return 0;
}

static json_t *channel(const char *name)
{
	json_t *answer = stage_ask(&stage, "channel list", NULL, NULL), *row, *found = NULL;
	size_t i;

	json_array_foreach(json_object_get(answer, "channels"), i,
		row) if (strcmp(json_string_value(json_object_get(row, "name")), name) == 0) found = json_incref(row);
	json_decref(answer);
	assert_non_null(found);
	return found;
}

static long long channel_number(const char *name, const char *key)
{
	json_t *row = channel(name);
	long long number = json_integer_value(json_object_get(row, key));

	json_decref(row);
	return number;
}

static bool channel_flag(const char *name, const char *key)
{
	json_t *row = channel(name);
	bool flag = json_is_true(json_object_get(row, key));

	json_decref(row);
	return flag;
}

static struct world_totals totals(const char *name)
{
	struct world_totals all;

	world_totals(stage.world, world_peer_find(stage.world, name), &all);
	return all;
}

static void drop(const char *id)
{
	char name[32], text[128];

	snprintf(name, sizeof(name), "%s.cfg", id);
	snprintf(text, sizeof(text),
		"text: { sms = \"预警%s：要你先垫钱的都是诈骗。\"; led = \"预警%s\"; wecom = \"预警%s\"; };", id, id,
		id);
	stage_drop(&stage, name, id, "immediate", text);
}

/* How phones were reached by an alert's words. */
static struct world_reach reach_of(const char *id)
{
	struct world_reach reach;
	char marker[32];

	snprintf(marker, sizeof(marker), "预警%s", id);
	world_reached(stage.world, marker, &reach);
	return reach;
}

static long long posts_of(const char *id)
{
	const struct world_message *message;
	char marker[32];
	long long count = 0;

	snprintf(marker, sizeof(marker), "预警%s", id);
	for (size_t i = 0; (message = world_message(world_peer_find(stage.world, "group"), i)) != NULL; i++)
		count += strstr(message->text, marker) != NULL;
	return count;
}

static const char *const names[] = {"kannel", "yunmas", "group", "sign"};

/* Everybody but the ill one has sent all that it had. */
static void check_others(const char *ill, const char *fault, bool with_sign)
{
	for (size_t i = 0; i < (with_sign ? 4 : 3); i++)
		if (strcmp(names[i], ill) != 0 &&
			channel_number(names[i], "waiting") + channel_number(names[i], "in_flight") > 0)
			fail_msg("%s of %s delays %s", fault, ill, names[i]);
}

static bool may_double(enum world_fault fault)
{
	/* The provider says that it did not take what it took. */
	return fault == WORLD_FAULT_ERROR_TAKEN;
}

/* What an alert's sums say, against what the world knows. */
static void check_truth(const char *id, const char *ill, enum world_fault fault)
{
	struct world_reach reach = reach_of(id);
	long long told = stage_residents(&stage, id, "delivered") + stage_residents(&stage, id, "accepted") +
		stage_residents(&stage, id, "failed");
	long long doubt = stage_residents(&stage, id, "unknown");
	long long posted = stage_count(&stage, id, "groups", "posted"), posts = posts_of(id);

	assert_int_equal(stage_adds_up(&stage, id), POOL);
	if (reach.more > 0 && !may_double(fault))
		fail_msg("%s of %s: %llu were told twice", world_fault_name(fault), ill,
			(unsigned long long)reach.more);
	if (posts > 1 && !may_double(fault))
		fail_msg("%s of %s: the group was told %lld times", world_fault_name(fault), ill, posts);
	if (fault != WORLD_FAULT_DROP && told > (long long)reach.phones)
		fail_msg("%s of %s: %lld reported, %llu reached", world_fault_name(fault), ill, told,
			(unsigned long long)reach.phones);
	if (fault != WORLD_FAULT_DROP && posted > posts)
		fail_msg("%s of %s: posted, but nobody saw it", world_fault_name(fault), ill);
	/* Those that wait may have been reached too where an error was a lie. */
	if ((long long)reach.phones > told + doubt && !may_double(fault))
		fail_msg("%s of %s: %llu reached, only %lld reported and %lld in doubt", world_fault_name(fault), ill,
			(unsigned long long)reach.phones, told, doubt);
	if (stage_residents(&stage, id, "refused") > 0)
		fail_msg("%s of %s: people were refused", world_fault_name(fault), ill);
}

static bool waits(const char *id, bool with_sign)
{
	long long open = stage_residents(&stage, id, "waiting") + stage_residents(&stage, id, "in-flight") +
		stage_count(&stage, id, "groups", "waiting") + stage_count(&stage, id, "groups", "in-flight");

	if (with_sign)
		open += stage_count(&stage, id, "signs", "waiting") + stage_count(&stage, id, "signs", "in-flight");
	return open > 0;
}

static void until_nothing_waits(const char *id, bool with_sign, const char *ill, const char *fault)
{
	for (unsigned int minutes = 0; waits(id, with_sign); minutes++) {
		/* A robot that is told twice to slow down may be blocked for an hour. */
		if (minutes > 70)
			fail_msg("%s of %s: %s still waits much later", fault, ill, id);
		stage_pass(&stage, 60000);
	}
}

static void check_limits(const char *fault)
{
	const char *violation = world_violation(stage.world, 0);

	if (violation != NULL)
		fail_msg("%s: %s", fault, violation);
}

static bool suspended_itself(const char *name)
{
	json_t *row = channel(name);
	const char *by = json_string_value(json_object_get(row, "suspended_by"));
	bool itself = json_is_true(json_object_get(row, "suspended")) && by != NULL && strcmp(by, "crier") == 0;

	json_decref(row);
	return itself;
}

static void resume(const char *name)
{
	json_decref(stage_ask(&stage, "channel resume", json_pack("{s:s}", "name", name), NULL));
}

/* Wholly ill, half ill, well again; an alert in each. */
static void live_through(const char *ill, enum world_fault fault)
{
	struct world_peer *peer = world_peer_find(stage.world, ill);
	bool with_sign = world_peer_kind(peer) == WORLD_ONBON;
	const char *name = world_fault_name(fault);
	uint32_t always = world_fault_is_amount(fault) ? 3000 : WORLD_ALWAYS;

	world_fault_set(peer, fault, always, 0);
	drop("A1");
	stage_pass(&stage, 20000);
	check_others(ill, name, with_sign);
	stage_pass(&stage, 5 * 60 * 1000);
	check_truth("A1", ill, fault);
	if (stage_residents(&stage, "A1", "unknown") > (long long)(WINDOW * BATCH + totals(ill).faulted))
		fail_msg("%s of %s: more in doubt than the window holds", name, ill);
	if (fault == WORLD_FAULT_AUTH && !with_sign && !suspended_itself(ill))
		fail_msg("%s refused our password and was not suspended", ill);
	if (suspended_itself(ill))
		resume(ill);
	world_fault_clear(peer);
	if (!world_fault_is_amount(fault))
		world_fault_set(peer, fault, 0, 300);
	drop("A2");
	stage_pass(&stage, 5 * 60 * 1000);
	check_truth("A2", ill, fault);
	world_fault_clear(peer);
	if (suspended_itself(ill))
		resume(ill);
	drop("A3");
	until_nothing_waits("A1", with_sign, ill, name);
	until_nothing_waits("A2", with_sign, ill, name);
	until_nothing_waits("A3", with_sign, ill, name);
	stage_pass(&stage, 60000);
	for (int i = 1; i <= 3; i++) {
		char id[] = {'A', (char)('0' + i), '\0'};
		check_truth(id, ill, fault);
	}
	/* Well again, it serves as ever. */
	assert_int_equal(stage_residents(&stage, "A3", "delivered"), POOL);
	assert_int_equal(stage_count(&stage, "A3", "groups", "posted"), 1);
	if (with_sign && strstr(world_sign_showing(peer), "预警A3") == NULL)
		fail_msg("%s of the sign: it shows %s", name, world_sign_showing(peer));
	check_limits(name);
}

static void live_through_all(const char *ill, bool with_sign)
{
	for (int fault = WORLD_FAULT_RESET_BEFORE; fault <= WORLD_FAULT_WRONG_SIZE; fault++) {
		if (fault == WORLD_FAULT_WRONG_SIZE && !with_sign)
			continue;
		open_stage(with_sign);
		live_through(ill, (enum world_fault)fault);
		stage_close(&stage);
	}
	open_stage(with_sign);
	live_through(ill, WORLD_FAULT_LATENCY);
	stage_close(&stage);
}

static void a_kannel_gateway_may_do_anything(void **state)
{
	live_through_all("kannel", false);
}

static void a_yunmas_gateway_may_do_anything(void **state)
{
	live_through_all("yunmas", false);
}

static void a_group_robot_may_do_anything(void **state)
{
	live_through_all("group", false);
}

static void a_sign_may_do_anything(void **state)
{
	live_through_all("sign", true);
}

/* Every receipt of both gateways goes wrong in one way; then what does the report say? */
static void receipts_may_come_late_twice_never_backwards_or_for_strangers(void **state)
{
	static const struct {
		enum world_fault fault;
		uint32_t amount;
		const char *state;
	} cases[] = {
		{WORLD_FAULT_RECEIPT_LATE, 90000, "delivered"},
		{WORLD_FAULT_RECEIPT_DOUBLE, WORLD_ALWAYS, "delivered"},
		{WORLD_FAULT_RECEIPT_MISSING, WORLD_ALWAYS, "accepted"},
		{WORLD_FAULT_RECEIPT_REORDER, WORLD_ALWAYS, "delivered"},
		{WORLD_FAULT_RECEIPT_WRONG, WORLD_ALWAYS, "accepted"},
		{WORLD_FAULT_UNDELIVERED, WORLD_ALWAYS, "failed"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_stage(false);
		world_fault_set(world_peer_find(stage.world, "kannel"), cases[i].fault, cases[i].amount, 0);
		world_fault_set(world_peer_find(stage.world, "yunmas"), cases[i].fault, cases[i].amount, 0);
		drop("A1");
		stage_pass(&stage, 5 * 60 * 1000);
		stage_adds_up(&stage, "A1");
		long long count = stage_residents(&stage, "A1", cases[i].state);
		if (count != POOL)
			fail_msg("%s: %lld are %s", world_fault_name(cases[i].fault), count, cases[i].state);
		assert_int_equal(reach_of("A1").once, POOL);
		stage_close(&stage);
	}
}

static void a_wrong_password_suspends_the_gateway_and_refuses_nobody(void **state)
{
	open_stage(false);
	world_fault_set(world_peer_find(stage.world, "kannel"), WORLD_FAULT_AUTH, WORLD_ALWAYS, 0);
	drop("A1");
	stage_pass(&stage, 20000);
	assert_true(suspended_itself("kannel"));
	assert_int_equal(stage_residents(&stage, "A1", "refused"), 0);
	assert_int_equal(stage_residents(&stage, "A1", "waiting"), STUDENTS);
	uint64_t requests = totals("kannel").requests;
	stage_pass(&stage, 30 * 60 * 1000);
	assert_int_equal(totals("kannel").requests, requests);
	/* Resumed while nothing was mended it suspends itself again. */
	resume("kannel");
	stage_pass(&stage, 20000);
	assert_true(suspended_itself("kannel"));
	world_fault_clear(world_peer_find(stage.world, "kannel"));
	resume("kannel");
	stage_pass(&stage, 30000);
	assert_false(channel_flag("kannel", "suspended"));
	assert_int_equal(stage_residents(&stage, "A1", "delivered"), POOL);
	assert_int_equal(reach_of("A1").once, POOL);
}

/* Puts it in the place of "kannel", for everybody. */
static void put_gateway(const struct peer_step *steps, size_t count)
{
	char channels[1024];

	puppet = peer_open(stage.loop, steps, count);
	snprintf(channels, sizeof(channels),
		" { name = \"kannel\"; kind = \"sms-kannel\"; url = \"http://127.0.0.1:%u/\"; user = \"kannel\";"
		" password_file = \"password\"; " SENDING " }",
		(unsigned int)peer_port(puppet));
	stage_stop(&stage);
	stage_config_of(&stage, channels, PATIENT);
	stage_start(&stage);
}

static void a_refused_text_waits_for_a_release_even_over_a_restart(void **state)
{
	static const char refused[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 7\r\n\r\nno way!";
	static const char taken[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 12\r\n\r\n0: Accepted.";
	static const struct peer_step steps[] = {{PEER_REPLY, refused}, {PEER_REPLY, taken}};

	open_stage(false);
	put_gateway(steps, 2);
	drop("A1");
	stage_pass(&stage, 60000);
	long long waiting = stage_residents(&stage, "A1", "waiting");
	assert_int_equal(stage_residents(&stage, "A1", "refused"), BATCH);
	/* Held are the words for students; those for the elderly are other words. */
	assert_int_equal(waiting, STUDENTS - BATCH);
	stage_kill(&stage);
	stage_start(&stage);
	stage_pass(&stage, 60000);
	assert_int_equal(stage_residents(&stage, "A1", "waiting"), waiting);
	json_decref(stage_ask(&stage, "queue release", json_pack("{s:s, s:s}", "id", "A1", "channel", "kannel"), NULL));
	stage_pass(&stage, 60000);
	assert_int_equal(stage_residents(&stage, "A1", "waiting"), 0);
	assert_int_equal(stage_residents(&stage, "A1", "refused"), BATCH);
	assert_int_equal(stage_residents(&stage, "A1", "accepted"), POOL - BATCH);
	stage_adds_up(&stage, "A1");
}

#define CASE(name) cmocka_unit_test_teardown(name, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(a_kannel_gateway_may_do_anything),
		CASE(a_yunmas_gateway_may_do_anything),
		CASE(a_group_robot_may_do_anything),
		CASE(a_sign_may_do_anything),
		CASE(receipts_may_come_late_twice_never_backwards_or_for_strangers),
		CASE(a_wrong_password_suspends_the_gateway_and_refuses_nobody),
		CASE(a_refused_text_waits_for_a_release_even_over_a_restart),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
