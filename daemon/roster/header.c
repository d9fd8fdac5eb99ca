#include "roster/header.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "base/phone.h"
#include "base/utf8.h"

/* As they look after simplify(). The first of each column is its own name. */
static const struct alias {
	const char *written;
	enum column column;
} aliases[] = {
	{"phone", COLUMN_PHONE},
	{"mobile", COLUMN_PHONE},
	{"phonenumber", COLUMN_PHONE},
	{"手机号", COLUMN_PHONE},
	{"手机号码", COLUMN_PHONE},
	{"手机", COLUMN_PHONE},
	{"电话", COLUMN_PHONE},
	{"电话号码", COLUMN_PHONE},
	{"联系电话", COLUMN_PHONE},
	{"联系方式", COLUMN_PHONE},
	{"移动电话", COLUMN_PHONE},
	{"birthyear", COLUMN_YEAR},
	{"yearofbirth", COLUMN_YEAR},
	{"出生年", COLUMN_YEAR},
	{"出生年份", COLUMN_YEAR},
	{"roles", COLUMN_ROLES},
	{"role", COLUMN_ROLES},
	{"身份", COLUMN_ROLES},
	{"角色", COLUMN_ROLES},
	{"人群", COLUMN_ROLES},
	{"身份类别", COLUMN_ROLES},
	{"人员类别", COLUMN_ROLES},
	{"area", COLUMN_AREA},
	{"areacode", COLUMN_AREA},
	{"区域", COLUMN_AREA},
	{"区域代码", COLUMN_AREA},
	{"地区", COLUMN_AREA},
	{"行政区划", COLUMN_AREA},
	{"行政区划代码", COLUMN_AREA},
	{"所属区域", COLUMN_AREA},
	{"language", COLUMN_LANGUAGE},
	{"lang", COLUMN_LANGUAGE},
	{"语言", COLUMN_LANGUAGE},
	{"语种", COLUMN_LANGUAGE},
	{"optout", COLUMN_OPT_OUT},
	{"退订", COLUMN_OPT_OUT},
	{"是否退订", COLUMN_OPT_OUT},
	{"已退订", COLUMN_OPT_OUT},
	{"idnumber", COLUMN_IDENTITY},
	{"idcard", COLUMN_IDENTITY},
	{"idno", COLUMN_IDENTITY},
	{"identitynumber", COLUMN_IDENTITY},
	{"身份证", COLUMN_IDENTITY},
	{"身份证号", COLUMN_IDENTITY},
	{"身份证号码", COLUMN_IDENTITY},
	{"公民身份号码", COLUMN_IDENTITY},
	{"公民身份证号码", COLUMN_IDENTITY},
	{"证件号", COLUMN_IDENTITY},
	{"证件号码", COLUMN_IDENTITY},
	{"birthdate", COLUMN_BIRTH_DATE},
	{"birthday", COLUMN_BIRTH_DATE},
	{"dateofbirth", COLUMN_BIRTH_DATE},
	{"出生日期", COLUMN_BIRTH_DATE},
	{"出生年月", COLUMN_BIRTH_DATE},
	{"出生年月日", COLUMN_BIRTH_DATE},
	{"生日", COLUMN_BIRTH_DATE},
};

/* What is proposed for a slip of the hand. */
static const char *const proposals[] = {"phone", "birth_year", "roles", "area", "language", "opt_out", "手机号",
	"出生年", "身份", "区域", "语言", "退订", NULL};

const char *column_name(enum column column)
{
	static const char *const names[COLUMN_COUNT] = {"phone", "birth_year", "roles", "area", "language", "opt_out",
		"identity_number", "birth_date"};

	return names[column];
}

/* Half-width, lower case, without blanks, underscores, hyphens and what stands in brackets. A new string. */
static char *simplify(const char *text, size_t size)
{
	char *given = mem_strndup(text, size);
	char *narrow = utf8_narrow(given);
	char *to = narrow;

	free(given);
	for (const char *at = narrow; *at != '\0' && *at != '('; at++) {
		if (*at != ' ' && *at != '_' && *at != '-' && *at != '\t' && *at != '\n' && *at != '\r')
			*to++ = (char)tolower((unsigned char)*at);
	}
	*to = '\0';
	return narrow;
}

static bool find_column(const char *text, size_t size, enum column *column)
{
	char *simple = simplify(text, size);
	bool found = false;

	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]) && !found; i++) {
		found = strcmp(aliases[i].written, simple) == 0;
		*column = aliases[i].column;
	}
	free(simple);
	return found;
}

/*
 * A name as it may be shown: cut short. Where the file has no header, this is somebody's data; then nothing is shown.
 */
static void show(const char *text, size_t size, char out[64])
{
	size_t digits = 0;

	for (size_t i = 0; i < size; i++)
		digits += isdigit((unsigned char)text[i]) != 0 || (unsigned char)text[i] == 0xef;
	if (digits > 3) {
		snprintf(out, 64, "…");
		return;
	}
	char *copy = mem_strndup(text, size < 60 ? size : 60);
	size_t bad;
	if (!utf8_valid(copy, strlen(copy), &bad))
		copy[bad] = '\0';
	snprintf(out, 64, "%s", copy);
	free(copy);
}

