/*
 * The wordings that ship: every fraud type for every audience by every medium, with alerts that say little and alerts that
 * say much. With --print [MEDIUM] it prints them all, for a person to read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "text/compose.h"
#include "text/gb2312.h"
#include "text/lint.h"

static const struct {
	const char *slug, *name;
} types[] = {
	{"order-brushing", "刷单返利"},
	{"fake-investment", "虚假网络投资理财"},
	{"fake-shopping", "虚假购物、服务"},
	{"fake-service-agent", "冒充电商物流客服"},
	{"fake-loan", "虚假网络贷款"},
	{"fake-credit", "虚假征信"},
	{"loan-credit", "贷款征信"},
	{"fake-boss", "冒充领导熟人"},
	{"fake-police", "冒充公检法及政府机关"},
	{"romance", "网络婚恋交友"},
	{"game-trade", "网络游戏产品虚假交易"},
	{"flight-change", "机票退改签"},
	{"sextortion", "裸聊敲诈"},
	{"fake-job", "虚假招聘"},
	{"fake-prize", "虚假中奖、领奖"},
	{"fake-benefit", "补助金、医保社保"},
	{"fake-relative", "冒充亲友、险情"},
	{"fake-purchase", "冒充军人、单位采购"},
	{"phishing", "钓鱼链接、木马、伪基站"},
	{"screen-share", "屏幕共享、NFC盗刷"},
	{"crypto", "虚拟货币"},
	{"elder-care", "养老、保健品、收藏"},
	{"deepfake", "AI换脸拟声"},
	{"fan", "追星、代抢门票"},
	{"money-mule", "两卡、帮信、电诈工具人"},
	{"recovery", "二次诈骗（代追款）"},
	{"overseas", "境外、留学生类"},
	{"other", "其他"},
};

static const struct {
	const char *slug, *label;
} audiences[] = {
	{"all", NULL}, {"elderly", "老年人"}, {"student", "在校学生"}, {"parent", "家长"}, {"finance", "财务人员"},
	{"merchant", "商户"}, {"jobless", "待业人员"}, {"minor", "未成年人"}, {"official", "机关单位"},
	{"worker", "务工人员"}, {"investor", "投资理财人群"}, {"single", "单身交友"}, {"shopper", "网购人群"},
	{"traveller", "出行人员"}, {"overseas", "留学、境外人员"}, {"village-cadre", "村居干部"}, /* a site's own */
};

enum {
	TYPES = sizeof(types) / sizeof(types[0]),
	AUDIENCES = sizeof(audiences) / sizeof(audiences[0]),
};

static struct templates *templates;
static char *no_lines[] = {NULL};
static char *advice[] = {(char *)"凡是要求垫付资金做任务的兼职刷单，都是诈骗", (char *)"如有疑问请拨打96110", NULL};

/* How much the alert says. */
struct filling {
	const char *name;
	const char *place, *region, *loss, *method, *headline, *summary, *signature;
};

static const struct filling fillings[] = {
	{"usual", "玉山镇", "我市", "128000", NULL, NULL, "我市一居民被骗。", "玉山反诈"},
	{"bare", NULL, NULL, NULL, NULL, NULL, "有居民被骗。", "玉山反诈"},
	{"place only", "我市", NULL, NULL, "拉群点赞返利", NULL, "我市一居民被骗。", "玉山反诈"},
	{"long", "江苏省苏州市昆山市", "我市", "12345600",
		"冒充客服称可以理赔，诱导下载会议软件开启屏幕共享，再以验证资金为由要求转账",
		"谨防冒充客服诱导屏幕共享，切勿向陌生账户转账汇款",
		"我市一居民接到自称客服的电话，对方称可以理赔，诱导其下载会议软件，随后其银行卡内资金被转走。警方已立案。",
		"昆山反诈中心"},
};

enum { FILLINGS = sizeof(fillings) / sizeof(fillings[0]) };

static struct alert make_alert(const char *type, const struct filling *filling)
{
	return (struct alert){.id = (char *)"a",
		.fraud_type = (char *)type,
		.place = (char *)filling->place,
		.loss = (char *)filling->loss,
		.method = (char *)filling->method,
		.headline = (char *)filling->headline,
		.summary = (char *)filling->summary,
		.advice = advice,
		.keywords = no_lines,
		.areas = no_lines,
		.audiences = no_lines,
		.supersedes = no_lines,
		.hotline = (char *)"96110",
		.cases = 1};
}

