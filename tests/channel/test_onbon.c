/*
 * BX-K frames, commands and replies against the worked examples of led-signs.md 3.8, byte for byte, and the
 * decoder against what it must refuse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/gbk.h"
#include "channel/onbon_card.h"
#include "channel/onbon_codec.h"
#include "channel/onbon_reply.h"
#include "hex.h"

#define LEAD "a5a5a5a5a5a5a5a5"
#define HEAD "feff0080000000000000fe02"

static void assert_hex(const struct buf *made, const char *expected)
{
	char *got = hex_text(made->data, made->size);
	char *tidy = hex_tidy(expected);

	assert_string_equal(got, tidy);
	free(got);
	free(tidy);
}

static void assert_frame(struct onbon_head head, const struct buf *data, const char *expected)
{
	struct buf frame;

	buf_init(&frame, 4096);
	assert_true(onbon_frame_add(&frame, head, data->data, data->size));
	assert_hex(&frame, expected);
	buf_fini(&frame);
}

/* What a host sends, as data fields: commands that have no function of their own are given in hex. */
static void frames_equal_the_worked_ones(void **state)
{
	static const struct {
		const char *data, *frame;
	} cases[] = {
		{"a200010000", LEAD HEAD "0500 a200010000 4cdc 5a"},
		{"a102010000", LEAD HEAD "0500 a102010000 0964 5a"},
		{"a20a010000", LEAD HEAD "0500 a20a010000 4f04 5a"},
		{"a209010000", LEAD HEAD "0500 a209010000 4f40 5a"},
		{"a407010000", LEAD HEAD "0500 a407010000 c5a8 5a"},
		{"a30001000001", LEAD HEAD "0600 a30001000001 5df1 5a"},
		{"a30001000002", LEAD HEAD "0600 a30001000002 1df0 5a"},
		{"a302010000010c", LEAD HEAD "0700 a302010000010c 3c8e 5a"},
		{"a2030100002620112116300506", LEAD HEAD "0d00 a2030100002620112116300506 8e09 5a"},
		{"a3010100000106302200", LEAD HEAD "0a00 a3010100000106302200 47f8 5a"},
		{"a306010000010000", LEAD HEAD "0800 a306010000010000 fee1 5a"},
		{"a306010000ff00", LEAD HEAD "0700 a306010000ff00 7d6f 5a"},
		{"a1010100000000", LEAD HEAD "0700 a1010100000000 1ee8 5a"},
		{"a304010000000150303030", LEAD HEAD "0b00 a304010000000150303030 b4a3 5a"},
		{"a1050100000150303030 4f000000", LEAD HEAD "0e00 a1050100000150303030 4f000000 4a74 5a"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf data;
		buf_init(&data, 256);
		hex_read(&data, cases[i].data);
		assert_frame((struct onbon_head){0, ONBON_DEVICE_ANY}, &data, cases[i].frame);
		buf_fini(&data);
	}
}

static void commands_equal_the_worked_ones(void **state)
{
	static const struct {
		enum onbon_command command;
		const char *data;
	} cases[] = {{ONBON_PING, "a200010000"}, {ONBON_STATUS, "a102010000"}, {ONBON_PARAMETERS, "a20a010000"},
		{ONBON_FONTS, "a209010000"}};
	struct tm when =
		{.tm_year = 126, .tm_mon = 10, .tm_mday = 21, .tm_hour = 16, .tm_min = 30, .tm_sec = 5, .tm_wday = 6};
	struct buf data;

	buf_init(&data, 256);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&data);
		onbon_request_add(&data, cases[i].command);
		assert_hex(&data, cases[i].data);
	}
	buf_clear(&data);
	onbon_clock_add(&data, &when);
	assert_hex(&data, "a2030100002620112116300506");
	when.tm_wday = 0;
	buf_clear(&data);
	onbon_clock_add(&data, &when);
	assert_hex(&data, "a2030100002620112116300507");
	buf_clear(&data);
	onbon_area_delete_add(&data, 0);
	assert_hex(&data, "a306010000010000");
	buf_fini(&data);
}

