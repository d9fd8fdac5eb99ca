#include "app/outlets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/campaign.h"
#include "app/dispatch.h"
#include "app/intake.h"
#include "app/parts.h"
#include "app/receipts.h"
#include "app/signs.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"

enum { KINDS_MOST = 32, REOPEN_PATIENCE_MS = 5000 };

const struct config_kind *outlets_kinds(void)
{
	/* The same rows at every call, made of the kinds' own constant tables. */
	static struct config_kind rows[KINDS_MOST + 1];
	const struct channel_kind *const *kinds = channel_kinds();

	for (size_t i = 0; kinds[i] != NULL && i < KINDS_MOST; i++)
		rows[i] = (struct config_kind){kinds[i]->name, kinds[i]->medium, kinds[i]->settings,
			kinds[i]->options_size, kinds[i]->rate, kinds[i]->window, kinds[i]->batch,
			kinds[i]->batch_limit, kinds[i]->check};
	return rows;
}

static void on_settled(void *arg, struct channel *channel, const struct batch *batch, const struct outcome *outcome)
{
	struct outlet *outlet = arg;

	if (!signs_settled(outlet, batch, outcome))
		dispatch_settled(outlet->app, outlet, batch, outcome);
}

static void on_receipts(void *arg, struct channel *channel, const struct receipt *receipts, unsigned int count)
{
	struct outlet *outlet = arg;

	receipts_come(outlet->app, outlet, receipts, count);
}

static void on_replied(void *arg, struct channel *channel, phone_t phone, const char *text)
{
	struct outlet *outlet = arg;

	receipts_reply(outlet->app, outlet, phone, text);
}

static void on_noted(void *arg, struct channel *channel, bool well, const char *words)
{
	struct outlet *outlet = arg;

	if (well != outlet->well || outlet->words == NULL || strcmp(outlet->words, words) != 0)
		log_event(well ? LOG_INFO : LOG_WARNING, "channel", "channel=%s well=%s words=%s", outlet->name,
			well ? "yes" : "no", log_quote(words));
	outlet->well = well;
	free(outlet->words);
	outlet->words = mem_strdup(words);
}

static void open_again(struct outlet *outlet);

static void on_closed(void *arg, struct channel *channel)
{
	struct outlet *outlet = arg;
	struct app *app = outlet->app;

	outlet->channel = NULL;
	if (app->closing) {
		app_part_closed(app);
		return;
	}
	open_again(outlet);
	if (--app->opening == 0)
		config_free(&app->old_config);
}

static const struct channel_host host_rows = {
	.settled = on_settled,
	.receipts = on_receipts,
	.replied = on_replied,
	.noted = on_noted,
	.closed = on_closed,
};

bool outlet_is_open(const struct outlet *outlet)
{
	return outlet->channel != NULL && !outlet->channel->closing;
}

const char *outlet_obstacle(const struct outlet *outlet)
{
	if (outlet->config == NULL)
		return N_("no longer configured");
	if (outlet->config->signature_state == SIGNATURE_PENDING)
		return N_("its signature is not registered yet (signature_state = \"pending\")");
	if (outlet->channel == NULL)
		return N_("it could not be opened");
	if (outlet->channel->closing)
		return N_("it is being opened again");
	return NULL;
}

void outlet_update_plan(struct outlet *outlet)
{
	plan_channel_suspend(outlet->app->plan, outlet->index, outlet->suspended || outlet_obstacle(outlet) != NULL);
	dispatch_kick(outlet->app);
}

bool outlet_sending(const struct outlet *outlet)
{
	enum { FAILURES_MOST = 2, WAIT_MOST_MS = 5 * 60 * 1000 };
	struct plan_channel_view view;

	plan_channel_look(outlet->app->plan, outlet->index, clock_mono_ms(), &view);
	return !view.suspended && view.failures <= FAILURES_MOST && view.wait_ms <= WAIT_MOST_MS;
}

