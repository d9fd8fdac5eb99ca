/*
 * Each kind beside the pretend world, which decodes every protocol with its own code: what reached phones,
 * groups and signs must be what was sent, and what we say must be true.
 */
#include <time.h>

#include "owner.h"
#include "world/world.h"

struct bench {
	struct owner owner;
	struct world *world;
	struct world_peer *peer;
	struct message message;
	struct batch batch;
	phone_t phones[20];
};

#define TEXT "【玉山反诈】刷单返利是诈骗，\"先垫付\" & 100% 亏损\\请拨96110"

static void begin(struct bench *bench, const struct world_peer_options *options)
{
	*bench = (struct bench){.message = {.text = (char *)TEXT}};
	owner_begin(&bench->owner);
	bench->world = world_new(bench->owner.loop, &(struct world_options){.seed = 1, .no_page = true});
	assert_non_null(bench->world);
	bench->peer = world_peer_add(bench->world, options);
	assert_non_null(bench->peer);
	for (unsigned int i = 0; i < 20; i++)
		bench->phones[i] = 13800000001 + i;
	bench->batch = (struct batch){.name = {12, 3, 31},
		.message = &bench->message,
		.phones = bench->phones,
		.count = 20,
		.until_ms = clock_wall_ms() + 3600000};
}

static void open_at(struct bench *bench, const char *kind, const struct option *more)
{
	struct option options[14] = {{"ec_name", "县公安局"}, {"ap_id", "crier"}, {"secret_file", "s3cret"},
		{"sign_code", "abc"}, {"user", "crier"}, {"password_file", "s3cret"}, {"key_file", "s3cret"},
		{"url", world_peer_url(bench->peer)}, {"address", world_peer_url(bench->peer)}, {"width", "128"},
		{"height", "32"}, {NULL, NULL}};
	size_t count = 11;

	for (; more != NULL && more->key != NULL; more++)
		options[count++] = *more;
	options[count] = (struct option){NULL, NULL};
	owner_open_at(&bench->owner, kind, options, NULL);
}

static void end(struct bench *bench)
{
	owner_close_channel(&bench->owner, 1000);
	owner_close_http(&bench->owner);
	world_free(&bench->world);
	owner_end(&bench->owner);
}

static void settle(struct bench *bench, enum outcome_class class)
{
	unsigned int before = bench->owner.settled;

	owner_send(&bench->owner, &bench->batch);
	assert_true(turns_until_count(bench->owner.loop, &bench->owner.settled, before + 1));
	if (bench->owner.outcome.class != class)
		fail_msg("%s: %s", outcome_class_name(bench->owner.outcome.class), bench->owner.outcome.peer);
}

static struct world_totals totals(const struct bench *bench)
{
	struct world_totals all;

	world_totals(bench->world, bench->peer, &all);
	return all;
}

static void assert_each_phone_once(struct bench *bench, const char *text)
{
	struct world_totals all = totals(bench);

	for (unsigned int i = 0; i < 20; i++)
		assert_int_equal(world_phone_count_text(bench->world, bench->phones[i], text), 1);
	assert_int_equal(all.malformed, 0);
	assert_int_equal(all.strangers, 0);
	assert_int_equal(all.taken, 20);
	assert_null(world_violation(bench->world, 0));
}

static void kannel_texts_reach_every_phone_once(void **state)
{
	struct bench bench;

	begin(&bench, &(struct world_peer_options){.kind = WORLD_KANNEL, .name = "k", .secret = "s3cret"});
	open_at(&bench, "sms-kannel", NULL);
	settle(&bench, CLASS_OK);
	assert_each_phone_once(&bench, TEXT);
	end(&bench);
}

static void yunmas_texts_reach_every_phone_once(void **state)
{
	static const struct option variants[][2] = {{{NULL, NULL}}, {{"quoted", "true"}}, {{"send_secret", "true"}}};

	for (size_t i = 0; i < 3; i++) {
		struct bench bench;
		begin(&bench,
			&(struct world_peer_options){.kind = WORLD_YUNMAS,
				.name = "m",
				.secret = "s3cret",
				.ec_name = "县公安局",
				.sign_code = "abc"});
		open_at(&bench, "sms-yunmas", variants[i]);
		settle(&bench, CLASS_OK);
		assert_true(bench.owner.outcome.provider_id[0] != '\0');
		assert_each_phone_once(&bench, TEXT);
		end(&bench);
	}
}