static void an_urgent_slogan_equals_the_worked_one(void **state)
{
	struct buf text, data;
	const char *bad;

	buf_init(&text, 256);
	buf_init(&data, 1024);
	onbon_style_add(&text, 16, 1);
	assert_true(onbon_text_add(&text, "谨防电信诈骗 报警请拨110", false, false, &bad));
	struct onbon_area area = {.width = 128,
		.height = 32,
		.run_mode = ONBON_RUN_LEASE,
		.timeout_s = 90,
		.display_mode = ONBON_DISPLAY_LEFT,
		.speed = 4,
		.text = text.data,
		.text_size = text.size};
	onbon_area_update_add(&data, &area);
	assert_int_equal(data.size, 69);
	assert_frame((struct onbon_head){1, ONBON_DEVICE_ANY}, &data,
		LEAD "feff0080000000000001fe024500"
		     "a306010000 00 01 3c00 00 0080 0000 8080 2000 00 00 02 5b0200 00 00 00 01 01 03 00 04 00 21000000"
		     "5c464f303030 5c4331 bdf7b7c0b5e7d0c5d5a9c6ad 20 b1a8beafc7ebb2a601 313130 1be2 5a");
	buf_fini(&text);
	buf_fini(&data);
}

static void escapes_equal_the_worked_ones(void **state)
{
	struct buf text, data;

	buf_init(&text, 256);
	buf_init(&data, 1024);
	hex_read(&text, "5a5bb9a5b9a6");
	struct onbon_area area = {.width = 64,
		.height = 16,
		.id = 1,
		.many_lines = true,
		.display_mode = ONBON_DISPLAY_STATIC,
		.speed = 4,
		.stay = 4,
		.text = text.data,
		.text_size = text.size};
	onbon_area_update_add(&data, &area);
	assert_frame((struct onbon_head){0, ONBON_DEVICE_ANY}, &data,
		LEAD HEAD
		"2a00"
		"a306010000 00 01 2100 00 0080 0000 4080 1000 01 00 00 0000 00 00 00 02 01 01 00 04 04 06000000"
		"5b02 5b01 b9a602 b9a601 42fa 5a");
	buf_fini(&text);
	buf_fini(&data);
}

static void a_5k_area_equals_the_worked_one(void **state)
{
	struct buf text, data;
	const char *bad;

	buf_init(&text, 256);
	buf_init(&data, 1024);
	onbon_style_add(&text, 16, 1);
	assert_true(onbon_text_add(&text, "反诈", false, false, &bad));
	struct onbon_area area = {.width = 64,
		.height = 16,
		.by_eight = true,
		.display_mode = ONBON_DISPLAY_STATIC,
		.speed = 4,
		.stay = 4,
		.text = text.data,
		.text_size = text.size};
	onbon_area_update_add(&data, &area);
	assert_frame((struct onbon_head){0, 0x51}, &data,
		LEAD "feff008000000000000051023100"
		     "a306010000 00 01 2800 00 0000 0000 0800 1000 00 00 00 0000 00 00 00 01 01 01 00 04 04 0d000000"
		     "5c464f3030305c4331b7b4d5a9 db82 5a");
	buf_fini(&text);
	buf_fini(&data);
}

