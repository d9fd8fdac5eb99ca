#include "app/alarm.h"

#include "base/clock.h"
#include "base/list.h"

static void arm(struct alarms *alarms);

static void on_timer(void *arg)
{
	struct alarms *alarms = arg;
	struct heap_node *first;

	if (alarms->look != NULL && !alarms->stopped)
		alarms->look(alarms->arg);
	/* As many as there are now: one that is set again for a time past waits for the next turn. */
	for (size_t left = alarms->heap.count; left > 0 && !alarms->stopped; left--) {
		first = heap_first(&alarms->heap);
		if (first == NULL || (int64_t)first->key > clock_wall_ms())
			break;
		struct alarm *alarm = list_object(first, struct alarm, node);
		heap_remove(&alarms->heap, first);
		alarm->fired(alarm->arg);
	}
	arm(alarms);
}

static void arm(struct alarms *alarms)
{
	struct heap_node *first = heap_first(&alarms->heap);

	if (first == NULL || alarms->stopped) {
		timer_disarm(&alarms->timer);
		return;
	}
	int64_t delay = (int64_t)first->key - clock_wall_ms();
	if (delay < 1)
		delay = 1;
	timer_arm(&alarms->timer, (uint64_t)(delay < alarms->look_ms ? delay : alarms->look_ms));
}

void alarms_init(struct alarms *alarms, struct loop *loop, void (*look)(void *arg), void *arg)
{
	alarms->loop = loop;
	alarms->look_ms = ALARM_LOOK_MS;
	alarms->look = look;
	alarms->arg = arg;
	heap_init(&alarms->heap);
	timer_init(&alarms->timer, loop, on_timer, alarms);
}

void alarms_fini(struct alarms *alarms)
{
	timer_disarm(&alarms->timer);
	heap_fini(&alarms->heap);
}

void alarms_stop(struct alarms *alarms)
{
	alarms->stopped = true;
	timer_disarm(&alarms->timer);
}

void alarm_set(struct alarms *alarms, struct alarm *alarm, int64_t wall_ms, void (*fired)(void *arg), void *arg)
{
	alarm->fired = fired;
	alarm->arg = arg;
	heap_put(&alarms->heap, &alarm->node, wall_ms > 0 ? (uint64_t)wall_ms : 0);
	arm(alarms);
}

void alarm_clear(struct alarms *alarms, struct alarm *alarm)
{
	heap_remove(&alarms->heap, &alarm->node);
	arm(alarms);
}
