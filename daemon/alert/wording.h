#ifndef ALERT_WORDING_H
#define ALERT_WORDING_H

#include "alert/reading.h"

/*
 * The texts of an alert, and what may not stand in them: numbers of persons, links, brackets of signatures, control
 * characters, too much (alerts.md section 8.1, operators.md section 8.2).
 */

/* The checked text of a field, to free(); NULL when it is not there or was refused. */
char *wording_field(struct reading *reading, enum field field);

/*
 * web, hotline, slogan, and then all texts: method, keywords, summary, occurred, place, headline, advice, text.*; and
 * channels. Requires: action and fraud_type are set. Afterwards: advice is filled in from the slogan pack.
 */
void wording_read(struct reading *reading);

#endif
