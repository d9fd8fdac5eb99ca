/* Importing lists: what is taken, what is refused and why, and how lists and people go together. */
#include "desk.h"

#include <sqlite3.h>

#define HEADER "phone,birth_year,roles,area,language,opt_out\n"

static void accepts_the_contract(void **state)
{
	struct desk *desk = *state;
	const char *source = getenv("CRIER_SOURCE");
	char path[1024];

	snprintf(path, sizeof(path), "%s/../shared/contract/residents.csv", source == NULL ? "." : source);
	FILE *in = fopen(path, "rb");
	if (in == NULL)
		skip();
	char bytes[4096];
	size_t size = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	assert_int_equal(desk_import_bytes(desk, bytes, size), RESULT_OK);
	assert_int_equal(desk->totals.taken, 7);
	assert_int_equal(desk->totals.rejected, 0);
	assert_int_equal(desk->totals.fresh, 7);
	assert_int_equal(people_top(roster_people(desk->roster)), 7);
	assert_true(desk_under(desk, PEOPLE_ROLE, "finance", 13900000003));
	assert_true(desk_under(desk, PEOPLE_ROLE, "parent", 13900000003));
	assert_true(desk_under(desk, PEOPLE_AREA, "320583101", 15000000004));
	assert_true(desk_under(desk, PEOPLE_YEAR, "1948", 13800000001));
	assert_true(set_contains(roster_optouts(desk->roster), desk_id(desk, 18600000005)));
	assert_int_equal(set_count(roster_optouts(desk->roster)), 1);
}

static void numbers_are_kept_by_a_second_import(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(desk_import(desk, "phone\n13800000005\n13800000003\n"), RESULT_OK);
	uint32_t three = desk_id(desk, 13800000003), five = desk_id(desk, 13800000005);
	assert_int_equal(desk_import(desk, "phone\n13800000005\n13800000001\n13800000003\n"), RESULT_OK);
	assert_int_equal(desk_id(desk, 13800000003), three);
	assert_int_equal(desk_id(desk, 13800000005), five);
	assert_int_equal(desk_id(desk, 13800000001), 3);
	assert_int_equal(desk->totals.fresh, 1);
	assert_int_equal(desk->totals.left, 0);
	assert_int_equal(people_phone(roster_people(desk->roster), 3), 13800000001);
}

static void who_leaves_the_last_list_is_gone_and_keeps_the_number(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(desk_import(desk, HEADER "13800000001,1948,学生,320583100,,\n13800000002,,,,,\n"), RESULT_OK);
	uint32_t id = desk_id(desk, 13800000001);
	assert_int_equal(desk_import(desk, "phone\n13800000002\n"), RESULT_OK);
	assert_int_equal(desk->totals.left, 1);
	assert_true(set_contains(roster_gone(desk->roster), id));
	assert_int_equal(set_count(roster_gone(desk->roster)), 1);
	assert_false(desk_under(desk, PEOPLE_YEAR, "1948", 13800000001));
	assert_false(desk_under(desk, PEOPLE_MARK, PEOPLE_PRESENT, 13800000001));
	/* and comes back as the same */
	assert_int_equal(desk_import(desk, "phone\n13800000001\n13800000002\n"), RESULT_OK);
	assert_int_equal(desk_id(desk, 13800000001), id);
	assert_true(set_empty(roster_gone(desk->roster)));
}

static void lists_merge_by_number(void **state)
{
	struct desk *desk = *state;
	struct roster_person person;

	desk->order.list = "school";
	assert_int_equal(desk_import(desk, HEADER "13800000001,1980,parent,320583100,zh,\n"), RESULT_OK);
	desk->order.list = "bank";
	assert_int_equal(desk_import(desk, HEADER "13800000001,1981,finance,,,\n13800000002,,,,,\n"), RESULT_OK);
	assert_true(desk_under(desk, PEOPLE_ROLE, "parent", 13800000001));
	assert_true(desk_under(desk, PEOPLE_ROLE, "finance", 13800000001));
	assert_true(desk_under(desk, PEOPLE_YEAR, "1981", 13800000001));
	assert_false(desk_under(desk, PEOPLE_YEAR, "1980", 13800000001));
	assert_true(desk_under(desk, PEOPLE_AREA, "320583100", 13800000001));
	assert_int_equal(roster_find(desk->roster, 13800000001, NOW_MS, &person), RESULT_OK);
	assert_int_equal(person.birth_year, 1981);
	assert_string_equal(person.area, "320583100");
	assert_string_equal(person.roles[0], "finance");
	assert_string_equal(person.roles[1], "parent");
	assert_int_equal(person.list_count, 2);
	assert_string_equal(person.lists[0].name, "bank");
	assert_string_equal(person.lists[0].source, "玉山派出所");
	roster_person_fini(&person);
	/* replacing one list leaves the other */
	assert_int_equal(desk_import(desk, "phone\n13800000002\n"), RESULT_OK);
	assert_false(desk_under(desk, PEOPLE_ROLE, "finance", 13800000001));
	assert_true(desk_under(desk, PEOPLE_ROLE, "parent", 13800000001));
	assert_true(desk_under(desk, PEOPLE_YEAR, "1980", 13800000001));
	assert_true(set_empty(roster_gone(desk->roster)));
}

