#include "app/owed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "loop/file.h"

enum { FILE_MOST = 1 << 20, MARK_MOST = 17 };

/* What a line tells: since when crierd has known the schedule, or which of its times was reported as missed. */
enum fact { FACT_KNOWN, FACT_MISSED };

/* Stands for name and rule, whatever characters they have. */
static void mark_of(const struct config_schedule *schedule, enum fact fact, char mark[MARK_MOST])
{
	char *both = mem_printf("%s\n%s%s", schedule->name, schedule->rule, fact == FACT_MISSED ? "\nmissed" : "");
	char sum[65];

	digest_sha256(both, strlen(both), sum);
	snprintf(mark, MARK_MOST, "%.16s", sum);
	free(both);
}

/* What was written last time: by mark, the time that stands in front of it. */
static void read_lines(const char *lines, struct map *times)
{
	for (const char *line = lines; line != NULL && *line != '\0';) {
		char mark[MARK_MOST], *end;
		long long since_ms = strtoll(line, &end, 10);
		size_t size = *end == ' ' ? strcspn(end + 1, " \n") : 0;
		if (since_ms > 0 && size == MARK_MOST - 1) {
			memcpy(mark, end + 1, size);
			mark[size] = '\0';
			map_put(times, mark, (uint64_t)since_ms);
		}
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
}

/* The file as it is read, and as it is to be. */
struct times {
	char *path, *old;
	struct map by_mark;
	struct buf new;
};

static void times_open(struct times *times, const struct app *app)
{
	size_t size;

	*times = (struct times){.path = mem_printf("%s/schedules", app->config->paths.state)};
	if (file_read_all(AT_FDCWD, times->path, FILE_MOST, &times->old, &size) != 0)
		times->old = mem_strdup("");
	map_init(&times->by_mark);
	read_lines(times->old, &times->by_mark);
	buf_init(&times->new, FILE_MOST);
}

/* 0: it is not known, or lies ahead of us: written under a clock that has been set back since. */
static int64_t times_get(const struct times *times, const struct config_schedule *schedule, enum fact fact)
{
	char mark[MARK_MOST];
	uint64_t found;

	mark_of(schedule, fact, mark);
	return map_get(&times->by_mark, mark, &found) && (int64_t)found <= clock_wall_ms() ? (int64_t)found : 0;
}

static void times_put(struct times *times, const struct config_schedule *schedule, enum fact fact, int64_t at_ms)
{
	char mark[MARK_MOST];

	mark_of(schedule, fact, mark);
	if (at_ms != 0)
		buf_printf(&times->new, "%" PRId64 " %s %s%s\n", at_ms, mark, schedule->name,
			fact == FACT_MISSED ? " missed" : "");
}

/* Writes it when it is out of date. */
static void times_close(struct times *times)
{
	if (strcmp(buf_text(&times->new), times->old) != 0 &&
		file_replace(AT_FDCWD, times->path, times->new.data, times->new.size, 0640) != 0)
		log_event(LOG_ERR, "schedules-unwritten", "error=%s", log_quote(strerror(errno)));
	buf_fini(&times->new);
	map_fini(&times->by_mark);
	free(times->old);
	free(times->path);
}

void owed_since(struct app *app, int64_t *since_ms)
{
	struct times times;

	times_open(&times, app);
	for (size_t i = 0; i < app->config->schedule_count; i++) {
		const struct config_schedule *schedule = &app->config->schedules[i];
		since_ms[i] = 0;
		if (schedule->rule == NULL)
			continue;
		int64_t known_ms = times_get(&times, schedule, FACT_KNOWN);
		int64_t missed_ms = times_get(&times, schedule, FACT_MISSED);
		if (known_ms == 0)
			known_ms = clock_wall_ms();
		since_ms[i] = missed_ms > known_ms ? missed_ms : known_ms;
		times_put(&times, schedule, FACT_KNOWN, known_ms);
		times_put(&times, schedule, FACT_MISSED, missed_ms);
	}
	times_close(&times);
}

void owed_told(struct app *app, const struct config_schedule *told, int64_t until_ms)
{
	struct times times;

	times_open(&times, app);
	for (size_t i = 0; i < app->config->schedule_count; i++) {
		const struct config_schedule *schedule = &app->config->schedules[i];
		if (schedule->rule == NULL)
			continue;
		int64_t missed_ms = schedule == told ? until_ms : times_get(&times, schedule, FACT_MISSED);
		times_put(&times, schedule, FACT_KNOWN, times_get(&times, schedule, FACT_KNOWN));
		times_put(&times, schedule, FACT_MISSED, missed_ms);
	}
	times_close(&times);
}
