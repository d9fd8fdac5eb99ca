#include "roster/line.h"

#include <stdlib.h>
#include <string.h>

#include "flow/area.h"
#include "audience/role.h"
#include "base/mem.h"
#include "base/phone.h"
#include "base/utf8.h"
#include "roster/cell.h"

enum { WRITTEN_ROOM = 256 }; /* a longer cell of areas or roles is no word of this kind */

void line_init(struct line_reader *line, const struct roster_import *order, const struct header *header,
	struct reader *reader, int this_year)
{
	char code[AREA_ROOM];

	*line = (struct line_reader){.order = order, .header = header, .reader = reader, .this_year = this_year};
	names_init(&line->areas, LINE_AREAS_MOST);
	names_init(&line->role_sets, LINE_ROLE_SETS_MOST);
	names_init(&line->roles, LINE_ROLES_MOST);
	names_init(&line->languages, LINE_LANGUAGES_MOST);
	names_init(&line->written_areas, LINE_AREAS_MOST);
	names_init(&line->written_roles, LINE_ROLE_SETS_MOST);
	line->area_of = mem_calloc(LINE_AREAS_MOST, sizeof(*line->area_of));
	line->role_set_of = mem_calloc(LINE_ROLE_SETS_MOST, sizeof(*line->role_set_of));
	if (order->default_area != NULL && area_prefix(order->default_area, strlen(order->default_area), code))
		line->default_area = names_put(&line->areas, code);
}

void line_fini(struct line_reader *line)
{
	names_fini(&line->areas);
	names_fini(&line->role_sets);
	names_fini(&line->roles);
	names_fini(&line->languages);
	names_fini(&line->written_areas);
	names_fini(&line->written_roles);
	free(line->area_of);
	free(line->role_set_of);
}

static bool refuse(struct line_result *result, enum column field, enum roster_reject reason)
{
	result->field = field;
	result->reason = reason;
	return false;
}

/* A cell's text; empty when the file has no such column or the line ends before it. False when it cannot be read. */
static bool cell(struct line_reader *line, const struct reader_row *row, enum column column, const char **text,
	size_t *size, struct line_result *result)
{
	int place = line->header->place[column];

	*text = "";
	*size = 0;
	if (place < 0 || (size_t)place >= row->csv.count)
		return true;
	if (!reader_cell(line->reader, &row->csv.cells[place], text, size))
		return refuse(result, column, REJECT_CHARACTERS);
	cell_tidy(text, size);
	return true;
}

/* What nearly every cell is: eleven plain digits. */
static bool plain_phone(const char *text, size_t size, phone_t *phone)
{
	phone_t value = 0;

	if (size != 11)
		return false;
	for (size_t i = 0; i < size; i++) {
		unsigned int digit = (unsigned int)(unsigned char)text[i] - '0';
		if (digit > 9)
			return false;
		value = value * 10 + digit;
	}
	*phone = value;
	return phone_assigned(value);
}

static bool read_phone(struct line_reader *line, const struct reader_row *row, struct line_result *result)
{
	const char *text;
	size_t size;
	phone_t phone;

	if (!cell(line, row, COLUMN_PHONE, &text, &size, result))
		return false;
	if (size == 0)
		return refuse(result, COLUMN_PHONE, REJECT_PHONE_EMPTY);
	if (!plain_phone(text, size, &phone) && !phone_parse(text, size, &phone)) {
		cell_mask(text, size, result->masked);
		return refuse(result, COLUMN_PHONE,
			cell_spreadsheet(text, size) ? REJECT_PHONE_SPREADSHEET : REJECT_PHONE);
	}
	result->record.phone = phone;
	return true;
}

/* The year in a column of years or dates; *year stays when the cell is empty. */
static bool read_year_cell(struct line_reader *line, const struct reader_row *row, enum column column, int *year,
	struct line_result *result)
{
	const char *text;
	size_t size;

	if (!cell(line, row, column, &text, &size, result))
		return false;
	if (size > 0 && !cell_year(text, size, line->this_year, year))
		return refuse(result, column, REJECT_YEAR);
	return true;
}

