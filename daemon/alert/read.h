#ifndef ALERT_READ_H
#define ALERT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert/taxonomy.h"
#include "base/problem.h"
#include "base/result.h"
#include "flow/alert.h"

/*
 * Bytes to a valid alert, or the reasons why not. The document's fields and checks are those of alerts.md
 * section 8.1 as changed by design.md 2a; the manual page crier-alert(5) is the reference. Pure: the time is
 * an argument, times without offset are read in the process's TZ, which `app` sets once from site.timezone.
 */

/* An audience that this site has configured. "all" is built in and need not be listed. */
struct alert_audience {
	const char *slug;
	const char *label; /* what people call it, or NULL */
};

/* What reading needs to know about the site. Lists are NULL-ended; NULL means empty. */
struct alert_context {
	const struct taxonomy *taxonomy;
	int64_t now_ms; /* wall time of the arrival */
	const char *sender; /* the site's, for documents without one */
	const char *area; /* the site's code, for documents without `areas` */
	const char *hotline; /* NULL: 96110 */
	char *const *senders; /* who may send; empty: only `sender` */
	char *const *phones; /* mobile and other numbers that a text may contain besides the hotlines */
	char *const *web_hosts; /* hosts (and what is under them) that `web` may name; empty: none */
	const struct alert_audience *audiences;
	size_t audience_count;
};

/* No document is larger. */
#define ALERT_SIZE_MOST (256 * 1024)

/*
 * Reads one document. The form is chosen by the ending of `name` (a path is allowed): .cfg .json .txt, in any case.
 * On success *alert (NULL before) is new and complete: id, sender, times, audiences, areas and advice are
 * filled in, and `problems` holds at most warnings. RESULT_INVALID otherwise, with every problem that was
 * found: field, line (.cfg, .txt) or path (.json), reason and remedy.
 *
 * An id that was not written is <area6>-<yyyymmdd>-<first 8 hex digits of the digest>, with the first area
 * and the day of issue, which without `issued` is today: the same bytes dropped twice on one day have one id
 * and are recognised as a duplicate; on another day they are a new warning.
 *
 * A cancellation needs no fraud_type, summary or audiences: then they are "other", "" and "all".
 */
enum result alert_read(const struct alert_context *context, const char *name, const void *bytes, size_t size,
	struct alert **alert, struct problems *problems);

/* True when `name` has one of the three endings. */
bool alert_name_known(const char *name);

#endif
