#ifndef APP_CAPS_H
#define APP_CAPS_H

#include "app/draft.h"

/*
 * limits.recipient: how many routine and today texts one resident may get in any window. Who was or will be texted by an
 * open alert counts as long as it is open, and after its last send for the length of the window: a little too strict
 * rather than once too often. Of one that was withdrawn, or gives way to the alert that is being drafted, only those count
 * who were told: nobody may miss both because of the one that he did not get.
 */

/* True when the cap applies to this alert. */
bool caps_bind(const struct app *app, const struct alert *alert);

/*
 * The residents who have had all they may have when `replaced` gives way; NULL when no cap is set. Good until the next call.
 * What earlier alerts add up to is kept, so that a draft costs what has changed since the last one: a new alert is added, and
 * only when one has left the window, or was cancelled, all are read again.
 */
const struct set *caps_reached(struct app *app, const struct replaced *replaced);

/* An alert is no longer open: from now on it counts from its last send. Before its lanes go. */
void caps_closed(struct app *app, const struct campaign *campaign);

void caps_free(struct app *app);

#endif