static struct message *compose(size_t type, size_t audience, enum medium medium, const struct filling *filling,
	struct problems *problems)
{
	struct alert alert = make_alert(types[type].slug, filling);
	struct text_request request = {.alert = &alert,
		.type_name = types[type].name,
		.audience = audiences[audience].slug,
		.audience_label = audiences[audience].label,
		.medium = medium,
		.format = FORMAT_MARKDOWN,
		.language = "zh",
		.signature = filling->signature,
		.region = filling->region,
		.site = "玉山镇反诈中心",
		.hotline = "96110"};
	struct message *message = NULL;

	text_compose(templates, &request, &message, problems);
	return message;
}

static bool complain(const char *what, size_t type, size_t audience, const struct filling *filling,
	const struct message *message)
{
	print_error("%s %s (%s): %s\n  %u: %s\n", types[type].slug, audiences[audience].slug, filling->name, what,
		message == NULL ? 0 : message->units, message == NULL ? "" : message->text);
	return false;
}

/* The last sentence says whom to call. */
static bool ends_in_action(const char *text)
{
	size_t size = strlen(text), tail = size > 60 ? 60 : size;

	return strstr(text + size - tail, "110") != NULL;
}

static bool check_sms(size_t type, size_t audience, const struct filling *filling, const struct message *message)
{
	struct problems problems;
	bool good = true;

	problems_init(&problems);
	text_lint(message, "96110", NULL, NULL, &problems);
	if (problems.count > 0)
		good = complain(problems.list[0].reason[LANG_EN], type, audience, filling, message);
	problems_fini(&problems);
	if (message->units > 70 || message->parts != 1)
		good = complain("over 70", type, audience, filling, message);
	const char *body = strstr(message->text, "】");
	if (body == NULL || strstr(body + 3, "【") != NULL)
		good = complain("brackets", type, audience, filling, message);
	if (!ends_in_action(message->text))
		good = complain("no action at the end", type, audience, filling, message);
	if (strstr(message->text, "，，") != NULL || strstr(message->text, "。。") != NULL ||
		strstr(message->text, "{{") != NULL || strstr(message->text, "  ") != NULL)
		good = complain("a hole in the sentence", type, audience, filling, message);
	return good;
}

static bool check_other(size_t type, size_t audience, const struct filling *filling, const struct message *message)
{
	bool good = true;

	if (!gb2312_has(message->text, GB_2312, NULL, NULL))
		good = complain("not GB 2312", type, audience, filling, message);
	if (lint_has_link(message->text))
		good = complain("a link", type, audience, filling, message);
	if (message->medium == MEDIUM_LED && (strchr(message->text, '\n') != NULL || message->units > 96))
		good = complain("too long for a sign, or more than one line", type, audience, filling, message);
	if (strstr(message->text, "110") == NULL)
		good = complain("no action", type, audience, filling, message);
	return good;
}

static void every_wording_fits_and_says_what_to_do(void **state)
{
	size_t bad = 0;

	for (size_t f = 0; f < FILLINGS; f++)
		for (size_t t = 0; t < TYPES; t++)
			for (size_t a = 0; a < AUDIENCES; a++)
				for (int m = 0; m < MEDIUM_COUNT; m++) {
					struct problems problems;
					problems_init(&problems);
					struct message *message = compose(t, a, (enum medium)m, &fillings[f],
						&problems);
					if (message == NULL)
						bad += !complain(problems.list[0].reason[LANG_EN], t, a, &fillings[f],
							NULL);
					else if (m == MEDIUM_SMS)
						bad += !check_sms(t, a, &fillings[f], message);
					else
						bad += !check_other(t, a, &fillings[f], message);
					message_free(&message);
					problems_fini(&problems);
				}
	assert_int_equal(bad, 0);
}

static void shipped_wordings_have_no_problem(void **state)
{
	struct templates *again = NULL;
	struct problems problems;
	struct buf words;

	problems_init(&problems);
	buf_init(&words, 64 * 1024);
	assert_int_equal(templates_load_shipped(NULL, 0, &again, &problems), RESULT_OK);
	problems_text(&problems, LANG_ZH, &words);
	if (problems.count > 0)
		print_error("%s", buf_text(&words));
	assert_int_equal(problems.count, 0);
	buf_fini(&words);
	problems_fini(&problems);
	templates_free(&again);
}

static void a_type_has_its_own_words_by_every_medium(void **state)
{
	for (size_t t = 0; t < TYPES; t++)
		for (int m = 0; m < MEDIUM_COUNT; m++) {
			const struct template *found = templates_find(templates, "zh", medium_name((enum medium)m),
				types[t].slug, "all");
			assert_non_null(found);
			assert_string_equal(found->type, types[t].slug);
		}
}

