#ifndef APP_FIGURES_H
#define APP_FIGURES_H

#include "app/state.h"
#include "metrics/metrics.h"

/* Every figure that /metrics shows; ends in METRIC_END. The manual page crierd(8) lists them, and a test sees to it. */
extern const struct metric figures[];

/* Renders them all. */
void figures_render(struct app *app, struct buf *out);

#endif
