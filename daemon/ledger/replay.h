#ifndef LEDGER_REPLAY_H
#define LEDGER_REPLAY_H

#include "ledger/append.h"

/*
 * What stood when the process ended. First the switch, the channels and the tombstones; then each open alert by number: the
 * alert, its lanes, its batches by lane and number, receipts in the order they were written, the ends of lanes, and
 * `alert_done`. Applied in this order the states of every recipient come out as they were: a batch's exclusions, outcome and
 * resolution at once; a receipt to whoever is accepted, held or unknown; an end to whoever waits.
 *
 * Nothing but one row is in memory at a time. What is not durable is not told, so call it before the first append. What is told
 * fits together: an alert's lanes come complete and in order, every run and position lies within its lane.
 */
struct ledger_batch {
	struct batch_name name;
	uint32_t first, count;
	unsigned int attempt;
	unsigned int tries; /* intents written under this name */
	int64_t intent_ms;
	const struct ledger_exclusion *excluded;
	uint32_t excluded_count;
	bool settled; /* false: in doubt, the process ended between intent and outcome. What follows is then empty */
	enum verdict verdict;
	enum outcome_class class;
	bool held, split;
	int64_t outcome_ms;
	const char *provider_id, *peer; /* "" none */
	const uint32_t *refused; /* positions */
	uint32_t refused_count;
	enum ledger_resolution resolution;
	const uint32_t *resolved; /* positions that it was about */
	uint32_t resolved_count;
};

/* NULL rows are left out. Everything is valid during the call. */
struct ledger_replay {
	void (*stopped)(void *arg, bool stopped, const char *by, int64_t at_ms);
	void (*channel)(void *arg, const struct ledger_channel *channel);
	void (*tombstone)(void *arg, const struct ledger_tombstone *tombstone);
	void (*alert)(void *arg, const struct ledger_alert *alert);
	void (*lane)(void *arg, uint32_t alert, uint16_t lane, const struct ledger_lane *content);
	void (*batch)(void *arg, const struct ledger_batch *batch);
	void (*receipts)(void *arg, uint32_t alert, const struct ledger_receipt *receipts, size_t count);
	void (*end)(void *arg, const struct ledger_end *end);
	void (*alert_done)(void *arg, uint32_t alert);
};

/* RESULT_CORRUPT or RESULT_IO with an error in `problems` when the file does not read as it was written. */
enum result ledger_replay(struct ledger *ledger, const struct ledger_replay *events, void *arg,
	struct problems *problems);

#endif
