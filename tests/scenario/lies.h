#ifndef SCENARIO_LIES_H
#define SCENARIO_LIES_H

#include "gateways.h"

/*
 * An hour with a liar: alerts (immediate, today, an update, a cancel) while one channel's provider misbehaves in one way,
 * once until it comes to its senses in the middle of the hour and once without end. Whatever it does: states add up,
 * nobody is told twice but by its own lie, as many as the window holds are in doubt and no more, the other channels are
 * served as ever, limits are kept in every sliding window, memory stays flat; and when the lie ends, all that was left
 * goes through or stands in the list of doubts (design.md, promises 1 to 5 and 8).
 *
 * With LIE=NAME in the environment only the fault of that name is lived through; LIE_TRACE=1 prints each.
 */

/* Lives through every fault that suits the kind of this channel, each in a stage of its own. */
void lies_live_through_all(struct stage *stage, const char *liar);

#endif
