#ifndef ALERT_AREA_H
#define ALERT_AREA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/result.h"

/*
 * Area codes and their names (alerts.md section 5): six digits of GB/T 2260, nine for a town, twelve for a
 * village. A code is text everywhere. The table holds what is known by name; a code without a name is a good
 * code all the same.
 */
#define AREA_CODE 16 /* bytes that hold any code and its zero */

struct area {
	char *code;
	char *name;
	char *folded; /* the name as fold_name makes it, for comparing */
};

struct area_table {
	struct area *rows; /* sorted by code */
	size_t count;
};

void area_table_fini(struct area_table *table);

/*
 * Writes the code without padding into `out`: "320583000000" → "320583", "32058310000000" → "320583100".
 * Returns false when `text` is not 6, 9, 12 or 14 digits.
 */
bool area_code(const char *text, char out[AREA_CODE]);

/* Adds an area, or renames the one with this code. RESULT_INVALID: malformed code or empty name. */
enum result area_add(struct area_table *table, const char *code, const char *name);

/* The name of a code, or NULL. */
const char *area_name(const struct area_table *table, const char *code);

/* As taxonomy_find_area (alert/taxonomy.h). */
enum result area_find(const struct area_table *table, const char *text, const char *near, char code[AREA_CODE]);

/* "江苏省苏州市昆山市玉山镇": the known names from the province down. A string to free(). */
char *area_full_name(const struct area_table *table, const char *code);

#endif
