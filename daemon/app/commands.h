#ifndef APP_COMMANDS_H
#define APP_COMMANDS_H

#include "app/order_answer.h"
#include "app/state.h"

/* What operators can ask and order. One table; each file below holds the commands of one noun. Ends in CONTROL_END. */
extern const struct control_command commands[];

/* order_*.c: each answers its call. */
void order_status(void *arg, struct control_call *call, const json_t *args);
void order_reload(void *arg, struct control_call *call, const json_t *args);
void order_stop(void *arg, struct control_call *call, const json_t *args);
void order_start(void *arg, struct control_call *call, const json_t *args);

void order_submit(void *arg, struct control_call *call, const json_t *args);
void order_preview(void *arg, struct control_call *call, const json_t *args);
void order_alert_list(void *arg, struct control_call *call, const json_t *args);
void order_alert_show(void *arg, struct control_call *call, const json_t *args);
void order_alert_cancel(void *arg, struct control_call *call, const json_t *args);
void order_report(void *arg, struct control_call *call, const json_t *args);

void order_queue_list(void *arg, struct control_call *call, const json_t *args);
void order_queue_release(void *arg, struct control_call *call, const json_t *args);
void order_channel_list(void *arg, struct control_call *call, const json_t *args);
void order_channel_suspend(void *arg, struct control_call *call, const json_t *args);
void order_channel_resume(void *arg, struct control_call *call, const json_t *args);
void order_sign_list(void *arg, struct control_call *call, const json_t *args);

void order_unknown_list(void *arg, struct control_call *call, const json_t *args);
void order_unknown_resend(void *arg, struct control_call *call, const json_t *args);
void order_unknown_drop(void *arg, struct control_call *call, const json_t *args);

void order_roster_import(void *arg, struct control_call *call, const json_t *args);
void order_roster_lists(void *arg, struct control_call *call, const json_t *args);
void order_roster_stats(void *arg, struct control_call *call, const json_t *args);
void order_roster_find(void *arg, struct control_call *call, const json_t *args);
void order_optout_add(void *arg, struct control_call *call, const json_t *args);
void order_optout_remove(void *arg, struct control_call *call, const json_t *args);
void order_optout_list(void *arg, struct control_call *call, const json_t *args);

void order_schedule_list(void *arg, struct control_call *call, const json_t *args);
void order_schedule_next(void *arg, struct control_call *call, const json_t *args);
void order_schedule_run(void *arg, struct control_call *call, const json_t *args);

void order_audit_list(void *arg, struct control_call *call, const json_t *args);
void order_audit_verify(void *arg, struct control_call *call, const json_t *args);

/* Work in other threads: a list that ended makes a new snapshot; the end of the app stops an import. */
void commands_rebuild_roster(struct app *app);
void commands_cancel_work(struct app *app);

#endif
