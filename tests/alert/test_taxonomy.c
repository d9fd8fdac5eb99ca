/* The shipped names are whole, unambiguous and fit to be shown; and what people write finds them. */
#include "site.h"

#include <iconv.h>

#include "base/mem.h"
#include "base/utf8.h"

static struct taxonomy *shipped;

static int setup(void **state)
{
	(void)state;
	shipped = site_taxonomy();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	taxonomy_free(&shipped);
	taxonomy_free(&shipped);
	return 0;
}

/* alerts.md section 10.1. */
static void every_slug_of_the_reference_is_there(void **state)
{
	static const char *const slugs[] = {"order-brushing", "fake-investment", "fake-shopping", "fake-service-agent",
		"fake-loan", "fake-credit", "loan-credit", "fake-boss", "fake-police", "romance", "game-trade",
		"flight-change", "sextortion", "fake-job", "fake-prize", "fake-benefit", "fake-relative",
		"fake-purchase", "phishing", "screen-share", "crypto", "elder-care", "deepfake", "fan", "money-mule",
		"recovery", "overseas", "other"};
	size_t count = sizeof(slugs) / sizeof(slugs[0]), known;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct fraud_type *type = taxonomy_type(shipped, slugs[i]);
		assert_non_null(type);
		assert_true(mem_strings_count(type->audiences) > 0);
		assert_non_null(taxonomy_pack(shipped, type->pack));
		assert_true(mem_strings_count(taxonomy_pack(shipped, type->pack)->lines) >= 2);
	}
	taxonomy_types(shipped, &known);
	assert_int_equal(known, count);
}

