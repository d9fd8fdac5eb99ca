#ifndef ALERT_WINDOW_H
#define ALERT_WINDOW_H

#include "alert/reading.h"

/*
 * How urgent it is and when it may leave: urgency, level, from, until, quiet_hours. Requires: issued and
 * action are set.
 */
void window_read(struct reading *reading);

#endif
