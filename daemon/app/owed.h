#ifndef APP_OWED_H
#define APP_OWED_H

#include "app/state.h"

/*
 * Since when a schedule is owed: the moment at which crierd first ran with it as it is written now. Kept in the file
 * `schedules` of the state folder, one line each, so that what was due while the daemon was down is known to be due even
 * when nothing of that schedule was ever sent. A schedule that was taken out is forgotten; its rule changed, it is new.
 */

/* Fills since_ms[i] for the i-th schedule of app->config (0 where it has no rule) and writes the file when it is out of date. */
void owed_since(struct app *app, int64_t *since_ms);

#endif
