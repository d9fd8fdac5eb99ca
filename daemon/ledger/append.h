#ifndef LEDGER_APPEND_H
#define LEDGER_APPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/alert.h"
#include "flow/batch.h"
#include "flow/message.h"
#include "flow/outcome.h"
#include "flow/tally.h"
#include "ledger/ledger.h"

/*
 * What can be written down. Every call copies what it is given, returns at once and never fails; `durable` (may be NULL)
 * comes later from the loop, in the order of the calls, when the record and all before it survive a power cut. Its result is
 * RESULT_OK, except when ledger_close had to give up. Times are wall milliseconds, 0 where there is none; strings are
 * UTF-8 and may be NULL where there is none; positions are places in a lane's order.
 *
 * The same structs come back from replay.h and query.h, then filled from the file and valid during the callback.
 */
typedef void ledger_durable(void *arg, enum result result);

enum ledger_source {
	LEDGER_SPOOL, /* a file that somebody dropped */
	LEDGER_CONTROL, /* an operator's command */
	LEDGER_SCHEDULE, /* a reminder or a slogan that was due */
};

enum ledger_state {
	LEDGER_OPEN, /* something may still be sent, or is still expected */
	LEDGER_CLOSED, /* run to its end: final states are kept */
	LEDGER_STORED, /* kept, never sent; has no end to wait for */
};

/* What a later document or an operator did to an alert. It may stay open for receipts after that. */
enum ledger_fate {
	LEDGER_STANDS,
	LEDGER_UPDATED, /* a newer version took its place */
	LEDGER_CANCELLED, /* withdrawn */
};

struct ledger_alert {
	uint32_t number; /* given by ledger_accept; what it is called with is ignored */
	const char *id; /* unique over all time */
	const char *sender;
	const char *digest; /* SHA-256 of the document's bytes, hex */
	const void *document; /* as it was handed in; NULL for made ones */
	size_t document_size;
	const char *form; /* "cfg", "json", "txt"; NULL where there is no document */
	const char *file_name; /* the officer's */
	enum ledger_source source;
	const char *schedule; /* name of the schedule that made it, or NULL */
	int64_t occurrence_ms; /* which of its times */
	enum alert_status status;
	enum alert_action action;
	enum urgency urgency;
	enum level level;
	const char *fraud_type;
	const char *title; /* one line for lists */
	const char *author;
	int64_t issued_ms, accepted_ms, from_ms, until_ms;
	char *const *supersedes; /* ids, NULL-ended; NULL: none */
	enum ledger_state state; /* LEDGER_OPEN or LEDGER_STORED when accepted */

	/* Only read back: */
	uint16_t lanes;
	enum ledger_fate fate;
	uint32_t fate_by; /* the alert that did it, 0: an operator */
	int64_t fate_ms;
	int64_t closed_ms, last_send_ms; /* of closed ones */
};

/* Lane n of an alert is the n-th given to ledger_accept. */
struct ledger_lane {
	const char *channel; /* NULL: excluded, nobody serves them */
	enum medium medium;
	const char *audience; /* slug */
	const char *language;
	const char *area; /* codes, for people and reports */
	const char *basis; /* lists and their basis, for people who ask why they were written to */
	const struct message *message; /* NULL for excluded ones */
	const void *set; /* the recipients' numbers, opaque here; NULL: the channel itself */
	size_t set_size;
	uint32_t size; /* recipients */
	enum state state; /* of all of them at first: waiting, or why they are excluded */
};

/* A change to an older alert that an arriving one makes, in the same transaction. */
struct ledger_mark {
	uint32_t alert;
	enum ledger_fate fate;
};

/* A cancel or update that named an id before it came. */
struct ledger_tombstone {
	const char *id;
	const char *sender; /* NULL: whoever */
	bool drill;
	uint32_t alert; /* who left it; only read back */
	int64_t until_ms;
};

struct ledger_acceptance {
	struct ledger_alert alert;
	const struct ledger_lane *lanes;
	uint16_t lane_count;
	const struct ledger_mark *marks;
	size_t mark_count;
	const struct ledger_tombstone *tombstones;
	size_t tombstone_count;
};

/* One alert with everything about it, wholly or not at all. Returns its number, from 1, counting up. */
uint32_t ledger_accept(struct ledger *ledger, const struct ledger_acceptance *acceptance, ledger_durable *durable,
	void *arg);

/*
 * RESULT_OK when an alert with this id was accepted, durable already or not; *number, and its digest, come back. Looks at what
 * waits to be written too, so asking before every accept keeps ids unique. `digest` may be NULL. RESULT_NOT_FOUND: it was not;
 * anything else: the file cannot be read now, and nobody knows.
 */
enum result ledger_known(struct ledger *ledger, const char *id, uint32_t *number, char digest[65]);

/* An operator withdraws an alert, or takes that back with LEDGER_STANDS. */
void ledger_mark(struct ledger *ledger, uint32_t alert, enum ledger_fate fate, int64_t at_ms, ledger_durable *durable,
	void *arg);

