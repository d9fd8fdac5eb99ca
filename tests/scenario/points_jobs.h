#ifndef SCENARIO_POINTS_JOBS_H
#define SCENARIO_POINTS_JOBS_H

#include "points.h"

/* What the daemon does for a living, each with its checks. Both end in a row without name. */
extern const struct points_job points_alerts[]; /* alerts, what takes them back, and what comes by the calendar */
extern const struct points_job points_orders[]; /* residents, the operator's word, and the daemon itself */

#endif
