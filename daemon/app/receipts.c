#include "app/receipts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/campaign.h"
#include "app/listen.h"
#include "app/outlets.h"
#include "app/places.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "roster/optout.h"

enum { OPT_OUTS_AGAIN_MS = 2000 };

/* Packed into the map's 64 bits: alerts and lanes are what a receipt needs; the phone says who. */
static uint64_t pack(struct batch_name name)
{
	return (uint64_t)name.alert << 16 | name.lane;
}

static const char *map_name(const struct outlet *outlet, const char *provider_id, char out[128])
{
	snprintf(out, 128, "%u/%s", outlet->index, provider_id);
	return out;
}

void receipts_expect(struct app *app, const struct outlet *outlet, const char *provider_id, struct batch_name name)
{
	char key[128];

	if (outlet_receipted(outlet))
		map_put(&app->by_provider, map_name(outlet, provider_id, key), pack(name));
}

static int is_of(void *arg, uint64_t packed)
{
	return packed >> 16 == *(const uint32_t *)arg;
}

void receipts_forget(struct app *app, uint32_t alert)
{
	map_sweep(&app->by_provider, is_of, &alert);
}

/* A resident's place in a lane. False when they are not in it. */
static bool locate(const struct app *app, struct lane *lane, phone_t phone, uint32_t *position)
{
	uint32_t id;

	if (lane->set == NULL || phone == 0) {
		*position = 0;
		return lane->tally.size == 1;
	}
	if (!people_find(roster_people(app->roster), phone, &id))
		return false;
	if (!lane->placed)
		lane->places = places_new(lane->set);
	lane->placed = true;
	return lane->places != NULL ? places_find(lane->places, id, position) : set_rank(lane->set, id, position);
}

/* May a receipt without a name be about this lane: somebody's answer is lost or on its way, and it is no older than what was sent? */
static bool is_candidate(const struct lane *lane, const struct outlet *outlet, const struct receipt *receipt)
{
	enum {
		SKEW_MS = 12 * 60 * 60 * 1000
	}; /* clocks are off, also by a time zone; what is closed is mostly older */
	const uint32_t *counts = lane->tally.counts;

	return lane->outlet == outlet && counts[STATE_UNKNOWN] + counts[STATE_IN_FLIGHT] > 0 &&
		(receipt->sent_ms == 0 || receipt->sent_ms + SKEW_MS >= lane->first_ms + lane->campaign->moved_ms);
}

/*
 * The lane of a receipt whose name is not known: its send's answer was lost, or is still on its way. Then it can only be about
 * somebody who is in doubt or in flight on this very channel; or about an alert that is closed.
 */
static struct lane *lane_unanswered(struct app *app, const struct outlet *outlet, const struct receipt *receipt,
	uint32_t *position)
{
	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link)) {
		struct campaign *campaign = list_object(link, struct campaign, in_app);
		for (uint16_t i = 0; i < campaign->lane_count; i++) {
			struct lane *lane = &campaign->lanes[i];
			if (!is_candidate(lane, outlet, receipt) || !locate(app, lane, receipt->phone, position))
				continue;
			enum state state = (enum state)lane->tally.states[*position];
			if (state == STATE_UNKNOWN || state == STATE_IN_FLIGHT)
				return lane;
		}
	}
	return NULL;
}

static struct lane *lane_of(struct app *app, const struct outlet *outlet, const struct receipt *receipt,
	uint32_t *position)
{
	char key[128];
	uint64_t packed;

	if (receipt->batch.alert != 0) {
		struct lane *lane = campaign_lane(app, receipt->batch);
		/* The name comes from outside: it must be about this channel. */
		return lane != NULL && lane->outlet == outlet && locate(app, lane, receipt->phone, position) ? lane
													     : NULL;
	}
	if (receipt->provider_id[0] != '\0' &&
		map_get(&app->by_provider, map_name(outlet, receipt->provider_id, key), &packed)) {
		struct lane *lane = campaign_lane(app,
			(struct batch_name){(uint32_t)(packed >> 16), (uint16_t)packed, 0});
		return lane != NULL && locate(app, lane, receipt->phone, position) ? lane : NULL;
	}
	return receipt->phone != 0 ? lane_unanswered(app, outlet, receipt, position) : NULL;
}

static enum state state_of(enum receipt_kind kind)
{
	static const enum state states[] = {
		[RECEIPT_DELIVERED] = STATE_DELIVERED,
		[RECEIPT_FAILED] = STATE_FAILED,
		[RECEIPT_HELD] = STATE_HELD,
		[RECEIPT_SHOWN] = STATE_SHOWN,
	};

	return states[kind];
}

/* In the order in which they were written. */
static void on_receipt_durable(void *arg, enum result result)
{
	struct app *app = arg;

	if (result != RESULT_OK)
		return;
	app->receipts_durable++;
	listen_answer_owed(app);
}

/*
 * Who waits for another attempt, or to be sent to again at an operator's word, and has the text already after all, waits no more.
 * False: said before, or too late to change anything.
 */
