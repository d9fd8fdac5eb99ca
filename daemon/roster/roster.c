#include "roster/roster.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/mem.h"
#include "loop/file.h"
#include "roster/build.h"
#include "roster/date.h"
#include "roster/lock.h"
#include "roster/optout.h"
#include "roster/state.h"
#include "roster/db.h"

static bool there(int folder, const char *name)
{
	struct stat st;

	return file->fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A new store would number people anew, and alerts still open would reach other people. */
static enum result refuse_lost_store(struct problems *problems)
{
	struct place at = {.file = "roster.db"};

	problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL,
			       N_("the residents' database is missing, but roster.snapshot made from it is there")),
		N_("bring roster.db back from a backup; or, to begin anew with nobody, move roster.snapshot away and "
		   "cancel the alerts that are still open"));
	return RESULT_CORRUPT;
}

/* Once there is a view, or somebody was imported, there was a file of opt-outs: a new one would let all of them be texted. */
static enum result refuse_lost_optouts(const struct roster *roster, struct problems *problems)
{
	struct place at = {.file = "optouts.db"};
	uint64_t generation;
	enum result result = db_meta(roster->db, "generation", &generation);

	if (result != RESULT_OK)
		return db_problem(DB_ROSTER, result, problems);
	if (there(roster->folder, "optouts.db") || (generation == 0 && !there(roster->folder, SNAPSHOT_NAME)))
		return RESULT_OK;
	problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL,
			       N_("the list of those who asked not to be texted is missing beside roster.db")),
		N_("bring optouts.db back from a backup; without one, make an empty file of this name and enter the "
		   "opt-outs again before anything is sent"));
	return RESULT_CORRUPT;
}

static enum result open_files(struct roster *roster, struct problems *problems)
{
	roster->folder = file->open(AT_FDCWD, roster->state, O_RDONLY | O_DIRECTORY, 0);
	if (roster->folder < 0) {
		struct place at = {.file = roster->state};
		enum result result = result_of_errno(errno);
		problem_add(problems, PROBLEM_ERROR, &at, NULL, N_("the folder cannot be used: %s"),
			result_text(result));
		return result;
	}
	if (there(roster->folder, SNAPSHOT_NAME) && !there(roster->folder, "roster.db"))
		return refuse_lost_store(problems);
	enum result result = db_open(roster->state, DB_ROSTER, &roster->db, problems);
	if (result == RESULT_OK)
		result = refuse_lost_optouts(roster, problems);
	if (result == RESULT_OK)
		result = db_open(roster->state, DB_OPTOUTS, &roster->optouts, problems);
	if (result == RESULT_OK)
		result = db_problem(DB_ROSTER, db_meta(roster->db, "lineage", &roster->lineage), problems);
	return result;
}

static void forget_changes(struct roster *roster)
{
	free(roster->changed);
	roster->changed = NULL;
	roster->changed_count = 0;
	roster->remembering = false;
}

struct roster_fresh {
	struct roster_view *view;
	struct barred *barred; /* reads what the view holds */
};

void roster_fresh_free(struct roster_fresh **fresh)
{
	if (*fresh == NULL)
		return;
	barred_free(&(*fresh)->barred);
	view_unref(&(*fresh)->view);
	free(*fresh);
	*fresh = NULL;
}

/* Maps and checks the snapshot, and finds who of its people has opted out. */
static enum result make_fresh(int folder, sqlite3 *optouts, struct roster_fresh **fresh)
{
	struct roster_fresh *made = mem_zalloc(sizeof(*made));
	struct set *opted_out;
	enum result result = view_open(folder, &made->view);

	if (result == RESULT_OK)
		result = optout_read(optouts, made->view->people, &opted_out);
	if (result != RESULT_OK) {
		roster_fresh_free(&made);
		return result;
	}
	made->barred = barred_new(people_top(made->view->people), opted_out, made->view->gone);
	*fresh = made;
	return result;
}