static void kinds_are_found_by_what_people_write(void **state)
{
	static const struct {
		const char *text, *slug;
	} rows[] = {{"order-brushing", "order-brushing"}, {"刷单返利", "order-brushing"},
		{" 刷单 返利 ", "order-brushing"}, {"刷单返利诈骗", "order-brushing"},
		{"刷单返利类诈骗", "order-brushing"}, {"刷单返利类案件", "order-brushing"},
		{"虚假购物、服务", "fake-shopping"}, {"虚假购物，服务", "fake-shopping"},
		{"虚假购物服务类", "fake-shopping"}, {"冒充公检法", "fake-police"}, {"安全账户", "fake-police"},
		{"冒充领导", "fake-boss"}, {"杀猪盘", "romance"}, {"百万保障", "fake-service-agent"},
		{"ＥＴＣ", "phishing"}, {"etc", "phishing"}, {"nfc", "screen-share"}, {"ai换脸", "deepfake"},
		{"二次诈骗", "recovery"}, {"诈骗", NULL}, {"", NULL}, {"刷", NULL}, {"类", NULL},
		{"猜猜我是谁", "fake-boss"}, {"机票改签", "flight-change"}, {"包裹藏毒", "fake-police"},
		{"FAKE-BOSS", "fake-boss"}, {"其它", "other"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct fraud_type *type = taxonomy_find_type(shipped, rows[i].text);
		if (rows[i].slug == NULL) {
			assert_null(type);
			continue;
		}
		assert_non_null(type);
		assert_string_equal(type->slug, rows[i].slug);
	}
	assert_string_equal(taxonomy_nearest_type(shipped, "刷单返力"), "刷单返利");
	assert_string_equal(taxonomy_nearest_type(shipped, "order-brushin"), "order-brushing");
}

static void areas_are_found_by_code_and_name(void **state)
{
	static const struct {
		const char *text, *near;
		enum result result;
		const char *code;
	} rows[] = {
		{"320583", NULL, RESULT_OK, "320583"},
		{"３２０５８３", NULL, RESULT_OK, "320583"},
		{"320583000", NULL, RESULT_OK, "320583"},
		{"320583000000", NULL, RESULT_OK, "320583"},
		{"320583100", NULL, RESULT_OK, "320583100"},
		{"32058310000000", NULL, RESULT_OK, "320583100"},
		{"320583199", NULL, RESULT_OK, "320583199"},
		{"990000", NULL, RESULT_NOT_FOUND, NULL},
		{"3205", NULL, RESULT_INVALID, NULL},
		{"32058", NULL, RESULT_INVALID, NULL},
		{"3205831", NULL, RESULT_INVALID, NULL},
		{"昆山市", NULL, RESULT_OK, "320583"},
		{"昆山", NULL, RESULT_OK, "320583"},
		{"玉山镇", NULL, RESULT_OK, "320583100"},
		{"玉山", NULL, RESULT_OK, "320583100"},
		{"昆山市玉山镇", NULL, RESULT_OK, "320583100"},
		{"昆山玉山镇", NULL, RESULT_OK, "320583100"},
		{"江苏省苏州市昆山市玉山镇", NULL, RESULT_OK, "320583100"},
		{"江苏省昆山市", NULL, RESULT_OK, "320583"},
		{"苏州市昆山市", NULL, RESULT_OK, "320583"},
		{"常熟市玉山镇", NULL, RESULT_NOT_FOUND, NULL},
		{"北京市", NULL, RESULT_OK, "110000"},
		{"内蒙古", NULL, RESULT_OK, "150000"},
		{"新疆", NULL, RESULT_OK, "650000"},
		{"吉林市", NULL, RESULT_OK, "220200"},
		{"吉林省", NULL, RESULT_OK, "220000"},
		{"吉林", "320583", RESULT_EXISTS, NULL},
		{"吉林", "220200", RESULT_OK, "220200"},
		{"鼓楼区", NULL, RESULT_EXISTS, NULL},
		{"鼓楼区", "320583", RESULT_EXISTS, NULL},
		{"鼓楼区", "320300", RESULT_OK, "320302"},
		{"南京市鼓楼区", NULL, RESULT_OK, "320106"},
		{"徐州鼓楼区", NULL, RESULT_OK, "320302"},
		{"江苏省", "320583", RESULT_OK, "320000"},
		{"镇", NULL, RESULT_NOT_FOUND, NULL},
		{"", NULL, RESULT_NOT_FOUND, NULL},
	};
	char code[AREA_CODE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum result result = taxonomy_find_area(shipped, rows[i].text, rows[i].near, code);
		if (result != rows[i].result)
			printf("area \"%s\": %s\n", rows[i].text, result_text(result));
		assert_int_equal(result, rows[i].result);
		if (result == RESULT_OK)
			assert_string_equal(code, rows[i].code);
	}
	assert_string_equal(taxonomy_nearest_area(shipped, "玉山真"), "玉山镇");
}

static void areas_have_names_from_the_province_down(void **state)
{
	(void)state;
	assert_string_equal(taxonomy_area_name(shipped, "320583"), "昆山市");
	assert_string_equal(taxonomy_area_name(shipped, "320583000000"), "昆山市");
	assert_null(taxonomy_area_name(shipped, "320583999"));
	char *full = taxonomy_area_full_name(shipped, "320583100");
	assert_string_equal(full, "江苏省苏州市昆山市玉山镇");
	free(full);
	full = taxonomy_area_full_name(shipped, "320000");
	assert_string_equal(full, "江苏省");
	free(full);
	full = taxonomy_area_full_name(shipped, "320583999001");
	assert_string_equal(full, "江苏省苏州市昆山市");
	free(full);
}

static void a_site_renames_and_adds_areas(void **state)
{
	struct taxonomy *own = site_taxonomy();
	char code[AREA_CODE];

	(void)state;
	assert_int_equal(taxonomy_add_area(own, "320583103", "花桥镇（国际商务城）"), RESULT_OK);
	assert_int_equal(taxonomy_find_area(own, "花桥镇(国际商务城)", NULL, code), RESULT_OK);
	assert_string_equal(code, "320583103");
	assert_int_equal(taxonomy_add_area(own, "320583103000", "花桥镇"), RESULT_OK);
	assert_string_equal(taxonomy_area_name(own, "320583103"), "花桥镇");
	assert_int_equal(taxonomy_add_area(own, "3205", "苏州"), RESULT_INVALID);
	assert_int_equal(taxonomy_add_area(own, "320584", ""), RESULT_INVALID);
	assert_int_equal(taxonomy_add_area(own, "32058a", "昆山"), RESULT_INVALID);
	taxonomy_free(&own);
}

static void audiences_are_found_by_their_names(void **state)
{
	static const struct {
		const char *text, *slug;
	} rows[] = {{"elderly", "elderly"}, {"老年人", "elderly"}, {"老人", "elderly"}, {"学生", "student"},
		{"全体", "all"}, {"所有人", "all"}, {"ALL", "all"}, {"财务", "finance"}, {"留学生", "overseas"},
		{"宝妈", "parent"}, {"火星人", NULL}, {"", NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *slug = taxonomy_find_audience(shipped, rows[i].text);
		if (rows[i].slug == NULL)
			assert_null(slug);
		else
			assert_string_equal(slug, rows[i].slug);
	}
}

/* GB2312 is what every sign's font has: lead A1–F7, trail A1–FE of what GBK gives. */
static bool is_gb2312(const char *text)
{
	iconv_t turn = iconv_open("GBK", "UTF-8");
	char out[2048];
	char *in = (char *)(uintptr_t)text, *to = out;
	size_t in_left = strlen(text), out_left = sizeof(out);

	assert_true(turn != (iconv_t)-1);
	bool good = iconv(turn, &in, &in_left, &to, &out_left) == 0;
	iconv_close(turn);
	for (char *at = out; good && at < to; at++) {
		unsigned char lead = (unsigned char)*at;
		if (lead < 0x80) {
			good = lead >= 0x20 && lead < 0x7f;
			continue;
		}
		unsigned char trail = (unsigned char)*++at;
		good = lead >= 0xa1 && lead <= 0xf7 && trail >= 0xa1 && trail <= 0xfe;
	}
	return good;
}

static bool has_any(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcasestr(text, *words) != NULL)
			return true;
	return false;
}

/* operators.md section 8.2. */
static bool wording_is_calm(const char *line)
{
	static const char *const forbidden[] = {"http", "www", ".com", ".cn", "【", "】", "！！", "!!", "紧急", "100%",
		"百分之百", "￥", "★", "笨", "傻", "12379", NULL};

	return !has_any(line, forbidden);
}

/* Published wordings speak of 微信 and 链接, and of 15-digit sums; what they may not do is tell people to use them. */
static void every_slogan_can_be_shown_and_sent(void **state)
{
	size_t count;
	const struct slogan_pack *packs = taxonomy_packs(shipped, &count);

	(void)state;
	assert_true(count > 35);
	for (size_t i = 0; i < count; i++) {
		for (char **line = packs[i].lines; *line != NULL; line++) {
			size_t length = utf8_length(*line);
			bool fits = packs[i].whole ? length >= 40 && length <= 120 : length <= 24;
			bool good = is_gb2312(*line) && wording_is_calm(*line) && fits;
			if (!good)
				printf("%s (%zu): %s\n", packs[i].slug, length, *line);
			assert_true(good);
		}
	}
}

static void names_can_be_shown_and_sent(void **state)
{
	size_t count;
	const struct fraud_type *types = taxonomy_types(shipped, &count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		assert_true(is_gb2312(types[i].name));
}

static void the_weekly_reminders_differ_and_say_whom_to_ask(void **state)
{
	const struct slogan_pack *pack = taxonomy_pack(shipped, "weekly");

	(void)state;
	assert_non_null(pack);
	assert_true(pack->whole);
	assert_true(mem_strings_count(pack->lines) >= 8);
	for (size_t i = 0; pack->lines[i] != NULL; i++) {
		assert_non_null(strstr(pack->lines[i], "96110"));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(pack->lines[i], pack->lines[j]);
	}
}

/* alerts.md section 12. */
static void the_published_packs_name_their_source(void **state)
{
	static const char *const slugs[] = {"three-no-one-more", "three-no", "four-no", "fanshi-2023", "six-fanshi",
		"eight-fanshi", "eight-fanshi-yanta", "six-always", "five-fives"};

	(void)state;
	for (size_t i = 0; i < sizeof(slugs) / sizeof(slugs[0]); i++) {
		const struct slogan_pack *pack = taxonomy_pack(shipped, slugs[i]);
		assert_non_null(pack);
		assert_non_null(pack->source);
	}
	assert_int_equal(taxonomy_pack(shipped, "fanshi-2023")->year, 2023);
	assert_ptr_equal(taxonomy_find_pack(shipped, "三不一多"), taxonomy_pack(shipped, "three-no-one-more"));
	assert_string_equal(taxonomy_nearest_pack(shipped, "three-no-one-mor"), "three-no-one-more");
}

/* A site may put its own file in place of one: what is wrong with it is told with its line. */
static void broken_data_files_are_refused(void **state)
{
	static const struct {
		const char *file, *text, *reason;
		unsigned int line;
	} rows[] = {
		{"areas", "areas = [ \"320583 昆山市\",\n \"320583 昆山\" ];", "this area code is there twice", 2},
		{"areas", "areas = [ \"3205 苏州\" ];", "must be a code, a blank and a name", 1},
		{"areas", "area = [ \"320583 昆山市\" ];", "must hold one list named \"areas\"", 0},
		{"areas", "areas = ( { code = 1; } );", "must be a code, a blank and a name", 1},
		{"audiences",
			"audiences = ( { slug = \"all\"; name = \"甲\"; }, \n{ slug = \"all\"; name = \"乙\"; } );",
			"\"all\" is there twice", 2},
		{"audiences", "audiences = ( { slug = \"All!\"; name = \"甲\"; } );", "is not a short name", 1},
		{"audiences",
			"audiences = ( { slug = \"all\"; name = \"甲\"; }, \n{ slug = \"x\"; name = \"乙\"; aliases = [ \"甲\" ]; } );",
			"\"甲\" already stands for another audience", 2},
		{"audiences", "audiences = ( { slug = \"all\"; nam = \"甲\"; } );", "there is no such field", 1},
		{"slogans", "packs = ( { slug = \"p\"; name = \"甲\"; lines = [ ]; } );", "is empty", 1},
		{"slogans", "packs = ( { slug = \"p\"; name = \"甲\"; } );", "\"lines\" is missing", 1},
		{"slogans", "packs = ( { slug = \"p\"; name = \"甲\"; lines = [ \"【反诈】好\" ]; } );", "holds 【】",
			1},
		{"slogans", "packs = ( { slug = \"p\"; name = 5; lines = [ \"好\" ]; } );", "wrong kind of value", 1},
		{"fraud_types",
			"types = ( { slug = \"t\"; name = \"甲\"; audiences = [ \"nobody\" ]; pack = \"other\"; } );",
			"has no audience \"nobody\"", 1},
		{"fraud_types",
			"types = ( { slug = \"t\"; name = \"甲\"; audiences = [ \"all\" ]; pack = \"nothing\"; } );",
			"has no pack \"nothing\"", 1},
		{"fraud_types",
			"types = ( { slug = \"t\"; name = \"甲\"; audiences = [ \"all\" ]; pack = \"other\"; },\n"
			"{ slug = \"u\"; name = \"乙\"; aliases = [ \"甲\" ]; audiences = [ \"all\" ]; pack = \"other\"; } );",
			"\"甲\" already stands for another kind of fraud", 2},
		{"fraud_types", "types = ( 5 );", "must be a group", 1},
		{"fraud_types", "types = ( ", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct taxonomy_files files = site_files();
		struct taxonomy_file *file = strcmp(rows[i].file, "areas") == 0 ? &files.areas
			: strcmp(rows[i].file, "audiences") == 0                ? &files.audiences
			: strcmp(rows[i].file, "slogans") == 0                  ? &files.slogans
										: &files.fraud_types;
		struct taxonomy *broken = NULL;
		struct problems problems;
		problems_init(&problems);
		*file = (struct taxonomy_file){.name = "own.cfg", .bytes = rows[i].text, .size = strlen(rows[i].text)};
		assert_int_equal(taxonomy_load(&files, &broken, &problems), RESULT_INVALID);
		assert_null(broken);
		if (strstr(problems.list[0].reason[LANG_EN], rows[i].reason) == NULL)
			site_print(&problems);
		assert_non_null(strstr(problems.list[0].reason[LANG_EN], rows[i].reason));
		assert_string_equal(problems.list[0].file, "own.cfg");
		if (rows[i].line > 0)
			assert_int_equal(problems.list[0].line, rows[i].line);
		problems_fini(&problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slug_of_the_reference_is_there),
		cmocka_unit_test(kinds_are_found_by_what_people_write),
		cmocka_unit_test(areas_are_found_by_code_and_name),
		cmocka_unit_test(areas_have_names_from_the_province_down),
		cmocka_unit_test(a_site_renames_and_adds_areas),
		cmocka_unit_test(audiences_are_found_by_their_names),
		cmocka_unit_test(every_slogan_can_be_shown_and_sent),
		cmocka_unit_test(names_can_be_shown_and_sent),
		cmocka_unit_test(the_weekly_reminders_differ_and_say_whom_to_ask),
		cmocka_unit_test(the_published_packs_name_their_source),
		cmocka_unit_test(broken_data_files_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
