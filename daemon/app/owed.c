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

/* The time that stands in front of `mark`; 0: it is not there. */
static int64_t find(const char *lines, const char *mark)
{
	for (const char *line = lines; line != NULL && *line != '\0';) {
		char found[MARK_MOST];
		int64_t since_ms;
		if (sscanf(line, "%" SCNd64 " %16s", &since_ms, found) == 2 && strcmp(found, mark) == 0)
			return since_ms;
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	return 0;
}

void owed_since(struct app *app, int64_t *since_ms)
{
	char *path = mem_printf("%s/schedules", app->config->paths.state);
	char *old = NULL;
	size_t size;
	struct buf new;

	if (file_read_all(AT_FDCWD, path, FILE_MOST, &old, &size) != 0)
		old = mem_strdup("");
	buf_init(&new, FILE_MOST);
	for (size_t i = 0; i < app->config->schedule_count; i++) {
		const struct config_schedule *schedule = &app->config->schedules[i];
		char mark[MARK_MOST];
		since_ms[i] = 0;
		if (schedule->rule == NULL)
			continue;
		mark_of(schedule, mark);
		since_ms[i] = find(old, mark);
		if (since_ms[i] == 0)
			since_ms[i] = clock_wall_ms();
		buf_printf(&new, "%" PRId64 " %s %s\n", since_ms[i], mark, schedule->name);
	}
	if (strcmp(buf_text(&new), old) != 0 && file_replace(AT_FDCWD, path, new.data, new.size, 0640) != 0)
		log_event(LOG_ERR, "schedules-unwritten", "error=%s", log_quote(strerror(errno)));
	buf_fini(&new);
	free(old);
	free(path);
}
