#ifndef DOCUMENT_GUARD_H
#define DOCUMENT_GUARD_H

#include "base/result.h"
#include "document/lines.h"

/*
 * Looks through a libconfig document before libconfig does, and refuses in plain words what libconfig would answer with
 * "syntax error", read wrongly in silence (large integers, an open comment, \x00), open (@include) or chew on for
 * seconds. Requires: lines_check_text passed.
 */
enum result guard_check(const struct lines *lines);

#endif
