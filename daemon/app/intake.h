#ifndef APP_INTAKE_H
#define APP_INTAKE_H

#include "app/draft.h"
#include "app/state.h"

/*
 * From a document to a campaign, or to the reasons why not: reads, decides what it does to earlier alerts, drafts every
 * text, and writes the whole into the ledger at once.
 */
struct judgement {
	bool refused;
	bool duplicate;
	bool deferred; /* not urgent, and as many alerts as intake.open_alerts allows are being sent: not judged yet */
	bool unread; /* the ledger cannot be read now: not judged yet */
	bool stored; /* accepted, and nothing will be sent */
	uint32_t number; /* 0 when refused or a duplicate */
	char *id; /* NULL when it could not be read */
	struct campaign *campaign; /* what it became, or NULL */
	struct problems problems;
};

/* Where a document comes from. */
struct intake_origin {
	const char *name; /* the officer's file; its ending chooses the form. NULL for made alerts */
	const void *bytes;
	size_t size;
	int64_t at_ms; /* wall, when it arrived: the day of an id that was not written, so that judging the same file
			  again after a crash finds the same id */
	enum ledger_source source;
	const char *who; /* or NULL */
	const char *schedule; /* LEDGER_SCHEDULE: its name, and which of its times */
	int64_t occurrence_ms;
};

/*
 * Judges one document. `durable` (may be NULL) comes on a later turn, when the verdict may be told to whoever brought it:
 * for an acceptance when it is on disk; not at all for one deferred or unread. Fini the judgement at once: what must outlive the call is copied.
 */
void intake_judge(struct app *app, const struct intake_origin *origin, struct judgement *judgement,
	ledger_durable *durable, void *arg);
void judgement_fini(struct judgement *judgement);

/* The earlier alerts that would end if this one were accepted now, for a preview; free the marks. */
struct replaced intake_replaces(struct app *app, const struct alert *alert);

/*
 * True while the ledger has not confirmed an acceptance that withdraws earlier alerts or leaves a word for some to come. The
 * questions of a judgement are answered by what is durable: nothing is judged meanwhile, or a cancelled alert that came
 * right behind its cancel would be sent.
 */
bool intake_settling(const struct app *app);

/* It is over: what came to the desk meanwhile is judged. */
void desk_go_on(struct app *app);

/* Accepts an alert that crier made itself, such as a reminder; takes over the draft's lanes. */
struct campaign *intake_accept_made(struct app *app, const struct intake_origin *origin, const struct alert *alert,
	struct draft *draft);

/* The spool's callbacks. */
extern const struct spool_events intake_events;

/* Holds or releases the folder, as open alerts and the ledger allow. */
void intake_pressure(struct app *app);

/* Alerts that are being sent: one slow or dead channel, a doubt, the morning, or a receipt hold nobody up. */
unsigned int intake_open_alerts(const struct app *app);

/* True, with the reason, when nothing new is taken now. */
bool intake_closed(const struct app *app, const char **why);

/* An operator waits for the verdict on the file that will appear in new/ under this name. */
void intake_wait(struct app *app, struct control_call *call, const char *name);

/* Answers "later": what is so, and why. Both are marked texts: both languages must say it. */
void intake_refuse(struct control_call *call, const char *what, const char *why);

/* Tells those who wait that the end has come. */
void intake_fini(struct app *app);

/* Forgets what the ledger will never confirm, when the app is freed. */
void intake_drop(struct app *app);
void desk_drop(struct app *app);

/* How long, in ms from now, an alert's texts of this crowd wait for its beginning or for the end of quiet hours. */
uint64_t intake_delay_ms(const struct app *app, enum crowd crowd, bool quiet, int64_t from_ms);

/* When the first and the last of a campaign's texts will leave, in ms from now, by crowd; for people. */
json_t *intake_forecast(const struct campaign *campaign);

#endif
