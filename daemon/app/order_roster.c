/* Orders about residents: import, lists, counts, one number, opt-outs. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/campaign.h"
#include "app/commands.h"
#include "app/parts.h"
#include "app/views.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "ledger/history.h"
#include "loop/file.h"
#include "roster/import.h"
#include "roster/optout.h"
#include "roster/query.h"

enum { PROGRESS_MS = 200, HISTORY_ALERTS = 5000 };

/* One import, or one new snapshot, in another thread. It owns all that it touches; `progress` is shared under its lock. */
struct import_job {
	struct app *app;
	struct control_call *call; /* NULL for a rebuild */
	struct roster_import order;
	char *state, *name, *list, *source, *basis, *until, *area, *reject_path;
	struct taxonomy *names; /* the app's: no reload takes it away meanwhile */
	struct timer tick;
	pthread_mutex_t lock;
	struct roster_progress progress;
	atomic_bool cancel;
	struct roster_totals totals;
	struct problems problems;
	struct roster_fresh *fresh; /* what is to be taken over */
	enum result result;
};

static void on_progress(void *arg, const struct roster_progress *progress)
{
	struct import_job *job = arg;

	pthread_mutex_lock(&job->lock);
	job->progress = *progress;
	pthread_mutex_unlock(&job->lock);
}

static void on_tick(void *arg)
{
	struct import_job *job = arg;
	struct roster_progress now;

	pthread_mutex_lock(&job->lock);
	now = job->progress;
	pthread_mutex_unlock(&job->lock);
	if (!control_wanted(job->call))
		atomic_store(&job->cancel, true); /* who asked has gone: nothing is changed */
	control_progress(job->call,
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "bytes", (json_int_t)now.bytes, "bytes_total",
			(json_int_t)now.bytes_total, "lines", (json_int_t)now.lines, "taken", (json_int_t)now.taken,
			"rejected", (json_int_t)now.rejected, "written", (json_int_t)now.written));
	timer_arm(&job->tick, PROGRESS_MS);
}

static bool find_area(void *arg, const char *name, char code[16])
{
	struct import_job *job = arg;

	return taxonomy_find_area(job->names, name, job->area, code) == RESULT_OK;
}

static void work_import(void *arg)
{
	struct import_job *job = arg;

	if (job->call == NULL)
		job->result = roster_rebuild(job->state, clock_wall_ms(), &job->problems);
	else
		job->result = roster_import(&job->order, &job->totals, &job->problems);
	if (job->result == RESULT_OK && !job->order.dry_run)
		job->result = roster_prepare(job->state, &job->fresh, &job->problems);
}

static json_t *reasons_view(const struct roster_totals *totals)
{
	json_t *view = json_array();

	for (int i = 0; i < ROSTER_REJECT_COUNT; i++)
		if (totals->reasons[i] > 0)
			json_array_append_new(view,
				json_pack("{s:s, s:s, s:I}", "zh",
					say(LANG_ZH, roster_reject_text((enum roster_reject)i)), "en",
					roster_reject_text((enum roster_reject)i), "count",
					(json_int_t)totals->reasons[i]));
	return view;
}

static json_t *totals_view(const struct import_job *job)
{
	const struct roster_totals *t = &job->totals;
	json_t *discarded = json_array();

	for (size_t i = 0; t->discarded != NULL && t->discarded[i] != NULL; i++)
		json_array_append_new(discarded, json_string(t->discarded[i]));
	return json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:o, s:o, s:s*, s:o}",
		"list", job->list, "dry_run", job->order.dry_run, "lines", (json_int_t)t->lines, "taken",
		(json_int_t)t->taken, "rejected", (json_int_t)t->rejected, "blank", (json_int_t)t->blank, "repeated",
		(json_int_t)t->repeated, "people", (json_int_t)t->people, "fresh", (json_int_t)t->fresh, "left",
		(json_int_t)t->left, "opt_outs", (json_int_t)t->opt_outs, "without_area", (json_int_t)t->without_area,
		"without_year", (json_int_t)t->without_year, "gbk", t->gbk, "discarded", discarded, "reasons",
		reasons_view(t), "reject_file", t->rejected > 0 ? job->reject_path : NULL, "problems",
		control_problems(&job->problems));
}

