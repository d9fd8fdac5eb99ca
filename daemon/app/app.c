#include "app/app.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "app/campaign.h"
#include "app/caps.h"
#include "app/commands.h"
#include "app/dispatch.h"
#include "app/intake.h"
#include "app/listen.h"
#include "app/outlets.h"
#include "app/parts.h"
#include "app/receipts.h"
#include "app/reference.h"
#include "app/reminders.h"
#include "app/restore.h"
#include "app/signs.h"
#include "app/state.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "calendar/window.h"
#include "config/summary.h"
#include "loop/file.h"

enum {
	DRAIN_MS = 20000,
	UNSENT_MS = 5000,
	TOKEN_BYTES = 16,
	DAY_MS = 24 * 3600 * 1000,
	LISTS_AGAIN_MS = 10 * 60 * 1000,
};

const struct config_kind *app_kinds(void)
{
	return outlets_kinds();
}

/* Local times are the site's everywhere in the process. */
static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

enum result app_check(const char *path, struct config **checked, struct problems *problems)
{
	struct taxonomy *taxonomy = NULL;
	struct templates *templates = NULL;
	struct config *config = NULL;

	enum result result = config_read(path, app_kinds(), true, &config, problems);
	if (result != RESULT_OK)
		return result;
	set_zone(config->site.timezone);
	result = reference_load(config, &taxonomy, &templates, problems);
	if (result == RESULT_OK)
		reference_check(config, taxonomy, clock_wall_ms(), false, problems);
	if (problems->errors > 0)
		result = RESULT_INVALID;
	taxonomy_free(&taxonomy);
	templates_free(&templates);
	if (result == RESULT_OK && checked != NULL)
		*checked = config;
	else
		config_free(&config);
	return result;
}

static gid_t crier_group(void)
{
	struct group entry, *found = NULL;
	char room[4096];

	getgrnam_r("crier", &entry, room, sizeof(room), &found);
	return found != NULL ? found->gr_gid : (gid_t)-1;
}

static enum result make_state_folder(struct app *app, struct problems *problems)
{
	const char *state = app->config->paths.state;

	if (file_make_folders(state, 0750) == 0)
		return RESULT_OK;
	int error = errno;
	struct place at = {.file = state};
	struct problem *problem = problem_add(problems, PROBLEM_ERROR, &at, "paths.state",
		N_("the folder cannot be made"));
	problem_remedy(problem_cause(problem, error),
		N_("make it yourself and give it to user crier, or set paths.state"));
	return result_of_errno(error);
}

static void refuse_empty_token(struct app *app, const char *path, struct problems *problems)
{
	struct place at = {.file = path};

	problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, "listen.token_file",
			       N_("the file is empty: anybody could guess the receipt addresses")),
		N_("bring the file back from a backup, or delete it: a new secret is made, and with it new addresses"));
	free(app->site_token);
	app->site_token = NULL;
}

/* A random word of this site that makes its receipt addresses unguessable. Made once, kept in a file. */
static enum result load_site_token(struct app *app, struct problems *problems)
{
	char *path = app->config->listen.token_file != NULL ? mem_strdup(app->config->listen.token_file)
							    : mem_printf("%s/listen.token", app->config->paths.state);
	char word[TOKEN_BYTES * 2 + 1];
	size_t size;

	if (file_read_all(AT_FDCWD, path, 4096, &app->site_token, &size) == 0) {
		app->site_token[strcspn(app->site_token, "\r\n")] = '\0';
		if (app->site_token[0] == '\0')
			refuse_empty_token(app, path, problems);
	} else if (errno == ENOENT &&
		file_replace(AT_FDCWD, path, digest_random_hex(word, TOKEN_BYTES), TOKEN_BYTES * 2, 0600) == 0) {
		app->site_token = mem_strdup(word);
	} else {
		struct place at = {.file = path};
		int error = errno;
		problem_cause(problem_add(problems, PROBLEM_ERROR, &at, "listen.token_file",
				      N_("the file cannot be read or made")),
			error);
	}
	free(path);
	return app->site_token != NULL ? RESULT_OK : RESULT_DENIED;
}

