#ifndef FLOW_OUTCOME_H
#define FLOW_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/phone.h"
#include "flow/batch.h"

/* How a send ended, for the plan. */
enum verdict {
	VERDICT_ACCEPTED, /* the provider took it, less the recipients listed as refused */
	VERDICT_LATER, /* not taken; try again, after `wait_ms` where given */
	VERDICT_REFUSED, /* never to be tried again: the whole batch */
	VERDICT_UNKNOWN, /* it may or may not have been taken */
};

/* Why, in the words of http-apis.md section 0. */
enum outcome_class {
	CLASS_OK, /* → accepted */
	CLASS_RETRY, /* → later, counts an attempt */
	CLASS_THROTTLE, /* → later with wait, counts none, holds the channel */
	CLASS_DEFER, /* → later with wait, counts none: quota of the day, conflict on a sign */
	CLASS_PERM_MSG, /* → refused: this text can never pass here; the lane is held */
	CLASS_PERM_RCPT, /* → refused for those listed */
	CLASS_PERM_CHANNEL, /* → later: the channel suspends itself, nobody is refused */
	CLASS_AMBIGUOUS, /* → unknown */
};

struct outcome {
	enum verdict verdict;
	enum outcome_class class;
	uint32_t wait_ms; /* the provider's wish, 0 none */
	bool split; /* PERM_MSG for which one number may be to blame: try the halves once before refusing */
	bool held; /* accepted, but waits for a human at the provider */
	const uint32_t *refused; /* indexes into the batch's recipients, ascending; with `refused_count` */
	uint32_t refused_count;
	char provider_id[96]; /* the provider's name for the batch, "" none */
	char peer[160]; /* what it answered, cut, without secrets or full numbers */
};

/* A fact that comes after the outcome: a receipt, a sign read back. */
enum receipt_kind {
	RECEIPT_DELIVERED,
	RECEIPT_FAILED,
	RECEIPT_HELD, /* waits at the provider */
	RECEIPT_SHOWN, /* the sign was read back showing it */
};

struct receipt {
	struct batch_name batch; /* with number 0 and provider_id set: found by the provider's id */
	phone_t phone; /* 0: the whole batch */
	enum receipt_kind kind;
	int64_t at_ms; /* wall, the provider's time or ours */
	int64_t sent_ms; /* when the provider took the text, 0: it does not say */
	char code[24]; /* the provider's word, "" none */
	char provider_id[96]; /* "" where `batch` says it */
};

const char *verdict_name(enum verdict verdict);
const char *outcome_class_name(enum outcome_class class);
const char *receipt_kind_name(enum receipt_kind kind);

/* An outcome of this class, with its verdict by the rules of design.md 2a and `peer` by printf's rules. */
struct outcome outcome_make(enum outcome_class class, uint32_t wait_ms, const char *peer, ...)
	__attribute__((format(printf, 3, 4)));

#endif
