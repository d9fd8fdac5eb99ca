#ifndef SCENARIO_ASKING_H
#define SCENARIO_ASKING_H

#include "stage.h"

/*
 * An order whose answer is not waited for at once, as stage_ask() does: an operator who may go on waiting while something
 * happens, or be left without an answer. A file may go with it.
 */
struct asking;

/* `fd`: goes along; -1: none. */
struct asking *asking_begin(struct stage *stage, const char *command, json_t *args, int fd);

/* Whether it was answered by now, or has been told to go on ("ready"). */
bool asking_over(void *asking);
bool asking_ready(void *asking);

/* What came so far, as it came; good until asking_end(). */
const char *asking_words(const struct asking *asking);

/* Gives it up or takes its answer: the result, to be given back, or NULL and *exit: 0 without an answer. Frees it. */
json_t *asking_end(struct asking **asking, int *exit);

#endif
