/* The state machine of alerts.md section 2, row for row, and what design.md 2a adds (drills stay drills). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alert/lifecycle.h"

#define NOW_MS  1795233600000LL
#define HOUR_MS (3600 * 1000LL)

/* One reference, as a table writes it. */
struct past {
	const char *id; /* NULL ends the list */
	bool known;
	const char *sender;
	enum alert_status status;
	enum lifecycle_state state;
	bool sent;
};

struct row {
	const char *name;
	enum alert_action action;
	enum alert_status status;
	struct past past[3];
	bool known; /* the id is known, with… */
	const char *digest, *sender; /* … these */
	bool tombstone, tombstone_drill;
	const char *tombstone_sender;
	const char *newer;
	int64_t newer_ms; /* relative to issued */
	int64_t until_ms; /* relative to now; 0: a week */
	enum decision decision;
	const char *field; /* of the problem; NULL: no problem at all */
	enum problem_kind kind;
};

#define KNOWN(id, state, sent) \
	{ \
		id, true, "me", STATUS_ACTUAL, state, sent \
	}
#define UNKNOWN(id) \
	{ \
		id, false, NULL, STATUS_ACTUAL, LIFECYCLE_OPEN, false \
	}

static const struct row rows[] = {
	{.name = "same id, same content",
		.known = true,
		.digest = "d1",
		.sender = "me",
		.decision = DECISION_DUPLICATE,
		.field = "id",
		.kind = PROBLEM_WARNING},
	{.name = "same id, other content",
		.known = true,
		.digest = "d2",
		.sender = "me",
		.decision = DECISION_REFUSE_ID_REUSED,
		.field = "id"},
	{.name = "same id, same content, another sender",
		.known = true,
		.digest = "d1",
		.sender = "you",
		.decision = DECISION_REFUSE_ID_REUSED,
		.field = "id"},
	{.name = "a duplicate of what has expired is a duplicate",
		.known = true,
		.digest = "d1",
		.sender = "me",
		.until_ms = -1,
		.decision = DECISION_DUPLICATE,
		.field = "id",
		.kind = PROBLEM_WARNING},
	{.name = "alert, nothing known", .decision = DECISION_ACCEPT},
	{.name = "alert, tombstone",
		.tombstone = true,
		.decision = DECISION_STORE_ONLY,
		.field = "id",
		.kind = PROBLEM_WARNING},
	{.name = "alert, tombstone of the same sender",
		.tombstone = true,
		.tombstone_sender = "me",
		.decision = DECISION_STORE_ONLY,
		.field = "id",
		.kind = PROBLEM_WARNING},
	{.name = "alert, tombstone left by somebody else",
		.tombstone = true,
		.tombstone_sender = "you",
		.decision = DECISION_ACCEPT},
	{.name = "alert, tombstone left by a drill",
		.tombstone = true,
		.tombstone_drill = true,
		.decision = DECISION_ACCEPT},
	{.name = "drill, tombstone left by a drill",
		.status = STATUS_EXERCISE,
		.tombstone = true,
		.tombstone_drill = true,
		.decision = DECISION_STORE_ONLY,
		.field = "id",
		.kind = PROBLEM_WARNING},
	{.name = "drill, tombstone of a real alert",
		.status = STATUS_TEST,
		.tombstone = true,
		.decision = DECISION_ACCEPT},
	{.name = "update of a known one",
		.action = ACTION_UPDATE,
		.past = {KNOWN("a", LIFECYCLE_OPEN, true)},
		.decision = DECISION_REPLACE},
	{.name = "update of a closed one",
		.action = ACTION_UPDATE,
		.past = {KNOWN("a", LIFECYCLE_CLOSED, true)},
		.decision = DECISION_REPLACE},
	{.name = "update of a known and an unknown one",
		.action = ACTION_UPDATE,
		.past = {UNKNOWN("b"), KNOWN("a", LIFECYCLE_OPEN, false)},
		.decision = DECISION_REPLACE},
	{.name = "update of an unknown one",
		.action = ACTION_UPDATE,
		.past = {UNKNOWN("a")},
		.decision = DECISION_ACCEPT},
	{.name = "update, a newer update is in force",
		.action = ACTION_UPDATE,
		.past = {KNOWN("a", LIFECYCLE_UPDATED, true)},
		.newer = "b",
		.newer_ms = HOUR_MS,
		.decision = DECISION_STORE_ONLY,
		.field = "supersedes",
		.kind = PROBLEM_WARNING},
	{.name = "update, an older update is in force",
		.action = ACTION_UPDATE,
		.past = {KNOWN("a", LIFECYCLE_UPDATED, true)},
		.newer = "b",
		.newer_ms = -HOUR_MS,
		.decision = DECISION_REPLACE},
	{.name = "update issued with the one in force",
		.action = ACTION_UPDATE,
		.past = {KNOWN("a", LIFECYCLE_UPDATED, true)},
		.newer = "b",
		.newer_ms = 0,
		.decision = DECISION_REPLACE},
	{.name = "cancel, nothing sent",
		.action = ACTION_CANCEL,
		.past = {KNOWN("a", LIFECYCLE_OPEN, false)},
		.decision = DECISION_STOP},
	{.name = "cancel, something sent",
		.action = ACTION_CANCEL,
		.past = {KNOWN("a", LIFECYCLE_OPEN, true)},
		.decision = DECISION_STOP_CORRECT},
	{.name = "cancel, all sent",
		.action = ACTION_CANCEL,
		.past = {KNOWN("a", LIFECYCLE_CLOSED, true)},
		.decision = DECISION_STOP_CORRECT},
	{.name = "cancel of two, the second sent",
		.action = ACTION_CANCEL,
		.past = {KNOWN("a", LIFECYCLE_OPEN, false), KNOWN("b", LIFECYCLE_OPEN, true)},
		.decision = DECISION_STOP_CORRECT},
	{.name = "cancel of a known and an unknown one",
		.action = ACTION_CANCEL,
		.past = {UNKNOWN("b"), KNOWN("a", LIFECYCLE_OPEN, false)},
		.decision = DECISION_STOP},
	{.name = "cancel of an unknown one",
		.action = ACTION_CANCEL,
		.past = {UNKNOWN("a")},
		.decision = DECISION_TOMBSTONE_ONLY,
		.field = "supersedes",
		.kind = PROBLEM_WARNING},
	{.name = "cancel overtaken by a newer update",
		.action = ACTION_CANCEL,
		.past = {KNOWN("a", LIFECYCLE_UPDATED, true)},
		.newer = "b",
		.newer_ms = HOUR_MS,
		.decision = DECISION_STORE_ONLY,
		.field = "supersedes",
		.kind = PROBLEM_WARNING},
	{.name = "cancel of what was updated before",
		.action = ACTION_CANCEL,
		.past = {KNOWN("a", LIFECYCLE_UPDATED, false)},
		.newer = "b",
		.newer_ms = -HOUR_MS,
		.decision = DECISION_STOP},
	{.name = "cancel whose own time is over",
		.action = ACTION_CANCEL,
		.past = {KNOWN("a", LIFECYCLE_OPEN, false)},
		.until_ms = -1,
		.decision = DECISION_STOP},
	{.name = "draft",
		.status = STATUS_DRAFT,
		.decision = DECISION_STORE_ONLY,
		.field = "status",
		.kind = PROBLEM_WARNING},
	{.name = "test", .status = STATUS_TEST, .decision = DECISION_ACCEPT},
	{.name = "exercise", .status = STATUS_EXERCISE, .decision = DECISION_ACCEPT},
	{.name = "update of another sender's",
		.action = ACTION_UPDATE,
		.past = {{"a", true, "you", STATUS_ACTUAL, LIFECYCLE_OPEN, false}},
		.decision = DECISION_REFUSE_FOREIGN,
		.field = "supersedes"},
	{.name = "cancel of another sender's beside an own one",
		.action = ACTION_CANCEL,
		.past = {KNOWN("a", LIFECYCLE_OPEN, false), {"b", true, "you", STATUS_ACTUAL, LIFECYCLE_OPEN, false}},
		.decision = DECISION_REFUSE_FOREIGN,
		.field = "supersedes"},
	{.name = "a drill cancels a real alert",
		.action = ACTION_CANCEL,
		.status = STATUS_EXERCISE,
		.past = {KNOWN("a", LIFECYCLE_OPEN, true)},
		.decision = DECISION_REFUSE_DRILL,
		.field = "supersedes"},
	{.name = "a draft replaces a real alert",
		.action = ACTION_UPDATE,
		.status = STATUS_DRAFT,
		.past = {KNOWN("a", LIFECYCLE_OPEN, true)},
		.decision = DECISION_REFUSE_DRILL,
		.field = "supersedes"},
	{.name = "a real update of a drill",
		.action = ACTION_UPDATE,
		.past = {{"a", true, "me", STATUS_TEST, LIFECYCLE_OPEN, true}},
		.decision = DECISION_REFUSE_DRILL,
		.field = "supersedes"},
	{.name = "a test cancels an exercise",
		.action = ACTION_CANCEL,
		.status = STATUS_TEST,
		.past = {{"a", true, "me", STATUS_EXERCISE, LIFECYCLE_OPEN, false}},
		.decision = DECISION_STOP},
	{.name = "update of itself",
		.action = ACTION_UPDATE,
		.past = {UNKNOWN("x")},
		.decision = DECISION_REFUSE_SELF,
		.field = "supersedes"},
	{.name = "expired", .until_ms = -1, .decision = DECISION_ARCHIVE, .field = "until", .kind = PROBLEM_WARNING},
	{.name = "expired update",
		.action = ACTION_UPDATE,
		.past = {KNOWN("a", LIFECYCLE_OPEN, true)},
		.until_ms = -1,
		.decision = DECISION_ARCHIVE,
		.field = "until",
		.kind = PROBLEM_WARNING},
};

