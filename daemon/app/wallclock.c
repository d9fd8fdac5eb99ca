#include "app/wallclock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/campaign.h"
#include "app/dispatch.h"
#include "app/intake.h"
#include "app/parts.h"
#include "app/reminders.h"
#include "app/signs.h"
#include "app/state.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/file.h"

enum {
	JUMP_MS = 2000, /* less is a clock that is being kept right, not one that was set */
	DRIFT_MS = 500,
	HOUR_MS = 3600 * 1000,
	PATIENCE_MS = 5 * 60 * 1000,
	BOOT_MOST = 64,
	FILE_MOST = 256,
};

/* 2024-01-01 in UTC: there was no crier before. */
static const int64_t made_ms = 1704067200000;

/* Names this run of the machine; "" where it cannot be known. The unit hides most of /proc, and hands it over instead. */
static void read_boot(char boot[BOOT_MOST])
{
	const char *given = getenv("CRIER_BOOT");
	char *bytes = NULL;
	size_t size;

	boot[0] = '\0';
	if (given != NULL)
		snprintf(boot, BOOT_MOST, "%.63s", given);
	else if (file_read_all(AT_FDCWD, "/proc/sys/kernel/random/boot_id", FILE_MOST, &bytes, &size) == 0)
		snprintf(boot, BOOT_MOST, "%.63s", bytes);
	boot[strcspn(boot, " \r\n")] = '\0';
	free(bytes);
}

static char *path_of(const struct app *app)
{
	return mem_printf("%s/clock", app->config->paths.state);
}

static void write_down(struct app *app, int64_t wall_ms, int64_t offset_ms)
{
	char boot[BOOT_MOST], *path = path_of(app);

	read_boot(boot);
	char *line = mem_printf("%" PRId64 " %" PRId64 " %s\n", wall_ms, offset_ms, boot);
	if (file_replace(AT_FDCWD, path, line, strlen(line), 0640) != 0)
		log_event(LOG_ERR, "clock-unwritten", "error=%s", log_quote(strerror(errno)));
	app->wallclock.written_ms = wall_ms;
	app->wallclock.written_offset_ms = offset_ms;
	free(line);
	free(path);
}

/* How often its alarms look; more often while everything waits for it. */
static void set_pace(struct app *app)
{
	app->alarms.look_ms = wallclock_believed(app, NULL) ? ALARM_LOOK_MS : 1000;
}

void wallclock_start(struct app *app)
{
	struct wallclock *clock = &app->wallclock;
	int64_t wall_ms = clock_wall_ms(), offset_ms;
	uint64_t mono_ms = clock_mono_ms();
	char boot[BOOT_MOST], then[BOOT_MOST] = "", *path = path_of(app), *line = NULL;
	size_t size;

	*clock = (struct wallclock){.offset_ms = wall_ms - (int64_t)mono_ms,
		.unset = wall_ms < made_ms,
		.started = true};
	read_boot(boot);
	if (file_read_all(AT_FDCWD, path, FILE_MOST, &line, &size) == 0 &&
		sscanf(line, "%" SCNd64 " %" SCNd64 " %63s", &clock->written_ms, &offset_ms, then) >= 2) {
		clock->written_offset_ms = offset_ms;
		clock->shown_ms = clock->written_ms;
		if (boot[0] != '\0' && strcmp(boot, then) == 0)
			clock->moved_ms = clock->offset_ms - offset_ms;
		clock->behind = wall_ms < clock->written_ms - HOUR_MS;
		clock->patience_ms = mono_ms + PATIENCE_MS;
	}
	free(line);
	free(path);
	set_pace(app);
	if (wallclock_believed(app, NULL)) {
		write_down(app, wall_ms, clock->offset_ms);
	} else {
		char now[32], last[32];
		log_event(LOG_CRIT, "clock-unset", "now=%s last=%s", clock_text(wall_ms, now),
			clock_text(clock->written_ms, last));
	}
}

