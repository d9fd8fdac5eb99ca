/*
 * The contract of channel.h, for every kind in the table: what a peer does, and how a batch is then settled.
 * A kind that is not listed here fails the first test.
 */
#include "card.h"
#include "gateway.h"
#include "owner.h"

enum deed {
	DEED_ACCEPTED,
	DEED_SLOW_DOWN,
	DEED_WRONG_CREDENTIAL,
	DEED_CONNECTION_REFUSED,
	DEED_SILENCE,
	DEED_CUT,
	DEED_HUGE,
	DEED_NONSENSE,
	DEED_RESET,
	DEEDS,
};

struct says {
	int status;
	const char *header, *body;
};

/* How a kind's peer says things, and how each deed is settled. */
struct contract {
	const char *kind;
	enum { PEER_NONE, PEER_GATEWAY, PEER_CARD } peer;
	const char *path; /* behind http://127.0.0.1:port */
	const struct option options[8];
	struct says says[DEEDS];
	enum outcome_class classes[DEEDS];
	enum verdict closing; /* of a batch in flight when the channel closes */
	enum batch_action action;
};

#define ANY_ANSWER "<html>Bad Gateway 123456789</html>"
#define DOUBT_BY_ANSWER \
	[DEED_CONNECTION_REFUSED] = CLASS_RETRY, [DEED_SILENCE] = CLASS_AMBIGUOUS, [DEED_CUT] = CLASS_AMBIGUOUS, \
	[DEED_HUGE] = CLASS_AMBIGUOUS, [DEED_NONSENSE] = CLASS_AMBIGUOUS, [DEED_RESET] = CLASS_AMBIGUOUS

static const struct contract contracts[] = {
	{
		.kind = "sms-yunmas",
		.peer = PEER_GATEWAY,
		.path = "/sms/norsubmit",
		.options = {{"ec_name", "县公安局"}, {"ap_id", "crier"}, {"secret_file", "s3cret"},
			{"sign_code", "abc"}},
		.says =
			{
				[DEED_ACCEPTED] = {200, "",
					"{\"msgGroup\":\"0927\",\"rspcod\":\"success\",\"success\":true}"},
				[DEED_SLOW_DOWN] = {200, "",
					"{\"msgGroup\":\"\",\"rspcod\":\"FlowOverLimit\",\"success\":false}"},
				[DEED_WRONG_CREDENTIAL] = {200, "",
					"{\"msgGroup\":\"\",\"rspcod\":\"IllegalMac\",\"success\":false}"},
				[DEED_NONSENSE] = {200, "", ANY_ANSWER},
			},
		.classes = {CLASS_OK, CLASS_THROTTLE, CLASS_PERM_CHANNEL, DOUBT_BY_ANSWER},
		.closing = VERDICT_UNKNOWN,
	},
	{
		.kind = "sms-kannel",
		.peer = PEER_GATEWAY,
		.path = "/cgi-bin/sendsms",
		.options = {{"user", "crier"}, {"password_file", "s3cret"}, {"dlr", "true"}},
		.says =
			{
				[DEED_ACCEPTED] = {202, "", "0: Accepted for delivery"},
				[DEED_SLOW_DOWN] = {503, "Retry-After: 7\r\n", "slow down"},
				[DEED_WRONG_CREDENTIAL] = {403, "", "Authorization failed for sendsms"},
				[DEED_NONSENSE] = {502, "", ANY_ANSWER},
			},
		.classes = {CLASS_OK, CLASS_THROTTLE, CLASS_PERM_CHANNEL, DOUBT_BY_ANSWER},
		.closing = VERDICT_UNKNOWN,
	},
	{
		.kind = "wecom-robot",
		.peer = PEER_GATEWAY,
		.path = "/cgi-bin/webhook/send",
		.options = {{"key_file", "s3cret"}},
		.says =
			{
				[DEED_ACCEPTED] = {200, "", "{\"errcode\":0,\"errmsg\":\"ok\"}"},
				[DEED_SLOW_DOWN] = {200, "",
					"{\"errcode\":45009,\"errmsg\":\"api freq out of limit\"}"},
				[DEED_WRONG_CREDENTIAL] = {200, "",
					"{\"errcode\":93000,\"errmsg\":\"invalid webhook url, key s3cret\"}"},
				[DEED_NONSENSE] = {200, "", ANY_ANSWER},
			},
		.classes = {CLASS_OK, CLASS_THROTTLE, CLASS_PERM_CHANNEL, DOUBT_BY_ANSWER},
		.closing = VERDICT_UNKNOWN,
	},
	{
		.kind = "led-onbon",
		.peer = PEER_CARD,
		.options = {{"width", "128"}, {"height", "32"}},
		/* absolute state: whatever went wrong, it is safe to try again */
		.classes = {CLASS_OK, CLASS_RETRY, CLASS_PERM_CHANNEL, [DEED_CONNECTION_REFUSED] = CLASS_RETRY,
			[DEED_SILENCE] = CLASS_RETRY, [DEED_CUT] = CLASS_RETRY, [DEED_HUGE] = CLASS_RETRY,
			[DEED_NONSENSE] = CLASS_RETRY, [DEED_RESET] = CLASS_RETRY},
		.closing = VERDICT_UNKNOWN,
		.action = BATCH_SHOW,
	},
	{.kind = "null", .options = {{"delay", "60000"}}, .closing = VERDICT_UNKNOWN},
	{.kind = "null-group", .options = {{"delay", "60000"}}, .closing = VERDICT_UNKNOWN},
	{.kind = "null-sign", .options = {{"delay", "60000"}}, .closing = VERDICT_UNKNOWN, .action = BATCH_SHOW},
};
#define CONTRACTS (sizeof(contracts) / sizeof(contracts[0]))

