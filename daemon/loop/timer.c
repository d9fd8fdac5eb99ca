#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/require.h"
#include "loop/loop.h"
#include "loop/state.h"

static void put(struct loop *loop, unsigned int place, struct timer *timer)
{
	loop->heap[place] = timer;
	timer->place = place;
}

static void sift_up(struct loop *loop, unsigned int place)
{
	struct timer *timer = loop->heap[place];

	while (place > 0) {
		unsigned int parent = (place - 1) / 2;
		if (loop->heap[parent]->due_ms <= timer->due_ms)
			break;
		put(loop, place, loop->heap[parent]);
		place = parent;
	}
	put(loop, place, timer);
}

static void sift_down(struct loop *loop, unsigned int place)
{
	struct timer *timer = loop->heap[place];

	for (;;) {
		unsigned int child = place * 2 + 1;
		if (child >= loop->timers)
			break;
		if (child + 1 < loop->timers && loop->heap[child + 1]->due_ms < loop->heap[child]->due_ms)
			child++;
		if (loop->heap[child]->due_ms >= timer->due_ms)
			break;
		put(loop, place, loop->heap[child]);
		place = child;
	}
	put(loop, place, timer);
}

static void heap_remove(struct loop *loop, struct timer *timer)
{
	unsigned int place = timer->place;

	REQUIRE(place < loop->timers && loop->heap[place] == timer);
	loop->timers--;
	timer->due_ms = 0;
	if (place == loop->timers)
		return;
	put(loop, place, loop->heap[loop->timers]);
	sift_up(loop, place);
	sift_down(loop, loop->heap[place]->place);
}

static void on_wake(uv_timer_t *wake);

/* Sets libuv's one timer to the earliest of ours. Its cached time may be old after long work, so it is renewed first. */
static void set_wake(struct loop *loop)
{
	if (loop->firing)
		return;
	if (loop->timers == 0) {
		uv_timer_stop(&loop->wake);
		return;
	}
	uint64_t now = clock_mono_ms();
	uint64_t due = loop->heap[0]->due_ms;
	uv_update_time(&loop->uv);
	uv_timer_start(&loop->wake, on_wake, due > now ? due - now : 1, 0);
}

/* Everything due at one reading of the clock; what is armed meanwhile is due later and waits for the next wake. */
static void on_wake(uv_timer_t *wake)
{
	struct loop *loop = wake->data;
	uint64_t now = clock_mono_ms();

	loop->firing = true;
	while (loop->timers > 0 && loop->heap[0]->due_ms <= now) {
		struct timer *timer = loop->heap[0];
		heap_remove(loop, timer);
		timer->fired(timer->arg);
	}
	loop->firing = false;
	set_wake(loop);
}

void loop_timers_init(struct loop *loop)
{
	uv_timer_init(&loop->uv, &loop->wake);
	loop->wake.data = loop;
}

void loop_timers_fini(struct loop *loop)
{
	uv_close((uv_handle_t *)&loop->wake, NULL);
}

void timer_init(struct timer *timer, struct loop *loop, void (*fired)(void *arg), void *arg)
{
	*timer = (struct timer){.loop = loop, .fired = fired, .arg = arg};
}

void timer_arm(struct timer *timer, uint64_t delay_ms)
{
	struct loop *loop = timer->loop;
	struct timer *first = loop->timers > 0 ? loop->heap[0] : NULL;
	uint64_t first_due = first != NULL ? first->due_ms : 0;
	uint64_t now = clock_mono_ms();
	uint64_t delay = delay_ms > 0 ? delay_ms : 1;

	if (timer->due_ms != 0)
		heap_remove(loop, timer);
	if (loop->timers == loop->timers_room) {
		loop->timers_room = loop->timers_room > 0 ? loop->timers_room * 2 : 16;
		loop->heap = mem_resize(loop->heap, loop->timers_room, sizeof(*loop->heap));
	}
	timer->due_ms = delay < UINT64_MAX - now ? now + delay : UINT64_MAX;
	put(loop, loop->timers, timer);
	loop->timers++;
	sift_up(loop, timer->place);
	if (loop->heap[0] != first || loop->heap[0]->due_ms != first_due)
		set_wake(loop);
}

void timer_disarm(struct timer *timer)
{
	if (timer->due_ms == 0)
		return;
	struct loop *loop = timer->loop;
	bool was_first = timer->place == 0;
	heap_remove(loop, timer);
	if (was_first)
		set_wake(loop);
}

bool timer_armed(const struct timer *timer)
{
	return timer->due_ms != 0;
}
