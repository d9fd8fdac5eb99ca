/* The spool's side of intake: files come, verdicts go back to the folder and to whoever waits for them. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/campaign.h"
#include "app/dispatch.h"
#include "app/intake.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "calendar/window.h"
#include "spool/name.h"

/* An operator who handed a file over and waits. */
struct waiter {
	struct link in_app;
	struct control_call *call;
	char *name;
};

/* A file between its verdict and the verdict's being durable. */
struct desk_file {
	struct link in_app;
	struct app *app;
	struct spool_file *file;
	char *name;
	char *id;
	uint32_t number;
	bool judged;
	bool refused, duplicate, stored;
	struct problems problems;
};

static const char must_wait[] = N_(
	"the verdict has to wait; the file stays in the folder and is taken by itself when this is over");

static void waiter_free(struct waiter *waiter)
{
	list_remove(&waiter->in_app);
	free(waiter->name);
	free(waiter);
}

/* Who went away before the file came is not waited for any more. */
static void forget_unwanted(struct app *app)
{
	struct link *next;

	for (struct link *link = list_first(&app->waiting_submits); link != NULL; link = next) {
		struct waiter *waiter = list_object(link, struct waiter, in_app);
		next = list_next(&app->waiting_submits, link);
		if (control_wanted(waiter->call))
			continue;
		control_error(waiter->call, CONTROL_LATER,
			N_("crierd is stopping; the file stays in the folder and is taken at its next start"));
		waiter_free(waiter);
	}
}

void intake_refuse(struct control_call *call, const char *what, const char *why)
{
	struct problems problems;

	problems_init(&problems);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
	problem_remedy(problem_add(&problems, PROBLEM_ERROR, NULL, NULL, what), why);
#pragma GCC diagnostic pop
	control_refuse(call, CONTROL_LATER, &problems);
	problems_fini(&problems);
}

static bool on_desk(const struct app *app, const char *name)
{
	for (struct link *link = list_first(&app->desk); link != NULL; link = list_next(&app->desk, link))
		if (strcmp(list_object(link, struct desk_file, in_app)->name, name) == 0)
			return true;
	return false;
}

/* Whoever waits for a verdict that will not come soon is told so: of a file not judged yet, or not to be recorded. */
static void tell_held(struct app *app, const char *why)
{
	bool failing = ledger_health(app->ledger, NULL, NULL) == LEDGER_FAILING;
	struct link *next;

	for (struct link *link = list_first(&app->waiting_submits); link != NULL; link = next) {
		struct waiter *waiter = list_object(link, struct waiter, in_app);
		next = list_next(&app->waiting_submits, link);
		if (!failing && on_desk(app, waiter->name))
			continue;
		intake_refuse(waiter->call, must_wait, why);
		waiter_free(waiter);
	}
}

void intake_wait(struct app *app, struct control_call *call, const char *name)
{
	forget_unwanted(app);
	struct waiter *waiter = mem_zalloc(sizeof(*waiter));

	waiter->call = call;
	waiter->name = name_safe(name); /* as the folder will call it */
	list_push_back(&app->waiting_submits, &waiter->in_app);
	control_progress(call, json_pack("{s:b}", "ready", 1));
}

static struct control_call *take_waiter(struct app *app, const char *name)
{
	for (struct link *link = list_first(&app->waiting_submits); link != NULL;
		link = list_next(&app->waiting_submits, link)) {
		struct waiter *waiter = list_object(link, struct waiter, in_app);
		if (strcmp(waiter->name, name) != 0)
			continue;
		struct control_call *call = waiter->call;
		waiter_free(waiter);
		return call;
	}
	return NULL;
}

void intake_fini(struct app *app)
{
	struct link *link;

	while ((link = list_first(&app->waiting_submits)) != NULL) {
		struct waiter *waiter = list_object(link, struct waiter, in_app);
		control_error(waiter->call, CONTROL_LATER,
			N_("crierd is stopping; the file stays in the folder and is taken at its next start"));
		waiter_free(waiter);
	}
}

uint64_t intake_delay_ms(const struct app *app, enum crowd crowd, bool quiet, int64_t from_ms)
{
	struct window_of_day hours = {app->config->quiet.from, app->config->quiet.until};
	int64_t now_ms = clock_wall_ms(), begin = from_ms > now_ms ? from_ms : now_ms;

	if (quiet && crowd != CROWD_SIGNS && window_of_day_open(hours, begin)) {
		int64_t end = window_of_day_edge(hours, begin);
		begin = end > begin ? end : begin;
	}
	return (uint64_t)(begin - now_ms);
}