bool outlet_receipted(const struct outlet *outlet)
{
	return outlet->channel != NULL ? channel_receipted(outlet->channel) : outlet->kind->receipts;
}

struct outlet *outlet_find(struct app *app, const char *name)
{
	struct outlet *found = NULL;

	/* One that was taken out may share its name with one of another kind that came in its place. */
	for (unsigned int i = 0; i < app->outlet_count; i++)
		if (strcmp(app->outlets[i]->name, name) == 0 && (found == NULL || app->outlets[i]->config != NULL))
			found = app->outlets[i];
	return found;
}

static struct plan_channel limits_of(const struct outlet *outlet)
{
	const struct channel_config *config = outlet->config;

	return (struct plan_channel){
		.rate_count = config->rate.count,
		.rate_per_ms = config->rate.per_ms,
		.window = (unsigned int)config->window,
		.batch = (uint32_t)config->batch,
		.absolute = outlet->kind->absolute,
	};
}

/* The channel's own place at our listener: a random word of the site, so that nobody can guess it. */
static void set_receipt_url(struct outlet *outlet)
{
	struct app *app = outlet->app;
	char both[256], sum[65];

	free(outlet->receipt_url);
	outlet->receipt_url = NULL;
	if (app->serve == NULL)
		return;
	snprintf(both, sizeof(both), "%s/%s", app->site_token, outlet->name);
	digest_sha256(both, strlen(both), sum);
	snprintf(outlet->token, sizeof(outlet->token), "%.32s", sum);
	if (app->config->listen.receipt_base != NULL)
		outlet->receipt_url = mem_printf("%s/r/%s", app->config->listen.receipt_base, outlet->token);
	else
		outlet->receipt_url = mem_printf("http://%s:%u/r/%s", app->config->listen.address,
			(unsigned int)serve_port(app->serve), outlet->token);
}

static struct outlet *make(struct app *app, const struct channel_config *config)
{
	struct outlet *outlet = mem_zalloc(sizeof(*outlet));

	outlet->app = app;
	outlet->name = mem_strdup(config->name);
	outlet->config = config;
	outlet->kind = channel_kind_find(config->kind);
	outlet->well = true;
	struct plan_channel limits = limits_of(outlet);
	outlet->index = plan_channel_add(app->plan, &limits);
	plan_channel_suspend(app->plan, outlet->index, true);
	app->outlets = mem_resize(app->outlets, app->outlet_count + 1, sizeof(struct outlet *));
	app->outlets[app->outlet_count++] = outlet;
	return outlet;
}

void outlets_make(struct app *app)
{
	for (size_t i = 0; i < app->config->channel_count; i++)
		make(app, &app->config->channels[i]);
}

static bool open_one(struct outlet *outlet, struct problems *problems)
{
	struct app *app = outlet->app;

	set_receipt_url(outlet);
	app->channel_host = host_rows;
	app->channel_host.sign_poll_ms = (uint32_t)app->config->signs.poll_ms;
	app->channel_host.sign_lease_ms = (uint32_t)app->config->signs.lease_ms;
	outlet->channel = channel_open(outlet->config, app->loop, app->http, outlet->receipt_url, &app->channel_host,
		outlet, problems);
	outlet_update_plan(outlet);
	if (outlet->channel != NULL && medium_crowd(outlet->config->medium) == CROWD_SIGNS)
		signs_show_again(outlet);
	return outlet->channel != NULL;
}

bool outlets_open(struct app *app, struct problems *problems)
{
	bool fine = true;

	for (unsigned int i = 0; i < app->outlet_count; i++)
		fine = open_one(app->outlets[i], problems) && fine;
	return fine;
}

