#ifndef APP_VIEWS_H
#define APP_VIEWS_H

#include <jansson.h>

#include "app/state.h"
#include "ledger/append.h"

/* The same things as JSON wherever an order shows them. */

/* {"residents": {"total": …, "excluded": …, "waiting": …, …}, "groups": …, "signs": …} from counts by crowd and state. */
struct sums {
	uint64_t counts[CROWD_COUNT][STATE_COUNT];
};
void sums_add(struct sums *sums, enum medium medium, const uint32_t counts[STATE_COUNT]);
json_t *sums_view(const struct sums *sums);

/* {"waiting": 3, …}, states with nobody in them left out. */
json_t *counts_view(const uint32_t counts[STATE_COUNT]);

/* An alert's own facts. */
json_t *alert_view(const struct ledger_alert *alert);

/* A message: {"text", "units", "parts"}. */
json_t *message_view(const struct message *message);

/* The ledger's counts of a lane: from memory while the alert is open, else the final ones (may be NULL). */
const uint32_t *lane_counts(struct app *app, uint32_t alert, uint16_t lane, const uint32_t *final);

#endif
