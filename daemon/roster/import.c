#include "roster/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "flow/area.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "loop/file.h"
#include "roster/build.h"
#include "roster/date.h"
#include "roster/header.h"
#include "roster/line.h"
#include "roster/lock.h"
#include "roster/reader.h"
#include "roster/reject.h"
#include "roster/sorter.h"
#include "roster/state.h"
#include "roster/db.h"
#include "roster/write.h"

enum {
	PIECE = 2 * 1024 * 1024, /* records sorted in memory: 48 MiB, twice while sorting */
	LINES_MOST = 200000000,
	LOOK_EVERY = 2048, /* lines between looks at the clock and the cancel flag */
	TELL_MS = 100,
};

/* An import under way. */
struct import {
	const struct roster_import *order;
	struct roster_totals *totals;
	struct problems *problems;
	int folder;
	struct lock lock;
	struct reader *reader;
	struct header header;
	struct line_reader line;
	struct sorter *sorter;
	struct reject_file reject;
	struct roster_progress progress;
	uint64_t told_ms;
	sqlite3 *db, *before, *optouts; /* `before` sees the store as it was, while `db` writes */
};

/* Reports at most ten times a second. Returns false when the import is to stop. */
static bool going_on(struct import *import, bool last)
{
	const struct roster_import *order = import->order;
	uint64_t now = clock_mono_ms();

	if (order->progress != NULL && (last || now - import->told_ms >= TELL_MS)) {
		import->told_ms = now;
		import->progress.bytes = import->reader == NULL ? 0 : reader_done(import->reader);
		import->progress.lines = import->totals->lines;
		import->progress.taken = import->totals->taken;
		import->progress.rejected = import->totals->rejected;
		order->progress(order->progress_arg, &import->progress);
	}
	return order->cancel == NULL || !atomic_load(order->cancel);
}

static bool going_on_writing(void *arg, uint64_t written)
{
	struct import *import = arg;

	import->progress.written = written;
	return going_on(import, false);
}

/* A name for people: there, not too long, one line of well-formed text. */
static bool word(const char *text, size_t most)
{
	if (text == NULL || *text == '\0' || strlen(text) > most || !utf8_valid(text, strlen(text), NULL))
		return false;
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	}
	return true;
}

enum result roster_import_check(const struct roster_import *order, struct problems *problems)
{
	size_t before = problems->errors;
	int64_t day;

	if (!word(order->list, 64))
		problem_remedy(problem_add(problems, PROBLEM_ERROR, NULL, "--list",
				       N_("the list needs a name of at most 64 bytes")),
			N_("give it, such as --list 玉山镇"));
	if (!word(order->source, 200))
		problem_remedy(problem_add(problems, PROBLEM_ERROR, NULL, "--source",
				       N_("it is not said which unit the list comes from")),
			N_("give it, such as --source 玉山派出所"));
	if (!word(order->basis, 200))
		problem_remedy(problem_add(problems, PROBLEM_ERROR, NULL, "--basis",
				       N_("it is not said on what ground these data are used")),
			N_("give it, such as --basis \"反电信网络诈骗法 第三十条\""));
	if (order->until != NULL && !date_parse(order->until, &day))
		problem_remedy(problem_add(problems, PROBLEM_ERROR, NULL, "--until", N_("this is no date")),
			N_("write it as 2026-12-31"));
	else if (order->until != NULL && day < date_of(order->now_ms))
		problem_remedy(problem_add(problems, PROBLEM_ERROR, NULL, "--until",
				       N_("this day has passed: nobody on the list would be warned")),
			N_("give the last day on which the list may be used"));
	return problems->errors > before ? RESULT_INVALID : RESULT_OK;
}

static void count_reject(struct import *import, uint64_t line, const struct line_result *result)
{
	import->totals->rejected++;
	import->totals->reasons[result->reason]++;
	reject_add(&import->reject, line, result);
}

static enum result take_row(struct import *import, const struct reader_row *row)
{
	struct line_result result;

