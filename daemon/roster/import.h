#ifndef ROSTER_IMPORT_H
#define ROSTER_IMPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "base/result.h"

/*
 * Replaces one list by the lines of a CSV file (design.md 2a Residents and section 5). Made for a worker thread: it has
 * its own connections and touches no struct roster. Memory stays under about 512 MiB for ten million lines. All or
 * nothing: a failed or cancelled import changes nothing. Afterwards: roster_prepare() and roster_take().
 */
struct roster_progress {
	uint64_t bytes, bytes_total; /* of the file, while reading */
	uint64_t lines, taken, rejected;
	uint64_t written; /* people written, while storing */
};

/* Why a line was not taken. Words for people: roster_reject_text(). */
enum roster_reject {
	REJECT_PHONE_EMPTY,
	REJECT_PHONE_SPREADSHEET, /* 1.38E+10 */
	REJECT_PHONE, /* not a mainland mobile number */
	REJECT_YEAR,
	REJECT_IDENTITY, /* an identity number that does not hold */
	REJECT_ROLE,
	REJECT_AREA,
	REJECT_LANGUAGE,
	REJECT_OPT_OUT,
	REJECT_COLUMNS, /* more cells than the header has */
	REJECT_NAMELESS, /* something in a column without a name */
	REJECT_QUOTE, /* a quote that is never closed, or text behind a closing one */
	REJECT_LONG,
	REJECT_CHARACTERS, /* neither UTF-8 nor GBK */
	REJECT_VARIETY, /* more different roles or areas than a roster can hold */
	ROSTER_REJECT_COUNT,
};

struct roster_import {
	const char *state; /* the roster's folder */
	int fd; /* a regular file, read from its beginning; stays open */
	const char *file; /* its name, for messages */
	const char *list; /* name of the list */
	const char *source; /* the unit that it comes from */
	const char *basis; /* on what ground the data are used */
	const char *until; /* "2026-12-31": last day on which it counts; or NULL */
	bool discard_extra; /* pass over unknown columns; they are never stored */
	bool dry_run; /* read, check and count only; the reject file is written all the same */
	int reject_fd; /* where rejected lines are told, open for writing; -1: nowhere */
	const char *default_area; /* code for residents without area (the site's own); NULL: none */
	int64_t now_ms; /* wall */

	/*
	 * The code of an area's name; false when it is not known. Called in the importing thread for anything that is no
	 * code itself. May be NULL.
	 */
	bool (*area_find)(void *arg, const char *name, char code[16]);
	void *area_arg;

	/* Called in the importing thread, at most ten times a second and once at the end. May be NULL. */
	void (*progress)(void *arg, const struct roster_progress *progress);
	void *progress_arg;

	const atomic_bool *cancel; /* set by anybody to stop; or NULL */
};

struct roster_totals {
	uint64_t lines; /* of data, blank ones left out = taken + rejected */
	uint64_t taken;
	uint64_t rejected;
	uint64_t reasons[ROSTER_REJECT_COUNT];
	uint64_t blank;
	uint64_t repeated; /* taken lines whose number had stood on an earlier line */
	uint64_t people; /* unique numbers on the list now */
	uint64_t fresh; /* of them, never known before */
	uint64_t left; /* were on the list before and are not now */
	uint64_t opt_outs; /* lines that ask for it, also such as were rejected for something else */
	uint64_t without_area, without_year; /* people */
	bool gbk; /* the file was GBK rather than UTF-8 */
	char **discarded; /* names of columns passed over, NULL-ended, or NULL */
};

/* RESULT_INVALID with problems when list, source, basis or until cannot be meant; looks at no file. */
enum result roster_import_check(const struct roster_import *order, struct problems *problems);

/*
 * RESULT_INVALID: the order or the header is wrong; RESULT_CLOSED: cancelled; RESULT_BUSY: another import is writing; or
 * what the machine said. `problems` explains each. `totals` is filled as far as it came; fini it in every case.
 */
enum result roster_import(const struct roster_import *order, struct roster_totals *totals, struct problems *problems);
void roster_totals_fini(struct roster_totals *totals);

/* The English text of a reason, marked for translation: give it to say(). */
const char *roster_reject_text(enum roster_reject reason);

#endif