static void what_a_list_said_before_is_deleted(void **state)
{
	struct desk *desk = *state;
	sqlite3_stmt *row;
	sqlite3 *db;

	assert_int_equal(desk_import(desk, HEADER "13800000001,1980,parent,320583100,,\n13800000002,,,,,\n"),
		RESULT_OK);
	assert_int_equal(desk_import(desk, "phone\n13800000002\n"), RESULT_OK);
	assert_int_equal(sqlite3_open(folder_at(&desk->folder, "roster.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT (SELECT count(*) FROM member), phone, list FROM membership", -1,
				 &row, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(row, 0), 1);
	assert_int_equal(sqlite3_column_int64(row, 1), 13800000002);
	assert_string_equal(sqlite3_column_text(row, 2), "玉山镇");
	assert_int_equal(sqlite3_step(row), SQLITE_DONE);
	sqlite3_finalize(row);
	sqlite3_close(db);
}

static void a_number_twice_in_a_file_is_one_person(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(desk_import(desk,
				 HEADER "13800000001,1980,parent,320583100,zh,1\n"
					"+86 138-0000-0001,1981,学生；财务,,,0\n"),
		RESULT_OK);
	assert_int_equal(desk->totals.people, 1);
	assert_int_equal(desk->totals.repeated, 1);
	assert_true(desk_under(desk, PEOPLE_ROLE, "parent", 13800000001));
	assert_true(desk_under(desk, PEOPLE_ROLE, "student", 13800000001));
	assert_true(desk_under(desk, PEOPLE_ROLE, "finance", 13800000001));
	assert_true(desk_under(desk, PEOPLE_YEAR, "1981", 13800000001));
	assert_true(desk_under(desk, PEOPLE_AREA, "320583100", 13800000001));
	assert_int_equal(set_count(roster_optouts(desk->roster)), 1);
}

static void opt_outs_outlive_imports(void **state)
{
	struct desk *desk = *state;
	struct roster_optout optout;

	assert_int_equal(desk_import(desk, HEADER "13800000001,,,,,1\n13800000002,,,,,0\n"), RESULT_OK);
	assert_int_equal(roster_optout_get(desk->roster, 13800000001, &optout), RESULT_OK);
	assert_string_equal(optout.source, "list 玉山镇");
	assert_int_equal(desk_import(desk, HEADER "13800000001,,,,,0\n13800000002,,,,,\n"), RESULT_OK);
	assert_true(set_contains(roster_optouts(desk->roster), desk_id(desk, 13800000001)));
	assert_int_equal(roster_optout_remove(desk->roster, 13800000001), RESULT_OK);
	assert_true(set_empty(roster_optouts(desk->roster)));
	assert_int_equal(desk_import(desk, HEADER "13800000001,,,,,\n"), RESULT_OK);
	assert_true(set_empty(roster_optouts(desk->roster)));
}

/* The officer mends the line some day; the resident is texted through another list until then. */
static void who_opts_out_on_a_line_with_another_fault_is_not_texted(void **state)
{
	struct desk *desk = *state;
	struct roster_optout optout;

	desk->order.list = "school";
	assert_int_equal(desk_import(desk, "phone,roles\n13800000001,student\n13800000002,student\n"), RESULT_OK);
	desk->order.list = "玉山镇";
	assert_int_equal(desk_import(desk, HEADER "13800000004,1990,,,,\n13800000007,1990,,,,\n"), RESULT_OK);
	assert_int_equal(desk_import(desk,
				 HEADER "13800000001,48,,,,退订\n13800000002,48,,,,\n13800000003,1990,,,,\n"
					"13800000004,1990,,nowhere,,1\n13800000005,,,,,1,more\n13800000006,48,,,,1\n"
					"13800000003,48,,,,1\n13800000007,48,,,,1\n13800000007,1990,,,,\n"),
		RESULT_OK);
	assert_int_equal(desk->totals.taken, 2);
	assert_int_equal(desk->totals.rejected, 7);
	assert_int_equal(desk->totals.people, 2);
	assert_int_equal(desk->totals.repeated, 0);
	assert_int_equal(desk->totals.left, 1);
	assert_int_equal(desk->totals.opt_outs, 5);
	assert_int_equal(roster_optout_get(desk->roster, 13800000001, &optout), RESULT_OK);
	assert_string_equal(optout.source, "list 玉山镇");
	assert_int_equal(roster_optout_get(desk->roster, 13800000006, &optout), RESULT_OK);
	assert_int_equal(roster_optout_get(desk->roster, 13800000005, &optout), RESULT_NOT_FOUND);
	for (phone_t phone = 13800000001; phone <= 13800000007; phone++) {
		bool known = phone != 13800000005 && phone != 13800000006;
		assert_int_equal(desk_id(desk, phone) != 0, known);
		if (known)
			assert_int_equal(set_contains(roster_optouts(desk->roster), desk_id(desk, phone)),
				phone != 13800000002);
	}
	/* 13800000004 was on this list alone, 13800000001 is on the other still. */
	assert_int_equal(set_count(roster_gone(desk->roster)), 1);
	assert_true(set_contains(roster_gone(desk->roster), desk_id(desk, 13800000004)));
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(set_count(roster_optouts(desk->roster)), 4);
}

static void an_ended_list_no_longer_counts(void **state)
{
	struct desk *desk = *state;

	desk->order.list = "visitors";
	desk->order.until = "2026-11-22";
	assert_int_equal(desk_import(desk, HEADER "13800000001,1990,traveller,,,\n"), RESULT_OK);
	assert_true(desk_under(desk, PEOPLE_ROLE, "traveller", 13800000001));
	assert_false(roster_due(desk->roster, NOW_MS + DAY_MS));
	assert_true(roster_due(desk->roster, NOW_MS + 2 * DAY_MS));
	assert_int_equal(roster_rebuild(desk->folder.path, NOW_MS + 2 * DAY_MS, &desk->problems), RESULT_OK);
	assert_int_equal(roster_refresh(desk->roster, &desk->problems), RESULT_OK);
	assert_false(roster_due(desk->roster, NOW_MS + 2 * DAY_MS));
	assert_true(set_contains(roster_gone(desk->roster), desk_id(desk, 13800000001)));
	assert_false(desk_under(desk, PEOPLE_ROLE, "traveller", 13800000001));
	/* the same at a start on that day */
	desk_open_roster(desk, NOW_MS);
	assert_true(set_count(roster_gone(desk->roster)) <= 1);
	desk_open_roster(desk, NOW_MS + 2 * DAY_MS);
	assert_int_equal(set_count(roster_gone(desk->roster)), 1);
}

struct accepted {
	const char *what, *text;
};

static void reads_files_as_office_software_writes_them(void **state)
{
	static const struct accepted cases[] = {
		{"bom", "\xef\xbb\xbfphone,birth_year,roles,area\n13800000001,1948,student,320583100\n"},
		{"crlf", "phone,birth_year,roles,area\r\n13800000001,1948,student,320583100\r\n"},
		{"chinese header in another order", "区域,身份,出生年,手机号\n320583100,学生,1948,13800000001\n"},
		{"no newline at the end", "phone,birth_year,roles,area\n13800000001,1948,student,320583100"},
		{"blanks", " phone , Birth Year,ROLES,Area \n  138 0000 0001 , 1948 , Student ,320583100 \n"},
		{"full width cells",
			"phone,birth_year,roles,area\n１３８００００００１１,2000,,\n"
			"１３８００００００００,1948,学生,320583100\n13800000001,１９４８,学生,３２０５８３１００\n"},
		{"quoted newline",
			"phone,birth_year,roles,area\n13800000001,1948,\"student;\nparent\",\"320583100\"\n"},
		{"quotes",
			"\"phone\",\"birth_year\",\"roles\",\"area\"\n\"13800000001\",\"1948\",\"student\",\"320583100\"\n"},
		{"blank lines", "\n\nphone,birth_year,roles,area\n\n,,,\n13800000001,1948,student,320583100\n,,,\n\n"},
		{"tabs", "phone\tbirth_year\troles\tarea\n13800000001\t1948\tstudent\t320583100\n"},
		{"apostrophe", "phone,birth_year,roles,area\n'13800000001,1948年,学生,320583100000\n"},
		{"apostrophes in every cell", "phone,birth_year,roles,area\n'13800000001,'1948,'学生,'320583100\n"},
		{"text as a formula",
			"phone,birth_year,roles,area\n=\"13800000001\",\"=\"\"1948\"\"\",学生,=\"320583100\"\n"},
		{"wide blanks around",
			"phone,birth_year,roles,area\n　13800000001\xc2\xa0,　1948　,　学生　,\xc2\xa0"
			"320583100　\n"},
		{"marks that came along when it was pasted",
			"phone,birth_year,roles,area\n\u202d13800000001\u202c,1948\u200b,学生\ufeff,\u200e"
			"320583100\n"},
		{"empty cells at the end", "phone,birth_year,roles,area\n13800000001,1948,student,320583100,,,\n"},
		{"units in brackets", "手机号（必填）,出生年(四位),身份,区域\n13800000001,1948,学生,320583100\n"},
		{"several marks", "phone,birth_year,roles,area\n13800000001,1948/3/2,家长、学生；财务,320583100\n"},
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("    %s\n", cases[i].what);
		assert_int_equal(desk_import(desk, cases[i].text), RESULT_OK);
		assert_int_equal(desk->totals.rejected, 0);
		assert_true(desk_under(desk, PEOPLE_YEAR, "1948", 13800000001));
		assert_true(desk_under(desk, PEOPLE_ROLE, "student", 13800000001));
		assert_true(desk_under(desk, PEOPLE_AREA, "320583100", 13800000001));
	}
}

static void reads_gbk(void **state)
{
	/* 手机号,身份,语言 / 13800000001,学生,藏语 */
	static const char text[] = "\xca\xd6\xbb\xfa\xba\xc5,\xc9\xed\xb7\xdd,\xd3\xef\xd1\xd4\r\n"
				   "13800000001,\xd1\xa7\xc9\xfa,\xb2\xd8\xd3\xef\r\n";
	struct desk *desk = *state;

	assert_int_equal(desk_import(desk, text), RESULT_OK);
	assert_true(desk->totals.gbk);
	assert_true(desk_under(desk, PEOPLE_ROLE, "student", 13800000001));
	assert_true(desk_under(desk, PEOPLE_LANGUAGE, "bo", 13800000001));
}

static void damage_in_utf8_spoils_its_own_line_only(void **state)
{
	struct desk *desk = *state;
	char text[4096] = "手机号,身份\n";

	for (int i = 0; i < 30; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "138000000%02d,学生家长\n", i);
	strcat(text, "13800000099,\xd1\xa7\xff\n");
	assert_int_equal(desk_import(desk, text), RESULT_OK);
	assert_false(desk->totals.gbk);
	assert_int_equal(desk->totals.taken, 30);
	assert_int_equal(desk->totals.reasons[REJECT_CHARACTERS], 1);
}

struct rejected {
	const char *line;
	enum roster_reject reason;
	const char *masked;
};

static void tells_why_a_line_is_not_taken(void **state)
{
	static const struct rejected cases[] = {
		{",1948,,,,", REJECT_PHONE_EMPTY, ""},
		{"1.38E+10,1948,,,,", REJECT_PHONE_SPREADSHEET, "****"},
		{"1.38001E10,1948,,,,", REJECT_PHONE_SPREADSHEET, "138****"},
		{"12345678901,1948,,,,", REJECT_PHONE, "123****8901"},
		{"123 4567 8901,1948,,,,", REJECT_PHONE, "123****8901"},
		{"０２１２３４５６７８９０,1948,,,,", REJECT_PHONE, "021****7890"},
		{"电话没有,,,,,", REJECT_PHONE, ""},
		{"13800000001,48,,,,", REJECT_YEAR, "138****0001"},
		{"13800000001,2031,,,,", REJECT_YEAR, "138****0001"},
		{"13800000001,,\"a\x01"
		 "b\",,,",
			REJECT_ROLE, "138****0001"},
		{"13800000001,,,玉山,,", REJECT_AREA, "138****0001"},
		{"13800000001,,,12345,,", REJECT_AREA, "138****0001"},
		{"13800000001,,,,klingon language,", REJECT_LANGUAGE, "138****0001"},
		{"13800000001,,,,,maybe", REJECT_OPT_OUT, "138****0001"},
		{"13800000001,,,,,0,more", REJECT_COLUMNS, "138****0001"},
		{"\"13800000001\"x,,,,,", REJECT_QUOTE, "138****0001"},
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512], line[64];
		print_message("    %s\n", cases[i].line);
		snprintf(text, sizeof(text), HEADER "13911112222,,,,,\n%s\n13911113333,,,,,\n", cases[i].line);
		assert_int_equal(desk_import(desk, text), RESULT_OK);
		assert_int_equal(desk->totals.taken, 2);
		assert_int_equal(desk->totals.rejected, 1);
		assert_int_equal(desk->totals.lines, 3);
		assert_int_equal(desk->totals.reasons[cases[i].reason], 1);
		size_t size;
		char *rejects = folder_read(&desk->folder, "rejects.csv", &size);
		assert_memory_equal(rejects, "\xef\xbb\xbf", 3);
		snprintf(line, sizeof(line), ",%s\r\n", cases[i].masked);
		assert_non_null(strstr(rejects, "\r\n3,"));
		assert_non_null(strstr(rejects, line));
		assert_non_null(strstr(rejects, roster_reject_text(cases[i].reason)));
		assert_null(strstr(rejects, "12345678901"));
		assert_null(strstr(rejects, "13800000001"));
		free(rejects);
	}
}

static void an_open_quote_costs_one_line(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(desk_import(desk, HEADER "13800000001,,\"student,,,\n13800000002,,,,,\n13800000003,,,,,\n"),
		RESULT_OK);
	assert_int_equal(desk->totals.taken, 2);
	assert_int_equal(desk->totals.reasons[REJECT_QUOTE], 1);
}

static void a_quote_that_closes_lines_below_costs_one_line(void **state)
{
	static const char *const ends[] = {"\n", "\r\n", ""};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char text[512];
		snprintf(text, sizeof(text),
			HEADER "13800000001,,\"student,,,%s13800000002,,,,,%s13800000003,,\"student\",,,%s", "\n",
			i == 1 ? "\r\n" : "\n", ends[i]);
		assert_int_equal(desk_import(desk, text), RESULT_OK);
		assert_int_equal(desk->totals.lines, 3);
		assert_int_equal(desk->totals.taken, 2);
		assert_int_equal(desk->totals.reasons[REJECT_QUOTE], 1);
		assert_int_equal(desk_id(desk, 13800000001), 0);
		assert_true(desk_under(desk, PEOPLE_ROLE, "student", 13800000003));
	}
	/* What is well written over several lines is one person still, and one that is not costs its own lines only. */
	assert_int_equal(desk_import(desk,
				 HEADER "13800000001,,\"student\n;parent\",,,\n13800000002,,\"student\"x,\"a\nb\",,\n"
					"13800000003,,,,,\n"),
		RESULT_OK);
	assert_int_equal(desk->totals.taken, 2);
	assert_int_equal(desk->totals.rejected, 2);
	assert_true(desk_under(desk, PEOPLE_ROLE, "parent", 13800000001));
}

