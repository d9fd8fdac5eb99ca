/*
 * The BX-K driver beside a pretend card: what is asked first, how an alert takes the sign over and gives it
 * back, what a power cut does, and what cannot be shown.
 */
#include "card.h"
#include "owner.h"

struct bench {
	struct owner owner;
	struct card card;
	struct message message;
	struct batch batches[8];
	unsigned int sent;
};

static void begin(struct bench *bench)
{
	*bench = (struct bench){.sent = 0};
	owner_begin(&bench->owner);
	card_open(&bench->card, bench->owner.loop);
}

static void open_channel(struct bench *bench, const struct option *more)
{
	char address[64];
	struct option options[10] = {{"width", "128"}, {"height", "32"}, {"address", address}, {NULL, NULL}};

	snprintf(address, sizeof(address), "127.0.0.1:%u", bench->card.port);
	for (size_t i = 3; more != NULL && more->key != NULL; more++, i++) {
		options[i] = *more;
		options[i + 1] = (struct option){NULL, NULL};
	}
	owner_open_at(&bench->owner, "led-onbon", options, NULL);
}

static void end(struct bench *bench)
{
	owner_close_channel(&bench->owner, 1000);
	owner_close_http(&bench->owner);
	card_power_off(&bench->card);
	assert_int_equal(bench->card.wrong, 0);
	/* the card's rule, for every area update of every test here */
	assert_true(bench->card.least_spacing_ms >= 1000);
	owner_end(&bench->owner);
}

static struct batch *next_batch(struct bench *bench, enum batch_action action, uint32_t alert)
{
	struct batch *batch = &bench->batches[bench->sent];

	*batch = (struct batch){.name = {alert, 0, ++bench->sent}, .action = action, .count = 1};
	return batch;
}

/* Sends and waits for the answer. */
static void settle(struct bench *bench, const struct batch *batch, enum outcome_class class)
{
	unsigned int before = bench->owner.settled;

	owner_send(&bench->owner, batch);
	assert_true(turns_until_count(bench->owner.loop, &bench->owner.settled, before + 1));
	if (bench->owner.outcome.class != class)
		fail_msg("%s: %s", outcome_class_name(bench->owner.outcome.class), bench->owner.outcome.peer);
}

static void show(struct bench *bench, uint32_t alert, const char *text, int64_t takeover_ms, int64_t until_ms,
	enum outcome_class class)
{
	struct batch *batch = next_batch(bench, BATCH_SHOW, alert);

	bench->message = (struct message){.medium = MEDIUM_LED, .text = (char *)(uintptr_t)text};
	batch->message = &bench->message;
	batch->until_ms = clock_wall_ms() + until_ms;
	batch->takeover_until_ms = takeover_ms > 0 ? clock_wall_ms() + takeover_ms : 0;
	settle(bench, batch, class);
}

static char *const slogans[] = {(char *)"不轻信", (char *)"不转账", NULL};

static void play(struct bench *bench, char *const *list, enum outcome_class class)
{
	struct batch *batch = next_batch(bench, BATCH_PLAYLIST, 0);

	batch->slogans = list;
	settle(bench, batch, class);
}

static void clear(struct bench *bench, uint32_t alert)
{
	settle(bench, next_batch(bench, BATCH_CLEAR, alert), CLASS_OK);
}

static void pass(struct bench *bench, uint64_t ms)
{
	turns_pass(bench->owner.loop, ms);
}

#define STYLE       "\\FO000\\C1"
#define WARNING     "\xbd\xf7\xb7\xc0\xd5\xa9\xc6\xad" /* 谨防诈骗 */
#define NOT_BELIEVE "\xb2\xbb\xc7\xe1\xd0\xc5"
#define NOT_PAY     "\xb2\xbb\xd7\xaa\xd5\xcb"
#define GAP         "\xa1\xa1\xa1\xa1"

