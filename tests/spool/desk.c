#include "desk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "testing/clock.h"
#include "testing/turns.h"

void desk_on_closed(void *arg)
{
	*(bool *)arg = true;
}

void desk_on_taken(void *arg, struct spool_file *taken)
{
	struct fixture *f = arg;
	unsigned int n = f->taken++;

	if (n < SEEN_MOST) {
		f->names[n] = mem_strdup(taken->name);
		f->bytes[n] = mem_strndup(taken->bytes, taken->size);
		f->leftover[n] = taken->leftover;
		f->held[n] = taken;
	}
	if (f->manner == DONE)
		spool_done(f->spool, taken, NULL);
	else if (f->manner == LATER)
		spool_later(f->spool, taken);
	else if (f->manner == CLOSE)
		spool_close(f->spool, desk_on_closed, &f->closed);
}

static void on_refused(void *arg, const char *name, const struct problems *problems)
{
	struct fixture *f = arg;

	f->refused++;
	free(f->refused_name);
	free(f->refused_zh);
	f->refused_name = mem_strdup(name);
	f->refused_zh = mem_strdup(problems->list[0].reason[LANG_ZH]);
}

static void on_delayed(void *arg, const char *name, int error)
{
	struct fixture *f = arg;

	f->delayed += strcmp(name, "a.txt") == 0 && error == EIO;
}

static void on_scanned(void *arg)
{
	struct fixture *f = arg;

	f->scanned++;
}

static void quiet(void *arg, int level, const char *line)
{
}

void desk_open_spool(struct fixture *f)
{
	static const struct spool_events events = {.taken = desk_on_taken,
		.refused = on_refused,
		.delayed = on_delayed,
		.scanned = on_scanned};
	struct problems problems;

	problems_init(&problems);
	f->closed = false;
	assert_int_equal(spool_open(f->loop, &f->settings, &events, f, &f->spool, &problems), RESULT_OK);
	problems_fini(&problems);
	assert_int_equal(f->taken, 0);
	turns_settle(f->loop);
	turns_pass(f->loop, 1);
}

void desk_close_spool(struct fixture *f)
{
	spool_close(f->spool, desk_on_closed, &f->closed);
	f->spool = NULL;
	turns_settle(f->loop);
	assert_true(f->closed);
}

void desk_forget_seen(struct fixture *f)
{
	for (unsigned int i = 0; i < SEEN_MOST; i++) {
		free(f->names[i]);
		free(f->bytes[i]);
		f->names[i] = f->bytes[i] = NULL;
		f->held[i] = NULL;
	}
	f->taken = 0;
}

int desk_set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_set_sink(quiet, NULL);
	fake_clock_stop();
	f->loop = loop_new();
	folder_make(&f->folder);
	f->settings = (struct spool_settings){.root = f->folder.path, .group = (gid_t)-1};
	*state = f;
	return 0;
}

int desk_tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->spool != NULL)
		desk_close_spool(f);
	turns_end(&f->loop);
	folder_remove(&f->folder);
	fake_clock_go();
	log_set_sink(NULL, NULL);
	desk_forget_seen(f);
	free(f->refused_name);
	free(f->refused_zh);
	free(f);
	return 0;
}

void desk_drop(struct fixture *f, const char *name, const char *text)
{
	char path[300];

	snprintf(path, sizeof(path), "tmp/%s", "in-the-making");
	folder_write_text(&f->folder, path, text);
	char to[300];
	snprintf(to, sizeof(to), "new/%s", name);
	folder_rename(&f->folder, path, to);
}

void desk_set_mtime(struct fixture *f, const char *name, int64_t age_ms)
{
	int64_t at = clock_wall_ms() - age_ms;
	struct timespec times[2] = {{.tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000},
		{.tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000}};

	assert_int_equal(utimensat(AT_FDCWD, folder_at(&f->folder, name), times, AT_SYMLINK_NOFOLLOW), 0);
}

char *desk_reason_in(struct fixture *f, const char *folder)
{
	char *name = folder_find(&f->folder, folder, ".reason");
	char path[600];

	if (name == NULL)
		return mem_strdup("");
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	free(name);
	return folder_read(&f->folder, path, NULL);
}
