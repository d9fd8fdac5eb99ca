#ifndef APP_CAMPAIGN_H
#define APP_CAMPAIGN_H

#include "app/draft.h"
#include "app/state.h"

/*
 * An alert from its acceptance to its end. The only file that makes, ends and frees campaigns; dispatch.c and receipts.c
 * change the states of their recipients and then ask for a review.
 */

/* One that was just accepted under `number`: takes over the draft's lanes, which is empty afterwards. */
struct campaign *campaign_new(struct app *app, uint32_t number, const struct alert *alert, const char *title,
	struct draft *draft);

/* An empty one, for replay; fields and lanes are filled by the caller, who then calls campaign_start(). */
struct campaign *campaign_new_empty(struct app *app, uint32_t number, uint16_t lane_count);

/* Its lanes go to the plan now, or at `from_ms`. Signs that were showing it are told again. */
void campaign_start(struct campaign *campaign);

struct campaign *campaign_find(struct app *app, uint32_t number);
struct campaign *campaign_find_id(struct app *app, const char *id);
struct lane *campaign_lane(struct app *app, struct batch_name name);

/* Who still waits becomes `state` (expired, cancelled), durably; signs are cleared. What is in flight is still settled. */
void campaign_stop(struct campaign *campaign, enum state state);

/* Ends the lanes of a drill whose channels are for the public now. */
void campaign_bar_drills(struct campaign *campaign);

/* What one recipient of the lane costs of its channel's rate, in units. */
uint32_t lane_cost(const struct lane *lane);

/* Withdrawn by an operator or by another alert: marked and stopped. */
void campaign_withdraw(struct campaign *campaign, enum ledger_fate fate, uint32_t by);

/* The wall clock was set, by `moved_ms`: durations go on from where they were, moments are looked at again. */
void campaign_clock_set(struct campaign *campaign, int64_t moved_ms);

/* Something about it changed: look, on the next turn, whether it is over. */
void campaign_review_later(struct campaign *campaign);

/* True when at least one recipient was reached or may have been. */
bool campaign_sent(const struct campaign *campaign);

/* Recipients in a state over all lanes of one crowd. */
uint32_t campaign_count(const struct campaign *campaign, enum crowd crowd, enum state state);

/* Recipients who wait, are in flight, or in doubt. */
uint64_t campaign_unfinished(const struct campaign *campaign);

/*
 * True while somebody's turn is still to come: begun, not waiting for the end of quiet hours, and somebody waits or is in
 * flight on a channel that is sending. Who is in doubt, and who waits for a dead channel or for a person, may do so for days.
 */
bool campaign_sending(const struct campaign *campaign);

/* Frees it without writing anything. Requires: nothing of it is in flight. */
void campaign_free(struct campaign *campaign);

#endif
