#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stddef.h>

/*
 * Columns that line up although a Chinese character is two cells wide. Collect rows, then print.
 */
struct table {
	size_t columns;
	char **cells;
	size_t count; /* cells, a multiple of columns */
};

/* The head's names are translated. `names` ends in NULL. */
void table_begin(struct table *table, const char *const *names);

/* Adds a cell by printf's rules; as many as there are columns make a row. */
void table_cell(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints on stdout and forgets; a table without rows prints `nothing` (translated) instead. */
void table_end(struct table *table, const char *nothing);

/* Cells that a text takes on a terminal. */
size_t table_width(const char *text);

#endif