static void a_voice_area_equals_the_worked_one(void **state)
{
	struct buf text, words, data;
	const char *bad;

	buf_init(&text, 256);
	buf_init(&words, 256);
	buf_init(&data, 1024);
	assert_true(onbon_text_add(&words, "谨防诈骗", false, true, &bad));
	buf_add_text(&text, "\\C1");
	buf_add(&text, words.data, words.size);
	struct onbon_area area = {.width = 128,
		.height = 32,
		.speech = words.data,
		.speech_size = words.size,
		.repeat = 3,
		.volume = 10,
		.voice_speed = 5,
		.display_mode = ONBON_DISPLAY_LEFT,
		.speed = 4,
		.text = text.data,
		.text_size = text.size};
	onbon_area_update_add(&data, &area);
	assert_frame((struct onbon_head){0, ONBON_DEVICE_ANY}, &data,
		LEAD HEAD
		"3e00"
		"a306010000 00 01 3500 00 0080 0000 8080 2000 00 00 00 0000 02 30 0a 05 08000000 bdf7b7c0d5a9c6ad"
		"00 00 01 01 03 00 04 00 0b000000 5c4331bdf7b7c0d5a9c6ad 3adc 5a");
	buf_fini(&text);
	buf_fini(&words);
	buf_fini(&data);
}

/* The file of the worked program: its area block is the one of dynamic areas, its checksum the frame's. */
static void a_program_file_equals_the_worked_one(void **state)
{
	struct buf text, file, data;
	const char *bad;

	buf_init(&text, 256);
	buf_init(&file, 1024);
	buf_init(&data, 1024);
	onbon_style_add(&text, 16, 1);
	assert_true(onbon_text_add(&text, "谨防电信诈骗", false, false, &bad));
	struct onbon_area area = {.width = 128,
		.height = 32,
		.id = 0xff,
		.display_mode = ONBON_DISPLAY_LEFT,
		.speed = 4,
		.text = text.data,
		.text_size = text.size};
	hex_read(&file, "00 50303030 4f000000 ff 0000 01 ffffffffffffffff 01 00 00 01 30000000");
	onbon_area_add(&file, &area);
	assert_int_equal(onbon_crc(file.data, file.size), 0x8183);
	onbon_add_u16(&file, onbon_crc(file.data, file.size));
	assert_int_equal(file.size, 79);
	hex_read(&data, "a106010000 50303030 01 0000 4f00 00000000");
	buf_add(&data, file.data, file.size);
	assert_int_equal(data.size, 97);
	struct buf frame;
	buf_init(&frame, 1024);
	assert_true(onbon_frame_add(&frame, (struct onbon_head){0, ONBON_DEVICE_ANY}, data.data, data.size));
	assert_memory_equal(frame.data + frame.size - 3, "\xd4\x5d\x5a", 3);
	buf_fini(&frame);
	buf_fini(&text);
	buf_fini(&file);
	buf_fini(&data);
}

static void crc_is_arc(void **state)
{
	assert_int_equal(onbon_crc("123456789", 9), 0xbb3d);
}

/*
 * Feeds hex; the last frame's data field goes to *data. Returns frames, and the number of bad ones in *bad.
 */
static unsigned int feed(const char *hex, struct buf *data, unsigned int *bad)
{
	struct onbon_decoder decoder;
	struct onbon_frame frame;
	struct buf bytes;
	unsigned int frames = 0;

	*bad = 0;
	buf_init(&bytes, 1 << 20);
	hex_read(&bytes, hex);
	onbon_decoder_init(&decoder);
	for (size_t i = 0; i < bytes.size; i++) {
		enum onbon_feed fed = onbon_decoder_feed(&decoder, (uint8_t)bytes.data[i], &frame);
		if (fed == ONBON_FRAME) {
			frames++;
			buf_clear(data);
			buf_add(data, frame.data, frame.size);
		}
		*bad += fed == ONBON_BAD;
	}
	onbon_decoder_fini(&decoder);
	buf_fini(&bytes);
	return frames;
}

#define CARD "0080feff000000000000fe02"