	if (row->found == CSV_RECORD && csv_blank(&row->csv)) {
		import->totals->blank++;
		return RESULT_OK;
	}
	if (++import->totals->lines > LINES_MOST)
		return RESULT_TOO_BIG;
	line_read(&import->line, row, &result);
	if (result.taken)
		import->totals->taken++;
	else
		count_reject(import, row->line, &result);
	import->totals->opt_outs += result.record.opt_out;
	return result.taken || result.record.opt_out ? sorter_add(import->sorter, &result.record) : RESULT_OK;
}

static enum result read_rows(struct import *import)
{
	struct reader_row row;
	enum result result;

	for (uint64_t rows = 0; (result = reader_next(import->reader, &row)) == RESULT_OK; rows++) {
		result = take_row(import, &row);
		if (result != RESULT_OK)
			return result;
		if (rows % LOOK_EVERY == 0 && !going_on(import, false))
			return RESULT_CLOSED;
	}
	if (result != RESULT_NOT_FOUND)
		return result;
	return sorter_end(import->sorter);
}

static int year_of(int64_t now_ms)
{
	char text[16];

	return (int)strtol(date_text(date_of(now_ms), text), NULL, 10);
}

/* What went wrong while reading or sorting, in words. */
static enum result tell(struct import *import, enum result result)
{
	struct place at = {.file = import->order->file};

	if (result == RESULT_CLOSED)
		problem_add(import->problems, PROBLEM_ERROR, &at, NULL,
			N_("the import was cancelled; nothing was changed"));
	else if (result == RESULT_TOO_BIG)
		problem_add(import->problems, PROBLEM_ERROR, &at, NULL,
			N_("the file has more lines than can be people"));
	else if (result == RESULT_NO_SPACE)
		problem_remedy(problem_add(import->problems, PROBLEM_ERROR, &at, NULL,
				       N_("the disk is full; nothing was changed")),
			N_("make room on the disk of the state folder"));
	else if (result != RESULT_OK)
		problem_add(import->problems, PROBLEM_ERROR, &at, NULL,
			N_("the import failed: %s; nothing was changed"), result_text(result));
	return result;
}

static enum result read_file(struct import *import)
{
	const struct roster_import *order = import->order;

	enum result result = reader_open(order->fd, order->file, &import->reader, import->problems);
	if (result != RESULT_OK)
		return result;
	import->totals->gbk = reader_gbk(import->reader);
	import->progress.bytes_total = reader_total(import->reader);
	result = header_read(&import->header, import->reader, order->file, order->discard_extra, import->problems);
	if (result != RESULT_OK)
		return result == RESULT_INVALID ? result : tell(import, result);
	import->totals->discarded = mem_strings_dup(import->header.discarded);
	line_init(&import->line, order, &import->header, import->reader, year_of(order->now_ms));
	import->sorter = sorter_new(import->folder, PIECE);
	reject_begin(&import->reject, order->reject_fd);
	result = read_rows(import);
	enum result told = reject_end(&import->reject);
	if (result == RESULT_OK && told != RESULT_OK) {
		problem_remedy(problem_add(import->problems, PROBLEM_ERROR, NULL, NULL,
				       N_("the file of rejected lines cannot be written: %s; nothing was changed"),
				       result_text(told)),
			N_("choose another place for it"));
		return told;
	}
	return tell(import, result);
}

static enum result refuse_nobody(struct import *import)
{
	struct place at = {.file = import->order->file};

	if (import->totals->lines == 0)
		problem_remedy(problem_add(import->problems, PROBLEM_ERROR, &at, NULL,
				       N_("nothing stands below the names of the columns; the list stays as it was")),
			N_("check that the right file was chosen, and that it was saved with its lines"));
	else
		problem_remedy(problem_add(import->problems, PROBLEM_ERROR, &at, NULL,
				       N_("not one line could be taken; the list stays as it was")),
			N_("the file of rejected lines says why for each line"));
	return RESULT_INVALID;
}

