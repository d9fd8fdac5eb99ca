/* The small readers: sums of money, points in time, numbers and links that must not leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "alert/moment.h"
#include "alert/money.h"
#include "alert/privacy.h"
#include "base/buf.h"
#include "base/clock.h"

struct pair {
	const char *text, *value; /* NULL: refused */
};

static void sums_of_money_are_exact(void **state)
{
	static const struct pair rows[] = {{"128000", "128000"}, {"12.8万元", "128000"}, {"12.8万", "128000"},
		{"8.6万元", "86000"}, {"46万", "460000"}, {"1.2亿元", "120000000"}, {"0.1万", "1000"},
		{"12万8千元", "128000"}, {"12万8000元", "128000"}, {"128,000元", "128000"},
		{"1,234,567.89", "1234567.89"}, {"99.5元", "99.50"}, {"99.50", "99.50"}, {"0.29", "0.29"},
		{"1.005万", "10050"}, {"1.00005万元", "10000.50"}, {"１２.８万元", "128000"},
		{"１２８，０００", "128000"}, {"约12.8万元", "128000"}, {"10万余元", "100000"},
		{"人民币5000元", "5000"}, {"￥5000", "5000"}, {"3百万", "3000000"}, {"2千万元", "20000000"},
		{"5千", "5000"}, {"3 百 元", "300"}, {" 12.8 万 元 ", "128000"}, {"1000000000000", "1000000000000"},
		{"300块", "300"}, {"4.35万", "43500"}, {"33.33万", "333300"}, {"12.8万元。", "128000"},
		{"1亿2000万", "120000000"},
		/* refused */
		{"", NULL}, {"元", NULL}, {"万", NULL}, {"很多", NULL}, {"0", NULL}, {"0.00", NULL}, {"-5", NULL},
		{"1.2.3", NULL}, {"1e5", NULL}, {"12万8", NULL}, {"12.8万元整好", NULL}, {"12,8万", NULL},
		{"1,23,456", NULL}, {",123", NULL}, {"5.", NULL}, {".5", NULL}, {"99.999", NULL}, {"1.0000001万", NULL},
		{"1000000000001", NULL}, {"20000亿", NULL}, {"99999999999999999999", NULL}, {"8千12万", NULL},
		{"1万1万", NULL}, {"12.8万美元", NULL}};
	char out[MONEY_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool good = money_parse(rows[i].text, out);
		if (good != (rows[i].value != NULL) || (good && strcmp(out, rows[i].value) != 0))
			fail_msg("\"%s\" gave %s", rows[i].text, good ? out : "nothing");
	}
}