/* What was told to signs holds wall times. */
static void tell_signs(struct app *app)
{
	for (unsigned int i = 0; i < app->outlet_count; i++) {
		struct outlet *outlet = app->outlets[i];
		if (medium_crowd(outlet->kind->medium) == CROWD_SIGNS)
			signs_show_again(outlet);
	}
}

static void tell_everybody(struct app *app, int64_t moved_ms)
{
	for (struct link *link = list_first(&app->campaigns); link != NULL; link = list_next(&app->campaigns, link))
		campaign_clock_set(list_object(link, struct campaign, in_app), moved_ms);
	tell_signs(app);
	app_clock_set(app);
}

static void note_jump(struct app *app, int64_t moved_ms)
{
	char words[96], now[32];

	snprintf(words, sizeof(words), "moved by %.3f s to %s", (double)moved_ms / 1000,
		clock_text(clock_wall_ms(), now));
	log_event(LOG_WARNING, "clock-set", "moved=%.3fs now=%s", (double)moved_ms / 1000, now);
	ledger_event(app->ledger,
		&(struct ledger_event){.at_ms = clock_wall_ms(), .who = "crier", .kind = "clock-set", .what = words},
		NULL, NULL);
}

/* Whether it can be gone by has changed, or it was set while it could. */
static void go_by(struct app *app, bool was_believed, bool believed, bool jumped)
{
	if (was_believed != believed) {
		set_pace(app);
		log_event(believed ? LOG_NOTICE : LOG_CRIT, believed ? "clock-believed" : "clock-unset", "now=%s",
			clock_text(clock_wall_ms(), (char[32]){0}));
	}
	if (believed && !was_believed)
		reminders_start(app);
	else if (!believed)
		reminders_fini(app);
	else if (jumped)
		reminders_clock_set(app);
	intake_pressure(app);
	dispatch_kick(app);
}

void wallclock_look(struct app *app)
{
	struct wallclock *clock = &app->wallclock;
	int64_t wall_ms = clock_wall_ms();
	uint64_t mono_ms = clock_mono_ms();
	int64_t offset_ms = wall_ms - (int64_t)mono_ms, moved_ms = offset_ms - clock->offset_ms;
	bool jumped = moved_ms >= JUMP_MS || moved_ms <= -JUMP_MS;
	bool was_believed = wallclock_believed(app, NULL);

	if (!clock->started || app->closing)
		return;
	clock->offset_ms = offset_ms;
	clock->unset = wall_ms < made_ms;
	if (clock->behind)
		clock->behind = wall_ms < clock->written_ms - HOUR_MS && mono_ms < clock->patience_ms;
	bool believed = wallclock_believed(app, NULL);
	int64_t drift_ms = offset_ms - clock->written_offset_ms;
	if (believed &&
		(!was_believed || drift_ms >= DRIFT_MS || drift_ms <= -DRIFT_MS ||
			wall_ms >= clock->written_ms + HOUR_MS))
		write_down(app, wall_ms, offset_ms);
	if (jumped) {
		note_jump(app, moved_ms);
		tell_everybody(app, moved_ms);
	}
	if (jumped || believed != was_believed)
		go_by(app, was_believed, believed, jumped);
}

bool wallclock_believed(const struct app *app, const char **why)
{
	const char *reason = NULL;

	if (app->wallclock.unset)
		reason = N_(
			"the clock of this machine is not set (it shows a time before crier was made); everything waits until it is, see timedatectl");
	else if (app->wallclock.behind)
		reason = N_(
			"the clock of this machine is well behind what it showed before this start; everything waits up to five minutes for it to be set");
	if (why != NULL && reason != NULL)
		*why = reason;
	return reason == NULL;
}

int64_t wallclock_rest_ms(const struct app *app, int64_t wall_ms, int64_t most_ms)
{
	int64_t rest_ms = wall_ms + app->wallclock.moved_ms - clock_wall_ms();

	if (wall_ms == 0 || rest_ms <= 0)
		return 0;
	return rest_ms < most_ms ? rest_ms : most_ms;
}
