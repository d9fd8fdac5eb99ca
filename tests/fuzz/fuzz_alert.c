/*
 * Alerts from anybody: the first byte chooses the form (c .cfg, j JSON, t Notepad, anything else all three). What is
 * accepted must be complete and free of what may not leave; what is refused must say why.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alert/privacy.h"
#include "alert/read.h"
#include "base/embed.h"
#include "base/mem.h"
#include "base/require.h"
#include "base/utf8.h"

static struct taxonomy_file shipped(const char *path)
{
	const struct embed_file *file = embed_find(path);

	REQUIRE(file != NULL);
	return (struct taxonomy_file){.name = path, .bytes = file->data, .size = file->size};
}

static const struct taxonomy *names(void)
{
	static struct taxonomy *taxonomy;

	if (taxonomy != NULL)
		return taxonomy;
	struct problems problems;
	struct taxonomy_files files = {
		.fraud_types = shipped("conf/data/fraud-types.cfg"),
		.slogans = shipped("conf/data/slogans.cfg"),
		.areas = shipped("conf/data/areas.cfg"),
		.audiences = shipped("conf/data/audiences.cfg"),
	};
	setenv("TZ", "Asia/Shanghai", 1);
	tzset();
	problems_init(&problems);
	REQUIRE(taxonomy_load(&files, &taxonomy, &problems) == RESULT_OK);
	problems_fini(&problems);
	REQUIRE(taxonomy_add_area(taxonomy, "320583100", "玉山镇") == RESULT_OK);
	return taxonomy;
}

static void check_text(const char *text)
{
	char found[PRIVACY_MASK];

	if (text == NULL)
		return;
	REQUIRE(utf8_valid(text, strlen(text), NULL));
	REQUIRE(privacy_numbers(text, NULL, found) == PRIVACY_NOTHING);
}

static void check_alert(const struct alert *alert)
{
	REQUIRE(alert->id != NULL && strlen(alert->id) >= 1 && strlen(alert->id) <= 64 &&
		strchr(alert->id, '/') == NULL);
	REQUIRE(strcmp(alert->sender, "site@example.cn") == 0);
	REQUIRE(taxonomy_type(names(), alert->fraud_type) != NULL);
	REQUIRE(alert->summary != NULL && alert->hotline != NULL);
	REQUIRE(alert->audiences[0] != NULL && alert->areas[0] != NULL);
	REQUIRE(alert->from_ms < alert->until_ms && alert->issued_ms < alert->until_ms);
	REQUIRE(alert->cases >= 1 && strlen(alert->digest) == 64);
	REQUIRE((alert->action == ACTION_ALERT) == (alert->supersedes[0] == NULL));
	const char *texts[] = {alert->summary, alert->method, alert->headline, alert->place, alert->occurred,
		alert->note, alert->author, alert->sender_name, alert->text[MEDIUM_SMS], alert->text[MEDIUM_WECOM],
		alert->text[MEDIUM_LED]};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_text(texts[i]);
	for (char **line = alert->advice; *line != NULL; line++)
		check_text(*line);
}

static void check_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
			const char *reason = problems->list[i].reason[lang];
			REQUIRE(reason != NULL && utf8_valid(reason, strlen(reason), NULL));
			const char *remedy = problems->list[i].remedy[lang];
			REQUIRE(remedy == NULL || utf8_valid(remedy, strlen(remedy), NULL));
		}
	}
}

static void read_as(const char *name, const uint8_t *data, size_t size)
{
	static const struct alert_audience audiences[] = {{"elderly", "老年人"}, {"student", "在校学生"},
		{"finance", NULL}};
	struct alert_context context = {
		.taxonomy = names(),
		.now_ms = 1795233600000LL,
		.sender = "site@example.cn",
		.area = "320583",
		.audiences = audiences,
		.audience_count = sizeof(audiences) / sizeof(audiences[0]),
	};
	struct alert *alert = NULL;
	struct problems problems;

	problems_init(&problems);
	enum result result = alert_read(&context, name, data, size, &alert, &problems);
	REQUIRE((result == RESULT_OK) == (alert != NULL));
	REQUIRE((result == RESULT_OK) == (problems.errors == 0));
	if (alert != NULL)
		check_alert(alert);
	check_problems(&problems);
	problems_fini(&problems);
	alert_free(&alert);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		uint8_t byte;
		const char *name;
	} forms[] = {{'c', "a.cfg"}, {'j', "a.json"}, {'t', "a.txt"}};
	size_t chosen = 0;

	if (size == 0)
		return 0;
	while (chosen < 3 && forms[chosen].byte != data[0])
		chosen++;
	for (size_t i = 0; i < 3; i++)
		if (chosen == 3 || chosen == i)
			read_as(forms[i].name, data + 1, size - 1);
	return 0;
}