static void open_again(struct outlet *outlet)
{
	struct problems problems;
	struct buf words;

	if (outlet->config == NULL) {
		outlet_update_plan(outlet);
		return;
	}
	problems_init(&problems);
	buf_init(&words, 4096);
	if (!open_one(outlet, &problems)) {
		problems_text(&problems, LANG_EN, &words);
		log_event(LOG_ERR, "channel", "channel=%s well=no words=%s", outlet->name, log_quote(buf_text(&words)));
	}
	buf_fini(&words);
	problems_fini(&problems);
}

static const struct channel_config *configured(const struct app *app, const struct outlet *outlet)
{
	for (size_t i = 0; i < app->config->channel_count; i++) {
		const struct channel_config *config = &app->config->channels[i];
		if (strcmp(config->name, outlet->name) == 0 && strcmp(config->kind, outlet->kind->name) == 0)
			return config;
	}
	return NULL;
}

static void close_one(struct outlet *outlet, uint64_t deadline_ms)
{
	channel_close(outlet->channel, deadline_ms);
	outlet_update_plan(outlet);
}

void outlets_reload(struct app *app)
{
	unsigned int known = app->outlet_count;

	for (unsigned int i = 0; i < known; i++) {
		struct outlet *outlet = app->outlets[i];
		outlet->config = configured(app, outlet);
		if (outlet->config != NULL) {
			struct plan_channel limits = limits_of(outlet);
			plan_channel_change(app->plan, outlet->index, &limits);
		}
		if (outlet->channel != NULL) {
			app->opening++;
			close_one(outlet, clock_mono_ms() + REOPEN_PATIENCE_MS);
		} else {
			open_again(outlet);
		}
	}
	for (size_t i = 0; i < app->config->channel_count; i++) {
		bool known_already = false;
		for (unsigned int k = 0; k < known; k++)
			known_already = known_already || app->outlets[k]->config == &app->config->channels[i];
		if (!known_already)
			open_again(make(app, &app->config->channels[i]));
	}
	if (app->opening == 0)
		config_free(&app->old_config);
}

unsigned int outlets_close(struct app *app, uint64_t deadline_ms)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < app->outlet_count; i++) {
		if (app->outlets[i]->channel != NULL) {
			count++;
			close_one(app->outlets[i], deadline_ms);
		}
	}
	return count;
}

void outlets_free(struct app *app)
{
	for (unsigned int i = 0; i < app->outlet_count; i++) {
		struct outlet *outlet = app->outlets[i];
		signs_fini(outlet);
		free(outlet->name);
		free(outlet->receipt_url);
		free(outlet->suspended_by);
		free(outlet->suspended_why);
		free(outlet->words);
		free(outlet);
	}
	free(app->outlets);
	app->outlets = NULL;
	app->outlet_count = 0;
}

void outlet_suspend(struct outlet *outlet, bool suspended, const char *by, const char *why)
{
	struct app *app = outlet->app;

	if (outlet->suspended == suspended) {
		outlet_update_plan(outlet);
		return;
	}
	outlet->suspended = suspended;
	free(outlet->suspended_by);
	free(outlet->suspended_why);
	outlet->suspended_by = mem_strdup(by);
	outlet->suspended_why = mem_strdup(why);
	outlet->suspended_ms = clock_wall_ms();
	log_event(suspended ? LOG_ERR : LOG_NOTICE, suspended ? "suspended" : "resumed", "channel=%s by=%s why=%s",
		outlet->name, log_quote(by), log_quote(why));
	ledger_channel_state(app->ledger,
		&(struct ledger_channel){.name = outlet->name,
			.suspended = suspended,
			.by = by,
			.reason = why,
			.at_ms = outlet->suspended_ms},
		NULL, NULL);
	if (!suspended)
		plan_channel_forgive(app->plan, outlet->index);
	outlet_update_plan(outlet);
	/* What waits there holds nobody up any more, or does again. */
	intake_pressure(app);
	if (!suspended && medium_crowd(outlet->kind->medium) == CROWD_SIGNS)
		signs_roll(outlet);
}
