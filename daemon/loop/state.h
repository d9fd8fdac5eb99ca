#ifndef LOOP_STATE_H
#define LOOP_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "loop/loop.h"

/*
 * What a loop is made of, for the files of this room only: the libuv loop, the heap of timers with the one libuv timer
 * behind it, and the queue of calls put off.
 */
struct loop {
	uv_loop_t uv;

	uv_timer_t wake; /* set to the earliest timer */
	struct timer **heap; /* heap[0] is due first; a timer's `place` is its index */
	unsigned int timers;
	unsigned int timers_room;
	bool firing; /* the heap is being emptied of what is due: `wake` is set afterwards */

	uv_idle_t idle; /* runs while calls are put off, and so keeps the poll from waiting */
	struct deferred *first;
	struct deferred **last; /* where the next one is hung */
	struct deferred *now; /* the rest of those being called in this turn */

	unsigned int jobs; /* loop_work whose `done` is still to come */
};

/* timer.c: the timer side of a loop's birth and of its end. */
void loop_timers_init(struct loop *loop);
void loop_timers_fini(struct loop *loop);

#endif
