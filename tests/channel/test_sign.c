/*
 * What a sign shows and when it is written, looked at and renewed: all times are given, none is waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "channel/sign.h"

#define ROOM 60
#define SEP  BOARD_SEPARATOR

static void show(struct board *board, uint32_t alert, const char *text, int64_t takeover_until, int64_t until)
{
	struct batch batch = {.name = {alert, 0, 1},
		.action = BATCH_SHOW,
		.until_ms = until,
		.takeover_until_ms = takeover_until};

	assert_int_equal(board_show(board, &batch, text, strlen(text)), RESULT_OK);
}

static void play(struct board *board, char *const *slogans)
{
	size_t sizes[BOARD_SLOGANS_MOST];

	for (size_t i = 0; slogans[i] != NULL; i++)
		sizes[i] = strlen(slogans[i]);
	assert_int_equal(board_playlist(board, slogans, sizes), RESULT_OK);
}

static void assert_face(const struct board *board, int64_t at, enum board_mode mode, const char *text, int64_t holds)
{
	struct board_face face;

	board_face(board, at, &face);
	assert_int_equal(face.mode, mode);
	if (text == NULL)
		assert_null(face.text);
	else
		assert_string_equal(face.text, text);
	assert_int_equal(face.holds_until_ms, holds);
	board_face_fini(&face);
}

static char *const two[] = {(char *)"one", (char *)"two", NULL};
static char *const none[] = {NULL};

static void an_alert_owns_the_sign_then_rotates_then_ends(void **state)
{
	struct board board;

	board_init(&board, ROOM, 1000, 10);
	assert_face(&board, 0, BOARD_NOTHING, NULL, INT64_MAX);
	play(&board, two);
	assert_face(&board, 0, BOARD_STRIP, "one" SEP "two", INT64_MAX);
	show(&board, 7, "ALERT", 600, 5000);
	assert_face(&board, 100, BOARD_TAKEOVER, "ALERT", 600);
	assert_face(&board, 600, BOARD_STRIP, "ALERT" SEP "one" SEP "two", 5000);
	assert_face(&board, 4999, BOARD_STRIP, "ALERT" SEP "one" SEP "two", 5000);
	assert_face(&board, 5000, BOARD_STRIP, "one" SEP "two", INT64_MAX);
	board_fini(&board);
}

static void a_takeover_never_outlasts_its_alert(void **state)
{
	struct board board;

	board_init(&board, ROOM, 1000, 10);
	show(&board, 7, "ALERT", 9000, 5000);
	assert_face(&board, 0, BOARD_TAKEOVER, "ALERT", 5000);
	assert_face(&board, 5000, BOARD_NOTHING, NULL, INT64_MAX);
	board_fini(&board);
}

static void clearing_ends_a_takeover_at_once(void **state)
{
	struct board board;

	board_init(&board, ROOM, 1000, 10);
	play(&board, two);
	show(&board, 7, "ALERT", 600, 5000);
	show(&board, 8, "calm", 0, 5000);
	assert_face(&board, 0, BOARD_TAKEOVER, "ALERT", 600);
	board_clear(&board, 7);
	assert_face(&board, 0, BOARD_STRIP, "calm" SEP "one" SEP "two", 5000);
	play(&board, none);
	assert_face(&board, 0, BOARD_STRIP, "calm", 5000);
	board_fini(&board);
}

static void the_newest_of_two_takeovers_comes_first(void **state)
{
	struct board board;

	board_init(&board, ROOM, 1000, 10);
	show(&board, 7, "first", 600, 5000);
	show(&board, 8, "second", 900, 5000);
	assert_face(&board, 0, BOARD_TAKEOVER, "second" SEP "first", 600);
	assert_face(&board, 600, BOARD_TAKEOVER, "second", 900);
	board_fini(&board);
}

static void showing_again_replaces(void **state)
{
	struct board board;

	board_init(&board, ROOM, 1000, 10);
	show(&board, 7, "old", 0, 5000);
	show(&board, 7, "new", 0, 5000);
	assert_face(&board, 0, BOARD_STRIP, "new", 5000);
	board_fini(&board);
}

static void what_does_not_fit_takes_turns_and_the_alert_stays(void **state)
{
	static char *const long_ones[] = {(char *)"aaaaaaaaaaaaaaaaaaaaaaaaa", (char *)"bbbbbbbbbbbbbbbbbbbbbbbbb",
		(char *)"ccccccccccccccccccccccccc", NULL};
	struct board board;

	board_init(&board, ROOM, 1000, 1);
	play(&board, long_ones);
	/* two fit beside each other; a page stands at least 10 s */
	assert_face(&board, 0, BOARD_STRIP, "aaaaaaaaaaaaaaaaaaaaaaaaa" SEP "bbbbbbbbbbbbbbbbbbbbbbbbb", 10000);
	assert_face(&board, 10000, BOARD_STRIP, "ccccccccccccccccccccccccc", 20000);
	assert_face(&board, 20000, BOARD_STRIP, "aaaaaaaaaaaaaaaaaaaaaaaaa" SEP "bbbbbbbbbbbbbbbbbbbbbbbbb", 30000);
	show(&board, 7, "ALERT", 0, 90000);
	assert_face(&board, 0, BOARD_STRIP, "ALERT" SEP "aaaaaaaaaaaaaaaaaaaaaaaaa", 10000);
	assert_face(&board, 10000, BOARD_STRIP, "ALERT" SEP "bbbbbbbbbbbbbbbbbbbbbbbbb", 20000);
	assert_face(&board, 29999, BOARD_STRIP, "ALERT" SEP "ccccccccccccccccccccccccc", 30000);
	board_fini(&board);
}

