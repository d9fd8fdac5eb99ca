/*
 * What is particular about receipts that lie, about a password that is refused, and about a text that is: tests/scenario/lies.h
 * has an hour with every fault there is (design.md, promises 1 to 5).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/digest.h"
#include "gateways.h"
#include "testing/peer.h"

static struct stage stage;
static struct peer *puppet; /* a gateway that answers as told, in one of the tests */

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
		{WORLD_FAULT_RECEIPT_EARLY, WORLD_ALWAYS, "delivered"},
		{WORLD_FAULT_RECEIPT_WRONG, WORLD_ALWAYS, "accepted"},
		{WORLD_FAULT_UNDELIVERED, WORLD_ALWAYS, "failed"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		gateways_open(&stage, false);
		world_fault_set(gateways_peer(&stage, "kannel"), cases[i].fault, cases[i].amount, 0);
		world_fault_set(gateways_peer(&stage, "yunmas"), cases[i].fault, cases[i].amount, 0);
		gateways_drop(&stage, "A1", "immediate", "");
		stage_pass(&stage, 5 * 60 * 1000);
		stage_adds_up(&stage, "A1");
		long long count = stage_residents(&stage, "A1", cases[i].state);
		if (count != GATEWAYS_POOL)
			fail_msg("%s: %lld are %s", world_fault_name(cases[i].fault), count, cases[i].state);
		assert_int_equal(gateways_reach(&stage, "A1").once, GATEWAYS_POOL);
		stage_close(&stage);
	}
}

static void a_wrong_password_suspends_the_gateway_and_refuses_nobody(void **state)
{
	gateways_open(&stage, false);
	world_fault_set(gateways_peer(&stage, "kannel"), WORLD_FAULT_AUTH, WORLD_ALWAYS, 0);
	gateways_drop(&stage, "A1", "immediate", "");
	stage_pass(&stage, 20000);
	assert_true(gateways_suspended_itself(&stage, "kannel"));
	assert_int_equal(stage_residents(&stage, "A1", "refused"), 0);
	assert_int_equal(stage_residents(&stage, "A1", "waiting"), GATEWAYS_STUDENTS);
	uint64_t requests = gateways_totals(&stage, "kannel").requests;
	stage_pass(&stage, 30 * 60 * 1000);
	assert_int_equal(gateways_totals(&stage, "kannel").requests, requests);
	/* Resumed while nothing was mended it suspends itself again. */
	gateways_resume(&stage, "kannel");
	stage_pass(&stage, 20000);
	assert_true(gateways_suspended_itself(&stage, "kannel"));
	world_fault_clear(gateways_peer(&stage, "kannel"));
	gateways_resume(&stage, "kannel");
	stage_pass(&stage, 30000);
	assert_false(gateways_suspended(&stage, "kannel"));
	assert_int_equal(stage_residents(&stage, "A1", "delivered"), GATEWAYS_POOL);
	assert_int_equal(gateways_reach(&stage, "A1").once, GATEWAYS_POOL);
}

/* Puts it in the place of "kannel", for everybody. */
static void put_gateway(const struct peer_step *steps, size_t count)
{
	char channels[1024];

	puppet = peer_open(stage.loop, steps, count);
	snprintf(channels, sizeof(channels),
		" { name = \"kannel\"; kind = \"sms-kannel\"; url = \"http://127.0.0.1:%u/\"; user = \"kannel\";"
		" password_file = \"password\"; " GATEWAYS_SENDING " }",
		(unsigned int)peer_port(puppet));
	stage_stop(&stage);
	stage_config_of(&stage, channels, GATEWAYS_PATIENT);
	stage_start(&stage);
}

