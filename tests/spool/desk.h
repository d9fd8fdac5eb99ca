#ifndef SPOOL_DESK_H
#define SPOOL_DESK_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "loop/loop.h"
#include "spool/spool.h"
#include "testing/folder.h"

/*
 * A spool on a real folder and a real loop, with a stopped clock, and a desk that notes what it is handed. What the tests of
 * the spool share.
 */
#define SEEN_MOST 64

enum manner { HOLD, DONE, LATER, CLOSE };

struct fixture {
	struct loop *loop;
	struct folder folder;
	struct spool *spool;
	struct spool_settings settings;
	enum manner manner;
	unsigned int taken;
	struct spool_file *held[SEEN_MOST];
	char *names[SEEN_MOST];
	char *bytes[SEEN_MOST];
	bool leftover[SEEN_MOST];
	unsigned int refused;
	char *refused_name;
	char *refused_zh;
	unsigned int delayed;
	unsigned int scanned;
	bool closed;
};

/* For cmocka: a stopped clock, a loop, an empty folder; `*state` is the fixture. */
int desk_set_up(void **state);
int desk_tear_down(void **state);

/* Opens it; what lies there already may be taken meanwhile. */
void desk_open_spool(struct fixture *f);
void desk_close_spool(struct fixture *f);

/* For spool_close(): sets the flag that it is given. */
void desk_on_closed(void *arg);

/* What the desk does when it is handed a file: notes it, and goes on by the fixture's manner. */
void desk_on_taken(void *arg, struct spool_file *taken);

/* As if nothing had been taken yet. */
void desk_forget_seen(struct fixture *f);

/* Written outside and renamed in, as crier submit does it. */
void desk_drop(struct fixture *f, const char *name, const char *text);

/* Makes a file `age_ms` old. */
void desk_set_mtime(struct fixture *f, const char *name, int64_t age_ms);

/* The .reason beside the only file in failed/ or done/; freed by the caller. */
char *desk_reason_in(struct fixture *f, const char *folder);

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_set_up, desk_tear_down)

#endif
