#ifndef TEXT_FIELDS_H
#define TEXT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "text/compose.h"
#include "text/value.h"

/*
 * What a wording may name, and how it is filled from a request. The tables are the reference: the manual page, the lint of
 * templates and the builder here go by them.
 */
enum {
	FIELD_PLACE,
	FIELD_LOSS,
	FIELD_YUAN,
	FIELD_CASES,
	FIELD_AUDIENCE,
	FIELD_TYPE,
	FIELD_HOTLINE,
	FIELD_SITE,
	FIELD_HEADLINE,
	FIELD_SUMMARY,
	FIELD_METHOD,
	FIELD_OCCURRED,
	FIELD_ADVICE,
	FIELD_SLOGANS,
	FIELD_WEB,
	FIELD_URGENT,
	FIELD_ROOMY,
	FIELD_COUNT,
	FIELD_MOST_LINES = 32, /* of advice, and of slogans */
};

/* Names, NULL-ended, and one line of help for each (English, marked for translation). */
extern const char *const field_names[FIELD_COUNT + 1];
extern const char *const field_help[FIELD_COUNT + 1];

/* What is left out to make a text shorter. All zero: nothing. */
struct fields_cut {
	bool roomy, place, loss, audience, method;
	size_t advice, slogans; /* how many lines of each, from the end */
	size_t sentences; /* of the summary, from the end; one always stays */
};

struct fields {
	struct field list[FIELD_COUNT];
	struct value advice[FIELD_MOST_LINES], slogans[FIELD_MOST_LINES];
	size_t advice_count, slogan_count, sentence_count; /* before cutting */
	char loss[64], cases[16];
};

/* Fills from the request, which must outlive it. */
void fields_fill(struct fields *fields, const struct text_request *request, const struct fields_cut *cut);

/* As an object for mustache_render; borrows `fields`. */
struct value fields_value(const struct fields *fields);

/* The hotline of a request: the alert's, else the site's, else 96110. */
const char *fields_hotline(const struct text_request *request);

/* True for a place no finer than a county: "我市", "昆山市", "江苏省"; not "玉山镇", "幸福小区", "开发区". */
bool fields_place_is_coarse(const char *place);

#endif