static void an_alert_takes_over_and_is_read_back(void **state)
{
	struct bench bench;

	begin(&bench);
	open_channel(&bench, NULL);
	assert_int_equal(bench.card.visits, 0);
	show(&bench, 12, "谨防诈骗", 600000, 3600000, CLASS_OK);
	assert_string_equal(bench.card.text, STYLE WARNING);
	assert_int_equal(bench.card.display_mode, 1);
	assert_int_equal(bench.card.run_mode, 2);
	assert_int_equal(bench.card.timeout_s, 90);
	assert_true(turns_until_count(bench.owner.loop, &bench.owner.received, 1));
	assert_int_equal(bench.owner.receipts[0].kind, RECEIPT_SHOWN);
	assert_int_equal(bench.owner.receipts[0].batch.alert, 12);
	assert_int_equal(bench.owner.receipts[0].batch.number, 1);
	assert_int_equal(bench.owner.receipts[0].phone, 0);
	assert_true(bench.owner.well);
	end(&bench);
}

static void a_takeover_is_renewed_then_rotates_then_ends(void **state)
{
	struct bench bench;

	begin(&bench);
	open_channel(&bench, NULL);
	play(&bench, slogans, CLASS_OK);
	assert_int_equal(bench.card.display_mode, 0);
	assert_int_equal(bench.card.run_mode, 0);
	assert_string_equal(bench.card.text, STYLE NOT_BELIEVE GAP NOT_PAY);
	uint64_t takeover_ends = clock_mono_ms() + 120000;
	show(&bench, 12, "谨防诈骗", 120000, 300000, CLASS_OK);
	for (int i = 0; i < 11; i++) {
		pass(&bench, 10000);
		card_expire(&bench.card);
		assert_true(bench.card.area[0]);
		assert_string_equal(bench.card.text, STYLE WARNING);
	}
	/* no lease reaches past the takeover, but for the rest of a second */
	assert_true(bench.card.area_until_ms < takeover_ends + 1000);
	pass(&bench, 15000);
	assert_string_equal(bench.card.text, STYLE WARNING GAP NOT_BELIEVE GAP NOT_PAY);
	assert_int_equal(bench.card.display_mode, 0);
	assert_int_equal(bench.card.run_mode, 0);
	pass(&bench, 200000);
	assert_string_equal(bench.card.text, STYLE NOT_BELIEVE GAP NOT_PAY);
	play(&bench, (char *[]){NULL}, CLASS_OK);
	assert_false(bench.card.area[0]);
	end(&bench);
}

static void a_cancel_ends_a_takeover_at_once(void **state)
{
	struct bench bench;

	begin(&bench);
	open_channel(&bench, NULL);
	play(&bench, slogans, CLASS_OK);
	show(&bench, 12, "谨防诈骗", 600000, 3600000, CLASS_OK);
	clear(&bench, 12);
	assert_string_equal(bench.card.text, STYLE NOT_BELIEVE GAP NOT_PAY);
	end(&bench);
}

static void an_idle_sign_has_no_connection(void **state)
{
	struct bench bench;

	begin(&bench);
	open_channel(&bench, NULL);
	pass(&bench, 100000);
	assert_int_equal(bench.card.visits, 0);
	show(&bench, 12, "谨防诈骗", 600000, 3600000, CLASS_OK);
	clear(&bench, 12);
	assert_false(bench.card.area[0]);
	pass(&bench, 10000);
	assert_null(bench.card.sock);
	assert_int_equal(bench.card.visits, 1);
	end(&bench);
}

static void when_the_power_comes_back_the_texts_come_back(void **state)
{
	struct bench bench;

	begin(&bench);
	open_channel(&bench, NULL);
	play(&bench, slogans, CLASS_OK);
	pass(&bench, 25000);
	card_power_off(&bench.card);
	pass(&bench, 30000);
	assert_false(bench.owner.well);
	card_listen(&bench.card);
	pass(&bench, 70000);
	assert_true(bench.card.area[0]);
	assert_string_equal(bench.card.text, STYLE NOT_BELIEVE GAP NOT_PAY);
	assert_true(bench.owner.well);
	struct buf line;
	buf_init(&line, 1024);
	channel_showing(bench.owner.channel, &line);
	assert_non_null(strstr(buf_text(&line), "mode=strip"));
	assert_non_null(strstr(buf_text(&line), "basis=estimated"));
	assert_non_null(strstr(buf_text(&line), "不轻信"));
	assert_null(strstr(buf_text(&line), "longest_gap=0s"));
	buf_fini(&line);
	end(&bench);
}

