/* Orders about alerts: submit, preview, list, show, cancel, and the report. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alert/read.h"
#include "app/campaign.h"
#include "app/commands.h"
#include "app/draft.h"
#include "app/intake.h"
#include "app/outlets.h"
#include "app/reference.h"
#include "app/views.h"
#include "base/clock.h"
#include "base/mem.h"
#include "ledger/query.h"
#include "spool/name.h"
#include "text/lint.h"

void order_submit(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	const char *name = control_text(args, "name"), *why = NULL;

	if (name == NULL || *name == '\0' || strchr(name, '/') != NULL || name_passed_over(name)) {
		control_error(call, CONTROL_USAGE, N_("\"name\" is not a file name"));
		return;
	}
	if (intake_closed(app, &why)) {
		intake_refuse(call, N_("nothing new is taken now"), why);
		return;
	}
	intake_wait(app, call, name);
}

/* The whole of a descriptor's file. False, answered, when it cannot be read. A pipe would let us all wait for its writer. */
static bool read_descriptor(struct control_call *call, char **bytes, size_t *size)
{
	int fd = control_descriptor(call);
	struct stat st;
	struct buf buf;
	char chunk[16384];
	ssize_t got = -1;

	if (fd < 0) {
		control_error(call, CONTROL_USAGE, N_("no file came with the request"));
		return false;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		control_error(call, CONTROL_NO_FILE,
			N_("this is no ordinary file (a folder, pipe or device); give the path of a file"));
		return false;
	}
	buf_init(&buf, ALERT_SIZE_MOST);
	while ((got = read(fd, chunk, sizeof(chunk))) > 0 && buf_add(&buf, chunk, (size_t)got))
		;
	int error = errno;
	close(fd);
	if (got != 0) {
		buf_fini(&buf);
		if (got < 0)
			control_error(call, CONTROL_NO_FILE, N_("the file cannot be read: %s"), strerror(error));
		else
			control_error(call, CONTROL_REFUSED, N_("the file is larger than an alert may be (256 KiB)"));
		return false;
	}
	*size = buf.size;
	*bytes = buf_take(&buf);
	return true;
}

static json_t *preview_lane(struct app *app, const struct alert *alert, const struct draft_lane *lane,
	struct problems *lint)
{
	uint64_t first = 0, last = 0;

	if (lane->outlet == NULL)
		return json_pack("{s:s, s:i}", "excluded", state_name(lane->state), "recipients", (int)lane->size);
	if (lane->message == NULL)
		return NULL;
	struct plan_channel_view view;
	plan_channel_look(app->plan, lane->outlet->index, clock_mono_ms(), &view);
	plan_estimate(app->plan, lane->outlet->index, alert->urgency, clock_mono_ms(),
		(uint64_t)lane->size * lane->message->parts, &first, &last);
	uint64_t wait = intake_delay_ms(app, medium_crowd(lane->medium), alert->quiet_hours, alert->from_ms);
	first += wait;
	last += wait;
	text_lint(lane->message, app->config->site.hotline, NULL, lane->outlet->name, lint);
	json_t *item = message_view(lane->message);
	const char *obstacle = outlet_obstacle(lane->outlet);
	json_object_update_new(item,
		json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:b, s:s*}", "channel", lane->outlet->name, "audience",
			lane->audience, "language", lane->language, "recipients", (int)lane->size, "billed",
			(json_int_t)((json_int_t)lane->size * lane->message->parts), "first_ms", (json_int_t)first,
			"last_ms", (json_int_t)last, "suspended", view.suspended, "obstacle", obstacle));
	return item;
}

/* One channel's lanes leave one after another: the estimates of each begin where the one before ends. */
static void chain_estimates(json_t *lanes)
{
	size_t i, k;
	json_t *lane, *other;

	json_array_foreach(lanes, i, lane)
	{
		const char *channel = json_string_value(json_object_get(lane, "channel"));
		json_int_t before = 0;
		if (channel == NULL)
			continue;
		json_array_foreach(lanes, k, other)
		{
			const char *name = json_string_value(json_object_get(other, "channel"));
			if (k < i && name != NULL && strcmp(name, channel) == 0)
				before = json_integer_value(json_object_get(other, "last_ms"));
		}
		json_int_t first = json_integer_value(json_object_get(lane, "first_ms"));
		json_int_t last = json_integer_value(json_object_get(lane, "last_ms"));
		if (before > first) {
			json_object_set_new(lane, "first_ms", json_integer(before));
			json_object_set_new(lane, "last_ms", json_integer(before + last - first));
		}
	}
}

static json_t *preview_audiences(const struct alert *alert, const struct draft *draft)
{
	json_t *list = json_array();

	for (size_t i = 0; i < draft->audience_count; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:i}", "audience", alert->audiences[i], "residents",
				(int)draft->audience_counts[i]));
	return list;
}

