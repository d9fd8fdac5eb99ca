#ifndef SCENARIO_POINTS_H
#define SCENARIO_POINTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "stage.h"
#include "testing/steps.h"

/*
 * One job of the daemon, run once to count its durable steps, then again for each of them, dying there. Afterwards the
 * daemon is started again, whoever ordered something and got no answer orders it again, and the job comes to its end.
 */
struct points;

struct points_job {
	const char *name;
	const char *sms, *more; /* of stage_config() */
	const char *wall; /* when it begins; NULL: ten o'clock */
	void (*prepare)(struct points *points); /* the daemon runs; nobody watches yet. May be NULL */
	void (*act)(struct points *points); /* begins what is watched. May be NULL: time alone does it */
	uint32_t watched_ms; /* pretended time in which it happens */
	uint32_t after_ms; /* and after the restart, until nothing is under way any more */
	bool start; /* the start itself is what happens, in a folder with nothing in it */
	bool stop; /* and a polite end is the last of it */
	void (*check)(struct points *points);
};

enum { POINTS_SAID_MOST = 8 };

/* What an operator ordered. */
struct points_said {
	const char *command;
	json_t *args;
	const char *file; /* that goes along, or NULL */
	bool once; /* is not ordered again: it would be another thing */
	int socket;
	struct buf in;
	bool answered;
	json_t *result; /* NULL: refused */
};

struct points {
	struct stage stage;
	const struct points_job *job;
	struct points_said said[POINTS_SAID_MOST];
	unsigned int said_count;
	bool died;
	unsigned int turns; /* of the loop, while it was watched */
	unsigned int kills;
};

/* Where to die. */
struct points_death {
	const char *name; /* NULL: at no step */
	enum steps_when when;
	unsigned int nth;
	unsigned int turns; /* without a name: after so many turns of the loop; 0: not at all */
};

/* From an empty folder to the check; fails the test when a promise is broken. */
void points_run(struct points *points, const struct points_job *job, const struct points_death *death);

/* Gives an order and goes on; what comes back is collected while the daemon runs. `args` is taken over. */
void points_say(struct points *points, const char *command, json_t *args, const char *file);

/* Whether the nth order was answered with a result before the process died. */
bool points_told(const struct points *points, unsigned int nth);

/* Lets pretended time pass; ends early when the process has died. */
void points_pass(struct points *points, uint32_t ms);

/* An order in quiet, answered: its result. */
json_t *points_ask(struct points *points, const char *command, json_t *args);

#endif