/* By its own timers, or by hand: it keeps and acknowledges what nobody sees. */
static void an_alert_on_a_sign_that_is_switched_off_is_not_shown(void **state)
{
	struct bench bench;

	begin(&bench);
	open_channel(&bench, NULL);
	play(&bench, slogans, CLASS_OK);
	pass(&bench, 45000);
	bench.card.off = true;
	show(&bench, 12, "谨防诈骗", 600000, 3600000, CLASS_OK);
	pass(&bench, 100000);
	assert_true(bench.card.area[0]);
	assert_int_equal(bench.owner.received, 0);
	assert_string_equal(bench.owner.words, "is switched off");
	struct buf line;
	buf_init(&line, 1024);
	channel_showing(bench.owner.channel, &line);
	assert_non_null(strstr(buf_text(&line), "off=yes"));
	bench.card.off = false;
	pass(&bench, 25000);
	assert_int_equal(bench.owner.received, 1);
	assert_int_equal(bench.owner.receipts[0].kind, RECEIPT_SHOWN);
	assert_string_equal(bench.owner.words, "is switched on again");
	/* The hours that it is meant to be off are no gap. */
	buf_clear(&line);
	channel_showing(bench.owner.channel, &line);
	assert_non_null(strstr(buf_text(&line), "longest_gap=0s"));
	assert_null(strstr(buf_text(&line), "off=yes"));
	buf_fini(&line);
	end(&bench);
}

static void a_sign_that_forgot_is_found_at_the_next_poll(void **state)
{
	struct bench bench;

	begin(&bench);
	open_channel(&bench, NULL);
	play(&bench, slogans, CLASS_OK);
	pass(&bench, 45000);
	bench.card.area[0] = false;
	unsigned int notes = bench.owner.notes;
	pass(&bench, 20000);
	assert_true(bench.card.area[0]);
	assert_int_equal(bench.owner.notes, notes + 1);
	assert_non_null(strstr(bench.owner.words, "20 s"));
	end(&bench);
}

static void an_alert_for_a_sign_that_is_away_does_not_come_later_by_itself(void **state)
{
	struct bench bench;

	begin(&bench);
	open_channel(&bench, NULL);
	card_power_off(&bench.card);
	show(&bench, 12, "谨防诈骗", 600000, 3600000, CLASS_RETRY);
	play(&bench, slogans, CLASS_RETRY);
	card_listen(&bench.card);
	pass(&bench, 70000);
	/* the playlist was remembered, the alert is the plan's to send again */
	assert_string_equal(bench.card.text, STYLE NOT_BELIEVE GAP NOT_PAY);
	end(&bench);
}

static void an_update_whose_answer_was_lost_is_taken_back(void **state)
{
	struct bench bench;

	begin(&bench);
	open_channel(&bench, NULL);
	play(&bench, slogans, CLASS_OK);
	play(&bench, (char *[]){NULL}, CLASS_OK);
	pass(&bench, 5000);
	bench.card.updates = CARD_HANGS_UP;
	show(&bench, 12, "谨防诈骗", 0, 3600000, CLASS_RETRY);
	/* the card has it all the same */
	bench.card.area[0] = true;
	bench.card.updates = CARD_GOOD;
	pass(&bench, 70000);
	assert_false(bench.card.area[0]);
	assert_null(bench.card.sock);
	end(&bench);
}

