#ifndef DEMO_CHECK_H
#define DEMO_CHECK_H

#include "figures.h"

/*
 * Whether the report is true: its sums by themselves, against the roster, and against what the pretend world says really
 * arrived. Prints a line for each thing that was compared.
 */

/* `page` is the address of the world's page. Returns 0 when everything adds up, 1 otherwise. */
int check_all(const struct place_of_daemon *place, const struct figures *figures, const char *page);

#endif
