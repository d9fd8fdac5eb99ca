/*
 * Length and parts of an SMS by cases. Reads tests/cases/text/segments.json or the files given as arguments:
 *
 *	{"cases": [{"name": "...", "text": "...", "times": 1, "rule": "mainland" | "international",
 *		"coding": "ucs2" | "gsm", "units": 1, "parts": 1, "segments": [1]}]}
 *
 * The text is repeated "times" times (default 1); "coding" and "segments" (units of each part) may be left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "text/segment.h"

static char **files;
static size_t file_count;

static bool segments_agree(const struct buf *text, enum segment_rule rule, json_t *wanted)
{
	struct segment_walk walk;
	struct segment segment;
	size_t count = 0, offset = 0;

	segment_begin(&walk, buf_text(text), text->size, rule);
	for (; segment_next(&walk, &segment); count++) {
		if (segment.offset != offset || !utf8_valid(buf_text(text) + offset, segment.size, NULL))
			return false;
		offset += segment.size;
		if (wanted != NULL && json_integer_value(json_array_get(wanted, count)) != segment.units)
			return false;
	}
	return offset == text->size && (wanted == NULL || count == json_array_size(wanted));
}

static bool run_case(json_t *test)
{
	json_t *piece = json_object_get(test, "text"), *times = json_object_get(test, "times");
	const char *rule_name = json_string_value(json_object_get(test, "rule"));
	const char *coding = json_string_value(json_object_get(test, "coding"));
	enum segment_rule rule = rule_name != NULL && strcmp(rule_name, "international") == 0 ? SEGMENT_INTERNATIONAL
											      : SEGMENT_MAINLAND;
	struct buf text;

	buf_init(&text, 1024 * 1024);
	for (json_int_t i = 0; i < (times == NULL ? 1 : json_integer_value(times)); i++)
		buf_add(&text, json_string_value(piece), json_string_length(piece));
	struct segment_count count = segment_count(buf_text(&text), text.size, rule);
	bool good = count.units == json_integer_value(json_object_get(test, "units")) &&
		count.parts == json_integer_value(json_object_get(test, "parts")) &&
		(coding == NULL || (strcmp(coding, "gsm") == 0) == (count.coding == SEGMENT_GSM)) &&
		segments_agree(&text, rule, json_object_get(test, "segments"));
	if (!good)
		print_error("%s: got %u units, %u parts, %s\n", json_string_value(json_object_get(test, "name")),
			count.units, count.parts, count.coding == SEGMENT_GSM ? "gsm" : "ucs2");
	buf_fini(&text);
	return good;
}

static void cases_count_as_expected(void **state)
{
	size_t bad = 0, total = 0, index;

	for (size_t i = 0; i < file_count; i++) {
		json_error_t error;
		json_t *root = json_load_file(files[i], 0, &error), *test;
		if (root == NULL)
			print_error("%s: %s, line %d\n", files[i], error.text, error.line);
		assert_non_null(root);
		json_array_foreach(json_object_get(root, "cases"), index, test)
		{
			total++;
			bad += !run_case(test);
		}
		json_decref(root);
	}
	print_message("%zu cases\n", total);
	assert_true(total > 0);
	assert_int_equal(bad, 0);
}

static void parts_of_plain_units_follow_the_same_bounds(void **state)
{
	char text[1001];

	memset(text, 'a', 1000);
	for (unsigned int units = 0; units <= 1000; units++) {
		assert_int_equal(segment_parts(units, SEGMENT_UCS2),
			segment_count(text, units, SEGMENT_MAINLAND).parts);
		assert_int_equal(segment_parts(units, SEGMENT_GSM),
			segment_count(text, units, SEGMENT_INTERNATIONAL).parts);
	}
}

static void ucs2_has_the_bytes_of_utf16_big_endian(void **state)
{
	const uint8_t wanted[] = {0x8b, 0x66, 0x00, 'a', 0x00, 0xe9, 0xd8, 0x3d, 0xde, 0x00, 0xff, 0x01, 0x20, 0x1c};
	const char *text = "警aé😀！“";
	uint8_t out[64];

	assert_int_equal(segment_to_ucs2(text, strlen(text), out, sizeof(out)), sizeof(wanted));
	assert_memory_equal(out, wanted, sizeof(wanted));
	assert_int_equal(segment_to_ucs2(text, strlen(text), NULL, 0), sizeof(wanted));
	out[4] = 0x77;
	assert_int_equal(segment_to_ucs2(text, strlen(text), out, 4), sizeof(wanted));
	assert_int_equal(out[4], 0x77);
}

static void malformed_bytes_are_not_encoded(void **state)
{
	const char *bad[] = {"\xff", "\xe8\xad", "\xe8\xadz", "\xed\xa0\x80", "\xe0\x80\x80", "\xf5\x80\x80\x80",
		"a\xc0\xaf"};
	uint8_t out[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(segment_to_ucs2(bad[i], strlen(bad[i]), out, sizeof(out)), SIZE_MAX);
		assert_int_equal(segment_to_gsm(bad[i], strlen(bad[i]), out, sizeof(out)), SIZE_MAX);
	}
}

static void every_character_comes_back_from_ucs2(void **state)
{
	struct buf back;
	char text[4];
	uint8_t bytes[8];

	buf_init(&back, 16);
	for (uint32_t code = 1; code <= 0x10ffff; code++) {
		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		size_t size = utf8_put(code, text);
		size_t used = segment_to_ucs2(text, size, bytes, sizeof(bytes));
		assert_int_equal(used, code > 0xffff ? 4 : 2);
		buf_clear(&back);
		assert_true(segment_from_ucs2(bytes, used, &back));
		assert_true(back.size == size && memcmp(back.data, text, size) == 0);
	}
	buf_fini(&back);
}

static void broken_ucs2_is_refused(void **state)
{
	const struct {
		uint8_t bytes[4];
		size_t size;
	} bad[] = {{{0x8b}, 1}, {{0x8b, 0x66, 0x00}, 3}, {{0xd8, 0x3d}, 2}, {{0xde, 0x00}, 2},
		{{0xd8, 0x3d, 0x00, 0x41}, 4}};
	struct buf out;

	buf_init(&out, 64);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(segment_from_ucs2(bad[i].bytes, bad[i].size, &out));
	buf_fini(&out);
}

static void every_septet_comes_back(void **state)
{
	struct buf text;
	uint8_t septets[8];

	buf_init(&text, 16);
	for (unsigned int i = 0; i < 256; i++) {
		/* 0–127 basic, 128–255 behind an escape, where only the extension table has its own. */
		uint8_t code[2] = {0x1b, (uint8_t)(i & 0x7f)};
		if ((i & 0x7f) == 0x1b)
			continue;
		buf_clear(&text);
		assert_true(segment_from_gsm(i < 128 ? code + 1 : code, i < 128 ? 1 : 2, &text));
		size_t used = segment_to_gsm(buf_text(&text), text.size, septets, sizeof(septets));
		assert_in_range(used, 1, 2);
		assert_int_equal(septets[used - 1], code[1]);
		if (i < 128)
			assert_int_equal(used, 1);
	}
	buf_fini(&text);
}