static void points_in_time_are_read_as_people_write_them(void **state)
{
	static const struct pair rows[] = {{"2026-11-28 18:00", "2026-11-28T18:00:00+08:00"},
		{"2026-11-28T18:00:00+08:00", "2026-11-28T18:00:00+08:00"},
		{"2026-11-28T10:00:00Z", "2026-11-28T18:00:00+08:00"},
		{"2026-11-28T10:00:00-00:00", "2026-11-28T18:00:00+08:00"},
		{"2026-11-28 18:00:30", "2026-11-28T18:00:30+08:00"},
		{"2026-11-28T18:00:30.75+08:00", "2026-11-28T18:00:30+08:00"},
		{"2026/11/28 18:00", "2026-11-28T18:00:00+08:00"}, {"2026.11.28 18:00", "2026-11-28T18:00:00+08:00"},
		{"2026年11月28日18时", "2026-11-28T18:00:00+08:00"},
		{"2026年11月28日 18时30分", "2026-11-28T18:30:00+08:00"},
		{"2026年1月8日8点5分", "2026-01-08T08:05:00+08:00"},
		{"２０２６年１１月２８日　１８：００", "2026-11-28T18:00:00+08:00"},
		{"2026-1-8 8:05", "2026-01-08T08:05:00+08:00"}, {"2026-11-28 24:00", "2026-11-29T00:00:00+08:00"},
		{"2026-11-28", "2026-11-29T00:00:00+08:00"}, {"2026年11月28日", "2026-11-29T00:00:00+08:00"},
		{"2024-02-29 08:00", "2024-02-29T08:00:00+08:00"}, {"2026-12-31", "2027-01-01T00:00:00+08:00"},
		{"2026年11月28日18时前。", "2026-11-28T18:00:00+08:00"},
		{"2026-11-28 18:00 止", "2026-11-28T18:00:00+08:00"}, {"2026年11月28日前", "2026-11-29T00:00:00+08:00"},
		{"2026年11月28日18点整", "2026-11-28T18:00:00+08:00"},
		{" 2026-11-28  18:00 ", "2026-11-28T18:00:00+08:00"},
		/* refused */
		{"2026-02-29 08:00", NULL}, {"2026-02-30", NULL}, {"2026-04-31 08:00", NULL}, {"2026-13-01", NULL},
		{"2026-00-10", NULL}, {"2026-11-28 25:00", NULL}, {"2026-11-28 24:01", NULL},
		{"2026-11-28 18:60", NULL}, {"2026-11-28 18:00:60", NULL}, {"2026-11-28 18", NULL},
		{"2026-11-28T18:00+0800", NULL}, {"2026-11-28T18:00+14:01", NULL}, {"2026-11-28T18:00,08:00", NULL},
		{"26-11-28", NULL}, {"11-28 18:00", NULL}, {"1999-11-28", NULL}, {"2100-01-01", NULL},
		{"2026-11/28", NULL}, {"明天", NULL}, {"", NULL}, {"2026-11-28 18:00 以后", NULL},
		{"2026-11-28 1800", NULL}};
	int64_t ms;
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool good = moment_parse(rows[i].text, MOMENT_END, &ms);
		if (good != (rows[i].value != NULL) || (good && strcmp(clock_text(ms, text), rows[i].value) != 0))
			fail_msg("\"%s\" gave %s", rows[i].text, good ? text : "nothing");
	}
	assert_true(moment_parse("2026-11-28", MOMENT_START, &ms));
	assert_string_equal(clock_text(ms, text), "2026-11-28T00:00:00+08:00");
	assert_string_equal(moment_text(ms, text), "2026-11-28 00:00");
}

static void numbers_of_persons_are_found(void **state)
{
	static char *phones[] = {(char *)"139 0000 0009", NULL};
	static const struct {
		const char *text;
		enum privacy_find find;
	} rows[] = {
		{"身份证110101199003078515", PRIVACY_IDENTITY},
		{"110101199003078516", PRIVACY_IDENTITY}, /* wrong check digit, but a date of birth */
		{"11010119900307803X", PRIVACY_IDENTITY},
		{"11010119900307803x，", PRIVACY_IDENTITY},
		{"110101 19900307 8515", PRIVACY_IDENTITY},
		{"110101-19900307-8515", PRIVACY_IDENTITY},
		{"１１０１０１１９９００３０７８５１５", PRIVACY_IDENTITY},
		{"6222021001116245702", PRIVACY_CARD},
		{"4111111111111111", PRIVACY_CARD},
		{"4111 1111 1111 1111", PRIVACY_CARD},
		{"4111-1111-1111-1111", PRIVACY_CARD},
		{"4111·1111·1111·1111", PRIVACY_CARD},
		{"4111111111111112", PRIVACY_NOTHING},
		{"13812345678", PRIVACY_MOBILE},
		{"电话：138 1234 5678。", PRIVACY_MOBILE},
		{"138-1234-5678", PRIVACY_MOBILE},
		{"138—1234—5678", PRIVACY_MOBILE},
		{"１３８　１２３４　５６７８", PRIVACY_MOBILE},
		{"+8613812345678", PRIVACY_MOBILE},
		{"008613812345678", PRIVACY_MOBILE},
		{"13900000009", PRIVACY_NOTHING},
		{"139-0000-0009", PRIVACY_NOTHING},
		{"13900000009和13812345678", PRIVACY_MOBILE},
		{"96110", PRIVACY_NOTHING},
		{"2026-11-21 09:30至2026-11-28 18:00", PRIVACY_NOTHING},
		{"20261121 20261128", PRIVACY_NOTHING},
		{"12345678901", PRIVACY_NOTHING},
		{"12.8万元，共46万元", PRIVACY_NOTHING},
		{"320583-20261121-001", PRIVACY_NOTHING},
		{"0000000000000000", PRIVACY_NOTHING},
		{"", PRIVACY_NOTHING},
	};
	char masked[PRIVACY_MASK];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (privacy_numbers(rows[i].text, phones, masked) != rows[i].find)
			fail_msg("\"%s\" gave %d", rows[i].text, (int)privacy_numbers(rows[i].text, phones, masked));
	assert_int_equal(privacy_numbers("13812345678", NULL, masked), PRIVACY_MOBILE);
	assert_string_equal(masked, "138****5678");
}

