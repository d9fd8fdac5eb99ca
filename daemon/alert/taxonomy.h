#ifndef ALERT_TAXONOMY_H
#define ALERT_TAXONOMY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert/area.h"
#include "base/problem.h"
#include "base/result.h"

/*
 * The names that people use: kinds of fraud, slogan packs, areas and audiences, with their Chinese names and aliases.
 * Read once from the data files of conf/data/ (or the site's own copies); the slugs in them are permanent,
 * the names may change. Everything handed out belongs to the taxonomy and lives as long as it does.
 */
struct taxonomy;

/* One kind of fraud (alerts.md section 10). */
struct fraud_type {
	char *slug;
	char *name; /* "刷单返利" */
	char **aliases; /* other names in published lists; never NULL */
	char **audiences; /* slugs of the default audiences, or "all"; at least one */
	char *pack; /* slug of its slogan pack: default advice, and what signs show of it */
};

/* Short lines that belong together (alerts.md section 12). */
struct slogan_pack {
	char *slug;
	char *name;
	char **lines; /* at least one */
	bool whole; /* complete reminders for groups; otherwise short lines, which also suit signs */
	char *source; /* where the wording comes from, or NULL: our own */
	int64_t year; /* of the wording, 0 unknown */
};

/* One data file: its name for problems, and its bytes. */
struct taxonomy_file {
	const char *name;
	const void *bytes;
	size_t size;
};

/* The four files of conf/data/: fraud-types.cfg, slogans.cfg, areas.cfg, audiences.cfg. */
struct taxonomy_files {
	struct taxonomy_file fraud_types, slogans, areas, audiences;
};

/*
 * Reads the four files. On success *taxonomy (NULL before) is new. Otherwise `problems` says what is wrong
 * where: a slug twice, a name or alias that stands for two kinds, a type whose pack or audience does not
 * exist, a line that a sign or a text could not carry.
 */
enum result taxonomy_load(const struct taxonomy_files *files, struct taxonomy **taxonomy, struct problems *problems);

/* NULL is allowed; afterwards *taxonomy is NULL. */
void taxonomy_free(struct taxonomy **taxonomy);

/*
 * Adds or renames one area of the site: 6, 9 or 12 digits and a name. RESULT_INVALID when the code is
 * malformed or the name empty; the taxonomy is unchanged then.
 */
enum result taxonomy_add_area(struct taxonomy *taxonomy, const char *code, const char *name);

/* By slug only; NULL when there is none. */
const struct fraud_type *taxonomy_type(const struct taxonomy *taxonomy, const char *slug);

/* By slug, name or alias, full-width letters and blanks forgiven. NULL when there is none. */
const struct fraud_type *taxonomy_find_type(const struct taxonomy *taxonomy, const char *text);

/* All kinds in the file's order; *count of them. */
const struct fraud_type *taxonomy_types(const struct taxonomy *taxonomy, size_t *count);

/* By slug; NULL when there is none. */
const struct slogan_pack *taxonomy_pack(const struct taxonomy *taxonomy, const char *slug);

/* By slug or Chinese name; NULL when there is none. */
const struct slogan_pack *taxonomy_find_pack(const struct taxonomy *taxonomy, const char *text);

/* All packs in the file's order; *count of them. */
const struct slogan_pack *taxonomy_packs(const struct taxonomy *taxonomy, size_t *count);

/*
 * The slug that a name of an audience stands for ("老年人", "老人", "elderly" → "elderly"; "全体" → "all"), or NULL. Says
 * nothing about what the site has configured.
 */
const char *taxonomy_find_audience(const struct taxonomy *taxonomy, const char *text);

/* The name of an audience's slug, or NULL. */
const char *taxonomy_audience_name(const struct taxonomy *taxonomy, const char *slug);

/*
 * The code of an area written as code or name: "320583", "玉山镇", "昆山", "昆山市玉山镇", "江苏省苏州市昆山市". A name that
 * several areas bear is resolved by the one within `near` (a code, or NULL), or the one that holds it. `code`
 * holds 16 bytes and gets the code without padding ("320583000000" → "320583").
 * RESULT_NOT_FOUND: nothing by that name, or a code of no known province; RESULT_EXISTS: several and none is nearer;
 * RESULT_INVALID: digits, but not 6, 9, 12 or 14 of them.
 */
enum result taxonomy_find_area(const struct taxonomy *taxonomy, const char *text, const char *near, char code[16]);

/* The name of a code, or NULL. */
const char *taxonomy_area_name(const struct taxonomy *taxonomy, const char *code);

/*
 * The names from the province down, without the code's own missing levels: "江苏省苏州市昆山市玉山镇". "" when none is
 * known. Returns a string to free().
 */
char *taxonomy_area_full_name(const struct taxonomy *taxonomy, const char *code);

/* The known name nearest to what was written, for a remedy, or NULL. */
const char *taxonomy_nearest_type(const struct taxonomy *taxonomy, const char *text);
const char *taxonomy_nearest_pack(const struct taxonomy *taxonomy, const char *text);
const char *taxonomy_nearest_area(const struct taxonomy *taxonomy, const char *text);

#endif