static void answer_preview(struct app *app, struct control_call *call, const struct alert *alert)
{
	struct problems problems;
	struct draft draft;
	json_t *lanes = json_array();

	problems_init(&problems);
	struct replaced replaced = intake_replaces(app, alert);
	draft_make(app, alert, &replaced, &draft, &problems);
	free(replaced.marks);
	for (uint16_t i = 0; i < draft.count; i++) {
		json_t *lane = preview_lane(app, alert, &draft.lanes[i], &problems);
		if (lane != NULL)
			json_array_append_new(lanes, lane);
	}
	chain_estimates(lanes);
	int64_t now_ms = clock_wall_ms();
	control_result(call,
		json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:i, s:i, s:i, s:o, s:o, s:o, s:b}", "id", alert->id,
			"urgency", urgency_name(alert->urgency), "status", alert_status_name(alert->status), "from_ms",
			(json_int_t)alert->from_ms, "until_ms", (json_int_t)alert->until_ms, "now_ms",
			(json_int_t)now_ms, "waits_for_quiet_hours", app->quiet_now && alert->quiet_hours, "residents",
			(int)draft.crowd[CROWD_RESIDENTS], "groups", (int)draft.crowd[CROWD_GROUPS], "signs",
			(int)draft.crowd[CROWD_SIGNS], "audiences", preview_audiences(alert, &draft), "lanes", lanes,
			"problems", control_problems(&problems), "refused", problems.errors > 0));
	draft_fini(&draft);
	problems_fini(&problems);
}

void order_preview(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	struct alert_audience *audiences = mem_calloc(app->config->audience_count, sizeof(*audiences));
	struct alert_context context = reference_context(app->config, app->taxonomy, audiences, clock_wall_ms());
	struct alert *alert = NULL;
	struct problems problems;
	char *bytes = NULL;
	size_t size = 0;

	problems_init(&problems);
	if (read_descriptor(call, &bytes, &size)) {
		if (alert_read(&context, control_text(args, "name"), bytes, size, &alert, &problems) != RESULT_OK)
			control_refuse(call, CONTROL_REFUSED, &problems);
		else
			answer_preview(app, call, alert);
	}
	alert_free(&alert);
	problems_fini(&problems);
	free(bytes);
	free(audiences);
}

struct listing {
	struct app *app;
	json_t *list;
	struct sums sums;
};

static bool on_sum_lane(void *arg, uint32_t alert, uint16_t lane, const struct ledger_lane *content,
	const uint32_t *counts)
{
	struct listing *listing = arg;
	const uint32_t *now = lane_counts(listing->app, alert, lane, counts);

	if (now != NULL)
		sums_add(&listing->sums, content->medium, now);
	return true;
}

static bool on_list_alert(void *arg, const struct ledger_alert *alert)
{
	json_array_append_new(((struct listing *)arg)->list, alert_view(alert));
	return true;
}

static void join_sums(struct sums *to, const struct sums *from)
{
	for (int crowd = 0; crowd < CROWD_COUNT; crowd++)
		for (int state = 0; state < STATE_COUNT; state++)
			to->counts[crowd][state] += from->counts[crowd][state];
}

/* Adds to each alert of the list how its recipients stand, and to the listing how all of them do. */
static enum result add_sums(struct listing *all)
{
	enum result result = RESULT_OK;
	size_t i;
	json_t *item;

	json_array_foreach(all->list, i, item)
	{
		struct listing listing = {.app = all->app};
		if (result == RESULT_OK)
			result = ledger_list_lanes(all->app->ledger,
				(uint32_t)json_integer_value(json_object_get(item, "number")), on_sum_lane, &listing);
		json_object_set_new(item, "sums", sums_view(&listing.sums));
		join_sums(&all->sums, &listing.sums);
	}
	return result;
}

void order_alert_list(void *arg, struct control_call *call, const json_t *args)
{
	struct listing listing = {.app = arg, .list = json_array()};
	const char *state = control_text(args, "state");
	struct ledger_filter filter = {
		.open = state != NULL && strcmp(state, "open") == 0,
		.closed = state != NULL && strcmp(state, "closed") == 0,
		.stored = state != NULL && strcmp(state, "stored") == 0,
		.from_ms = control_number(args, "from_ms", 0),
		.to_ms = control_number(args, "to_ms", 0),
		.before = (uint32_t)control_number(args, "before", 0),
		.most = (unsigned int)control_number(args, "most", 50),
	};

	enum result result = ledger_list_alerts(listing.app->ledger, &filter, on_list_alert, &listing);
	if (result == RESULT_OK)
		result = add_sums(&listing);
	if (order_read(call, result))
		control_result(call, json_pack("{s:O, s:i}", "alerts", listing.list, "most", (int)filter.most));
	json_decref(listing.list);
}