static void free_job(struct import_job *job)
{
	if (job->call != NULL) {
		close(job->order.fd);
		close(job->order.reject_fd);
		if (job->totals.rejected == 0)
			file->unlink(AT_FDCWD, job->reject_path);
	}
	roster_fresh_free(&job->fresh);
	roster_totals_fini(&job->totals);
	problems_fini(&job->problems);
	char *strings[] = {job->state, job->name, job->list, job->source, job->basis, job->until, job->area,
		job->reject_path};
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		free(strings[i]);
	pthread_mutex_destroy(&job->lock);
	free(job);
}

static void answer_import(struct import_job *job)
{
	static const enum control_exit exits[] =
		{[RESULT_INVALID] = CONTROL_REFUSED, [RESULT_BUSY] = CONTROL_LATER, [RESULT_CORRUPT] = CONTROL_FAILED};

	if (job->call == NULL)
		return;
	if (job->result != RESULT_OK && job->totals.rejected > 0) {
		const struct place at = {.file = job->reject_path};
		problem_add(&job->problems, PROBLEM_WARNING, &at, NULL,
			N_("here stands which lines were not taken, and why"));
	}
	if (job->result == RESULT_OK)
		control_result(job->call, totals_view(job));
	else
		control_refuse(job->call,
			job->result <= RESULT_CORRUPT && exits[job->result] != 0 ? exits[job->result] : CONTROL_FAILED,
			&job->problems);
}

static void on_import_done(void *arg)
{
	struct import_job *job = arg;
	struct app *app = job->app;

	timer_disarm(&job->tick);
	app->import = NULL;
	if (!app->abandoned) {
		enum result taken = roster_take(app->roster, &job->fresh, &job->problems);
		job->result = job->result == RESULT_OK ? taken : job->result;
	}
	log_event(job->result == RESULT_OK ? LOG_NOTICE : LOG_WARNING, "import",
		"list=%s result=%s taken=%llu rejected=%llu", log_quote(job->list != NULL ? job->list : ""),
		result_text(job->result), (unsigned long long)job->totals.taken,
		(unsigned long long)job->totals.rejected);
	bool imported = job->call != NULL;
	answer_import(job);
	free_job(job);
	if (app->closing)
		app_part_closed(app);
	else if (imported)
		app_look_at_lists(app); /* it may be stored without a view, and may have gone on into another day */
}

static struct import_job *new_job(struct app *app, struct control_call *call)
{
	struct import_job *job = mem_zalloc(sizeof(*job));

	job->app = app;
	job->call = call;
	job->state = mem_strdup(app->config->paths.state);
	job->names = app->taxonomy;
	pthread_mutex_init(&job->lock, NULL);
	problems_init(&job->problems);
	timer_init(&job->tick, app->loop, on_tick, job);
	app->import = job;
	roster_expect(app->roster);
	return job;
}

void commands_rebuild_roster(struct app *app)
{
	if (app->import == NULL && !app->closing)
		loop_work(app->loop, work_import, on_import_done, new_job(app, NULL));
}

void commands_cancel_work(struct app *app)
{
	if (app->import != NULL)
		atomic_store(&app->import->cancel, true);
}

/*
 * Where the lines that were not taken are told; beside the roster, because they come from it. -1 with errno: what *path
 * names could not be made. To be freed in both cases.
 */
