#include "app/figures.h"

#include <stdio.h>
#include <unistd.h>

#include "app/campaign.h"
#include "app/dispatch.h"
#include "app/intake.h"
#include "base/clock.h"

enum figure {
	UP_SECONDS,
	READY,
	STOPPED,
	FILES,
	ALERTS_OPEN,
	RECIPIENTS,
	SENT,
	REFUSED,
	BATCHES,
	RECEIPTS,
	IN_FLIGHT,
	WINDOW,
	CHANNEL_UP,
	CHANNEL_SUSPENDED,
	CHANNEL_WAITING,
	CHANNEL_WAIT,
	ANSWER_SECONDS,
	ANSWERS,
	LEDGER_HEALTHY,
	LEDGER_COMMITS,
	LEDGER_LATENCY,
	LEDGER_BACKLOG,
	LEDGER_BYTES,
	ROSTER_PEOPLE,
	ROSTER_OPTOUTS,
	FIRST_TEXT,
	MEMORY,
	QUIET,
};

const struct metric figures[] = {
	[UP_SECONDS] = {"uptime_seconds", METRIC_GAUGE, "Seconds since the daemon started.", {NULL}},
	[READY] = {"ready", METRIC_GAUGE, "1 after replay and the first scan of the folder.", {NULL}},
	[STOPPED] = {"stopped", METRIC_GAUGE, "1 while the red switch stops all sending.", {NULL}},
	[FILES] = {"files_total", METRIC_COUNTER, "Files judged, by verdict.", {"verdict"}},
	[ALERTS_OPEN] = {"alerts_open", METRIC_GAUGE, "Alerts that are not closed.", {NULL}},
	[RECIPIENTS] = {"recipients", METRIC_GAUGE, "Recipients of open alerts by crowd and state.",
		{"crowd", "state"}},
	[SENT] = {"sent_recipients_total", METRIC_COUNTER, "Recipients whose send ended, by verdict.",
		{"channel", "verdict"}},
	[REFUSED] = {"refused_recipients_total", METRIC_COUNTER, "Recipients refused inside an accepted batch.",
		{"channel"}},
	[BATCHES] = {"batches_total", METRIC_COUNTER, "Batches handed to a channel.", {"channel"}},
	[RECEIPTS] = {"receipts_total", METRIC_COUNTER, "Receipts that came, by kind.", {"channel", "kind"}},
	[IN_FLIGHT] = {"batches_in_flight", METRIC_GAUGE, "Batches sent and not answered.", {"channel"}},
	[WINDOW] = {"channel_window", METRIC_GAUGE, "Batches that may be in flight at present.", {"channel"}},
	[CHANNEL_UP] = {"channel_up", METRIC_GAUGE, "1 when the peer was well when last heard of.", {"channel"}},
	[CHANNEL_SUSPENDED] = {"channel_suspended", METRIC_GAUGE, "1 while nothing new goes there.", {"channel"}},
	[CHANNEL_WAITING] = {"channel_waiting_units", METRIC_GAUGE, "Billed units that still wait for their turn.",
		{"channel"}},
	[CHANNEL_WAIT] = {"channel_wait_seconds", METRIC_GAUGE,
		"Until it may send again: rate, throttling or back-off.", {"channel"}},
	[ANSWER_SECONDS] = {"answer_seconds_total", METRIC_COUNTER, "Time that peers took to answer, summed.",
		{"channel"}},
	[ANSWERS] = {"answers_total", METRIC_COUNTER, "Answers in answer_seconds_total.", {"channel"}},
	[LEDGER_HEALTHY] = {"ledger_healthy", METRIC_GAUGE, "1 when facts can be recorded.", {NULL}},
	[LEDGER_COMMITS] = {"ledger_commits_total", METRIC_COUNTER, "Durable group commits.", {NULL}},
	[LEDGER_LATENCY] = {"ledger_latency_seconds", METRIC_GAUGE,
		"From append to durable, oldest record of the last group.", {NULL}},
	[LEDGER_BACKLOG] = {"ledger_backlog_bytes", METRIC_GAUGE, "Appended and not yet durable.", {NULL}},
	[LEDGER_BYTES] = {"ledger_bytes", METRIC_GAUGE, "Size of the ledger on disk.", {NULL}},
	[ROSTER_PEOPLE] = {"roster_people", METRIC_GAUGE, "Residents known, gone ones included.", {NULL}},
	[ROSTER_OPTOUTS] = {"roster_opted_out", METRIC_GAUGE, "Residents who asked not to be texted.", {NULL}},
	[FIRST_TEXT] = {"first_text_seconds", METRIC_GAUGE,
		"From acceptance to the first byte at a gateway, last alert.", {NULL}},
	[MEMORY] = {"resident_memory_bytes", METRIC_GAUGE, "Memory of the process, mapped files included.", {NULL}},
	[QUIET] = {"quiet_hours", METRIC_GAUGE, "1 during quiet hours.", {NULL}},
	METRIC_END,
};

static void one(struct buf *out, enum figure figure, double value)
{
	metric_begin(out, &figures[figure]);
	metric_sample(out, &figures[figure], NULL, value);
}