static void on_ledger_health(void *arg)
{
	struct app *app = arg;
	const char *reason = NULL;
	enum ledger_health health = ledger_health(app->ledger, &reason, NULL);

	log_event(health == LEDGER_WELL ? LOG_NOTICE : LOG_CRIT, "ledger", "health=%s reason=%s",
		health == LEDGER_WELL              ? "well"
			: health == LEDGER_RESERVE ? "reserve"
						   : "failing",
		log_quote(reason != NULL ? reason : ""));
	order_health(app);
	intake_pressure(app);
	dispatch_kick(app);
}

static void on_lists(void *arg)
{
	app_look_at_lists(arg);
}

void app_look_at_lists(struct app *app)
{
	/* A list counts up to the end of its last day: looked at when that minute begins, and to be sure when it ends. */
	static const struct window_of_day first_minute = {0, 1};
	int64_t now_ms = clock_wall_ms(), again_ms = now_ms + LISTS_AGAIN_MS;

	if (wallclock_believed(app, NULL)) {
		if (roster_due(app->roster, now_ms))
			commands_rebuild_roster(app); /* whether it could is seen at the next look */
		else
			again_ms = window_of_day_edge(first_minute, now_ms);
	}
	alarm_set(&app->alarms, &app->lists, again_ms, on_lists, app);
}

static void on_daily(void *arg);

static void prune_by(struct app *app, int64_t now_ms)
{
	if (wallclock_believed(app, NULL))
		ledger_prune(app->ledger, now_ms - 180ll * DAY_MS, now_ms, NULL, NULL);
	alarm_set(&app->alarms, &app->daily, clock_wall_ms() + DAY_MS, on_daily, app);
}

/* Once a day: receipts past their time. */
static void on_daily(void *arg)
{
	prune_by(arg, clock_wall_ms());
}

/* Where the machine is started every day, no clock stands for a day: then what it showed in the last life counts. */
static void on_first_daily(void *arg)
{
	struct app *app = arg;
	int64_t now_ms = clock_wall_ms(), shown_ms = app->wallclock.shown_ms;

	prune_by(app, shown_ms < now_ms ? shown_ms : now_ms);
}

void app_clock_set(struct app *app)
{
	/* What is pruned is gone: a clock must have stood for a day before anything is called old by it. */
	alarm_set(&app->alarms, &app->daily, clock_wall_ms() + DAY_MS, on_daily, app);
	app_look_at_lists(app);
}

static void on_look(void *arg)
{
	wallclock_look(arg);
}

static enum result open_stores(struct app *app, struct problems *problems)
{
	enum result result = make_state_folder(app, problems);

	if (result == RESULT_OK)
		result = load_site_token(app, problems);
	if (result == RESULT_OK)
		result = roster_open(app->config->paths.state, clock_wall_ms(), &app->roster, problems);
	if (result == RESULT_OK)
		result = ledger_open(app->loop, app->config->paths.state, &app->ledger, problems);
	if (result != RESULT_OK)
		return result;
	ledger_on_health(app->ledger, on_ledger_health, app);
	return RESULT_OK;
}

static enum result open_doors(struct app *app, struct problems *problems)
{
	enum result result = RESULT_OK;

	if (app->config->listen.port >= 0)
		result = listen_open(app, problems);
	if (result == RESULT_OK)
		result = control_open(app->loop, app->config->paths.control, crier_group(), commands, app,
			&app->control, problems);
	if (result == RESULT_OK && !outlets_open(app, problems))
		result = RESULT_INVALID;
	return result;
}

static enum result open_spool(struct app *app, struct problems *problems)
{
	struct spool_settings settings = {.root = app->config->paths.spool, .group = crier_group()};

	return spool_open(app->loop, &settings, &intake_events, app, &app->spool, problems);
}

static struct app *new_app(struct loop *loop, const struct app_options *options)
{
	struct app *app = mem_zalloc(sizeof(*app));

	app->loop = loop;
	app->options = options;
	app->started_mono_ms = clock_mono_ms();
	app->started_wall_ms = clock_wall_ms();
	list_init(&app->campaigns);
	list_init(&app->waiting_submits);
	list_init(&app->desk);
	list_init(&app->acceptances);
	list_init(&app->order_answers);
	list_init(&app->owed_answers);
	list_init(&app->spare_answers);
	map_init(&app->by_provider);
	alarms_init(&app->alarms, loop, on_look, app);
	dispatch_init(app);
	receipts_init(app);
	return app;
}

