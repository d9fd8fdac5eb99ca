#include "app/intake.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alert/lifecycle.h"
#include "alert/read.h"
#include "app/campaign.h"
#include "app/draft.h"
#include "app/reference.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "ledger/query.h"

/* An earlier alert that the arriving one is about. */
struct earlier {
	uint32_t number;
	char *sender;
	char *id;
	int64_t issued_ms;
	enum alert_status status;
	enum lifecycle_state state;
	bool known, sent;
};

struct facts {
	struct lifecycle_facts facts;
	struct lifecycle_reference *references;
	struct earlier *earlier; /* as many as references */
	size_t count;
	struct earlier *newest; /* of the chain of each that is known */
	struct earlier same;
	char digest[65];
	const struct alert *alert; /* that they are about */
	char *tombstone_sender;
};

static enum lifecycle_state lifecycle_state_of(const struct ledger_alert *alert)
{
	if (alert->fate == LEDGER_UPDATED)
		return LIFECYCLE_UPDATED;
	if (alert->fate == LEDGER_CANCELLED)
		return LIFECYCLE_CANCELLED;
	if (alert->state == LEDGER_STORED)
		return LIFECYCLE_STORED;
	return alert->state == LEDGER_OPEN ? LIFECYCLE_OPEN : LIFECYCLE_CLOSED;
}

static bool on_earlier(void *arg, const struct ledger_alert *alert)
{
	struct earlier *earlier = arg;

	earlier->known = true;
	earlier->number = alert->number;
	earlier->id = mem_strdup(alert->id);
	earlier->sender = mem_strdup(alert->sender);
	earlier->issued_ms = alert->issued_ms;
	earlier->status = alert->status;
	earlier->state = lifecycle_state_of(alert);
	earlier->sent = alert->last_send_ms != 0;
	return false;
}

/* Whether a question to the ledger was answered, if only with "there is no such thing". */
static bool was_read(enum result result)
{
	return result == RESULT_OK || result == RESULT_NOT_FOUND;
}

/* What is known of an id: from memory while it is open (that is newer than the disk), else from the ledger. */
static bool look_up(struct app *app, const char *id, struct earlier *earlier)
{
	const struct campaign *campaign = campaign_find_id(app, id);

	if (campaign == NULL)
		return was_read(ledger_find_alert(app->ledger, id, on_earlier, earlier));
	earlier->known = true;
	earlier->number = campaign->number;
	earlier->id = mem_strdup(campaign->id);
	earlier->sender = mem_strdup(campaign->sender);
	earlier->issued_ms = campaign->issued_ms;
	earlier->status = campaign->status;
	earlier->sent = campaign_sent(campaign);
	earlier->state = campaign->fate == LEDGER_UPDATED ? LIFECYCLE_UPDATED
		: campaign->fate == LEDGER_CANCELLED      ? LIFECYCLE_CANCELLED
							  : LIFECYCLE_OPEN;
	return true;
}

static void earlier_fini(struct earlier *earlier)
{
	free(earlier->sender);
	free(earlier->id);
}

/* Other senders and drills may have named the same id: what they left must not hide the one that holds. */
static bool on_tombstone(void *arg, const struct ledger_tombstone *tombstone)
{
	struct facts *facts = arg;

	facts->facts.tombstone = true;
	facts->facts.tombstone_drill = tombstone->drill;
	free(facts->tombstone_sender);
	facts->tombstone_sender = mem_strdup(tombstone->sender);
	facts->facts.tombstone_sender = facts->tombstone_sender;
	return !lifecycle_tombstone_holds(facts->alert, &facts->facts);
}

static bool gather_same(struct app *app, const struct alert *alert, struct facts *facts)
{
	uint32_t number;
	enum result known = ledger_known(app->ledger, alert->id, &number, facts->digest);

	facts->facts.known = known == RESULT_OK;
	if (!facts->facts.known)
		return was_read(known);
	bool read = look_up(app, alert->id, &facts->same);
	facts->facts.known_digest = facts->digest;
	facts->facts.known_sender = facts->same.known ? facts->same.sender : alert->sender;
	return read;
}

/* Of several chains, what was said last. */
static void note_newer(struct facts *facts, const struct earlier *newest)
{
	if (!newest->known || (facts->facts.newer_id != NULL && newest->issued_ms <= facts->facts.newer_issued_ms))
		return;
	facts->facts.newer_id = newest->id;
	facts->facts.newer_issued_ms = newest->issued_ms;
}

