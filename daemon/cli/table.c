#include "cli/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "cli/speak.h"

/* Marks that belong to the character before them. */
static bool is_mark(uint32_t code)
{
	return (code >= 0x300 && code <= 0x36f) || (code >= 0x200b && code <= 0x200f) ||
		(code >= 0xfe00 && code <= 0xfe0f);
}

/* Chinese and its punctuation, Korean, and the pictures that officers put into headlines. */
static bool is_wide(uint32_t code)
{
	static const uint32_t pictures[] = {0x231a, 0x231b, 0x23f0, 0x23f3, 0x26a1, 0x26d4, 0x2705, 0x274c, 0x2753,
		0x2754, 0x2755, 0x2757, 0x2b50};

	for (size_t i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++)
		if (pictures[i] == code)
			return true;
	return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
		(code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
		(code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
		(code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1f64f) ||
		(code >= 0x1f680 && code <= 0x1f6ff) || (code >= 0x1f900 && code <= 0x1faff) || code >= 0x20000;
}

size_t table_width(const char *text)
{
	const char *end = text + strlen(text);
	size_t width = 0;
	uint32_t code;

	while (utf8_next(&text, end, &code))
		width += is_mark(code) ? 0 : is_wide(code) ? 2 : 1;
	return width;
}

static void add(struct table *table, char *cell)
{
	table->cells = mem_resize(table->cells, table->count + 1, sizeof(char *));
	table->cells[table->count++] = cell;
}

void table_begin(struct table *table, const char *const *names)
{
	*table = (struct table){0};
	for (; names[table->columns] != NULL; table->columns++)
		add(table, mem_strdup(tr(names[table->columns])));
}

void table_cell(struct table *table, const char *format, ...)
{
	va_list args;
	char *cell = NULL;

	va_start(args, format);
	if (vasprintf(&cell, format, args) < 0)
		cell = mem_strdup("");
	va_end(args);
	add(table, cell);
}

static void print_row(const struct table *table, size_t row, const size_t *widths)
{
	for (size_t i = 0; i < table->columns; i++) {
		const char *cell = table->cells[row * table->columns + i];
		fputs(cell, stdout);
		for (size_t width = table_width(cell); i + 1 < table->columns && width < widths[i] + 2; width++)
			putchar(' ');
	}
	putchar('\n');
}

void table_end(struct table *table, const char *nothing)
{
	size_t rows = table->count / table->columns;
	size_t *widths = mem_calloc(table->columns, sizeof(*widths));

	for (size_t i = 0; i < rows * table->columns; i++) {
		size_t width = table_width(table->cells[i]);
		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
	if (rows <= 1)
		puts(tr(nothing));
	for (size_t row = 0; rows > 1 && row < rows; row++)
		print_row(table, row, widths);
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(widths);
	*table = (struct table){0};
}
