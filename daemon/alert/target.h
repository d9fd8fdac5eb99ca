#ifndef ALERT_TARGET_H
#define ALERT_TARGET_H

#include "alert/reading.h"

/*
 * What it is about and whom it is for: fraud_type, loss, cases, areas, audiences (design.md 2a, Audiences). Requires:
 * action is set. An audience that was written but is not configured is refused; one of the kind's defaults is dropped
 * with a warning; nothing left is refused, never widened to "all".
 */
void target_read(struct reading *reading);

#endif
