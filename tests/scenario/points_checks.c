#include "points_checks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct world_peer *points_peer(struct points *points, const char *name)
{
	return world_peer_find(points->stage.world, name);
}

uint64_t points_phones(struct points *points)
{
	struct world_reach reach;

	world_reached(points->stage.world, NULL, &reach);
	return reach.phones;
}

size_t points_messages(struct points *points)
{
	size_t count = 0;

	while (world_message(points_peer(points, "group"), count) != NULL)
		count++;
	return count;
}

long long points_residents(struct points *points, const char *id, const char *state)
{
	return stage_residents(&points->stage, id, state);
}

bool points_sign_shows(struct points *points, const char *text)
{
	return strstr(world_sign_showing(points_peer(points, "sign")), text) != NULL;
}

/* Nobody is lost, nobody was told twice, and only so many are in doubt as a death can leave. */
void points_check_told(struct points *points, const char *id, long long pool)
{
	long long told = points_residents(points, id, "delivered") + points_residents(points, id, "accepted");
	long long doubt = points_residents(points, id, "unknown"), total = stage_adds_up(&points->stage, id);

	if (total != pool || told + doubt != pool || doubt > (long long)points->kills * WINDOW * BATCH)
		fail_msg("%s: of %lld %lld are told and %lld in doubt", id, total, told, doubt);
	stage_nobody_twice(&points->stage, 60);
}

void points_check_phones(struct points *points, const char *id)
{
	long long told = points_residents(points, id, "delivered") + points_residents(points, id, "accepted");

	assert_in_range(points_phones(points), told, told + points_residents(points, id, "unknown"));
}

/* A group is told once, or nobody knows; never twice. */
void points_check_group(struct points *points, const char *id, size_t before)
{
	long long posted = stage_count(&points->stage, id, "groups", "posted");
	long long unknown = stage_count(&points->stage, id, "groups", "unknown");

	assert_int_equal(posted + unknown, 1);
	assert_in_range(unknown, 0, points->kills);
	assert_in_range(points_messages(points) - before, posted, posted + unknown);
}

void points_check_alerts(struct points *points, size_t count)
{
	json_t *list = points_ask(points, "alert list", NULL);

	assert_int_equal(json_array_size(json_object_get(list, "alerts")), count);
	json_decref(list);
}

/* The only alert that there is. The id is a string to free(). */
char *points_the_alert(struct points *points)
{
	json_t *list = points_ask(points, "alert list", NULL), *alerts = json_object_get(list, "alerts");

	assert_int_equal(json_array_size(alerts), 1);
	char *id = strdup(json_string_value(json_object_get(json_array_get(alerts, 0), "id")));
	json_decref(list);
	return id;
}

/* A file is in exactly one place, and that is where it belongs, with its reason where there must be one. */
void points_check_file(struct points *points, const char *name, const char *folder, bool reason)
{
	static const char *const folders[] = {"tmp", "new", "work", "done", "failed"};
	char path[64];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		bool here = strcmp(folders[i], folder) == 0;
		snprintf(path, sizeof(path), "spool/%s", folders[i]);
		char *found = folder_find(&points->stage.folder, path, name);
		if ((found != NULL) != here)
			fail_msg("%s %s in %s", name, here ? "is not" : "is", path);
		free(found);
		/*
		 * The file, its reason, and nothing else: no second one, nothing half written. A file that is judged again
		 * after a death may have a note beside it that it was taken already.
		 */
		if (here)
			assert_in_range(folder_count(&points->stage.folder, path), 1 + reason,
				points->died ? 2 : 1 + reason);
	}
}

/* Most of A1 waits. */
void points_prepare_sending(struct points *points)
{
	stage_drop(&points->stage, "a.cfg", "A1", "immediate", "");
	stage_pass(&points->stage, 2000);
	assert_true(points_residents(points, "A1", "waiting") > 0);
}