static void a_line_without_end_is_passed_over(void **state)
{
	struct desk *desk = *state;
	size_t size = 300000;
	char *text = malloc(size + 200);

	strcpy(text, "phone\n13800000001\n");
	memset(text + strlen(text), '7', size);
	strcpy(text + size + 18, "\n13800000002\n");
	assert_int_equal(desk_import(desk, text), RESULT_OK);
	free(text);
	assert_int_equal(desk->totals.taken, 2);
	assert_int_equal(desk->totals.reasons[REJECT_LONG], 1);
}

struct refused {
	const char *text, *told;
};

static void refuses_whole_files_with_a_reason(void **state)
{
	static const struct refused cases[] = {
		{"", "the file is empty"},
		{"\xef\xbb\xbf", "the file is empty"},
		{"13800000001,1948\n", "begins with a number"},
		{"name,phone\n张三,13800000001\n", "this column is not known"},
		{"birth_year\n1948\n", "no column with phone numbers"},
		{"phone,手机\n13800000001,13800000002\n", "two columns mean the same"},
		{"phone,rols\n13800000001,student\n", "did you mean \"roles\"?"},
		{"phone,身份证号\n13800000001,11010519491231002X\n", "keeps the year of birth only"},
		{"\xff\xfep\0h\0", "not a CSV text file"},
		{"phone\nx\n", "not one line could be taken"},
		{"phone,roles\n", "nothing stands below"},
		{"phone,roles\n,\n\n", "nothing stands below"},
		{"手机号;身份\n13800000001;学生\n", "parted by ; instead of a comma"},
		{"手机号，身份\n13800000001，学生\n", "parted by ， instead of a comma"},
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("    %s\n", cases[i].told);
		assert_int_equal(desk_import(desk, cases[i].text), RESULT_INVALID);
		assert_true(desk_told(desk, cases[i].told));
		assert_int_equal(people_top(roster_people(desk->roster)), 0);
	}
}

