#ifndef CALENDAR_RULE_H
#define CALENDAR_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"
#include "base/result.h"

/*
 * A recurrence rule (RFC 5545, section 3.3.10) through libical, in the process's own time zone: "every Monday and Thursday
 * at 9". FREQ is DAILY or slower, the week begins on Monday, BYHOUR must be written, COUNT is refused (there is no start
 * to count from), INTERVAL counts from Monday 2024-01-01; a week without BYDAY is its Monday, a month without a day its first.
 * UNTIL is local, or UTC with a Z; a day counts to its end. Iterators live only inside the calls.
 */
struct rule;

/*
 * Reads a rule. On RESULT_OK *rule is new (free with rule_free); otherwise `problems` says what is wrong, with `at` and
 * `field` as its place. A rule without an occurrence in ten years from `now_ms` is refused; RESULT_NOT_FOUND where its UNTIL
 * has passed.
 */
enum result rule_parse(const char *text, int64_t now_ms, const struct place *at, const char *field, struct rule **rule,
	struct problems *problems);
void rule_free(struct rule **rule);

/*
 * The first occurrence after `after_ms` (wall, exclusive). Returns false when there is none within ten years. A time that
 * the zone's clock change leaves out moves to the first minute that exists.
 */
bool rule_next(const struct rule *rule, int64_t after_ms, int64_t *when_ms);

#endif
