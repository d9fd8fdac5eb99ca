#ifndef SCENARIO_STAGE_H
#define SCENARIO_STAGE_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "app/app.h"
#include "loop/loop.h"
#include "testing/folder.h"
#include "world/world.h"

/*
 * A whole daemon and the pretend world in one process, on one loop and one clock that stands still until the test moves
 * it. The daemon may be killed and started again; the world goes on and remembers what it saw.
 */
struct stage {
	struct folder folder;
	struct loop *loop;
	struct world *world;
	struct app *app;
	struct app_options options;
	bool ready, closed;
	char config[256]; /* its path, for as long as the daemon runs */
	char address[24]; /* the daemon listens here, a loopback address of this process alone */
	const char *step; /* what stage_steps() counts, from the thread of the ledger's job */
	atomic_uint steps; /* and how many of them it still waits for */
};

/* A folder, a loop, a world with the peers of stage_config(); the clock stops at `wall` ("2026-11-23T10:00:00", local). */
void stage_open(struct stage *stage, const char *wall);

/* The same with another chance for the world's faults. */
void stage_open_seeded(struct stage *stage, const char *wall, uint64_t seed);
void stage_close(struct stage *stage); /* twice does no harm */

/*
 * Writes a configuration of the same site, audiences and listener with these `channels` (rows of the list) and `more`
 * behind it. The files "password" and "key" hold the secrets of the stage's peers.
 */
void stage_config_of(struct stage *stage, const char *channels, const char *more);

/*
 * Writes the configuration: a site, audiences, one SMS gateway "sms" (Kannel), one robot "group", one sign "sign", and
 * `more` behind it. `sms_extra` goes into the gateway's settings (rate, batch …).
 */
void stage_config(struct stage *stage, const char *sms_extra, const char *more);

/* The same without the sign, whose polls make hours long. */
void stage_config_without_sign(struct stage *stage, const char *sms_extra, const char *more);

/* Writes and imports a roster of `count` pretend residents: every fifth is 60 or older, every fourth a student … */
void stage_roster(struct stage *stage, unsigned int count);

/* Starts the daemon and waits until it is ready; fails the test with its problems when it does not start. */
void stage_start(struct stage *stage);

/* The same, but says whether it started and is ready; why not stands in `problems`. Nothing of it is left then. */
bool stage_try(struct stage *stage, struct problems *problems);

/* Stops it politely, or kills it: nothing more is written. */
void stage_stop(struct stage *stage);
void stage_kill(struct stage *stage);

/* An alert for students and elderly in 玉山镇; `urgency` "immediate" … ; `more` are further lines. */
void stage_drop(struct stage *stage, const char *name, const char *id, const char *urgency, const char *more);

/* The same of another sender, whom intake.senders has to allow. */
void stage_drop_from(struct stage *stage, const char *sender, const char *name, const char *id, const char *urgency,
	const char *more);

/* Lets time pass, or waits (letting it pass) until `holds`; fails after an hour of pretended time. */
void stage_pass(struct stage *stage, uint64_t ms);
void stage_until(struct stage *stage, bool (*holds)(struct stage *stage), const char *what);

/*
 * Runs `turns` turns of the loop, moving the clock to the next timer whenever nothing else is left to do. Finer than
 * any time: to kill in the middle of whatever goes on.
 */
void stage_turns(struct stage *stage, unsigned int turns);

/* Turns until the ledger has passed `steps` steps whose name contains `step`, as "after intent"; false: it stood still. */
bool stage_steps(struct stage *stage, const char *step, unsigned int steps);

/* An order through the control socket. Returns the result, or NULL and *exit when it was refused. */
json_t *stage_ask(struct stage *stage, const char *command, json_t *args, int *exit);

/* How many of a crowd of an alert are in a state; -1 while there is no such alert. */
long long stage_count(struct stage *stage, const char *id, const char *crowd, const char *state);

/* Those of an alert's residents that are in a state; -1 while there is no such alert. */
long long stage_residents(struct stage *stage, const char *id, const char *state);

/* The sums of an alert as text, for comparing; to free(). NULL: no such alert. */
char *stage_sums(struct stage *stage, const char *id);

/* Fails when any phone was reached twice by the same words, or a phone was reached that nobody asked for. */
void stage_nobody_twice(struct stage *stage, unsigned int people);

/* Fails when an alert's states do not add up to its totals; returns the total of residents. */
long long stage_adds_up(struct stage *stage, const char *id);

#endif