/* Half of a merged title, or a name that was forgotten: whoever wrote there means it to be read. */
static void a_column_without_a_name_is_not_passed_over_in_silence(void **state)
{
	static const char text[] = "phone,,area,\n13800000001,student,320583100,\n13800000002,,320583100,\n";
	struct desk *desk = *state;

	assert_int_equal(desk_import(desk, text), RESULT_OK);
	assert_int_equal(desk->totals.taken, 1);
	assert_int_equal(desk->totals.reasons[REJECT_NAMELESS], 1);
	desk->order.discard_extra = true;
	assert_int_equal(desk_import(desk, text), RESULT_OK);
	assert_int_equal(desk->totals.taken, 2);
}

static void says_what_an_order_lacks(void **state)
{
	struct desk *desk = *state;

	desk->order.list = "";
	desk->order.source = NULL;
	desk->order.basis = "";
	desk->order.until = "2026-02-30";
	assert_int_equal(desk_import(desk, "phone\n13800000001\n"), RESULT_INVALID);
	assert_int_equal(desk->problems.errors, 4);
	desk->order.list = desk->order.source = desk->order.basis = "x";
	desk->order.until = "2026-11-20";
	assert_int_equal(desk_import(desk, "phone\n13800000001\n"), RESULT_INVALID);
	assert_true(desk_told(desk, "this day has passed"));
}

