#include "cli/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "cli/speak.h"

size_t table_width(const char *text)
{
	const char *end = text + strlen(text);
	size_t width = 0;
	uint32_t code;

	while (utf8_next(&text, end, &code))
		width += (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
				(code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
				(code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
				(code >= 0xffe0 && code <= 0xffe6) || code >= 0x20000
			? 2
			: 1;
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
