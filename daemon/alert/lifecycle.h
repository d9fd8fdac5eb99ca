#ifndef ALERT_LIFECYCLE_H
#define ALERT_LIFECYCLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "flow/alert.h"

/*
 * What to do with an alert that has been read, given what the ledger knows: the state machine of alerts.md
 * section 2 as a pure decision. It looks nothing up and changes nothing; `app` gathers the facts before and
 * does what is decided.
 */
enum lifecycle_state {
	LIFECYCLE_OPEN, /* something may still be sent or shown */
	LIFECYCLE_CLOSED, /* run to its end */
	LIFECYCLE_CANCELLED, /* a cancellation was applied */
	LIFECYCLE_UPDATED, /* a newer version took its place */
	LIFECYCLE_STORED, /* kept, never sent */
};

/* An alert of the ledger that the arriving one names in `supersedes`. Without `known` only `id` counts. */
struct lifecycle_reference {
	const char *id;
	bool known;
	const char *sender;
	enum alert_status status;
	enum lifecycle_state state;
	bool sent; /* at least one text, post or sign has it, or may have it */
};

struct lifecycle_facts {
	int64_t now_ms;
	/* The ledger's alert with the arriving id. */
	bool known;
	const char *known_digest, *known_sender;
	/*
	 * A cancel or update named this id before it came. A tombstone left by a drill (status not actual)
	 * says so; it holds for drills only, as a real one holds for real alerts only. Where several were left for
	 * one id, it is one that holds, if any does.
	 */
	bool tombstone, tombstone_drill;
	const char *tombstone_sender; /* who left it: it holds for that sender's alerts only; NULL: for all */
	/* One for each of alert.supersedes, in its order. */
	const struct lifecycle_reference *references;
	size_t reference_count;
	/* The latest update or cancellation applied to the chain that the references belong to; NULL id: none. */
	const char *newer_id;
	int64_t newer_issued_ms;
};

enum decision {
	DECISION_ACCEPT, /* new: send it */
	DECISION_REPLACE, /* stop what the old ones have not sent, then send this once */
	DECISION_STOP, /* stop the old ones and whatever updated them; nobody was reached, send nothing */
	DECISION_STOP_CORRECT, /* the same, but somebody was reached: a correction may be due (site's policy) */
	DECISION_TOMBSTONE_ONLY, /* a cancellation of alerts that have not come: remember their ids */
	DECISION_STORE_ONLY, /* keep, send nothing: tombstone, draft, or a newer version is in force */
	DECISION_DUPLICATE, /* the same bytes again: drop, count */
	DECISION_ARCHIVE, /* its time has passed */
	DECISION_REFUSE_ID_REUSED,
	DECISION_REFUSE_FOREIGN, /* would change another sender's alert */
	DECISION_REFUSE_DRILL, /* a drill would change a real alert, or the reverse */
	DECISION_REFUSE_SELF, /* supersedes itself */
};

/* Whether the tombstone of these facts, if there is one, is about this alert: left by its sender, by a drill for a drill. */
bool lifecycle_tombstone_holds(const struct alert *alert, const struct lifecycle_facts *facts);

/*
 * Decides. Refusals add an error to `problems`; decisions under which nothing will be sent and which the
 * officer may not have expected (store only, duplicate, archive, tombstone only) add a warning. Whenever the
 * decision is REPLACE, ACCEPT, STOP, STOP_CORRECT or TOMBSTONE_ONLY, a tombstone is due for every reference
 * that is not known; it is kept until LIFECYCLE_TOMBSTONE_MS after `issued`. Requires: facts.reference_count
 * is the number of alert.supersedes.
 */
enum decision lifecycle_decide(const struct alert *alert, const struct lifecycle_facts *facts,
	struct problems *problems);

#define LIFECYCLE_TOMBSTONE_MS (48LL * 3600 * 1000)

/* True for the decisions under which tombstones are due, as said above. */
bool decision_leaves_tombstones(enum decision decision);

/* True for the decisions after which the file belongs in failed/. */
bool decision_refuses(enum decision decision);

/* "accept", "replace", "id-reused" … for log lines and `--json`. */
const char *decision_name(enum decision decision);

#endif