static void discarded_columns_are_never_stored(void **state)
{
	struct desk *desk = *state;

	desk->order.discard_extra = true;
	assert_int_equal(desk_import(desk,
				 "姓名,手机号,身份证号,住址\n"
				 "秘密姓名,13800000001,11010519491231002X,秘密住址\n"
				 "另一姓名,13800000002,110105491231002,秘密住址\n"
				 "三号姓名,13800000003,110105194912310021,秘密住址\n"),
		RESULT_OK);
	assert_int_equal(desk->totals.taken, 2);
	assert_int_equal(desk->totals.reasons[REJECT_IDENTITY], 1);
	assert_true(desk_under(desk, PEOPLE_YEAR, "1949", 13800000001));
	assert_true(desk_under(desk, PEOPLE_YEAR, "1949", 13800000002));
	assert_string_equal(desk->totals.discarded[0], "姓名");
	assert_string_equal(desk->totals.discarded[1], "身份证号");
	assert_string_equal(desk->totals.discarded[2], "住址");
	assert_null(desk->totals.discarded[3]);
	static const char *const secrets[] = {"秘密姓名", "秘密住址", "11010519491231002", "19491231",
		"110105491231002"};
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		assert_false(desk_holds(desk, secrets[i]));
}

static bool find_yushan(void *arg, const char *name, char code[16])
{
	if (strcmp(name, "玉山镇") != 0)
		return false;
	strcpy(code, "320583100000");
	return true;
}