/* False: the ledger cannot be read now. What would be judged without it might be sent although it was cancelled, or twice. */
static bool gather(struct app *app, const struct alert *alert, struct facts *facts)
{
	*facts = (struct facts){.facts = {.now_ms = clock_wall_ms()}, .alert = alert};
	bool read = gather_same(app, alert, facts);

	read = was_read(ledger_find_tombstone(app->ledger, alert->id, facts->facts.now_ms, on_tombstone, facts)) &&
		read;
	facts->count = mem_strings_count(alert->supersedes);
	facts->references = mem_calloc(facts->count, sizeof(*facts->references));
	facts->earlier = mem_calloc(facts->count, sizeof(*facts->earlier));
	facts->newest = mem_calloc(facts->count, sizeof(*facts->newest));
	for (size_t i = 0; i < facts->count; i++) {
		struct earlier *earlier = &facts->earlier[i];
		read = look_up(app, alert->supersedes[i], earlier) && read;
		facts->references[i] = (struct lifecycle_reference){alert->supersedes[i], earlier->known,
			earlier->sender, earlier->status, earlier->state, earlier->sent};
		if (earlier->known)
			read = was_read(ledger_newest_of_chain(app->ledger, earlier->number, on_earlier,
				       &facts->newest[i])) &&
				read;
		note_newer(facts, &facts->newest[i]);
	}
	facts->facts.references = facts->references;
	facts->facts.reference_count = facts->count;
	return read;
}

static void facts_fini(struct facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		earlier_fini(&facts->earlier[i]);
		earlier_fini(&facts->newest[i]);
	}
	earlier_fini(&facts->same);
	free(facts->earlier);
	free(facts->newest);
	free(facts->references);
	free(facts->tombstone_sender);
}

static bool withdraws(enum decision decision)
{
	return decision == DECISION_REPLACE || decision == DECISION_STOP || decision == DECISION_STOP_CORRECT;
}

static bool sends(enum decision decision)
{
	return decision == DECISION_ACCEPT || decision == DECISION_REPLACE;
}

static char *title_of(const struct app *app, const struct alert *alert)
{
	const struct fraud_type *type = taxonomy_type(app->taxonomy, alert->fraud_type);

	if (alert->headline != NULL)
		return mem_strdup(alert->headline);
	return mem_printf("%s%s%s", alert->place != NULL ? alert->place : "", alert->place != NULL ? " " : "",
		type != NULL ? type->name : alert->fraud_type);
}

static void mark(struct replaced *replaced, uint32_t alert, enum ledger_fate fate)
{
	for (size_t i = 0; i < replaced->count; i++)
		if (replaced->marks[i].alert == alert)
			return;
	replaced->marks[replaced->count++] = (struct ledger_mark){alert, fate};
}

/* The earlier alerts that the decision ends: those that it names, and what is in force in their place. */
static struct replaced find_replaced(const struct facts *facts, enum decision decision)
{
	enum ledger_fate fate = decision == DECISION_REPLACE ? LEDGER_UPDATED : LEDGER_CANCELLED;
	struct replaced replaced = {.marks = mem_calloc(facts->count * 2, sizeof(*replaced.marks))};

	for (size_t i = 0; withdraws(decision) && i < facts->count; i++) {
		const struct earlier *earlier = &facts->earlier[i], *newest = &facts->newest[i];
		if (earlier->known && earlier->state != LIFECYCLE_CANCELLED)
			mark(&replaced, earlier->number, fate);
		if (newest->known && newest->state == LIFECYCLE_OPEN)
			mark(&replaced, newest->number, fate);
	}
	return replaced;
}

/* The tombstones for those that have not come. */
static void add_tombstones(const struct alert *alert, const struct facts *facts, enum decision decision,
	struct ledger_acceptance *acceptance)
{
	struct ledger_tombstone *tombstones = mem_calloc(facts->count, sizeof(*tombstones));

	for (size_t i = 0; i < facts->count; i++) {
		if (!facts->earlier[i].known && decision_leaves_tombstones(decision))
			tombstones[acceptance->tombstone_count++] =
				(struct ledger_tombstone){.id = alert->supersedes[i],
					.sender = alert->sender,
					.drill = alert->status != STATUS_ACTUAL,
					.until_ms = alert->issued_ms + LIFECYCLE_TOMBSTONE_MS};
	}
	acceptance->tombstones = tombstones;
}

static struct ledger_lane *ledger_lanes(const struct draft *draft, const struct alert *alert)
{
	struct ledger_lane *lanes = mem_calloc(draft->count, sizeof(*lanes));

