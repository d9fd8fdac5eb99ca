#ifndef LOOP_SIGNAL_H
#define LOOP_SIGNAL_H

#include "loop/loop.h"

/*
 * What the service manager and the operator say by signals: SIGTERM and SIGINT ask to stop, SIGHUP asks to read the
 * configuration again. Delivered on the loop, so a handler may do anything. SIGPIPE is ignored from then on.
 */
struct signals;

struct signals_events {
	void (*stop)(void *arg, int number); /* SIGTERM or SIGINT, every time one comes */
	void (*reload)(void *arg); /* SIGHUP */
};

/* Begins to listen. It does not keep loop_run() going by itself. NULL with errno when the system refuses. */
struct signals *signals_open(struct loop *loop, const struct signals_events *events, void *arg);

/* Stops listening; `closed` (may be NULL) comes later. */
void signals_close(struct signals *signals, void (*closed)(void *arg), void *arg);

#endif