static void areas_may_be_names_or_missing(void **state)
{
	struct desk *desk = *state;

	desk->order.area_find = find_yushan;
	desk->order.default_area = "320583";
	assert_int_equal(desk_import(desk, "phone,area\n13800000001,玉山镇\n13800000002,\n13800000003,巴城\n"),
		RESULT_OK);
	assert_int_equal(desk->totals.taken, 2);
	assert_int_equal(desk->totals.reasons[REJECT_AREA], 1);
	assert_true(desk_under(desk, PEOPLE_AREA, "320583100", 13800000001));
	assert_true(desk_under(desk, PEOPLE_AREA, "320583", 13800000002));
}

static void a_dry_run_counts_and_changes_nothing(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(desk_import(desk, "phone\n13800000001\n13800000002\n"), RESULT_OK);
	uint64_t generation = people_facts(roster_people(desk->roster))->generation;
	desk->order.dry_run = true;
	assert_int_equal(desk_import(desk, "phone,opt_out\n13800000002,1\n13800000003,\nbad,\n"), RESULT_OK);
	assert_int_equal(desk->totals.people, 2);
	assert_int_equal(desk->totals.fresh, 1);
	assert_int_equal(desk->totals.left, 1);
	assert_int_equal(desk->totals.rejected, 1);
	assert_false(roster_due(desk->roster, NOW_MS));
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(people_facts(roster_people(desk->roster))->generation, generation);
	assert_int_equal(people_top(roster_people(desk->roster)), 2);
	assert_true(set_empty(roster_optouts(desk->roster)));
}

struct canceller {
	atomic_bool cancel;
	uint64_t after_written;
	unsigned int told;
};

static void cancel_when_writing(void *arg, const struct roster_progress *progress)
{
	struct canceller *canceller = arg;

	canceller->told++;
	if (progress->written >= canceller->after_written)
		atomic_store(&canceller->cancel, true);
}

static void a_cancelled_import_changes_nothing(void **state)
{
	struct desk *desk = *state;
	struct canceller canceller = {.cancel = true};

	assert_int_equal(desk_import(desk, "phone\n13800000001\n"), RESULT_OK);
	desk->order.cancel = &canceller.cancel;
	desk->order.progress = cancel_when_writing;
	desk->order.progress_arg = &canceller;
	assert_int_equal(desk_import(desk, "phone\n13800000002\n"), RESULT_CLOSED);
	assert_true(desk_told(desk, "cancelled"));
	assert_true(canceller.told >= 1);
	assert_false(roster_due(desk->roster, NOW_MS));
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(people_top(roster_people(desk->roster)), 1);
	assert_int_equal(desk_id(desk, 13800000001), 1);
	assert_false(folder_has(&desk->folder, "roster.snapshot.tmp"));
}

static bool cancel_at_the_last_line(void *arg, const char *name, char code[16])
{
	atomic_store((atomic_bool *)arg, true);
	strcpy(code, "320583");
	return true;
}

static void an_import_cancelled_while_writing_changes_nothing(void **state)
{
	enum { LINES = 9000 };
	struct desk *desk = *state;
	atomic_bool cancel = false;
	char *text = malloc(LINES * 32);
	size_t used = (size_t)sprintf(text, "phone,area,opt_out\n");

	assert_int_equal(desk_import(desk, "phone\n13800000001\n"), RESULT_OK);
	for (int i = 1; i < LINES; i++)
		used += (size_t)sprintf(text + used, "1391111%04d,320583,1\n", i);
	used += (size_t)sprintf(text + used, "13911110000,here,1\n");
	desk->order.cancel = &cancel;
	desk->order.area_find = cancel_at_the_last_line;
	desk->order.area_arg = &cancel;
	assert_int_equal(desk_import_bytes(desk, text, used), RESULT_CLOSED);
	assert_int_equal(desk->totals.taken, LINES);
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(people_top(roster_people(desk->roster)), 1);
	assert_int_equal(desk_id(desk, 13800000001), 1);
	assert_true(set_empty(roster_optouts(desk->roster)));
	assert_false(folder_has(&desk->folder, "roster.snapshot.tmp"));
	/* the same file without the flag goes in whole, and numbers go on from where they were */
	cancel = false;
	desk->order.cancel = NULL;
	assert_int_equal(desk_import_bytes(desk, text, used), RESULT_OK);
	assert_int_equal(people_top(roster_people(desk->roster)), LINES + 1);
	assert_int_equal(set_count(roster_optouts(desk->roster)), LINES);
	free(text);
}

/* `count` lines in a scattered order, of numbers from `first` on; who stands twice is joined. */
static char *many_lines(uint32_t first, uint32_t count, const char *role, size_t *size)
{
	char *text = malloc((size_t)count * 64 + 128);

	assert_non_null(text);
	*size = (size_t)sprintf(text, "phone,birth_year,roles,area,opt_out\n");
	for (uint64_t i = 0; i < count; i++) {
		uint32_t person = first + (uint32_t)(i * 7919 % count);
		*size += (size_t)sprintf(text + *size, "139%08u,%u,%s,3205831%02u,%d\n", person, 1930 + person % 90,
			role, person % 20, person % 1000 == 0);
	}
	*size += (size_t)sprintf(text + *size, "139%08u,,merchant,,\n", first);
	return text;
}

