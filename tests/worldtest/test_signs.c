/*
 * BX-K cards over real connections: what is visible when, leases, mains, answers, faults. Frames are built
 * here.
 */
#include "ask.h"

#include "world/frame.h"

struct setting {
	struct loop *loop;
	struct world *world;
	struct world_peer *sign;
	struct ask ask;
	bool open;
	struct world_frame_reader reader;
	struct world_frame frame;
	uint8_t data[300];
	size_t parsed;
};

static int set_up(void **state)
{
	struct setting *s = mem_zalloc(sizeof(*s));

	fake_clock_stop();
	s->loop = loop_new();
	s->world = world_new(s->loop, &(struct world_options){.seed = 7, .no_page = true});
	s->sign = world_peer_add(s->world, &(struct world_peer_options){.kind = WORLD_ONBON, .name = "gate"});
	*state = s;
	return 0;
}

static void hang_up(struct setting *s)
{
	if (s->open)
		ask_end(&s->ask);
	s->open = false;
}

static int tear_down(void **state)
{
	struct setting *s = *state;

	hang_up(s);
	world_free(&s->world);
	turns_end(&s->loop);
	fake_clock_go();
	free(s);
	return 0;
}

static void call(struct setting *s)
{
	hang_up(s);
	ask_text(&s->ask, s->loop, world_peer_port(s->sign), "");
	s->open = true;
	s->parsed = 0;
	memset(&s->reader, 0, sizeof(s->reader));
	turns_until_set(s->loop, &s->ask.connected);
}

/*
 * A frame of the host: the writer swaps addresses, so it is asked to answer the card. `mode` is DisplayMode.
 */
static void send_frame(struct setting *s, uint8_t mode, const uint8_t *data, size_t size)
{
	struct buf plain, out;
	const uint8_t header[14] = {0xfe, 0xff, 0, 0x80, 0, 0, 0, 0, 0, mode, 0xfe, 2, size & 255, size >> 8 & 255};

	buf_init(&plain, 20000);
	buf_init(&out, 40000);
	buf_add(&plain, header, sizeof(header));
	buf_add(&plain, data, size);
	uint16_t crc = world_frame_crc((const uint8_t *)plain.data, plain.size);
	buf_add_byte(&plain, crc & 255);
	buf_add_byte(&plain, crc >> 8);
	buf_add_text(&out, "\xa5\xa5\xa5\xa5");
	for (size_t i = 0; i < plain.size; i++) {
		uint8_t byte = (uint8_t)plain.data[i];
		if (byte == 0xa5 || byte == 0xa6 || byte == 0x5a || byte == 0x5b) {
			buf_add_byte(&out, byte >= 0xa5 ? 0xa6 : 0x5b);
			byte = byte == 0xa5 || byte == 0x5a ? 2 : 1;
		}
		buf_add_byte(&out, byte);
	}
	buf_add_byte(&out, 0x5a);
	sock_send(s->ask.sock, out.data, out.size);
	buf_fini(&plain);
	buf_fini(&out);
}

/* The next whole answer in what came back, if there is one. */
static enum world_frame_state next_answer(struct setting *s)
{
	while (s->parsed < s->ask.reply.size) {
		enum world_frame_state state = world_frame_byte(&s->reader, (uint8_t)s->ask.reply.data[s->parsed++],
			&s->frame);
		if (state == WORLD_FRAME_WHOLE)
			memcpy(s->data, s->frame.data,
				s->frame.size < sizeof(s->data) ? s->frame.size : sizeof(s->data));
		if (state != WORLD_FRAME_MORE)
			return state;
	}
	return WORLD_FRAME_MORE;
}

/* Asks; returns CmdError of the answer, or -1 for silence. Does not move the clock. */
static int ask_card(struct setting *s, uint8_t mode, const void *data, size_t size)
{
	send_frame(s, mode, data, size);
	turns_settle(s->loop);
	return next_answer(s) == WORLD_FRAME_WHOLE ? s->data[2] : -1;
}

#define ASK(s, bytes) ask_card(s, 0, bytes, sizeof(bytes) - 1)
#define PING          "\xa2\0\1\0\0"
#define STATUS        "\xa1\2\1\0\0"
#define PARAMETERS    "\xa2\x0a\1\0\0"
#define DELETE_ALL    "\xa3\6\1\0\0\xff\0"

