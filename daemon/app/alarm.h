#ifndef APP_ALARM_H
#define APP_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/heap.h"
#include "loop/loop.h"

/*
 * Alarms at wall times: an alert's end, a reminder, quiet hours. All share one timer, which looks at the wall clock again at
 * least once a minute, so that a clock that was set is noticed.
 */
enum { ALARM_LOOK_MS = 60 * 1000 };

struct alarms {
	struct loop *loop;
	struct timer timer;
	struct heap heap;
	bool stopped;
	uint32_t look_ms; /* at the latest after so long it looks at the clock again; ALARM_LOOK_MS */
	void (*look)(void *arg); /* called before each look; or NULL */
	void *arg;
};

struct alarm {
	struct heap_node node;
	void (*fired)(void *arg);
	void *arg;
};

/* `look` hears each time that the clock is about to be looked at; it may set and clear alarms. */
void alarms_init(struct alarms *alarms, struct loop *loop, void (*look)(void *arg), void *arg);
void alarms_fini(struct alarms *alarms);

/* None fires any more: what they would start has nowhere to go. They may still be set and cleared. */
void alarms_stop(struct alarms *alarms);

/* Fires once at or after `wall_ms` (past: on the next turn), replacing an earlier setting. */
void alarm_set(struct alarms *alarms, struct alarm *alarm, int64_t wall_ms, void (*fired)(void *arg), void *arg);
void alarm_clear(struct alarms *alarms, struct alarm *alarm);

#endif