static void make_plan(struct app *app)
{
	struct plan_retry retry = {(uint64_t)app->config->retry.base_ms, (uint64_t)app->config->retry.most_ms};
	uint64_t seed = app->options->seed;

	if (seed == 0)
		digest_random(&seed, sizeof(seed));
	app->plan = plan_new(retry, seed);
}

enum result app_open(struct loop *loop, const struct app_options *options, struct app **made, struct problems *problems)
{
	struct app *app = new_app(loop, options);

	enum result result = config_read(options->config, app_kinds(), true, &app->config, problems);
	if (result == RESULT_OK) {
		set_zone(app->config->site.timezone);
		result = reference_load(app->config, &app->taxonomy, &app->templates, problems);
	}
	if (result == RESULT_OK) {
		reference_check(app->config, app->taxonomy, clock_wall_ms(), true, problems);
		result = problems->errors > 0 ? RESULT_INVALID : open_stores(app, problems);
	}
	if (result == RESULT_OK) {
		make_plan(app);
		app->http = http_new(loop, 0, options->couriers);
		outlets_make(app);
		wallclock_start(app);
		result = restore(app, problems);
	}
	if (result == RESULT_OK)
		result = open_doors(app, problems);
	if (result == RESULT_OK) {
		reminders_start(app);
		restore_start(app);
		alarm_set(&app->alarms, &app->daily, clock_wall_ms() + 60 * 1000, on_first_daily, app);
		app_look_at_lists(app);
		result = open_spool(app, problems);
		intake_pressure(app);
	}
	if (result != RESULT_OK) {
		app_abandon(app, NULL, NULL);
		return result;
	}
	*made = app;
	return RESULT_OK;
}

struct ledger *app_ledger(struct app *app)
{
	return app->ledger;
}

static void warn_restart(const char *what, struct problems *problems)
{
	problem_add(problems, PROBLEM_WARNING, NULL, what,
		N_("changed; takes effect only when crierd is started again"));
}

static bool differ(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a != b : strcmp(a, b) != 0;
}

static void warn_restarts(const struct config *old, const struct config *new, struct problems *problems)
{
	if (differ(old->paths.spool, new->paths.spool))
		warn_restart("paths.spool", problems);
	if (differ(old->paths.state, new->paths.state))
		warn_restart("paths.state", problems);
	if (differ(old->paths.control, new->paths.control))
		warn_restart("paths.control", problems);
	if (differ(old->listen.address, new->listen.address) || old->listen.port != new->listen.port)
		warn_restart("listen", problems);
	if (differ(old->site.timezone, new->site.timezone))
		warn_restart("site.timezone", problems);
}

enum result app_reload(struct app *app, struct problems *problems)
{
	struct config *config = NULL;
	struct taxonomy *taxonomy = NULL;
	struct templates *templates = NULL;

	if (app->closing || app->opening > 0 || app->import != NULL) {
		problem_add(problems, PROBLEM_ERROR, NULL, NULL,
			N_("an import or the last reload is still going on; try again in a moment"));
		return RESULT_BUSY;
	}
	enum result result = config_read(app->options->config, app_kinds(), true, &config, problems);
	if (result == RESULT_OK)
		result = reference_load(config, &taxonomy, &templates, problems);
	if (result == RESULT_OK)
		reference_check(config, taxonomy, clock_wall_ms(), false, problems);
	if (result != RESULT_OK || problems->errors > 0) {
		log_event(LOG_ERR, "reload", "taken=no reason=%s",
			log_quote(problems->count > 0 ? problems->list[0].reason[LANG_EN] : ""));
		taxonomy_free(&taxonomy);
		templates_free(&templates);
		config_free(&config);
		return RESULT_INVALID;
	}
	warn_restarts(app->config, config, problems);
	reminders_fini(app);
	app->old_config = app->config;
	app->config = config;
	taxonomy_free(&app->taxonomy);
	templates_free(&app->templates);
	app->taxonomy = taxonomy;
	app->templates = templates;
	outlets_reload(app);
	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link))
		campaign_bar_drills(list_object(link, struct campaign, in_app));
	reminders_start(app);
	intake_pressure(app);
	log_event(LOG_NOTICE, "reload", "taken=yes channels=%zu schedules=%zu", config->channel_count,
		config->schedule_count);
	return RESULT_OK;
}

