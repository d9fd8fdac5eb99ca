#ifndef APP_PARTS_H
#define APP_PARTS_H

struct app;

/* One room more has closed; the last one ends the app (app.c). */
void app_part_closed(struct app *app);

/* The last batch was settled while the app is closing (app.c). */
void app_flights_over(struct app *app);

/* The wall clock was set: what is done once a day counts from now (app.c). */
void app_clock_set(struct app *app);

/*
 * Makes the view of residents again when it is not what the store would give today, because a list has ended or an import
 * could not leave its view. Done by itself when a day begins (app.c).
 */
void app_look_at_lists(struct app *app);

#endif
