#ifndef ROSTER_CSV_H
#define ROSTER_CSV_H

#include <stdbool.h>
#include <stddef.h>

/*
 * CSV (RFC 4180) in memory, as office software writes it: LF or CRLF, quoted cells with newlines and doubled quotes, blanks
 * around cells. Works on bytes, so that UTF-8 and GBK are cut alike (no second byte of GBK is a quote, a comma or a
 * newline). Decides nothing about what cells mean.
 */
enum { CSV_CELLS_MOST = 64, CSV_RECORD_MOST = 64 * 1024 };

enum csv_found {
	CSV_RECORD, /* one record */
	CSV_MORE, /* no end in sight: read more, and ask again */
	CSV_UNCLOSED, /* a quote without its fellow, or whose fellow, lines below, ends no cell; `used` covers the first line
			 only, so that the next lines are kept */
	CSV_LONG, /* a line over CSV_RECORD_MOST; `used` covers what is there, up to its newline if that is there */
};

/*
 * Finds the end of the record at the start of `text`. `end` says that nothing follows `size` bytes. *used is how many
 * bytes it takes with its newline, *lines how many newlines those hold. Requires: size > 0.
 */
enum csv_found csv_find(const char *text, size_t size, bool end, char separator, size_t *used, unsigned int *lines);

struct csv_cell {
	char *text; /* no closing zero */
	size_t size;
};

struct csv_row {
	struct csv_cell cells[CSV_CELLS_MOST];
	size_t count; /* may be over CSV_CELLS_MOST; the others are not kept */
	bool spoiled; /* something stood behind a closing quote */
};

/* Cuts a record that csv_find found into cells, in place; quotes are resolved, blanks around cells taken off. */
void csv_cut(char *text, size_t size, char separator, struct csv_row *row);

/* True when no cell holds anything. */
bool csv_blank(const struct csv_row *row);

#endif