/* One kind beside its peer. */
struct bench {
	struct owner owner;
	struct gateway gateway;
	struct card card;
	const struct contract *contract;
	struct batch batch;
	struct message message;
	phone_t phones[4];
};

static void begin(struct bench *bench, const struct contract *contract)
{
	*bench = (struct bench){.contract = contract, .phones = {13800000001, 13800000002, 13800000003, 13800000004}};
	owner_begin(&bench->owner);
	if (contract->peer == PEER_GATEWAY)
		gateway_open(&bench->gateway, bench->owner.loop);
	if (contract->peer == PEER_CARD)
		card_open(&bench->card, bench->owner.loop);
	const struct channel_kind *kind = channel_kind_find(contract->kind);
	bool texts = medium_crowd(kind->medium) == CROWD_RESIDENTS;
	bench->message = (struct message){.medium = kind->medium, .text = (char *)"谨防电信诈骗 报警请拨110"};
	bench->batch = (struct batch){
		.name = {12, 0, 31},
		.attempt = 1,
		.action = contract->action,
		.alert_id = "20261121-1",
		.message = &bench->message,
		.phones = texts ? bench->phones : NULL,
		.count = texts ? 4 : 1,
		.until_ms = clock_wall_ms() + 3600000,
		.takeover_until_ms = clock_wall_ms() + 600000,
	};
}

static void open_channel(struct bench *bench)
{
	const struct contract *contract = bench->contract;
	struct option options[12] = {{NULL, NULL}};
	char url[128], address[64];
	size_t count = 0;

	for (; count < 8 && contract->options[count].key != NULL; count++)
		options[count] = contract->options[count];
	if (contract->peer == PEER_GATEWAY) {
		snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", sock_server_port(bench->gateway.server),
			contract->path);
		options[count++] = (struct option){"url", url};
	}
	if (contract->peer == PEER_CARD) {
		snprintf(address, sizeof(address), "127.0.0.1:%u", bench->card.port);
		options[count++] = (struct option){"address", address};
	}
	options[count] = (struct option){NULL, NULL};
	owner_open_at(&bench->owner, contract->kind, options, "http://127.0.0.1:9/r/t");
}

