#include "metrics/metrics.h"

#include <math.h>

void metric_begin(struct buf *out, const struct metric *metric)
{
	buf_printf(out, "# HELP crier_%s %s\n# TYPE crier_%s %s\n", metric->name, metric->help, metric->name,
		metric->kind == METRIC_COUNTER ? "counter" : "gauge");
}

static void add_escaped(struct buf *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			buf_printf(out, "\\%c", *value);
		else if (*value == '\n')
			buf_add_text(out, "\\n");
		else
			buf_add_byte(out, (unsigned char)*value);
	}
}

void metric_sample(struct buf *out, const struct metric *metric, const char *const *values, double value)
{
	buf_printf(out, "crier_%s", metric->name);
	for (int i = 0; i < 3 && metric->labels[i] != NULL; i++) {
		buf_printf(out, "%s%s=\"", i == 0 ? "{" : ",", metric->labels[i]);
		add_escaped(out, values[i]);
		buf_add_byte(out, '"');
	}
	if (metric->labels[0] != NULL)
		buf_add_byte(out, '}');
	/* Counts stay whole however large; only real fractions get a point. */
	if (value >= 0 && value < 9e15 && floor(value) == value)
		buf_printf(out, " %llu\n", (unsigned long long)value);
	else
		buf_printf(out, " %.17g\n", value);
}