	for (uint16_t i = 0; i < draft->count; i++) {
		const struct draft_lane *from = &draft->lanes[i];
		struct buf set;
		lanes[i] = (struct ledger_lane){
			.channel = from->outlet != NULL ? from->outlet->name : NULL,
			.medium = from->medium,
			.audience = from->audience != NULL ? from->audience : "",
			.language = from->language != NULL ? from->language : "",
			.area = alert->areas[0],
			.message = from->message,
			.size = from->size,
			.state = from->state,
		};
		if (from->set == NULL)
			continue;
		set_shrink(from->set);
		buf_init(&set, set_bytes(from->set) + 16);
		set_dump(from->set, &set);
		lanes[i].set_size = set.size;
		lanes[i].set = buf_take(&set);
	}
	return lanes;
}

static void free_ledger_lanes(struct ledger_lane *lanes, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++)
		free((void *)lanes[i].set);
	free(lanes);
}

/* What the durable callback of an acceptance needs after the verdict is gone. */
struct acceptance_note {
	struct link in_app;
	struct app *app;
	uint32_t number;
	bool withdraws; /* it marks earlier alerts, or leaves a word for some to come */
	ledger_durable *durable;
	void *arg;
};

static void on_accept_durable(void *arg, enum result result)
{
	struct acceptance_note *note = arg;
	struct campaign *campaign = campaign_find(note->app, note->number);

	if (campaign != NULL && result == RESULT_OK) {
		campaign->recorded = true;
		campaign_review_later(campaign);
	}
	if (note->durable != NULL)
		note->durable(note->arg, result);
	list_remove(&note->in_app);
	if (note->withdraws)
		desk_go_on(note->app);
	free(note);
}

bool intake_settling(const struct app *app)
{
	for (struct link *link = list_first(&app->acceptances); link != NULL; link = list_next(&app->acceptances, link))
		if (list_object(link, struct acceptance_note, in_app)->withdraws)
			return true;
	return false;
}

void intake_drop(struct app *app)
{
	struct link *link;

	while ((link = list_first(&app->acceptances)) != NULL) {
		list_remove(link);
		free(list_object(link, struct acceptance_note, in_app));
	}
	desk_drop(app);
}

static const char *form_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL ? dot + 1 : NULL;
}

static struct campaign *accept(struct app *app, const struct intake_origin *origin, const struct alert *alert,
	const struct facts *facts, const struct replaced *replaced, enum decision decision, struct draft *draft,
	uint32_t *number, ledger_durable *durable, void *arg)
{
	struct acceptance_note *note = mem_zalloc(sizeof(*note));
	struct campaign *campaign = NULL;
	char *title = title_of(app, alert);
	struct ledger_acceptance acceptance = {
		.alert =
			{
				.id = alert->id,
				.sender = alert->sender,
				.digest = alert->digest,
				.document = origin->bytes,
				.document_size = origin->size,
				.form = origin->name != NULL ? form_of(origin->name) : NULL,
				.file_name = origin->name,
				.source = origin->source,
				.schedule = origin->schedule,
				.occurrence_ms = origin->occurrence_ms,
				.status = alert->status,
				.action = alert->action,
				.urgency = alert->urgency,
				.level = alert->level,
				.fraud_type = alert->fraud_type,
				.title = title,
				.author = alert->author != NULL ? alert->author : origin->who,
				.issued_ms = alert->issued_ms,
				.accepted_ms = clock_wall_ms(),
				.from_ms = alert->from_ms,
				.until_ms = alert->until_ms,
				.supersedes = alert->supersedes,
				.state = sends(decision) ? LEDGER_OPEN : LEDGER_STORED,
			},
		.lane_count = draft->count,
		.marks = replaced->marks,
		.mark_count = replaced->count,
	};
	struct ledger_lane *lanes = ledger_lanes(draft, alert);

	acceptance.lanes = lanes;
	add_tombstones(alert, facts, decision, &acceptance);
	*note = (struct acceptance_note){.app = app,
		.withdraws = acceptance.mark_count + acceptance.tombstone_count > 0,
		.durable = durable,
		.arg = arg};
	list_push_back(&app->acceptances, &note->in_app);
	*number = note->number = ledger_accept(app->ledger, &acceptance, on_accept_durable, note);
	log_event(LOG_NOTICE, "accepted",
		"alert=%s number=%u decision=%s urgency=%s status=%s residents=%u groups=%u signs=%u", alert->id,
		*number, decision_name(decision), urgency_name(alert->urgency), alert_status_name(alert->status),
		draft->crowd[CROWD_RESIDENTS], draft->crowd[CROWD_GROUPS], draft->crowd[CROWD_SIGNS]);
	for (size_t i = 0; i < acceptance.mark_count; i++) {
		struct campaign *earlier = campaign_find(app, acceptance.marks[i].alert);
		if (earlier != NULL)
			campaign_withdraw(earlier, acceptance.marks[i].fate, *number);
	}
	free_ledger_lanes(lanes, draft->count);
	free((void *)acceptance.tombstones);
	if (sends(decision)) {
		campaign = campaign_new(app, *number, alert, title, draft);
		campaign->schedule = mem_strdup(origin->schedule);
		campaign_start(campaign);
	}
	free(title);
	return campaign;
}