/* More than one chunk of rows goes in by a thread of its own; each person must be there once, with what was said. */
static void large_lists_go_in_whole(void **state)
{
	enum { PEOPLE = 40000, LATER = 30000 };
	struct desk *desk = *state;
	size_t size;
	char *text = many_lines(0, PEOPLE, "student", &size);

	assert_int_equal(desk_import_bytes(desk, text, size), RESULT_OK);
	free(text);
	assert_int_equal(desk->totals.people, PEOPLE);
	assert_int_equal(desk->totals.fresh, PEOPLE);
	assert_int_equal(desk->totals.repeated, 1);
	/* the same list again, moved on by a few thousand numbers */
	text = many_lines(PEOPLE - LATER, PEOPLE, "parent", &size);
	assert_int_equal(desk_import_bytes(desk, text, size), RESULT_OK);
	free(text);
	assert_int_equal(desk->totals.fresh, PEOPLE - LATER);
	assert_int_equal(desk->totals.left, PEOPLE - LATER);
	const struct people *people = roster_people(desk->roster);
	const struct set *student = people_under(people, PEOPLE_ROLE, "student");
	const struct set *parent = people_under(people, PEOPLE_ROLE, "parent");
	assert_int_equal(people_top(people), 2 * PEOPLE - LATER);
	assert_int_equal(set_count(student), 0);
	assert_int_equal(set_count(parent), PEOPLE);
	assert_int_equal(set_count(roster_gone(desk->roster)), PEOPLE - LATER);
	assert_int_equal(set_count(roster_optouts(desk->roster)), (2 * PEOPLE - LATER) / 1000);
	set_release(&student);
	set_release(&parent);
	for (uint32_t i = 0; i < 2 * PEOPLE - LATER; i += 61) {
		struct roster_person person;
		assert_int_equal(desk_id(desk, 13900000000 + i), i + 1);
		assert_int_equal(roster_find(desk->roster, 13900000000 + i, NOW_MS, &person), RESULT_OK);
		assert_int_equal(person.id, i + 1);
		assert_int_equal(person.gone, i < PEOPLE - LATER);
		assert_int_equal(person.birth_year, person.gone ? 0 : 1930 + i % 90);
		assert_string_equal(person.gone ? "" : person.roles[0], person.gone ? "" : "parent");
		roster_person_fini(&person);
	}
}

static void cancel_after_a_chunk(void *arg, const struct roster_progress *progress)
{
	if (progress->written > 0)
		atomic_store((atomic_bool *)arg, true);
}

static void a_large_import_cancelled_while_writing_changes_nothing(void **state)
{
	struct desk *desk = *state;
	atomic_bool cancel = false;
	size_t size;
	char *text = many_lines(0, 60000, "student", &size);

	assert_int_equal(desk_import(desk, "phone\n13800000001\n"), RESULT_OK);
	desk->order.cancel = &cancel;
	desk->order.area_find = cancel_at_the_last_line;
	desk->order.area_arg = &cancel;
	desk->order.progress = cancel_after_a_chunk;
	desk->order.progress_arg = &cancel;
	/* the clock decides at which look the progress is told; the last line's area cancels at the latest */
	char *last = strrchr(text, 'm');
	memcpy(last, "parent,x,\n", 10);
	assert_int_equal(desk_import_bytes(desk, text, (size_t)(last - text) + 10), RESULT_CLOSED);
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(people_top(roster_people(desk->roster)), 1);
	assert_false(folder_has(&desk->folder, "roster.snapshot.tmp"));
	free(text);
}

/* A snapshot made in the pass that writes is the one that the store gives by itself, byte for byte. */
static void an_import_builds_what_a_rebuild_builds(void **state)
{
	struct desk *desk = *state;
	size_t size, built_size, rebuilt_size;

	assert_int_equal(desk_import(desk,
				 "phone,birth_year,roles,area,language,opt_out\n13800000001,1950,学生,320583,zh,1\n"
				 "13800000003,,家长;财务,320583100,en,\n13800000003,1960,,,bo,\n"),
		RESULT_OK);
	desk->order.list = "second";
	char *text = many_lines(0, 9000, "商户", &size);
	assert_int_equal(desk_import_bytes(desk, text, size), RESULT_OK);
	free(text);
	desk->order.list = "third";
	assert_int_equal(desk_import(desk, "phone,roles\n13800000003,学生\n13900000007,家长\n13700000000,\n"),
		RESULT_OK);
	char *built = folder_read(&desk->folder, "roster.snapshot", &built_size);
	assert_int_equal(roster_rebuild(desk->folder.path, NOW_MS, &desk->problems), RESULT_OK);
	char *rebuilt = folder_read(&desk->folder, "roster.snapshot", &rebuilt_size);
	assert_int_equal(built_size, rebuilt_size);
	assert_memory_equal(built, rebuilt, built_size);
	free(built);
	free(rebuilt);
}

