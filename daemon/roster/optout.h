#ifndef ROSTER_OPTOUT_H
#define ROSTER_OPTOUT_H

#include <stdint.h>

#include "base/phone.h"
#include "base/result.h"
#include "roster/roster.h"

/*
 * Opt-outs: who asked not to be texted, where that came from and when. Durable before the call returns, and visible at
 * once in roster_optouts(). Imports only add; only roster_optout_remove takes one away. A number need not be on a list.
 */
struct roster_optout {
	phone_t phone;
	char source[128]; /* "operator zhang", "list 玉山镇", "gateway city-sms" */
	int64_t at_ms; /* wall */
};

/* RESULT_EXISTS when it is there already (the older facts stay); RESULT_BUSY when the store is in use: try again. */
enum result roster_optout_add(struct roster *roster, phone_t phone, const char *source, int64_t at_ms);

/*
 * For who cannot ask again, such as a resident whose reply is gone once it was taken: what the store does not take is in
 * force all the same, and kept in memory until roster_optout_settle writes it. The result is roster_optout_add's.
 */
enum result roster_optout_keep(struct roster *roster, phone_t phone, const char *source, int64_t at_ms);

/* True while some are kept that are not durable. */
bool roster_optout_owed(const struct roster *roster);

/* Writes those, all by one commit, or none. *written is how many. */
enum result roster_optout_settle(struct roster *roster, size_t *written);

/* RESULT_NOT_FOUND when there is none. */
enum result roster_optout_remove(struct roster *roster, phone_t phone);

enum result roster_optout_get(struct roster *roster, phone_t phone, struct roster_optout *optout);

/*
 * Visits at most `most` opt-outs with numbers over `after` (0: from the beginning), in ascending order. *count is how many
 * were visited.
 */
enum result roster_optout_list(struct roster *roster, phone_t after, uint32_t most,
	void (*visit)(void *arg, const struct roster_optout *optout), void *arg, uint32_t *count);

#endif
