#ifndef TEXT_LINT_H
#define TEXT_LINT_H

#include <stdbool.h>

#include "base/problem.h"
#include "flow/message.h"

/*
 * What an officer should look at before a text leaves. Warnings only: what must not leave is refused by text/compose.h.
 * Rules: operators.md 8.2, http-apis.md 15.3.
 */

/*
 * More than one part, characters that old handsets and signs lack, links, rows of exclamation marks, full-width digits,
 * numbers other than 110, 96110, 12381 and the hotline. `at` (may be NULL) and `field` (may be NULL) say where the text
 * comes from; `hotline` may be NULL.
 */
void text_lint(const struct message *message, const char *hotline, const struct place *at, const char *field,
	struct problems *problems);

/* True when something in `text` would become a link on a phone. */
bool lint_has_link(const char *text);

#endif
