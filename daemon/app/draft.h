#ifndef APP_DRAFT_H
#define APP_DRAFT_H

#include "app/state.h"

/*
 * What an alert would become if it were accepted now: for each channel and wording the exact text and who gets it, and who
 * is left out and why. Intake makes it into a campaign, preview only shows it.
 */
struct draft_lane {
	struct outlet *outlet; /* NULL: excluded for `state` */
	enum medium medium;
	char *audience, *language;
	struct message *message; /* NULL: excluded */
	struct set *set; /* NULL: the outlet itself */
	uint32_t size;
	enum state state;
};

struct draft {
	bool overfull; /* there was no room for all of its lanes; a problem says so */
	struct draft_lane *lanes;
	uint16_t count;
	uint32_t crowd[CROWD_COUNT]; /* the three sums */
	uint32_t *audience_counts; /* of the alert's audiences, overlaps included; NULL when SMS is not asked for */
	size_t audience_count;
};

/* The earlier alerts that end when this one is accepted. */
struct replaced {
	struct ledger_mark *marks;
	size_t count;
};

/*
 * Makes it. Errors in `problems` mean that a text cannot be made: the alert is refused. Warnings: an audience with nobody
 * in it, a text of several parts, a medium without a channel. Fini in every case.
 */
void draft_make(struct app *app, const struct alert *alert, const struct replaced *replaced, struct draft *draft,
	struct problems *problems);
/* The same for one group or sign only, whatever the alert's areas say: reminders name their channels. */
void draft_make_for(struct app *app, const struct alert *alert, struct outlet *outlet, struct draft *draft,
	struct problems *problems);
void draft_fini(struct draft *draft);

#endif
