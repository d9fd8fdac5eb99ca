/*
 * The world's own decoders against the vectors of the references: http-apis.md 9 and 14, operators.md 2.1,
 * led-signs.md 3.
 */
#include "ask.h"

#include "world/area.h"
#include "world/frame.h"
#include "world/query.h"
#include "world/secret.h"
#include "world/sms.h"
#include "world/window.h"

static size_t of_hex(const char *hex, uint8_t *out)
{
	size_t count = 0;
	unsigned int byte;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		assert_int_equal(sscanf(hex, "%2x", &byte), 1);
		out[count++] = (uint8_t)byte;
		hex++;
	}
	return count;
}

#define A5X8 "a5a5a5a5a5a5a5a5 "

/* Feeds all bytes; returns the last state that was not MORE. */
static enum world_frame_state feed(struct world_frame_reader *reader, const uint8_t *bytes, size_t size,
	struct world_frame *frame)
{
	enum world_frame_state last = WORLD_FRAME_MORE;

	for (size_t i = 0; i < size; i++) {
		enum world_frame_state state = world_frame_byte(reader, bytes[i], frame);
		last = state == WORLD_FRAME_MORE ? last : state;
	}
	return last;
}

static void worked_frames_are_read(void **state)
{
	static const struct {
		const char *hex;
		uint16_t size;
		uint8_t group, command;
	} cases[] = {
		{A5X8 "feff0080000000000000fe020500 a200010000 4cdc 5a", 5, 0xa2, 0x00},
		{A5X8 "feff0080000000000000fe020500 a102010000 0964 5a", 5, 0xa1, 0x02},
		{A5X8 "feff0080000000000000fe020500 a20a010000 4f04 5a", 5, 0xa2, 0x0a},
		{A5X8 "feff0080000000000000fe020600 a30001000002 1df0 5a", 6, 0xa3, 0x00},
		{A5X8 "feff0080000000000000fe020d00 a2030100002620112116300506 8e09 5a", 13, 0xa2, 0x03},
		{A5X8 "feff0080000000000000fe020700 a306010000ff00 7d6f 5a", 7, 0xa3, 0x06},
		{"a5 0080feff000000000000fe020500 a000000000 14ac 5a", 5, 0xa0, 0x00},
		{"a5" A5X8 "0080feff000000000000fe020500 a0010c0000 d553 5a", 5, 0xa0, 0x01},
		{A5X8 "0080feff000000000000fe020900 a106000000 4f000000 61ef 5a", 9, 0xa1, 0x06},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world_frame_reader *reader = mem_zalloc(sizeof(*reader));
		struct world_frame frame;
		uint8_t bytes[256];
		size_t size = of_hex(cases[i].hex, bytes);
		assert_int_equal(feed(reader, bytes, size, &frame), WORLD_FRAME_WHOLE);
		assert_int_equal(frame.size, cases[i].size);
		assert_int_equal(frame.data[0], cases[i].group);
		assert_int_equal(frame.data[1], cases[i].command);
		free(reader);
	}
}

