#ifndef APP_REMINDERS_H
#define APP_REMINDERS_H

#include "app/state.h"

/*
 * What happens by the calendar: reminders to groups at their times, and quiet hours. A reminder is an alert that crier
 * makes itself, named after its schedule and time, so that it is sent once, whatever happens to the process. What was due
 * while the daemon was down is sent if it is still within its grace, and reported if not.
 */
struct reminder {
	struct app *app;
	const struct config_schedule *schedule;
	struct rule *rule;
	struct alarm alarm;
	int64_t next_ms; /* 0: never again */
	bool unread; /* the ledger could not say whether it was sent */
};

/* Reads the rules, sends what is still due, sets the alarms. Also after a reload. */
void reminders_start(struct app *app);
void reminders_fini(struct app *app);

/* The wall clock was set: quiet hours and every next time are found anew. What it jumped over is looked at by the alarms. */
void reminders_clock_set(struct app *app);

/* Sends it now, at the operator's word. Returns the campaign, or NULL with problems. */
struct campaign *reminder_run(struct reminder *reminder, int64_t occurrence_ms, const char *who,
	struct problems *problems);

struct reminder *reminder_find(struct app *app, const char *name);

#endif
