#ifndef CHANNEL_ONBON_TEXTS_H
#define CHANNEL_ONBON_TEXTS_H

#include <stdbool.h>

#include "channel/board.h"
#include "channel/onbon_card.h"
#include "flow/batch.h"
#include "flow/outcome.h"

/* From a batch to the board of a BX-K sign: what the card cannot write or hold is refused with the reason. */

/*
 * Puts a batch's texts on the board, or takes them off it. CLASS_OK: done; nothing is known of the sign by
 * that.
 */
struct outcome onbon_texts_take(struct board *board, const struct onbon_card *card, const struct batch *batch);

/* False, with *outcome, when the card cannot write all texts of a batch. `card` is a struct onbon_card. */
bool onbon_texts_fit(void *card, const struct batch *batch, struct outcome *outcome);

#endif