static void damaged_frames_are_told_apart(void **state)
{
	static const struct {
		const char *hex;
		enum world_frame_state wanted;
	} cases[] = {
		{A5X8 "feff0080000000000000fe020500 a200010000 4cdd 5a", WORLD_FRAME_BAD_SUM},
		{A5X8 "feff0080000000000000fe020600 a200010000 4cdc 5a", WORLD_FRAME_BAD},
		{A5X8 "feff0080000000000000fe020500 a20001a603 4cdc 5a", WORLD_FRAME_BAD},
		{A5X8 "feff00 5a", WORLD_FRAME_BAD},
		{A5X8 "feff0080000000000000fe020500 a20001 " A5X8, WORLD_FRAME_BAD},
		{"feff0080000000000000fe020500 a200010000 4cdc 5a", WORLD_FRAME_MORE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world_frame_reader *reader = mem_zalloc(sizeof(*reader));
		struct world_frame frame;
		uint8_t bytes[256];
		size_t size = of_hex(cases[i].hex, bytes);
		assert_int_equal(feed(reader, bytes, size, &frame), cases[i].wanted);
		free(reader);
	}
}

static void a_frame_without_end_stays_bounded(void **state)
{
	struct world_frame_reader *reader = mem_zalloc(sizeof(*reader));
	struct world_frame frame;

	world_frame_byte(reader, 0xa5, &frame);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(world_frame_byte(reader, 0x11, &frame), WORLD_FRAME_MORE);
	assert_int_equal(world_frame_byte(reader, 0x5a, &frame), WORLD_FRAME_BAD);
	free(reader);
}

static void crc_is_arc(void **state)
{
	assert_int_equal(world_frame_crc((const uint8_t *)"123456789", 9), 0xbb3d);
}

static void an_ack_is_written_as_the_reference_has_it(void **state)
{
	static const uint8_t ack[] = {0xa0, 0, 0, 0, 0};
	struct world_frame asked = {.to = 0xfffe, .from = 0x8000, .device = 0xfe};
	uint8_t wanted[64];
	size_t size = of_hex(A5X8 "0080feff000000000000fe020500 a000000000 14ac 5a", wanted);
	struct buf out;

	buf_init(&out, 256);
	world_frame_write(&out, &asked, ack, sizeof(ack), false);
	assert_int_equal(out.size, size);
	assert_memory_equal(out.data, wanted, size);
	buf_fini(&out);
}

static void read_area(const char *hex, struct world_area *area)
{
	struct world_frame_reader *reader = mem_zalloc(sizeof(*reader));
	struct world_frame frame;
	uint8_t bytes[512];
	size_t size = of_hex(hex, bytes);

	assert_int_equal(feed(reader, bytes, size, &frame), WORLD_FRAME_WHOLE);
	assert_int_equal(frame.data[6], 1);
	size_t length = (size_t)(frame.data[7] | frame.data[8] << 8);
	assert_int_equal(frame.size, 9 + length);
	assert_true(world_area_read(area, frame.data + 9, length));
	free(reader);
}

static void the_urgent_slogan_is_understood(void **state)
{
	struct world_area area;

	read_area(A5X8
		"feff0080000000000001fe024500 a306010000 00 01 3c00 00 0080 0000 8080 2000 00 00 02 5b0200 00 00 00"
		"01 01 03 00 04 00 21000000 5c464f303030 5c4331 bdf7b7c0b5e7d0c5d5a9c6ad 20 b1a8beafc7ebb2a601 313130"
		"1be2 5a",
		&area);
	assert_string_equal(area.text, "谨防电信诈骗 报警请拨110");
	assert_int_equal(area.lease_s, 90);
	assert_int_equal(area.width, 128);
	assert_int_equal(area.height, 32);
	assert_int_equal(area.effect, 3);
	assert_int_equal(area.colour, '1');
	assert_int_equal(area.strange, 0);
	free(area.text);
}

static void escapes_inside_text_are_undone(void **state)
{
	struct world_area area;

	read_area(A5X8
		"feff0080000000000000fe022a00 a306010000 00 01 2100 00 0080 0000 4080 1000 01 00 00 0000 00 00 00"
		"02 01 01 00 04 04 06000000 5b02 5b01 b9a602 b9a601 42fa 5a",
		&area);
	assert_string_equal(area.text, "Z[攻功");
	assert_int_equal(area.id, 1);
	assert_int_equal(area.lease_s, 0);
	assert_int_equal(area.stay, 4);
	free(area.text);
}

static void old_cards_count_in_eights(void **state)
{
	struct world_area area;

	read_area(A5X8
		"feff008000000000000051023100 a306010000 00 01 2800 00 0000 0000 0800 1000 00 00 00 0000 00 00 00"
		"01 01 01 00 04 04 0d000000 5c464f3030305c4331b7b4d5a9 db82 5a",
		&area);
	assert_string_equal(area.text, "反诈");
	assert_int_equal(area.width, 64);
	free(area.text);
}

static void sound_before_the_text_is_skipped(void **state)
{
	struct world_area area;

	read_area(A5X8
		"feff0080000000000000fe023e00 a306010000 00 01 3500 00 0080 0000 8080 2000 00 00 00 0000 02 30 0a 05"
		"08000000 bdf7b7c0d5a9c6ad 00 00 01 01 03 00 04 00 0b000000 5c4331bdf7b7c0d5a9c6ad 3adc 5a",
		&area);
	assert_string_equal(area.text, "谨防诈骗");
	assert_int_equal(area.sound, 2);
	free(area.text);
}

static void what_a_card_cannot_show_is_counted(void **state)
{
	/* A GBK character outside GB 2312, an unknown escape, and two font heights. */
	static const uint8_t text[] = "\x81\x5c\\Q\\FO000\xb7\xb4\\FO001\xd5\xa9\\n1";
	uint8_t block[27 + sizeof(text) - 1] = {0};
	struct world_area area;

	block[7] = 16;
	block[23] = sizeof(text) - 1;
	memcpy(block + 27, text, sizeof(text) - 1);
	assert_true(world_area_read(&area, block, sizeof(block)));
	assert_true(area.mixed_fonts);
	assert_true(area.strange >= 2);
	assert_non_null(strstr(area.text, "反诈\n1"));
	free(area.text);
	block[23]++;
	assert_false(world_area_read(&area, block, sizeof(block)));
}

static void parts_are_counted_as_billed(void **state)
{
	static const struct {
		unsigned int characters, parts;
	} cases[] = {{1, 1}, {69, 1}, {70, 1}, {71, 2}, {134, 2}, {135, 3}, {201, 3}, {202, 4}, {500, 8}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf text;
		buf_init(&text, 4096);
		for (unsigned int j = 0; j < cases[i].characters; j++)
			buf_add_text(&text, "诈");
		assert_int_equal(world_sms_parts(buf_text(&text), text.size, 2), cases[i].parts);
		buf_fini(&text);
	}
}

static void coding_zero_is_seven_bits(void **state)
{
	char text[] = "Dial 110 [反诈]`é€";
	char full[162];

	assert_int_equal(world_sms_squeeze(text), 3);
	assert_string_equal(text, "Dial 110 [??]?é€");
	memset(full, 'a', 161);
	full[161] = '\0';
	assert_int_equal(world_sms_parts(full, 160, 0), 1);
	assert_int_equal(world_sms_parts(full, 161, 0), 2);
	full[0] = '[';
	assert_int_equal(world_sms_parts(full, 160, 0), 2);
}

static void charsets_are_honoured(void **state)
{
	char *text = world_sms_decode("\x53\xcd\x8b\xc8\0001", 6, "UTF-16BE");

	assert_string_equal(text, "反诈1");
	free(text);
	text = world_sms_decode("\xb7\xb4\xd5\xa9", 4, "GBK");
	assert_string_equal(text, "反诈");
	free(text);
	assert_null(world_sms_decode("\xff\xfe", 2, "UTF-8"));
	assert_null(world_sms_decode("a", 1, "NO-SUCH"));
}

static void numbers_are_read_in_three_spellings(void **state)
{
	assert_int_equal(world_sms_phone("13800000001", 11), 13800000001);
	assert_int_equal(world_sms_phone("8613800000001", 13), 13800000001);
	assert_int_equal(world_sms_phone("+8613800000001", 14), 13800000001);
	assert_int_equal(world_sms_phone("138000000", 9), 0);
	assert_int_equal(world_sms_phone("1380000000x", 11), 0);
	assert_int_equal(world_sms_phone("+13800000001", 12), 0);
}

static void queries_keep_every_byte(void **state)
{
	struct world_query query;

	world_query_read(&query,
		"to=138+139&text=%53%CD%00a&empty=&&flag&dlr-url=http%3A%2F%2Fh%2F%3Fd%3D%25d&bad=%zz%4");
	assert_string_equal(world_query_text(&query, "to", ""), "138 139");
	assert_int_equal(world_query_field(&query, "text")->size, 4);
	assert_memory_equal(world_query_field(&query, "text")->value, "\x53\xcd\0a", 4);
	assert_string_equal(world_query_text(&query, "empty", "x"), "");
	assert_string_equal(world_query_text(&query, "flag", "x"), "");
	assert_string_equal(world_query_text(&query, "dlr-url", ""), "http://h/?d=%d");
	assert_string_equal(world_query_text(&query, "bad", ""), "%zz%4");
	assert_null(world_query_field(&query, "none"));
	world_query_fini(&query);
}

static void urls_are_taken_apart(void **state)
{
	struct world_url url;

	assert_true(world_url_read(&url, "http://127.0.0.1:18080/a?b=c"));
	assert_string_equal(url.host, "127.0.0.1");
	assert_int_equal(url.port, 18080);
	assert_string_equal(url.path, "/a?b=c");
	assert_true(world_url_read(&url, "http://localhost"));
	assert_string_equal(url.path, "/");
	assert_false(world_url_read(&url, "https://127.0.0.1/"));
	assert_false(world_url_read(&url, "http://127.0.0.1:99999/"));
	assert_false(world_url_read(&url, "http://"));
}

static void base64_and_md5_match_the_vectors(void **state)
{
	size_t size;
	char sum[33];
	const char *mac = "测试县公安局crierSecret-113800000001,13800000002反诈测试短信abcDEF123";
	char *text = world_base64_read("aGVsbG8=", 8, &size);

	assert_string_equal(text, "hello");
	free(text);
	world_md5("hello", 5, sum);
	assert_string_equal(sum, "5d41402abc4b2a76b9719d911017c592");
	world_md5(mac, strlen(mac), sum);
	assert_string_equal(sum, "3d06a2d1bd7abdb9eb6f332cfae08b55");
	assert_null(world_base64_read("aGVsbG8", 7, &size));
	assert_null(world_base64_read("aG=sbG8=", 8, &size));
	assert_null(world_base64_read("a===", 4, &size));
	assert_null(world_base64_read("a-b=", 4, &size));
}

/* A fixed stream of bytes that look random, biased towards what the decoders treat specially. */
static uint8_t noise(uint64_t *at)
{
	static const uint8_t special[] = {0xa5, 0xa6, 0x5a, 0x5b, 0x5c, 0, 1, 2, '%', '&', '=', 'F', 'O', 'C', '0',
		'1'};

	*at = *at * 6364136223846793005u + 1442695040888963407u;
	uint8_t byte = (uint8_t)(*at >> 56);
	return (*at >> 40 & 1) != 0 ? special[byte % sizeof(special)] : byte;
}

static void noise_is_survived(void **state)
{
	struct world_frame_reader *reader = mem_zalloc(sizeof(*reader));
	struct world_frame frame;
	uint64_t seed = 1;

	for (size_t i = 0; i < 300000; i++)
		world_frame_byte(reader, noise(&seed), &frame);
	for (size_t i = 0; i < 20000; i++) {
		uint8_t bytes[64];
		char text[65] = "";
		struct world_area area;
		struct world_query query;
		struct world_url url;
		size_t made;
		for (size_t j = 0; j < sizeof(bytes); j++)
			text[j] = (char)(bytes[j] = noise(&seed));
		bytes[14] = i % 3;
		if (i % 2 == 0)
			memcpy(bytes + 23, "\x25\0\0\0", 4);
		if (world_area_read(&area, bytes, i % 2 == 0 ? sizeof(bytes) : bytes[0] % 64))
			free(area.text);
		world_query_read(&query, text);
		world_query_fini(&query);
		world_url_read(&url, text);
		free(world_base64_read(text, strlen(text), &made));
		free(world_sms_decode(text, sizeof(bytes), i % 2 == 0 ? "UTF-16BE" : "GBK"));
	}
	free(reader);
}

static void windows_slide(void **state)
{
	struct world_window window;

	world_window_init(&window);
	world_window_add(&window, 1000, 1000, 5);
	world_window_add(&window, 1500, 1000, 5);
	assert_int_equal(world_window_would(&window, 1999, 1000, 1), 11);
	assert_int_equal(world_window_would(&window, 2000, 1000, 1), 6);
	world_window_add(&window, 2400, 1000, 7);
	world_window_add(&window, 2400, 1000, 1);
	assert_int_equal(window.sum, 13);
	assert_int_equal(window.largest, 7);
	assert_int_equal(world_window_most(&window, 1000), 13);
	assert_int_equal(world_window_most(&window, 900), 10);
	assert_int_equal(world_window_most(&window, 500), 8);
	assert_int_equal(world_window_most(&window, 901), 13);
	assert_int_equal(world_window_most(&window, 100000), 18);
	world_window_fini(&window);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worked_frames_are_read),
		cmocka_unit_test(damaged_frames_are_told_apart),
		cmocka_unit_test(a_frame_without_end_stays_bounded),
		cmocka_unit_test(crc_is_arc),
		cmocka_unit_test(an_ack_is_written_as_the_reference_has_it),
		cmocka_unit_test(the_urgent_slogan_is_understood),
		cmocka_unit_test(escapes_inside_text_are_undone),
		cmocka_unit_test(old_cards_count_in_eights),
		cmocka_unit_test(sound_before_the_text_is_skipped),
		cmocka_unit_test(what_a_card_cannot_show_is_counted),
		cmocka_unit_test(parts_are_counted_as_billed),
		cmocka_unit_test(coding_zero_is_seven_bits),
		cmocka_unit_test(charsets_are_honoured),
		cmocka_unit_test(numbers_are_read_in_three_spellings),
		cmocka_unit_test(queries_keep_every_byte),
		cmocka_unit_test(urls_are_taken_apart),
		cmocka_unit_test(base64_and_md5_match_the_vectors),
		cmocka_unit_test(noise_is_survived),
		cmocka_unit_test(windows_slide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
