#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/problem.h"
#include "base/result.h"
#include "loop/loop.h"

/*
 * The operator's door: a local socket, one JSON object a line. A request is {"command": "alert show", "args": {…}}; it
 * is answered by any number of {"progress": …} lines and then one {"result": …} or {"error": {…}}. A descriptor may come
 * with a request (files are opened by the caller, with the caller's rights). Commands are a table handed over by app.
 *
 * An error is {"exit": 65, "zh": "…", "en": "…", "problems": […]}; exit codes are those of design.md 2a.
 */
struct control;
struct control_call;

/* sysexits.h's numbers, as far as crier uses them. */
enum control_exit {
	CONTROL_OK = 0,
	CONTROL_FAILED = 1,
	CONTROL_USAGE = 2,
	CONTROL_REFUSED = 65, /* the file or value is wrong */
	CONTROL_NO_FILE = 66,
	CONTROL_NOT_RUNNING = 69,
	CONTROL_LATER = 75,
	CONTROL_DENIED = 77,
	CONTROL_CONFIG = 78,
};

struct control_command {
	const char *name; /* "alert show" */
	/*
	 * Argument names, blank-separated; those in [brackets] may be absent. Anything else is refused, and so is a value
	 * of another kind than the argument's (a table in control.c): a command finds texts, numbers and flags that fit.
	 */
	const char *args;
	const char *help; /* English, one line, marked N_ */
	void (*run)(void *arg, struct control_call *call, const json_t *args);
};

/* Ends a table. */
#define CONTROL_END \
	{ \
		.name = NULL \
	}

/*
 * Listens. `group` (-1: unchanged) owns the socket, mode 0660. `commands` ends in CONTROL_END and stays valid. Problems
 * name paths.control.
 */
enum result control_open(struct loop *loop, const char *path, gid_t group, const struct control_command *commands,
	void *arg, struct control **control, struct problems *problems);

/* Drops every peer, then calls `closed`; control is gone afterwards. */
void control_close(struct control *control, void (*closed)(void *arg), void *arg);

/*
 * A call lives from `run` until it is answered; a call whose peer went away takes answers all the same and drops them.
 * Each takes over the reference to its JSON value.
 */
void control_progress(struct control_call *call, json_t *value);
void control_result(struct control_call *call, json_t *value);
void control_error(struct control_call *call, enum control_exit exit, const char *message, ...)
	__attribute__((format(printf, 3, 4)));

/* An error that says what stands in `problems` (left as they are). */
void control_refuse(struct control_call *call, enum control_exit exit, const struct problems *problems);

/* False once the peer went away: long work may stop. */
bool control_wanted(const struct control_call *call);

/* The descriptor that came along, or -1. The caller closes it. */
int control_descriptor(struct control_call *call);

/* Who asks, for the audit trail: "uid=1000(name)". Valid as long as the call. */
const char *control_who(const struct control_call *call);

/* A string argument or NULL; a whole number or `fallback`; a true flag. */
const char *control_text(const json_t *args, const char *name);
int64_t control_number(const json_t *args, const char *name, int64_t fallback);
bool control_flag(const json_t *args, const char *name);

/* `problems` as a JSON list of {kind, file, line, field, zh, en, remedy_zh, remedy_en}. */
json_t *control_problems(const struct problems *problems);

#endif