static void add_lane_forecast(const struct lane *lane, uint64_t *first, uint64_t *last)
{
	uint64_t lane_first, lane_last;

	plan_estimate(lane->campaign->app->plan, lane->outlet->index, lane->campaign->urgency, clock_mono_ms(), 0,
		&lane_first, &lane_last);
	if (lane_first < *first)
		*first = lane_first;
	if (lane_last > *last)
		*last = lane_last;
}

json_t *intake_forecast(const struct campaign *campaign)
{
	json_t *list = json_object();

	for (int crowd = 0; crowd < CROWD_COUNT; crowd++) {
		uint64_t wait = intake_delay_ms(campaign->app, (enum crowd)crowd, campaign->quiet, campaign->from_ms);
		uint64_t first = UINT64_MAX, last = 0;
		uint32_t recipients = 0, excluded = 0;
		for (uint16_t i = 0; i < campaign->lane_count; i++) {
			const struct lane *lane = &campaign->lanes[i];
			if (medium_crowd(lane->medium) != (enum crowd)crowd)
				continue;
			if (lane->outlet == NULL) {
				excluded += lane->tally.size;
				continue;
			}
			recipients += lane->tally.size;
			add_lane_forecast(lane, &first, &last);
		}
		json_object_set_new(list, crowd_name((enum crowd)crowd),
			json_pack("{s:i, s:i, s:I, s:I}", "recipients", (int)recipients, "excluded", (int)excluded,
				"first_ms", (json_int_t)(recipients > 0 ? first + wait : 0), "last_ms",
				(json_int_t)(recipients > 0 ? last + wait : 0)));
	}
	return list;
}

static void answer(struct desk_file *desk, struct control_call *call)
{
	if (desk->refused) {
		control_refuse(call, CONTROL_REFUSED, &desk->problems);
		return;
	}
	json_t *result = json_pack("{s:s*, s:b, s:b, s:o}", "id", desk->id, "duplicate", desk->duplicate, "stored",
		desk->stored, "problems", control_problems(&desk->problems));
	const struct campaign *campaign = campaign_find(desk->app, desk->number);
	if (campaign != NULL) {
		json_object_set_new(result, "forecast", intake_forecast(campaign));
		json_object_set_new(result, "from_ms", json_integer(campaign->from_ms));
		json_object_set_new(result, "until_ms", json_integer(campaign->until_ms));
		json_object_set_new(result, "quiet_now", json_boolean(desk->app->quiet_now && campaign->quiet));
	}
	control_result(call, result);
}

static void free_desk_file(struct desk_file *desk)
{
	list_remove(&desk->in_app);
	free(desk->name);
	free(desk->id);
	problems_fini(&desk->problems);
	free(desk);
}

void desk_drop(struct app *app)
{
	struct link *link;

	while ((link = list_first(&app->desk)) != NULL)
		free_desk_file(list_object(link, struct desk_file, in_app));
}

/* The verdict goes to whoever waits for it, and the file where it belongs. */
static void tell_verdict(struct desk_file *desk)
{
	struct app *app = desk->app;
	struct control_call *call = take_waiter(app, desk->name);

	if (call != NULL)
		answer(desk, call);
	if (!desk->refused) {
		spool_done(app->spool, desk->file, &desk->problems);
		return;
	}
	log_event(LOG_WARNING, "refused", "file=%s reason=%s", log_quote(desk->name),
		log_quote(desk->problems.count > 0 ? desk->problems.list[0].reason[LANG_EN] : ""));
	spool_failed(app->spool, desk->file, &desk->problems);
}

static void on_verdict_durable(void *arg, enum result result)
{
	struct desk_file *desk = arg;

	/* Not written, or the folder is closed: the file stays in work/ and is judged again at the next start. */
	if (result == RESULT_OK && desk->app->spool != NULL)
		tell_verdict(desk);
	free_desk_file(desk);
}

/* When the file was claimed: its name in work/ says so, before and after a crash alike. */
static int64_t claimed_at(const struct spool_file *file)
{
	struct tm tm = {0};

	if (strptime(file->work_name, "%Y%m%dT%H%M%SZ", &tm) == NULL)
		return clock_wall_ms();
	return (int64_t)timegm(&tm) * 1000;
}

/* "0123456789abcdef-alert.cfg", as `crier submit` names a file to keep it apart from others, is the officer's alert.cfg. */
static const char *officers_name(const char *name)
{
	enum { PREFIX = 16 };

	return strspn(name, "0123456789abcdef") == PREFIX && name[PREFIX] == '-' && name[PREFIX + 1] != '\0'
		? name + PREFIX + 1
		: name;
}