static void replies_are_read(void **state)
{
	static const struct {
		const char *frame, *data;
	} cases[] = {
		{LEAD CARD "0500 a000000000 14ac 5a", "a000000000"},
		{"a5" LEAD CARD "0500 a000000000 14ac 5a", "a000000000"},
		{"a5" CARD "0500 a000000000 14ac 5a", "a000000000"},
		{"0011" LEAD CARD "0500 a000000000 14ac 5a ff", "a000000000"},
		{LEAD CARD "0500 a001030000 e550 5a", "a001030000"},
		{LEAD CARD "0500 a001040000 5491 5a", "a001040000"},
		{LEAD CARD "0500 a001050000 0551 5a", "a001050000"},
		{LEAD CARD "0500 a0010c0000 d553 5a", "a0010c0000"},
		{LEAD CARD "0900 a106000000 4f000000 61ef 5a", "a1060000004f000000"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf data;
		unsigned int bad;
		buf_init(&data, 1024);
		assert_int_equal(feed(cases[i].frame, &data, &bad), 1);
		assert_int_equal(bad, 0);
		assert_hex(&data, cases[i].data);
		buf_fini(&data);
	}
}

static void damaged_frames_are_refused(void **state)
{
	static const char *const cases[] = {
		LEAD CARD "0500 a000000000 14ad 5a", /* checksum */
		LEAD CARD "0500 a000000001 14ac 5a", /* a byte changed */
		LEAD CARD "0600 a000000000 14ac 5a", /* longer than it is */
		LEAD CARD "0400 a000000000 14ac 5a", /* shorter than it is */
		LEAD CARD "0500 a0a603000000 14ac 5a", /* no such escape */
		LEAD CARD "0500 a0000000a65a", /* an escape cut off */
		LEAD CARD "0500 a000 a5", /* cut off by the next */
		LEAD "5a", /* nothing */
		LEAD "0080feff000000000500fe020500a00000000014ac5a", /* a check mode that does not exist */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf data;
		unsigned int bad;
		buf_init(&data, 1024);
		assert_int_equal(feed(cases[i], &data, &bad), 0);
		assert_int_equal(bad, 1);
		buf_fini(&data);
	}
}

static void a_sum_and_no_check_are_understood(void **state)
{
	struct buf data;
	unsigned int bad;

	buf_init(&data, 1024);
	/* 80+fe+ff+01+fe+02+05+a0 = 0x0423 */
	assert_int_equal(feed(LEAD "0080feff000000000100fe020500 a000000000 2304 5a", &data, &bad), 1);
	assert_int_equal(feed(LEAD "0080feff000000000100fe020500 a000000000 2404 5a", &data, &bad), 0);
	assert_int_equal(feed(LEAD "0080feff000000000200fe020500 a000000000 5a", &data, &bad), 1);
	buf_fini(&data);
}

static void a_frame_without_end_is_given_up(void **state)
{
	struct onbon_decoder decoder;
	struct onbon_frame frame;
	unsigned int bad = 0;

	onbon_decoder_init(&decoder);
	onbon_decoder_feed(&decoder, 0xa5, &frame);
	for (int i = 0; i < 100000; i++)
		bad += onbon_decoder_feed(&decoder, 0x11, &frame) == ONBON_BAD;
	assert_int_equal(bad, 1);
	assert_true(decoder.bytes.size <= ONBON_FRAME_MOST);
	onbon_decoder_fini(&decoder);
}

static struct onbon_reply reply_of(const struct buf *data)
{
	struct onbon_frame frame = {.data = (const uint8_t *)data->data, .size = data->size};
	struct onbon_reply reply;

	assert_true(onbon_reply_read(&frame, &reply));
	return reply;
}

static void parameters_tell_size_and_device(void **state)
{
	struct onbon_parameters found;
	struct buf data;

	buf_init(&data, 256);
	hex_read(&data, "a20a000000 0100 61 02 8000 2000 01 0000");
	struct onbon_reply reply = reply_of(&data);
	assert_true(onbon_parameters_read(&reply, &found));
	assert_int_equal(found.device, 0x61);
	assert_int_equal(found.width, 128);
	assert_int_equal(found.height, 32);
	reply.size = 7;
	assert_false(onbon_parameters_read(&reply, &found));
	buf_fini(&data);
}

static void font_lists_are_read_in_both_forms(void **state)
{
	static const struct {
		const char *data;
		bool read, gbk;
		unsigned int chinese;
	} cases[] = {
		{"a209000000 02 00 08 10 01 10 10", true, false, 1},
		{"a20900 02 00 08 10 01 10 10", true, false, 1},
		{"a209000000 02 00 08 10 01 10", false, false, 0},
		{"a209000000 03 011010 011818 012020", true, false, 7},
		{"a211000000 02 08 45303030 0810 00 00 08 4f303030 1010 00 02", true, true, 1},
		{"a21100 01 08 4f303030 1818 00 01", true, false, 2},
		{"a211000000 01 09 4f303030 1818 00 01", false, false, 0},
		{"a211000000 01 02 4f30", false, false, 0},
		{"a211000000", false, false, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct onbon_fonts fonts = {0};
		struct buf data;
		buf_init(&data, 256);
		hex_read(&data, cases[i].data);
		struct onbon_reply reply = reply_of(&data);
		assert_int_equal(onbon_fonts_read(&reply, &fonts), cases[i].read);
		assert_int_equal(fonts.chinese, cases[i].chinese);
		assert_int_equal(fonts.gbk, cases[i].gbk);
		buf_fini(&data);
	}
}

#define TAIL "00000000000000000000000000000000 000000000000000000000000"

static void a_status_tells_areas_and_clock(void **state)
{
	static const struct {
		const char *data;
		bool is_5k1, read, has_0, clock;
	} cases[] = {
		{"a102000000 01 0f 2620 11 21 06 163005 01 50303030 00 00 02 00 03" TAIL, false, true, true, true},
		{"a102000000 01 0f 2026 11 21 06 163005 01 50303030 00 00 01 03" TAIL, false, true, false, true},
		{"a102000000 01 0f 2620 11 21 06 163005 01 50303030 01 00" TAIL, true, true, true, true},
		{"a102000000 01 0f ffff 11 21 06 163005 01 50303030 00 00 00" TAIL, false, true, false, false},
		{"a102000000 01 0f 2620 13 21 06 163005 01 50303030 00 00 00" TAIL, false, true, false, false},
		{"a102000000 01 0f 2620 11 21 06 163005 01 50303030 00 00 40" TAIL, false, false, false, false},
		{"a102000000 01 0f 2620 11 21 06 163005 01 50303030 00 00 05 00", false, false, false, false},
		{"a102000000 01 0f 26", false, false, false, false},
		{"a000000000", false, false, false, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct onbon_status status;
		struct buf data;
		buf_init(&data, 256);
		hex_read(&data, cases[i].data);
		struct onbon_reply reply = reply_of(&data);
		assert_int_equal(onbon_status_read(&reply, cases[i].is_5k1, &status), cases[i].read);
		if (cases[i].read) {
			assert_int_equal(onbon_status_has(&status, 0), cases[i].has_0);
			assert_int_equal(status.clock_valid, cases[i].clock);
		}
		if (cases[i].clock)
			assert_int_equal(status.clock.tm_year, 126);
		buf_fini(&data);
	}
}

static void error_numbers_have_their_class(void **state)
{
	static const enum outcome_class classes[] = {CLASS_OK, CLASS_PERM_MSG, CLASS_PERM_MSG, CLASS_RETRY,
		CLASS_PERM_MSG, CLASS_RETRY, CLASS_PERM_MSG, CLASS_RETRY, CLASS_RETRY, CLASS_PERM_MSG, CLASS_PERM_MSG,
		CLASS_RETRY, CLASS_PERM_MSG, CLASS_PERM_MSG, CLASS_PERM_MSG, CLASS_PERM_MSG, CLASS_RETRY, CLASS_RETRY};
	const char *words;

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		assert_int_equal(onbon_error_class((uint8_t)i, &words), classes[i]);
}

static void texts_become_what_the_card_reads(void **state)
{
	static const struct {
		const char *text;
		bool gbk, speech;
		const char *hex; /* NULL: refused at `bad` */
		const char *bad;
	} cases[] = {
		{"反诈110", false, false, "b7b4d5a9313130", NULL},
		{"a\\nb", false, false, "61a3dc6e62", NULL},
		{"a\nb\tc", false, false, "6120622063", NULL},
		{"[n1]", false, true, "a3db6e31a3dd", NULL},
		{"[n1]", false, false, "5b6e315d", NULL},
		{"·—￥", false, false, "a1a4a1aaa3a4", NULL},
		{"镕", true, false, "e946", NULL},
		{"朱镕基", false, false, NULL, "镕基"},
		{"囧", true, false, "87e5", NULL},
		{"大乗", true, false, NULL, "乗"},
		{"好😀", true, false, NULL, "😀"},
		{"", false, false, "", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *bad = NULL;
		struct buf out;
		buf_init(&out, 1024);
		bool made = onbon_text_add(&out, cases[i].text, cases[i].gbk, cases[i].speech, &bad);
		assert_int_equal(made, cases[i].hex != NULL);
		if (made)
			assert_hex(&out, cases[i].hex);
		else
			assert_string_equal(bad, cases[i].bad);
		buf_fini(&out);
	}
}

static void a_long_text_is_converted_whole_and_bounded(void **state)
{
	struct buf text, out;
	const char *bad;

	buf_init(&text, 1 << 16);
	for (int i = 0; i < 1000; i++)
		buf_add_text(&text, i % 7 == 0 ? "诈\\" : "防");
	buf_init(&out, 1 << 16);
	assert_true(onbon_text_add(&out, buf_text(&text), true, false, &bad));
	assert_int_equal(out.size, 2 * (1000 + 143));
	buf_fini(&out);
	buf_init(&out, 100);
	assert_false(onbon_text_add(&out, buf_text(&text), false, false, &bad));
	assert_null(bad);
	buf_fini(&out);
	buf_fini(&text);
}

static void the_largest_face_fits_the_cards_buffer(void **state)
{
	struct onbon_options options = {.width = 128, .height = 32, .device = 0};
	struct onbon_card card;
	struct onbon_head head;
	struct buf data;

	for (options.device = 0; options.device < 2; options.device++) {
		size_t room = onbon_card_room(&options);
		char *text = calloc(1, room + 1);
		memset(text, 'x', room);
		struct board_face face = {.mode = BOARD_STRIP, .text = text};
		onbon_card_init(&card, &options);
		buf_init(&data, 4096);
		for (options.font = 0; options.font < 3; options.font++) {
			buf_clear(&data);
			assert_true(onbon_card_face_add(&data, &head, &card, &face, 0, false));
			assert_true(data.size <= (options.device == 0 ? 1024 : 512));
		}
		buf_fini(&data);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_equal_the_worked_ones),
		cmocka_unit_test(commands_equal_the_worked_ones),
		cmocka_unit_test(an_urgent_slogan_equals_the_worked_one),
		cmocka_unit_test(escapes_equal_the_worked_ones),
		cmocka_unit_test(a_5k_area_equals_the_worked_one),
		cmocka_unit_test(a_voice_area_equals_the_worked_one),
		cmocka_unit_test(a_program_file_equals_the_worked_one),
		cmocka_unit_test(crc_is_arc),
		cmocka_unit_test(replies_are_read),
		cmocka_unit_test(damaged_frames_are_refused),
		cmocka_unit_test(a_sum_and_no_check_are_understood),
		cmocka_unit_test(a_frame_without_end_is_given_up),
		cmocka_unit_test(parameters_tell_size_and_device),
		cmocka_unit_test(font_lists_are_read_in_both_forms),
		cmocka_unit_test(a_status_tells_areas_and_clock),
		cmocka_unit_test(error_numbers_have_their_class),
		cmocka_unit_test(texts_become_what_the_card_reads),
		cmocka_unit_test(a_long_text_is_converted_whole_and_bounded),
		cmocka_unit_test(the_largest_face_fits_the_cards_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
