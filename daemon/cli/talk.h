#ifndef CLI_TALK_H
#define CLI_TALK_H

#include <jansson.h>

#include "cli/place.h"

/*
 * One conversation with the daemon: a request goes out, progress may come, then a result or an error. A daemon from
 * which nothing comes for TALK_PATIENCE_MS is given up with words and exit status 75; any line begins the time anew.
 */
#define TALK_PATIENCE_MS 60000
struct talk;

/* Another patience for this process; for --timeout. */
void talk_set_patience(int ms);

/* Connects. Returns 0, or 69 after having said that the daemon is not running, or 77 that the socket is closed to us. */
int talk_open(const struct place_of_daemon *place, struct talk **talk);
void talk_close(struct talk **talk);

/* `prefix`, valid as long as the talk, is left out of what the daemon says of a refusal: a file is called as its owner does. */
void talk_hide(struct talk *talk, const char *prefix);

/*
 * Sends a command; takes over `args`. `descriptor` goes with it, -1 none. Returns 0 or an exit status after having said
 * why.
 */
int talk_ask(struct talk *talk, const char *command, json_t *args, int descriptor);

/*
 * Waits for the next line. Returns 0 with the result in *result, or an exit status: the daemon's error was said on stderr.
 * `progress` (may be NULL) is called for every progress line meanwhile; when it returns nonzero, waiting ends with 0 and
 * *result NULL.
 */
int talk_await(struct talk *talk, int (*progress)(void *arg, const json_t *value), void *arg, json_t **result);

#endif
