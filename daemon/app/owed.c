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

/* Stands for name and rule, whatever characters they have. */
static void mark_of(const struct config_schedule *schedule, char mark[MARK_MOST])
{
	char *both = mem_printf("%s\n%s", schedule->name, schedule->rule);
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

void owed_since(struct app *app, int64_t *since_ms)
{
	char *path = mem_printf("%s/schedules", app->config->paths.state);
	char *old = NULL;
	uint64_t found;
	size_t size;
	struct map times;
	struct buf new;

	if (file_read_all(AT_FDCWD, path, FILE_MOST, &old, &size) != 0)
		old = mem_strdup("");
	map_init(&times);
	read_lines(old, &times);
	buf_init(&new, FILE_MOST);
	for (size_t i = 0; i < app->config->schedule_count; i++) {
		const struct config_schedule *schedule = &app->config->schedules[i];
		char mark[MARK_MOST];
		since_ms[i] = 0;
		if (schedule->rule == NULL)
			continue;
		mark_of(schedule, mark);
		since_ms[i] = map_get(&times, mark, &found) ? (int64_t)found : 0;
		/* Ahead of us: first seen under a clock that has been set back since. */
		if (since_ms[i] == 0 || since_ms[i] > clock_wall_ms())
			since_ms[i] = clock_wall_ms();
		buf_printf(&new, "%" PRId64 " %s %s\n", since_ms[i], mark, schedule->name);
	}
	if (strcmp(buf_text(&new), old) != 0 && file_replace(AT_FDCWD, path, new.data, new.size, 0640) != 0)
		log_event(LOG_ERR, "schedules-unwritten", "error=%s", log_quote(strerror(errno)));
	buf_fini(&new);
	map_fini(&times);
	free(old);
	free(path);
}
