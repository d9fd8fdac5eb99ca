#ifndef TESTS_ALERT_SITE_H
#define TESTS_ALERT_SITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "alert/read.h"
#include "base/embed.h"

/* The site that the tests of room alert stand in: the shipped data, a town of Kunshan, 21 November 2026, noon. */
#define SITE_NOW_MS 1795233600000LL /* 2026-11-21 12:00 in Shanghai */

static inline struct taxonomy_file site_file(const char *path)
{
	const struct embed_file *file = embed_find(path);

	assert_non_null(file);
	return (struct taxonomy_file){.name = path, .bytes = file->data, .size = file->size};
}

static inline void site_print(const struct problems *problems)
{
	struct buf text;

	buf_init(&text, 65536);
	problems_text(problems, LANG_EN, &text);
	printf("%s", buf_text(&text));
	buf_fini(&text);
}

static inline struct taxonomy_files site_files(void)
{
	return (struct taxonomy_files){
		.fraud_types = site_file("conf/data/fraud-types.cfg"),
		.slogans = site_file("conf/data/slogans.cfg"),
		.areas = site_file("conf/data/areas.cfg"),
		.audiences = site_file("conf/data/audiences.cfg"),
	};
}

static inline struct taxonomy *site_taxonomy(void)
{
	struct taxonomy_files files = site_files();
	struct taxonomy *taxonomy = NULL;
	struct problems problems;

	problems_init(&problems);
	if (taxonomy_load(&files, &taxonomy, &problems) != RESULT_OK)
		site_print(&problems);
	assert_non_null(taxonomy);
	assert_int_equal(problems.count, 0);
	problems_fini(&problems);
	assert_int_equal(taxonomy_add_area(taxonomy, "320583100", "玉山镇"), RESULT_OK);
	assert_int_equal(taxonomy_add_area(taxonomy, "320583101", "开发区"), RESULT_OK);
	assert_int_equal(taxonomy_add_area(taxonomy, "320583102", "巴城镇"), RESULT_OK);
	return taxonomy;
}

static inline struct alert_context site_context(const struct taxonomy *taxonomy)
{
	static char *senders[] = {(char *)"fzzx@ks.example.cn", NULL};
	static char *phones[] = {(char *)"13900000009", (char *)"0512-57500110", NULL};
	static char *hosts[] = {(char *)"ks.gov.cn", NULL};
	static const struct alert_audience audiences[] = {{"elderly", "老年人"}, {"minor", "未成年人"},
		{"student", "在校学生"}, {"parent", "家长"}, {"finance", "财务人员"}, {"merchant", "商户"},
		{"jobless", "待业人员"}, {"grid", "网格员"}};

	setenv("TZ", "Asia/Shanghai", 1);
	tzset();
	return (struct alert_context){
		.taxonomy = taxonomy,
		.now_ms = SITE_NOW_MS,
		.sender = "fzzx@ks.example.cn",
		.area = "320583",
		.hotline = "96110",
		.senders = senders,
		.phones = phones,
		.web_hosts = hosts,
		.audiences = audiences,
		.audience_count = sizeof(audiences) / sizeof(audiences[0]),
	};
}

#endif