static void stop_peers(struct bench *bench)
{
	if (bench->contract->peer == PEER_GATEWAY && bench->gateway.server != NULL) {
		gateway_close(&bench->gateway);
		bench->gateway.server = NULL;
	}
	if (bench->contract->peer == PEER_CARD && bench->card.server != NULL)
		card_power_off(&bench->card);
}

static void end(struct bench *bench)
{
	if (!bench->owner.closed)
		owner_close_channel(&bench->owner, 1000);
	owner_close_http(&bench->owner);
	stop_peers(bench);
	assert_int_equal(bench->card.wrong, 0);
	owner_end(&bench->owner);
}

static void do_deed(struct bench *bench, enum deed deed)
{
	static const enum manner manners[DEEDS] = {[DEED_SILENCE] = MANNER_SILENT,
		[DEED_CUT] = MANNER_CUT,
		[DEED_HUGE] = MANNER_HUGE,
		[DEED_RESET] = MANNER_RESET};
	static const enum card_manner cards[DEEDS] = {[DEED_SILENCE] = CARD_SILENT,
		[DEED_CUT] = CARD_CUT,
		[DEED_HUGE] = CARD_HUGE,
		[DEED_NONSENSE] = CARD_NONSENSE,
		[DEED_RESET] = CARD_HANGS_UP};
	const struct says *says = &bench->contract->says[deed];

	bench->gateway.manner = manners[deed];
	if (says->status != 0) {
		bench->gateway.status = says->status;
		bench->gateway.header = says->header;
		bench->gateway.says = says->body;
	}
	bench->card.manner = cards[deed];
	if (deed == DEED_SLOW_DOWN)
		bench->card.nack = 3;
	if (deed == DEED_WRONG_CREDENTIAL)
		bench->card.device = 0x5e; /* not ours to speak to */
}

static void assert_secret_is_kept(const struct bench *bench)
{
	assert_null(strstr(bench->owner.outcome.peer, "s3cret"));
	assert_null(strstr(bench->owner.words, "s3cret"));
	assert_null(strstr(bench->owner.outcome.peer, "13800000001"));
}

static void every_kind_is_under_contract(void **state)
{
	const struct channel_kind *const *kinds = channel_kinds();

	for (size_t i = 0; kinds[i] != NULL; i++) {
		bool listed = false;
		for (size_t k = 0; k < CONTRACTS; k++)
			listed |= strcmp(contracts[k].kind, kinds[i]->name) == 0;
		if (!listed)
			fail_msg("kind %s has no contract", kinds[i]->name);
		assert_ptr_equal(channel_kind_find(kinds[i]->name), kinds[i]);
		assert_true(kinds[i]->batch <= kinds[i]->batch_limit);
	}
	assert_null(channel_kind_find("no-such-kind"));
}

/* One deed against every kind that has a peer. */
static void check_deed(enum deed deed)
{
	for (size_t i = 0; i < CONTRACTS; i++) {
		struct bench bench;
		if (contracts[i].peer == PEER_NONE)
			continue;
		begin(&bench, &contracts[i]);
		do_deed(&bench, deed);
		open_channel(&bench);
		if (deed == DEED_CONNECTION_REFUSED)
			stop_peers(&bench);
		owner_send(&bench.owner, &bench.batch);
		assert_int_equal(channel_in_flight(bench.owner.channel), 1);
		assert_int_equal(bench.owner.settled, 0);
		assert_true(turns_until_count(bench.owner.loop, &bench.owner.settled, 1));
		if (bench.owner.outcome.class != contracts[i].classes[deed])
			fail_msg("%s, deed %d: %s (%s)", contracts[i].kind, deed,
				outcome_class_name(bench.owner.outcome.class), bench.owner.outcome.peer);
		assert_ptr_equal(bench.owner.batch, &bench.batch);
		assert_int_equal(channel_in_flight(bench.owner.channel), 0);
		assert_secret_is_kept(&bench);
		end(&bench);
		assert_int_equal(bench.owner.settled, 1);
	}
}

