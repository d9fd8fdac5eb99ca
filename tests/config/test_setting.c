/*
 * Durations, rates, times, addresses and URLs as a configuration writes them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "config/address.h"
#include "config/setting.h"

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
		const char *back;
	} good[] = {
		{"300ms", 300, "300ms"},
		{"3s", 3000, "3s"},
		{"60s", 60000, "1min"},
		{"90s", 90000, "90s"},
		{"10min", 600000, "10min"},
		{"2h", 7200000, "2h"},
		{"72h", 259200000, "3d"},
		{"3d", 259200000, "3d"},
		{"1day", 86400000, "1d"},
		{"1week", 604800000, "1week"},
		{"2weeks", 1209600000, "2week"},
		{"0s", 0, "0s"},
		{"5 min", 300000, "5min"},
		{"36500d", INT64_C(36500) * 86400000, "36500d"},
	};
	static const char *const bad[] = {"", "5", "s", "-5s", "+5s", "5m", "5 sec", "1.5h", "5s ", " 5s", "５s",
		"36501d", "99999999999999999999s", "1h30min", "0x5s"};
	char text[32];
	int64_t ms;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(setting_parse_duration(good[i].text, &ms));
		assert_true(ms == good[i].ms);
		assert_string_equal(setting_duration_text(ms, text), good[i].back);
		assert_true(setting_parse_duration(text, &ms));
		assert_true(ms == good[i].ms);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (setting_parse_duration(bad[i], &ms))
			fail_msg("taken: \"%s\"", bad[i]);
	}
}

static void test_rates(void **state)
{
	static const struct {
		const char *text;
		uint32_t count;
		uint64_t per_ms;
		const char *back;
	} good[] = {
		{"500/s", 500, 1000, "500/s"},
		{"18/min", 18, 60000, "18/min"},
		{"100/h", 100, 3600000, "100/h"},
		{"1000/day", 1000, 86400000, "1000/day"},
		{"1000/d", 1000, 86400000, "1000/day"},
		{"2/week", 2, 604800000, "2/week"},
		{"1/10s", 1, 10000, "1/10s"},
		{"3/2d", 3, 172800000, "3/2d"},
		{"4294967295/s", 4294967295, 1000, "4294967295/s"},
		{"unlimited", 0, 1000, "unlimited"},
	};
	/* "0/s" would mean no limit where somebody meant no sending at all. */
	static const char *const bad[] = {"", "0/s", "5", "5/", "/s", "5/0s", "-1/s", "5/m", "5 /s", "4294967296/s",
		"Unlimited", "5/s/s", "none"};
	char text[32];
	struct rate rate;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(setting_parse_rate(good[i].text, &rate));
		assert_int_equal(rate.count, good[i].count);
		assert_true(rate.per_ms == good[i].per_ms);
		assert_string_equal(setting_rate_text(rate, text), good[i].back);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (setting_parse_rate(bad[i], &rate))
			fail_msg("taken: \"%s\"", bad[i]);
	}
}

static void test_times(void **state)
{
	static const struct {
		const char *text;
		int minutes;
	} good[] = {{"08:00", 480}, {"8:05", 485}, {"00:00", 0}, {"23:59", 1439}, {"24:00", 1440}};
	static const char *const bad[] = {"", "8", "8:5", "24:01", "25:00", "08:60", "008:00", "08:000", "-1:00",
		"08：00", "8:00 "};
	int minutes;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(setting_parse_time(good[i].text, &minutes));
		assert_int_equal(minutes, good[i].minutes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (setting_parse_time(bad[i], &minutes))
			fail_msg("taken: \"%s\"", bad[i]);
	}
}

static void test_addresses(void **state)
{
	static const struct {
		const char *text, *port, *normal;
	} cases[] = {
		{"127.0.0.1:5005", NULL, "127.0.0.1:5005"},
		{"127.0.0.1", "5005", "127.0.0.1:5005"},
		{"[::1]:5005", NULL, "[::1]:5005"},
		{"[fe80::1]", "80", "[fe80::1]:80"},
		{"127.0.0.1", NULL, NULL},
		{"::1", "80", NULL},
		{"sign.example.cn:80", NULL, NULL},
		{"127.0.0.1:0", NULL, NULL},
		{"127.0.0.1:65536", NULL, NULL},
		{"127.0.0.1:", "80", NULL},
		{"127.0.0.1:8o", NULL, NULL},
		{"[::1", "80", NULL},
		{"[::1]x", "80", NULL},
		{"[127.0.0.1]:80", NULL, NULL},
		{"", "80", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *normal = address_normal(cases[i].text, cases[i].port);
		if (cases[i].normal == NULL && normal != NULL)
			fail_msg("taken: \"%s\" as \"%s\"", cases[i].text, normal);
		if (cases[i].normal != NULL)
			assert_string_equal(normal, cases[i].normal);
		free(normal);
	}
}

static void test_urls(void **state)
{
	static const struct {
		const char *text;
		bool good, loopback;
	} cases[] = {
		{"https://example.cn/a?b=c", true, false},
		{"http://127.0.0.1:13013/cgi-bin/sendsms", true, true},
		{"http://127.255.1.2", true, true},
		{"http://[::1]:80/", true, true},
		{"http://LOCALHOST", true, true},
		{"http://128.0.0.1/", true, false},
		{"http://localhost.example.cn/", true, false},
		{"http://127.0.0.1.example.cn/", true, false},
		{"http://2130706433/", true, false}, /* a number that some resolvers read as loopback */
		{"http://user:word@127.0.0.1/", false, false},
		{"http://example.cn@127.0.0.1/", false, false},
		{"http://", false, false},
		{"http:///x", false, false},
		{"://x", false, false},
		{"example.cn", false, false},
		{"http://a b/", false, false},
		{"http://例子.cn/", false, false},
		{"http://x:99999/", false, false},
		{"http://x\n/", false, false},
	};
	struct url url;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good = url_parse(cases[i].text, &url);
		if (good != cases[i].good || (good && url_is_loopback(&url) != cases[i].loopback))
			fail_msg("%s", cases[i].text);
	}
	assert_true(url_parse("HTTP://x", &url));
	assert_true(url_has_scheme(&url, "http"));
	assert_false(url_has_scheme(&url, "https"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