static void take_fresh(struct roster *roster, struct roster_fresh **fresh)
{
	struct roster_fresh before = {roster->view, roster->barred};

	roster->view = (*fresh)->view;
	roster->barred = (*fresh)->barred;
	**fresh = before;
	roster_fresh_free(fresh);
}

static enum result snapshot_problem(enum result result, struct problems *problems)
{
	struct place at = {.file = SNAPSHOT_NAME};

	if (result != RESULT_OK)
		problem_remedy(problem_add(problems, PROBLEM_ERROR, &at, NULL,
				       N_("the view of residents cannot be made or read: %s"), result_text(result)),
			N_("look at the disk of the state folder; the file is derived from roster.db and made again at the "
			   "next start"));
	return result;
}

/* With the lock held: what an import that was cut off has left, and the snapshot. */
static enum result rebuild_locked(sqlite3 *db, sqlite3 *optouts, int folder, int64_t now_ms, struct problems *problems)
{
	enum result result = db_problem(DB_OPTOUTS, optout_drain(db, optouts), problems);

	if (result != RESULT_OK)
		return result;
	/* One transaction, so that residents and lists are read as of one moment. */
	result = db_run(db, "BEGIN");
	if (result == RESULT_OK)
		result = build_write(db, optouts, folder, now_ms);
	if (result == RESULT_OK)
		result = build_publish(folder);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return snapshot_problem(result, problems);
}

enum result roster_rebuild(const char *state, int64_t now_ms, struct problems *problems)
{
	sqlite3 *db = NULL, *optouts = NULL;
	struct lock lock;
	int folder = file->open(AT_FDCWD, state, O_RDONLY | O_DIRECTORY, 0);

	if (folder < 0)
		return snapshot_problem(result_of_errno(errno), problems);
	enum result result = lock_take(&lock, folder, problems);
	if (result == RESULT_OK)
		result = db_open(state, DB_ROSTER, &db, problems);
	if (result == RESULT_OK)
		result = db_open(state, DB_OPTOUTS, &optouts, problems);
	if (result == RESULT_OK)
		result = rebuild_locked(db, optouts, folder, now_ms, problems);
	sqlite3_close(db);
	sqlite3_close(optouts);
	lock_give(&lock);
	file->close(folder);
	return result;
}

/* Whether the snapshot is of this store, as it is now, with the lists that count today. */
static bool up_to_date(const struct roster *roster, const struct people *people, int64_t now_ms)
{
	const struct people_facts *facts = people_facts(people);
	uint64_t generation;

	if (db_meta(roster->db, "generation", &generation) != RESULT_OK || facts->generation != generation)
		return false;
	return facts->lineage == roster->lineage &&
		(facts->good_until_day == 0 || facts->good_until_day >= date_of(now_ms));
}

static bool opt_outs_due(const struct roster *roster)
{
	sqlite3_stmt *statement = db_prepare(roster->db, "SELECT 1 FROM optout_due LIMIT 1");
	bool due = statement != NULL && sqlite3_step(statement) == SQLITE_ROW;

	sqlite3_finalize(statement);
	return due;
}

/* Maps the snapshot; makes it first when it is missing, damaged or of another time. */
static enum result open_view(struct roster *roster, int64_t now_ms, struct problems *problems)
{
	struct roster_fresh *fresh = NULL;
	enum result result = make_fresh(roster->folder, roster->optouts, &fresh);

	if (result != RESULT_OK || opt_outs_due(roster) || !up_to_date(roster, fresh->view->people, now_ms)) {
		roster_fresh_free(&fresh);
		result = roster_rebuild(roster->state, now_ms, problems);
		if (result != RESULT_OK)
			return result;
		result = make_fresh(roster->folder, roster->optouts, &fresh);
	}
	if (result == RESULT_OK)
		take_fresh(roster, &fresh);
	return snapshot_problem(result, problems);
}

enum result roster_open(const char *state, int64_t now_ms, struct roster **roster, struct problems *problems)
{
	struct roster *fresh = mem_zalloc(sizeof(*fresh));

	fresh->state = mem_strdup(state);
	enum result result = open_files(fresh, problems);
	if (result == RESULT_OK)
		result = open_view(fresh, now_ms, problems);
	if (result == RESULT_OK)
		*roster = fresh;
	else
		roster_close(&fresh);
	return result;
}

