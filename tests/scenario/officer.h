#ifndef SCENARIO_OFFICER_H
#define SCENARIO_OFFICER_H

#include "stage.h"

/* What an officer writes and how he hands it over, for tests that look at what the disk does with it. */

/* An alert for students and elderly with words of its own, so that no two look alike on a phone; to free(). */
char *officer_alert(const char *id, const char *urgency, const char *more);

/*
 * One without an id, written in Notepad; it is given an id by its day and content. It is of several sectors, and what is
 * left of it when the last is missing is no alert, because its kind comes last. To free().
 */
char *officer_notes(void);

/*
 * Into the folder, through the table of file calls: as `crier submit` does it, or, not `synced`, as a file manager does.
 * False: the disk did not take it, or not durably.
 */
bool officer_hands_over(const struct stage *stage, const char *name, const char *text, bool synced);

#endif