static void links_are_found(void **state)
{
	static const struct {
		const char *text, *host;
		enum link_find find;
	} rows[] = {
		{"http://a.b/c", NULL, LINK_ADDRESS},
		{"ＨＴＴＰ：／／x", NULL, LINK_ADDRESS},
		{"weixin://dl", NULL, LINK_ADDRESS},
		{"看www.某", NULL, LINK_NOTHING},
		{"看www.abc", NULL, LINK_ADDRESS},
		{"看abc.com。", NULL, LINK_ADDRESS},
		{"看abc.com.", NULL, LINK_ADDRESS},
		{"看ABC.CN/x", NULL, LINK_ADDRESS},
		{"10.20.30.40", NULL, LINK_ADDRESS},
		{"详见https://ks.gov.cn/a", "ks.gov.cn", LINK_NOTHING},
		{"详见ks.gov.cn", "ks.gov.cn", LINK_NOTHING},
		{"详见https://ks.gov.cn.evil.com/a", "ks.gov.cn", LINK_ADDRESS},
		{"详见https://evil.com/ks.gov.cn", "ks.gov.cn", LINK_ADDRESS},
		{"详见https://ks.gov.cn@evil.com/", "ks.gov.cn", LINK_ADDRESS},
		{"ks.gov.cn 和 evil.com", "ks.gov.cn", LINK_ADDRESS},
		{"12.8万元", NULL, LINK_NOTHING},
		{"版本1.2.3", NULL, LINK_NOTHING},
		{"做任务.返利", NULL, LINK_NOTHING},
		{"QQ、微信冒充领导", NULL, LINK_NOTHING},
		{"QQ群里3人", NULL, LINK_NOTHING},
		{"下载App做任务", NULL, LINK_NOTHING},
		{"加微信号：abc12345", NULL, LINK_CONTACT},
		{"QQ 12345678", NULL, LINK_CONTACT},
		{"ｑｑ：１２３４５６", NULL, LINK_CONTACT},
	};
	char found[LINK_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (privacy_links(rows[i].text, rows[i].host, found) != rows[i].find)
			fail_msg("\"%s\" gave \"%s\"", rows[i].text, found);
}

/* A text of nothing but what could begin an account: to look from each to the end would take minutes. */
static void accounts_are_looked_for_soon(void **state)
{
	static const char *const parts[] = {"q", "qq,", "vx=", "微信 "};
	char found[LINK_TEXT];

	(void)state;
	for (size_t i = 0; i < 8 * sizeof(parts) / sizeof(parts[0]); i++) {
		struct buf text;
		buf_init(&text, 256 * 1024);
		while (buf_add_text(&text, parts[i / 8]))
			;
		assert_int_equal(privacy_links(buf_text(&text), NULL, found), LINK_NOTHING);
		buf_fini(&text);
	}
}

static int setup(void **state)
{
	(void)state;
	setenv("TZ", "Asia/Shanghai", 1);
	tzset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_of_money_are_exact),
		cmocka_unit_test(points_in_time_are_read_as_people_write_them),
		cmocka_unit_test(numbers_of_persons_are_found),
		cmocka_unit_test(links_are_found),
		cmocka_unit_test(accounts_are_looked_for_soon),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
