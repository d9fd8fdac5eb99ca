#ifndef ROSTER_CELL_H
#define ROSTER_CELL_H

#include <stdbool.h>
#include <stddef.h>

/* What single cells of a roster say. Text is UTF-8 without blanks around; it need not end in a zero. */
enum { CELL_LANGUAGE_ROOM = 16 };

/*
 * What other systems put around a cell so that a spreadsheet leaves it alone, or that came along when it was pasted: an
 * apostrophe in front, ="…", blanks of every width and characters that cannot be seen. The text is cut to what is left.
 */
void cell_tidy(const char **text, size_t *size);

/*
 * A year of birth: "1948", "1948年", or a date that begins with it ("1948-03-02", "1948/3", "19480302"). False when it is
 * none between 1900 and `this_year`.
 */
bool cell_year(const char *text, size_t size, int this_year, int *year);

/*
 * The birth year in an identity number: 18 characters with a right check digit (GB 11643), or the 15 digits of before
 * 1999. False when it is none.
 */
bool cell_identity_year(const char *text, size_t size, int this_year, int *year);

/* "zh", "ug", "bo" … or a Chinese name. False when it is no language tag. */
bool cell_language(const char *text, size_t size, char out[CELL_LANGUAGE_ROOM]);

/* 1, 是, yes, 退订 … or 0, 否, no. False when it is neither. */
bool cell_opt_out(const char *text, size_t size, bool *opted_out);

/* True when a spreadsheet has ruined a number: "1.38E+10". */
bool cell_spreadsheet(const char *text, size_t size);

/* Whatever was written for a number, as it may be shown: of its digits the first three and, from eleven on, the last four. */
void cell_mask(const char *text, size_t size, char out[16]);

#endif