static bool on_show_lane(void *arg, uint32_t alert, uint16_t lane, const struct ledger_lane *content,
	const uint32_t *counts)
{
	struct listing *listing = arg;
	const uint32_t *now = lane_counts(listing->app, alert, lane, counts);
	const struct lane *open = campaign_lane(listing->app, (struct batch_name){alert, lane, 0});
	json_t *item = json_pack("{s:i, s:s*, s:s, s:s*, s:i}", "lane", lane, "channel", content->channel, "medium",
		medium_name(content->medium), "audience", content->audience, "size", (int)content->size);

	if (now != NULL) {
		sums_add(&listing->sums, content->medium, now);
		json_object_set_new(item, "states", counts_view(now));
	}
	if (content->message != NULL)
		json_object_update_new(item, message_view(content->message));
	if (open != NULL && open->plan != NULL && plan_lane_held(open->plan))
		json_object_set_new(item, "held", json_true());
	if (open != NULL && open->first_ms != 0)
		json_object_update_new(item,
			json_pack("{s:I, s:I}", "first_ms", (json_int_t)open->first_ms, "last_ms",
				(json_int_t)open->last_ms));
	json_array_append_new(listing->list, item);
	return true;
}

struct found {
	json_t *view;
	uint32_t number;
	bool open;
};

static bool on_found(void *arg, const struct ledger_alert *alert)
{
	struct found *found = arg;

	found->view = alert_view(alert);
	found->number = alert->number;
	found->open = alert->state == LEDGER_OPEN;
	return false;
}

/* The alert of an id; answered with an error when there is none. */
static bool find(struct app *app, struct control_call *call, const json_t *args, struct found *found)
{
	const char *id = control_text(args, "id");

	*found = (struct found){0};
	if (id != NULL && !order_read(call, ledger_find_alert(app->ledger, id, on_found, found)))
		return false;
	if (found->view != NULL)
		return true;
	control_error(call, CONTROL_FAILED, N_("there is no alert \"%s\"; \"crier alert list\" shows them"),
		id != NULL ? id : "");
	return false;
}

void order_alert_show(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	struct listing listing = {.app = app};
	struct found found;

	if (!find(app, call, args, &found))
		return;
	listing.list = json_array();
	enum result result = ledger_list_lanes(app->ledger, found.number, on_show_lane, &listing);
	json_object_set_new(found.view, "sums", sums_view(&listing.sums));
	json_object_set_new(found.view, "lanes", listing.list);
	if (order_read(call, result))
		control_result(call, json_incref(found.view));
	json_decref(found.view);
}

void order_alert_cancel(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	struct found found;

	if (!find(app, call, args, &found))
		return;
	struct campaign *campaign = campaign_find(app, found.number);
	if (campaign == NULL || campaign->fate != LEDGER_STANDS) {
		control_error(call, CONTROL_FAILED, N_("alert \"%s\" is over already; nothing is left to stop"),
			control_text(args, "id"));
		json_decref(found.view);
		return;
	}
	uint64_t waiting = campaign_count(campaign, CROWD_RESIDENTS, STATE_WAITING) +
		campaign_count(campaign, CROWD_GROUPS, STATE_WAITING) +
		campaign_count(campaign, CROWD_SIGNS, STATE_WAITING);
	bool sent = campaign_sent(campaign), dry = control_flag(args, "dry_run");
	json_t *result = json_pack("{s:s, s:I, s:b, s:b, s:b}", "id", control_text(args, "id"), "stopped",
		(json_int_t)waiting, "some_were_sent", sent, "dry_run", dry, "done", !dry);
	if (dry) {
		control_result(call, result);
	} else {
		ledger_mark(app->ledger, campaign->number, LEDGER_CANCELLED, clock_wall_ms(), NULL, NULL);
		campaign_withdraw(campaign, LEDGER_CANCELLED, 0);
		order_done(app, call, result, "cancel", "%s", campaign->id);
	}
	json_decref(found.view);
}

void order_report(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;

	if (control_text(args, "id") != NULL) {
		order_alert_show(arg, call, args);
		return;
	}
	struct listing listing = {.app = app, .list = json_array()};
	struct ledger_filter filter = {.open = true,
		.closed = true,
		.from_ms = control_number(args, "from_ms", 0),
		.to_ms = control_number(args, "to_ms", 0),
		.most = 10000};
	enum result result = ledger_list_alerts(app->ledger, &filter, on_list_alert, &listing);
	if (result == RESULT_OK)
		result = add_sums(&listing);
	if (order_read(call, result))
		control_result(call,
			json_pack("{s:I, s:I, s:O, s:o, s:i}", "from_ms", (json_int_t)filter.from_ms, "to_ms",
				(json_int_t)filter.to_ms, "alerts", listing.list, "totals", sums_view(&listing.sums),
				"most", (int)filter.most));
	json_decref(listing.list);
}
