#ifndef APP_OWED_H
#define APP_OWED_H

#include "app/state.h"

/*
 * Since when a schedule is owed: the moment at which crierd first ran with it as it is written now, or the last time of it that
 * was reported as missed, unless that was under a clock that ran ahead. Kept in the file `schedules` of the state folder, a line
 * for each, so that what was due while the daemon was down is known to be due even when nothing of that schedule was ever sent,
 * and is reported once. A schedule that was taken out is forgotten; its rule changed, it is new.
 */

/* Fills since_ms[i] for the i-th schedule of app->config (0 where it has no rule) and writes the file when it is out of date. */
void owed_since(struct app *app, int64_t *since_ms);

/* The times of this schedule up to `until_ms` were missed, and that was reported. */
void owed_told(struct app *app, const struct config_schedule *told, int64_t until_ms);

#endif