static void acceptance_is_accepted(void **state)
{
	check_deed(DEED_ACCEPTED);
}

static void slow_down_is_later(void **state)
{
	check_deed(DEED_SLOW_DOWN);
}

static void a_wrong_credential_suspends_and_refuses_nobody(void **state)
{
	check_deed(DEED_WRONG_CREDENTIAL);
}

static void a_refused_connection_is_tried_again(void **state)
{
	check_deed(DEED_CONNECTION_REFUSED);
}

static void silence_until_the_timeout_is_in_doubt(void **state)
{
	check_deed(DEED_SILENCE);
}

static void a_cut_answer_is_in_doubt(void **state)
{
	check_deed(DEED_CUT);
}

static void a_huge_answer_is_in_doubt(void **state)
{
	check_deed(DEED_HUGE);
}

static void a_senseless_answer_is_in_doubt(void **state)
{
	check_deed(DEED_NONSENSE);
}

static void a_reset_after_the_request_is_in_doubt(void **state)
{
	check_deed(DEED_RESET);
}

static bool has_left(void *arg)
{
	const struct bench *bench = arg;

	return bench->contract->peer == PEER_GATEWAY ? bench->gateway.requests > 0 : bench->card.questions >= 4;
}

/*
 * A batch is with the peer, which does not answer: at the deadline it is settled, once, and then comes
 * `closed`.
 */
static void closing_settles_what_is_in_flight(void **state)
{
	for (size_t i = 0; i < CONTRACTS; i++) {
		struct bench bench;
		begin(&bench, &contracts[i]);
		bench.gateway.manner = MANNER_SILENT;
		bench.card.updates = CARD_SILENT;
		open_channel(&bench);
		owner_send(&bench.owner, &bench.batch);
		if (contracts[i].peer != PEER_NONE)
			assert_true(turns_until(bench.owner.loop, has_left, &bench));
		turns_settle(bench.owner.loop);
		assert_int_equal(bench.owner.settled, 0);
		channel_close(bench.owner.channel, clock_mono_ms() + 50);
		channel_close(bench.owner.channel, clock_mono_ms());
		assert_false(bench.owner.closed);
		assert_true(turns_until_set(bench.owner.loop, &bench.owner.closed));
		assert_int_equal(bench.owner.settled, 1);
		if (bench.owner.outcome.verdict != contracts[i].closing)
			fail_msg("%s: %s", contracts[i].kind, bench.owner.outcome.peer);
		end(&bench);
	}
}

/* What is in flight may still end well. */
static void closing_lets_work_finish(void **state)
{
	for (size_t i = 0; i < CONTRACTS; i++) {
		struct bench bench;
		begin(&bench, &contracts[i]);
		do_deed(&bench, DEED_ACCEPTED);
		open_channel(&bench);
		owner_send(&bench.owner, &bench.batch);
		owner_close_channel(&bench.owner, 3600000);
		assert_int_equal(bench.owner.settled, 1);
		assert_int_equal(bench.owner.outcome.verdict, VERDICT_ACCEPTED);
		end(&bench);
	}
}

static void an_idle_channel_closes_at_once_and_not_inside(void **state)
{
	for (size_t i = 0; i < CONTRACTS; i++) {
		struct bench bench;
		begin(&bench, &contracts[i]);
		open_channel(&bench);
		channel_close(bench.owner.channel, clock_mono_ms() + 3600000);
		assert_false(bench.owner.closed);
		assert_true(turns_until_set(bench.owner.loop, &bench.owner.closed));
		assert_int_equal(bench.owner.settled, 0);
		end(&bench);
	}
}