static bool settle(struct lane *lane, uint32_t position, enum state state)
{
	uint32_t cut = lane->plan != NULL ? plan_lane_next(lane->plan) : lane->cut;

	if (state == STATE_DELIVERED && position < cut && lane->tally.states[position] == STATE_WAITING)
		tally_move(&lane->tally, position, STATE_IN_FLIGHT);
	return tally_move(&lane->tally, position, state);
}

static void apply(struct app *app, struct outlet *outlet, const struct receipt *receipt)
{
	uint32_t position;
	struct lane *lane = lane_of(app, outlet, receipt, &position);
	char masked[12] = "-";

	outlet->receipts[receipt->kind]++;
	if (lane == NULL) {
		if (receipt->phone != 0)
			phone_mask(receipt->phone, masked);
		log_event(LOG_INFO, "receipt-stray", "channel=%s phone=%s kind=%s", outlet->name, masked,
			receipt_kind_name(receipt->kind));
		return;
	}
	if (!settle(lane, position, state_of(receipt->kind)))
		return;
	ledger_receipts(app->ledger, lane->campaign->number,
		&(struct ledger_receipt){.lane = lane->index,
			.position = position,
			.count = 1,
			.state = state_of(receipt->kind),
			.at_ms = receipt->at_ms,
			.code = receipt->code},
		1, on_receipt_durable, app);
	app->receipts_written++;
	campaign_review_later(lane->campaign);
}

void receipts_come(struct app *app, struct outlet *outlet, const struct receipt *receipts, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		apply(app, outlet, &receipts[i]);
}

/* How much of a narrowed text stands before the blanks and marks that it ends in. */
static size_t without_marks(const char *text)
{
	static const char *const marks[] = {" ", "\t", "\r", "\n", ".", ",", "!", "?", ";", ":", "~", "。", "、", "…"};
	size_t length = strlen(text), before;

	do {
		before = length;
		for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
			size_t size = strlen(marks[i]);
			if (length >= size && memcmp(text + length - size, marks[i], size) == 0)
				length -= size;
		}
	} while (length < before);
	return length;
}

/* http-apis.md section 13: the whole text, narrowed, trimmed, upper case, is one of these words. */
static bool asks_to_stop(const char *text)
{
	static const char *const words[] = {"T", "TD", "R", "N", "QX", "退订", "取消", "拒收", "STOP", "STOPALL",
		"UNSUBSCRIBE", "CANCEL", "END", "QUIT", NULL};
	char *narrow = utf8_narrow(text);
	char *from = narrow + strspn(narrow, " \t\r\n");
	bool found = false;

	from[without_marks(from)] = '\0';
	for (size_t i = 0; words[i] != NULL && !found; i++)
		found = strcasecmp(from, words[i]) == 0;
	free(narrow);
	return found;
}

/* Residents write what they like, also their own and others' numbers. */
static void note_reply(struct app *app, const struct outlet *outlet, const char *text)
{
	char *words = mem_strdup(text);

	phone_mask_within(words);
	ledger_event(app->ledger,
		&(struct ledger_event){.at_ms = clock_wall_ms(), .who = outlet->name, .kind = "reply", .what = words},
		NULL, NULL);
	free(words);
}

static enum result settle_opt_outs(struct app *app)
{
	size_t written;
	enum result result = roster_optout_settle(app->roster, &written);

	app->opt_out_replies += written;
	return result;
}

static void on_opt_outs_again(void *arg)
{
	struct app *app = arg;

	if (settle_opt_outs(app) != RESULT_OK)
		timer_arm(&app->opt_outs_again, OPT_OUTS_AGAIN_MS);
}

void receipts_init(struct app *app)
{
	timer_init(&app->opt_outs_again, app->loop, on_opt_outs_again, app);
}

void receipts_fini(struct app *app)
{
	timer_disarm(&app->opt_outs_again);
	if (app->abandoned || app->roster == NULL || !roster_optout_owed(app->roster))
		return;
	enum result result = settle_opt_outs(app);
	if (result != RESULT_OK)
		log_event(LOG_CRIT, "opt-outs-lost", "result=%s", result_text(result));
}

static void opt_out(struct app *app, const struct outlet *outlet, phone_t phone)
{
	char masked[12], source[128];

	snprintf(source, sizeof(source), "reply on %s", outlet->name);
	enum result result = roster_optout_keep(app->roster, phone, source, clock_wall_ms());
	if (result == RESULT_OK)
		app->opt_out_replies++;
	if (result == RESULT_OK || result == RESULT_EXISTS)
		return;
	log_event(LOG_ERR, "opt-out-failed", "phone=%s result=%s", phone_mask(phone, masked), result_text(result));
	app->opt_outs_undurable++;
	if (!timer_armed(&app->opt_outs_again))
		timer_arm(&app->opt_outs_again, OPT_OUTS_AGAIN_MS);
}

void receipts_reply(struct app *app, struct outlet *outlet, phone_t phone, const char *text)
{
	char masked[12];
	bool stop = asks_to_stop(text);

	log_event(LOG_NOTICE, "reply", "channel=%s phone=%s opt_out=%s", outlet->name, phone_mask(phone, masked),
		stop ? "yes" : "no");
	note_reply(app, outlet, stop ? masked : text);
	if (stop)
		opt_out(app, outlet, phone);
}