/* From an identity number where there is a good one, else from the birth year, else from the birth date. */
static bool read_year(struct line_reader *line, const struct reader_row *row, struct line_result *result)
{
	const char *text;
	size_t size;
	int year = 0;

	if (!cell(line, row, COLUMN_IDENTITY, &text, &size, result))
		return false;
	bool wrong = size > 0 && !cell_identity_year(text, size, line->this_year, &year);
	if (wrong)
		year = 0;
	if (year == 0 && !read_year_cell(line, row, COLUMN_YEAR, &year, result))
		return false;
	if (year == 0 && !read_year_cell(line, row, COLUMN_BIRTH_DATE, &year, result))
		return false;
	if (wrong && year == 0)
		return refuse(result, COLUMN_IDENTITY, REJECT_IDENTITY);
	result->record.year = (uint16_t)year;
	return true;
}

/* True for the characters that part roles; *size is how many bytes it has. */
static bool parts_roles(const char *text, const char *end, size_t *size)
{
	static const char *const marks[] = {";", "；", "、", ",", "，", "/", "|", "\n"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		*size = strlen(marks[i]);
		if ((size_t)(end - text) >= *size && memcmp(text, marks[i], *size) == 0)
			return true;
	}
	return false;
}

/* The number of the set that a cell of roles means; 0 with a reason when it means none. */
static uint32_t parse_roles(struct line_reader *line, const char *text, size_t size, struct line_result *result)
{
	const char *end = text + size, *from = text;
	char set[ROLES_ROOM] = "", name[ROLE_ROOM];
	size_t skip;

	for (const char *at = text; at <= end; at++) {
		if (at < end && !parts_roles(at, end, &skip))
			continue;
		if (at > from && !role_name(from, (size_t)(at - from), name)) {
			refuse(result, COLUMN_ROLES, REJECT_ROLE);
			return 0;
		}
		if (at > from && (names_put(&line->roles, name) == 0 || !roles_add(set, name))) {
			refuse(result, COLUMN_ROLES, REJECT_VARIETY);
			return 0;
		}
		from = at + (at < end ? skip : 0);
		at = from > at ? from - 1 : at;
	}
	if (set[0] == '\0') {
		refuse(result, COLUMN_ROLES, REJECT_ROLE);
		return 0;
	}
	uint32_t number = names_put(&line->role_sets, set);
	if (number == 0)
		refuse(result, COLUMN_ROLES, REJECT_VARIETY);
	return number;
}

/* The number of the area that a cell means; 0 with a reason when it means none. */
static uint32_t parse_area(struct line_reader *line, const char *text, struct line_result *result)
{
	char *narrow = utf8_narrow(text);
	char found[16], code[AREA_ROOM];
	const struct roster_import *order = line->order;
	bool known = area_prefix(narrow, strlen(narrow), code);

	if (!known && order->area_find != NULL && order->area_find(order->area_arg, narrow, found))
		known = area_prefix(found, strlen(found), code);
	free(narrow);
	if (!known) {
		refuse(result, COLUMN_AREA, REJECT_AREA);
		return 0;
	}
	uint32_t number = names_put(&line->areas, code);
	if (number == 0)
		refuse(result, COLUMN_AREA, REJECT_VARIETY);
	return number;
}

static bool read_roles(struct line_reader *line, const struct reader_row *row, struct line_result *result)
{
	char written[WRITTEN_ROOM];
	const char *text;
	size_t size;

	if (!cell(line, row, COLUMN_ROLES, &text, &size, result))
		return false;
	if (size == 0)
		return true;
	if (size >= sizeof(written))
		return refuse(result, COLUMN_ROLES, REJECT_ROLE);
	memcpy(written, text, size);
	written[size] = '\0';
	uint32_t place = names_put(&line->written_roles, written);
	uint32_t number = place == 0 ? 0 : line->role_set_of[place - 1];
	if (number == 0)
		number = parse_roles(line, written, size, result);
	if (place != 0)
		line->role_set_of[place - 1] = number;
	result->record.roles = number;
	return number != 0;
}