struct campaign *intake_accept_made(struct app *app, const struct intake_origin *origin, const struct alert *alert,
	struct draft *draft)
{
	static const struct facts none;
	static const struct replaced nothing;
	uint32_t number;

	return accept(app, origin, alert, &none, &nothing, DECISION_ACCEPT, draft, &number, NULL, NULL);
}

/* A verdict that needs no writing is told on the next turn all the same: nobody is called from inside his own call. */
struct later {
	struct deferred deferred;
	ledger_durable *durable;
	void *arg;
};

static void on_later(void *arg)
{
	struct later *later = arg;

	later->durable(later->arg, RESULT_OK);
	free(later);
}

static void tell_later(struct app *app, ledger_durable *durable, void *arg)
{
	if (durable == NULL)
		return;
	struct later *later = mem_zalloc(sizeof(*later));
	later->durable = durable;
	later->arg = arg;
	loop_defer(app->loop, &later->deferred, on_later, later);
}

/* Room beyond intake.open_alerts is kept for what is urgent: it must not wait behind what is not. */
static bool must_wait(const struct app *app, const struct intake_origin *origin, const struct alert *alert)
{
	return origin->source == LEDGER_SPOOL && alert->urgency != URGENCY_IMMEDIATE &&
		intake_open_alerts(app) >= (unsigned int)app->config->intake.open_alerts;
}

void intake_judge(struct app *app, const struct intake_origin *origin, struct judgement *judgement,
	ledger_durable *durable, void *arg)
{
	struct alert_audience *audiences = mem_calloc(app->config->audience_count, sizeof(*audiences));
	struct alert_context context = reference_context(app->config, app->taxonomy, audiences, origin->at_ms);
	struct alert *alert = NULL;
	struct draft draft = {0};
	struct facts facts = {0};
	struct replaced replaced = {0};
	bool writing = false;

	wallclock_look(app);
	*judgement = (struct judgement){0};
	problems_init(&judgement->problems);
	if (alert_read(&context, origin->name, origin->bytes, origin->size, &alert, &judgement->problems) !=
		RESULT_OK) {
		judgement->refused = true;
	} else if (!gather(app, alert, &facts)) {
		judgement->unread = true;
		facts_fini(&facts);
	} else {
		judgement->id = mem_strdup(alert->id);
		enum decision decision = lifecycle_decide(alert, &facts.facts, &judgement->problems);
		judgement->refused = decision_refuses(decision);
		judgement->duplicate = decision == DECISION_DUPLICATE;
		judgement->deferred = decision == DECISION_ACCEPT && must_wait(app, origin, alert);
		replaced = find_replaced(&facts, decision);
		if (sends(decision) && !judgement->deferred)
			draft_make(app, alert, &replaced, &draft, &judgement->problems);
		if (judgement->problems.errors > 0)
			judgement->refused = true;
		if (!judgement->refused && !judgement->duplicate && !judgement->deferred) {
			judgement->campaign = accept(app, origin, alert, &facts, &replaced, decision, &draft,
				&judgement->number, durable, arg);
			judgement->stored = judgement->campaign == NULL;
			app->files_accepted++;
			writing = true;
		}
		facts_fini(&facts);
		draft_fini(&draft);
		free(replaced.marks);
	}
	app->files_refused += judgement->refused;
	app->files_duplicate += judgement->duplicate;
	if (!writing && !judgement->deferred && !judgement->unread)
		tell_later(app, durable, arg);
	alert_free(&alert);
	free(audiences);
	intake_pressure(app);
}

struct replaced intake_replaces(struct app *app, const struct alert *alert)
{
	struct replaced replaced = {0};
	struct problems problems;
	struct facts facts;

	problems_init(&problems);
	if (gather(app, alert, &facts))
		replaced = find_replaced(&facts, lifecycle_decide(alert, &facts.facts, &problems));
	facts_fini(&facts);
	problems_fini(&problems);
	return replaced;
}

void judgement_fini(struct judgement *judgement)
{
	free(judgement->id);
	problems_fini(&judgement->problems);
}
