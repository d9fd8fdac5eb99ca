#ifndef TESTING_AIR_H
#define TESTING_AIR_H

#include <stdbool.h>

/*
 * What is in the air: bytes and connections between TCP sockets of this very process that left one and have not come to
 * the other. A virtual clock must not jump meanwhile, or an answer comes after a timeout that it would have beaten.
 * The kernel is asked about both ends, so that nobody needs to wait and see.
 */

/*
 * True when all that was sent has arrived, and every connect, end and reset was heard of at the other end. What has not
 * arrived for AIR_PATIENCE_MS of real time (the other end lives in another process, or does not read) is believed to be
 * no longer on its way, until it moves again.
 */
#define AIR_PATIENCE_MS 250
bool air_is_clear(void);

#endif
