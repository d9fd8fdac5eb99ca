#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include <stdint.h>

#include "base/buf.h"

/*
 * Figures described by tables: name, kind, help. The rows render Prometheus' text format (exposition format 0.0.4) and are
 * what the manual page is checked against. Names follow Prometheus' advice: a unit at the end, `_total` for counters.
 */
enum metric_kind { METRIC_COUNTER, METRIC_GAUGE };

struct metric {
	const char *name; /* without "crier_" */
	enum metric_kind kind;
	const char *help;
	const char *labels[3]; /* names, NULL-ended where fewer */
};

/* Ends a table. */
#define METRIC_END \
	{ \
		.name = NULL \
	}

/* Writes the HELP and TYPE lines of a metric; its samples follow at once. */
void metric_begin(struct buf *out, const struct metric *metric);

/* One sample; as many label values as the row has labels, escaped here. */
void metric_sample(struct buf *out, const struct metric *metric, const char *const *values, double value);

#endif
