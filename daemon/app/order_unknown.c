/* Orders about what is in doubt: sends whose answer was lost. Nothing is sent again unless somebody says so here. */
#include <stdlib.h>

#include "app/campaign.h"
#include "app/commands.h"
#include "app/dispatch.h"
#include "base/clock.h"
#include "base/mem.h"
#include "ledger/query.h"

enum { DOUBTS_AT_ONCE = 1000 };

struct doubts {
	struct app *app;
	json_t *list;
	uint64_t recipients;
	size_t most; /* batches that are to be listed */
	struct batch_name last; /* looked at, listed or not */
	unsigned int seen; /* in this lot */
};

static uint32_t still_unknown(const struct lane *lane, uint32_t first, uint32_t count, uint32_t *positions)
{
	uint32_t found = 0;

	for (uint32_t i = first; i < first + count && i < lane->tally.size; i++)
		if (lane->tally.states[i] == STATE_UNKNOWN)
			positions[found++] = i;
	return found;
}

static bool on_doubt(void *arg, const struct ledger_batch *batch)
{
	struct doubts *doubts = arg;
	const struct lane *lane = campaign_lane(doubts->app, batch->name);

	doubts->last = batch->name;
	doubts->seen++;
	uint32_t *positions = mem_calloc(batch->count, sizeof(*positions));
	uint32_t count = lane != NULL ? still_unknown(lane, batch->first, batch->count, positions) : 0;
	char name[32];

	free(positions);
	/* Receipts may have settled all of it. */
	if (count == 0)
		return true;
	doubts->recipients += count;
	json_array_append_new(doubts->list,
		json_pack("{s:s, s:s, s:s*, s:s*, s:i, s:I, s:s}", "batch", batch_text(batch->name, name), "alert",
			lane->campaign->id, "channel", lane->outlet != NULL ? lane->outlet->name : NULL, "audience",
			lane->audience, "recipients", (int)count, "sent_ms", (json_int_t)batch->intent_ms, "peer",
			batch->peer != NULL ? batch->peer : ""));
	return json_array_size(doubts->list) < doubts->most;
}

/* What can be in doubt at most at any moment: every window full. */
static json_t *bounds(const struct app *app)
{
	json_t *list = json_object();

	for (unsigned int i = 0; i < app->outlet_count; i++) {
		const struct outlet *outlet = app->outlets[i];
		if (outlet->config != NULL && !outlet->kind->absolute)
			json_object_set_new(list, outlet->name,
				json_integer((json_int_t)(outlet->config->window * outlet->config->batch)));
	}
	return list;
}

void order_unknown_list(void *arg, struct control_call *call, const json_t *args)
{
	struct doubts doubts = {.app = arg, .list = json_array(), .most = (size_t)control_number(args, "most", 1000)};
	enum result result;

	/* On and on, or those that receipts have settled would take the room of those that are still in doubt. */
	do {
		doubts.seen = 0;
		result = ledger_list_unknown(doubts.app->ledger, doubts.last, DOUBTS_AT_ONCE, on_doubt, &doubts);
	} while (doubts.seen == DOUBTS_AT_ONCE && json_array_size(doubts.list) < doubts.most);
	if (order_read(call, result))
		control_result(call,
			json_pack("{s:O, s:I, s:o, s:i}", "batches", doubts.list, "recipients",
				(json_int_t)doubts.recipients, "bounds", bounds(doubts.app), "most", (int)doubts.most));
	json_decref(doubts.list);
}

struct one_doubt {
	struct batch_name name;
	uint32_t first, count;
	bool found;
};

static bool on_wanted(void *arg, const struct ledger_batch *batch)
{
	struct one_doubt *wanted = arg;

	wanted->found = batch->name.alert == wanted->name.alert && batch->name.lane == wanted->name.lane &&
		batch->name.number == wanted->name.number;
	wanted->first = batch->first;
	wanted->count = batch->count;
	return false;
}

/* The batch that the operator named, if it is in doubt; else answered with an error. */
static struct lane *wanted_lane(struct app *app, struct control_call *call, const json_t *args,
	struct one_doubt *wanted)
{
	const char *name = control_text(args, "batch");

	*wanted = (struct one_doubt){0};
	if (name == NULL || !batch_parse(name, &wanted->name)) {
		control_error(call, CONTROL_USAGE,
			N_("\"batch\" is written as in \"crier unknown list\", such as 12-0-31"));
		return NULL;
	}
	struct batch_name before = wanted->name;
	before.number--;
	if (!order_read(call, ledger_list_unknown(app->ledger, before, 1, on_wanted, wanted)))
		return NULL;
	struct lane *lane = wanted->found ? campaign_lane(app, wanted->name) : NULL;
	if (lane == NULL)
		control_error(call, CONTROL_FAILED, N_("batch %s is not in doubt"), name);
	return lane;
}

static void resolve(struct app *app, struct control_call *call, const json_t *args, enum ledger_resolution resolution)
{
	struct one_doubt wanted;
	struct lane *lane = wanted_lane(app, call, args, &wanted);

	if (lane == NULL)
		return;
	if (resolution == LEDGER_RESEND && (lane->ended || lane->plan == NULL)) {
		control_error(call, CONTROL_FAILED,
			N_("the alert is cancelled or past its end: it can only be dropped"));
		return;
	}
	uint32_t *positions = mem_calloc(wanted.count, sizeof(*positions));
	uint32_t count = still_unknown(lane, wanted.first, wanted.count, positions);
	bool dry = control_flag(args, "dry_run");
	json_t *result = json_pack("{s:i, s:b}", "recipients", (int)count, "dry_run", dry);
	if (dry || count == 0) {
		control_result(call, result);
	} else {
		char name[32];
		ledger_resolve(app->ledger, wanted.name, resolution, positions, count, clock_wall_ms(),
			control_who(call), NULL, NULL);
		for (uint32_t i = 0; i < count; i++)
			tally_move(&lane->tally, positions[i],
				resolution == LEDGER_RESEND ? STATE_WAITING : STATE_FAILED);
		/* The whole run goes out again; who no longer waits in it is left out when it is cut. */
		if (resolution == LEDGER_RESEND)
			plan_lane_resend(app->plan, lane->plan, wanted.first, wanted.count, 1);
		dispatch_kick(app);
		campaign_review_later(lane->campaign);
		order_done(app, call, result, resolution == LEDGER_RESEND ? "resend" : "drop", "%s %u recipients",
			batch_text(wanted.name, name), count);
	}
	free(positions);
}

void order_unknown_resend(void *arg, struct control_call *call, const json_t *args)
{
	resolve(arg, call, args, LEDGER_RESEND);
}

void order_unknown_drop(void *arg, struct control_call *call, const json_t *args)
{
	resolve(arg, call, args, LEDGER_DROP);
}