void roster_close(struct roster **roster)
{
	struct roster *old = *roster;

	*roster = NULL;
	if (old == NULL)
		return;
	barred_free(&old->barred);
	view_unref(&old->view);
	forget_changes(old);
	free(old->owed);
	sqlite3_close(old->db);
	sqlite3_close(old->optouts);
	if (old->folder >= 0)
		file->close(old->folder);
	free(old->state);
	free(old);
}

void roster_expect(struct roster *roster)
{
	forget_changes(roster);
	roster->remembering = true;
}

enum result roster_prepare(const char *state, struct roster_fresh **fresh, struct problems *problems)
{
	sqlite3 *optouts = NULL;
	int folder = file->open(AT_FDCWD, state, O_RDONLY | O_DIRECTORY, 0);

	if (folder < 0)
		return snapshot_problem(result_of_errno(errno), problems);
	enum result result = db_open(state, DB_OPTOUTS, &optouts, problems);
	if (result == RESULT_OK)
		result = snapshot_problem(make_fresh(folder, optouts, fresh), problems);
	sqlite3_close(optouts);
	file->close(folder);
	return result;
}

/* What the store says now of a number whose opt-out has changed since it was read for the fresh view. */
static enum result take_change(struct roster *roster, struct roster_fresh *fresh, phone_t phone)
{
	struct roster_optout optout;
	enum result result = roster_optout_get(roster, phone, &optout);
	uint32_t id;

	if (result != RESULT_OK && result != RESULT_NOT_FOUND)
		return result;
	if (!people_find(fresh->view->people, phone, &id))
		return RESULT_OK;
	if (result == RESULT_OK)
		barred_add(fresh->barred, id);
	else
		barred_remove(fresh->barred, id);
	return RESULT_OK;
}

enum result roster_take(struct roster *roster, struct roster_fresh **fresh, struct problems *problems)
{
	enum result result = RESULT_OK;

	if (*fresh == NULL) {
		forget_changes(roster);
		return RESULT_OK;
	}
	if (people_facts((*fresh)->view->people)->lineage != roster->lineage)
		result = RESULT_CORRUPT;
	for (size_t i = 0; i < roster->changed_count && result == RESULT_OK; i++)
		result = take_change(roster, *fresh, roster->changed[i]);
	optout_add_owed(roster, (*fresh)->view->people, (*fresh)->barred);
	forget_changes(roster);
	if (result == RESULT_OK)
		take_fresh(roster, fresh);
	else
		roster_fresh_free(fresh);
	return snapshot_problem(result, problems);
}

enum result roster_refresh(struct roster *roster, struct problems *problems)
{
	struct roster_fresh *fresh = NULL;

	roster_expect(roster);
	enum result result = snapshot_problem(make_fresh(roster->folder, roster->optouts, &fresh), problems);
	return result == RESULT_OK ? roster_take(roster, &fresh, problems) : result;
}

bool roster_due(const struct roster *roster, int64_t now_ms)
{
	const struct people *people = roster_people(roster);

	/* Made under a clock that ran ahead: lists that end before that day were left out. */
	return !up_to_date(roster, people, now_ms) || people_facts(people)->made_day > date_of(now_ms);
}

const struct people *roster_people(const struct roster *roster)
{
	return roster->view->people;
}

struct roster_view *roster_hold(struct roster *roster)
{
	view_ref(roster->view);
	return roster->view;
}

const struct people *roster_view_people(const struct roster_view *view)
{
	return view->people;
}

void roster_release(struct roster_view **view)
{
	view_unref(view);
}

const struct set *roster_optouts(const struct roster *roster)
{
	return barred_optouts(roster->barred);
}

const struct barred *roster_barred(const struct roster *roster)
{
	return roster->barred;
}

const struct set *roster_gone(const struct roster *roster)
{
	return roster->view->gone;
}

uint64_t roster_lineage(const struct roster *roster)
{
	return roster->lineage;
}