/* The file goes back into the folder, where it is looked at again with every scan. */
static void leave_for_later(struct desk_file *desk, const char *why)
{
	struct control_call *call = take_waiter(desk->app, desk->name);

	if (call != NULL)
		intake_refuse(call, must_wait, why);
	spool_later(desk->app->spool, desk->file);
	free_desk_file(desk);
}

static void judge(struct desk_file *desk)
{
	struct app *app = desk->app;
	const struct spool_file *file = desk->file;
	struct judgement judgement;

	desk->judged = true;
	intake_judge(app,
		&(struct intake_origin){.name = officers_name(file->name),
			.bytes = file->bytes,
			.size = file->size,
			.at_ms = claimed_at(file),
			.source = LEDGER_SPOOL},
		&judgement, on_verdict_durable, desk);
	desk->id = mem_strdup(judgement.id);
	desk->number = judgement.number;
	desk->refused = judgement.refused;
	desk->duplicate = judgement.duplicate;
	desk->stored = judgement.stored;
	problems_move(&desk->problems, &judgement.problems);
	judgement_fini(&judgement);
	if (judgement.deferred)
		leave_for_later(desk, N_("as many alerts as intake.open_alerts allows are being sent"));
	else if (judgement.unread)
		leave_for_later(desk, N_("the ledger cannot be read"));
}

void desk_go_on(struct app *app)
{
	struct link *next;

	for (struct link *link = list_first(&app->desk); link != NULL && app->spool != NULL; link = next) {
		struct desk_file *desk = list_object(link, struct desk_file, in_app);
		next = list_next(&app->desk, link);
		if (intake_settling(app))
			return;
		if (!desk->judged)
			judge(desk);
	}
}

static void on_taken(void *arg, struct spool_file *file)
{
	struct app *app = arg;
	struct desk_file *desk = mem_zalloc(sizeof(*desk));

	desk->app = app;
	list_push_back(&app->desk, &desk->in_app);
	desk->file = file;
	desk->name = mem_strdup(file->name);
	problems_init(&desk->problems);
	if (!intake_settling(app))
		judge(desk);
}

static void on_refused(void *arg, const char *name, const struct problems *problems)
{
	struct app *app = arg;

	app->files_refused++;
	struct control_call *call = take_waiter(app, name);
	if (call != NULL)
		control_refuse(call, CONTROL_REFUSED, problems);
	log_event(LOG_WARNING, "refused", "file=%s reason=%s", log_quote(name),
		log_quote(problems->count > 0 ? problems->list[0].reason[LANG_EN] : ""));
}

static void on_scanned(void *arg)
{
	struct app *app = arg;

	if (app->ready)
		return;
	app->ready = true;
	log_event(LOG_NOTICE, "ready", "open=%u", intake_open_alerts(app));
	dispatch_kick(app);
	if (app->options->ready != NULL)
		app->options->ready(app->options->arg);
}

static void on_delayed(void *arg, const char *name, int error)
{
	struct control_call *call = take_waiter(arg, name);
	struct problems problems;

	if (call == NULL)
		return;
	problems_init(&problems);
	problem_remedy(problem_cause(problem_add(&problems, PROBLEM_ERROR, NULL, NULL, must_wait), error),
		N_("the disk of the folder does not do its work; look at its room and at the system's log"));
	control_refuse(call, CONTROL_LATER, &problems);
	problems_fini(&problems);
}

const struct spool_events intake_events = {.taken = on_taken,
	.refused = on_refused,
	.delayed = on_delayed,
	.scanned = on_scanned};

unsigned int intake_open_alerts(const struct app *app)
{
	unsigned int count = 0;

	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link))
		count += campaign_sending(list_object(link, struct campaign, in_app));
	return count;
}

bool intake_closed(const struct app *app, const char **why)
{
	const char *reason = NULL;

	if (app->closing)
		*why = N_("crierd is stopping");
	else if (!wallclock_believed(app, why))
		return true;
	else if (!ledger_healthy(app->ledger, &reason))
		*why = reason != NULL ? reason : N_("the ledger cannot be written");
	else if (intake_open_alerts(app) >= 2 * (unsigned int)app->config->intake.open_alerts)
		*why = N_("twice as many alerts as intake.open_alerts allows are still being sent; the folder waits");
	else
		return false;
	return true;
}

void intake_pressure(struct app *app)
{
	const char *why = NULL;
	bool hold = intake_closed(app, &why);

	if (hold && !app->closing)
		tell_held(app, why);
	if (hold == app->holding || app->spool == NULL)
		return;
	app->holding = hold;
	log_event(LOG_WARNING, hold ? "intake-held" : "intake-open", "why=%s", log_quote(hold ? why : ""));
	if (hold)
		spool_pause(app->spool);
	else
		spool_resume(app->spool);
}
