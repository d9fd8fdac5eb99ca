#ifndef LEDGER_WORDS_H
#define LEDGER_WORDS_H

#include <stdbool.h>

/*
 * The words that stand in the file for our enums, read back. A word that is none of them means that the file is damaged or
 * was edited by hand.
 */

/* The number whose word is `text`, among those below `count`; -1 when there is none. */
int word_find(const char *text, int count, const char *(*name)(int number));

/* Words by number, for word_find. */
const char *word_source(int number);
const char *word_state(int number);
const char *word_fate(int number);
const char *word_resolution(int number);
const char *word_status(int number);
const char *word_action(int number);
const char *word_urgency(int number);
const char *word_level(int number);
const char *word_verdict(int number);
const char *word_class(int number);
const char *word_format(int number);

#endif
