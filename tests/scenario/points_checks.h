#ifndef SCENARIO_POINTS_CHECKS_H
#define SCENARIO_POINTS_CHECKS_H

#include "points.h"

/* What the jobs of points_jobs.h have in common: their configurations, and what is true whatever happened. */

/* Of sixty people 12 are elderly and 15 students, 3 of them both: they are whom an alert is for. */
enum { POOL = 24, WINDOW = 2, BATCH = 5 };

#define GATEWAY "rate = \"100/s\"; window = 2; batch = 5; timeout = \"10s\";"
#define SLOW    "rate = \"5/s\"; window = 2; batch = 5; timeout = \"10s\";"
#define ROLLING \
	"schedules: ( { name = \"day\"; from = \"10:05\"; until = \"20:00\"; channels = [ \"sign\" ];" \
	" pack = \"three-no-one-more\"; } );\n"
#define REMINDING \
	"schedules: ( { name = \"daily\"; rule = \"FREQ=DAILY;BYHOUR=10;BYMINUTE=5;BYSECOND=0\";" \
	" channels = [ \"group\" ]; pack = \"weekly\"; } );\n"

/* A peer of the world; how many phones it rang, and how many messages the group saw. */
struct world_peer *points_peer(struct points *points, const char *name);
uint64_t points_phones(struct points *points);
size_t points_messages(struct points *points);

/* Those of an alert's residents in a state; and whether the sign shows a text. */
long long points_residents(struct points *points, const char *id, const char *state);
bool points_sign_shows(struct points *points, const char *text);

/* Nobody is lost, nobody was told twice, and only so many are in doubt as a death can leave. */
void points_check_told(struct points *points, const char *id, long long pool);

/* As many phones rang as the daemon says, but for those in doubt. */
void points_check_phones(struct points *points, const char *id);

/* A group is told once, or nobody knows; never twice. */
void points_check_group(struct points *points, const char *id, size_t before);

/* So many alerts are known. */
void points_check_alerts(struct points *points, size_t count);

/* The only alert that there is. The id is a string to free(). */
char *points_the_alert(struct points *points);

/* A file is in exactly one place, and that is where it belongs, with its reason where there must be one. */
void points_check_file(struct points *points, const char *name, const char *folder, bool reason);

/* Most of A1 waits. */
void points_prepare_sending(struct points *points);

#endif
