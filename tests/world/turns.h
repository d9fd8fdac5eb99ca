#ifndef TESTING_TURNS_H
#define TESTING_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/loop.h"

/*
 * Steps a real loop until something holds, without sleeping and without asserted times: where nothing is ready it waits
 * on the loop's own descriptor, and with a stopped clock (testing/clock.h) it then moves the clock to the next timer.
 */

/* Returns whether `holds` became true; it gives up after many turns in which nothing happened. */
bool turns_until(struct loop *loop, bool (*holds)(void *arg), void *arg);

/* The same for a flag that some callback sets, and for a counter that reaches `count`. */
bool turns_until_set(struct loop *loop, const bool *flag);
bool turns_until_count(struct loop *loop, const unsigned int *counter, unsigned int count);

/* Turns until nothing is ready and no disk job is out. Does not move the clock. */
void turns_settle(struct loop *loop);

/* With a stopped clock: lets `ms` pass, from timer to timer, never past one, settling in between. */
void turns_pass(struct loop *loop, uint64_t ms);

/* Settles and frees: what is still open ends the program, naming it. */
void turns_end(struct loop **loop);

#endif
