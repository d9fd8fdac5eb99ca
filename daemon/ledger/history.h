#ifndef LEDGER_HISTORY_H
#define LEDGER_HISTORY_H

#include "ledger/query.h"

/*
 * What one resident was sent, and who was written to lately. The sets are opaque here: the caller looks into them with its
 * own code.
 */
struct ledger_history {
	const struct ledger_alert *alert; /* without document */
	uint16_t lane;
	const struct ledger_lane *content;
	uint32_t position;
	bool final; /* the alert is closed and `state` says how it ended; else the caller's tally knows */
	enum state state; /* the final one, or the lane's first */
	const struct ledger_batch *batch; /* the last that covered the position; NULL: never sent */
	int64_t receipt_ms; /* 0: none, or pruned */
	enum state receipt;
	char code[24];
};

/*
 * Goes through alerts below `before` (0: from the newest), newest first, looking at no more than `most` of them; not through
 * those that schedules made, which are for groups and soon outnumber the others. `locate`
 * returns the resident's position in a lane's set, or -1. *next gets the number to go on from, 0 at the end. Reads every
 * receipt of the alerts where the resident is found: ask for few alerts at a time while the daemon is at work.
 */
enum result ledger_history(struct ledger *ledger, uint32_t before, unsigned int most,
	int64_t (*locate)(void *arg, const void *set, size_t size),
	bool (*visit)(void *arg, const struct ledger_history *entry), void *arg, uint32_t *next);

/*
 * Lanes of residents that count for limits.recipient: not excluded, of actual alerts that are routine or today, open or last
 * sent at `since_ms` or later. `counts` as in ledger_list_lanes. `last_send_ms` is 0 for open alerts.
 */
enum result ledger_list_recent(struct ledger *ledger, int64_t since_ms,
	bool (*visit)(void *arg, const struct ledger_alert *alert, uint16_t lane, const struct ledger_lane *content,
		const uint32_t *counts),
	void *arg);

#endif
