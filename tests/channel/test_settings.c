/* The rows of every kind: what they fall back to must be what a configuration could say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "channel/channel.h"

static bool is_choice(const struct setting *row, const char *word)
{
	for (size_t i = 0; row->choices[i] != NULL; i++)
		if (strcmp(row->choices[i], word) == 0)
			return true;
	return false;
}

static void check_row(const struct channel_kind *kind, const struct setting *row)
{
	int64_t ms;

	if (row->help == NULL || row->offset >= kind->options_size || (row->required && row->fallback != NULL))
		fail_msg("%s: %s", kind->name, row->key);
	if (row->fallback == NULL)
		return;
	if (row->type == SETTING_DURATION && !setting_parse_duration(row->fallback, &ms))
		fail_msg("%s: %s = %s", kind->name, row->key, row->fallback);
	if (row->type == SETTING_CHOICE && !is_choice(row, row->fallback))
		fail_msg("%s: %s = %s", kind->name, row->key, row->fallback);
}

static void every_default_can_be_written(void **state)
{
	const struct channel_kind *const *kinds = channel_kinds();

	for (size_t i = 0; kinds[i] != NULL; i++) {
		struct rate rate;
		assert_true(setting_parse_rate(kinds[i]->rate, &rate));
		assert_true(kinds[i]->window >= 1 && kinds[i]->batch >= 1);
		for (const struct setting *row = kinds[i]->settings; row->key != NULL; row++)
			check_row(kinds[i], row);
	}
}

static void every_crowd_has_a_dry_run(void **state)
{
	bool has[CROWD_COUNT] = {false};
	const struct channel_kind *const *kinds = channel_kinds();

	for (size_t i = 0; kinds[i] != NULL; i++)
		if (strncmp(kinds[i]->name, "null", 4) == 0)
			has[medium_crowd(kinds[i]->medium)] = true;
	for (int crowd = 0; crowd < CROWD_COUNT; crowd++)
		assert_true(has[crowd]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_default_can_be_written),
		cmocka_unit_test(every_crowd_has_a_dry_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
