#ifndef FLOW_BATCH_H
#define FLOW_BATCH_H

#include <stdint.h>

#include "base/phone.h"
#include "flow/message.h"

/*
 * What one send carries. A lane is one alert's one wording on one channel, with an ordered set of recipients; a batch is
 * a run of that order. (alert, lane, number) names it in the ledger, in the log, and at the provider wherever it echoes
 * what we say.
 */
enum batch_action {
	BATCH_SEND, /* texts and posts: deliver once to each recipient */
	BATCH_SHOW, /* signs: show this alert from now until `until_ms` (absolute state, repeating is safe) */
	BATCH_CLEAR, /* signs: take this alert down */
	BATCH_PLAYLIST, /* signs: these slogans from now on; none: the owner's programme */
};

struct batch_name {
	uint32_t alert; /* the ledger's number of the alert */
	uint16_t lane;
	uint32_t number; /* counts up within the lane, never reused */
};

struct batch {
	struct batch_name name;
	unsigned int attempt; /* 1 for the first */
	enum batch_action action;
	const char *alert_id; /* for log lines */
	const struct message *message; /* NULL for BATCH_CLEAR */
	const phone_t *phones; /* `count` numbers; NULL where the channel itself is the recipient */
	uint32_t count; /* recipients, at least 1 */
	int64_t until_ms; /* wall time after which it must no longer leave or show */
	int64_t takeover_until_ms; /* BATCH_SHOW: owns the sign until then; 0: rotates at once */
	char *const *slogans; /* BATCH_PLAYLIST: NULL-ended */
};

/* "12-0-31", the batch's name as one word. `out` holds 32 bytes; returns `out`. */
char *batch_text(struct batch_name name, char out[32]);

/* Reads such a word back. Returns 0 when it is none. */
int batch_parse(const char *text, struct batch_name *name);

#endif
