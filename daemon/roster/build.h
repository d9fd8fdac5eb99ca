#ifndef ROSTER_BUILD_H
#define ROSTER_BUILD_H

#include <stdatomic.h>
#include <stdint.h>
#include <sqlite3.h>

#include "base/result.h"

/*
 * Derives the snapshot from the store in one pass over residents and lists in the order of phones. Where lists differ,
 * the one imported last wins, field by field; roles add up. Lists past their `until` do not count.
 */
#define SNAPSHOT_NAME "roster.snapshot"

/*
 * Writes roster.snapshot.tmp in `folder`, synced. `roster` may be inside a transaction, whose changes are seen. Requires: the
 * roster's lock is held. `cancel` may be NULL; RESULT_CLOSED when it was set.
 */
enum result build_write(sqlite3 *roster, sqlite3 *optouts, int folder, int64_t now_ms, const atomic_bool *cancel);

/* Puts the written file in its place, durably; or takes it away again. */
enum result build_publish(int folder);
void build_discard(int folder);

#endif