/* Shows GBK bytes in an area; lease 0: for ever. */
static int show(struct setting *s, uint8_t mode, uint8_t id, uint16_t lease, const char *gbk)
{
	uint8_t data[2000] = {0xa3, 6, 1, 0, 0, 0, 1};
	size_t length = strlen(gbk), size = 27 + length;
	uint8_t *block = data + 9;

	data[7] = size & 255;
	data[8] = (uint8_t)(size >> 8);
	memcpy(block, "\0\0\x80\0\0\x80\x80\x20\0", 9);
	block[9] = id;
	block[11] = lease > 0 ? 2 : 0;
	block[12] = lease & 255;
	block[13] = (uint8_t)(lease >> 8);
	block[17] = 1;
	block[18] = 1;
	block[19] = 3;
	block[21] = 4;
	block[23] = length & 255;
	block[24] = (uint8_t)(length >> 8);
	memcpy(block + 27, gbk, length);
	return ask_card(s, mode, data, 9 + size);
}

#define SLOGAN "\\FO000\\C1\xb7\xb4\xd5\xa9" /* 反诈 */
#define URGENT "\\FO000\\C1\xbd\xf4\xbc\xb1" /* 紧急 */

static const char *showing(struct setting *s)
{
	return world_sign_showing(s->sign);
}

static void a_strip_stands_beside_the_programme(void **state)
{
	struct setting *s = *state;

	assert_string_equal(showing(s), "欢迎光临");
	call(s);
	assert_int_equal(show(s, 0, 0, 0, SLOGAN), 0);
	assert_string_equal(showing(s), "反诈 | 欢迎光临");
	assert_int_equal(ASK(s, DELETE_ALL), 0);
	assert_string_equal(showing(s), "欢迎光临");
}

static void a_takeover_ends_with_its_lease(void **state)
{
	struct setting *s = *state;

	call(s);
	assert_int_equal(show(s, 1, 0, 90, URGENT), 0);
	assert_string_equal(showing(s), "紧急");
	turns_pass(s->loop, 60000);
	assert_int_equal(show(s, 1, 0, 90, URGENT), 0);
	turns_pass(s->loop, 89999);
	assert_string_equal(showing(s), "紧急");
	turns_pass(s->loop, 1);
	assert_string_equal(showing(s), "欢迎光临");
	assert_int_equal(world_sign_areas(s->sign), 0);
}

static void the_history_knows_every_gap(void **state)
{
	struct setting *s = *state;
	uint64_t start;

	turns_pass(s->loop, 1000);
	call(s);
	show(s, 1, 0, 20, SLOGAN);
	start = world_shown(s->sign, 1)->mono_ms;
	turns_pass(s->loop, 50000);
	show(s, 1, 0, 0, SLOGAN);
	turns_pass(s->loop, 10000);
	assert_string_equal(world_shown(s->sign, 0)->text, "欢迎光临");
	assert_string_equal(world_shown(s->sign, 1)->text, "反诈");
	assert_string_equal(world_shown(s->sign, 2)->text, "欢迎光临");
	assert_string_equal(world_shown(s->sign, 3)->text, "反诈");
	assert_null(world_shown(s->sign, 4));
	assert_int_equal(world_shown(s->sign, 2)->mono_ms - start, 20000);
	assert_int_equal(world_sign_gap_ms(s->sign, "反诈", start, start + 60000), 30000);
	assert_int_equal(world_sign_gap_ms(s->sign, NULL, start, start + 60000), 30000);
	assert_int_equal(world_sign_gap_ms(s->sign, "反诈", start + 25000, start + 30000), 5000);
	assert_int_equal(world_sign_gap_ms(s->sign, "反诈", start, start + 20000), 0);
	assert_int_equal(world_sign_gap_ms(s->sign, "没有", start, start + 60000), 60000);
}

static void the_mains_take_the_areas_along(void **state)
{
	struct setting *s = *state;

	call(s);
	show(s, 0, 0, 0, SLOGAN);
	world_sign_mains(s->sign, false);
	turns_settle(s->loop);
	assert_true(s->ask.closed);
	assert_string_equal(showing(s), "");
	assert_false(world_sign_lit(s->sign));
	hang_up(s);
	ask_text(&s->ask, s->loop, world_peer_port(s->sign), "");
	s->open = true;
	turns_until_set(s->loop, &s->ask.closed);
	assert_false(s->ask.connected);
	world_sign_mains(s->sign, true);
	assert_string_equal(showing(s), "欢迎光临");
	call(s);
	assert_int_equal(ASK(s, PING), 0);
}