static void a_page_stands_for_one_pass(void **state)
{
	static char *const long_ones[] = {(char *)"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		(char *)"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", NULL};
	struct board board;

	board_init(&board, ROOM, 4000, 400); /* 40 bytes: 20 s */
	play(&board, long_ones);
	assert_face(&board, 0, BOARD_STRIP, long_ones[0], 20000);
	assert_face(&board, 25000, BOARD_STRIP, long_ones[1], 40000);
	board_fini(&board);
}

static void too_much_is_refused_and_changes_nothing(void **state)
{
	static char *const too_long[] =
		{(char *)"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL};
	struct batch batch = {.name = {1, 0, 1}, .until_ms = 10};
	size_t sizes[] = {69};
	struct board board;

	board_init(&board, ROOM, 1000, 10);
	play(&board, two);
	assert_int_equal(board_playlist(&board, too_long, sizes), RESULT_TOO_BIG);
	assert_int_equal(board_show(&board, &batch, too_long[0], 69), RESULT_TOO_BIG);
	assert_face(&board, 0, BOARD_STRIP, "one" SEP "two", INT64_MAX);
	for (uint32_t i = 0; i < BOARD_ALERTS_MOST; i++)
		show(&board, i + 1, "x", 0, 10);
	batch.name.alert = 100;
	assert_int_equal(board_show(&board, &batch, "x", 1), RESULT_BUSY);
	board_fini(&board);
}

/* A sign whose driver does at once what it is told; the texts on it are in `has`. */
struct peer {
	struct sign sign;
	struct sign_now now;
	bool present;
	unsigned int writes, looks, erases, shown;
	uint64_t gap_ms, wait_ms;
	uint16_t lease_s;
};

static void begin(struct peer *peer)
{
	*peer = (struct peer){.now = {1000000, 1000000}};
	sign_init(&peer->sign, 20000, 90000);
	peer->sign.board.room = ROOM;
}

/* Does what is due until the sign waits. */
static void run(struct peer *peer)
{
	struct batch_name shown[BOARD_ALERTS_MOST];
	struct board_face face;
	uint64_t gap_ms = 0;

	for (int i = 0; i < 20; i++) {
		enum sign_step step = sign_next(&peer->sign, peer->now, &face, &peer->wait_ms);
		if (step == SIGN_LOOK) {
			peer->looks++;
			peer->shown += sign_seen(&peer->sign, peer->present, peer->now, shown, &gap_ms);
		} else if (step != SIGN_WAIT) {
			peer->writes += step == SIGN_WRITE;
			peer->erases += step == SIGN_ERASE;
			peer->lease_s = sign_lease_s(&peer->sign, &face, peer->now.wall_ms);
			sign_sending(&peer->sign, &face);
			peer->present = step == SIGN_WRITE;
			gap_ms = sign_told(&peer->sign, &face, peer->now);
		}
		board_face_fini(&face);
		if (gap_ms > peer->gap_ms)
			peer->gap_ms = gap_ms;
		if (step == SIGN_WAIT)
			return;
	}
	fail_msg("never comes to rest");
}

static void pass(struct peer *peer, uint64_t ms)
{
	peer->now.mono_ms += ms;
	peer->now.wall_ms += (int64_t)ms;
}

static void a_new_link_looks_first_and_then_writes(void **state)
{
	struct peer peer;

	begin(&peer);
	play(&peer.sign.board, two);
	assert_true(sign_wants(&peer.sign, peer.now.wall_ms));
	run(&peer);
	assert_int_equal(peer.looks, 1);
	assert_int_equal(peer.writes, 1);
	/* the next poll is on a whole multiple of the period */
	assert_int_equal((peer.now.mono_ms + peer.wait_ms) % 20000, 0);
	sign_fini(&peer.sign);
}

static void an_alert_is_confirmed_by_the_look_that_follows(void **state)
{
	struct peer peer;

	begin(&peer);
	show(&peer.sign.board, 7, "ALERT", peer.now.wall_ms + 600000, peer.now.wall_ms + 900000);
	run(&peer);
	assert_int_equal(peer.writes, 1);
	assert_int_equal(peer.looks, 2);
	assert_int_equal(peer.shown, 1);
	assert_int_equal(peer.lease_s, 90);
	run(&peer);
	assert_int_equal(peer.looks, 2);
	sign_fini(&peer.sign);
}

static void a_takeover_is_renewed_every_third_of_its_lease(void **state)
{
	struct peer peer;

	begin(&peer);
	show(&peer.sign.board, 7, "ALERT", peer.now.wall_ms + 200000, peer.now.wall_ms + 900000);
	run(&peer);
	peer.writes = 0;
	for (int64_t end = peer.now.wall_ms + 190000; peer.now.wall_ms < end;) {
		uint64_t before = peer.now.mono_ms;
		unsigned int writes = peer.writes;
		pass(&peer, peer.wait_ms);
		run(&peer);
		assert_true(peer.now.mono_ms - before <= 30000);
		if (peer.writes > writes)
			assert_int_equal(peer.now.mono_ms % 30000, 0);
	}
	assert_true(peer.writes >= 6);
	/* never past the end of the takeover */
	assert_true(peer.lease_s <= 30);
	sign_fini(&peer.sign);
}

static void after_a_takeover_the_strip_comes_back_by_itself(void **state)
{
	struct peer peer;

	begin(&peer);
	play(&peer.sign.board, two);
	show(&peer.sign.board, 7, "ALERT", peer.now.wall_ms + 10000, peer.now.wall_ms + 15000);
	run(&peer);
	assert_int_equal(peer.sign.told_mode, BOARD_TAKEOVER);
	assert_int_equal(peer.wait_ms, 10000);
	pass(&peer, peer.wait_ms);
	run(&peer);
	assert_int_equal(peer.sign.told_mode, BOARD_STRIP);
	assert_string_equal(peer.sign.told_text, "ALERT" SEP "one" SEP "two");
	pass(&peer, 5000);
	run(&peer);
	assert_string_equal(peer.sign.told_text, "one" SEP "two");
	sign_fini(&peer.sign);
}

static void a_sign_that_forgot_is_written_again_and_the_gap_is_booked(void **state)
{
	struct peer peer;

	begin(&peer);
	play(&peer.sign.board, two);
	run(&peer);
	pass(&peer, peer.wait_ms);
	run(&peer);
	uint64_t seen = peer.now.mono_ms;
	peer.present = false;
	peer.writes = 0;
	pass(&peer, peer.wait_ms);
	run(&peer);
	assert_int_equal(peer.writes, 1);
	assert_int_equal(peer.gap_ms, peer.now.mono_ms - seen);
	assert_int_equal(peer.sign.longest_gap_ms, 20000);
	sign_fini(&peer.sign);
}

static void after_a_lost_link_nothing_is_believed(void **state)
{
	struct peer peer;

	begin(&peer);
	play(&peer.sign.board, two);
	run(&peer);
	sign_lost(&peer.sign);
	pass(&peer, 45000);
	peer.looks = peer.writes = 0;
	/* it went on showing: looked at, written again, no gap */
	run(&peer);
	assert_int_equal(peer.looks, 1);
	assert_int_equal(peer.writes, 1);
	assert_int_equal(peer.gap_ms, 0);
	/* it lost its power meanwhile */
	sign_lost(&peer.sign);
	peer.present = false;
	pass(&peer, 45000);
	run(&peer);
	assert_int_equal(peer.gap_ms, 45000);
	sign_fini(&peer.sign);
}

static void nothing_to_show_erases_once_and_wants_no_link(void **state)
{
	struct peer peer;

	begin(&peer);
	assert_false(sign_wants(&peer.sign, peer.now.wall_ms));
	play(&peer.sign.board, two);
	run(&peer);
	play(&peer.sign.board, none);
	assert_true(sign_wants(&peer.sign, peer.now.wall_ms));
	run(&peer);
	assert_int_equal(peer.erases, 1);
	assert_false(sign_wants(&peer.sign, peer.now.wall_ms));
	assert_true(peer.wait_ms == UINT64_MAX);
	/* what was to be dark is no gap */
	pass(&peer, 500000);
	play(&peer.sign.board, two);
	run(&peer);
	assert_int_equal(peer.gap_ms, 0);
	sign_fini(&peer.sign);
}

static void a_strip_from_before_a_restart_is_erased(void **state)
{
	struct peer peer;

	begin(&peer);
	peer.present = true;
	run(&peer);
	assert_int_equal(peer.erases, 1);
	sign_fini(&peer.sign);
}

static void the_same_words_for_another_batch_are_acknowledged_anew(void **state)
{
	struct batch again = {.name = {7, 0, 2}, .until_ms = 9000000};
	struct peer peer;

	begin(&peer);
	show(&peer.sign.board, 7, "ALERT", 0, 9000000);
	run(&peer);
	assert_int_equal(peer.shown, 1);
	assert_int_equal(board_show(&peer.sign.board, &again, "ALERT", 5), RESULT_OK);
	run(&peer);
	assert_int_equal(peer.writes, 2);
	assert_int_equal(peer.shown, 2);
	sign_fini(&peer.sign);
}

static void two_hundred_signs_wake_at_the_same_moment(void **state)
{
	uint64_t due = 0;

	for (unsigned int i = 0; i < 200; i++) {
		struct peer peer;
		begin(&peer);
		peer.now.mono_ms += i * 37;
		play(&peer.sign.board, two);
		run(&peer);
		if (i > 0)
			assert_int_equal(peer.now.mono_ms + peer.wait_ms, due);
		due = peer.now.mono_ms + peer.wait_ms;
		sign_fini(&peer.sign);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alert_owns_the_sign_then_rotates_then_ends),
		cmocka_unit_test(a_takeover_never_outlasts_its_alert),
		cmocka_unit_test(clearing_ends_a_takeover_at_once),
		cmocka_unit_test(the_newest_of_two_takeovers_comes_first),
		cmocka_unit_test(showing_again_replaces),
		cmocka_unit_test(what_does_not_fit_takes_turns_and_the_alert_stays),
		cmocka_unit_test(a_page_stands_for_one_pass),
		cmocka_unit_test(too_much_is_refused_and_changes_nothing),
		cmocka_unit_test(a_new_link_looks_first_and_then_writes),
		cmocka_unit_test(an_alert_is_confirmed_by_the_look_that_follows),
		cmocka_unit_test(a_takeover_is_renewed_every_third_of_its_lease),
		cmocka_unit_test(after_a_takeover_the_strip_comes_back_by_itself),
		cmocka_unit_test(a_sign_that_forgot_is_written_again_and_the_gap_is_booked),
		cmocka_unit_test(after_a_lost_link_nothing_is_believed),
		cmocka_unit_test(nothing_to_show_erases_once_and_wants_no_link),
		cmocka_unit_test(a_strip_from_before_a_restart_is_erased),
		cmocka_unit_test(the_same_words_for_another_batch_are_acknowledged_anew),
		cmocka_unit_test(two_hundred_signs_wake_at_the_same_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
