#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/problem.h"
#include "base/result.h"
#include "loop/loop.h"

/*
 * The folder that people drop alerts into: tmp/ to write in, new/ to drop into, work/ while a file is judged, done/ and
 * failed/ afterwards. What was renamed into new/ is taken at once; what was copied in place is taken when its size and
 * time have stood still. Nothing that a person drops is ever ignored in silence: what cannot be taken goes to failed/
 * with a .reason beside it, Chinese first, then English.
 *
 * The spool claims, checks and reads; what the bytes mean is the caller's to judge. A file is handed over when its bytes
 * and its move into work/ are durable: after a power loss it is not in new/ again, as if it were another, and not torn.
 */
struct spool;

#define SPOOL_FILE_MOST (256u << 10)

struct spool_settings {
	const char *root; /* folder; made with its five folders where missing */
	gid_t group; /* may drop files: set on tmp/ and new/ (mode 2770), accepted as owners; (gid_t)-1: none */
	unsigned int at_once; /* files judged at the same time; 0: 64 */
	uint32_t still_ms; /* 0: 3000 */
	uint32_t scan_ms; /* 0: 30000 */
};

/* One file on the desk. Valid until spool_done() or spool_failed() for it. */
struct spool_file {
	const char *name; /* as the officer called it, made printable UTF-8; for messages and for its ending */
	const char *work_name; /* ours, in work/ and later in done/ or failed/ */
	const char *bytes; /* ends in a zero that `size` leaves out */
	size_t size;
	uid_t uid; /* who owns it */
	int64_t mtime_ms; /* wall clock */
	bool leftover; /* was already in work/ when we started: it may have been judged before */
};

struct spool_events {
	/* A file to judge. Answer with spool_done() or spool_failed(), now or later. */
	void (*taken)(void *arg, struct spool_file *file);
	/* A file was refused before anybody saw its content; its .reason says why. For the log and metrics. May be NULL. */
	void (*refused)(void *arg, const char *name, const struct problems *problems);
	/* A file could not be claimed, or not durably: `error` is the errno. It comes with a later scan. May be NULL. */
	void (*delayed)(void *arg, const char *name, int error);
	/* The first full scan is over: the daemon may say that it is ready. May be NULL. */
	void (*scanned)(void *arg);
};

/*
 * Makes what is missing, watches, and begins to hand files over on the next turn: first what was left in work/, then
 * new/ in order of time and name. Refuses, with problems naming the folder and the setting, what cannot be made or used.
 */
enum result spool_open(struct loop *loop, const struct spool_settings *settings, const struct spool_events *events,
	void *arg, struct spool **spool, struct problems *problems);

/* Files on the desk stay in work/ and are handed over again at the next start. `closed` (may be NULL) comes later. */
void spool_close(struct spool *spool, void (*closed)(void *arg), void *arg);

/*
 * Accepted: durable elsewhere by now. The file goes to done/, durably; with problems (a duplicate, warnings) they stand
 * in a .reason beside it, which is there before it. NULL or empty: none. `file` is gone afterwards. While the disk does
 * not take it (full, lost rights) the file stays in work/ and this is tried again with every scan; it is logged.
 */
void spool_done(struct spool *spool, struct spool_file *file, const struct problems *notes);

/* Refused: the file goes to failed/ with its .reason. */
void spool_failed(struct spool *spool, struct spool_file *file, const struct problems *problems);

/*
 * The verdict cannot be given now (ledger full, daemon stopping): the file goes back to the end of the line and is
 * handed over again after the next scan, behind what is new. `file` is gone afterwards. It holds nobody up: only when
 * 16 times `at_once` wait so are no further files taken from new/.
 */
void spool_later(struct spool *spool, struct spool_file *file);

/* Back-pressure: nothing new is handed over between pause and resume; files wait in new/, where nothing is lost. */
void spool_pause(struct spool *spool);
void spool_resume(struct spool *spool);

/* On the desk now; and known to wait in new/ (at least). */
unsigned int spool_judging(const struct spool *spool);
unsigned int spool_waiting(const struct spool *spool);

/* Looks at the whole folder now, whatever the events said. */
void spool_scan(struct spool *spool);

/*
 * The text of a .reason file: UTF-8 with BOM, CRLF, the Chinese lines, a blank line, the English lines. `name` is the
 * file as its owner knows it. Also for whoever prints refusals elsewhere.
 */
struct buf;
void spool_reason(const char *name, bool accepted, const struct problems *problems, struct buf *out);

#endif