static enum decision decide(const struct row *row, struct problems *problems)
{
	struct lifecycle_reference references[3];
	char *supersedes[4] = {NULL};
	size_t count = 0;

	for (; count < 3 && row->past[count].id != NULL; count++) {
		const struct past *past = &row->past[count];
		references[count] = (struct lifecycle_reference){.id = past->id,
			.known = past->known,
			.sender = past->sender,
			.status = past->status,
			.state = past->state,
			.sent = past->sent};
		supersedes[count] = (char *)(uintptr_t)past->id;
	}
	struct alert alert = {.id = (char *)"x",
		.sender = (char *)"me",
		.status = row->status,
		.action = row->action,
		.supersedes = supersedes,
		.issued_ms = NOW_MS - 2 * HOUR_MS,
		.digest = "d1",
		.until_ms = NOW_MS + (row->until_ms != 0 ? row->until_ms : 168 * HOUR_MS)};
	struct lifecycle_facts facts = {.now_ms = NOW_MS,
		.known = row->known,
		.known_digest = row->digest,
		.known_sender = row->sender,
		.tombstone = row->tombstone,
		.tombstone_drill = row->tombstone_drill,
		.tombstone_sender = row->tombstone_sender,
		.references = references,
		.reference_count = count,
		.newer_id = row->newer,
		.newer_issued_ms = alert.issued_ms + row->newer_ms};
	return lifecycle_decide(&alert, &facts, problems);
}