static int open_rejects(const char *state, char **path)
{
	char stamp[24];
	char *folder = mem_printf("%s/rejects", state);
	int fd = -1;

	if (file_make_folders(folder, 0750) != 0) {
		*path = folder;
		return -1;
	}
	clock_stamp(clock_wall_ms(), stamp);
	*path = mem_printf("%s/%s.csv", folder, stamp);
	/* Another import of this second has its own. */
	for (unsigned int n = 1; n <= 1000; n++) {
		fd = file->open(AT_FDCWD, *path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
		if (fd >= 0 || errno != EEXIST)
			break;
		free(*path);
		*path = mem_printf("%s/%s-%u.csv", folder, stamp, n);
	}
	int error = errno;
	free(folder);
	errno = error;
	return fd;
}

/* Lines that are not taken would vanish without a word. */
static void refuse_without_rejects(struct control_call *call, const char *path, int error)
{
	const struct place at = {.file = path};
	struct problems problems;

	problems_init(&problems);
	problem_remedy(
		problem_cause(
			problem_add(&problems, PROBLEM_ERROR, &at, NULL,
				N_("nothing was changed, for rejected lines are to be told there, and it cannot be made")),
			error),
		N_("give the state folder to the user that crierd runs as, or make room on its disk; then import again"));
	control_refuse(call, CONTROL_FAILED, &problems);
	problems_fini(&problems);
}

/* What the order itself lacks is told before any file is looked at: it is a slip in the command. */
static bool order_right(struct control_call *call, const json_t *args)
{
	const struct roster_import order = {.list = control_text(args, "list"),
		.source = control_text(args, "source"),
		.basis = control_text(args, "basis"),
		.until = control_text(args, "until"),
		.now_ms = clock_wall_ms()};
	struct problems problems;

	problems_init(&problems);
	bool right = roster_import_check(&order, &problems) == RESULT_OK;
	if (!right)
		control_refuse(call, CONTROL_USAGE, &problems);
	problems_fini(&problems);
	return right;
}

void order_roster_import(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	int fd = control_descriptor(call), reject_fd;
	char *reject_path;

	if (fd < 0) {
		control_error(call, CONTROL_USAGE, N_("no file came with the request"));
		return;
	}
	if (app->import != NULL) {
		close(fd);
		control_error(call, CONTROL_LATER, N_("another import is going on; try again when it is over"));
		return;
	}
	if (!order_right(call, args)) {
		close(fd);
		return;
	}
	reject_fd = open_rejects(app->config->paths.state, &reject_path);
	if (reject_fd < 0) {
		refuse_without_rejects(call, reject_path, errno);
		free(reject_path);
		close(fd);
		return;
	}
	struct import_job *job = new_job(app, call);
	job->reject_path = reject_path;
	job->name = mem_strdup(control_text(args, "name"));
	job->list = mem_strdup(control_text(args, "list"));
	job->source = mem_strdup(control_text(args, "source"));
	job->basis = mem_strdup(control_text(args, "basis"));
	job->until = mem_strdup(control_text(args, "until"));
	job->area = mem_strdup(app->config->site.area);
	job->order = (struct roster_import){.state = job->state,
		.fd = fd,
		.file = job->name,
		.list = job->list,
		.source = job->source,
		.basis = job->basis,
		.until = job->until,
		.discard_extra = control_flag(args, "discard_extra"),
		.dry_run = control_flag(args, "dry_run"),
		.reject_fd = reject_fd,
		.default_area = job->area,
		.now_ms = clock_wall_ms(),
		.area_find = find_area,
		.area_arg = job,
		.progress = on_progress,
		.progress_arg = job,
		.cancel = &job->cancel};
	order_note(app, call, "import", "list %s from %s%s", job->list, job->name,
		job->order.dry_run ? " (dry run)" : "");
	timer_arm(&job->tick, PROGRESS_MS);
	loop_work(app->loop, work_import, on_import_done, job);
}

static void answer_failure(struct control_call *call, enum result result)
{
	control_error(call, result == RESULT_BUSY ? CONTROL_LATER : CONTROL_FAILED,
		N_("the roster cannot be read or written now (%s); try again"), result_text(result));
}

static json_t *list_view(const struct roster_list *list)
{
	return json_pack("{s:s, s:s, s:s, s:s*, s:I, s:I, s:i, s:b}", "name", list->name, "source", list->source,
		"basis", list->basis, "until", list->until, "added_ms", (json_int_t)list->added_ms, "imported_ms",
		(json_int_t)list->imported_ms, "members", (int)list->members, "ended", list->ended);
}

void order_roster_lists(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	struct roster_list *lists = NULL;
	size_t count = 0;
	enum result result = roster_lists(app->roster, clock_wall_ms(), &lists, &count);

	if (result != RESULT_OK) {
		answer_failure(call, result);
		return;
	}
	json_t *view = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(view, list_view(&lists[i]));
	roster_lists_free(&lists, count);
	control_result(call, json_pack("{s:o}", "lists", view));
}

static json_t *table_view(const struct app *app, const struct roster_table *table, bool areas)
{
	json_t *view = json_array();

	for (size_t i = 0; i < table->count; i++)
		json_array_append_new(view,
			json_pack("{s:s, s:s*, s:i}", "key", table->rows[i].key, "name",
				areas ? taxonomy_area_name(app->taxonomy, table->rows[i].key) : NULL, "count",
				(int)table->rows[i].count));
	return view;
}

static int this_year(void)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm tm;

	localtime_r(&now, &tm);
	return tm.tm_year + 1900;
}

