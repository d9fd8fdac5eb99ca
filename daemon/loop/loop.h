#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * One turn after another, in one thread. Only this room and http/ and serve/ include uv.h. Rooms above see timers, jobs
 * for the disk, and calls put off to the next turn. Everything but a ring of a bell is done on the loop's own thread.
 */
struct loop;
struct uv_loop_s;

/* A loop of its own; many may live in a process, one after another. Ends the process when the system refuses. */
struct loop *loop_new(void);

/* Requires: everything opened on it is closed. Names what is still open on stderr and aborts otherwise. */
void loop_free(struct loop **loop);

/* Runs until loop_stop() or until nothing is left to wait for. */
void loop_run(struct loop *loop);

/* Ends loop_run() after this turn. */
void loop_stop(struct loop *loop);

/* One turn without waiting. Returns false when nothing is left to wait for. */
bool loop_step(struct loop *loop);

/* One turn that may wait for the next event or timer. */
bool loop_turn(struct loop *loop);

/* For http/ and serve/. */
struct uv_loop_s *loop_uv(struct loop *loop);

/*
 * Timers. The struct is the caller's and must stay until the timer has fired or been disarmed. All timers of a loop
 * share one heap and one libuv timer, so arming costs no system call. Initialise with timer_init() before anything else.
 */
struct timer {
	struct loop *loop;
	void (*fired)(void *arg);
	void *arg;
	uint64_t due_ms; /* monotonic; 0: not armed */
	unsigned int place; /* in the heap */
};

/* Afterwards: not armed. */
void timer_init(struct timer *timer, struct loop *loop, void (*fired)(void *arg), void *arg);

/* Fires once, `delay_ms` from now (at least 1), replacing an earlier arming. */
void timer_arm(struct timer *timer, uint64_t delay_ms);

/* Does nothing when it is not armed. */
void timer_disarm(struct timer *timer);
bool timer_armed(const struct timer *timer);

/*
 * Calls put off to the next turn, in order. The struct is the caller's and must stay until the call was made or taken
 * back; putting off twice before the call makes one call.
 */
struct deferred {
	void (*call)(void *arg);
	void *arg;
	struct deferred *next;
	bool pending;
};

void loop_defer(struct loop *loop, struct deferred *deferred, void (*call)(void *arg), void *arg);
void loop_defer_cancel(struct loop *loop, struct deferred *deferred);

/*
 * Jobs for the disk. `work` runs in another thread and may touch only what `arg` owns; `done` runs on the loop
 * afterwards, always. Several jobs may run at once and end in any order.
 */
void loop_work(struct loop *loop, void (*work)(void *arg), void (*done)(void *arg), void *arg);

/*
 * How another thread wakes a loop: the one thing of this room that is used from any thread. What there is to do is left
 * beforehand where both find it, under a lock.
 */
struct bell;

/* `rung` is called on the loop. Ends the process when the system has no descriptor left for it. */
struct bell *bell_new(struct loop *loop, void (*rung)(void *arg), void *arg);

/* From any thread: `rung` is called after this, once for all rings that came before it began. */
void bell_ring(struct bell *bell);

/* On the loop's thread; nobody rings any more. The bell is gone when `closed` (or NULL) is called. */
void bell_close(struct bell *bell, void (*closed)(void *arg), void *arg);

/* Jobs whose `done` has not been called yet, over all loops of the process: a virtual clock must not jump meanwhile. */
unsigned int loop_work_pending(void);

#endif
