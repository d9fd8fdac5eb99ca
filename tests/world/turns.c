#include "testing/turns.h"

#include <poll.h>
#include <uv.h>

#include "base/require.h"
#include "testing/air.h"
#include "testing/clock.h"

/* Real milliseconds that a quiet loop is given to become ready, and how many such waits are enough to give up. */
#define QUIET_MS   2
#define QUIET_MOST 2500

static bool ready_within(struct loop *loop, int ms)
{
	struct pollfd p = {.fd = uv_backend_fd(loop_uv(loop)), .events = POLLIN};

	/* A loop with nothing left to wait for also has a timeout of 0. */
	if (uv_backend_timeout(loop_uv(loop)) == 0 && uv_loop_alive(loop_uv(loop)) != 0)
		return true;
	return poll(&p, 1, ms) > 0;
}

enum outlook {
	READY, /* something waits to be done */
	COMING, /* not yet, but a disk job or something in the air will bring it */
	QUIET, /* only time can */
};

/*
 * While the clock stands and nothing is on its way, no real time is spent on finding out: a week passes in seconds. The
 * air is looked at before the descriptor is: what arrived in between is seen there.
 */
static enum outlook look(struct loop *loop)
{
	if (ready_within(loop, 0))
		return READY;
	if (!fake_clock_stopped())
		return ready_within(loop, QUIET_MS) ? READY : loop_work_pending() > 0 ? COMING : QUIET;
	if (loop_work_pending() > 0 || !air_is_clear())
		return ready_within(loop, QUIET_MS) ? READY : COMING;
	return ready_within(loop, 0) ? READY : QUIET;
}

/* Moves a stopped clock to the next timer, at most `most` ms. Returns how far. */
static uint64_t jump(struct loop *loop, uint64_t most)
{
	int next = uv_backend_timeout(loop_uv(loop));
	bool none = next < 0 || uv_loop_alive(loop_uv(loop)) == 0;
	uint64_t ms = none || (uint64_t)next > most ? most : (uint64_t)next;

	fake_clock_pass(ms);
	return ms;
}

bool turns_until(struct loop *loop, bool (*holds)(void *arg), void *arg)
{
	unsigned int quiet = 0;

	while (!holds(arg)) {
		loop_step(loop);
		if (holds(arg))
			return true;
		enum outlook outlook = look(loop);
		if (outlook == READY)
			continue;
		if (++quiet > QUIET_MOST)
			return false;
		if (outlook == QUIET && fake_clock_stopped() && uv_backend_timeout(loop_uv(loop)) > 0)
			jump(loop, UINT64_MAX);
	}
	return true;
}

static bool is_set(void *arg)
{
	return *(const bool *)arg;
}

bool turns_until_set(struct loop *loop, const bool *flag)
{
	return turns_until(loop, is_set, (void *)(uintptr_t)flag);
}

struct goal {
	const unsigned int *counter;
	unsigned int count;
};

static bool is_reached(void *arg)
{
	const struct goal *goal = arg;

	return *goal->counter >= goal->count;
}

bool turns_until_count(struct loop *loop, const unsigned int *counter, unsigned int count)
{
	struct goal goal = {counter, count};

	return turns_until(loop, is_reached, &goal);
}

void turns_settle(struct loop *loop)
{
	/* A loop with nothing left to wait for does not look at its descriptor, on which a bell may have rung last. */
	do
		loop_step(loop);
	while (look(loop) != QUIET && uv_loop_alive(loop_uv(loop)) != 0);
}

void turns_pass(struct loop *loop, uint64_t ms)
{
	REQUIRE(fake_clock_stopped());
	turns_settle(loop);
	while (ms > 0) {
		uint64_t step = jump(loop, ms);
		ms -= step;
		turns_settle(loop);
	}
}

void turns_end(struct loop **loop)
{
	turns_settle(*loop);
	loop_free(loop);
}