static void refuse_unknown(const char *text, size_t size, const struct place *at, struct problems *problems)
{
	char name[64];

	show(text, size, name);
	char *copy = mem_strndup(text, size);
	const char *nearest = nearest_name(copy, proposals);
	free(copy);
	struct problem *problem = problem_add(problems, PROBLEM_ERROR, at, name, N_("this column is not known"));
	if (nearest != NULL)
		problem_remedy(problem,
			N_("did you mean \"%s\"? Or pass over unknown columns with --discard-extra: they "
			   "are never stored"),
			nearest);
	else
		problem_remedy(problem,
			N_("known are phone, birth_year, roles, area, language and opt_out; pass over "
			   "others with --discard-extra: they are never stored"));
}

static void refuse_private(const char *text, size_t size, const struct place *at, struct problems *problems)
{
	char name[64];

	show(text, size, name);
	problem_remedy(problem_add(problems, PROBLEM_ERROR, at, name,
			       N_("a roster keeps the year of birth only, never this column")),
		N_("add --discard-extra: the birth year is taken from it and the rest is never stored"));
}

/* Settles what one cell of the header means. */
static void place_cell(struct header *header, int place, const char *text, size_t size, bool discard_extra,
	const struct place *at, struct problems *problems)
{
	enum column column;
	bool known = size > 0 && find_column(text, size, &column);
	bool private = known && (column == COLUMN_IDENTITY || column == COLUMN_BIRTH_DATE);
	char name[64];

	if (known && header->place[column] >= 0) {
		show(text, size, name);
		problem_remedy(problem_add(problems, PROBLEM_ERROR, at, name, N_("two columns mean the same: %s"),
				       column_name(column)),
			N_("remove one of them"));
		return;
	}
	if (known && (!private || discard_extra))
		header->place[column] = place;
	if (known && !private)
		return;
	if (size == 0 && !discard_extra)
		header->nameless |= UINT64_C(1) << place;
	if (discard_extra) {
		show(text, size, name);
		mem_strings_add(&header->discarded, name);
	} else if (private) {
		refuse_private(text, size, at, problems);
	} else if (size > 0) {
		refuse_unknown(text, size, at, problems);
	}
}

/* True when the file begins with data instead of names. */
static bool looks_like_data(const struct csv_row *row)
{
	for (size_t i = 0; i < row->count && i < CSV_CELLS_MOST; i++) {
		phone_t phone;
		if (phone_parse(row->cells[i].text, row->cells[i].size, &phone))
			return true;
	}
	return false;
}

static enum result first_row(struct reader *reader, struct reader_row *row)
{
	enum result result = reader_next(reader, row);

	while (result == RESULT_OK && row->found == CSV_RECORD && csv_blank(&row->csv))
		result = reader_next(reader, row);
	return result;
}

/* What stands in the one cell of a line in the places of commas; NULL when it may be one name. */
static const char *other_separator(struct reader *reader, const struct csv_row *row)
{
	static const char *const marks[] = {";", "，", "；", "|"};
	const char *text;
	size_t size;

	if (row->count != 1 || !reader_cell(reader, &row->cells[0], &text, &size))
		return NULL;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (memmem(text, size, marks[i], strlen(marks[i])) != NULL)
			return marks[i];
	return NULL;
}

/* What is wrong with the line as a whole, or nothing. */
static bool whole_line_wrong(struct reader *reader, const struct reader_row *row, const struct place *at,
	struct problems *problems)
{
	if (row->found != CSV_RECORD || row->csv.count > CSV_CELLS_MOST) {
		problem_remedy(problem_add(problems, PROBLEM_ERROR, at, NULL, N_("this is no line of column names")),
			N_("the first line names the columns: phone,birth_year,roles,area,language,opt_out"));
		return true;
	}
	if (looks_like_data(&row->csv)) {
		problem_remedy(problem_add(problems, PROBLEM_ERROR, at, NULL,
				       N_("the file begins with a number instead of the names of its columns")),
			N_("the first line names the columns: phone,birth_year,roles,area,language,opt_out"));
		return true;
	}
	const char *mark = other_separator(reader, &row->csv);
	if (mark != NULL)
		problem_remedy(problem_add(problems, PROBLEM_ERROR, at, NULL,
				       N_("the columns are parted by %s instead of a comma"), mark),
			N_("save it from the spreadsheet program as \"CSV UTF-8\", or put the comma of an English "
			   "keyboard there in every line"));
	return mark != NULL;
}

enum result header_read(struct header *header, struct reader *reader, const char *file, bool discard_extra,
	struct problems *problems)
{
	struct reader_row row;
	struct place at = {.file = file, .line = 1};
	size_t before = problems->errors;

	*header = (struct header){0};
	for (int i = 0; i < COLUMN_COUNT; i++)
		header->place[i] = -1;
	enum result result = first_row(reader, &row);
	if (result != RESULT_OK && result != RESULT_NOT_FOUND)
		return result;
	at.line = result == RESULT_OK ? (unsigned int)row.line : 1;
	if (result == RESULT_OK && whole_line_wrong(reader, &row, &at, problems))
		return RESULT_INVALID;
	header->columns = result == RESULT_OK ? row.csv.count : 0;
	for (size_t i = 0; i < header->columns; i++) {
		const char *text;
		size_t size;
		if (!reader_cell(reader, &row.csv.cells[i], &text, &size))
			text = "?", size = 1;
		place_cell(header, (int)i, text, size, discard_extra, &at, problems);
	}
	if (header->place[COLUMN_PHONE] < 0)
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, column_name(COLUMN_PHONE),
				       N_("there is no column with phone numbers")),
			N_("name one of the columns \"phone\" or \"手机号\""));
	return problems->errors > before ? RESULT_INVALID : RESULT_OK;
}

void header_fini(struct header *header)
{
	mem_strings_free(header->discarded);
	*header = (struct header){0};
}
