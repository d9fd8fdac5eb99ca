#ifndef TEXT_WORDING_H
#define TEXT_WORDING_H

#include "text/compose.h"
#include "text/fields.h"
#include "text/templates.h"

/*
 * Fills one wording so that it fits its medium: the loop of text/compose.h's order of shortening. The steps in between
 * (signature, checks, counts) are compose's.
 */
struct wording {
	const struct templates *templates;
	const struct template *template;
	const struct text_request *request;
	unsigned int before; /* what stands in front and counts: the signature and a drill's mark */
};

/* What counts for the medium: UTF-16 units or septets, bytes of UTF-8, bytes of GB 2312. */
unsigned int wording_measure(const struct text_request *request, const char *text);

/* The most that the medium and the request allow, by the same measure. */
unsigned int wording_most(const struct text_request *request);

/*
 * Renders into `out` (cleared before). RESULT_TOO_BIG: it does not fit `most` even at its shortest; RESULT_INVALID: the
 * template is stopped by a bound of mustache.h.
 */
enum result wording_fill(const struct wording *wording, struct buf *out);

#endif
