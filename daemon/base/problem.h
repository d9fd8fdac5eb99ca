#ifndef BASE_PROBLEM_H
#define BASE_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/say.h"

/*
 * What is wrong with something that a person wrote, in words for that person: where, which field, why, and what to do.
 * Every text is given once in English (marked N_) and kept in both languages, so a `.reason` file can print both.
 *
 *	struct problem *p = problem_add(problems, PROBLEM_ERROR, &at, "audiences[1]",
 *		N_("audience \"%s\" is not configured"), name);
 *	problem_remedy(p, N_("did you mean \"%s\"?"), nearest);
 */
enum problem_kind {
	PROBLEM_ERROR, /* the thing is refused */
	PROBLEM_WARNING, /* accepted, but somebody should look */
};

/* Where it stands. `line` 0 means that a line is not known or makes no sense (JSON paths). `file` may be NULL. */
struct place {
	const char *file;
	unsigned int line;
};

struct problem {
	enum problem_kind kind;
	char *file; /* or NULL */
	unsigned int line; /* or 0 */
	char *field; /* or NULL */
	char *reason[2]; /* by enum lang */
	char *remedy[2]; /* by enum lang, or NULL */
};

/* A list with a bound: past PROBLEM_MOST further ones are only counted. */
#define PROBLEM_MOST 50
struct problems {
	struct problem *list;
	size_t count; /* kept */
	size_t dropped; /* not kept */
	size_t errors; /* of all, those that refuse */
};

void problems_init(struct problems *problems);
void problems_fini(struct problems *problems);

/*
 * Adds one. `at` and `field` may be NULL. Returns it for problem_remedy (valid until the next add), or NULL when the
 * list is full; problem_remedy takes NULL.
 */
struct problem *problem_add(struct problems *problems, enum problem_kind kind, const struct place *at,
	const char *field, const char *reason, ...) __attribute__((format(printf, 5, 6)));
void problem_remedy(struct problem *problem, const char *remedy, ...) __attribute__((format(printf, 2, 3)));

/* Adds to the reason why the system refused, by its errno, in both languages. Returns `problem`, which may be NULL. */
struct problem *problem_cause(struct problem *problem, int error);

/* Moves all of `from` to the end of `to`; afterwards `from` is empty. */
void problems_move(struct problems *to, struct problems *from);

/* One problem as one line without newline: "file:line field: reason; remedy". */
void problem_text(const struct problem *problem, enum lang lang, struct buf *out);

/* All of them, a line each, newline after each. */
void problems_text(const struct problems *problems, enum lang lang, struct buf *out);

#endif
