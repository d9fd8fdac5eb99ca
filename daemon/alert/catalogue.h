#ifndef ALERT_CATALOGUE_H
#define ALERT_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "document/node.h"

/*
 * Rows of the data files of conf/data/: a list of groups whose keys are few and known. What is missing, of the wrong
 * kind or misspelled becomes a problem with its line; the reader goes on, so that all of them are told at once.
 */

/* The list `key` of a data file, or NULL with a problem. */
const struct node *catalogue_list(const struct node *root, const char *key, struct problems *problems);

/* Refuses keys of `row` that are not in the NULL-ended `keys`, and rows that are no groups. Returns false then. */
bool catalogue_row(const struct node *row, const char *const *keys, struct problems *problems);

/* A copy of a string; NULL when it is missing, with a problem when `required` or of another kind. */
char *catalogue_string(const struct node *row, const char *key, bool required, struct problems *problems);

/*
 * A NULL-ended list, never NULL; a problem when it is missing and `required`, empty then, or holds other than
 * strings.
 */
char **catalogue_strings(const struct node *row, const char *key, bool required, struct problems *problems);

/* `fallback` when missing; a problem when of another kind. */
int64_t catalogue_integer(const struct node *row, const char *key, int64_t fallback, struct problems *problems);
bool catalogue_bool(const struct node *row, const char *key, bool fallback, struct problems *problems);

#endif
