#ifndef TESTING_CLOCK_H
#define TESTING_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A clock that stands still until a test moves it. A program that uses it replaces clock_gettime() for itself and for
 * the libraries it links, so our timers, libuv's, libcurl's and libmicrohttpd's move together with the wall clock.
 */

/* The clocks stop at what they show now. */
void fake_clock_stop(void);

/* Requires: stopped. */
void fake_clock_pass(uint64_t ms);

/* Sets only the wall clock, as an operator or NTP would. Requires: stopped. */
void fake_clock_set_wall(int64_t wall_ms);

bool fake_clock_stopped(void);

/* The real clocks again. */
void fake_clock_go(void);

#endif