static enum result write_all(struct import *import)
{
	const struct roster_import *order = import->order;
	struct write_order write = {.import = order,
		.db = import->db,
		.before = import->before,
		.optouts = import->optouts,
		.folder = import->folder,
		.names = &import->line,
		.sorter = import->sorter,
		.totals = import->totals,
		.going_on = going_on_writing,
		.going_on_arg = import};
	enum result result = db_run(import->before, "BEGIN");

	if (result == RESULT_OK && !order->dry_run)
		result = db_run(import->db, "BEGIN IMMEDIATE");
	if (result == RESULT_OK)
		result = write_list(&write);
	/* Whoever reads on would keep the log from being folded into the store. */
	sqlite3_exec(import->before, "ROLLBACK", NULL, NULL, NULL);
	if (order->dry_run)
		return tell(import, result);
	if (result == RESULT_OK) {
		result = db_run(import->db, "COMMIT");
		if (result != RESULT_OK)
			build_discard(import->folder);
	}
	if (result != RESULT_OK)
		sqlite3_exec(import->db, "ROLLBACK", NULL, NULL, NULL);
	return tell(import, result);
}

/* After the commit: nothing here can undo the import; what fails is made good by the next rebuild. */
static enum result finish(struct import *import)
{
	enum result drained = optout_drain(import->db, import->optouts);
	enum result result = build_publish(import->folder);

	if (drained != RESULT_OK)
		result = drained;
	/* Millions of lines have gone through the log: give its room back. */
	sqlite3_wal_checkpoint_v2(import->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if (result != RESULT_OK)
		problem_remedy(problem_add(import->problems, PROBLEM_ERROR, NULL, NULL,
				       N_("the list is stored, but the view of residents could not be renewed: %s"),
				       result_text(result)),
			N_("make room on the disk if it is full, crierd then renews it within ten minutes"));
	return result;
}

static enum result store(struct import *import)
{
	const struct roster_import *order = import->order;

	if (import->totals->taken == 0)
		return refuse_nobody(import);
	enum result result = db_open(order->state, DB_ROSTER, &import->before, import->problems);
	if (result == RESULT_OK && !order->dry_run)
		result = db_open(order->state, DB_ROSTER, &import->db, import->problems);
	if (result == RESULT_OK)
		result = db_open(order->state, DB_OPTOUTS, &import->optouts, import->problems);
	if (result != RESULT_OK)
		return result;
	sqlite3_busy_timeout(import->optouts, 10000);
	if (import->db != NULL)
		db_run(import->db, "PRAGMA cache_size = -32768");
	result = write_all(import);
	return result == RESULT_OK && !order->dry_run ? finish(import) : result;
}

static void import_fini(struct import *import)
{
	if (import->sorter != NULL)
		line_fini(&import->line);
	sorter_free(&import->sorter);
	reader_close(&import->reader);
	header_fini(&import->header);
	sqlite3_close(import->before);
	sqlite3_close(import->db);
	sqlite3_close(import->optouts);
	lock_give(&import->lock);
	if (import->folder >= 0)
		file->close(import->folder);
}

static enum result open_folder(struct import *import)
{
	struct place at = {.file = import->order->state};

	import->folder = file->open(AT_FDCWD, import->order->state, O_RDONLY | O_DIRECTORY, 0);
	if (import->folder >= 0)
		return lock_take(&import->lock, import->folder, import->problems);
	enum result result = result_of_errno(errno);
	problem_add(import->problems, PROBLEM_ERROR, &at, NULL, N_("the folder cannot be used: %s"),
		result_text(result));
	return result;
}

enum result roster_import(const struct roster_import *order, struct roster_totals *totals, struct problems *problems)
{
	struct import import = {.order = order, .totals = totals, .problems = problems, .folder = -1, .lock = {-1}};

	*totals = (struct roster_totals){0};
	enum result result = roster_import_check(order, problems);
	if (result == RESULT_OK)
		result = open_folder(&import);
	if (result == RESULT_OK)
		result = read_file(&import);
	if (result == RESULT_OK)
		result = store(&import);
	going_on(&import, true);
	import_fini(&import);
	return result;
}

void roster_totals_fini(struct roster_totals *totals)
{
	mem_strings_free(totals->discarded);
	totals->discarded = NULL;
}
