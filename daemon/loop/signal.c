#include "loop/signal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

#include "base/mem.h"

#define NUMBERS 3

struct signals {
	struct signals_events events;
	void *arg;
	uv_signal_t handles[NUMBERS];
	unsigned int open;
	bool closing;
	void (*closed)(void *arg);
	void *closed_arg;
};

static const int numbers[NUMBERS] = {SIGTERM, SIGINT, SIGHUP};

static void on_signal(uv_signal_t *handle, int number)
{
	struct signals *signals = handle->data;

	if (signals->closing)
		return;
	if (number == SIGHUP)
		signals->events.reload(signals->arg);
	else
		signals->events.stop(signals->arg, number);
}

static void on_closed(uv_handle_t *handle)
{
	struct signals *signals = handle->data;
	void (*closed)(void *arg) = signals->closed;
	void *arg = signals->closed_arg;

	if (--signals->open > 0)
		return;
	free(signals);
	if (closed != NULL)
		closed(arg);
}

struct signals *signals_open(struct loop *loop, const struct signals_events *events, void *arg)
{
	struct signals *signals = mem_zalloc(sizeof(*signals));
	int status = 0;

	signals->events = *events;
	signals->arg = arg;
	for (int i = 0; i < NUMBERS && status == 0; i++) {
		uv_signal_t *handle = &signals->handles[i];
		status = uv_signal_init(loop_uv(loop), handle);
		if (status != 0)
			break;
		handle->data = signals;
		signals->open++;
		uv_unref((uv_handle_t *)handle);
		status = uv_signal_start(handle, on_signal, numbers[i]);
	}
	if (status == 0) {
		/* A peer that hung up is an error of the write, not the end of us. */
		signal(SIGPIPE, SIG_IGN);
		return signals;
	}
	if (signals->open > 0)
		signals_close(signals, NULL, NULL);
	else
		free(signals);
	errno = -status;
	return NULL;
}

void signals_close(struct signals *signals, void (*closed)(void *arg), void *arg)
{
	if (signals->closing)
		return;
	signals->closing = true;
	signals->closed = closed;
	signals->closed_arg = arg;
	for (int i = 0, count = (int)signals->open; i < count; i++)
		uv_close((uv_handle_t *)&signals->handles[i], on_closed);
}