static void switched_off_it_is_dark_and_keeps_its_areas(void **state)
{
	struct setting *s = *state;

	call(s);
	show(s, 0, 0, 0, SLOGAN);
	assert_int_equal(ASK(s, "\xa3\0\1\0\0\2"), 0);
	assert_string_equal(showing(s), "");
	assert_int_equal(ASK(s, "\xa3\0\1\0\0\1"), 0);
	assert_string_equal(showing(s), "反诈 | 欢迎光临");
}

static void status_tells_time_and_areas(void **state)
{
	struct setting *s = *state;

	call(s);
	show(s, 0, 3, 0, SLOGAN);
	/* 2026-11-21 16:30:05, a Saturday. */
	assert_int_equal(ASK(s, "\xa2\3\1\0\0\x26\x20\x11\x21\x16\x30\x05\x06"), 0);
	assert_int_equal(ASK(s, STATUS), 0);
	assert_int_equal(s->data[5], 1);
	assert_memory_equal(s->data + 7, "\x26\x20\x11\x21\x06\x16\x30\x05", 8);
	assert_memory_equal(s->data + 15, "\1P000\0\0\1\3", 9);
	assert_int_equal(s->frame.size, 24 + 28);
	assert_int_equal(ASK(s, "\xa2\3\1\0\0\x26\x20\x13\x21\x16\x30\x05\x06"), 14);
}

static void parameters_and_fonts_are_told(void **state)
{
	struct setting *s = *state;

	call(s);
	assert_int_equal(ASK(s, PARAMETERS), 0);
	assert_int_equal(s->data[7], 0x61);
	assert_memory_equal(s->data + 9, "\x80\0\x20\0", 4);
	world_fault_set(s->sign, WORLD_FAULT_WRONG_SIZE, 1, 0);
	assert_int_equal(ASK(s, PARAMETERS), 0);
	assert_memory_equal(s->data + 9, "\x40\0\x10\0", 4);
	assert_int_equal(ASK(s, "\xa2\x09\1\0\0"), 0);
	assert_memory_equal(s->data + 5, "\6\1\x10\x10", 4);
	assert_int_equal(ASK(s, "\xa2\x11\1\0\0"), 0);
	assert_memory_equal(s->data + 5, "\6\7O000\x10\x10\1", 9);
	assert_int_equal(ASK(s, "\xa3\2\1\0\0\1\x0c"), 0);
	assert_int_equal(world_sign_brightness(s->sign), 12);
}

static void what_is_wrong_is_refused(void **state)
{
	struct setting *s = *state;
	char long_text[1100];

	memset(long_text, 'a', sizeof(long_text));
	long_text[1010] = '\0';
	call(s);
	assert_int_equal(ASK(s, "\xa3\xee\1\0\0"), 2);
	assert_int_equal(ASK(s, "\xb3\0\1\0\0"), 1);
	assert_int_equal(ASK(s, "\xa3\4\1\0\0\0\1P777"), 6);
	assert_int_equal(show(s, 0, 5, 0, SLOGAN), 4);
	assert_int_equal(show(s, 0, 0, 0, long_text), 4);
	assert_int_equal(ASK(s, "\xa2\0\2\0\0"), -1);
	sock_send(s->ask.sock, "\xa5\xfe\xff\0\x80\0\0\0\0\0\0\xfe\2\5\0\xa2\0\1\0\0\1\1\x5a", 23);
	turns_settle(s->loop);
	assert_int_equal(next_answer(s), WORLD_FRAME_WHOLE);
	assert_int_equal(s->data[2], 5);
	assert_string_equal(showing(s), "欢迎光临");
	assert_non_null(world_violation(s->world, 1));
}

static void forbidden_commands_are_written_down(void **state)
{
	struct setting *s = *state;

	call(s);
	show(s, 0, 0, 0, SLOGAN);
	assert_null(world_violation(s->world, 0));
	ASK(s, "\xa2\1\1\0\0");
	assert_non_null(strstr(world_violation(s->world, 0), "A201 destroys"));
}

