#ifndef ROSTER_VIEW_H
#define ROSTER_VIEW_H

#include "audience/people.h"
#include "audience/set.h"
#include "base/result.h"

/*
 * The snapshot file mapped into memory, with people over it. Counted: the roster holds one for its newest view, and so
 * does whoever works on. Main thread only.
 */
struct roster_view {
	void *bytes;
	size_t size;
	struct people *people;
	const struct set *gone;
	unsigned int held;
};

/*
 * Maps roster.snapshot of `folder`. RESULT_NOT_FOUND when there is none; RESULT_CORRUPT when it does not read as it was
 * written. Held once afterwards.
 */
enum result view_open(int folder, struct roster_view **view);
void view_ref(struct roster_view *view);

/* Gives one hold back; the last one unmaps. NULL inside is allowed. Afterwards *view is NULL. */
void view_unref(struct roster_view **view);

#endif