static void a_full_reject_file_stops_the_import(void **state)
{
	struct desk *desk = *state;
	int full = open("/dev/full", O_WRONLY);
	struct folder elsewhere;

	if (full < 0)
		skip();
	folder_make(&elsewhere);
	folder_write_text(&elsewhere, "in.csv", "phone\n13800000001\nx\n");
	desk->order.fd = open(folder_at(&elsewhere, "in.csv"), O_RDONLY);
	desk->order.reject_fd = full;
	assert_int_equal(roster_import(&desk->order, &desk->totals, &desk->problems), RESULT_NO_SPACE);
	assert_true(desk_told(desk, "rejected lines cannot be written"));
	close(desk->order.fd);
	close(full);
	folder_remove(&elsewhere);
	desk_open_roster(desk, NOW_MS);
	assert_int_equal(people_top(roster_people(desk->roster)), 0);
}

static void every_line_of_many_lists_is_in_the_snapshot(void **state)
{
	enum { PEOPLE = 3000, LISTS = 4 };
	struct desk *desk = *state;
	static char text[PEOPLE * 64];
	unsigned int seed = 7;
	/* what each person should be, worked out the plain way */
	static int year[PEOPLE], role[PEOPLE];
	static bool known[PEOPLE];

	for (int list = 0; list < LISTS; list++) {
		char name[32];
		size_t used = (size_t)sprintf(text, "phone,birth_year,roles\n");
		for (int i = 0; i < PEOPLE; i++) {
			int person = (i * 1777 + list) % PEOPLE;
			if (rand_r(&seed) % 3 != 0)
				continue;
			int born = rand_r(&seed) % 4 == 0 ? 0 : 1930 + rand_r(&seed) % 90;
			int which = rand_r(&seed) % 3;
			char cell[16] = "";
			if (born != 0)
				sprintf(cell, "%d", born);
			used += (size_t)sprintf(text + used, "1390000%04d,%s,%s\n", person, cell,
				which == 0           ? ""
					: which == 1 ? "学生"
						     : "家长");
			year[person] = born != 0 ? born : year[person];
			role[person] |= which;
			known[person] = true;
		}
		sprintf(name, "list %d", list);
		desk->order.list = name;
		assert_int_equal(desk_import_bytes(desk, text, used), RESULT_OK);
	}
	const struct people *people = roster_people(desk->roster);
	const struct set *student = people_under(people, PEOPLE_ROLE, "student");
	const struct set *parent = people_under(people, PEOPLE_ROLE, "parent");
	for (int i = 0; i < PEOPLE; i++) {
		uint32_t id = desk_id(desk, 13900000000 + (phone_t)i);
		char key[16];
		assert_int_equal(id != 0, known[i]);
		if (id == 0)
			continue;
		assert_int_equal(people_phone(people, id), 13900000000 + (phone_t)i);
		assert_int_equal(set_contains(student, id), (role[i] & 1) != 0);
		assert_int_equal(set_contains(parent, id), (role[i] & 2) != 0);
		sprintf(key, "%d", year[i]);
		assert_int_equal(desk_under(desk, PEOPLE_YEAR, key, 13900000000 + (phone_t)i), year[i] != 0);
	}
	set_release(&student);
	set_release(&parent);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
	const struct CMUnitTest tests[] = {
		TEST(accepts_the_contract),
		TEST(numbers_are_kept_by_a_second_import),
		TEST(who_leaves_the_last_list_is_gone_and_keeps_the_number),
		TEST(lists_merge_by_number),
		TEST(what_a_list_said_before_is_deleted),
		TEST(a_number_twice_in_a_file_is_one_person),
		TEST(opt_outs_outlive_imports),
		TEST(who_opts_out_on_a_line_with_another_fault_is_not_texted),
		TEST(an_ended_list_no_longer_counts),
		TEST(reads_files_as_office_software_writes_them),
		TEST(reads_gbk),
		TEST(damage_in_utf8_spoils_its_own_line_only),
		TEST(tells_why_a_line_is_not_taken),
		TEST(an_open_quote_costs_one_line),
		TEST(a_quote_that_closes_lines_below_costs_one_line),
		TEST(a_line_without_end_is_passed_over),
		TEST(refuses_whole_files_with_a_reason),
		TEST(a_column_without_a_name_is_not_passed_over_in_silence),
		TEST(says_what_an_order_lacks),
		TEST(discarded_columns_are_never_stored),
		TEST(areas_may_be_names_or_missing),
		TEST(a_dry_run_counts_and_changes_nothing),
		TEST(a_cancelled_import_changes_nothing),
		TEST(an_import_cancelled_while_writing_changes_nothing),
		TEST(large_lists_go_in_whole),
		TEST(a_large_import_cancelled_while_writing_changes_nothing),
		TEST(an_import_builds_what_a_rebuild_builds),
		TEST(a_full_reject_file_stops_the_import),
		TEST(every_line_of_many_lists_is_in_the_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
