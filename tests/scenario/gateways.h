#ifndef SCENARIO_GATEWAYS_H
#define SCENARIO_GATEWAYS_H

#include "stage.h"

/*
 * A stage with one of each: students are served by "kannel", the elderly by "yunmas", a group by "robot", and where it is
 * wanted a sign "sign". Channels and the world's peers bear the same names; every peer has a door of its own. What an
 * alert is known by among the texts of the world is the word 预警 and its id.
 */
enum {
	GATEWAYS_PEOPLE = 240, /* of whom 60 are students and 48 are old; 12 of these are both */
	GATEWAYS_POOL = 96,
	GATEWAYS_STUDENTS = 60,
	GATEWAYS_WINDOW = 4,
	GATEWAYS_BATCH = 4,
	GATEWAYS_RATE = 100,
	GATEWAYS_PARTS_MOST = 4,
};

/* What the gateways' channels have in common, and the patience between attempts. */
#define GATEWAYS_SENDING "rate = \"100/s\"; window = 4; batch = 4; timeout = \"10s\";"
#define GATEWAYS_PATIENT "retry: { base = \"1s\"; most = \"20s\"; };\n"

/* CRIER_CRASH_SEED in the environment gives the world's faults another chance. */
void gateways_open(struct stage *stage, bool with_sign);

/* Drops an alert in words of its own; `more` are further lines. */
void gateways_drop(struct stage *stage, const char *id, const char *urgency, const char *more);

struct world_peer *gateways_peer(struct stage *stage, const char *name);
struct world_totals gateways_totals(struct stage *stage, const char *name);

/* A number of a channel's row in "channel list". */
long long gateways_number(struct stage *stage, const char *name, const char *key);
bool gateways_suspended(struct stage *stage, const char *name);

/* The channel stopped because of what its provider said; and begins again. */
bool gateways_suspended_itself(struct stage *stage, const char *name);
void gateways_resume(struct stage *stage, const char *name);

/* How phones were reached by an alert's words, and how often the group saw them. */
struct world_reach gateways_reach(struct stage *stage, const char *id);
long long gateways_posts(struct stage *stage, const char *id);

#endif