static void careless_texts_are_written_down(void **state)
{
	struct setting *s = *state;

	call(s);
	assert_int_equal(show(s, 0, 0, 0, "\\FO000\xb7\xb4\\FO001\xd5\xa9"), 0);
	assert_non_null(strstr(world_violation(s->world, 0), "mixes font heights"));
	assert_int_equal(show(s, 0, 0, 0, "\\Q"), 0);
	assert_non_null(strstr(world_violation(s->world, 1), "cannot show"));
}

static void faults_of_a_card(void **state)
{
	static const struct {
		enum world_fault fault;
		int error; /* -1: no whole frame */
		bool shown, closed;
	} cases[] = {
		{WORLD_FAULT_THROTTLE, 3, false, false},
		{WORLD_FAULT_ERROR, 7, false, false},
		{WORLD_FAULT_ERROR_TAKEN, 7, true, false},
		{WORLD_FAULT_LIE_ERROR, 12, false, false},
		{WORLD_FAULT_DROP, 0, false, false},
		{WORLD_FAULT_GARBAGE, -1, true, false},
		{WORLD_FAULT_HANG, -1, true, false},
		{WORLD_FAULT_HANG_BEFORE, -1, false, false},
		{WORLD_FAULT_CUT, -1, true, true},
		{WORLD_FAULT_RESET_AFTER, -1, true, true},
		{WORLD_FAULT_RESET_BEFORE, -1, false, true},
	};
	struct setting *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		call(s);
		assert_int_equal(ASK(s, DELETE_ALL), 0);
		world_fault_set(s->sign, cases[i].fault, 1, 0);
		assert_int_equal(show(s, 1, 0, 0, SLOGAN), cases[i].error);
		assert_string_equal(showing(s), cases[i].shown ? "反诈" : "欢迎光临");
		assert_int_equal(s->ask.closed, cases[i].closed);
	}
}

static void a_slow_card_answers_in_order(void **state)
{
	struct setting *s = *state;

	call(s);
	world_fault_set(s->sign, WORLD_FAULT_LATENCY, 2000, 0);
	assert_int_equal(ASK(s, PARAMETERS), -1);
	assert_int_equal(ASK(s, PING), -1);
	turns_pass(s->loop, 2100);
	assert_int_equal(next_answer(s), WORLD_FRAME_WHOLE);
	assert_int_equal(s->data[0], 0xa2);
	assert_int_equal(next_answer(s), WORLD_FRAME_WHOLE);
	assert_int_equal(s->data[0], 0xa0);
}

static void updates_too_close_are_a_breach(void **state)
{
	struct setting *s = *state;

	hang_up(s);
	s->sign = world_peer_add(s->world,
		&(struct world_peer_options){.kind = WORLD_ONBON, .name = "strict", .limit = 1});
	call(s);
	show(s, 0, 0, 0, SLOGAN);
	turns_pass(s->loop, 1000);
	show(s, 0, 0, 0, SLOGAN);
	assert_null(world_violation(s->world, 0));
	turns_pass(s->loop, 999);
	show(s, 0, 0, 0, SLOGAN);
	assert_non_null(world_violation(s->world, 0));
}

static void an_old_card_has_other_limits(void **state)
{
	struct setting *s = *state;
	char text[600];

	memset(text, 'a', sizeof(text));
	text[470] = '\0';
	s->sign = world_peer_add(s->world,
		&(struct world_peer_options){.kind = WORLD_ONBON, .name = "old", .device = 0x51});
	call(s);
	assert_int_equal(show(s, 0, 7, 0, SLOGAN), 0);
	assert_int_equal(show(s, 0, 0, 0, text), 0);
	text[470] = 'a';
	text[590] = '\0';
	assert_int_equal(show(s, 0, 0, 0, text), 4);
	assert_int_equal(ASK(s, STATUS), 0);
	assert_memory_equal(s->data + 15, "\1P000\2\0\7", 8);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_strip_stands_beside_the_programme),
		TEST(a_takeover_ends_with_its_lease),
		TEST(the_history_knows_every_gap),
		TEST(the_mains_take_the_areas_along),
		TEST(switched_off_it_is_dark_and_keeps_its_areas),
		TEST(status_tells_time_and_areas),
		TEST(parameters_and_fonts_are_told),
		TEST(what_is_wrong_is_refused),
		TEST(forbidden_commands_are_written_down),
		TEST(careless_texts_are_written_down),
		TEST(faults_of_a_card),
		TEST(a_slow_card_answers_in_order),
		TEST(updates_too_close_are_a_breach),
		TEST(an_old_card_has_other_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
