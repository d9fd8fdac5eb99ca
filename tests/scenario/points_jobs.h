#ifndef SCENARIO_POINTS_JOBS_H
#define SCENARIO_POINTS_JOBS_H

#include "points.h"

/* What the daemon does for a living, each with its checks. Ends in a row without name. */
extern const struct points_job points_jobs[];

#endif
