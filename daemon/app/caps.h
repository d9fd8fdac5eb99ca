#ifndef APP_CAPS_H
#define APP_CAPS_H

#include "app/state.h"

/*
 * limits.recipient: how many routine and today texts one resident may get in any window. Who was or will be texted by an
 * open alert counts as long as it is open, and after its last send for the length of the window: a little too strict
 * rather than once too often.
 */

/* True when the cap applies to this alert. */
bool caps_bind(const struct app *app, const struct alert *alert);

/* A new set of the residents who have had all they may have; NULL when no cap is set. */
struct set *caps_reached(struct app *app);

#endif