static void yunmas_reports_are_pulled_for_every_phone(void **state)
{
	struct option options[] = {{"report_url", NULL}, {"pull_every", "10000"}, {NULL, NULL}};
	struct bench bench;
	char url[128];

	begin(&bench, &(struct world_peer_options){.kind = WORLD_YUNMAS, .name = "m", .secret = "s3cret"});
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/sms/report", world_http_port(bench.world));
	options[0].value = url;
	open_at(&bench, "sms-yunmas", options);
	settle(&bench, CLASS_OK);
	assert_true(turns_until_count(bench.owner.loop, &bench.owner.received, 20));
	for (unsigned int i = 0; i < 20; i++) {
		assert_int_equal(bench.owner.receipts[i].kind, RECEIPT_DELIVERED);
		assert_string_equal(bench.owner.receipts[i].provider_id, bench.owner.outcome.provider_id);
	}
	end(&bench);
}

static void a_robots_group_sees_the_post(void **state)
{
	struct bench bench;

	begin(&bench, &(struct world_peer_options){.kind = WORLD_WECOM, .name = "w", .secret = "s3cret"});
	bench.batch.count = 1;
	bench.batch.phones = NULL;
	open_at(&bench, "wecom-robot", NULL);
	settle(&bench, CLASS_OK);
	assert_string_equal(world_message(bench.peer, 0)->text, TEXT);
	assert_string_equal(world_message(bench.peer, 0)->type, "text");
	bench.message.format = FORMAT_MARKDOWN;
	settle(&bench, CLASS_OK);
	assert_string_equal(world_message(bench.peer, 1)->type, "markdown");
	assert_int_equal(totals(&bench).malformed, 0);
	end(&bench);
}

static void a_wrong_secret_is_a_matter_of_the_account(void **state)
{
	static const struct {
		enum world_kind peer;
		const char *kind;
	} cases[] = {{WORLD_KANNEL, "sms-kannel"}, {WORLD_YUNMAS, "sms-yunmas"}, {WORLD_WECOM, "wecom-robot"}};

	for (size_t i = 0; i < 3; i++) {
		struct bench bench;
		begin(&bench, &(struct world_peer_options){.kind = cases[i].peer, .name = "p", .secret = "another"});
		if (cases[i].peer == WORLD_WECOM)
			bench.batch.count = 1;
		open_at(&bench, cases[i].kind, NULL);
		settle(&bench, CLASS_PERM_CHANNEL);
		assert_int_equal(totals(&bench).taken, 0);
		end(&bench);
	}
}

/*
 * A peer that says yes and drops it, or says in its own words that it did not take what it took, cannot be
 * seen through.
 */
static bool is_a_lie(enum world_kind peer, enum world_fault fault)
{
	return fault == WORLD_FAULT_DROP || (fault == WORLD_FAULT_ERROR_TAKEN && peer == WORLD_KANNEL);
}

/* Whatever happens on the way: accepted only where it was taken, later and refused only where it was not. */
static void no_fault_makes_us_lie(void **state)
{
	static const struct {
		enum world_kind peer;
		const char *kind;
	} cases[] = {{WORLD_KANNEL, "sms-kannel"}, {WORLD_YUNMAS, "sms-yunmas"}, {WORLD_WECOM, "wecom-robot"}};

	for (size_t i = 0; i < 3; i++) {
		for (enum world_fault fault = 0; fault < WORLD_FAULTS; fault++) {
			if (world_fault_is_amount(fault) || world_fault_is_receipt(fault) ||
				world_fault_is_door(fault) || !world_fault_suits(fault, cases[i].peer) ||
				is_a_lie(cases[i].peer, fault))
				continue;
			struct bench bench;
			begin(&bench,
				&(struct world_peer_options){.kind = cases[i].peer, .name = "p", .secret = "s3cret"});
			if (cases[i].peer == WORLD_WECOM)
				bench.batch.count = 1;
			open_at(&bench, cases[i].kind, NULL);
			world_fault_set(bench.peer, fault, 1, 0);
			owner_send(&bench.owner, &bench.batch);
			assert_true(turns_until_count(bench.owner.loop, &bench.owner.settled, 1));
			bool taken = totals(&bench).taken > 0;
			enum verdict verdict = bench.owner.outcome.verdict;
			if (verdict != VERDICT_UNKNOWN && (verdict == VERDICT_ACCEPTED) != taken)
				fail_msg("%s, %s: %s, yet taken is %d (%s)", cases[i].kind, world_fault_name(fault),
					verdict_name(verdict), taken, bench.owner.outcome.peer);
			end(&bench);
		}
	}
}