/* The five texts of operators.md 8.3. */
static void the_acceptance_texts_come_out_to_the_letter(void **state)
{
	const struct {
		const char *type, *audience, *place, *loss, *text;
		unsigned int units;
	} cases[] = {
		{"fake-police", "elderly", NULL, NULL,
			"【玉山反诈】老年朋友：近日有人冒充警察，骗老人把钱转到“安全账户”。警察没有安全账户，不会来电要钱。请挂断，问子女，或打96110。",
			66},
		{"fake-police", "elderly", "玉山镇", "86000",
			"【玉山反诈】老年朋友：近日有人冒充警察，骗老人把钱转到“安全账户”。警察没有安全账户，不会来电要钱。请挂断，问子女，或打96110。",
			66},
		{"order-brushing", "student", "玉山镇", "128000",
			"【玉山反诈】同学们：我市有人进群点赞做任务，先得小利，后被骗垫付12.8万元。要你先垫钱的兼职都是诈骗。已转账请马上打110。",
			63},
		{"fake-boss", "finance", "我市", "460000",
			"【玉山反诈】财务人员：我市一企业在假“老板”QQ群里按指令转走46万元。凡群里催转账，先当面或打电话核实。咨询96110。",
			61},
		{"fake-boss", "parent", "我市", NULL,
			"【玉山反诈】家长：近日有人混进班级群，换成老师头像收资料费。缴费前先打电话问老师，勿扫群内收款码。受骗打110，咨询96110。",
			64},
		{"fake-purchase", "merchant", NULL, NULL,
			"【玉山反诈】商户：近期有人自称部队、学校订货，再要您垫钱代购别家货物，收钱即失联。凡代购垫款都是诈骗。咨询96110。",
			59},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filling filling = {"", cases[i].place, "我市", cases[i].loss, NULL, NULL, "有人被骗。",
			"玉山反诈"};
		struct alert alert = make_alert(cases[i].type, &filling);
		struct text_request request = {.alert = &alert,
			.type_name = "",
			.audience = cases[i].audience,
			.medium = MEDIUM_SMS,
			.signature = "玉山反诈",
			.region = "我市"};
		struct message *message = NULL;
		struct problems problems;

		problems_init(&problems);
		assert_int_equal(text_compose(templates, &request, &message, &problems), RESULT_OK);
		assert_string_equal(message->text, cases[i].text);
		assert_int_equal(message->units, cases[i].units);
		message_free(&message);
		request.platform_signs = true;
		assert_int_equal(text_compose(templates, &request, &message, &problems), RESULT_OK);
		assert_string_equal(message->text, cases[i].text + strlen("【玉山反诈】"));
		assert_int_equal(message->units, cases[i].units);
		message_free(&message);
		problems_fini(&problems);
	}
}

static int load(void **state)
{
	struct problems problems;
	struct buf words;

	problems_init(&problems);
	buf_init(&words, 64 * 1024);
	templates_load_shipped(NULL, 0, &templates, &problems);
	problems_text(&problems, LANG_EN, &words);
	if (problems.count > 0)
		fprintf(stderr, "%s", buf_text(&words));
	buf_fini(&words);
	problems_fini(&problems);
	return templates == NULL ? -1 : 0;
}

static int unload(void **state)
{
	templates_free(&templates);
	return 0;
}

static int print_all(const char *medium_wanted)
{
	if (load(NULL) != 0)
		return 1;
	for (int m = 0; m < MEDIUM_COUNT; m++) {
		if (medium_wanted != NULL && strcmp(medium_name((enum medium)m), medium_wanted) != 0)
			continue;
		for (size_t t = 0; t < TYPES; t++)
			for (size_t a = 0; a < AUDIENCES; a++)
				for (size_t f = 0; f < FILLINGS; f++) {
					struct problems problems;
					problems_init(&problems);
					struct message *message = compose(t, a, (enum medium)m, &fillings[f],
						&problems);
					printf("%s %s %s (%s) %u: %s\n", medium_name((enum medium)m), types[t].slug,
						audiences[a].slug, fillings[f].name,
						message != NULL ? message->units : 0,
						message != NULL ? message->text : problems.list[0].reason[LANG_EN]);
					message_free(&message);
					problems_fini(&problems);
				}
	}
	return unload(NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_wordings_have_no_problem),
		cmocka_unit_test(a_type_has_its_own_words_by_every_medium),
		cmocka_unit_test(the_acceptance_texts_come_out_to_the_letter),
		cmocka_unit_test(every_wording_fits_and_says_what_to_do),
	};

	if (argc > 1 && strcmp(argv[1], "--print") == 0)
		return print_all(argc > 2 ? argv[2] : NULL);
	return cmocka_run_group_tests(tests, load, unload);
}