/* Somebody of a batch's run who is left out of it. */
struct ledger_exclusion {
	uint32_t position;
	enum state state;
};

/*
 * Before the bytes leave. A second intent of the same batch (attempt 2, or after a throttle) takes the place of the
 * first with its outcome; say then all `excluded` again. They count as excluded whatever the outcome. Numbers of batches
 * begin at 1.
 */
struct ledger_intent {
	struct batch_name name;
	uint32_t first, count; /* the run */
	unsigned int attempt;
	int64_t at_ms;
	int64_t tat_ms; /* where the channel's rate limiter stands now; 0: unchanged */
	const struct ledger_exclusion *excluded; /* ascending */
	uint32_t excluded_count;
};
void ledger_intent(struct ledger *ledger, const struct ledger_intent *intent, ledger_durable *durable, void *arg);

/* How a send ended. What a crash left in doubt and the app judged unknown is written as such an outcome too. */
struct ledger_outcome {
	struct batch_name name;
	enum verdict verdict;
	enum outcome_class class;
	bool held; /* accepted: waits for a human at the provider; refused: the text is held on this channel */
	bool split; /* settled by trying its halves, as batches of their own: everybody of it waits again */
	int64_t at_ms;
	const char *provider_id, *peer;
	const uint32_t *refused; /* positions in the lane, ascending */
	uint32_t refused_count;
};
void ledger_outcome(struct ledger *ledger, const struct ledger_outcome *outcome, ledger_durable *durable, void *arg);

/*
 * An operator lets a lane go on whose text the provider refused: no batch that was refused and held before this holds it any
 * more.
 */
void ledger_release(struct ledger *ledger, uint32_t alert, uint16_t lane, ledger_durable *durable, void *arg);

/* What an operator decided about a batch in doubt. */
enum ledger_resolution {
	LEDGER_UNRESOLVED,
	LEDGER_RESEND, /* those listed wait again */
	LEDGER_DROP, /* those listed count as failed */
};

/* `positions` (ascending) are those of the batch that were unknown at that moment; a late receipt had settled the rest. */
void ledger_resolve(struct ledger *ledger, struct batch_name name, enum ledger_resolution resolution,
	const uint32_t *positions, uint32_t count, int64_t at_ms, const char *who, ledger_durable *durable, void *arg);

/* A later fact about `count` recipients from `position`. */
struct ledger_receipt {
	uint16_t lane;
	uint32_t position, count; /* count at least 1 */
	enum state state; /* delivered, failed, held, accepted, shown */
	int64_t at_ms;
	const char *code; /* the provider's word, cut to 23 bytes; NULL or "": none */
};
void ledger_receipts(struct ledger *ledger, uint32_t alert, const struct ledger_receipt *receipts, size_t count,
	ledger_durable *durable, void *arg);

/* All of the lane from `from` on who still wait (or come back to waiting) are `state` now: expired, cancelled … */
struct ledger_end {
	uint32_t alert;
	uint16_t lane;
	uint32_t from;
	enum state state;
	int64_t at_ms;
};
void ledger_lane_end(struct ledger *ledger, const struct ledger_end *end, ledger_durable *durable, void *arg);

/* The alert has run to its end. `states[n]` are lane n's, as a tally holds them: one byte each, all lanes. */
void ledger_close_alert(struct ledger *ledger, uint32_t alert, int64_t at_ms, const struct tally *tallies,
	uint16_t lane_count, ledger_durable *durable, void *arg);

/* Where a channel stands. Intents move `tat_ms` by themselves. */
struct ledger_channel {
	const char *name;
	bool suspended;
	const char *by; /* a person, or "crier" when it suspended itself */
	const char *reason;
	int64_t at_ms;
	int64_t tat_ms; /* 0: unchanged */
};
void ledger_channel_state(struct ledger *ledger, const struct ledger_channel *channel, ledger_durable *durable,
	void *arg);

/* The red switch. Writes the event too. */
void ledger_switch(struct ledger *ledger, bool stopped, const char *by, int64_t at_ms, ledger_durable *durable,
	void *arg);

/* What an operator did. Each event seals all before it (audit.h). */
struct ledger_event {
	uint64_t seq; /* only read back */
	int64_t at_ms;
	const char *who;
	const char *kind; /* "submit", "cancel", "stop" … */
	const char *what;
};
void ledger_event(struct ledger *ledger, const struct ledger_event *event, ledger_durable *durable, void *arg);

/*
 * Drops receipt detail (not final states) of alerts closed before `before_ms`, and tombstones past their time at
 * `now_ms`, a little per commit.
 */
void ledger_prune(struct ledger *ledger, int64_t before_ms, int64_t now_ms, ledger_durable *durable, void *arg);

/* The words in the file and in reports: "spool", "open", "updated" ("" for LEDGER_STANDS), "resend" ("" for none). */
const char *ledger_source_name(enum ledger_source source);
const char *ledger_state_name(enum ledger_state state);
const char *ledger_fate_name(enum ledger_fate fate);
const char *ledger_resolution_name(enum ledger_resolution resolution);

#endif
