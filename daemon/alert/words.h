#ifndef ALERT_WORDS_H
#define ALERT_WORDS_H

#include <stdbool.h>

#include "flow/alert.h"
#include "flow/medium.h"

/*
 * The few words that mean one of a few things, in English and Chinese: "immediate", "立即"; "orange", "橙色预警". Each
 * returns false when the word is none of them.
 */
bool words_status(const char *text, enum alert_status *status);
bool words_action(const char *text, enum alert_action *action);
bool words_urgency(const char *text, enum urgency *urgency);
bool words_level(const char *text, enum level *level);
bool words_medium(const char *text, enum medium *medium);
bool words_yes_no(const char *text, bool *yes);

/* True for "无", "暂无", "不详": a line of a form that says there is nothing to say. */
bool words_nothing(const char *text);

/* True for "本辖区" and, as far as the code's length agrees, "全市" or "全镇": the site's own area. */
bool words_whole_area(const char *text, const char *code);

#endif
