#include "alert/area.h"

#include <stdlib.h>
#include <string.h>

#include "alert/fold.h"
#include "base/buf.h"
#include "base/mem.h"
#include "flow/area.h"

void area_table_fini(struct area_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free(table->rows[i].code);
		free(table->rows[i].name);
		free(table->rows[i].folded);
	}
	free(table->rows);
	*table = (struct area_table){0};
}

/* Cuts `digits` to `kept` when everything behind is zero. */
static void unpad(char *digits, size_t kept)
{
	if (strlen(digits) > kept && strspn(digits + kept, "0") == strlen(digits) - kept)
		digits[kept] = '\0';
}

bool area_code(const char *text, char out[AREA_CODE])
{
	size_t length = strspn(text, "0123456789");

	if (text[length] != '\0' || (length != 6 && length != 9 && length != 12 && length != 14))
		return false;
	memcpy(out, text, length + 1);
	unpad(out, 12);
	unpad(out, 9);
	unpad(out, 6);
	return true;
}

/* The first row whose code is not before `code`. */
static size_t area_place(const struct area_table *table, const char *code)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(table->rows[middle].code, code) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct area *area_row(const struct area_table *table, const char *code)
{
	size_t at = area_place(table, code);

	return at < table->count && strcmp(table->rows[at].code, code) == 0 ? &table->rows[at] : NULL;
}

enum result area_add(struct area_table *table, const char *code, const char *name)
{
	char plain[AREA_CODE];

	if (!area_code(code, plain) || name == NULL || *name == '\0')
		return RESULT_INVALID;
	struct area *row = area_row(table, plain);
	if (row != NULL) {
		free(row->name);
		free(row->folded);
		row->name = mem_strdup(name);
		row->folded = fold_name(name);
		return RESULT_OK;
	}
	size_t at = area_place(table, plain);
	table->rows = mem_resize(table->rows, table->count + 1, sizeof(*table->rows));
	memmove(&table->rows[at + 1], &table->rows[at], (table->count - at) * sizeof(*table->rows));
	table->rows[at] = (struct area){.code = mem_strdup(plain), .name = mem_strdup(name), .folded = fold_name(name)};
	table->count++;
	return RESULT_OK;
}

const char *area_name(const struct area_table *table, const char *code)
{
	char plain[AREA_CODE];
	const struct area *row = area_code(code, plain) ? area_row(table, plain) : NULL;

	return row != NULL ? row->name : NULL;
}

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t size = strlen(end);

	return size > 0 && size <= length && memcmp(text + length - size, end, size) == 0;
}

/* "昆山" for "昆山市": the length of a name without its last word, or of the whole where it has none. */
static size_t area_stem(const char *name)
{
	static const char *const words[] = {"特别行政区", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "街道",
		"地区", "省", "市", "区", "县", "盟", "镇", "乡", "村", "社区"};
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (ends_with(name, length, words[i]) && length - strlen(words[i]) >= 2 * strlen("省"))
			return length - strlen(words[i]);
	return length;
}

/*
 * How many bytes at the end of text[0, length) name this area: its whole name, or only its stem; 0 when they do not.
 * "吉林" is "吉林省" and "吉林市" alike; the caller settles that.
 */
static size_t area_tail(const struct area *row, const char *text, size_t length)
{
	size_t stem = area_stem(row->folded);

	if (ends_with(text, length, row->folded))
		return strlen(row->folded);
	if (stem <= length && memcmp(text + length - stem, row->folded, stem) == 0)
		return stem;
	return 0;
}

/* True when text[0, length) is a run of names of areas around `code`, the widest first, any of them left out. */
static bool area_named_above(const struct area_table *table, const char *code, const char *text, size_t length)
{
	static const size_t levels[] = {12, 9, 6, 4, 2};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]) && length > 0; i++) {
		char above[AREA_CODE] = "000000";
		if (levels[i] >= strlen(code))
			continue;
		memcpy(above, code, levels[i]);
		if (levels[i] >= 6)
			above[levels[i]] = '\0';
		if (strcmp(above, code) == 0)
			continue;
		const struct area *row = area_row(table, above);
		if (row != NULL)
			length -= area_tail(row, text, length);
	}
	return length == 0;
}

