#include "app/signs.h"

#include <stdlib.h>
#include <string.h>

#include "app/campaign.h"
#include "app/outlets.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "calendar/window.h"

/* Batches that are not of the plan have numbers from here on; no lane is ever cut into so many. */
enum { WORDS_FROM = 0x70000000 };

/* A word to a sign that is not a batch of the plan. */
struct word {
	struct batch batch;
	char **slogans;
	/* Copies: the alert may close while a sign takes its time. */
	struct message *message;
	char *alert_id;
};

int64_t signs_takeover_until(const struct campaign *campaign)
{
	int64_t until = campaign->accepted_ms > campaign->from_ms ? campaign->accepted_ms : campaign->from_ms;

	if (campaign->urgency != URGENCY_IMMEDIATE)
		return 0;
	until += campaign->moved_ms + campaign->app->config->signs.takeover_ms;
	return until < campaign->until_ms ? until : campaign->until_ms;
}

static void say_word(struct outlet *outlet, struct word *word)
{
	word->batch.name.number = WORDS_FROM + ++outlet->words_said;
	word->batch.attempt = 1;
	word->batch.count = 1;
	word->batch.slogans = word->slogans;
	channel_send(outlet->channel, &word->batch);
}

void signs_clear(struct lane *lane)
{
	struct outlet *outlet = lane->outlet;

	if (!lane->shown_order)
		return;
	lane->shown_order = false;
	if (!outlet_is_open(outlet))
		return; /* when it is opened again it is told what to show, and nothing else */
	struct word *word = mem_zalloc(sizeof(*word));
	word->batch.name = (struct batch_name){lane->campaign->number, lane->index, 0};
	word->batch.action = BATCH_CLEAR;
	word->batch.alert_id = "";
	log_event(LOG_NOTICE, "sign-cleared", "alert=%s channel=%s", lane->campaign->id, outlet->name);
	say_word(outlet, word);
}

static bool names(const struct config_schedule *schedule, const struct outlet *outlet)
{
	return schedule->rule == NULL && mem_strings_has(schedule->channels, outlet->name);
}

static bool same(char *const *a, char *const *b)
{
	size_t i = 0;

	if (a == NULL || b == NULL)
		return a == b;
	while (a[i] != NULL && b[i] != NULL && strcmp(a[i], b[i]) == 0)
		i++;
	return a[i] == NULL && b[i] == NULL;
}

static void on_alarm(void *arg)
{
	signs_roll(arg);
}

void signs_roll(struct outlet *outlet)
{
	struct app *app = outlet->app;
	int64_t now_ms = clock_wall_ms(), edge = 0;
	char **slogans = mem_zalloc(sizeof(*slogans));

	for (size_t i = 0; i < app->config->schedule_count; i++) {
		const struct config_schedule *schedule = &app->config->schedules[i];
		struct window_of_day window = {schedule->from, schedule->until};
		if (!names(schedule, outlet))
			continue;
		int64_t next = window_of_day_edge(window, now_ms);
		if (next != 0 && (edge == 0 || next < edge))
			edge = next;
		const struct slogan_pack *pack = taxonomy_pack(app->taxonomy, schedule->pack);
		if (!window_of_day_open(window, now_ms) || pack == NULL)
			continue;
		for (size_t k = 0; pack->lines[k] != NULL; k++)
			mem_strings_add(&slogans, pack->lines[k]);
	}
	if (edge != 0)
		alarm_set(&app->alarms, &outlet->playlist, edge, on_alarm, outlet);
	else
		alarm_clear(&app->alarms, &outlet->playlist);
	if (!outlet_is_open(outlet) || outlet->suspended || same(slogans, outlet->slogans)) {
		mem_strings_free(slogans);
		return;
	}
	mem_strings_free(outlet->slogans);
	outlet->slogans = slogans;
	log_event(LOG_INFO, "playlist", "channel=%s slogans=%zu", outlet->name, mem_strings_count(slogans));
	struct word *word = mem_zalloc(sizeof(*word));
	word->slogans = mem_strings_dup(slogans);
	word->batch.name = (struct batch_name){0, (uint16_t)outlet->index, 0};
	word->batch.action = BATCH_PLAYLIST;
	word->batch.alert_id = "";
	say_word(outlet, word);
}

/* A repeat of the alert's own show, outside the plan: the fact that it was accepted is in the ledger already. */
static void show_again(struct lane *lane)
{
	struct word *word = mem_zalloc(sizeof(*word));

	word->batch.name = (struct batch_name){lane->campaign->number, lane->index, 0};
	word->batch.action = BATCH_SHOW;
	word->alert_id = mem_strdup(lane->campaign->id);
	word->message = message_copy(lane->message);
	word->batch.alert_id = word->alert_id;
	word->batch.message = word->message;
	word->batch.until_ms = lane->campaign->until_ms;
	word->batch.takeover_until_ms = signs_takeover_until(lane->campaign);
	lane->shown_order = true;
	say_word(lane->outlet, word);
}

void signs_show_again(struct outlet *outlet)
{
	struct app *app = outlet->app;

	if (!outlet_is_open(outlet))
		return;
	mem_strings_free(outlet->slogans);
	outlet->slogans = NULL;
	signs_roll(outlet);
	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link)) {
		struct campaign *campaign = list_object(link, struct campaign, in_app);
		for (uint16_t i = 0; i < campaign->lane_count; i++) {
			struct lane *lane = &campaign->lanes[i];
			if (lane->outlet == outlet && !lane->ended && lane->tally.counts[STATE_WAITING] == 0 &&
				lane->tally.counts[STATE_IN_FLIGHT] == 0)
				show_again(lane);
		}
	}
}

bool signs_settled(struct outlet *outlet, const struct batch *batch, const struct outcome *outcome)
{
	struct word *word = (struct word *)(void *)(uintptr_t)batch;

	if (batch->name.number < WORDS_FROM)
		return false;
	if (outcome->verdict != VERDICT_ACCEPTED)
		log_event(LOG_NOTICE, "sign-deferred", "channel=%s verdict=%s peer=%s", outlet->name,
			verdict_name(outcome->verdict), log_quote(outcome->peer));
	mem_strings_free(word->slogans);
	message_free(&word->message);
	free(word->alert_id);
	free(word);
	return true;
}

void signs_fini(struct outlet *outlet)
{
	alarm_clear(&outlet->app->alarms, &outlet->playlist);
	mem_strings_free(outlet->slogans);
	outlet->slogans = NULL;
}
