#ifndef TESTING_PEOPLE_H
#define TESTING_PEOPLE_H

/*
 * Residents for a test: takes the CSV file at `csv` over into the roster of the state folder `state`, as the list "all". Fails the
 * test when that is refused.
 */
void people_import(const char *state, const char *csv);

#endif