/* Collects what bears this name, best kind of match only: a whole name is better than a stem. */
struct area_hits {
	const struct area *rows[16];
	size_t count;
	bool whole;
};

static void area_hit(struct area_hits *hits, const struct area *row, bool whole)
{
	if (whole && !hits->whole)
		hits->count = 0;
	if (hits->whole && !whole)
		return;
	hits->whole = whole;
	if (hits->count < sizeof(hits->rows) / sizeof(hits->rows[0]))
		hits->rows[hits->count] = row;
	hits->count++;
}

/* Of several, the only one inside `near`, or the one around it; NULL when that does not decide. */
static const struct area *area_choose(const struct area_hits *hits, const char *near)
{
	const struct area *inside = NULL, *around = NULL;
	size_t inside_count = 0, kept = sizeof(hits->rows) / sizeof(hits->rows[0]);

	if (hits->count == 1)
		return hits->rows[0];
	for (size_t i = 0; near != NULL && i < hits->count && i < kept; i++) {
		if (area_covers(near, hits->rows[i]->code)) {
			inside = hits->rows[i];
			inside_count++;
		} else if (area_covers(hits->rows[i]->code, near)) {
			around = hits->rows[i];
		}
	}
	if (inside_count == 1)
		return inside;
	return inside_count == 0 ? around : NULL;
}

static enum result area_find_name(const struct area_table *table, const char *name, const char *near,
	char code[AREA_CODE])
{
	struct area_hits hits = {.count = 0};
	size_t length = strlen(name);

	for (size_t i = 0; i < table->count; i++) {
		const struct area *row = &table->rows[i];
		size_t tail = area_tail(row, name, length);
		if (tail > 0 && area_named_above(table, row->code, name, length - tail))
			area_hit(&hits, row, tail == strlen(row->folded));
	}
	if (hits.count == 0)
		return RESULT_NOT_FOUND;
	const struct area *row = area_choose(&hits, near);
	if (row == NULL)
		return RESULT_EXISTS;
	memcpy(code, row->code, strlen(row->code) + 1);
	return RESULT_OK;
}

enum result area_find(const struct area_table *table, const char *text, const char *near, char code[AREA_CODE])
{
	char *name = fold_name(text);
	enum result result;

	if (*name != '\0' && strspn(name, "0123456789") == strlen(name)) {
		char province[AREA_CODE] = "000000";
		result = RESULT_INVALID;
		if (area_code(name, code)) {
			memcpy(province, code, 2);
			result = area_row(table, province) == NULL ? RESULT_NOT_FOUND : RESULT_OK;
		}
	} else {
		result = *name == '\0' ? RESULT_NOT_FOUND : area_find_name(table, name, near, code);
	}
	free(name);
	return result;
}

char *area_full_name(const struct area_table *table, const char *code)
{
	static const size_t levels[] = {2, 4, 6, 9, 12};
	char plain[AREA_CODE];
	struct buf out;

	buf_init(&out, 1024);
	if (!area_code(code, plain))
		plain[0] = '\0';
	const char *before = NULL;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]) && levels[i] <= strlen(plain); i++) {
		char level[AREA_CODE] = "000000";
		memcpy(level, plain, levels[i]);
		if (levels[i] >= 6)
			level[levels[i]] = '\0';
		const struct area *row = area_row(table, level);
		if (row != NULL && row->name != before)
			buf_add_text(&out, row->name);
		before = row != NULL ? row->name : before;
	}
	char *name = mem_strdup(buf_text(&out));
	buf_fini(&out);
	return name;
}
