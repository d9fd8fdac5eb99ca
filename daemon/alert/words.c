#include "alert/words.h"

#include <stdlib.h>
#include <string.h>

#include "alert/fold.h"

/* One word and what it means. Words are written as fold_name leaves them. */
struct word {
	const char *text;
	int value;
};

static bool word_find(const struct word *words, size_t count, const char *text, int *value)
{
	char *folded = fold_name(text);
	bool found = false;

	for (size_t i = 0; i < count && !found; i++) {
		if (strcmp(words[i].text, folded) == 0) {
			*value = words[i].value;
			found = true;
		}
	}
	free(folded);
	return found;
}

#define WORD_FIND(words, text, value) word_find(words, sizeof(words) / sizeof((words)[0]), text, value)

bool words_status(const char *text, enum alert_status *status)
{
	static const struct word words[] = {{"actual", STATUS_ACTUAL}, {"正式", STATUS_ACTUAL}, {"实际", STATUS_ACTUAL},
		{"真实", STATUS_ACTUAL}, {"test", STATUS_TEST}, {"测试", STATUS_TEST}, {"exercise", STATUS_EXERCISE},
		{"演练", STATUS_EXERCISE}, {"演习", STATUS_EXERCISE}, {"draft", STATUS_DRAFT}, {"草稿", STATUS_DRAFT}};
	int value;

	if (!WORD_FIND(words, text, &value))
		return false;
	*status = (enum alert_status)value;
	return true;
}

bool words_action(const char *text, enum alert_action *action)
{
	static const struct word words[] = {{"alert", ACTION_ALERT}, {"预警", ACTION_ALERT}, {"发布", ACTION_ALERT},
		{"首次", ACTION_ALERT}, {"新发", ACTION_ALERT}, {"update", ACTION_UPDATE}, {"更新", ACTION_UPDATE},
		{"续发", ACTION_UPDATE}, {"更正", ACTION_UPDATE}, {"cancel", ACTION_CANCEL}, {"撤回", ACTION_CANCEL},
		{"取消", ACTION_CANCEL}, {"解除", ACTION_CANCEL}, {"撤销", ACTION_CANCEL}};
	int value;

	if (!WORD_FIND(words, text, &value))
		return false;
	*action = (enum alert_action)value;
	return true;
}

bool words_urgency(const char *text, enum urgency *urgency)
{
	static const struct word words[] = {{"immediate", URGENCY_IMMEDIATE}, {"立即", URGENCY_IMMEDIATE},
		{"马上", URGENCY_IMMEDIATE}, {"紧急", URGENCY_IMMEDIATE}, {"today", URGENCY_TODAY},
		{"今天", URGENCY_TODAY}, {"今日", URGENCY_TODAY}, {"当天", URGENCY_TODAY}, {"当日", URGENCY_TODAY},
		{"routine", URGENCY_ROUTINE}, {"日常", URGENCY_ROUTINE}, {"常规", URGENCY_ROUTINE},
		{"一般", URGENCY_ROUTINE}};
	int value;

	if (!WORD_FIND(words, text, &value))
		return false;
	*urgency = (enum urgency)value;
	return true;
}

bool words_level(const char *text, enum level *level)
{
	static const struct word words[] = {{"red", LEVEL_RED}, {"红", LEVEL_RED}, {"红色", LEVEL_RED},
		{"红色预警", LEVEL_RED}, {"orange", LEVEL_ORANGE}, {"橙", LEVEL_ORANGE}, {"橙色", LEVEL_ORANGE},
		{"橙色预警", LEVEL_ORANGE}, {"yellow", LEVEL_YELLOW}, {"黄", LEVEL_YELLOW}, {"黄色", LEVEL_YELLOW},
		{"黄色预警", LEVEL_YELLOW}, {"blue", LEVEL_BLUE}, {"蓝", LEVEL_BLUE}, {"蓝色", LEVEL_BLUE},
		{"蓝色预警", LEVEL_BLUE}};
	int value;

	if (!WORD_FIND(words, text, &value))
		return false;
	*level = (enum level)value;
	return true;
}

bool words_medium(const char *text, enum medium *medium)
{
	static const struct word words[] = {{"sms", MEDIUM_SMS}, {"短信", MEDIUM_SMS}, {"手机短信", MEDIUM_SMS},
		{"wecom", MEDIUM_WECOM}, {"群", MEDIUM_WECOM}, {"微信群", MEDIUM_WECOM}, {"工作群", MEDIUM_WECOM},
		{"企业微信", MEDIUM_WECOM}, {"企业微信群", MEDIUM_WECOM}, {"led", MEDIUM_LED}, {"屏", MEDIUM_LED},
		{"屏幕", MEDIUM_LED}, {"大屏", MEDIUM_LED}, {"显示屏", MEDIUM_LED}, {"led屏", MEDIUM_LED},
		{"电子屏", MEDIUM_LED}};
	int value;

	if (!WORD_FIND(words, text, &value))
		return false;
	*medium = (enum medium)value;
	return true;
}

bool words_yes_no(const char *text, bool *yes)
{
	static const struct word words[] = {{"true", 1}, {"yes", 1}, {"是", 1}, {"遵守", 1}, {"false", 0}, {"no", 0},
		{"否", 0}, {"不", 0}, {"不遵守", 0}};
	int value;

	if (!WORD_FIND(words, text, &value))
		return false;
	*yes = value != 0;
	return true;
}

bool words_nothing(const char *text)
{
	static const struct word words[] = {{"无", 0}, {"暂无", 0}, {"没有", 0}, {"不详", 0}, {"未知", 0}, {"未遂", 0},
		{"无损失", 0}, {"未造成损失", 0}, {"none", 0}};
	int value;

	return WORD_FIND(words, text, &value);
}

bool words_whole_area(const char *text, const char *code)
{
	enum { ANY = 0, COUNTY = 6, TOWN = 9 };
	static const struct word words[] = {{"辖区", ANY}, {"全辖区", ANY}, {"本辖区", ANY}, {"辖区内", ANY},
		{"本地", ANY}, {"全域", ANY}, {"全市", COUNTY}, {"全县", COUNTY}, {"全区", COUNTY}, {"本市", COUNTY},
		{"本县", COUNTY}, {"本区", COUNTY}, {"我市", COUNTY}, {"我县", COUNTY}, {"我区", COUNTY},
		{"全镇", TOWN}, {"全乡", TOWN}, {"全街道", TOWN}, {"本镇", TOWN}, {"我镇", TOWN}};
	int length;

	if (!WORD_FIND(words, text, &length))
		return false;
	return length == ANY || strlen(code) == (size_t)length;
}