static void a_card_that_cannot_carry_our_strip_suspends_the_channel(void **state)
{
	static const struct {
		uint8_t device;
		uint16_t width;
		bool no_font;
		const char *words;
	} cases[] = {
		{0x61, 64, false, "64x32"},
		{0x52, 128, false, "no BX-K"},
		{0x51, 128, false, "5K card"},
		{0x61, 128, true, "no Chinese font"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench bench;
		begin(&bench);
		bench.card.device = cases[i].device;
		bench.card.width = cases[i].width;
		bench.card.no_font = cases[i].no_font;
		open_channel(&bench, NULL);
		show(&bench, 12, "谨防诈骗", 600000, 3600000, CLASS_PERM_CHANNEL);
		assert_non_null(strstr(bench.owner.outcome.peer, cases[i].words));
		assert_false(bench.owner.well);
		assert_int_equal(bench.card.updates_seen, 0);
		end(&bench);
	}
}

static void refusals_of_an_update_have_their_class(void **state)
{
	static const struct {
		uint8_t error;
		enum outcome_class class;
	} cases[] = {{3, CLASS_RETRY}, {4, CLASS_PERM_MSG}, {5, CLASS_RETRY}, {7, CLASS_RETRY}, {12, CLASS_PERM_MSG},
		{200, CLASS_RETRY}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench bench;
		begin(&bench);
		bench.card.nack = cases[i].error;
		open_channel(&bench, NULL);
		show(&bench, 12, "谨防诈骗", 600000, 3600000, cases[i].class);
		bench.card.nack = 0;
		show(&bench, 13, "谨防诈骗", 600000, 3600000, CLASS_OK);
		end(&bench);
	}
}

static void a_character_that_the_card_lacks_refuses_the_text(void **state)
{
	struct bench bench;

	begin(&bench);
	open_channel(&bench, NULL);
	show(&bench, 12, "朱镕基", 600000, 3600000, CLASS_PERM_MSG);
	assert_non_null(strstr(bench.owner.outcome.peer, "镕"));
	show(&bench, 13, "好😀", 600000, 3600000, CLASS_PERM_MSG);
	assert_int_equal(bench.card.updates_seen, 0);
	end(&bench);
	begin(&bench);
	bench.card.gbk = true;
	open_channel(&bench, NULL);
	show(&bench, 12, "朱镕基", 600000, 3600000, CLASS_OK);
	end(&bench);
}

static void a_text_too_long_is_refused_at_once(void **state)
{
	char *text = calloc(1, 4000);
	struct bench bench;

	memset(text, 'x', 3000);
	begin(&bench);
	open_channel(&bench, NULL);
	show(&bench, 12, text, 600000, 3600000, CLASS_PERM_MSG);
	assert_int_equal(bench.card.visits, 0);
	end(&bench);
	free(text);
}

static void a_clock_that_is_off_is_set_once(void **state)
{
	struct bench bench;

	begin(&bench);
	bench.card.wrong_clock = true;
	open_channel(&bench, NULL);
	play(&bench, slogans, CLASS_OK);
	assert_int_equal(bench.card.clocks, 1);
	/* a card whose clock does not hold is not set at every poll */
	bench.card.wrong_clock = true;
	pass(&bench, 600000);
	assert_int_equal(bench.card.clocks, 1);
	end(&bench);
}

static void an_alert_behind_a_takeover_waits_its_turn(void **state)
{
	struct bench bench;

	begin(&bench);
	open_channel(&bench, NULL);
	show(&bench, 12, "谨防诈骗", 60000, 3600000, CLASS_OK);
	turns_settle(bench.owner.loop);
	show(&bench, 13, "不轻信", 0, 3600000, CLASS_OK);
	turns_settle(bench.owner.loop);
	assert_string_equal(bench.card.text, STYLE WARNING);
	assert_int_equal(bench.owner.received, 1);
	pass(&bench, 65000);
	assert_string_equal(bench.card.text, STYLE NOT_BELIEVE GAP WARNING);
	assert_int_equal(bench.owner.received, 2);
	assert_int_equal(bench.owner.receipts[1].batch.alert, 13);
	end(&bench);
}

static void short_texts_stand_still_and_long_ones_scroll(void **state)
{
	struct bench bench;

	begin(&bench);
	open_channel(&bench, NULL);
	show(&bench, 12, "谨防诈骗", 0, 3600000, CLASS_OK);
	assert_int_equal(bench.card.effect, 1);
	show(&bench, 12, "谨防诈骗谨防诈骗谨", 0, 3600000, CLASS_OK);
	assert_int_equal(bench.card.effect, 3);
	end(&bench);
}

static void a_5k_card_counts_in_eights(void **state)
{
	struct bench bench;

	begin(&bench);
	bench.card.device = 0x51;
	open_channel(&bench, (struct option[]){{"device", "5k"}, {"width", "64"}, {"area_x", "32"}, {NULL, NULL}});
	show(&bench, 12, "谨防诈骗", 0, 3600000, CLASS_OK);
	assert_int_equal(bench.card.x, 4);
	assert_int_equal(bench.card.area_width, 8);
	assert_true(turns_until_count(bench.owner.loop, &bench.owner.received, 1));
	end(&bench);
}

static void a_voice_speaks_when_a_takeover_begins_and_not_again(void **state)
{
	struct bench bench;

	begin(&bench);
	open_channel(&bench, (struct option[]){{"voice", "true"}, {NULL, NULL}});
	show(&bench, 12, "谨防[诈骗]", 600000, 3600000, CLASS_OK);
	assert_int_equal(bench.card.sound, 2);
	assert_null(strchr((char *)bench.card.text, '['));
	unsigned int updates = bench.card.updates_seen;
	pass(&bench, 40000);
	assert_true(bench.card.updates_seen > updates);
	assert_int_equal(bench.card.sound, 0);
	end(&bench);
}

static void polling_costs_one_question_each_period(void **state)
{
	struct bench bench;

	begin(&bench);
	open_channel(&bench, NULL);
	play(&bench, slogans, CLASS_OK);
	pass(&bench, 20000);
	unsigned int questions = bench.card.questions;
	pass(&bench, 200000);
	assert_int_equal(bench.card.questions - questions, 10);
	assert_int_equal(bench.card.visits, 1);
	end(&bench);
}

static void calibration_is_told(void **state)
{
	struct bench bench;
	struct buf line;

	begin(&bench);
	open_channel(&bench, (struct option[]){{"ms_per_pixel", "25"}, {NULL, NULL}});
	buf_init(&line, 1024);
	channel_showing(bench.owner.channel, &line);
	assert_non_null(strstr(buf_text(&line), "mode=nothing"));
	buf_clear(&line);
	play(&bench, slogans, CLASS_OK);
	channel_showing(bench.owner.channel, &line);
	assert_non_null(strstr(buf_text(&line), "basis=acked"));
	buf_fini(&line);
	end(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alert_takes_over_and_is_read_back),
		cmocka_unit_test(a_takeover_is_renewed_then_rotates_then_ends),
		cmocka_unit_test(a_cancel_ends_a_takeover_at_once),
		cmocka_unit_test(an_idle_sign_has_no_connection),
		cmocka_unit_test(when_the_power_comes_back_the_texts_come_back),
		cmocka_unit_test(an_alert_on_a_sign_that_is_switched_off_is_not_shown),
		cmocka_unit_test(a_sign_that_forgot_is_found_at_the_next_poll),
		cmocka_unit_test(an_alert_for_a_sign_that_is_away_does_not_come_later_by_itself),
		cmocka_unit_test(an_update_whose_answer_was_lost_is_taken_back),
		cmocka_unit_test(a_card_that_cannot_carry_our_strip_suspends_the_channel),
		cmocka_unit_test(refusals_of_an_update_have_their_class),
		cmocka_unit_test(a_character_that_the_card_lacks_refuses_the_text),
		cmocka_unit_test(a_text_too_long_is_refused_at_once),
		cmocka_unit_test(a_clock_that_is_off_is_set_once),
		cmocka_unit_test(an_alert_behind_a_takeover_waits_its_turn),
		cmocka_unit_test(short_texts_stand_still_and_long_ones_scroll),
		cmocka_unit_test(a_5k_card_counts_in_eights),
		cmocka_unit_test(a_voice_speaks_when_a_takeover_begins_and_not_again),
		cmocka_unit_test(polling_costs_one_question_each_period),
		cmocka_unit_test(calibration_is_told),
	};

	setenv("TZ", "Asia/Shanghai", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
