#ifndef LEDGER_AUDIT_H
#define LEDGER_AUDIT_H

#include "ledger/append.h"

/*
 * The trail of what operators did. Every event carries a seal: SHA-256 over the seal before it and its own fields, so a
 * line that is changed or taken out later breaks the chain at that place. (Cutting off the newest lines leaves a whole,
 * shorter chain: note the last seal elsewhere to notice that too.)
 */
typedef bool ledger_visit_event(void *arg, const struct ledger_event *event);

/* Events after `after`, oldest first; the newest, newest first. Results as in query.h. */
enum result ledger_list_events(struct ledger *ledger, uint64_t after, unsigned int most, ledger_visit_event *visit,
	void *arg);
enum result ledger_list_last_events(struct ledger *ledger, unsigned int most, ledger_visit_event *visit, void *arg);

/*
 * Checks the seals of all events; *checked is how many are whole. RESULT_CORRUPT with the first that is not in *seq.
 * `last_seal` (may be NULL) gets the newest seal, "" when there is no event.
 */
enum result ledger_audit(struct ledger *ledger, uint64_t *checked, uint64_t *seq, char last_seal[65]);

/* The seal of `event` after `before` ("" for the first). Returns `out`. */
char *audit_seal(const char *before, const struct ledger_event *event, char out[65]);

#endif
