#ifndef AUDIENCE_EXPAND_H
#define AUDIENCE_EXPAND_H

#include <stddef.h>
#include <stdint.h>

#include "audience/people.h"
#include "audience/select.h"
#include "audience/set.h"
#include "flow/tally.h"

/*
 * One alert's residents, divided (design.md 2a, Who is served by what): the pool is everybody in (audiences ∩ areas); each
 * of them is either excluded for exactly one reason or in exactly one lane. A lane is one SMS channel, one wording (the
 * first of the alert's audiences that holds the resident) and one language. Pure; milliseconds for millions.
 */
struct expand_audience {
	const char *name;
	struct audience_rule rule; /* without any key: everybody, which is what `all` is */
};

/* An SMS channel that may carry this alert, in file order. */
struct expand_channel {
	const char *const *areas; /* codes; NULL or empty: everywhere */
	const struct expand_audience *audiences; /* `audience_count`; none: everybody */
	size_t audience_count;
	const char *language; /* for residents whose own is not available; NULL: "zh" */
};

struct expand_order {
	const struct people *people;
	int this_year; /* in the site's time zone */
	const struct expand_audience *audiences; /* the alert's, in its order; at least one */
	size_t audience_count;
	const char *const *areas; /* the alert's codes, NULL-ended */
	const struct expand_channel *channels;
	size_t channel_count;
	const struct set *opted_out; /* or NULL */
	const struct set *capped; /* or NULL: no cap binds this alert */
	const char *const *languages; /* that templates exist in, NULL-ended; NULL: zh only */
};

struct expand_lane {
	size_t channel; /* index into the order's channels */
	size_t audience; /* index into the order's audiences */
	char language[16];
	struct set *set; /* never empty */
	uint32_t count;
};

/* The reasons in the order of flow/tally.h: excluded[STATE_CAPPED - STATE_OPTED_OUT]. */
enum { EXPAND_REASONS = STATE_COUNT - STATE_OPTED_OUT };

/*
 * pool = excluded[0] + … + excluded[3] + every lane, without overlap. Lanes come by channel, audience, language. Who fits
 * several reasons has the first of: gone, opted out, capped, no channel.
 */
struct expansion {
	uint32_t pool; /* how many */
	struct set *excluded[EXPAND_REASONS];
	uint32_t *audience_counts; /* how many of the pool each of the alert's audiences holds, overlaps included */
	size_t audience_count;
	struct expand_lane *lanes;
	size_t lane_count;
};

/* Fills *expansion; free with expansion_fini. */
void expand(const struct expand_order *order, struct expansion *expansion);
void expansion_fini(struct expansion *expansion);

/* The set of an exclusion. Requires: state_excluded(reason). */
const struct set *expansion_excluded(const struct expansion *expansion, enum state reason);

#endif
