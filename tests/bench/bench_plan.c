/*
 * What the plan costs: a decision is plan_next() that hands out a batch and plan_settle() that takes its end, among 1,000
 * channels on each of which 1,000 alerts wait. Measured with no rate that binds, with rates that bind on every channel (the
 * test moves the time), and beside a plan of the same shape whose audience is a thousand times as large. Printed besides:
 * what a lane costs to add, and in memory.
 *
 * Usage: bench_plan [channels] [alerts]     (1000 1000)
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "plan/plan.h"
#include "table.h"

enum { ROUNDS = 5, DECISIONS = 400000, BATCH = 20, WINDOW = 8, SMALL = 4000, GROWTH = 1000 };

struct shape {
	unsigned int channels, alerts;
	uint32_t per_second, size;
};

struct many {
	struct shape shape;
	struct plan *plan;
	struct plan_lane **lanes;
	size_t count;
	uint64_t now_ms;
	double add_ns, lane_bytes;
};

/* Alert by alert, as alerts come, each with a lane on every channel. */
static void fill(struct many *many, struct shape shape)
{
	size_t lanes = (size_t)shape.channels * shape.alerts;

	*many = (struct many){.shape = shape, .now_ms = 1000000};
	many->plan = plan_new((struct plan_retry){1000, 60000}, 7);
	many->lanes = mem_calloc(lanes, sizeof(struct plan_lane *));
	for (unsigned int i = 0; i < shape.channels; i++)
		plan_channel_add(many->plan, &(struct plan_channel){shape.per_second, 1000, WINDOW, BATCH, false});
	double before = bench_anonymous_mib();
	uint64_t from = clock_mono_us();
	for (unsigned int alert = 0; alert < shape.alerts; alert++)
		for (unsigned int channel = 0; channel < shape.channels; channel++)
			many->lanes[many->count++] = plan_lane_add(many->plan,
				&(struct plan_lane_spec){.channel = channel,
					.alert = alert + 1,
					.urgency = URGENCY_TODAY,
					.size = shape.size,
					.number = 1,
					.cost = 1});
	many->add_ns = bench_seconds(from) * 1e9 / (double)lanes;
	/* The list of lanes is the bench's own. */
	many->lane_bytes = (bench_anonymous_mib() - before) * 1048576 / (double)lanes - sizeof(struct plan_lane *);
}

static void empty(struct many *many)
{
	for (size_t i = 0; i < many->count; i++)
		plan_lane_free(many->plan, &many->lanes[i]);
	plan_free(&many->plan);
	free(many->lanes);
}

/* Seconds for so many decisions. Nothing ends before it should: a plan that runs dry would look quick. */
static double decide(struct many *many, unsigned int decisions)
{
	struct outcome outcome = outcome_make(CLASS_OK, 0, "taken");
	uint64_t from = clock_mono_us();

	for (unsigned int done = 0; done < decisions;) {
		struct plan_batch *batch;
		uint64_t wait_ms;

		switch (plan_next(many->plan, many->now_ms, &batch, &wait_ms)) {
		case PLAN_SEND:
			plan_settle(many->plan, many->now_ms, batch, &outcome);
			done++;
			break;
		case PLAN_WAIT:
			many->now_ms += wait_ms;
			break;
		case PLAN_IDLE:
			fprintf(stderr, "the plan has nothing more to send\n");
			exit(1);
		}
	}
	return bench_seconds(from);
}

static void decisions(struct shape shape, const char *stage, const char *words)
{
	struct many many;
	double us[ROUNDS];

	fill(&many, shape);
	for (int i = 0; i < ROUNDS; i++)
		us[i] = decide(&many, DECISIONS) * 1e6 / DECISIONS;
	printf("%s: %u channels x %u alerts; a lane costs %.0f ns to add and %.0f bytes\n", words, shape.channels,
		shape.alerts, many.add_ns, many.lane_bytes);
	row_target(stage, bench_median(us, ROUNDS), 1, "us");
	empty(&many);
}

/* The two in alternation, the best of each: what disturbs one round disturbs no comparison. */
static void growth(struct shape shape)
{
	struct many small, large;
	double of_small = 1e9, of_large = 1e9;

	fill(&small, shape);
	shape.size *= GROWTH;
	fill(&large, shape);
	for (int i = 0; i < ROUNDS; i++) {
		double a = decide(&small, DECISIONS) / DECISIONS, b = decide(&large, DECISIONS) / DECISIONS;
		of_small = a < of_small ? a : of_small;
		of_large = b < of_large ? b : of_large;
	}
	row_ceiling("plan, growth with audience", of_large * 1e6, of_small * 1e6, LESS_IS_BETTER, 0.8, "us");
	empty(&small);
	empty(&large);
}

int main(int argc, char **argv)
{
	struct shape shape = {.channels = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 1000,
		.alerts = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 1000,
		.size = SMALL};

	decisions(shape, "plan, a decision", "no rate binds");
	shape.per_second = 1000;
	decisions(shape, "plan, a decision under rates", "1,000/s on every channel");
	shape.per_second = 0;
	shape.alerts = shape.alerts > 10 ? shape.alerts / 10 : 1;
	growth(shape);
	return 0;
}