static void free_app(struct app *app)
{
	struct link *link;

	dispatch_abandon(app);
	intake_drop(app);
	listen_drop(app);
	order_drop(app);
	while ((link = list_first(&app->campaigns)) != NULL)
		campaign_free(list_object(link, struct campaign, in_app));
	caps_free(app);
	reminders_fini(app);
	outlets_free(app);
	alarms_fini(&app->alarms);
	dispatch_fini(app);
	receipts_fini(app);
	plan_free(&app->plan);
	map_fini(&app->by_provider);
	roster_close(&app->roster);
	taxonomy_free(&app->taxonomy);
	templates_free(&app->templates);
	config_free(&app->config);
	config_free(&app->old_config);
	free(app->site_token);
	free(app->stopped_by);
	free(app);
}

static void finish(struct app *app)
{
	void (*closed)(void *) = app->closed;
	void *arg = app->closed_arg;

	free_app(app);
	if (closed != NULL)
		closed(arg);
}

static void close_next(struct app *app);

static void on_part_closed(void *arg)
{
	app_part_closed(arg);
}

static void close_doors(struct app *app)
{
	intake_fini(app);
	if (app->spool != NULL) {
		app->open_parts++;
		spool_close(app->spool, on_part_closed, app);
		app->spool = NULL;
	}
	if (app->control != NULL) {
		app->open_parts++;
		control_close(app->control, on_part_closed, app);
		app->control = NULL;
	}
	if (app->serve != NULL) {
		app->open_parts++;
		serve_close(app->serve, on_part_closed, app);
		app->serve = NULL;
	}
	if (app->import != NULL)
		app->open_parts++; /* order_roster.c tells when its thread has ended */
	app->open_parts += outlets_close(app, app->deadline_ms);
}

static void on_patience(void *arg)
{
	struct app *app = arg;

	if (app->draining) {
		app->draining = false;
		app_part_closed(app);
	}
}

/* Batches whose intent is not durable yet were never sent, and that should be written down too; not for ever. */
static void await_flights(struct app *app)
{
	if (app->flight_count == 0 || app->abandoned)
		return;
	app->open_parts++;
	app->draining = true;
	timer_init(&app->patience, app->loop, on_patience, app);
	timer_arm(&app->patience, UNSENT_MS);
}

void app_flights_over(struct app *app)
{
	if (!app->draining)
		return;
	timer_disarm(&app->patience);
	on_patience(app);
}

static void close_http(struct app *app)
{
	if (app->http == NULL)
		return;
	app->open_parts++;
	http_close(app->http, on_part_closed, app);
	app->http = NULL;
}

static void close_ledger(struct app *app)
{
	struct ledger *ledger = app->ledger;

	if (ledger == NULL)
		return;
	app->ledger_over = true;
	app->open_parts++;
	if (app->abandoned)
		ledger_abandon(ledger, on_part_closed, app);
	else
		ledger_close(ledger, on_part_closed, app);
}

/* First what brings something in or carries it out, then what these stood on, at last the ledger, which hears of all. */
static void (*const phases[])(struct app *app) = {close_doors, await_flights, close_http, close_ledger};

void app_part_closed(struct app *app)
{
	if (--app->open_parts == 0)
		close_next(app);
}

static void close_next(struct app *app)
{
	if (app->phase == sizeof(phases) / sizeof(phases[0])) {
		finish(app);
		return;
	}
	/* One more than there are, so that none of them ends the phase while the others are still being told. */
	app->open_parts = 1;
	phases[app->phase++](app);
	app_part_closed(app);
}

static void begin_close(struct app *app, uint64_t drain_ms, void (*closed)(void *arg), void *arg)
{
	app->closing = true;
	app->closed = closed;
	app->closed_arg = arg;
	app->deadline_ms = clock_mono_ms() + drain_ms;
	commands_cancel_work(app);
	/* A reminder or a slogan that falls due now would go to rooms that are closing, or closed. */
	alarms_stop(&app->alarms);
	dispatch_fini(app);
	close_next(app);
}

void app_close(struct app *app, void (*closed)(void *arg), void *arg)
{
	if (app->closing)
		return;
	log_event(LOG_NOTICE, "stopping", "in_flight=%u", dispatch_in_flight(app));
	begin_close(app, app->options->drain_ms > 0 ? app->options->drain_ms : DRAIN_MS, closed, arg);
}

void app_abandon(struct app *app, void (*closed)(void *arg), void *arg)
{
	app->abandoned = true;
	begin_close(app, 0, closed, arg);
}
