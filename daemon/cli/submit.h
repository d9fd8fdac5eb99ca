#ifndef CLI_SUBMIT_H
#define CLI_SUBMIT_H

#include <stdbool.h>

#include "cli/place.h"

/*
 * Hands one alert over durably: tmp/, sync, rename into new/, sync the folder; then waits for the verdict and prints it.
 * Nothing is left in the folder when the daemon is not there to judge it. Returns an exit status.
 */
int submit_file(const struct place_of_daemon *place, const char *path, bool json);

#endif
