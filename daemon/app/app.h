#ifndef APP_APP_H
#define APP_APP_H

#include <stdbool.h>

#include "base/problem.h"
#include "base/result.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "loop/loop.h"

/*
 * Builds the rooms, hands them their callbacks, and takes them down again: one whole daemon without a main(). It keeps no
 * globals, so that a test can start and kill it many times in one process.
 */
struct app;

struct app_options {
	const char *config; /* path of the configuration */
	unsigned int
		couriers; /* threads that send over HTTP (http/http.h); 0: the loop itself, as a stopped clock needs it */
	uint64_t seed; /* of the chance by which retries are spread; 0: the system draws one */
	uint32_t drain_ms; /* how long app_close waits for what is in flight; 0: 20000 */
	void (*ready)(void *arg); /* replayed, and the first scan of the folder is over; may be NULL */
	void (*status)(void *arg, const char *line); /* for the service manager; may be NULL */
	void *arg;
};

/* The kinds of channel in the shape that room config asks for. Ends in a row without name. */
const struct config_kind *app_kinds(void);

/*
 * Reads the configuration and checks all that can be checked without sending or changing anything: settings, data files,
 * templates, rules, what each lane could carry. Opens no connection and makes no folder. Prints nothing.
 */
enum result app_check(const char *config, struct config **checked, struct problems *problems);

/* Starts. Fails, with problems, leaving nothing open (the loop must be turned until app_open's leavings have closed). */
enum result app_open(struct loop *loop, const struct app_options *options, struct app **app, struct problems *problems);

/* Takes over a new configuration, if it is wholly valid. Says what needs a restart as warnings. */
enum result app_reload(struct app *app, struct problems *problems);

/*
 * Stops: takes nothing new, lets what is in flight finish for a while, writes the rest down as unknown, closes every room,
 * then calls `closed`; the app is gone afterwards. A second call shortens the wait.
 */
void app_close(struct app *app, void (*closed)(void *arg), void *arg);

/* As if the process were killed now: nothing is written down any more. For tests; `closed` follows. */
void app_abandon(struct app *app, void (*closed)(void *arg), void *arg);

/* For crash tests: what ledger_set_step_hook() is given. */
struct ledger *app_ledger(struct app *app);

#endif