static void show(struct bench *bench, const char *text, int64_t takeover_ms, enum outcome_class class)
{
	bench->message.text = (char *)(uintptr_t)text;
	bench->batch.action = BATCH_SHOW;
	bench->batch.count = 1;
	bench->batch.phones = NULL;
	bench->batch.name.number++;
	bench->batch.takeover_until_ms = takeover_ms > 0 ? clock_wall_ms() + takeover_ms : 0;
	settle(bench, class);
}

static void play(struct bench *bench, char *const *slogans)
{
	bench->batch.action = BATCH_PLAYLIST;
	bench->batch.count = 1;
	bench->batch.phones = NULL;
	bench->batch.name.number++;
	bench->batch.slogans = slogans;
	settle(bench, CLASS_OK);
}

static void a_sign_shows_alerts_and_slogans_as_promised(void **state)
{
	static char *const slogans[] = {(char *)"反诈不轻信", (char *)"反诈不转账", NULL};
	struct bench bench;

	begin(&bench, &(struct world_peer_options){.kind = WORLD_ONBON, .name = "s"});
	open_at(&bench, "led-onbon", NULL);
	play(&bench, slogans);
	uint64_t from = clock_mono_ms();
	assert_non_null(strstr(world_sign_showing(bench.peer), "反诈不转账"));
	turns_pass(bench.owner.loop, 5000);
	show(&bench, "反诈警报", 60000, CLASS_OK);
	assert_string_equal(world_sign_showing(bench.peer), "反诈警报");
	assert_true(turns_until_count(bench.owner.loop, &bench.owner.received, 1));
	assert_int_equal(bench.owner.receipts[0].kind, RECEIPT_SHOWN);
	turns_pass(bench.owner.loop, 200000);
	assert_non_null(strstr(world_sign_showing(bench.peer), "反诈不轻信"));
	assert_non_null(strstr(world_sign_showing(bench.peer), "反诈警报"));
	/* through takeover, renewals and return there was always one of our texts */
	assert_int_equal(world_sign_gap_ms(bench.peer, "反诈", from, clock_mono_ms()), 0);
	assert_int_equal(totals(&bench).malformed, 0);
	assert_null(world_violation(bench.world, 0));
	end(&bench);
}

static void a_sign_that_lost_its_power_shows_again_within_the_minute(void **state)
{
	static char *const slogans[] = {(char *)"反诈不轻信", NULL};
	struct bench bench;

	begin(&bench, &(struct world_peer_options){.kind = WORLD_ONBON, .name = "s"});
	open_at(&bench, "led-onbon", NULL);
	play(&bench, slogans);
	turns_pass(bench.owner.loop, 30000);
	world_sign_mains(bench.peer, false);
	turns_pass(bench.owner.loop, 20000);
	world_sign_mains(bench.peer, true);
	uint64_t back = clock_mono_ms();
	turns_pass(bench.owner.loop, 60000);
	assert_non_null(strstr(world_sign_showing(bench.peer), "反诈不轻信"));
	assert_true(world_sign_gap_ms(bench.peer, "反诈", back, clock_mono_ms()) <= 60000);
	end(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kannel_texts_reach_every_phone_once),
		cmocka_unit_test(yunmas_texts_reach_every_phone_once),
		cmocka_unit_test(yunmas_reports_are_pulled_for_every_phone),
		cmocka_unit_test(a_robots_group_sees_the_post),
		cmocka_unit_test(a_wrong_secret_is_a_matter_of_the_account),
		cmocka_unit_test(no_fault_makes_us_lie),
		cmocka_unit_test(a_sign_shows_alerts_and_slogans_as_promised),
		cmocka_unit_test(a_sign_that_lost_its_power_shows_again_within_the_minute),
	};

	setenv("TZ", "Asia/Shanghai", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