/* The same name may come again after it was settled: an attempt later. */
static void a_settled_batch_may_be_sent_again(void **state)
{
	for (size_t i = 0; i < CONTRACTS; i++) {
		struct bench bench;
		begin(&bench, &contracts[i]);
		do_deed(&bench, DEED_ACCEPTED);
		open_channel(&bench);
		for (unsigned int attempt = 1; attempt <= 3; attempt++) {
			bench.batch.attempt = attempt;
			owner_send(&bench.owner, &bench.batch);
			assert_true(turns_until_count(bench.owner.loop, &bench.owner.settled, attempt));
		}
		end(&bench);
		assert_int_equal(bench.owner.settled, 3);
	}
}

static void several_in_flight_are_told_apart(void **state)
{
	for (size_t i = 0; i < CONTRACTS; i++) {
		struct bench bench;
		struct batch batches[5];
		begin(&bench, &contracts[i]);
		do_deed(&bench, DEED_ACCEPTED);
		open_channel(&bench);
		for (uint32_t k = 0; k < 5; k++) {
			batches[k] = bench.batch;
			batches[k].name.number = k + 1;
			batches[k].name.lane = (uint16_t)k;
			owner_send(&bench.owner, &batches[k]);
		}
		assert_int_equal(channel_in_flight(bench.owner.channel), 5);
		assert_true(turns_until_count(bench.owner.loop, &bench.owner.settled, 5));
		assert_int_equal(channel_in_flight(bench.owner.channel), 0);
		assert_int_equal(bench.owner.outcome.verdict, VERDICT_ACCEPTED);
		end(&bench);
	}
}

static const char *no_query(void *arg, const char *name)
{
	return NULL;
}

static void pushes_without_sense_are_refused_and_harm_nothing(void **state)
{
	static const char *const paths[] = {"", "dlr", "report", "reply", "x/y", "../.."};
	static const char *const bodies[] = {"", "{", "[[[[", "\xff\xfe"};

	for (size_t i = 0; i < CONTRACTS; i++) {
		struct bench bench;
		begin(&bench, &contracts[i]);
		open_channel(&bench);
		for (size_t k = 0; k < 6; k++) {
			for (size_t b = 0; b < 4; b++) {
				struct push push = {.path = paths[k],
					.query = no_query,
					.body = bodies[b],
					.body_size = strlen(bodies[b]),
					.status = 200,
					.reply = "",
					.reply_type = "text/plain"};
				channel_push(bench.owner.channel, &push);
				assert_true(push.status == 400 || push.status == 404);
			}
		}
		turns_settle(bench.owner.loop);
		assert_int_equal(bench.owner.received, 0);
		end(&bench);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_under_contract),
		cmocka_unit_test(acceptance_is_accepted),
		cmocka_unit_test(slow_down_is_later),
		cmocka_unit_test(a_wrong_credential_suspends_and_refuses_nobody),
		cmocka_unit_test(a_refused_connection_is_tried_again),
		cmocka_unit_test(silence_until_the_timeout_is_in_doubt),
		cmocka_unit_test(a_cut_answer_is_in_doubt),
		cmocka_unit_test(a_huge_answer_is_in_doubt),
		cmocka_unit_test(a_senseless_answer_is_in_doubt),
		cmocka_unit_test(a_reset_after_the_request_is_in_doubt),
		cmocka_unit_test(closing_settles_what_is_in_flight),
		cmocka_unit_test(closing_lets_work_finish),
		cmocka_unit_test(an_idle_channel_closes_at_once_and_not_inside),
		cmocka_unit_test(a_settled_batch_may_be_sent_again),
		cmocka_unit_test(several_in_flight_are_told_apart),
		cmocka_unit_test(pushes_without_sense_are_refused_and_harm_nothing),
	};

	setenv("TZ", "Asia/Shanghai", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