static void render_files(const struct app *app, struct buf *out)
{
	metric_begin(out, &figures[FILES]);
	metric_sample(out, &figures[FILES], (const char *const[]){"accepted"}, (double)app->files_accepted);
	metric_sample(out, &figures[FILES], (const char *const[]){"duplicate"}, (double)app->files_duplicate);
	metric_sample(out, &figures[FILES], (const char *const[]){"refused"}, (double)app->files_refused);
}

static void render_recipients(const struct app *app, struct buf *out)
{
	unsigned int open = 0;
	uint64_t counts[CROWD_COUNT][STATE_COUNT] = {{0}};

	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link)) {
		const struct campaign *campaign = list_object(link, struct campaign, in_app);
		open++;
		for (int crowd = 0; crowd < CROWD_COUNT; crowd++)
			for (int state = 0; state < STATE_COUNT; state++)
				counts[crowd][state] += campaign_count(campaign, (enum crowd)crowd, (enum state)state);
	}
	one(out, ALERTS_OPEN, open);
	metric_begin(out, &figures[RECIPIENTS]);
	for (int crowd = 0; crowd < CROWD_COUNT; crowd++)
		for (int state = 0; state < STATE_COUNT; state++)
			metric_sample(out, &figures[RECIPIENTS],
				(const char *const[]){crowd_name((enum crowd)crowd), state_name((enum state)state)},
				(double)counts[crowd][state]);
}

/* What one outlet says to one figure; several samples for those with a second label. */
static void sample_outlet(const struct outlet *outlet, const struct plan_channel_view *view, enum figure figure,
	struct buf *out)
{
	const struct metric *metric = &figures[figure];
	const char *name[] = {outlet->name, NULL};

	switch (figure) {
	case SENT:
		for (int verdict = VERDICT_ACCEPTED; verdict <= VERDICT_UNKNOWN; verdict++) {
			name[1] = verdict_name((enum verdict)verdict);
			metric_sample(out, metric, name, (double)outlet->sent[verdict]);
		}
		break;
	case RECEIPTS:
		for (int kind = RECEIPT_DELIVERED; kind <= RECEIPT_SHOWN; kind++) {
			name[1] = receipt_kind_name((enum receipt_kind)kind);
			metric_sample(out, metric, name, (double)outlet->receipts[kind]);
		}
		break;
	case REFUSED:
		metric_sample(out, metric, name, (double)outlet->refused_recipients);
		break;
	case BATCHES:
		metric_sample(out, metric, name, (double)outlet->batches);
		break;
	case IN_FLIGHT:
		metric_sample(out, metric, name, view->in_flight);
		break;
	case WINDOW:
		metric_sample(out, metric, name, view->window);
		break;
	case CHANNEL_UP:
		metric_sample(out, metric, name, outlet->well);
		break;
	case CHANNEL_SUSPENDED:
		metric_sample(out, metric, name, view->suspended);
		break;
	case CHANNEL_WAITING:
		metric_sample(out, metric, name, (double)view->waiting);
		break;
	case CHANNEL_WAIT:
		metric_sample(out, metric, name, (double)view->wait_ms / 1000);
		break;
	case ANSWER_SECONDS:
		metric_sample(out, metric, name, (double)outlet->took_ms_sum / 1000);
		break;
	case ANSWERS:
		metric_sample(out, metric, name, (double)outlet->took_count);
		break;
	default:
		break;
	}
}

static void render_outlets(const struct app *app, struct buf *out)
{
	for (int figure = SENT; figure <= ANSWERS; figure++) {
		metric_begin(out, &figures[figure]);
		for (unsigned int i = 0; i < app->outlet_count; i++) {
			struct plan_channel_view view;
			plan_channel_look(app->plan, i, clock_mono_ms(), &view);
			sample_outlet(app->outlets[i], &view, (enum figure)figure, out);
		}
	}
}

static void render_ledger(const struct app *app, struct buf *out)
{
	struct ledger_stats stats;

	ledger_stats(app->ledger, &stats);
	one(out, LEDGER_HEALTHY, ledger_healthy(app->ledger, NULL));
	one(out, LEDGER_COMMITS, (double)stats.commits);
	one(out, LEDGER_LATENCY, (double)stats.latency_last_us / 1e6);
	one(out, LEDGER_BACKLOG, (double)ledger_backlog(app->ledger));
	one(out, LEDGER_BYTES, (double)(stats.db_bytes + stats.wal_bytes));
}

static double resident_bytes(void)
{
	unsigned long size = 0, resident = 0;
	FILE *statm = fopen("/proc/self/statm", "re");

	if (statm == NULL)
		return 0;
	if (fscanf(statm, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(statm);
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

void figures_render(struct app *app, struct buf *out)
{
	one(out, UP_SECONDS, (double)(clock_mono_ms() - app->started_mono_ms) / 1000);
	one(out, READY, app->ready);
	one(out, STOPPED, app->stopped);
	render_files(app, out);
	render_recipients(app, out);
	render_outlets(app, out);
	render_ledger(app, out);
	one(out, ROSTER_PEOPLE, people_top(roster_people(app->roster)));
	one(out, ROSTER_OPTOUTS, set_count(roster_optouts(app->roster)));
	one(out, FIRST_TEXT, (double)app->first_text_us_last / 1e6);
	one(out, MEMORY, resident_bytes());
	one(out, QUIET, app->quiet_now);
}
