#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "channel/kinds.h"

/*
 * Kinds that reach nobody: they accept and count. For dry runs, load tests, and as the partner of tests, one
 * for each crowd. What they answer depends only on their options and on what was sent before, never on
 * chance.
 */
struct null_options {
	int64_t delay_ms;
	int64_t refuse; /* every n-th recipient; 0: none */
	bool receipts;
};

struct null {
	struct list waiting;
	struct timer deadline;
	uint64_t recipients;
	uint64_t sends;
};

/* A send that is answered later. */
struct waiter {
	struct link in_waiting;
	struct timer timer;
	struct channel *channel;
	const struct batch *batch;
};

static const struct setting settings[] = {
	{"delay", SETTING_DURATION, offsetof(struct null_options, delay_ms), "0ms", .most = 3600000,
		.help = N_("how long an answer takes")},
	{"refuse", SETTING_INTEGER, offsetof(struct null_options, refuse), "0", .most = 1000000,
		.help = N_("refuse every n-th recipient; 0: none")},
	{"receipts", SETTING_BOOL, offsetof(struct null_options, receipts), "false",
		.help = N_("give a receipt for every accepted recipient")},
	SETTING_END,
};

static const struct null_options *options_of(const struct channel *self)
{
	return self->config->options;
}

static bool null_receipted(const struct channel *self)
{
	return options_of(self)->receipts;
}

static void give_receipts(struct channel *self, const struct batch *batch, const struct outcome *outcome)
{
	struct receipt *receipts = mem_calloc(batch->count, sizeof(*receipts));
	bool sign = self->kind->medium == MEDIUM_LED;
	unsigned int given = 0;
	uint32_t refused = 0;

	for (uint32_t i = 0; i < batch->count; i++) {
		if (refused < outcome->refused_count && outcome->refused[refused] == i) {
			refused++;
			continue;
		}
		receipts[given++] = (struct receipt){
			.batch = batch->name,
			.phone = batch->phones != NULL ? batch->phones[i] : 0,
			.kind = sign ? RECEIPT_SHOWN : RECEIPT_DELIVERED,
			.at_ms = clock_wall_ms(),
		};
	}
	channel_receipts(self, receipts, given);
	free(receipts);
}

/* Counts each recipient of the channel's life and notes the places of every n-th. */
static uint32_t choose_refused(struct channel *self, const struct batch *batch, uint32_t *places)
{
	struct null *null = self->state;
	int64_t every = options_of(self)->refuse;
	uint32_t count = 0;

	for (uint32_t i = 0; i < batch->count; i++) {
		null->recipients++;
		if (every > 0 && null->recipients % (uint64_t)every == 0)
			places[count++] = i;
	}
	null->sends++;
	return count;
}

static void answer(struct channel *self, const struct batch *batch)
{
	uint32_t *places = mem_calloc(batch->count, sizeof(*places));
	uint32_t count = choose_refused(self, batch, places);
	struct outcome outcome = count < batch->count ? outcome_make(CLASS_OK, 0, "ok")
						      : outcome_make(CLASS_PERM_RCPT, 0, "refused as configured");

	outcome.refused = places;
	outcome.refused_count = count;
	channel_settle(self, batch, &outcome);
	if (options_of(self)->receipts && self->kind->receipts && count < batch->count &&
		batch->action != BATCH_CLEAR && batch->action != BATCH_PLAYLIST)
		give_receipts(self, batch, &outcome);
	free(places);
}

static void finish_closing(struct channel *self)
{
	struct null *null = self->state;

	if (!self->closing || !list_empty(&null->waiting))
		return;
	timer_disarm(&null->deadline);
	free(null);
	self->state = NULL;
	channel_closed(self);
}

static void end_waiter(struct waiter *waiter)
{
	list_remove(&waiter->in_waiting);
	timer_disarm(&waiter->timer);
	free(waiter);
}

static void on_answer(void *arg)
{
	struct waiter *waiter = arg;
	struct channel *self = waiter->channel;

	answer(self, waiter->batch);
	end_waiter(waiter);
	finish_closing(self);
}

static void on_deadline(void *arg)
{
	struct channel *self = arg;
	struct null *null = self->state;
	struct outcome outcome = outcome_make(CLASS_AMBIGUOUS, 0, "closed before the answer");

	for (struct link *link; (link = list_first(&null->waiting)) != NULL;) {
		struct waiter *waiter = list_object(link, struct waiter, in_waiting);
		channel_settle(self, waiter->batch, &outcome);
		end_waiter(waiter);
	}
	finish_closing(self);
}

static enum result null_open(struct channel *self, struct problems *problems)
{
	struct null *null = mem_zalloc(sizeof(*null));

	list_init(&null->waiting);
	timer_init(&null->deadline, self->loop, on_deadline, self);
	self->state = null;
	return RESULT_OK;
}

static void null_send(struct channel *self, const struct batch *batch)
{
	struct null *null = self->state;
	int64_t delay = options_of(self)->delay_ms;

	if (delay <= 0) {
		answer(self, batch);
		return;
	}
	struct waiter *waiter = mem_zalloc(sizeof(*waiter));
	waiter->channel = self;
	waiter->batch = batch;
	timer_init(&waiter->timer, self->loop, on_answer, waiter);
	timer_arm(&waiter->timer, (uint64_t)delay);
	list_push_back(&null->waiting, &waiter->in_waiting);
}

static void null_close(struct channel *self, uint64_t deadline_ms)
{
	struct null *null = self->state;
	uint64_t now = clock_mono_ms();

	if (list_empty(&null->waiting))
		finish_closing(self);
	else
		timer_arm(&null->deadline, deadline_ms > now ? deadline_ms - now : 1);
}

static void null_showing(struct channel *self, struct buf *out)
{
	const struct null *null = self->state;

	buf_printf(out, "nothing: this sign does not exist (%llu sends)", (unsigned long long)null->sends);
}

const struct channel_kind null_sms_kind = {
	.name = "null",
	.medium = MEDIUM_SMS,
	.settings = settings,
	.options_size = sizeof(struct null_options),
	.batch_limit = 10000,
	.rate = "unlimited",
	.window = 8,
	.batch = 1000,
	.receipts = true,
	.open = null_open,
	.send = null_send,
	.close = null_close,
	.receipted = null_receipted,
};

const struct channel_kind null_group_kind = {
	.name = "null-group",
	.medium = MEDIUM_WECOM,
	.settings = settings,
	.options_size = sizeof(struct null_options),
	.batch_limit = 1,
	.rate = "unlimited",
	.window = 1,
	.batch = 1,
	.open = null_open,
	.send = null_send,
	.close = null_close,
};

const struct channel_kind null_sign_kind = {
	.name = "null-sign",
	.medium = MEDIUM_LED,
	.settings = settings,
	.options_size = sizeof(struct null_options),
	.batch_limit = 1,
	.rate = "unlimited",
	.window = 1,
	.batch = 1,
	.receipts = true,
	.absolute = true,
	.open = null_open,
	.send = null_send,
	.close = null_close,
	.showing = null_showing,
	.receipted = null_receipted,
};