void order_roster_stats(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	struct roster_stats stats;
	enum result result = roster_stats(app->roster, this_year(), clock_wall_ms(), &stats);

	if (result != RESULT_OK) {
		answer_failure(call, result);
		return;
	}
	control_result(call,
		json_pack("{s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o}", "known", (int)stats.known, "present",
			(int)stats.present, "gone", (int)stats.gone, "opted_out", (int)stats.opted_out, "optouts",
			(int)stats.optouts, "lists", table_view(app, &stats.lists, false), "areas",
			table_view(app, &stats.areas, true), "roles", table_view(app, &stats.roles, false), "ages",
			table_view(app, &stats.ages, false), "languages", table_view(app, &stats.languages, false)));
	roster_stats_fini(&stats);
}

/* A phone number argument; answers with an error and returns false when it is none. */
static bool order_phone(struct control_call *call, const json_t *args, phone_t *phone)
{
	const char *text = control_text(args, "phone");

	if (text != NULL && phone_parse(text, strlen(text), phone))
		return true;
	control_error(call, CONTROL_USAGE,
		N_("this is not a mainland mobile number: it has 11 digits and begins with 1"));
	return false;
}

struct searching {
	struct app *app;
	uint32_t id;
	json_t *list;
};

static int64_t locate(void *arg, const void *bytes, size_t size)
{
	const struct searching *searching = arg;
	struct set *set;
	uint32_t position;
	int64_t found = -1;

	if (set_load(bytes, size, &set) != RESULT_OK)
		return -1;
	if (set_rank(set, searching->id, &position))
		found = position;
	set_free(&set);
	return found;
}

/* Whoever was left out when his batch was cut stands in its run all the same: to him nothing went. */
static bool was_sent(enum state state)
{
	return state != STATE_WAITING && state != STATE_EXPIRED && state != STATE_CANCELLED && state < STATE_OPTED_OUT;
}

static bool on_history(void *arg, const struct ledger_history *entry)
{
	struct searching *searching = arg;
	const struct lane *open = campaign_lane(searching->app,
		(struct batch_name){entry->alert->number, entry->lane, 0});
	enum state state = open != NULL && entry->position < open->tally.size
		? (enum state)open->tally.states[entry->position]
		: entry->state;
	json_t *item = json_pack("{s:s, s:s*, s:s, s:s*, s:s*, s:I, s:I, s:s*}", "alert", entry->alert->id, "title",
		entry->alert->title, "state", state_name(state), "channel", entry->content->channel, "audience",
		entry->content->audience, "accepted_ms", (json_int_t)entry->alert->accepted_ms, "receipt_ms",
		(json_int_t)entry->receipt_ms, "code", entry->code[0] != '\0' ? entry->code : NULL);

	if (entry->content->message != NULL && was_sent(state))
		json_object_set_new(item, "text", json_string(entry->content->message->text));
	if (entry->batch != NULL && was_sent(state))
		json_object_update_new(item,
			json_pack("{s:I, s:I, s:i}", "sent_ms", (json_int_t)entry->batch->intent_ms, "answered_ms",
				(json_int_t)entry->batch->outcome_ms, "attempt", (int)entry->batch->attempt));
	json_array_append_new(searching->list, item);
	return true;
}

