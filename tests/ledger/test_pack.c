/* What is packed comes back; what was cut or bent is refused and never read past. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ledger/pack.h"

static void positions_come_back(void **state)
{
	const uint32_t list[] = {0, 1, 127, 128, 300, 70000, UINT32_MAX};
	struct unpacked found = {0};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	pack_positions(&out, list, 7);
	assert_true(unpack_positions(out.data, out.size, &found));
	assert_int_equal(found.count, 7);
	assert_memory_equal(found.positions, list, sizeof(list));
	assert_true(unpack_positions(NULL, 0, &found));
	assert_int_equal(found.count, 0);
	/* The last number cut short; a distance of 0; a sum over 32 bits; a number over 64 bits. */
	assert_false(unpack_positions(out.data, out.size - 1, &found));
	assert_false(unpack_positions("\x05\x00", 2, &found));
	assert_false(unpack_positions("\xff\xff\xff\xff\x0f\x01", 6, &found));
	assert_false(unpack_positions("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, &found));
	unpacked_fini(&found);
	buf_fini(&out);
}

static void exclusions_come_back(void **state)
{
	const struct ledger_exclusion list[] = {{3, STATE_OPTED_OUT}, {4, STATE_GONE}, {900000, STATE_CAPPED}};
	struct unpacked found = {0};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	pack_exclusions(&out, list, 3);
	assert_true(unpack_exclusions(out.data, out.size, &found));
	assert_int_equal(found.count, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(found.exclusions[i].position, list[i].position);
		assert_int_equal(found.exclusions[i].state, list[i].state);
	}
	assert_false(unpack_exclusions(out.data, out.size - 1, &found));
	assert_false(unpack_exclusions("\x01\x10", 2, &found));
	unpacked_fini(&found);
	buf_fini(&out);
}

static void assert_states(const uint8_t *states, uint32_t size, char form, size_t most)
{
	uint8_t *found = mem_zalloc(size);
	struct buf out;
	enum state one;

	buf_init(&out, 10 << 20);
	buf_add_text(&out, "in front");
	pack_states(&out, states, size);
	const char *packed = out.data + 8;
	size_t length = out.size - 8;

	assert_int_equal(packed[0], form);
	assert_true(length <= most);
	assert_true(unpack_states(packed, length, found, size));
	assert_memory_equal(found, states, size);
	for (uint32_t i = 0; i < size; i += 1 + size / 100) {
		assert_true(unpack_state(packed, length, i, &one));
		assert_int_equal(one, states[i]);
	}
	assert_false(unpack_states(packed, length, found, size + 2));
	assert_false(unpack_states(packed, length - 1, found, size));
	assert_false(unpack_state(packed, length, size + 2, &one));
	buf_fini(&out);
	free(found);
}

static void states_come_back_in_the_shorter_form(void **state)
{
	enum { SIZE = 100001 };
	uint8_t *states = mem_zalloc(SIZE);

	(void)state;
	memset(states, STATE_DELIVERED, SIZE);
	assert_states(states, SIZE, 'R', 8);
	for (uint32_t i = 0; i < SIZE; i += 97)
		states[i] = STATE_FAILED;
	assert_states(states, SIZE, 'R', 5000);
	for (uint32_t i = 0; i < SIZE; i++)
		states[i] = (uint8_t)(i * 7 % STATE_COUNT);
	assert_states(states, SIZE, 'N', SIZE / 2 + 2);
	assert_states(states, 1, 'N', 2);
	free(states);
}

static void bent_states_are_refused(void **state)
{
	uint8_t found[8];
	enum state one;

	(void)state;
	assert_false(unpack_states("", 0, found, 4));
	assert_false(unpack_states("X", 1, found, 4));
	assert_false(unpack_states("R\x10\x04", 3, found, 4));
	assert_false(unpack_states("R\x01\x00\x01\x04", 5, found, 4));
	assert_false(unpack_states("R\x01\xff\xff\xff\xff\x0f", 7, found, 4));
	assert_false(unpack_state("R\x01", 2, 0, &one));
	assert_false(unpack_state("N\x11", 2, 2, &one));
}

static void assert_receipt(const struct ledger_receipt *found, const struct ledger_receipt *expected, const char *code)
{
	assert_int_equal(found->lane, expected->lane);
	assert_int_equal(found->position, expected->position);
	assert_int_equal(found->count, expected->count);
	assert_int_equal(found->state, expected->state);
	assert_int_equal(found->at_ms, expected->at_ms);
	assert_string_equal(found->code, code);
}

static void receipts_come_back(void **state)
{
	const struct ledger_receipt list[] = {
		{0, 0, 1, STATE_DELIVERED, INT64_C(1795000000000), NULL},
		{0, 17, 1, STATE_FAILED, INT64_C(1795000000500), "UNDELIV"},
		{7, 4000000000u, 200, STATE_HELD, INT64_C(1794999999000), "UNDELIV"},
		{65535, 5, 1, STATE_SHOWN, INT64_MIN, "停机停机停机停机停机"},
		{0, 5, UINT32_MAX, STATE_ACCEPTED, INT64_MAX, ""},
	};
	const char *const codes[] = {"", "UNDELIV", "UNDELIV", "停机停机停机停", ""};
	struct pack_receipts block, reading;
	struct ledger_receipt found;

	(void)state;
	pack_receipts_init(&block);
	for (int i = 0; i < 5; i++)
		pack_receipt(&block, &list[i]);
	assert_int_equal(block.count, 5);
	unpack_receipts(&reading, block.bytes.data, block.bytes.size);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(unpack_receipt(&reading, &found), 1);
		assert_receipt(&found, &list[i], codes[i]);
	}
	assert_int_equal(unpack_receipt(&reading, &found), 0);
	for (size_t cut = 1; cut < block.bytes.size; cut++) {
		int more;

		unpack_receipts(&reading, block.bytes.data, cut);
		while ((more = unpack_receipt(&reading, &found)) == 1)
			;
		assert_true(more == 0 || more == -1);
		assert_true(reading.count < 5);
	}
	pack_receipts_fini(&block);
}

static void many_different_codes_come_back(void **state)
{
	struct pack_receipts block, reading;
	struct ledger_receipt found;
	char code[24];

	(void)state;
	pack_receipts_init(&block);
	for (uint32_t i = 0; i < 500; i++) {
		snprintf(code, sizeof(code), "E-%u", i * 7 % 40);
		pack_receipt(&block,
			&(struct ledger_receipt){.position = i, .count = 1, .state = STATE_FAILED, .code = code});
	}
	unpack_receipts(&reading, block.bytes.data, block.bytes.size);
	for (uint32_t i = 0; i < 500; i++) {
		snprintf(code, sizeof(code), "E-%u", i * 7 % 40);
		assert_int_equal(unpack_receipt(&reading, &found), 1);
		assert_int_equal(found.position, i);
		assert_string_equal(found.code, code);
	}
	pack_receipts_fini(&block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(positions_come_back),
		cmocka_unit_test(exclusions_come_back),
		cmocka_unit_test(states_come_back_in_the_shorter_form),
		cmocka_unit_test(bent_states_are_refused),
		cmocka_unit_test(receipts_come_back),
		cmocka_unit_test(many_different_codes_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
