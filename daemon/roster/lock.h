#ifndef ROSTER_LOCK_H
#define ROSTER_LOCK_H

#include "base/problem.h"
#include "base/result.h"

/*
 * One writer of the roster at a time, over all threads and processes: held while an import or a rebuild runs. The lock dies
 * with its holder.
 */
struct lock {
	int fd;
};

/* RESULT_BUSY, with a problem, when somebody else holds it. `folder` is a descriptor of the roster's folder. */
enum result lock_take(struct lock *lock, int folder, struct problems *problems);
void lock_give(struct lock *lock);

#endif