static bool row_holds(const struct row *row)
{
	struct problems problems;

	problems_init(&problems);
	enum decision decision = decide(row, &problems);
	bool good = decision == row->decision && problems.count == (row->field != NULL);
	if (good && row->field != NULL)
		good = strcmp(problems.list[0].field, row->field) == 0 && problems.list[0].kind == row->kind &&
			problems.list[0].remedy[LANG_ZH] != NULL &&
			strcmp(problems.list[0].reason[LANG_ZH], problems.list[0].reason[LANG_EN]) != 0;
	good = good && decision_refuses(decision) == (problems.errors > 0);
	if (!good)
		printf("%s: %s, %zu problems\n", row->name, decision_name(decision), problems.count);
	problems_fini(&problems);
	return good;
}

static void every_row_holds(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		wrong += !row_holds(&rows[i]);
	assert_int_equal(wrong, 0);
}

static void every_decision_is_in_the_table_and_has_a_name(void **state)
{
	(void)state;
	for (int decision = DECISION_ACCEPT; decision <= DECISION_REFUSE_SELF; decision++) {
		size_t i = 0;
		while (i < sizeof(rows) / sizeof(rows[0]) && rows[i].decision != (enum decision)decision)
			i++;
		assert_true(i < sizeof(rows) / sizeof(rows[0]));
		assert_non_null(decision_name((enum decision)decision));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_holds),
		cmocka_unit_test(every_decision_is_in_the_table_and_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
