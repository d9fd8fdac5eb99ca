#ifndef TEXT_TEMPLATES_H
#define TEXT_TEMPLATES_H

#include <stddef.h>

#include "base/problem.h"
#include "base/result.h"
#include "text/mustache.h"

/*
 * The catalogue of wordings. One file is one wording: LANGUAGE/MEDIUM/TYPE/AUDIENCE.mustache under templates/, such as
 * zh/sms/order-brushing/student.mustache. A site's file of the same path replaces the shipped one; it may also add files.
 *
 * A wording is looked for as type+audience, type+all, other+audience, other+all; first in the language asked for,
 * then in "zh". A folder whose name begins with _ holds pieces, not wordings: {{>_name}} inside a file means that folder
 * with the audience at hand or "all" (zh/sms/_greeting/elderly.mustache), {{>_name/file}} exactly that file. What a
 * wording may name stands in text/fields.h; for people all this is in crier-templates(7).
 */
struct template_source {
	const char *path; /* "zh/sms/…", with or without "templates/" in front */
	const void *bytes;
	size_t size;
};

struct templates;

/*
 * Compiles and lints. `replacing` (the site's own, read by the caller from paths.templates; may be NULL with count 0)
 * wins over `shipped`. With errors the result is RESULT_INVALID and *templates stays NULL; warnings alone are RESULT_OK.
 * The bytes are not needed afterwards.
 */
enum result templates_load(const struct template_source *shipped, size_t shipped_count,
	const struct template_source *replacing, size_t replacing_count, struct templates **templates,
	struct problems *problems);

/* Loads what is compiled into the program (base/embed.h) with `replacing` over it. */
enum result templates_load_shipped(const struct template_source *replacing, size_t replacing_count,
	struct templates **templates, struct problems *problems);

/* Frees; NULL does nothing. Afterwards *templates is NULL. */
void templates_free(struct templates **templates);

/* One wording. */
struct template
{
	const char *path; /* "zh/sms/order-brushing/student.mustache", for problems and previews */
	const char *language, *medium, *type, *audience;
	const struct mustache *mustache;
};

/* The wording by the chain above; NULL when not even "other" has one for this medium. */
const struct template *templates_find(const struct templates *templates, const char *language, const char *medium,
	const char *type, const char *audience);

/* Partials as `template` sees them for `audience`. The result borrows all three, and the scope; a piece is looked up once. */
enum { TEMPLATE_PIECES = 4 };
struct template_scope {
	const struct templates *templates;
	const struct template *template;
	const char *audience;
	/* its own; zero at first */
	const char *names[TEMPLATE_PIECES];
	const struct mustache *pieces[TEMPLATE_PIECES];
};
struct mustache_partials templates_partials(struct template_scope *scope);

/* Walks all in the order of their paths: 0 ≤ index < templates_count. */
size_t templates_count(const struct templates *templates);
const struct template *templates_at(const struct templates *templates, size_t index);

#endif
