#ifndef AUDIENCE_BARRED_H
#define AUDIENCE_BARRED_H

#include <stdint.h>

#include "audience/set.h"
#include "flow/tally.h"

/*
 * Who must not be sent to: those who have opted out, and those who are on no list any more. Opt-outs are kept as a set, for the
 * algebra of an alert; and both as a bit for each id, because a batch asks for each of its people. Not safe for two threads
 * when one of them changes it.
 */
struct barred;

/*
 * For the ids up to `top`; higher ones are of nobody. Takes over `opted_out` and copies `gone`. Free with barred_free (NULL
 * inside is allowed).
 */
struct barred *barred_new(uint32_t top, struct set *opted_out, const struct set *gone);
void barred_free(struct barred **barred);

/* `id` has opted out, or wants texts again. */
void barred_add(struct barred *barred, uint32_t id);
void barred_remove(struct barred *barred, uint32_t id);

/* Who has opted out now. It changes; copy it for another thread. */
const struct set *barred_optouts(const struct barred *barred);

/*
 * Fills `states` for `count` ids: STATE_GONE, or else STATE_OPTED_OUT, or else STATE_WAITING, which says nothing of ids above
 * the top.
 */
void barred_states(const struct barred *barred, const uint32_t *ids, uint32_t count, uint8_t *states);

#endif
