#ifndef APP_WALLCLOCK_H
#define APP_WALLCLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "app/alarm.h"

struct app;

/*
 * The wall clock may be wrong, and may be set by anybody at any time. Moments (an alert's begin and end, quiet hours,
 * schedules) follow it; durations (rates, pauses, receipt_wait, a takeover) go on by the other clock. So somebody has to
 * see that it was set: both clocks are compared at least once a minute, and before anything is judged or sent.
 *
 * A machine without a battery starts in 1970 or where it was switched off. As long as the clock shows a time before crier
 * was made, or for some minutes after a start one well before what it showed last, nothing is judged or sent: an alert
 * accepted then would be over when the clock is set. What it showed last stands in the file `clock` of the state folder.
 */
struct wallclock {
	int64_t offset_ms; /* wall less monotonic, when last looked */
	int64_t written_offset_ms, written_ms; /* what the file says */
	int64_t shown_ms; /* what it showed last before this start; 0: nobody knows */
	int64_t moved_ms; /* by how much it was set since the last process of this boot */
	bool unset; /* it shows a time before crier was made */
	bool behind; /* since the start it shows less than the file says */
	uint64_t patience_ms; /* monotonic: until then it is believed to be behind */
	bool started;
};

/* Reads the file. Before the ledger is replayed. */
void wallclock_start(struct app *app);

/* Sees whether it was set since the last look, and if so tells everybody who goes by it. */
void wallclock_look(struct app *app);

/* True when one can go by it; otherwise *why (may be NULL) is marked N_, for people. */
bool wallclock_believed(const struct app *app, const char **why);

/*
 * How far in the future a moment lies that an earlier process wrote down as wall time, at most `most_ms`; 0: not at all.
 * The same whatever the clock was set to meanwhile, while the machine was not started anew.
 */
int64_t wallclock_rest_ms(const struct app *app, int64_t wall_ms, int64_t most_ms);

#endif
