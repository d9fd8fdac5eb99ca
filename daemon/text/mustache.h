#ifndef TEXT_MUSTACHE_H
#define TEXT_MUSTACHE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/problem.h"
#include "base/result.h"
#include "text/value.h"

/*
 * Mustache templates (mustache.github.io, specification 1.x, the required modules: interpolation, sections, inverted,
 * comments, partials, delimiters). A template is compiled once into a flat row of tokens and rendered any number of
 * times; rendering allocates nothing but what the output buffer needs. Nesting, the depth of partials, the work and the
 * output are bounded, so a template from outside cannot hang or swell the daemon.
 */
struct mustache;

/* How {{name}} guards the medium against what a field holds. {{{name}}} and {{&name}} are never escaped. */
enum escape {
	ESCAPE_NONE,
	ESCAPE_HTML, /* & " < > ' as entities */
	ESCAPE_MARKDOWN, /* characters that WeCom's markdown reads become their full-width twins; a line end a blank */
	ESCAPE_SIGN, /* \ [ ] become full-width (led-signs.md 3.5), line ends and control bytes a blank */
};

enum {
	MUSTACHE_MOST_BYTES = 64 * 1024, /* of a template */
	MUSTACHE_MOST_DEPTH = 32, /* sections within sections, and contexts while rendering */
	MUSTACHE_MOST_PARTIALS = 64, /* partials within partials */
	MUSTACHE_MOST_STEPS = 1000000, /* tokens in one rendering */
};

/*
 * Compiles `size` bytes. `file` (may be NULL) names the template in problems. On failure *mustache stays NULL and a
 * problem names the line, the reason and the remedy; the result is RESULT_INVALID or RESULT_TOO_BIG.
 */
enum result mustache_compile(const char *bytes, size_t size, const char *file, struct mustache **mustache,
	struct problems *problems);

/* Frees; NULL does nothing. Afterwards *mustache is NULL. */
void mustache_free(struct mustache **mustache);

/* Finds the template that {{>name}} means, or NULL for none (nothing is put in its place). */
struct mustache_partials {
	const struct mustache *(*find)(void *arg, const char *name);
	void *arg;
};

/*
 * Appends the rendering to `out`. `partials` may be NULL. RESULT_TOO_BIG: over `out->most`, or over a bound above; `out`
 * then holds a part of it and must not be used.
 */
enum result mustache_render(const struct mustache *mustache, const struct value *data, enum escape escape,
	const struct mustache_partials *partials, struct buf *out);

/* What a template mentions, for checking it against what there is. */
enum mustache_use { MUSTACHE_FIELD, MUSTACHE_SECTION, MUSTACHE_PARTIAL };

/* Calls `visit` for each tag in order. `name` as written, such as "alert.place" or ".". */
void mustache_walk(const struct mustache *mustache,
	void (*visit)(void *arg, enum mustache_use use, const char *name, unsigned int line), void *arg);

#endif
