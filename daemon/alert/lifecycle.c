#include "alert/lifecycle.h"

#include <string.h>

#include "alert/moment.h"
#include "base/require.h"

static bool is_drill(enum alert_status status)
{
	return status != STATUS_ACTUAL;
}

/* Adds a problem about the whole document, or one of its fields. */
#define LIFECYCLE_ERROR(problems, field, ...)   problem_add(problems, PROBLEM_ERROR, NULL, field, __VA_ARGS__)
#define LIFECYCLE_WARNING(problems, field, ...) problem_add(problems, PROBLEM_WARNING, NULL, field, __VA_ARGS__)

/*
 * The alert's id has been seen before. The sender counts too: an id is one sender's for ever (alerts.md
 * section 2).
 */
static enum decision decide_known(const struct alert *alert, const struct lifecycle_facts *facts,
	struct problems *problems)
{
	struct problem *problem;

	if (strcmp(facts->known_digest, alert->digest) == 0 && strcmp(facts->known_sender, alert->sender) == 0) {
		problem = LIFECYCLE_WARNING(problems, "id",
			N_("this alert (%s) is here already: nothing was sent again"), alert->id);
		problem_remedy(problem, N_("see \"crier alert show %s\""), alert->id);
		return DECISION_DUPLICATE;
	}
	problem = LIFECYCLE_ERROR(problems, "id", N_("the id %s was used before, with other content"), alert->id);
	problem_remedy(problem,
		N_("give this one an id of its own, or leave the id out; to change the earlier alert, write an update (更新)"));
	return DECISION_REFUSE_ID_REUSED;
}

/* What forbids one of the references; DECISION_ACCEPT when nothing does. */
static enum decision judge_reference(const struct alert *alert, const struct lifecycle_reference *reference,
	struct problems *problems)
{
	struct problem *problem;

	if (strcmp(reference->id, alert->id) == 0) {
		problem = LIFECYCLE_ERROR(problems, "supersedes", N_("the alert names itself (%s)"), alert->id);
		problem_remedy(problem, N_("write the id of the earlier alert"));
		return DECISION_REFUSE_SELF;
	}
	if (!reference->known)
		return DECISION_ACCEPT;
	if (strcmp(reference->sender, alert->sender) != 0) {
		problem = LIFECYCLE_ERROR(problems, "supersedes", N_("%s was sent by somebody else"), reference->id);
		problem_remedy(problem,
			N_("only its sender may change or withdraw it; \"crier alert cancel %s\" is for operators"),
			reference->id);
		return DECISION_REFUSE_FOREIGN;
	}
	if (is_drill(reference->status) == is_drill(alert->status))
		return DECISION_ACCEPT;
	problem = is_drill(alert->status)
		? LIFECYCLE_ERROR(problems, "supersedes", N_("this is a drill, but %s is a real alert"), reference->id)
		: LIFECYCLE_ERROR(problems, "supersedes", N_("this is a real alert, but %s was a drill"),
			  reference->id);
	problem_remedy(problem, N_("a drill and a real alert never change each other"));
	return DECISION_REFUSE_DRILL;
}

bool lifecycle_tombstone_holds(const struct alert *alert, const struct lifecycle_facts *facts)
{
	if (!facts->tombstone || facts->tombstone_drill != is_drill(alert->status))
		return false;
	return facts->tombstone_sender == NULL || strcmp(facts->tombstone_sender, alert->sender) == 0;
}

/* Something later has already been applied to what this would change. */
static bool overtaken(const struct alert *alert, const struct lifecycle_facts *facts)
{
	return facts->newer_id != NULL && facts->newer_issued_ms > alert->issued_ms;
}

/* What may be kept but not sent; DECISION_ACCEPT when it may be sent. */
static enum decision decide_storing(const struct alert *alert, const struct lifecycle_facts *facts,
	struct problems *problems)
{
	struct problem *problem;
	char moment[MOMENT_TEXT];

	if (lifecycle_tombstone_holds(alert, facts)) {
		problem = LIFECYCLE_WARNING(problems, "id",
			N_("the alert %s was withdrawn or replaced before it came: it is kept, not sent"), alert->id);
		problem_remedy(problem, N_("if it is to be sent, hand it in again with a new id"));
		return DECISION_STORE_ONLY;
	}
	if (overtaken(alert, facts)) {
		problem = LIFECYCLE_WARNING(problems, "supersedes",
			N_("a newer version (%s) is in force: this one is kept, not sent"), facts->newer_id);
		problem_remedy(problem, N_("to change the newer version, name its id"));
		return DECISION_STORE_ONLY;
	}
	if (alert->until_ms <= facts->now_ms && alert->action != ACTION_CANCEL) {
		problem = LIFECYCLE_WARNING(problems, "until", N_("its time is over (%s): it is kept, not sent"),
			moment_text(alert->until_ms, moment));
		problem_remedy(problem, N_("if it is still true, hand it in again with a later end"));
		return DECISION_ARCHIVE;
	}
	if (alert->status == STATUS_DRAFT) {
		problem = LIFECYCLE_WARNING(problems, "status", N_("this is a draft: it is kept, not sent"));
		problem_remedy(problem,
			N_("hand in the final alert without the line \"status\" (状态) and with an id of its own"));
		return DECISION_STORE_ONLY;
	}
	return DECISION_ACCEPT;
}

static enum decision decide_cancel(const struct lifecycle_facts *facts, size_t known, struct problems *problems)
{
	if (known == 0) {
		struct problem *problem = LIFECYCLE_WARNING(problems, "supersedes",
			N_("nothing by this id has come yet; should it come, it will not be sent"));
		problem_remedy(problem, N_("check the id with \"crier alert list\""));
		return DECISION_TOMBSTONE_ONLY;
	}
	for (size_t i = 0; i < facts->reference_count; i++)
		if (facts->references[i].known && facts->references[i].sent)
			return DECISION_STOP_CORRECT;
	return DECISION_STOP;
}

enum decision lifecycle_decide(const struct alert *alert, const struct lifecycle_facts *facts,
	struct problems *problems)
{
	size_t known = 0;

	if (facts->known)
		return decide_known(alert, facts, problems);
	for (size_t i = 0; i < facts->reference_count; i++) {
		REQUIRE(strcmp(facts->references[i].id, alert->supersedes[i]) == 0);
		enum decision refusal = judge_reference(alert, &facts->references[i], problems);
		if (refusal != DECISION_ACCEPT)
			return refusal;
		known += facts->references[i].known;
	}
	enum decision storing = decide_storing(alert, facts, problems);
	if (storing != DECISION_ACCEPT)
		return storing;
	if (alert->action == ACTION_CANCEL)
		return decide_cancel(facts, known, problems);
	return alert->action == ACTION_UPDATE && known > 0 ? DECISION_REPLACE : DECISION_ACCEPT;
}

bool decision_leaves_tombstones(enum decision decision)
{
	return decision <= DECISION_TOMBSTONE_ONLY;
}

bool decision_refuses(enum decision decision)
{
	return decision >= DECISION_REFUSE_ID_REUSED;
}

const char *decision_name(enum decision decision)
{
	static const char *const names[] = {"accept", "replace", "stop", "stop-correct", "tombstone-only", "store-only",
		"duplicate", "archive", "id-reused", "foreign", "drill", "self"};

	return names[decision];
}