static void gsm_text_packs_to_known_bytes(void **state)
{
	/* Known from the field: "hello" is E8329BFD06, "hellohello" E8329BFD4697D9EC37. */
	const uint8_t wanted[] = {0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0xd9, 0xec, 0x37};
	uint8_t septets[16], packed[16], back[16];

	assert_int_equal(segment_to_gsm("hellohello", 10, septets, sizeof(septets)), 10);
	assert_int_equal(segment_pack(septets, 10, 0, packed), 9);
	assert_memory_equal(packed, wanted, 9);
	segment_unpack(packed, 9, 0, back, 10);
	assert_memory_equal(back, septets, 10);
	const uint8_t euro[] = {0x1b, 0x65};
	assert_int_equal(segment_to_gsm("€", 3, septets, sizeof(septets)), 2);
	assert_memory_equal(septets, euro, 2);
	assert_int_equal(segment_to_gsm("警", 3, septets, sizeof(septets)), SIZE_MAX);
}

static void packing_comes_back_at_every_length_and_fill(void **state)
{
	uint8_t septets[160], back[160], packed[160];

	for (unsigned int fill = 0; fill < 7; fill++) {
		for (size_t count = 0; count <= 153; count++) {
			for (size_t i = 0; i < count; i++)
				septets[i] = (uint8_t)((i * 37 + fill + count) & 0x7f);
			size_t size = segment_pack(septets, count, fill, packed);
			assert_int_equal(size, (fill + 7 * count + 7) / 8);
			segment_unpack(packed, size, fill, back, count);
			assert_memory_equal(back, septets, count);
		}
	}
}

