#ifndef TEXT_TEMPLATE_LINT_H
#define TEXT_TEMPLATE_LINT_H

#include "base/problem.h"
#include "text/templates.h"

/*
 * What is wrong with a wording before any alert meets it. Errors: names and pieces that do not exist, 【】 or a link in an
 * SMS, characters that no sign has. Warnings: whatever text/lint.h says about a sample of it, and an SMS that does not
 * end in what to do. Rules: operators.md 8.2.
 */
void template_lint(const struct templates *templates, const struct template *template, struct problems *problems);

#endif
