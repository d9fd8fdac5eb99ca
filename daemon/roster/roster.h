#ifndef ROSTER_ROSTER_H
#define ROSTER_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audience/people.h"
#include "audience/set.h"
#include "base/phone.h"
#include "base/problem.h"
#include "base/result.h"

/*
 * Who the residents are. The truth is SQLite, in the state folder: `roster.db` (lists, residents and what lists say of
 * them) and `optouts.db` (opt-outs, apart so that a long import never makes an opt-out wait). `roster.snapshot` is derived
 * from them, mapped, and what audiences are computed on; a missing, damaged or outdated one is made again at
 * roster_open. These are the only files that hold full phone numbers; all have mode 0600.
 *
 * Used from the main thread only, for small reads and writes; imports run elsewhere (roster/import.h).
 */
struct roster;

/*
 * Opens or creates the roster in the folder `state`, and remakes the snapshot when it must (seconds for millions).
 * `now_ms` (wall) decides which lists still count; dates are of the process's TZ. On failure nothing is open and
 * `problems` says why. A missing roster.db beside a snapshot is refused: new ids would meet old alerts.
 */
enum result roster_open(const char *state, int64_t now_ms, struct roster **roster, struct problems *problems);

/* NULL inside is allowed. Views that were held stay valid until released. */
void roster_close(struct roster **roster);

/* The newest view; good until the next roster_refresh or roster_close. Ids are permanent, so the newest is always right. */
const struct people *roster_people(const struct roster *roster);

/* A view that stays mapped while it is held, for work that goes on over a refresh. Main thread only. */
struct roster_view;
struct roster_view *roster_hold(struct roster *roster);
const struct people *roster_view_people(const struct roster_view *view);
void roster_release(struct roster_view **view);

/* The current opt-outs and gone residents among the known ids. They change; copy them for another thread. */
const struct set *roster_optouts(const struct roster *roster);
const struct set *roster_gone(const struct roster *roster);

/* Both of them, as a batch asks for its people. Good until the next roster_refresh, roster_take or roster_close. */
struct barred;
const struct barred *roster_barred(const struct roster *roster);

/* A random number made with roster.db: another one means that ids no longer name the same people. */
uint64_t roster_lineage(const struct roster *roster);

/*
 * Takes over the snapshot that an import or rebuild has left. To check it and to find who has opted out takes a second for
 * millions, so that is done by the worker that made it, while the main thread goes on: roster_expect before the worker
 * begins, roster_prepare in it, roster_take after it in every case; NULL inside: nothing came of it. Opt-outs that come or
 * go meanwhile are not lost. On failure the view stays as it was.
 */
struct roster_fresh;
void roster_expect(struct roster *roster);
enum result roster_prepare(const char *state, struct roster_fresh **fresh, struct problems *problems);
enum result roster_take(struct roster *roster, struct roster_fresh **fresh, struct problems *problems);

/* For what is not taken after all. NULL inside is allowed. */
void roster_fresh_free(struct roster_fresh **fresh);

/* All of it at once, on the main thread. */
enum result roster_refresh(struct roster *roster, struct problems *problems);

/*
 * True when the view is no longer what the store would give: a list has passed its `until`, or an import could not
 * leave its snapshot. Run roster_rebuild and roster_prepare in a worker, then roster_take. One small read; meant for every minute or so.
 */
bool roster_due(const struct roster *roster, int64_t now_ms);

/* Makes a new snapshot from the store; with its own connection, for a worker thread. */
enum result roster_rebuild(const char *state, int64_t now_ms, struct problems *problems);

#endif
