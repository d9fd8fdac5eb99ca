#ifndef APP_STATE_H
#define APP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/alarm.h"
#include "app/app.h"
#include "app/wallclock.h"
#include "audience/set.h"
#include "base/list.h"
#include "base/map.h"
#include "channel/channel.h"
#include "config/config.h"
#include "control/control.h"
#include "flow/alert.h"
#include "flow/tally.h"
#include "ledger/append.h"
#include "plan/plan.h"
#include "roster/roster.h"
#include "serve/serve.h"
#include "spool/spool.h"
#include "text/templates.h"
#include "alert/taxonomy.h"

/*
 * What the files of this room share: one running daemon. No file outside app/ includes this. Who changes what:
 * `outlets` outlets.c; `campaigns` campaign.c; a lane's tally dispatch.c, receipts.c and campaign.c; the plan whoever
 * learns something that it must know, always followed by dispatch_kick().
 */

/* A channel as it runs here. Its index is also its number in the plan, and stays as long as the process. */
struct outlet {
	struct app *app;
	unsigned int index;
	char *name;
	struct channel
		*channel; /* NULL: it could not be opened, or was taken out; it may be closing (outlet_is_open()) */
	const struct channel_config *config; /* NULL: taken out */
	const struct channel_kind *kind;
	char *receipt_url; /* or NULL */
	char token[33]; /* the secret part of receipt_url */
	bool suspended; /* by an operator, or by itself; in the ledger */
	char *suspended_by, *suspended_why;
	int64_t suspended_ms;
	bool well; /* what the kind noted last */
	char *words;
	struct alarm playlist; /* signs: when the slogans change */
	char **slogans; /* signs: what should roll now, NULL-ended; NULL: nothing was said yet */
	uint32_t words_said; /* signs: batches that are not of the plan (signs.c) */
	uint64_t left_us, left_planned_us,
		left_pace_us; /* of its last batch: when it left, was planned, lets the next go */
	/* counters since the start, by verdict; recipients, not batches */
	uint64_t sent[4], refused_recipients, batches, receipts[4];
	uint64_t took_ms_sum, took_count;
};

struct campaign;

/* One alert's one wording on one outlet, or one reason for being excluded. */
struct lane {
	struct campaign *campaign;
	uint16_t index;
	struct outlet *outlet; /* NULL: excluded */
	enum medium medium;
	char *audience, *language;
	struct message *message; /* NULL: excluded */
	struct set *set; /* NULL: the outlet itself is the one recipient */
	struct places *places; /* of `set`, made at the first receipt where it pays; or NULL */
	bool placed; /* it was looked whether it pays */
	struct tally tally;
	struct plan_lane *plan; /* NULL: excluded, or not begun, or over */
	bool ended; /* nothing of it will be sent any more */
	bool shown_order; /* signs: the board was told to show it */
	uint32_t cut, number; /* after a restart: where to go on */
	int64_t first_ms, last_ms; /* wall time of the first and last send */
	int64_t awaited_ms; /* since when receipts are waited for: last_ms, moved along when the clock is set */
	int64_t held_ms; /* after a restart: when the provider refused the text itself; 0: it did not, or was overruled */
};

/* Open alerts are found by their number for every receipt and outcome. Numbers count up, so their low bits spread well. */
enum { CAMPAIGN_BUCKETS = 256 };

/* An alert that is not closed. */
struct campaign {
	struct link in_app;
	struct campaign *next_found; /* of the same bucket */
	struct app *app;
	uint32_t number;
	char *id, *sender, *title, *fraud_type, *schedule;
	enum alert_status status;
	enum urgency urgency;
	enum level level;
	bool quiet;
	int64_t issued_ms, accepted_ms, from_ms, until_ms;
	int64_t moved_ms; /* by how much the clock was set since it began: durations are counted from accepted_ms + this */
	int64_t patience_ms; /* until then what is in doubt keeps it open; 0: until_ms has not passed */
	enum ledger_fate fate;
	struct lane *lanes;
	uint16_t lane_count;
	struct alarm alarm;
	bool begun; /* its lanes are in the plan */
	bool expired; /* `until` has passed */
	bool closing; /* the ledger is being told that it is over */
	bool recorded; /* its acceptance is durable */
	uint64_t accepted_mono_us; /* for the latency figure */
	unsigned int flights;
	int64_t last_accept_ms;
	struct deferred review;
};

struct app {
	struct loop *loop;
	struct config *config;
	struct config *old_config; /* while channels of it are still closing */
	const struct app_options *options;
	struct taxonomy *taxonomy;
	struct templates *templates;
	struct roster *roster;
	struct ledger *ledger;
	struct plan *plan;
	struct http *http;
	struct serve *serve;
	struct spool *spool;
	struct control *control;
	struct alarms alarms;
	struct wallclock wallclock;
	struct channel_host channel_host;

	struct outlet **outlets;
	unsigned int outlet_count;
	unsigned int opening; /* outlets that are being closed to be opened again */

	struct list campaigns; /* by number */
	struct campaign *campaign_found[CAMPAIGN_BUCKETS];
	struct map by_provider; /* "<outlet>/<provider id>" → alert and lane, while it is open */

	struct timer pump; /* when the plan wants to be asked again */
	struct deferred pump_now;
	struct list flights; /* struct flight, dispatch.c */
	struct dispatch *dispatch; /* dispatch.c */
	struct caps *caps; /* caps.c */
	unsigned int flight_count;

	bool stopped; /* the red switch */
	char *stopped_by;
	int64_t stopped_ms;
	struct alarm quiet_edge;
	struct reminder *reminders;
	size_t reminder_count;
	bool quiet_now;
	bool holding; /* intake is paused */

	char *site_token;
	struct list waiting_submits; /* control calls that wait for a file's verdict, desk.c */
	struct list desk; /* files whose verdict is not durable yet, desk.c */
	struct list acceptances; /* that the ledger has not confirmed yet, intake.c */
	struct list order_answers; /* to operators whose order is not durable yet, order_answer.c */
	struct import_job *import; /* or NULL; while it runs the taxonomy does not change */
	struct alarm daily, lists; /* app.c */

	bool ready, closing, abandoned, draining;
	unsigned int phase; /* of closing */
	bool ledger_over; /* nothing more may be written down */
	uint64_t deadline_ms;
	void (*closed)(void *arg);
	void *closed_arg;
	unsigned int open_parts; /* rooms not closed yet */
	struct timer patience;
	uint64_t started_mono_ms;
	int64_t started_wall_ms;

	uint64_t receipts_written, receipts_durable; /* an answer to a provider waits until these are even again */
	struct list owed_answers, spare_answers; /* listen.c */
	uint64_t opt_outs_undurable; /* replies whose opt-out the store did not take at once; never falls */
	struct timer opt_outs_again; /* receipts.c */

	/* counters, for metrics */
	uint64_t files_accepted, files_refused, files_duplicate, opt_out_replies;
	uint64_t first_text_us_last;
};

#endif
