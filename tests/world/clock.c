#include "testing/clock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/require.h"

static struct {
	bool stopped;
	int64_t mono_ns;
	int64_t wall_ns;
} fake;

static int real_clock(clockid_t which, struct timespec *ts)
{
	return (int)syscall(SYS_clock_gettime, which, ts);
}

static int64_t real_ns(clockid_t which)
{
	struct timespec ts = {0};

	real_clock(which, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int clock_gettime(clockid_t which, struct timespec *ts)
{
	int64_t ns;

	if (!fake.stopped)
		return real_clock(which, ts);
	switch (which) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		ns = fake.wall_ns;
		break;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_BOOTTIME:
		ns = fake.mono_ns;
		break;
	default:
		return real_clock(which, ts);
	}
	ts->tv_sec = ns / 1000000000;
	ts->tv_nsec = ns % 1000000000;
	return 0;
}

void fake_clock_stop(void)
{
	fake.mono_ns = real_ns(CLOCK_MONOTONIC);
	fake.wall_ns = real_ns(CLOCK_REALTIME);
	fake.stopped = true;
}

void fake_clock_pass(uint64_t ms)
{
	REQUIRE(fake.stopped);
	fake.mono_ns += (int64_t)ms * 1000000;
	fake.wall_ns += (int64_t)ms * 1000000;
}

void fake_clock_set_wall(int64_t wall_ms)
{
	REQUIRE(fake.stopped);
	fake.wall_ns = wall_ms * 1000000;
}

bool fake_clock_stopped(void)
{
	return fake.stopped;
}

void fake_clock_go(void)
{
	fake.stopped = false;
}