static void a_refused_text_waits_for_a_release_even_over_a_restart(void **state)
{
	static const char refused[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 7\r\n\r\nno way!";
	static const char taken[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 12\r\n\r\n0: Accepted.";
	static const struct peer_step steps[] = {{PEER_REPLY, refused}, {PEER_REPLY, taken}};

	gateways_open(&stage, false);
	put_gateway(steps, 2);
	gateways_drop(&stage, "A1", "immediate", "");
	stage_pass(&stage, 60000);
	long long waiting = stage_residents(&stage, "A1", "waiting");
	assert_int_equal(stage_residents(&stage, "A1", "refused"), GATEWAYS_BATCH);
	/* Held are the words for students; those for the elderly are other words. */
	assert_int_equal(waiting, GATEWAYS_STUDENTS - GATEWAYS_BATCH);
	stage_kill(&stage);
	stage_start(&stage);
	stage_pass(&stage, 60000);
	assert_int_equal(stage_residents(&stage, "A1", "waiting"), waiting);
	json_decref(stage_ask(&stage, "queue release", json_pack("{s:s, s:s}", "id", "A1", "channel", "kannel"), NULL));
	stage_pass(&stage, 60000);
	assert_int_equal(stage_residents(&stage, "A1", "waiting"), 0);
	assert_int_equal(stage_residents(&stage, "A1", "refused"), GATEWAYS_BATCH);
	assert_int_equal(stage_residents(&stage, "A1", "accepted"), GATEWAYS_POOL - GATEWAYS_BATCH);
	stage_adds_up(&stage, "A1");
}

/* The probes after a lost answer put one person each in doubt, whoever's turn it is; and a restart finds it so. */
static void one_person_probes_although_a_batch_waits(void **state)
{
	static const char later[] = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
	static const char taken[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 12\r\n\r\n0: Accepted.";
	static const struct peer_step steps[] = {{PEER_LAST, later}, {PEER_CLOSE, NULL}, {PEER_CLOSE, NULL},
		{PEER_CLOSE, NULL}, {PEER_REPLY, taken}};

	gateways_open(&stage, false);
	put_gateway(steps, 5);
	gateways_drop(&stage, "A1", "immediate", "");
	stage_pass(&stage, 120000);
	/* One batch, which the rate may have cut a little smaller, and two probes. */
	long long unknown = stage_residents(&stage, "A1", "unknown");
	assert_in_range(unknown, 3, GATEWAYS_BATCH + 2);
	assert_int_equal(stage_residents(&stage, "A1", "accepted"), GATEWAYS_POOL - unknown);
	stage_kill(&stage);
	stage_start(&stage);
	stage_pass(&stage, 10000);
	assert_int_equal(stage_residents(&stage, "A1", "unknown"), unknown);
	assert_int_equal(stage_residents(&stage, "A1", "accepted"), GATEWAYS_POOL - unknown);
	stage_adds_up(&stage, "A1");
}

static const char unroutable[] = "HTTP/1.1 403 Forbidden\r\nContent-Length: 31\r\n\r\n"
				 "Not routable. Do not try again.";

/* One number without a link is the first of a batch: the gateway has taken the others, and takes the next batches. */
static void a_number_without_a_link_doubles_nobody_and_stops_nobody(void **state)
{
	static const char taken[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 12\r\n\r\n0: Accepted.";
	static const struct peer_step steps[] = {{PEER_REPLY, unroutable}, {PEER_REPLY, taken}};

	gateways_open(&stage, false);
	put_gateway(steps, 2);
	gateways_drop(&stage, "A1", "immediate", "");
	stage_pass(&stage, 120000);
	assert_false(gateways_suspended(&stage, "kannel"));
	assert_int_equal(stage_residents(&stage, "A1", "unknown"), GATEWAYS_BATCH);
	assert_int_equal(stage_residents(&stage, "A1", "accepted"), GATEWAYS_POOL - GATEWAYS_BATCH);
	stage_adds_up(&stage, "A1");
}

static void a_gateway_without_a_link_for_anybody_suspends_itself(void **state)
{
	static const struct peer_step steps[] = {{PEER_REPLY, unroutable}};

	gateways_open(&stage, false);
	put_gateway(steps, 1);
	gateways_drop(&stage, "A1", "immediate", "");
	stage_pass(&stage, 120000);
	assert_true(gateways_suspended_itself(&stage, "kannel"));
	assert_in_range(stage_residents(&stage, "A1", "unknown"), 1, GATEWAYS_WINDOW * GATEWAYS_BATCH);
	assert_in_range(stage_residents(&stage, "A1", "refused"), 0, 2);
	assert_in_range(stage_residents(&stage, "A1", "waiting"), GATEWAYS_POOL - GATEWAYS_WINDOW * GATEWAYS_BATCH - 2,
		GATEWAYS_POOL);
	stage_adds_up(&stage, "A1");
}

/* Mentions stand in a post's content: with many of them its words are made shorter, and not refused by the robot in the end. */
static void a_post_leaves_room_for_its_mentions(void **state)
{
	enum { MENTIONS = 54 };
	char channels[6000];

	gateways_open(&stage, false);
	const char *robot = world_peer_url(gateways_peer(&stage, "robot"));
	int size = snprintf(channels, sizeof(channels),
		" { name = \"robot\"; kind = \"wecom-robot\"; url = \"%.*s\"; key_file = \"password\"; mentions = [ ",
		(int)strcspn(robot, "?"), robot);
	for (int i = 0; i < MENTIONS; i++)
		size += snprintf(channels + size, sizeof(channels) - (size_t)size, "%s\"%064d\"", i > 0 ? ", " : "", i);
	snprintf(channels + size, sizeof(channels) - (size_t)size, " ]; }");
	stage_stop(&stage);
	stage_config_of(&stage, channels, GATEWAYS_PATIENT);
	stage_start(&stage);
	stage_drop(&stage, "A1.cfg", "A1", "immediate", "method = \"先返小钱，再要垫付大额，以各种理由不让提现。\";");
	stage_pass(&stage, 60000);
	assert_int_equal(stage_count(&stage, "A1", "groups", "posted"), 1);
}

/* A yunmas gateway that pushes its reports, in the place of "yunmas", for everybody. */
static struct world_peer *put_pusher(enum world_fault fault, uint32_t amount)
{
	char sum[65], report[256], channels[1024];

	digest_sha256("word/yunmas", strlen("word/yunmas"), sum);
	snprintf(report, sizeof(report), "http://%s:20580/r/%.32s/report", stage.address, sum);
	struct world_peer *peer = world_peer_add(stage.world,
		&(struct world_peer_options){.kind = WORLD_YUNMAS,
			.name = "pusher",
			.user = "pusher",
			.secret = "s3cret",
			.report_url = report,
			.own_port = true});
	const char *url = world_peer_url(peer);
	world_fault_set(peer, fault, amount, 0);
	snprintf(channels, sizeof(channels),
		" { name = \"yunmas\"; kind = \"sms-yunmas\"; url = \"%.*s/sms/norsubmit\"; ec_name = \"ec\"; ap_id = \"pusher\";"
		" secret_file = \"password\"; sign_code = \"sc\"; signature_by = \"platform\"; receipt_wait = \"1min\"; " GATEWAYS_SENDING
		" }",
		(int)(strstr(url, "/sms/") - url), url);
	stage_stop(&stage);
	folder_write_text(&stage.folder, "state/listen.token", "word");
	stage_config_of(&stage, channels, GATEWAYS_PATIENT);
	stage_start(&stage);
	return peer;
}

/* Its name for the batch is not known yet: that of whom it is about is. */
static void a_report_may_come_before_the_answer_that_names_it(void **state)
{
	gateways_open(&stage, false);
	put_pusher(WORLD_FAULT_RECEIPT_EARLY, WORLD_ALWAYS);
	gateways_drop(&stage, "A1", "immediate", "");
	stage_pass(&stage, 5 * 60 * 1000);
	stage_adds_up(&stage, "A1");
	assert_int_equal(stage_residents(&stage, "A1", "delivered"), GATEWAYS_POOL);
	assert_int_equal(gateways_number(&stage, "yunmas", "accepted"), GATEWAYS_POOL);
}

/* What was said of an alert that is long closed says nothing of one whose answers were lost since. */
static void a_report_that_comes_too_late_settles_no_other_alert(void **state)
{
	gateways_open(&stage, false);
	struct world_peer *peer = put_pusher(WORLD_FAULT_RECEIPT_LATE, 20 * 3600 * 1000);
	gateways_drop(&stage, "A1", "immediate", "");
	stage_pass(&stage, (19 * 60 + 40) * 60 * 1000);
	world_fault_set(peer, WORLD_FAULT_HANG_BEFORE, WORLD_ALWAYS, 0);
	gateways_drop(&stage, "A2", "immediate", "");
	stage_pass(&stage, 10 * 60 * 1000);
	long long unknown = stage_residents(&stage, "A2", "unknown");
	assert_in_range(unknown, GATEWAYS_BATCH, GATEWAYS_POOL);
	stage_pass(&stage, 15 * 60 * 1000);
	assert_int_equal(stage_residents(&stage, "A2", "delivered"), 0);
	assert_in_range(stage_residents(&stage, "A2", "unknown"), unknown, GATEWAYS_POOL);
	stage_adds_up(&stage, "A2");
}

#define CASE(name) cmocka_unit_test_teardown(name, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(receipts_may_come_late_twice_never_backwards_or_for_strangers),
		CASE(a_wrong_password_suspends_the_gateway_and_refuses_nobody),
		CASE(a_refused_text_waits_for_a_release_even_over_a_restart),
		CASE(one_person_probes_although_a_batch_waits),
		CASE(a_number_without_a_link_doubles_nobody_and_stops_nobody),
		CASE(a_gateway_without_a_link_for_anybody_suspends_itself),
		CASE(a_post_leaves_room_for_its_mentions),
		CASE(a_report_may_come_before_the_answer_that_names_it),
		CASE(a_report_that_comes_too_late_settles_no_other_alert),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
