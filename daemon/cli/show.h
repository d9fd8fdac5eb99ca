#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include <jansson.h>

/* The daemon's answers in words for people, on stdout. One function for each kind of answer. */
void show_status(const json_t *result);
void show_preview(const json_t *result);
void show_alerts(const json_t *result);
void show_alert(const json_t *result);
void show_cancel(const json_t *result);
void show_report(const json_t *result);
void show_report_csv(const json_t *result);
void show_queue(const json_t *result);
void show_released(const json_t *result);
void show_channels(const json_t *result);
void show_channel(const json_t *result);
void show_signs(const json_t *result);
void show_unknown(const json_t *result);
void show_resolved(const json_t *result);
void show_import(const json_t *result);
void show_lists(const json_t *result);
void show_stats(const json_t *result);
void show_person(const json_t *result);
void show_optout(const json_t *result);
void show_optouts(const json_t *result);
void show_schedules(const json_t *result);
void show_next(const json_t *result);
void show_ran(const json_t *result);
void show_audit(const json_t *result);
void show_audited(const json_t *result);
void show_switch(const json_t *result);
void show_reloaded(const json_t *result);
void show_submitted(const char *file, const json_t *result);

/* Warnings that came with a result, on stderr. */
void show_problems(const json_t *result);

/* Says, beside the answer, when the list `key` is as long as it may be, and so may lack the rest; and what to do then. */
void show_cut(const json_t *result, const char *key, const char *remedy);

/* "全部"… : the word of a recipient's state, of a crowd, of an urgency; the English itself where it has none. */
const char *show_word(const char *english);

#endif
