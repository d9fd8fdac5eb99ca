#ifndef APP_OUTLETS_H
#define APP_OUTLETS_H

#include "app/state.h"

/* Channels as the app runs them: opened from the configuration, suspended and resumed, opened again after a reload. */

/* Makes an outlet for every configured channel and enters it in the plan; opens none. */
void outlets_make(struct app *app);

/* Opens them all. False, with problems, when one cannot be opened at all. */
bool outlets_open(struct app *app, struct problems *problems);

/* app->config is new: limits change at once, every channel is closed and opened again; new ones open, missing ones end. */
void outlets_reload(struct app *app);

/* Begins to close all; each tells app_part_closed(). Returns how many there are to wait for. */
unsigned int outlets_close(struct app *app, uint64_t deadline_ms);
void outlets_free(struct app *app);

struct outlet *outlet_find(struct app *app, const char *name);

/* By an operator, or by "crier" itself; durable. Suspending twice keeps the first reason. */
void outlet_suspend(struct outlet *outlet, bool suspended, const char *by, const char *why);

/* True when it can be given something now: it is open, and not closing. */
bool outlet_is_open(const struct outlet *outlet);

/* Tells the plan whether anything may go there now. */
void outlet_update_plan(struct outlet *outlet);

/* True when an accepted recipient gets a receipt here. */
bool outlet_receipted(const struct outlet *outlet);

/* Why nothing goes there although nobody suspended it: signature pending, taken out, being opened; NULL: it works. */
const char *outlet_obstacle(const struct outlet *outlet);

/* False while nothing goes there: suspended, failing again and again, or told to wait for long. */
bool outlet_sending(const struct outlet *outlet);

/* The shape of the kinds that room config asks for. */
const struct config_kind *outlets_kinds(void);

#endif