static json_t *person_view(const struct app *app, const struct roster_person *person)
{
	char masked[12];
	json_t *roles = json_array(), *lists = json_array();

	for (size_t i = 0; person->roles != NULL && person->roles[i] != NULL; i++)
		json_array_append_new(roles, json_string(person->roles[i]));
	for (size_t i = 0; i < person->list_count; i++)
		json_array_append_new(lists, list_view(&person->lists[i]));
	json_t *view = json_pack("{s:s, s:b, s:i, s:s, s:s*, s:s, s:o, s:o, s:b}", "phone",
		phone_mask(person->phone, masked), "gone", person->gone, "birth_year", person->birth_year, "area",
		person->area, "area_name", taxonomy_area_name(app->taxonomy, person->area), "language",
		person->language, "roles", roles, "lists", lists, "opted_out", person->opted_out);
	if (person->opted_out)
		json_object_update_new(view,
			json_pack("{s:s, s:I}", "opt_out_source", person->optout.source, "opt_out_ms",
				(json_int_t)person->optout.at_ms));
	return view;
}

void order_roster_find(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	struct searching searching = {.app = app};
	struct roster_person person;
	uint32_t next = 0;
	phone_t phone;

	if (!order_phone(call, args, &phone))
		return;
	enum result result = roster_find(app->roster, phone, clock_wall_ms(), &person);
	person.phone = phone;
	if (result != RESULT_OK && result != RESULT_NOT_FOUND) {
		answer_failure(call, result);
	} else {
		json_t *view = person_view(app, &person);
		bool read = true;
		char masked[12];
		order_note(app, call, "find", "%s", phone_mask(phone, masked));
		json_object_set_new(view, "known", json_boolean(result == RESULT_OK));
		if (result == RESULT_OK && control_flag(args, "history")) {
			searching.id = person.id;
			searching.list = json_array();
			read = order_read(call,
				ledger_history(app->ledger, 0, HISTORY_ALERTS, locate, on_history, &searching, &next));
			json_object_set_new(view, "history", searching.list);
			json_object_set_new(view, "history_whole", json_boolean(next == 0));
		}
		if (read)
			control_result(call, json_incref(view));
		json_decref(view);
	}
	roster_person_fini(&person);
}

void order_optout_add(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	const char *source = control_text(args, "source");
	char masked[12];
	phone_t phone;

	if (!order_phone(call, args, &phone))
		return;
	enum result result = roster_optout_add(app->roster, phone, source != NULL ? source : control_who(call),
		clock_wall_ms());
	if (result != RESULT_OK && result != RESULT_EXISTS) {
		answer_failure(call, result);
		return;
	}
	order_done(app, call,
		json_pack("{s:s, s:b}", "phone", phone_mask(phone, masked), "already", result == RESULT_EXISTS),
		"optout-add", "%s", masked);
}

void order_optout_remove(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	char masked[12];
	phone_t phone;

	if (!order_phone(call, args, &phone))
		return;
	enum result result = roster_optout_remove(app->roster, phone);
	if (result == RESULT_NOT_FOUND) {
		control_error(call, CONTROL_FAILED, N_("%s has not opted out"), phone_mask(phone, masked));
	} else if (result != RESULT_OK) {
		answer_failure(call, result);
	} else {
		order_done(app, call, json_pack("{s:s}", "phone", phone_mask(phone, masked)), "optout-remove", "%s",
			masked);
	}
}

struct optout_page {
	json_t *list;
	phone_t last;
};

static void on_optout(void *arg, const struct roster_optout *optout)
{
	struct optout_page *page = arg;
	char masked[12];

	page->last = optout->phone;
	json_array_append_new(page->list,
		json_pack("{s:s, s:s, s:I}", "phone", phone_mask(optout->phone, masked), "source", optout->source,
			"at_ms", (json_int_t)optout->at_ms));
}

void order_optout_list(void *arg, struct control_call *call, const json_t *args)
{
	struct app *app = arg;
	struct optout_page page = {.list = json_array()};
	uint32_t most = (uint32_t)control_number(args, "most", 1000), count = 0;
	enum result result = roster_optout_list(app->roster, 0, most, on_optout, &page, &count);

	if (result != RESULT_OK) {
		json_decref(page.list);
		answer_failure(call, result);
		return;
	}
	control_result(call,
		json_pack("{s:o, s:i, s:i}", "optouts", page.list, "count", (int)count, "most", (int)most));
}
