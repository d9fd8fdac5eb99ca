#ifndef ALERT_IDENTITY_H
#define ALERT_IDENTITY_H

#include "alert/reading.h"

/*
 * Who says it, when, and in place of what: schema, id, sender, sender_name, issued, status, action,
 * supersedes, note, author.
 */
void identity_read(struct reading *reading);

/* Gives the alert an id when it has none (alert/read.h says how). Requires: areas, issued and digest are set. */
void identity_assign(struct reading *reading);

#endif