static bool read_area(struct line_reader *line, const struct reader_row *row, struct line_result *result)
{
	char written[WRITTEN_ROOM];
	const char *text;
	size_t size;

	if (!cell(line, row, COLUMN_AREA, &text, &size, result))
		return false;
	result->record.area = line->default_area;
	if (size == 0)
		return true;
	if (size >= sizeof(written))
		return refuse(result, COLUMN_AREA, REJECT_AREA);
	memcpy(written, text, size);
	written[size] = '\0';
	uint32_t place = names_put(&line->written_areas, written);
	uint32_t number = place == 0 ? 0 : line->area_of[place - 1];
	if (number == 0)
		number = parse_area(line, written, result);
	if (place != 0)
		line->area_of[place - 1] = number;
	result->record.area = number;
	return number != 0;
}

/* A file speaks one language for thousands of lines: what the last one said is not worked out again. */
static bool read_language(struct line_reader *line, const struct reader_row *row, struct line_result *result)
{
	char language[CELL_LANGUAGE_ROOM];
	const char *text;
	size_t size;

	if (!cell(line, row, COLUMN_LANGUAGE, &text, &size, result))
		return false;
	if (size == 0)
		return true;
	if (size != line->last_size || memcmp(text, line->last_language, size) != 0) {
		if (!cell_language(text, size, language))
			return refuse(result, COLUMN_LANGUAGE, REJECT_LANGUAGE);
		line->last_number = (uint8_t)names_put(&line->languages, language);
		line->last_size = 0;
		if (line->last_number == 0)
			return refuse(result, COLUMN_LANGUAGE, REJECT_VARIETY);
		if (size <= sizeof(line->last_language)) {
			memcpy(line->last_language, text, size);
			line->last_size = size;
		}
	}
	result->record.language = line->last_number;
	return true;
}

static bool read_opt_out(struct line_reader *line, const struct reader_row *row, struct line_result *result)
{
	const char *text;
	size_t size;
	bool opted_out = false;

	if (!cell(line, row, COLUMN_OPT_OUT, &text, &size, result))
		return false;
	if (size > 0 && !cell_opt_out(text, size, &opted_out))
		return refuse(result, COLUMN_OPT_OUT, REJECT_OPT_OUT);
	result->record.opt_out = opted_out;
	return true;
}

/* True when cells stand where the header has no column; empty ones do not matter. */
static bool too_many(const struct line_reader *line, const struct csv_row *csv)
{
	for (size_t i = line->header->columns; i < csv->count; i++) {
		if (i >= CSV_CELLS_MOST || csv->cells[i].size > 0)
			return true;
	}
	return false;
}

/* True when something stands in a column without a name: it may be what the officer thinks is read. */
static bool in_nameless(const struct line_reader *line, const struct csv_row *csv)
{
	for (uint64_t left = line->header->nameless; left != 0; left &= left - 1) {
		size_t place = (size_t)__builtin_ctzll(left);
		if (place < csv->count && csv->cells[place].size > 0)
			return true;
	}
	return false;
}

void line_read(struct line_reader *line, const struct reader_row *row, struct line_result *result)
{
	*result = (struct line_result){.field = COLUMN_COUNT};
	if (row->found != CSV_RECORD) {
		result->reason = row->found == CSV_LONG ? REJECT_LONG : REJECT_QUOTE;
		return;
	}
	/* The opt-out first: who asks for it is not texted, whatever else is wrong with the line. */
	result->taken = read_phone(line, row, result) && read_opt_out(line, row, result) &&
		read_year(line, row, result) && read_roles(line, row, result) && read_area(line, row, result) &&
		read_language(line, row, result);
	if (row->csv.spoiled || too_many(line, &row->csv)) {
		result->taken = false;
		result->field = COLUMN_COUNT;
		result->reason = row->csv.spoiled ? REJECT_QUOTE : REJECT_COLUMNS;
		/* Cells may have moved: what stands under "opt out" need not be meant for it. */
		result->record.opt_out = false;
	}
	if (result->taken && in_nameless(line, &row->csv)) {
		result->taken = false;
		result->reason = REJECT_NAMELESS;
	}
	result->record.absent = !result->taken;
	if (!result->taken && result->record.phone != 0)
		phone_mask((phone_t)result->record.phone, result->masked);
}