/* Among Chinese characters, where they are taken by two, at every place of such a pair and near the end. */
static void every_character_finds_its_place_in_ucs2(void **state)
{
	static const char *const around[][2] = {{"", ""}, {"请", ""}, {"", "请"}, {"请您", "转账"}, {"a", "转账汇款"},
		{"请a", "1转账汇"}, {"请您勿", "转"}};

	for (uint32_t code = 1; code < 0x11000; code += code < 0x3000 || code >= 0xd000 ? 1 : 7) {
		char bytes[5] = "", text[64];
		uint8_t ucs2[64];
		struct buf back;

		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		bytes[utf8_put(code, bytes)] = '\0';
		for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
			int size = snprintf(text, sizeof(text), "%s%s%s", around[i][0], bytes, around[i][1]);
			size_t used = segment_to_ucs2(text, (size_t)size, ucs2, sizeof(ucs2));
			assert_int_equal(used, 2 * segment_count(text, (size_t)size, SEGMENT_MAINLAND).units);
			buf_init(&back, 256);
			assert_true(segment_from_ucs2(ucs2, used, &back));
			assert_string_equal(buf_text(&back), text);
			buf_fini(&back);
		}
	}
}

static void what_is_no_character_is_refused_among_others(void **state)
{
	static const char *const bad[] = {"\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xe8\xaf",
		"\xe8\x2f\xb7", "\xe8\xaf\xc7", "\x80", "\xff", "\xc1\xbf"};
	uint8_t ucs2[64];
	char text[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (int before = 0; before < 4; before++) {
			int size = snprintf(text, sizeof(text), "%.*s%s%s", before * 3, "请您勿转", bad[i], "转账汇款");
			assert_true(segment_to_ucs2(text, (size_t)size, ucs2, sizeof(ucs2)) == SIZE_MAX);
		}
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character_finds_its_place_in_ucs2),
		cmocka_unit_test(what_is_no_character_is_refused_among_others),
		cmocka_unit_test(cases_count_as_expected),
		cmocka_unit_test(parts_of_plain_units_follow_the_same_bounds),
		cmocka_unit_test(ucs2_has_the_bytes_of_utf16_big_endian),
		cmocka_unit_test(malformed_bytes_are_not_encoded),
		cmocka_unit_test(every_character_comes_back_from_ucs2),
		cmocka_unit_test(broken_ucs2_is_refused),
		cmocka_unit_test(every_septet_comes_back),
		cmocka_unit_test(gsm_text_packs_to_known_bytes),
		cmocka_unit_test(packing_comes_back_at_every_length_and_fill),
	};
	const char *source = getenv("CRIER_SOURCE");
	char *own = mem_printf("%s/tests/cases/text/segments.json", source != NULL ? source : ".");

	files = argc > 1 ? argv + 1 : &own;
	file_count = argc > 1 ? (size_t)argc - 1 : 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(own);
	return failed;
}
